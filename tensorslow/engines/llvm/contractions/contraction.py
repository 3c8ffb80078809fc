"""Contractions: sums of products over loops, which is what matmuls and convolutions are.

    C[o, m, n] = Σ_k A[o, m, k] · B[o, k, n]

`o`, `m` and `k` may each be several axes, and what A holds need not be stored as a matrix: an
element lies at a sum of index times stride, so the windows of a convolution are one, too, though
they overlap in memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np


def computed(dtype: np.dtype) -> np.dtype:
    """The type that products of numbers of a type are added up in."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


@dataclass(frozen=True)
class Axis:
    """A loop.

    Attributes:
        size: how often it runs.
        a: how far a step goes in A, in elements; 0 where A does not depend on it.
        b: the same in B.
    """

    size: int
    a: int
    b: int


@dataclass(frozen=True)
class Contraction:
    """Sizes and strides of a contraction.

    Attributes:
        dtype: of A and B.
        outer: axes that stay apart: the batch of a matmul, the images and groups of a convolution.
        rows: axes of m, the first of them outermost.
        columns: the axis of n. A depends on it where each column has its own matrix A, as in a
            convolution of each channel by itself; neighbours must be neighbours there.
        nest: axes of k, the first outermost.
        turned: A and B have changed places, as the result has one column: vectors run along m.
    """

    dtype: np.dtype
    outer: tuple[Axis, ...]
    rows: tuple[Axis, ...]
    columns: Axis
    nest: tuple[Axis, ...]
    turned: bool = False

    @property
    def m(self) -> int:
        """The number of rows."""
        return math.prod(axis.size for axis in self.rows)

    @property
    def n(self) -> int:
        """The number of columns."""
        return self.columns.size

    @property
    def k(self) -> int:
        """How many products each element is the sum of."""
        return math.prod(axis.size for axis in self.nest)

    @property
    def batch(self) -> int:
        """How many matrices there are."""
        return math.prod(axis.size for axis in self.outer)

    @property
    def computed(self) -> np.dtype:
        """The type of the sums: float16 is widened."""
        return computed(self.dtype)

    @property
    def flops(self) -> int:
        """Multiplications and additions."""
        return 2 * self.batch * self.m * self.n * self.k

    def merged(self) -> Contraction:
        """The same with as few axes of m and k as possible."""
        return replace(self, rows=merge(self.rows), nest=merge(self.nest))


def merge(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Neighbouring axes that one loop can walk along become one; there is always one left."""
    if any(axis.size == 0 for axis in axes):
        return (Axis(0, 0, 0),)
    merged: list[Axis] = []
    for axis in reversed(axes):
        if axis.size == 1:
            continue
        inner = merged[-1] if merged else None
        if inner and (axis.a, axis.b) == (inner.size * inner.a, inner.size * inner.b):
            merged[-1] = Axis(inner.size * axis.size, inner.a, inner.b)
        else:
            merged.append(axis)
    return tuple(reversed(merged)) or (Axis(1, 0, 0),)


def offsets(axes: tuple[Axis, ...]) -> list[int]:
    """Where every row lies in A, in elements."""
    places = [0]
    for axis in axes:
        places = [place + i * axis.a for place in places for i in range(axis.size)]
    return places
