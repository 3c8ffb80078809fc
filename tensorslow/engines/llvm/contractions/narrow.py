"""Results of few columns: what else vectors may run along, and the micro-kernel for sums.

A vector of a micro-kernel (`microkernel.py`) holds neighbours in a row of the result. Where a row
is shorter than a vector, as in the gradient of an image with three channels, most lanes would be
lost. If neighbours in a *column* are neighbours in A, vectors run along that: it is the usual
micro-kernel, with A and B in each other's place. If neighbours in the *sum* are neighbours in A,
every element of a tile is a vector in registers, a partial sum in each lane, and at the end lanes
are added up. There B must be contiguous, too, and is packed by columns where it is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tensorslow.engines.llvm.contractions.contraction import Contraction
from tensorslow.engines.llvm.contractions.dots import as_dots
from tensorslow.engines.llvm.contractions.microkernel import (
    TileWriter,
    lane_mask,
    most_rows,
    most_vectors,
    multiply_add,
    planned,
)
from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.target import Target

# Rows of a tile, at most: each needs a register for its address.
MOST_ROWS = 8

# What it costs to add up the lanes of one element, and to pack one number of B, in multiplications
# of vectors.
TOTAL, PACKED = 6, 2

# What it costs to finish an element by itself, instead of with its row, in the same unit.
FINISHED = 40


def along(c: Contraction, target: Target, images: int) -> str:
    """What vectors run along: a "row" of the result, the "sum", or a "column".

    Args:
        c: one of several contractions that are added up.
        target: the processor.
        images: how many these are.
    """
    lanes, inner = target.lanes(c.computed), c.nest[-1]
    if c.n >= lanes or c.dtype != c.computed or c.columns.a or c.turned or as_dots(c, target):
        return "row"
    if inner.a == 1 and 2 * c.n <= lanes and (inner.size % lanes == 0 or target.has_masks):
        steps = math.prod(axis.size for axis in c.nest[:-1]) * -(-inner.size // lanes)
        readers = c.m * math.prod(axis.size for axis in c.outer if not axis.b)
        packing = 0 if inner.b == 1 else PACKED * c.k / readers
        return "sum" if c.n * (steps + TOTAL + packing) <= 0.8 * c.k else "row"
    whole = c.rows[-1].a == 1 and c.rows[-1].size % lanes == 0 and c.n <= most_rows(target)
    pays = images * c.k * (lanes - c.n) >= FINISHED * c.n * lanes
    return "column" if whole and pays else "row"


def narrow_tile(c: Contraction, target: Target, way: str) -> int:
    """The rows of a tile that is as wide as the result.

    There are registers for its elements, for vectors of the one operand, and for one of the other.
    """
    if way == "sum":
        fits = (planned(target) - 1 - c.n) // c.n
        return max(1, min(c.m, fits, MOST_ROWS, most_rows(target)))
    lanes = target.lanes(c.computed)
    every = c.rows[-1].size // lanes
    fits = most_vectors(target, c.n)
    return lanes * max(i for i in range(1, fits + 1) if every % i == 0)


@dataclass(frozen=True)
class NarrowKernel:
    """Which micro-kernel, for sums.

    Attributes:
        dtype: of A, B and C.
        rows: of the tile.
        columns: of the tile.
        depth: how many loops its sum has.
        adds: the tile is added to what is there.
    """

    dtype: np.dtype
    rows: int
    columns: int
    depth: int
    adds: bool

    @property
    def name(self) -> str:
        """Of the function."""
        size = f"{self.rows}x{self.columns}x{self.depth}"
        return f"narrow.{self.dtype.str[1:]}.{size}{'.adds' * self.adds}"

    def emit(self, module: Module, target: Target) -> str:
        """Adds its function to a module, unless it is there, and returns its name.

        The function is that of `MicroKernel`, but for the last parameter: from one column of B to
        the next, in bytes. Every row of the tile C begins a vector, and ends within it.
        """
        if self.name not in module.functions:
            _Writer(self, module, target).write()
        return self.name


class _Writer(TileWriter):
    def __init__(self, kernel: NarrowKernel, module: Module, target: Target) -> None:
        super().__init__(module, target, kernel.name, kernel.dtype, "column")
        self.kernel = kernel

    def write(self) -> None:
        f, kernel = self.f, self.kernel
        self.rows = [self.word("%rows", i) for i in range(kernel.rows)]
        self.read_loops(kernel.depth)
        inner = self.loops[-1][0]
        rest = f.op(f"urem i64 {inner}, {self.lanes}")
        self.whole = f.op(f"sub i64 {inner}, {rest}")
        self.mask = lane_mask(f, self.lanes, rest)
        zeros = ["zeroinitializer"] * (kernel.rows * kernel.columns)
        sums = self.nest(self.loops[:-1], self._along, "%a", "%b", zeros)
        for i in range(kernel.rows):
            total = self._totals(sums[i * kernel.columns : (i + 1) * kernel.columns])
            goal = f.gep("%c", i * self.lanes, self.one)
            if kernel.adds:
                before = f.load(self.vector, goal, self.size)
                total = f.op(f"{self._add} {self.vector} {total}, {before}")
            f.store(self.vector, total, goal, self.size)
        f.finish()

    @property
    def _add(self) -> str:
        return "fadd" if self.dtype.kind == "f" else "add"

    def _along(self, a: str, b: str, sums: list[str]) -> list[str]:
        """The innermost loop: whole vectors, and what is left behind them, if anything is."""
        f, count = self.f, self.loops[-1][0]
        rows = [f.gep(a, row, "i8") for row in self.rows]
        columns = [b]
        for _ in range(self.kernel.columns - 1):
            columns.append(f.gep(columns[-1], "%column", "i8"))

        def products(i: str, sums: list[str], mask: str | None = None) -> list[str]:
            vectors = [self._load(column, i, mask) for column in columns]
            sums = list(sums)
            for number, row in enumerate(rows):
                x = self._load(row, i, mask)
                for j, y in enumerate(vectors):
                    at = number * len(columns) + j
                    sums[at] = multiply_add(f, self.target, self.dtype, x, y, sums[at])
            return sums

        kinds = [self.vector] * len(sums)
        carried = list(zip(kinds, sums, strict=True))
        sums = f.loop(self.whole, products, carried, step=self.lanes, may_be_empty=True)
        carried = list(zip(kinds, sums, strict=True))
        return f.loop(
            count,
            lambda i, sums: products(i, sums, self.mask),
            carried,
            start=self.whole,
            step=self.lanes,
            may_be_empty=True,
        )

    def _load(self, start: str, i: str, mask: str | None) -> str:
        """A vector, or what there is of it."""
        f, place = self.f, self.f.gep(start, i, self.one)
        if mask is None:
            return f.load(self.vector, place, self.size)
        return f.masked_load(self.one, self.lanes, place, mask, self.size, "zeroinitializer")

    def _totals(self, sums: list[str]) -> str:
        """A vector that begins with the total of each of some vectors.

        In each round two vectors become one: it has groups of lanes, half as long as before, which
        are still to be added up.
        """
        group = self.lanes
        while group > 1:
            pairs = [sums[i : i + 2] for i in range(0, len(sums), 2)]
            sums = [self._halved(pair, group) for pair in pairs]
            group //= 2
        return sums[0]

    def _halved(self, pair: list[str], group: int) -> str:
        """In every group of lanes of one or two vectors, the second half is added to the first."""
        f, lanes, half = self.f, self.lanes, group // 2
        first = [start + i for start in range(0, len(pair) * lanes, group) for i in range(half)]
        rest = [None] * (lanes - len(first))

        def picked(behind: int) -> str:
            places = [*(i + behind for i in first), *rest]
            return f.shuffle(self.vector, pair[0], pair[-1], places)

        return f.op(f"{self._add} {self.vector} {picked(0)}, {picked(half)}")
