"""Laws 2 and 5, for which JAX is asked: it runs every `compute`, and it differentiates it by rules
of its own.

Compiling is what takes the time, so rows share programs: the first test of a batch compiles and
runs the
batch, the others only compare. A row that JAX cannot trace whole runs piece by piece
(`run_in_pieces`),
which its `without_jax` must justify.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

jax = pytest.importorskip(
    "jax", reason="JAX is an extra; without it laws 2 and 5 have nobody to ask"
)

from tensorslow.engines.interpret import NeedsValue, run_in_pieces, run_plan  # noqa: E402
from tensorslow.ops.casting import bitcast  # noqa: E402
from tests.ops.case import Case  # noqa: E402
from tests.ops.cases import CASES  # noqa: E402
from tests.ops.laws import Program, Row, assert_all_near, differentiable, present, row_of  # noqa: E402
from tests.waist.jax_namespace import JaxNamespace  # noqa: E402
from tests.waist.pieces import QUICKLY, jitted_piece  # noqa: E402

pytestmark = pytest.mark.slow

BATCH = 16  # rows in one program


class Question:
    """What is asked of JAX about one row, and what our NumPy engine says."""

    def __init__(self, case: Case, dtype: np.dtype) -> None:
        self.case = case
        self.row = row_of(case) if dtype == np.float64 else Row(case, arrays=case.cast(dtype))
        # Second gradients are asked for once, in float64.
        self.program, self.values = _everything(self.row, twice=dtype == np.float64)
        self.plan, self.inputs = self.program.run_plan.plan, self.program.inputs(self.values)

    def run(self, inputs):
        """The plan in JAX."""
        return run_plan(self.plan, JaxNamespace(), inputs)

    def expected(self):
        """The plan in NumPy."""
        return self.program.everything(self.values)


class Derivative:
    """JAX's gradient of what a row computes, and ours."""

    def __init__(self, case: Case) -> None:
        self.row = row_of(case)
        self.places = case.differentiated
        floating = [
            y
            for y, value in zip(self.row.ys, self.row.results, strict=True)
            if value.dtype.kind in "fc"
        ]
        self.program = Program(floating, self.row.xs)
        self.inputs = [self.program.inputs(self.row.arrays), self.row.cotangents]

    def run(self, inputs):
        """`jax.vjp` of the computation."""
        arrays, cotangents = inputs

        def forward(*chosen):
            full = list(arrays)
            for i, x in zip(self.places, chosen, strict=True):
                full[i] = x
            found = run_plan(self.program.run_plan.plan, JaxNamespace(), full)
            return found[: len(cotangents)]  # random counters follow

        _, pull = jax.vjp(forward, *[arrays[i] for i in self.places])
        return list(pull(list(cotangents)))

    def expected(self):
        """Our gradient."""
        found = zip(self.row.gradient, self.places, strict=True)
        return [np.zeros_like(self.row.arrays[i]) if dx is None else dx for dx, i in found]


def _everything(row: Row, twice: bool):
    """The row's value, gradient and, if `twice`, second gradient as one program, and what is
    fed."""
    case = row.case
    fetches = [*row.ys, *present(row.dxs if case.gradient else [])]
    if not (twice and case.gradient and case.second):
        return Program(fetches, [*row.xs, *row.dys]), [*row.arrays, *row.cotangents]
    fed, values = row.everything
    return Program([*fetches, *present(row.ddxs)], fed), values


QUESTIONS = {
    "float64": (lambda case: Question(case, np.dtype(np.float64)), CASES),
    "float32": (
        lambda case: Question(case, np.dtype(np.float32)),
        # (bitcast means something else there)
        [
            case
            for case in CASES
            if any(x.dtype == np.float64 for x in case.arrays) and case.function is not bitcast
        ],
    ),
    "derivative": (
        Derivative,
        [case for case in CASES if differentiable(case) and not case.without_jax],
    ),
}


@cache
def answers(kind: str, batch: int):
    """For each row of a batch the question, and JAX's answer or the error it raised while
    tracing."""
    ask, cases = QUESTIONS[kind]
    found = {}
    for i, case in enumerate(cases[batch * BATCH : (batch + 1) * BATCH]):
        try:
            found[i] = ask(case)
        except Exception as error:  # here and below: the row's own test reports it
            found[i] = None, error
    questions = {i: question for i, question in found.items() if not isinstance(question, tuple)}

    def program(inputs):
        results = {}
        for i, question in questions.items():
            try:
                results[i] = question.run(inputs[i])
            except Exception as error:
                found[i] = question, error
        return results

    with jax.numpy_dtype_promotion("strict"):  # a type is decided by our rule or not at all
        results = jax.jit(program, compiler_options=QUICKLY)(
            {i: q.inputs for i, q in questions.items()}
        )
    return found | {i: (questions[i], result) for i, result in results.items()}


def rows(kind: str):
    """The parameters `position` and `case`, over the rows of which JAX is asked."""
    cases = QUESTIONS[kind][1]
    return pytest.mark.parametrize(
        ("position", "case"), list(enumerate(cases)), ids=lambda value: str(value)
    )


def check_engine(kind: str, position: int, case: Case) -> None:
    question, actual = answers(kind, position // BATCH)[position % BATCH]
    if isinstance(actual, NeedsValue):
        actual, fallen = run_in_pieces(
            question.plan, question.inputs, jitted_piece(options=QUICKLY)
        )
        assert case.without_jax, fallen
    elif isinstance(actual, Exception):
        raise actual
    assert_all_near(actual, question.expected())


@rows("float64")
def test_2_jax_agrees_in_float64(position: int, case: Case):
    check_engine("float64", position, case)


@rows("float32")
def test_2_jax_agrees_in_float32(position: int, case: Case):
    check_engine("float32", position, case)


@rows("derivative")
def test_5_the_gradient_is_the_one_that_jax_derives(position: int, case: Case):
    question, actual = answers("derivative", position // BATCH)[position % BATCH]
    if isinstance(actual, Exception):
        raise actual
    assert_all_near(actual, question.expected())
