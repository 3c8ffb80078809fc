"""Which operands of a contraction are copied before they are read, and the code that does it.

B is packed into panels where its rows are not contiguous, or where enough tiles read it to pay for
the copy. A is copied where its rows would fall into the same sets of the cache.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tensorslow.engines.llvm.contractions.contraction import Axis, Contraction
from tensorslow.engines.llvm.contractions.dots import as_dots
from tensorslow.engines.llvm.contractions.packing import (
    call_copy,
    emit_copy_elements,
    emit_copy_panel,
    emit_copy_rows,
    emit_copy_turned,
    has_masks,
)
from tensorslow.engines.llvm.contractions.tiling import Tiling
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.spmd import unravel
from tensorslow.engines.llvm.text.target import Target

# Rows that lie a multiple of so many bytes apart meet in the same few sets of a cache.
TRAP = 2048

# B is packed for more than so many tiles; and for more than so many where its rows lie near enough
# to each other, in bytes, to be read well as they are.
FEW_READERS, MANY_READERS = 3, 24
NEAR = 512

# Steps of a sum: A is not copied for fewer than the first, and better from the second on where a
# step goes to another row of memory.
SHORT, LONG = 64, 512

ROWS = 16  # rows of B that are packed together: each may begin another page of memory


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
    row, k, size = c.rows[0].a, c.nest[-1].a, c.dtype.itemsize
    if t.panels == 1 or len(c.rows) > 1 or len(c.nest) > 1 or c.k < SHORT or t.rows <= 4:
        return False
    if k == 1:
        return row * size % TRAP == 0
    return row == 1 and (k * size % TRAP == 0 or (c.k >= LONG and t.panels >= 4))


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
            most = str(t.every - t.vectors)
            first = f.call("i64", "llvm.umin.i64", ("i64", first), ("i64", most))
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
        for size, i, at in zip(sizes, self.matrices, outer, strict=True):
            step //= size
            place, there = f.add(place, f.mul(at, c.outer[i].b)), f.add(there, f.mul(at, step))
        goal = f.gep(goal, f.add(there, f.mul(k, t.width)), type_of(c.computed))
        count = str(c.nest[-1].size)
        if self.slices > 1:
            left = f.op(f"sub i64 {count}, {k}")
            count = f.call("i64", "llvm.umin.i64", ("i64", str(ROWS)), ("i64", left))
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
        c, t = self.c, self.t
        if level == len(c.nest) - 1:
            self.columns(f, target, source, goal, *part)
            return
        axis, inner = c.nest[level], math.prod(axis.size for axis in c.nest[level + 1 :])

        def body(i: str, _: list[str]) -> None:
            here = f.gep(source, f.mul(i, axis.b), type_of(c.dtype))
            there = f.gep(goal, f.mul(i, inner * t.width), type_of(c.computed))
            self._nest(f, target, level + 1, here, there, part)

        f.loop(axis.size, body)

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
            name = emit_copy_panel(module, target, c.dtype, n // t.lanes)
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
        lanes = self.t.lanes
        if self.by_tile:
            return -(-self.t.rows // lanes) * lanes
        pitch = (-(-self.c.k // lanes) + 1) * lanes
        trap = pitch * self.c.computed.itemsize % TRAP == 0
        return pitch + trap * lanes

    @property
    def tile(self) -> int:
        """From one tile's matrix to the next, in elements; 0 if all are one."""
        return self.c.k * self.pitch if self.by_tile else 0

    @property
    def parts(self) -> int:
        """In how many parts one matrix is copied."""
        return self.t.tiles if self.by_tile else self.c.m

    @property
    def count(self) -> int:
        """How many parts there are."""
        return self.parts * math.prod(self.c.outer[i].size for i in self.matrices)

    @property
    def bytes(self) -> int:
        """Size in memory."""
        return self.count * (self.tile or self.pitch) * self.c.computed.itemsize

    def copied(self) -> Contraction:
        """The contraction, with strides of A that step through the copy."""
        outer, step = list(self.c.outer), self.parts * (self.tile or self.pitch)
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
        """Writes the code that copies the row, or tile, of that number."""
        c, t, k, size = self.c, self.t, self.c.nest[0], self.c.dtype.itemsize
        *outer, part = unravel(f, index, [c.outer[i].size for i in self.matrices] + [self.parts])
        goal = f.gep(goal, f.mul(index, self.tile or self.pitch), type_of(c.computed))
        name = (emit_copy_elements if 1 not in (k.a, c.rows[0].a) else emit_copy_rows)(
            f.module, target, c.dtype
        )
        steps = (1, k.size, 0, k.a * size, 0)
        if self.by_tile:
            steps = (k.size, t.rows, k.a * size, size, self.pitch * c.computed.itemsize)
            part = f.mul(part, t.rows)  # the last tile begins earlier
            most = ("i64", str(c.m - t.rows))
            part = f.call("i64", "llvm.umin.i64", ("i64", part), most) if c.m % t.rows else part
        place = f.mul(part, c.rows[0].a)
        for i, step in zip(self.matrices, outer, strict=True):
            place = f.add(place, f.mul(step, c.outer[i].a))
        call_copy(f, name, goal, f.gep(source, place, type_of(c.dtype)), steps)
