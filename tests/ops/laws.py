"""What the laws share: the graph of a row, its runs, and how near is equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tensorslow import nest
from tensorslow.engines.numpy import compile_plan
from tensorslow.errors import GradientError
from tensorslow.gradients import gradients
from tensorslow.graph import Graph, Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.placeholder import placeholder
from tensorslow.plan import RunPlan, plan_run
from tests.ops.case import Case, normal

# How near two results must be, relative to the largest element.
ENGINES_FLOAT64 = 1e-12  # equal formulas in another order; a few hundred roundings of 1e-16
ENGINES_FLOAT32 = 1e-5  # the same of 6e-8
TENSORFLOW = 1e-11  # other formulas: its exp, tanh and erf are polynomials of their own
DIFFERENCES = 1e-6  # a central difference with step 1e-6 has an error of 1e-10 and the rounding's 1e-10

STATICALLY_KNOWN = ("all", "rank", "nothing")


class Row:
    """A row as a graph: its call, the gradient of that, and the gradient of the gradient.

    Attributes:
        xs: the placeholders, one for each of the row's arrays.
        ys: the flat results of the call.
        dys: placeholders for what arrives at each floating result; None elsewhere.
        dxs: by law 3; None where nothing flows back. The same for `ddxs`, law 4, over xs and dys.
    """

    def __init__(self, case: Case, known: str, arrays: Sequence[Any]) -> None:
        self.case = case
        self.graph = Graph()
        with self.graph.as_default():
            self.graph.seed = 1
            self.xs = [_placeholder(x, known, case.needs) for x in arrays]
            self.ys = [as_tensor(y) for y in case.call(self.xs) if isinstance(y, Tensor) or hasattr(y, "to_tensor")]

    def differentiate(self, results: Sequence[Any], twice: bool = False) -> None:
        """Adds the gradients; `results` tell which of `ys` are floating."""
        with self.graph.as_default():
            floating = [np.asarray(r).dtype.kind in "fc" for r in results]
            self.dys = [placeholder(y.dtype, y.shape) if ok else None for y, ok in zip(self.ys, floating, strict=True)]
            sources = [self.xs[i] for i in self.case.differentiated]
            ys = [y for y, ok in zip(self.ys, floating, strict=True) if ok]
            dys = [dy for dy in self.dys if dy is not None]
            self.dxs = [_dense(dx) for dx in gradients(ys, sources, dys)] if ys and sources else []
            if twice:
                self.sources = [*sources, *dys]
                self.vs = [None if dx is None else placeholder(dx.dtype, dx.shape) for dx in self.dxs]
                pairs = [(dx, v) for dx, v in zip(self.dxs, self.vs, strict=True) if dx is not None]
                self.ddxs = [_dense(ddx) for ddx in gradients([p[0] for p in pairs], self.sources, [p[1] for p in pairs])]


def _placeholder(x: Any, known: str, needs: str) -> Tensor:
    dtype = None if known == "nothing" and "dtype" not in needs else x.dtype
    if known == "all" or "sizes" in needs:
        return placeholder(dtype, x.shape)
    return placeholder(dtype, [None] * x.ndim if known == "rank" or "rank" in needs else None)


def _dense(gradient: Any) -> Tensor | None:
    return None if gradient is None else as_tensor(gradient)


@lru_cache(maxsize=None)
def cotangents(shapes: tuple[tuple[int, ...], ...]) -> list[Any]:
    """What arrives at each result: fixed numbers, unlike any input."""
    return [normal(*shape, seed=100 + i) for i, shape in enumerate(shapes)]


def arriving(results: Sequence[Any]) -> list[Any]:
    """A cotangent for each floating result, None for the others."""
    arrays = [np.asarray(r) for r in results]
    found = cotangents(tuple(a.shape for a in arrays))
    return [dy.astype(a.dtype) if a.dtype.kind in "fc" else None for dy, a in zip(found, arrays, strict=True)]


class Function:
    """Some tensors as a NumPy function of others, by a plan that is made once."""

    def __init__(self, fetches: Sequence[Tensor | None], fed: Sequence[Tensor]) -> None:
        self.fetches = fetches
        self.run_plan: RunPlan = plan_run([x for x in fetches if x is not None], fed)
        self.program = compile_plan(self.run_plan.plan)

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """The values; None for a fetch that is None."""
        results = iter(self.program(self.inputs(values)))
        return [None if x is None else next(results) for x in self.fetches]

    def inputs(self, values: Sequence[Any]) -> list[Any]:
        """The plan's inputs: what is fed, and random counters at their beginning."""
        return [*values, *[np.uint64(0) for _ in self.run_plan.reads]]


@lru_cache(maxsize=None)
def evaluated(case: Case) -> tuple[Row, list[Any], list[Any]]:
    """The row with its static shapes, its results, and its gradients (an error's text where there are none)."""
    row = Row(case, "all", case.arrays)
    results = Function(row.ys, row.xs)(case.arrays)
    row.differentiate(results, twice=False)
    dys = arriving(results)
    dxs = Function(row.dxs, [*row.xs, *_given(row.dys)])([*case.arrays, *_given(dys)])
    return row, results, dxs


def _given(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def has_gradient(case: Case) -> bool:
    """Whether laws about gradients say something of a row: some float64 array is differentiated in."""
    return case.gradient and any(case.arrays[i].dtype == np.float64 for i in case.differentiated)


def assert_near(actual: Any, expected: Any, tolerance: float, what: str = "") -> None:
    """Raises unless two arrays agree: nan and infinities in the same places, the rest within the tolerance."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, not {expected.shape}"
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(actual, expected, err_msg=what)
        return
    finite = np.abs(expected[np.isfinite(expected)])
    scale = max(1.0, float(finite.max(initial=0.0)))
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * scale, err_msg=what)


def check_gradient(
    f: Callable[[Any], Any], df: Callable[[Any], Any], x: Any, *, step: float = 1e-6, rtol: float = DIFFERENCES,
    atol: float = 1e-8, directions: int = 3, seed: int = 0,
) -> None:  # fmt: skip
    """Compares <df(x), v> with (f(x + step v) - f(x - step v)) / (2 step), in float64."""
    assert x.dtype == np.float64, "float32 differences prove nothing"
    for v in np.random.default_rng(seed).standard_normal((directions, *x.shape)):
        numeric = (f(x + step * v) - f(x - step * v)) / (2 * step)
        np.testing.assert_allclose(np.sum(df(x) * v), numeric, rtol=rtol, atol=atol)


_ = (nest, GradientError)
