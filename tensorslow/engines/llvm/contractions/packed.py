"""B in panels: for each step of the sum, the vectors that a tile reads side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tensorslow.engines.llvm.contractions.contraction import Contraction
from tensorslow.engines.llvm.contractions.packing import (
    at,
    call_copy,
    emit_copy_elements,
    emit_copy_panel,
    emit_copy_rows,
    emit_copy_turned,
)
from tensorslow.engines.llvm.contractions.tiling import Tiling
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.spmd import unravel
from tensorslow.engines.llvm.text.target import Target

ROWS = 16  # rows of B that are packed together: each may begin another page of memory


@dataclass(frozen=True)
class PackedB:
    """B as panels in scratch memory.

    Attributes:
        c: the contraction, with B's strides as they were.
        t: how it is cut up.
        first: the number of the outer axis from which on matrices are packed together; those of
            the axes before have the same place, one after the other.
        single: all panels have the same place, one after the other.
    """

    c: Contraction
    t: Tiling
    first: int = 0
    single: bool = False

    @property
    def matrices(self) -> list[int]:
        """The outer axes along which B changes."""
        return [
            i for i, axis in enumerate(self.c.outer) if i >= self.first and axis.b and axis.size > 1
        ]

    @property
    def panels(self) -> int:
        """How many panels there are at a time."""
        every = self.t.panels * math.prod(self.c.outer[i].size for i in self.matrices)
        return 1 if self.single else every

    @property
    def slices(self) -> int:
        """Into how many pieces each matrix is cut along k: neighbouring rows are read together."""
        whole = self.single or len(self.c.nest) > 1 or self.c.columns.b != 1
        return 1 if whole else -(-self.c.k // ROWS)

    @property
    def count(self) -> int:
        """How many parts there are to pack."""
        return self.panels * self.slices

    @property
    def panel(self) -> int:
        """Elements of a panel."""
        return self.c.k * self.t.width

    @property
    def bytes(self) -> int:
        """Size in memory."""
        return self.panels * self.panel * self.c.computed.itemsize

    def packed(self) -> Contraction:
        """The contraction, with strides of B that step through panels."""
        outer, step = list(self.c.outer), self.panel * self.t.panels
        for i in range(len(outer)):
            if i not in self.matrices:
                outer[i] = replace(outer[i], b=0)
        for i in reversed(self.matrices):
            outer[i] = replace(outer[i], b=step)
            step *= outer[i].size
        nest, step = [], self.t.width
        for axis in reversed(self.c.nest):
            nest.append(replace(axis, b=step))
            step *= axis.size
        return replace(self.c, outer=tuple(outer), nest=tuple(nest[::-1]))

    def at(self, f: Function, lead: Sequence[str]) -> str:
        """Where the matrices of one index of the axes before `first` begin, in elements."""
        return at(f, lead[: self.first], [axis.b for axis in self.c.outer])

    def begin(self, f: Function, panel: str) -> str:
        """Where a panel begins in the matrix, in elements."""
        t = self.t
        first = f.mul(panel, t.vectors)
        if t.every % t.vectors:  # the last panel begins earlier
            first = f.minimum(first, t.every - t.vectors)
        return f.mul(first, t.lanes * self.c.columns.b)

    def emit(self, f: Function, target: Target, index: str, source: str, goal: str) -> None:
        """Writes the code that packs the part of that number."""
        c, t = self.c, self.t
        sizes = [c.outer[i].size for i in self.matrices]
        *outer, piece, panel = unravel(f, index, [*sizes, self.slices, t.panels])
        k = f.mul(piece, ROWS)
        place = f.add(self.begin(f, panel), f.mul(k, c.nest[-1].b))
        there = "0" if self.single else f.mul(panel, self.panel)
        step = self.panel * t.panels * math.prod(sizes)
        for axis, part, size in zip(self.matrices, outer, sizes, strict=True):
            step //= size
            place = f.add(place, f.mul(part, c.outer[axis].b))
            there = f.add(there, f.mul(part, step))
        goal = f.gep(goal, f.add(there, f.mul(k, t.width)), type_of(c.computed))
        count = str(c.nest[-1].size)
        if self.slices > 1:
            left = f.op(f"sub i64 {count}, {k}")
            count = f.minimum(ROWS, left)
        self._nest(f, target, 0, f.gep(source, place, type_of(c.dtype)), goal, (panel, count))

    def _nest(
        self,
        f: Function,
        target: Target,
        level: int,
        source: str,
        goal: str,
        part: tuple[str, str],
    ) -> None:
        """Loops over all axes of k but the last, and copies that one: so many steps of it."""
        c = self.c
        if level == len(c.nest) - 1:
            self.columns(f, target, source, goal, *part)
            return
        axis = c.nest[level]

        def body(i: str, _: list[str]) -> None:
            here = f.gep(source, f.mul(i, axis.b), type_of(c.dtype))
            there = f.gep(goal, f.mul(i, self.after(level)), type_of(c.computed))
            self._nest(f, target, level + 1, here, there, part)

        f.loop(axis.size, body)

    def after(self, level: int) -> int:
        """From one step of an axis of k to the next, in elements."""
        return self.t.width * math.prod(axis.size for axis in self.c.nest[level + 1 :])

    def columns(
        self, f: Function, target: Target, source: str, goal: str, panel: str, count: str
    ) -> None:
        """Copies a matrix [k, width], or what there is of it in the last panel."""
        t = self.t
        last = t.width - t.lanes + t.last_lanes
        if not t.ragged:
            self._copy(f, target, source, goal, t.width, count)
            return
        if t.panels == 1:
            self._copy(f, target, source, goal, last, count)
            return
        ragged = f.op(f"icmp eq i64 {panel}, {t.panels - 1}")
        whole = f.op(f"xor i1 {ragged}, true")
        f.when(whole, lambda: self._copy(f, target, source, goal, t.width, count))
        f.when(ragged, lambda: self._copy(f, target, source, goal, last, count))

    def _copy(
        self, f: Function, target: Target, source: str, goal: str, n: int, count: str
    ) -> None:
        c, t, k = self.c, self.t, self.c.nest[-1]
        module, size, wide = f.module, c.dtype.itemsize, c.computed.itemsize
        if c.columns.b == 1 and n % t.lanes == 0:
            name = emit_copy_panel(module, target, c.dtype, n)
        elif c.columns.b == 1:
            name = emit_copy_rows(module, target, c.dtype, fill=True)
        elif k.b == 1 and k.size >= t.lanes > 1:
            for j in range(0, n - n % t.lanes, t.lanes):
                name = emit_copy_turned(module, target, c.dtype)
                here = f.gep(source, j * c.columns.b, type_of(c.dtype))
                there = f.gep(goal, j, type_of(c.computed))
                steps = (count, t.lanes, k.b * size, c.columns.b * size, t.width * wide)
                call_copy(f, name, there, here, steps)
            done = n - n % t.lanes
            source = f.gep(source, done * c.columns.b, type_of(c.dtype))
            goal = f.gep(goal, done, type_of(c.computed))
            n %= t.lanes
            name = emit_copy_elements(module, target, c.dtype)
        else:
            name = emit_copy_elements(module, target, c.dtype)
        if n:
            steps = (count, n, k.b * size, c.columns.b * size, t.width * wide)
            call_copy(f, name, goal, source, steps)


@dataclass(frozen=True)
class PackedColumns(PackedB):
    """The same where vectors run along the sum: column by column."""

    @property
    def slices(self) -> int:
        """Always one."""
        return 1

    @property
    def pitch(self) -> int:
        """From one column to the next, in elements: whole vectors, as the copy writes these."""
        return -(-self.c.nest[-1].size // self.t.lanes) * self.t.lanes

    @property
    def panel(self) -> int:
        """Elements of all columns."""
        return self.c.k // self.c.nest[-1].size * self.c.n * self.pitch

    def packed(self) -> Contraction:
        """The contraction, with strides of B that step through columns."""
        c, nest = super().packed(), [replace(self.c.nest[-1], b=1)]
        step = self.c.n * self.pitch
        for axis in reversed(self.c.nest[:-1]):
            nest.append(replace(axis, b=step))
            step *= axis.size
        return replace(c, columns=replace(c.columns, b=self.pitch), nest=tuple(nest[::-1]))

    def after(self, level: int) -> int:
        """From one step of an axis of k to the next, in elements."""
        return self.c.n * self.pitch * math.prod(x.size for x in self.c.nest[level + 1 : -1])

    def columns(
        self, f: Function, target: Target, source: str, goal: str, panel: str, count: str
    ) -> None:
        """Copies a matrix [k, width] as one [width, k]."""
        c, size = self.c, self.c.dtype.itemsize
        name = emit_copy_elements(f.module, target, c.dtype)
        steps = (c.n, count, c.columns.b * size, c.nest[-1].b * size, self.pitch * size)
        call_copy(f, name, goal, source, steps)


def packed(c: Contraction, t: Tiling, first: int = 0) -> PackedB:
    """B as the tiles are to read it."""
    return PackedColumns(c, t, first) if t.along == "sum" else PackedB(c, t, first)
