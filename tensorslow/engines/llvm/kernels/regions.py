"""Branches and loops: regions among the kernels, with kernels of their own.

A region's blocks are lowered and fused by themselves. What a branch or a loop gives lies in arrays
of the block around it, and all threads walk through it in step: between two levels they meet, and
then read the same condition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tensorslow.engines.llvm.kernels.accesses import read_by
from tensorslow.engines.llvm.kernels.buffers import Buffer, with_parts
from tensorslow.engines.llvm.kernels.fuse import fuse
from tensorslow.engines.llvm.kernels.in_place import (
    copied_at_last,
    place_updates,
    still_needed,
)
from tensorslow.engines.llvm.kernels.items import Item, Region
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering
from tensorslow.engines.llvm.kernels.memory import Layout, lay_out
from tensorslow.engines.llvm.kernels.nests import Nest
from tensorslow.engines.llvm.kernels.views import View


@dataclass(eq=False, slots=True)
class Part:
    """A block of a region.

    Attributes:
        low: its nests.
        moved: pairs of arrays: when all else is done, what the second holds goes to the first.
        items: its kernels.
        layout: of what is alive in it only.
    """

    low: Lowering
    moved: list[tuple[View, View]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    layout: Layout = field(default_factory=Layout)

    @property
    def nests(self) -> Sequence[Nest | Region]:
        """What it does."""
        return self.low.nests

    def is_own(self, buffer: Buffer) -> bool:
        """Whether a buffer is alive in this part only."""
        return buffer.block is self.low

    def accesses(self) -> tuple[set[Buffer], set[Buffer]]:
        """The buffers from outside that it reads, and those that it writes."""
        read, written = self._buffers()
        read = {self._from_outside(b) for b in read}
        written = {self._from_outside(b) for b in written}
        return {b for b in read if not self.is_own(b)}, {b for b in written if not self.is_own(b)}

    def _buffers(self) -> tuple[set[Buffer], set[Buffer]]:
        """The buffers that it reads, and those that it writes."""
        read: set[Buffer] = set()
        written = {old.buffer for old, _ in self.moved}
        for nest in self.nests:
            if isinstance(nest, Region):
                read |= nest.read
                written |= nest.written
            else:
                read.update(read_by(nest))
                written |= {s.buffer for s in nest.stores if s.buffer is not None}
        return read, written

    def _from_outside(self, buffer: Buffer) -> Buffer:
        """The buffer of a block around this one in which one of its own lies, if that is so."""
        while self.is_own(buffer) and buffer.alias is not None:
            buffer = buffer.alias
        return buffer

    def make_items(self) -> None:
        """Fuses its nests."""
        written = {b for b in self._buffers()[1] if not self.is_own(self._from_outside(b))}
        self.items = fuse(self.nests, written | {new.buffer for _, new in self.moved})
        # New values are written over the old ones where nobody needs these any more; the others
        # are moved when everything else is done.
        pairs = [(old.buffer, new.buffer) for old, new in self.moved if self.is_own(new.buffer)]
        place_updates(self.items, pairs)
        self.items = still_needed(self.items)
        late = [(old, new) for old, new in self.moved if new.buffer.alias is None]
        self.items += copied_at_last(self.items, late, self.low)
        self.items.sort(key=lambda item: item.level)

    def lay_out(self, scratch: Callable[[Item], int]) -> int:
        """Gives its own buffers places; returns how many bytes they take."""
        needed = {item: scratch(item) for item in self.items}
        self.layout = lay_out(self.items, needed, (), self.low)
        return self.layout.size


@dataclass(eq=False, slots=True)
class Branch:
    """One of two parts, depending on a truth value."""

    predicate: View
    parts: list[Part]

    def __str__(self) -> str:
        shown = ["\n".join(f"  {line}" for line in _lines(part)) for part in self.parts]
        return f"if {self.predicate.buffer}:\n{shown[0]}\nelse:\n{shown[1]}"


@dataclass(eq=False, slots=True)
class Loop:
    """Parts that are repeated.

    Attributes:
        parts: the condition's (if there is one) and the body's.
        counter: how many iterations have been made, once it is done.
        number: of the iteration that runs.
        limit: the most that are, a known number or in memory; negative: there is no limit.
        go_on: where the condition says whether there is another one.
        rows: how many iterations there is room for; None: it keeps nothing.
        endless: whether it may run so long that it must let Python handle signals.
        moving: the rows that it reads and writes.
        length: of the shortest array of which it reads or writes rows.
        reverse: whether it goes from the last row to the first.
    """

    parts: list[Part]
    counter: View
    number: Buffer
    limit: View
    go_on: View | None
    rows: int | None
    endless: bool
    moving: list[Buffer]
    length: int
    reverse: bool

    def __str__(self) -> str:
        lines = [f"loop, counted in {self.counter.buffer}:"]
        for part in self.parts:
            lines += [f"  {line}" for line in _lines(part)]
        return "\n".join(lines)


def _lines(part: Part) -> list[str]:
    return [line for item in part.items or part.nests for line in str(item).splitlines()]


def region_of(detail: Branch | Loop, parts: Sequence[Part], read: set[Buffer]) -> Region:
    """The region that consists of these parts."""
    written: set[Buffer] = set()
    for part in parts:
        part.make_items()
        mine, theirs = part.accesses()
        read |= mine
        written |= theirs
    read = set(with_parts(read))
    checks = any(item.checks for part in parts for item in part.items)
    if isinstance(detail, Loop):
        checks |= detail.rows is not None or detail.endless
    return Region(detail, read | written, written, checks=checks)
