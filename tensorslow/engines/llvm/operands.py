"""Which operands of a contraction are copied before they are read, and the code that does it.

B is packed into panels where its rows are not contiguous, or where enough tiles read it to pay for
the copy. A is copied where its rows would fall into the same sets of the cache.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tensorslow.engines.llvm.contraction import Axis, Contraction
from tensorslow.engines.llvm.dots import as_dots
from tensorslow.engines.llvm.ir import Function, type_of
from tensorslow.engines.llvm.packing import (
    call_copy,
    emit_copy_elements,
    emit_copy_panel,
    emit_copy_rows,
    emit_copy_turned,
    has_masks,
)
from tensorslow.engines.llvm.spmd import unravel
from tensorslow.engines.llvm.target import Target
from tensorslow.engines.llvm.tiling import Tiling

# Rows that lie a multiple of so many bytes apart meet in the same few sets of a cache.
TRAP = 2048

# B is packed for more than so many tiles; and for more than so many where its rows lie near enough
# to each other, in bytes, to be read well as they are.
FEW_READERS, MANY_READERS = 3, 24
NEAR = 512


def must_pack(c: Contraction, t: Tiling, target: Target) -> bool:
    """Whether micro-kernels cannot read B as it is."""
    return c.columns.b != 1 or c.dtype != c.computed or (t.ragged and not has_masks(target))


def packs(c: Contraction, t: Tiling, target: Target) -> bool:
    """Whether B is packed."""
    if as_dots(c, target):
        return False
    if must_pack(c, t, target):
        return True
    readers = t.tiles * math.prod(axis.size for axis in c.outer if axis.b == 0)
    near = c.nest[-1].b * c.dtype.itemsize <= NEAR
    return readers > (MANY_READERS if near else FEW_READERS)


def copies(c: Contraction, t: Tiling) -> bool:
    """Whether A is copied. Only rows on one axis can be."""
    if c.dtype != c.computed:
        return True
    trap = c.rows[0].a * c.dtype.itemsize % TRAP == 0
    return trap and t.panels > 1 and t.rows > 4 and c.nest[-1].a == 1 and len(c.rows) == 1


def at(f: Function, indices: Sequence[str], strides: Sequence[int]) -> str:
    """The sum of index times stride."""
    place = "0"
    for index, stride in zip(indices, strides, strict=False):
        place = f.add(place, f.mul(index, stride))
    return place


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
    def count(self) -> int:
        """How many panels there are at a time."""
        return 1 if self.single else self.t.panels * math.prod(self.c.outer[i].size for i in self.matrices)

    @property
    def panel(self) -> int:
        """Elements of a panel."""
        return self.c.k * self.t.width

    @property
    def bytes(self) -> int:
        """Size in memory."""
        return self.count * self.panel * self.c.computed.itemsize

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

    def emit(self, f: Function, target: Target, index: str, source: str, goal: str) -> None:
        """Writes the code that packs the panel of that number."""
        c, t = self.c, self.t
        sizes = [c.outer[i].size for i in self.matrices] + [t.panels]
        *outer, panel = unravel(f, index, sizes)
        first = f.mul(panel, t.vectors)
        if t.every % t.vectors:  # the last panel begins earlier
            most = str(t.every - t.vectors)
            first = f.call("i64", "llvm.umin.i64", ("i64", first), ("i64", most))
        place = f.mul(first, t.lanes * c.columns.b)
        for i, at in zip(self.matrices, outer, strict=True):
            place = f.add(place, f.mul(at, c.outer[i].b))
        wide, one = type_of(c.computed), type_of(c.dtype)
        if not self.single:
            goal = f.gep(goal, f.mul(index, self.panel), wide)
        self._nest(f, target, 0, f.gep(source, place, one), goal, panel)

    def _nest(
        self, f: Function, target: Target, level: int, source: str, goal: str, panel: str
    ) -> None:
        """Loops over all axes of k but the last, and copies that one."""
        c, t = self.c, self.t
        if level == len(c.nest) - 1:
            self._columns(f, target, source, goal, panel)
            return
        axis, inner = c.nest[level], math.prod(axis.size for axis in c.nest[level + 1 :])

        def body(i: str, _: list[str]) -> None:
            here = f.gep(source, f.mul(i, axis.b), type_of(c.dtype))
            there = f.gep(goal, f.mul(i, inner * t.width), type_of(c.computed))
            self._nest(f, target, level + 1, here, there, panel)

        f.loop(axis.size, body)

    def _columns(self, f: Function, target: Target, source: str, goal: str, panel: str) -> None:
        """Copies a matrix [k, width], or what there is of it in the last panel."""
        t = self.t
        last = t.width - t.lanes + t.last_lanes
        if not t.ragged:
            self._copy(f, target, source, goal, t.width)
            return
        if t.panels == 1:
            self._copy(f, target, source, goal, last)
            return
        ragged = f.op(f"icmp eq i64 {panel}, {t.panels - 1}")
        whole = f.op(f"xor i1 {ragged}, true")
        f.when(whole, lambda: self._copy(f, target, source, goal, t.width))
        f.when(ragged, lambda: self._copy(f, target, source, goal, last))

    def _copy(self, f: Function, target: Target, source: str, goal: str, n: int) -> None:
        c, t, k = self.c, self.t, self.c.nest[-1]
        module, size, wide = f.module, c.dtype.itemsize, c.computed.itemsize
        if c.columns.b == 1 and n % t.lanes == 0:
            name = emit_copy_panel(module, target, c.dtype, n // t.lanes)
        elif c.columns.b == 1:
            name = emit_copy_rows(module, target, c.dtype, fill=True)
        elif k.b == 1 and k.size >= t.lanes > 1:
            for j in range(0, n - n % t.lanes, t.lanes):
                name = emit_copy_turned(module, target, c.dtype)
                here = f.gep(source, j * c.columns.b, type_of(c.dtype))
                there = f.gep(goal, j, type_of(c.computed))
                steps = (k.size, t.lanes, k.b * size, c.columns.b * size, t.width * wide)
                call_copy(f, name, there, here, steps)
            done = n - n % t.lanes
            source = f.gep(source, done * c.columns.b, type_of(c.dtype))
            goal = f.gep(goal, done, type_of(c.computed))
            n %= t.lanes
            name = emit_copy_elements(module, target, c.dtype)
        else:
            name = emit_copy_elements(module, target, c.dtype)
        if n:
            steps = (k.size, n, k.b * size, c.columns.b * size, t.width * wide)
            call_copy(f, name, goal, source, steps)


@dataclass(frozen=True)
class CopiedA:
    """A as rows in scratch memory that lie a little more than their length apart."""

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
    def pitch(self) -> int:
        """From one row to the next, in elements."""
        pitch = (-(-self.c.k // self.t.lanes) + 1) * self.t.lanes
        trap = pitch * self.c.computed.itemsize % TRAP == 0
        return pitch + trap * self.t.lanes

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.c.m * math.prod(self.c.outer[i].size for i in self.matrices)

    @property
    def bytes(self) -> int:
        """Size in memory."""
        return self.count * self.pitch * self.c.computed.itemsize

    def copied(self) -> Contraction:
        """The contraction, with strides of A that step through the copy."""
        outer, step = list(self.c.outer), self.c.m * self.pitch
        for i in range(len(outer)):
            if i not in self.matrices:
                outer[i] = replace(outer[i], a=0)
        for i in reversed(self.matrices):
            outer[i] = replace(outer[i], a=step)
            step *= outer[i].size
        nest, step = [], 1
        for axis in reversed(self.c.nest):
            nest.append(replace(axis, a=step))
            step *= axis.size
        rows = (Axis(self.c.m, self.pitch, 0),)
        return replace(self.c, outer=tuple(outer), rows=rows, nest=tuple(nest[::-1]))

    def at(self, f: Function, lead: Sequence[str]) -> str:
        """Where the matrices of one index of the axes before `first` begin, in elements."""
        return at(f, lead[: self.first], [axis.a for axis in self.c.outer])

    def emit(self, f: Function, target: Target, index: str, source: str, goal: str) -> None:
        """Writes the code that copies the row of that number."""
        c = self.c
        k, size = c.nest[-1], c.dtype.itemsize
        *outer, m = unravel(f, index, [c.outer[i].size for i in self.matrices] + [c.m])
        place = f.mul(m, c.rows[0].a)
        for i, at in zip(self.matrices, outer, strict=True):
            place = f.add(place, f.mul(at, c.outer[i].a))
        emit = emit_copy_rows if k.a == 1 else emit_copy_elements
        name = emit(f.module, target, c.dtype)
        here = f.gep(source, place, type_of(c.dtype))
        there = f.gep(goal, f.mul(index, self.pitch), type_of(c.computed))
        call_copy(f, name, there, here, (1, k.size, 0, k.a * size, 0))
