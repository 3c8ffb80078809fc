"""Branches and loops: regions among the kernels, with kernels of their own.

A region's blocks are lowered and fused by themselves. What a branch or a loop gives lies in arrays
of the block around it, and all threads walk through it in step: between two levels they meet, and
then read the same condition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorslow.engines.llvm.kernels.fuse import Item, Region, fuse, read_by
from tensorslow.engines.llvm.kernels.lower import RULES, Lowering, known
from tensorslow.engines.llvm.kernels.memory import Layout, lay_out, place_updates, still_needed
from tensorslow.engines.llvm.kernels.nests import Buffer, Nest, View, with_parts
from tensorslow.engines.llvm.programs.program import Block, Instruction

MANY = 1000  # iterations that may go by before Python handles signals

_COUNT = np.dtype(np.int32)


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
        last = Lowering(self.low)
        for old, new in self.moved:
            if new.buffer.alias is None:
                last.copy(new, old)
        level = max((item.level for item in self.items), default=-1) + 1
        for item in fuse(last.nests, written):
            item.level += level
            self.items.append(item)
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


def _region(detail: Branch | Loop, parts: Sequence[Part], read: set[Buffer]) -> Region:
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


def _cond(low: Lowering, do: Instruction) -> list[View]:
    predicate = low.in_memory(low.view(do.args[0]))
    results = [low.new(x.shape, x.dtype) for x in do.targets]
    parts = []
    for block in do.blocks:
        assert block is not None
        inner = Lowering(low)
        inner.lower(block.steps)
        for x, target in zip(block.results, results, strict=True):
            inner.copy(inner.view(x), target)
        parts.append(Part(inner))
    low.nests.append(_region(Branch(predicate, parts), parts, {predicate.buffer}))
    return results


def _while_loop(low: Lowering, do: Instruction) -> list[View]:
    condition, body = do.blocks
    assert body is not None
    count = do.options["carries"]
    limit, *arrays = (low.view(x) for x in do.args)
    carries = [low.new(x.shape, x.dtype) for x in do.targets[:count]]
    for x, carry in zip(arrays, carries, strict=False):
        low.copy(x, carry)
    counter, number = low.new((), _COUNT), Buffer(1, _COUNT, "counter", len(low.nests))
    kept = [low.new(x.shape, x.dtype) for x in do.targets[count + 1 :]]
    rows = do.options["rows"] if kept else None
    if condition is not None or limit.number != rows:  # rows that no iteration writes
        for x in kept:
            low.copy(known(0, x.buffer.dtype, x.shape), x)
    elif rows is not None:
        rows = None  # there is room for all of them
    endless = condition is not None or limit.number is None or limit.number > MANY
    limit = limit if limit.number is not None else low.in_memory(limit)
    parts, go_on = [], None
    place = View.whole(number, ())
    if condition is not None:
        go_on = low.new((), np.dtype(bool))
        parts.append(_condition(low, condition, place, carries, go_on))
    xs = [low.in_memory(x) for x in arrays[count:]]
    body_part, moving = _body(low, body, place, carries, xs, kept)
    parts.append(body_part)
    length = min((x.shape[0] for x in (*xs, *kept)), default=0)
    detail = Loop(
        parts, counter, number, limit, go_on, rows, endless, moving, length,
        do.options["reverse"],
    )  # fmt: skip
    region = _region(detail, parts, {x.buffer for x in (limit, *carries) if x.number is None})
    region.read.add(counter.buffer)
    region.written.add(counter.buffer)
    low.nests.append(region)
    return [*carries, counter, *kept]


def _condition(
    low: Lowering, block: Block, number: View, carries: Sequence[View], go_on: View
) -> Part:
    inner = Lowering(low)
    inner.views.update(zip(block.params, [number, *carries], strict=True))
    inner.lower(block.steps)
    answer, *results = block.results
    inner.copy(inner.view(answer), go_on)
    return Part(inner, _moves(inner, carries, results))


def _body(
    low: Lowering,
    block: Block,
    number: View,
    carries: Sequence[View],
    xs: Sequence[View],
    kept: Sequence[View],
) -> tuple[Part, list[Buffer]]:
    """An iteration, and the rows that it reads and writes."""
    inner = Lowering(low)
    rows = [_row(x, inner) for x in xs]
    inner.views.update(zip(block.params, [number, *carries, *rows], strict=True))
    inner.lower(block.steps)
    moving = [row.buffer for row in rows]
    results = block.results
    for x, target in zip(results[len(carries) :], kept, strict=True):
        moving.append(_keep(inner, inner.view(x), target))
    return Part(inner, _moves(inner, carries, results[: len(carries)])), moving


def _row(x: View, block: Lowering) -> View:
    """A row of an array, as the iteration sees it."""
    row = x.buffer.row(x.buffer.size, x.strides[0], block)
    return View(row, x.shape[1:], x.strides[1:], x.offset)


def _keep(inner: Lowering, x: View, target: View) -> Buffer:
    """Lets an array be a row of another one, or copies it there."""
    step, buffer = target.strides[0], x.buffer
    if buffer.is_free and buffer.block is inner and x.is_whole:
        buffer.alias, buffer.step = target.buffer, step
        return buffer
    row = target.buffer.row(x.size, step, inner)
    inner.copy(x, View.whole(row, x.shape))
    return row


def _moves(
    inner: Lowering, carries: Sequence[View], results: Sequence[Any]
) -> list[tuple[View, View]]:
    """What goes where after a part: each carried array gets its new value."""
    moves, used = [], set()
    for carry, result in zip(carries, results, strict=True):
        view = inner.view(result)
        if view.buffer is carry.buffer and view.strides == carry.strides and not view.offset:
            continue
        buffer = view.buffer
        if buffer.block is not inner or not buffer.is_free or buffer in used or not view.is_whole:
            view = inner.copied(view)
        used.add(view.buffer)
        moves.append((carry, view))
    return moves


RULES |= {"cond": _cond, "while_loop": _while_loop}
