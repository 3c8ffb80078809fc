"""Fusing: nests become few kernels, so that a value is used while it is in a register.

A nest joins the kernel that makes what it reads, if all else that it reads is of lower levels, and
`joins.py` finds a way. Where it cannot, it is a kernel itself, of the next level.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from tensorslow.engines.llvm.kernels.accesses import read_by
from tensorslow.engines.llvm.kernels.buffers import Buffer, with_parts
from tensorslow.engines.llvm.kernels.items import LARGEST, Item, Kernel, Region
from tensorslow.engines.llvm.kernels.joins import (
    absorb,
    joined,
    may_join,
    merged,
    several_passes,
    shared_loads,
)
from tensorslow.engines.llvm.kernels.leaves import inlined, is_leaf
from tensorslow.engines.llvm.kernels.match import match
from tensorslow.engines.llvm.kernels.nests import Nest, drop_dead, number_stages

SMALL = 4096  # elements of arrays that are made beside others


def fuse(nests: Iterable[Nest | Region], kept: set[Buffer]) -> list[Item]:
    """Kernels in the order of their levels.

    Args:
        nests: in an order in which they can run.
        kept: buffers that others read, besides these nests.
    """
    fuser = _Fuser()
    for nest in nests:
        fuser.add(nest)
    return fuser.finish(kept)


class _Fuser:
    def __init__(self) -> None:
        self.items: dict[Item, None] = {}  # in the order in which they were begun
        self.writers: dict[Buffer, dict[Item, None]] = {}
        self.beside: dict[tuple[int, tuple[int, ...]], Kernel] = {}  # by level and sizes
        self.leaves: dict[Buffer, Nest] = {}  # see `leaves.py`

    def add(self, nest: Nest | Region) -> None:
        """Lets a nest join a kernel, or makes it one."""
        if isinstance(nest, Region):
            self._place_leaves([b for b in self.leaves if b in nest.read])
            nest.level = self._level(nest.read | nest.written)
            self._note(nest, nest.read, nest.written)
            return
        nest.collapse()
        if nest.reduced:
            number_stages(nest.values)
        needed = read_by(nest)
        if self.leaves and not self.leaves.keys().isdisjoint(needed):
            self._take_leaves(nest)
            needed = read_by(nest)
        if self.writers.keys().isdisjoint(needed) and is_leaf(nest):
            self.leaves[nest.stores[0].buffer] = nest  # type: ignore[index]
            return
        self._place(nest, needed)

    def _take_leaves(self, nest: Nest) -> None:
        """Computes cheap arrays where they are read, if that can be done in step."""
        for x in list(nest.values):
            leaf = self.leaves.get(x.buffer) if x.op == "load" else None  # type: ignore[arg-type]
            if leaf is not None and not inlined(nest, x, leaf):
                self._place_leaves({x.buffer})  # type: ignore[arg-type]
        self._place_leaves(read_by(nest))

    def _place_leaves(self, buffers: Iterable[Buffer]) -> None:
        """Makes kernels of cheap arrays that are read otherwise."""
        for buffer in buffers:
            leaf = self.leaves.pop(buffer, None)
            if leaf is not None:
                self._place(leaf, read_by(leaf))

    def _place(self, nest: Nest, needed: AbstractSet[Buffer]) -> None:
        level = self._level(needed)
        kernel = self._join(nest, needed, level - 1) if level and may_join(nest) else None
        if kernel is None:
            kernel = self._beside(nest, level)
        self._note(kernel, needed, {s.buffer for s in nest.stores if s.buffer is not None})

    def _beside(self, nest: Nest, level: int) -> Kernel:
        """A new kernel; small arrays of one shape are made in one, even if they are strangers."""
        small = (
            may_join(nest)
            and math.prod(nest.sizes) <= SMALL
            and all(s.buffer is not None and s.buffer.kind == "temp" for s in nest.stores)
        )
        kernel = self.beside.get((level, nest.sizes)) if small and not nest.reduced else None
        if (
            kernel is not None
            and kernel in self.items
            and (kernel.level, kernel.nest.sizes) == (level, nest.sizes)
            and len(kernel.nest.values) + len(nest.values) <= LARGEST
        ):
            absorb(kernel, nest, list(range(len(nest.sizes))), ())
            return kernel
        kernel = Kernel(nest, level)
        kernel.note(nest)
        if nest.reduced:
            kernel.single = several_passes(nest.sizes, nest, range(len(nest.sizes)), nest.reduced)
        if small:
            self.beside[level, nest.sizes] = kernel
        return kernel

    def _level(self, needed: Iterable[Buffer]) -> int:
        writers, level = self.writers, 0
        for b in needed:
            for w in writers.get(b, ()):
                if w.level >= level:
                    level = w.level + 1
        return level

    def _note(self, item: Item, read: AbstractSet[Buffer], written: set[Buffer]) -> None:
        """Keeps the books after an item has come or has grown."""
        self.items[item] = None
        for buffer in read:
            for writer in self.writers.get(buffer, ()):
                if writer is not item:
                    writer.used = min(writer.used, item.level)
        for buffer in written:
            self.writers.setdefault(buffer, {})[item] = None

    # Joining

    def _join(self, nest: Nest, needed: AbstractSet[Buffer], level: int) -> Kernel | None:
        makers = {
            w: None for b in needed for w in self.writers.get(b, ()) if w.level == level
        }  # in order, each once
        candidates = [k for k in makers if isinstance(k, Kernel)]
        if len(candidates) != len(makers):
            return None
        parts = {part for b in needed if b.parts for part in with_parts(b.parts)}
        for k in candidates:
            for b in needed:
                if b in k.written and (b not in k.made or b in parts):
                    return None  # it reads what is not written by one store
        if len(candidates) == 1:
            return candidates[0] if joined(candidates[0], nest) else None
        # What reads the results of several kernels of one level: these are merged first. Where they
        # cannot be, one of them moves a level up, if nobody has read from it yet.
        candidates.sort(key=lambda k: (k.nest.contraction is None, -len(k.nest.values)))
        first, *others = candidates
        left = [k for k in others if not self._merged(first, k, nest)]
        if not left:
            return first if joined(first, nest) else None
        for k in (first, *left):
            if k.used > k.level + 1 and match(k, nest, shared_loads(k, nest)) is not None:
                k.level += 1
                if joined(k, nest):
                    return k
                k.level -= 1
        return None

    def _merged(self, kernel: Kernel, other: Kernel, nest: Nest) -> bool:
        """Takes all of another kernel of the same level into this one, so that a nest can join."""
        if not merged(kernel, other, nest):
            return False
        kernel.used = min(kernel.used, other.used)
        del self.items[other]
        for buffer in other.written:
            writers = self.writers[buffer]
            del writers[other]
            writers[kernel] = None
        return True

    # The end

    def finish(self, kept: set[Buffer]) -> list[Item]:
        """Drops what nobody reads, and sorts by level."""
        read = set(with_parts(kept))
        self._place_leaves([b for b in self.leaves if b in read])
        items = sorted(self.items, key=lambda item: item.level)
        reads = {
            item: item.read if isinstance(item, Region) else read_by(item.nest) for item in items
        }
        read.update(*reads.values())
        for item in items:
            if isinstance(item, Kernel):
                nest = item.nest
                before = len(nest.stores), len(nest.values)
                nest.stores = [
                    s
                    for s in nest.stores
                    if s.buffer is None or s.buffer.kind != "temp" or s.buffer in read
                ]
                drop_dead(nest)
                nest.collapse()
                dropped = (len(nest.stores), len(nest.values)) != before
                item.read = set(read_by(nest) if dropped else reads[item])
                item.written = {s.buffer for s in nest.stores if s.buffer}
        return [item for item in items if isinstance(item, Region) or item.nest.stores]
