"""A in scratch memory, where its rows or its columns lie badly for a cache."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tensorslow.engines.llvm.contractions.contraction import Axis, Contraction
from tensorslow.engines.llvm.contractions.operands import TRAP
from tensorslow.engines.llvm.contractions.packing import (
    at,
    call_copy,
    emit_copy_elements,
    emit_copy_panel,
    emit_copy_rows,
)
from tensorslow.engines.llvm.contractions.tiling import Tiling
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.spmd import unravel
from tensorslow.engines.llvm.text.target import Target

COLUMNS = 64  # columns of A whose tiles are copied together: neighbours share cache lines


@dataclass(frozen=True)
class CopiedA:
    """A in scratch memory, where its rows do not meet in the same sets of a cache.

    Rows that were contiguous lie a little more than their length apart. If columns were, each tile
    has a matrix of its own, in which the numbers for each k are contiguous.
    """

    c: Contraction
    t: Tiling
    first: int = 0

    @property
    def matrices(self) -> list[int]:
        """The outer axes along which A changes."""
        return [
            i for i, axis in enumerate(self.c.outer) if i >= self.first and axis.a and axis.size > 1
        ]

    @property
    def by_tile(self) -> bool:
        """Whether each tile has a matrix of its own."""
        return self.c.rows[0].a == 1 != self.c.nest[0].a

    @property
    def pitch(self) -> int:
        """From one row to the next, or from one k to the next, in elements."""
        if self.by_tile:
            return self.t.rows
        lanes = self.t.lanes
        pitch = (-(-self.c.k // lanes) + 1) * lanes
        trap = pitch * self.c.computed.itemsize % TRAP == 0
        return pitch + trap * lanes

    @property
    def tile(self) -> int:
        """From one tile's matrix to the next, in elements; 0 if all are one."""
        return self.c.k * self.pitch if self.by_tile else 0

    @property
    def slices(self) -> int:
        """Into how many pieces each matrix is cut along k: tiles share what a cache line has."""
        return -(-self.c.k // COLUMNS) if self.by_tile else 1

    @property
    def size(self) -> int:
        """Elements of one matrix."""
        return self.t.tiles * self.tile if self.by_tile else self.c.m * self.pitch

    @property
    def count(self) -> int:
        """How many parts there are."""
        parts = self.slices * self.t.tiles if self.by_tile else self.c.m
        return parts * math.prod(self.c.outer[i].size for i in self.matrices)

    @property
    def bytes(self) -> int:
        """Size in memory."""
        matrices = math.prod(self.c.outer[i].size for i in self.matrices)
        return matrices * self.size * self.c.computed.itemsize

    def copied(self) -> Contraction:
        """The contraction, with strides of A that step through the copy."""
        outer, step = list(self.c.outer), self.size
        for i in range(len(outer)):
            if i not in self.matrices:
                outer[i] = replace(outer[i], a=0)
        for i in reversed(self.matrices):
            outer[i] = replace(outer[i], a=step)
            step *= outer[i].size
        row, k = (1, self.pitch) if self.by_tile else (self.pitch, 1)
        rows, nest = (Axis(self.c.m, row, 0),), (replace(self.c.nest[0], a=k),)
        return replace(self.c, outer=tuple(outer), rows=rows, nest=nest)

    def at(self, f: Function, lead: Sequence[str]) -> str:
        """Where the matrices of one index of the axes before `first` begin, in elements."""
        return at(f, lead[: self.first], [axis.a for axis in self.c.outer])

    def emit(self, f: Function, target: Target, index: str, source: str, goal: str) -> None:
        """Writes the code that copies the row, or piece of a tile, of that number."""
        c, k, row = self.c, self.c.nest[0], self.c.rows[0]
        sizes = [c.outer[i].size for i in self.matrices]
        parts = [self.slices, self.t.tiles] if self.by_tile else [1, c.m]
        *outer, piece, part = unravel(f, index, [*sizes, *parts])
        if self.by_tile:
            place, there, steps = self._piece(f, piece, part)
        else:
            place, there = f.mul(part, row.a), f.mul(part, self.pitch)
            steps = (1, k.size, 0, k.a * c.dtype.itemsize, 0)
        step = self.size * math.prod(sizes)
        for axis, index, size in zip(self.matrices, outer, sizes, strict=True):
            step //= size
            place = f.add(place, f.mul(index, c.outer[axis].a))
            there = f.add(there, f.mul(index, step))
        source = f.gep(source, place, type_of(c.dtype))
        goal = f.gep(goal, there, type_of(c.computed))
        if self.by_tile:
            name = emit_copy_panel(f.module, target, c.dtype, self.t.rows)
        else:
            rows = emit_copy_rows if k.a == 1 else emit_copy_elements
            name = rows(f.module, target, c.dtype)
        call_copy(f, name, goal, source, steps)

    def _piece(self, f: Function, piece: str, tile: str) -> tuple[str, str, Sequence[int | str]]:
        """Where some columns of a tile are, where they are to be, and how they are copied."""
        c, t, size = self.c, self.t, self.c.dtype.itemsize
        k, row, first = c.nest[0], c.rows[0], f.mul(piece, COLUMNS)
        count: int | str = k.size
        if self.slices > 1:
            count = f.minimum(f.op(f"sub i64 {k.size}, {first}"), COLUMNS)
        there = f.add(f.mul(tile, self.tile), f.mul(first, self.pitch))
        m = f.mul(tile, t.rows)
        m = f.minimum(m, c.m - t.rows) if c.m % t.rows else m  # the last one begins earlier
        place = f.add(f.mul(m, row.a), f.mul(first, k.a))
        return place, there, (count, t.rows, k.a * size, size, self.pitch * c.computed.itemsize)
