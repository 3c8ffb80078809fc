"""Random programs over arrays of many shapes and types, as a compiler meets them: chains, rows,
reductions, products and moves, with several results and their gradients.

`tests/random_graphs` compares small graphs with an independent evaluation; here arrays are as large
as vectors, blocks and threads make interesting, and the NumPy engine is the judge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tensorslow as ts
from tensorslow.plan import Plan, plan_run
from tests.engines.llvm.compiled import owned

DIMENSIONS = [
    1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 70, 127, 128, 129, 130,
    255, 256, 257, 300, 1000,
]  # fmt: skip
LONG = [4097, 32768, 33000, 40000, 70000]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float32", "float64", "float16"]
LARGEST = 40000  # elements


class Unfit(Exception):
    """Nothing suits this operation."""


class Writer:
    """A program in the making.

    Attributes:
        rng: what decides.
        arrays: what is fed.
        xs: the placeholders for them.
        values: all tensors so far.
    """

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.dtype = str(self.rng.choice(FLOATS, p=[0.6, 0.28, 0.12]))
        self.sizes = self._sizes()
        self.arrays: list[Any] = []
        self.xs: list[Any] = []
        self.values: list[Any] = []

    def _sizes(self) -> list[int]:
        rng = self.rng
        if self.chance(0.05):
            return [int(rng.choice(LONG))]
        while True:
            sizes = [int(n) for n in rng.choice(DIMENSIONS, size=rng.integers(1, 4))]
            if self.chance(0.05):
                sizes[0] = 0
            if math.prod(sizes) <= 2 * LARGEST:
                return sizes

    # Choices

    def chance(self, probability: float = 0.5) -> bool:
        """True so often."""
        return bool(self.rng.random() < probability)

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1."""
        return int(self.rng.integers(limit))

    def one_of(self, choices: Sequence[Any]) -> Any:
        """One of them."""
        return choices[self.below(len(choices))]

    def pick(self, kinds: str = "f", suits: Callable[[Any], bool] = lambda x: True) -> Any:
        """A tensor of one of the kinds (NumPy's letters) that suits; recent ones are likelier."""
        found = [x for x in self.values if kind_of(x) in kinds and suits(x)]
        if not found:
            raise Unfit
        return self.one_of(found[-3:] if self.chance(0.6) else found)

    def pair(self, kinds: str = "f") -> tuple[Any, Any]:
        """Two tensors of one type that can be broadcast together."""
        a = self.pick(kinds)
        b = self.pick(kinds, lambda x: x.dtype == a.dtype and fit(shape_of(x), shape_of(a)))
        return (a, b) if self.chance() else (b, a)

    def axis(self, x: Any) -> int:
        """One of its axes."""
        if not shape_of(x):
            raise Unfit
        return self.below(len(shape_of(x)))

    def axes(self, x: Any) -> list[int] | None:
        """Some of its axes, or all."""
        chosen = [i for i in range(len(shape_of(x))) if self.chance()]
        return chosen if self.chance(0.8) else None

    # Writing

    def feed(self, array: Any) -> Any:
        """A placeholder for an array."""
        self.arrays.append(np.asarray(array))
        self.xs.append(ts.placeholder(self.arrays[-1].dtype, self.arrays[-1].shape))
        return self.xs[-1]

    def new_input(self, dtype: str) -> None:
        """Adds an input, some of whose axes are of size 1, missing, or in another order."""
        sizes = [n if self.chance(0.8) else 1 for n in self.sizes]
        if self.chance(0.3):
            sizes = [sizes[i] for i in self.rng.permutation(len(sizes))]
        if self.chance(0.25) and len(sizes) > 1:
            sizes = sizes[1:]
        self.values.append(self.feed(self._numbers(tuple(sizes), np.dtype(dtype))))

    def _numbers(self, shape: tuple[int, ...], dtype: np.dtype) -> Any:
        rng = self.rng
        if dtype.kind == "b":
            return rng.random(shape) < 0.5
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            if self.chance(0.3):
                return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
            return rng.integers(max(limits.min, -5), 6, shape).astype(dtype)
        numbers = np.asarray(rng.standard_normal(shape))
        if self.chance(0.15):
            special = rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0], size=shape)
            numbers = np.where(rng.random(shape) < 0.1, special, numbers)
        return numbers.astype(dtype)

    def write(self, count: int) -> None:
        """Adds so many operations."""
        from tests.engines.llvm.programs_kinds import KINDS

        attempts = 0
        while count and attempts < 400:
            attempts += 1
            try:
                result = self.one_of(KINDS)(self)
            except Unfit:
                continue
            if math.prod(shape_of(result)) <= 3 * LARGEST:
                self.values.append(result)
                count -= 1


class RandomProgram:
    """The program of that number, always the same.

    Attributes:
        plan: for its results, some values on the way, and perhaps gradients.
        arrays: its inputs.
        updates: pairs of an input and a result of its shape and type.
    """

    def __init__(self, seed: int) -> None:
        writer = Writer(seed)
        with ts.Graph().as_default():
            for _ in range(1 + writer.below(3)):
                writer.new_input(writer.dtype)
            if writer.chance(0.4):
                writer.new_input(writer.one_of([*INTEGERS, "bool"]))
            writer.write(3 + writer.below(19))
            results = [x for x in writer.values[len(writer.xs) :] if writer.chance(0.25)]
            results.append(writer.values[-1])
            found = self._gradients(writer, results) if writer.chance() else {}
            new = [x - ts.cast(0.1, x.dtype) * dx for x, dx in found.items()]
            self.plan: Plan = plan_run([*results, *new], writer.xs).plan
        places = {x: i for i, x in enumerate(writer.xs)}
        self.updates = [(places[x], len(results) + i) for i, x in enumerate(found)]
        self.arrays = owned(writer.arrays)

    def _gradients(self, writer: Writer, results: Sequence[Any]) -> dict[Any, Any]:
        ys = [y for y in results if kind_of(y) == "f"]
        xs = [x for x in writer.xs if kind_of(x) == "f"]
        found = ts.gradients(ys, xs) if ys and xs else []
        pairs = zip(xs, found, strict=False)
        return {x: ts.convert_to_tensor(dx) for x, dx in pairs if dx is not None}


def kind_of(x: Any) -> str:
    """NumPy's letter for a tensor's type."""
    return np.dtype(x.dtype.as_numpy_dtype).kind


def shape_of(x: Any) -> tuple[int, ...]:
    """A tensor's shape."""
    return tuple(x.shape.as_list())


def fit(a: Sequence[int], b: Sequence[int]) -> bool:
    """Whether two shapes can be broadcast together."""
    try:
        np.broadcast_shapes(tuple(a), tuple(b))
    except ValueError:
        return False
    return True
