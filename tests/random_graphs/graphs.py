"""Random graphs by number: what each computes, and how near the library comes to the independent
check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tensorslow as ts
from tests.random_graphs.arrays import STEP, Unfit
from tests.random_graphs.kinds import (
    ALONG_LAST_AXIS,
    BINARY,
    CUMSUM,
    INDEXING,
    PRODUCTS,
    REDUCTIONS,
    UNARY,
    WHERE,
)
from tests.random_graphs.kinds_control import CONTROL
from tests.random_graphs.kinds_shape import SHAPE
from tests.random_graphs.recipe import Recipe
from tests.random_graphs.writer import SIZES, Writer, values_of

KINDS = [
    *UNARY,
    *ALONG_LAST_AXIS,
    *BINARY,
    WHERE,
    *PRODUCTS * 4,
    *REDUCTIONS,
    CUMSUM,
    *INDEXING * 2,
    *SHAPE,
    *CONTROL * 2,
]

# DESIGN.md, "How near is equal?": this much of the largest element, the two sides computing the
# same
# numbers in another order …
TOLERANCE = 1e-12
# … or so many times what the result moves when the inputs move by one unit in the last place.
CONDITION = 8
DIRECTIONS = 3


@dataclass(frozen=True)
class RandomGraph:
    """A program with its inputs.

    Attributes:
        recipe: what it computes.
        arrays: its inputs.
        known: what its placeholders say: "all", "rank", "type" or "nothing".
        weights: what arrives at the result when it is differentiated.
    """

    recipe: Recipe
    arrays: list[Any]
    known: str
    weights: Any


def random_graph(seed: int) -> RandomGraph:
    """The graph of that number, always the same."""
    for attempt in range(100):
        rng = np.random.default_rng([seed, attempt])
        try:
            return _written(rng)
        except Unfit:
            continue
    raise AssertionError(f"no graph comes of seed {seed}")


def _written(rng: np.random.Generator) -> RandomGraph:
    writer = Writer(rng, KINDS)
    for _ in range(rng.integers(1, 5)):
        shape = tuple(int(n) for n in rng.choice(SIZES, size=rng.integers(0, 4)))
        writer.add_param(np.asarray(rng.standard_normal(shape)))
    arrays = [writer.values[number] for number in writer.own]
    writer.write(int(rng.integers(6, 30)))
    recipe = writer.finish(writer.own[-1])
    known = str(rng.choice(["all", "rank", "type", "nothing"]))
    return RandomGraph(
        recipe, arrays, known, rng.standard_normal(writer.values[recipe.result].shape)
    )


class Built:
    """The graph in the library, with its gradient."""

    def __init__(self, random: RandomGraph) -> None:
        self.graph = ts.Graph()
        with self.graph.as_default():
            self.xs = [_placeholder(x, random.known) for x in random.arrays]
            self.y = ts.convert_to_tensor(random.recipe.build(values_of(random.recipe, self.xs)))
            found = ts.gradients(self.y, self.xs, [random.weights])
            self.dxs = [
                ts.zeros_like(x) if dx is None else ts.convert_to_tensor(dx)
                for x, dx in zip(self.xs, found)
            ]

    def function(self, session: Any) -> Callable[[Sequence[Any]], tuple[Any, list[Any]]]:
        """Value and gradient as a function of arrays."""

        def run(arrays: Sequence[Any]) -> tuple[Any, list[Any]]:
            return session.run((self.y, self.dxs), dict(zip(self.xs, arrays, strict=True)))

        return run

    def second(self, session: Any, arrays: Sequence[Any]) -> tuple[float, float, float]:
        """How fast the gradient changes along a direction: by its gradient, and by a difference.

        Returns:
            (the slope, the difference, the scale of both).
        """
        rng, step = np.random.default_rng(2), 1e-6
        v, u = [[rng.standard_normal(x.shape) for x in arrays] for _ in range(2)]
        with self.graph.as_default():
            along = ts.add_n([ts.reduce_sum(dx * d) for dx, d in zip(self.dxs, v, strict=True)])
            found = ts.gradients(along, self.xs)
            ddxs = [
                ts.zeros_like(x) if dd is None else ts.convert_to_tensor(dd)
                for x, dd in zip(self.xs, found)
            ]

        def at(shift: float) -> Any:
            moved = [x + shift * d for x, d in zip(arrays, u, strict=True)]
            return session.run(along, dict(zip(self.xs, moved, strict=True)))

        terms = [
            dd * d for dd, d in zip(session.run(ddxs, dict(zip(self.xs, arrays))), u, strict=True)
        ]
        scale = sum(float(np.sum(np.abs(term))) for term in terms)
        slope = sum(float(np.sum(term)) for term in terms)
        return slope, float(at(step) - at(-step)) / (2 * step), max(1.0, scale, float(abs(at(0.0))))


def _placeholder(x: Any, known: str) -> Any:
    if known == "nothing":
        return ts.placeholder()
    return ts.placeholder(ts.float64, {"all": x.shape, "rank": [None] * x.ndim}.get(known))


@dataclass
class Report:
    """What was compared."""

    graphs: int = 0
    conditioned: list[int] = field(default_factory=list)  # graphs that needed the second rule
    kinds: Counter[str] = field(default_factory=Counter)
    depths: list[int] = field(default_factory=list)
    nestings: list[int] = field(default_factory=list)

    def add(self, seed: int, recipe: Recipe, conditioned: bool) -> None:
        """Counts one graph."""
        self.graphs += 1
        self.conditioned += [seed] * conditioned
        self.kinds.update(set(recipe.kinds()))
        self.depths.append(recipe.depth())
        self.nestings.append(recipe.nesting())

    def __str__(self) -> str:
        ops = ", ".join(f"{name} {count}" for name, count in sorted(self.kinds.items()))
        deep = [sum(n >= level for n in self.nestings) for level in (1, 2, 3)]
        return (
            f"{self.graphs} random graphs agree; "
            f"{len(self.conditioned)} needed the second rule {self.conditioned}\n"
            f"steps in a row: {np.median(self.depths):.0f} (median) to {max(self.depths)}; "
            f"with bodies {deep[0]}, in bodies {deep[1]}, in bodies of bodies {deep[2]}\n"
            f"graphs by kind of step: {ops}"
        )


def compare(random: RandomGraph, run: Callable[[Sequence[Any]], tuple[Any, list[Any]]]) -> bool:
    """Whether the second rule was needed.

    Args:
        random: the graph.
        run: value and gradient as the library computes them.

    Raises:
        AssertionError: the library is farther away than either rule allows.
    """
    recipe, arrays = random.recipe, random.arrays
    rng = np.random.default_rng(0)
    value, gradient = run(arrays)
    expected = recipe.evaluate(values_of(recipe, arrays))
    assert np.shape(value) == expected.shape, f"shape {np.shape(value)}, not {expected.shape}"
    nudged = _Nudged(run, arrays)
    used = _near(value, expected, 1.0, lambda: nudged.value_moves(value), "value")
    for _ in range(DIRECTIONS):
        v = [rng.standard_normal(x.shape) for x in arrays]
        shifted = [x + 1j * STEP * dx for x, dx in zip(arrays, v, strict=True)]
        wanted = np.sum(recipe.evaluate(values_of(recipe, shifted)).imag * random.weights) / STEP
        terms = [dx * d for dx, d in zip(gradient, v, strict=True)]
        scale = sum(float(np.sum(np.abs(term))) for term in terms)
        slope = sum(float(np.sum(term)) for term in terms)
        used |= _near(
            slope, wanted, scale, lambda v=v, slope=slope: nudged.slope_moves(v, slope), "slope"
        )
    return used


def _near(actual: Any, expected: Any, scale: float, moves: Callable[[], float], what: str) -> bool:
    """Whether the second rule was needed for two results to agree."""
    error = float(np.max(np.abs(actual - expected), initial=0.0))
    scale = max(1.0, scale, float(np.max(np.abs(expected), initial=0.0)))
    if error <= TOLERANCE * scale:
        return False
    allowed = CONDITION * moves()
    assert error <= allowed, (
        f"{what} is off by {error:.3g}, allowed are {max(allowed, TOLERANCE * scale):.3g}"
    )
    return True


class _Nudged:
    """Results for inputs moved by one unit in the last place, up or down."""

    def __init__(
        self, run: Callable[[Sequence[Any]], tuple[Any, list[Any]]], arrays: Sequence[Any]
    ) -> None:
        rng = np.random.default_rng(1)
        signs = [[rng.choice([-np.inf, np.inf], x.shape) for x in arrays] for _ in range(3)]
        self.inputs = [
            [np.nextafter(x, sign) for x, sign in zip(arrays, row, strict=True)] for row in signs
        ]
        self.run = run

    def value_moves(self, value: Any) -> float:
        return max(
            float(np.max(np.abs(self.run(inputs)[0] - value), initial=0.0))
            for inputs in self.inputs
        )

    def slope_moves(self, v: Sequence[Any], slope: float) -> float:
        gradients = [self.run(inputs)[1] for inputs in self.inputs]
        slopes = [sum(float(np.sum(dx * d)) for dx, d in zip(g, v, strict=True)) for g in gradients]
        return max(abs(other - slope) for other in slopes)
