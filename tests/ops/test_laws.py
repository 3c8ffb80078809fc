"""The laws that every operation obeys, checked for every row of the case table.

1. What is known before a run is what the run computes, however little is known.
2. Engines agree: here NumPy and the program that a compiler's front end writes; JAX in
test_laws_jax.py.
3. The gradient is the central difference.
4. The gradient of the gradient is the central difference of the gradient.
5. The gradient is JAX's of `compute`: test_laws_jax.py.
6. Value and gradient are TensorFlow's, as tests/reference/record_laws.py recorded them.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tensorslow.engines.interpret import run_in_pieces
from tensorslow.errors import GradientError
from tensorslow.shapes import compatible
from tests.ops.case import Case
from tests.ops.cases import CASES
from tests.ops.golden import GOLDEN, TENSORFLOW
from tests.ops.laws import (
    EXACTLY,
    Program,
    Row,
    assert_all_near,
    assert_near,
    check_gradient,
    differentiable,
    present,
    row_of,
)
from tests.waist.pieces import traced_piece


def rows(chosen=lambda case: True):
    """The parameter `case`, over the rows of which a law says something.

    `make test` takes the first two of each function.
    """
    seen = Counter()
    parameters = []
    for case in filter(chosen, CASES):
        seen[case.function] += 1
        marks = pytest.mark.slow if seen[case.function] > 2 else ()
        parameters.append(pytest.param(case, marks=marks))
    return pytest.mark.parametrize("case", parameters, ids=str)


@rows()
def test_1_what_is_known_beforehand_is_what_comes_out(case: Case):
    expected = row_of(case)
    for y in expected.ys:
        assert y.spec.dtype is not None, "the type is not known beforehand"
    for row in (expected, Row(case, "rank"), Row(case, "nothing")):
        for y, value in zip(row.ys, row.results, strict=True):
            assert compatible(y.spec.shape, value.shape), f"{y.spec} became {value.shape}"
            known = y.spec.dtype
            assert known is None or known == value.dtype, f"{y.spec} became {value.dtype}"
        assert_all_near(row.results, expected.results)
        if case.gradient:
            assert_all_near(row.gradient, expected.gradient)


@rows()
def test_2_the_written_program_agrees(case: Case):
    row = row_of(case)
    twice = case.gradient and case.second
    fetches = [
        *row.ys,
        *present(row.dxs if case.gradient else []),
        *present(row.ddxs if twice else []),
    ]
    fed, values = row.everything if twice else ([*row.xs, *row.dys], [*row.arrays, *row.cotangents])
    program = Program(fetches, fed)
    actual, fallen = run_in_pieces(program.run_plan.plan, program.inputs(values), traced_piece([]))
    assert_all_near(actual, program.everything(values), EXACTLY)
    is_complex = any(np.asarray(x).dtype.kind == "c" for x in values)  # which is not compiled
    assert not fallen or case.without_jax or is_complex, fallen


@rows(differentiable)
def test_3_the_gradient_is_the_central_difference(case: Case):
    row = row_of(case)
    value = Program([y for y, _, _ in row._arriving], row.xs)
    gradient = Program(row.dxs, [*row.xs, *row.dys])

    def total(arrays):
        return sum(np.sum(y * dy) for y, dy in zip(value(arrays), row.cotangents, strict=True))

    for position, i in enumerate(case.differentiated):
        feeds = list(row.arrays)

        def at(x, i=i, feeds=feeds):
            return [*feeds[:i], x, *feeds[i + 1 :]]

        def slope(x, position=position, at=at):
            found = gradient([*at(x), *row.cotangents])[position]
            return np.zeros_like(x) if found is None else found

        check_gradient(lambda x, at=at: total(at(x)), slope, feeds[i])


@rows(lambda case: differentiable(case) and case.second)
def test_4_the_gradient_of_the_gradient_is_the_central_difference(case: Case):
    row = row_of(case)
    fed, values = row.everything
    count = len(row.xs) + len(row.dys)
    gradient, second = Program(present(row.dxs), fed[:count]), Program(row.ddxs, fed)
    vs = values[count:]

    def total(arrays):
        return sum(np.sum(dx * v) for dx, v in zip(gradient(arrays), vs, strict=True))

    places = [*case.differentiated, *range(len(row.xs), count)]
    for position, i in enumerate(places):

        def at(x, i=i):
            return [*values[:i], x, *values[i + 1 : count]]

        def slope(x, position=position, at=at):
            found = second([*at(x), *vs])[position]
            return np.zeros_like(x) if found is None else found

        check_gradient(lambda x, at=at: total(at(x)), slope, values[i])


@rows(lambda case: not case.gradient)
def test_nothing_flows_back_where_a_row_says_so(case: Case):
    row = row_of(case)
    try:
        found = row.dxs
    except GradientError:
        found = []
    assert not present(found)


@rows(lambda case: case.tf is not None)
def test_6_value_and_gradient_are_tensorflows(case: Case):
    answer = GOLDEN.get(case.key)
    if answer is None:
        pytest.fail(
            f"no answer of TensorFlow's is recorded for {case}: run tests/reference/record_laws.py"
        )
    row = row_of(case)
    assert len(answer.values) == len(row.results)
    for i, (value, wanted) in enumerate(zip(row.results, answer.values, strict=True)):
        assert_near(value, wanted, f"result {i}", TENSORFLOW)
    if case.gradient and answer.gradient is not None:
        for i, (value, wanted) in enumerate(zip(row.gradient, answer.gradient, strict=True)):
            if value is None or wanted is None:
                assert not np.any(wanted if value is None else value), (
                    f"gradient {i}: one is None, the other is not 0"
                )
            else:
                assert_near(value, wanted, f"gradient {i}", TENSORFLOW)
