"""What the laws share: a row as a graph, its runs, and how near is equal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np

from tensorslow.engines.numpy import compile_plan
from tensorslow.gradients import gradients
from tensorslow.graph import Graph, Operation, Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.placeholder import placeholder
from tensorslow.plan import RunPlan, plan_run
from tests.ops.case import Case, normal

# How near two results must be, relative to the largest element, by the type they are computed in.
ENGINES = {
    # the same formulas with sums in another order: some hundred roundings of 1e-16
    "float64": 1e-12,
    "float32": 1e-5,  # the same of 6e-8
    "float16": 1e-2,  # the same of 5e-4
}
EXACTLY = dict.fromkeys(ENGINES, 0.0)
# of a central difference: 1e-10 from the step of 1e-6, as much from rounding, and f's third
# derivative
DIFFERENCES = 1e-6
GRAPH_SEED = 1


class Row:
    """A row as a graph, of whose inputs more or less is known.

    Args:
        case: the row.
        known: "all": types and shapes; "rank": types and ranks; "nothing": bare placeholders.
        arrays: what is fed in place of the row's own arrays.
    """

    def __init__(self, case: Case, known: str = "all", arrays: Sequence[Any] | None = None) -> None:
        self.case = case
        self.arrays = case.arrays if arrays is None else arrays
        self.graph = Graph()
        self.graph.seed = GRAPH_SEED
        with self.graph.as_default():
            self.xs = [_placeholder(x, known, case.needs) for x in self.arrays]
            called = [
                y for y in case.call(self.xs) if y is not None and not isinstance(y, Operation)
            ]
            self.ys: list[Tensor] = [as_tensor(y) for y in called]

    @cached_property
    def results(self) -> list[Any]:
        """The values of `ys`."""
        return [np.asarray(y) for y in run(self.ys, self.xs, self.arrays)]

    @cached_property
    def _arriving(self) -> list[tuple[Tensor, Tensor, Any]]:
        """(result, placeholder for its gradient, what is fed there) for each floating result."""
        with self.graph.as_default():
            return [
                (
                    y,
                    placeholder(y.dtype, y.shape),
                    normal(*value.shape, seed=100 + i, dtype=value.dtype),
                )
                for i, (y, value) in enumerate(zip(self.ys, self.results, strict=True))
                if value.dtype.kind in "fc"
            ]

    @property
    def dys(self) -> list[Tensor]:
        """Placeholders for what arrives at each floating result."""
        return [dy for _, dy, _ in self._arriving]

    @property
    def cotangents(self) -> list[Any]:
        """Fixed numbers to feed to `dys`."""
        return [value for _, _, value in self._arriving]

    @cached_property
    def dxs(self) -> list[Tensor | None]:
        """The gradient of Σ <y, dy> in each of the arrays that are differentiated in."""
        with self.graph.as_default():
            sources = [self.xs[i] for i in self.case.differentiated]
            found = (
                gradients([y for y, _, _ in self._arriving], sources, self.dys)
                if self.dys
                else [None] * len(sources)
            )
            return [dx if dx is None else as_tensor(dx) for dx in found]

    @cached_property
    def gradient(self) -> list[Any]:
        """The values of `dxs`; None where nothing flows back."""
        return run(self.dxs, [*self.xs, *self.dys], [*self.arrays, *self.cotangents])

    @cached_property
    def _second(self) -> tuple[list[Tensor], list[Any], list[Tensor | None]]:
        """What arrives at each of `dxs`: placeholders and numbers; the gradients in (differentiated
        xs, dys)."""
        with self.graph.as_default():
            pairs = [
                (dx, value)
                for dx, value in zip(self.dxs, self.gradient, strict=True)
                if dx is not None
            ]
            vs = [placeholder(dx.dtype, dx.shape) for dx, _ in pairs]
            numbers = [
                normal(*value.shape, seed=200 + i, dtype=value.dtype)
                for i, (_, value) in enumerate(pairs)
            ]
            sources = [*[self.xs[i] for i in self.case.differentiated], *self.dys]
            found = (
                gradients([dx for dx, _ in pairs], sources, vs) if pairs else [None] * len(sources)
            )
            return vs, numbers, [ddx if ddx is None else as_tensor(ddx) for ddx in found]

    @property
    def ddxs(self) -> list[Tensor | None]:
        """The gradient of Σ <dx, v> in each of the differentiated arrays, then in each of `dys`."""
        return self._second[2]

    @property
    def second(self) -> list[Any]:
        """The values of `ddxs`."""
        return run(self.ddxs, *self.everything)

    @property
    def everything(self) -> tuple[list[Tensor], list[Any]]:
        """All that can be fed, and what is: xs, dys, and what arrives at the gradient."""
        vs, numbers, _ = self._second
        return [*self.xs, *self.dys, *vs], [*self.arrays, *self.cotangents, *numbers]


def _placeholder(x: Any, known: str, needs: str) -> Tensor:
    dtype = None if known == "nothing" and "dtype" not in needs else x.dtype
    if known == "all" or "sizes" in needs:
        return placeholder(dtype, x.shape)
    return placeholder(dtype, [None] * x.ndim if known == "rank" or "rank" in needs else None)


@cache
def row_of(case: Case) -> Row:
    """The row with all types and shapes known, as most laws look at it."""
    return Row(case)


def present(nodes: Iterable[Any]) -> list[Any]:
    """Those that are not None."""
    return [node for node in nodes if node is not None]


class Program:
    """Tensors as a NumPy function of fed ones, by a plan that is made once."""

    def __init__(self, fetches: Sequence[Tensor | None], fed: Sequence[Tensor]) -> None:
        self.fetches = fetches
        self.run_plan: RunPlan = plan_run(present(fetches), fed)
        self.program = compile_plan(self.run_plan.plan)

    def inputs(self, values: Sequence[Any]) -> list[Any]:
        """What the plan reads: what is fed, and the random counters at their beginning."""
        return [*values, *[np.uint64(0) for _ in self.run_plan.reads]]

    def everything(self, values: Sequence[Any]) -> list[Any]:
        """All that the plan computes: the fetches that are there, and the next counters."""
        return self.program(self.inputs(values))

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        results = iter(self.everything(values))
        return [None if x is None else next(results) for x in self.fetches]


def run(
    fetches: Sequence[Tensor | None], fed: Sequence[Tensor], values: Sequence[Any]
) -> list[Any]:
    """The values of tensors; None for None."""
    return Program(fetches, fed)(values)


def differentiable(case: Case) -> bool:
    """Whether the laws about differences hold for a row: away from kinks, in float64."""
    floats = {case.arrays[i].dtype for i in case.differentiated}
    return case.gradient and not case.kinks and floats == {np.dtype(np.float64)}


def assert_near(
    actual: Any, expected: Any, what: str, tolerances: dict[str, float] = ENGINES
) -> None:
    """Raises unless two arrays agree: type and shape, nan and infinities in the same places, the
    rest nearly."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape), what
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(actual, expected, err_msg=what)
        return
    tolerance = tolerances[expected.real.dtype.name]
    finite = np.abs(expected[np.isfinite(expected)])
    scale = max(1.0, float(finite.max(initial=0.0)))
    np.testing.assert_allclose(
        actual, expected, rtol=tolerance, atol=tolerance * scale, err_msg=what
    )


def assert_all_near(
    actual: Sequence[Any], expected: Sequence[Any], tolerances: dict[str, float] = ENGINES
) -> None:
    """`assert_near` for every pair; None only equals None."""
    for i, (value, wanted) in enumerate(zip(actual, expected, strict=True)):
        assert (value is None) == (wanted is None), f"value {i} is {value}, not {wanted}"
        if wanted is not None:
            assert_near(value, wanted, f"value {i}", tolerances)


def check_gradient(
    f: Callable[[Any], Any],
    df: Callable[[Any], Any],
    x: Any,
    *,
    step: float = 1e-6,
    rtol: float = DIFFERENCES,
    atol: float = 1e-8,
    directions: int = 3,
    seed: int = 0,
) -> None:
    """Compares <df(x), v> with (f(x + step v) - f(x - step v)) / (2 step), in float64."""
    assert x.dtype == np.float64, "float32 differences prove nothing"
    slope = df(x)
    for v in np.random.default_rng(seed).standard_normal((directions, *x.shape)):
        numeric = (f(x + step * v) - f(x - step * v)) / (2 * step)
        np.testing.assert_allclose(np.sum(slope * v), numeric, rtol=rtol, atol=atol)
