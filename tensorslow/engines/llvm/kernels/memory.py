"""Memory: where in one arena each temporary array lies while it is alive."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.items import Item

ALIGNMENT = 64


@dataclass(slots=True)
class Layout:
    """Offsets in one arena.

    Attributes:
        offsets: by buffer (or by kernel, for its scratch), in bytes.
        size: of the arena, in bytes.
        needed: the most bytes that are alive at one time: no layout can do with less.
    """

    offsets: dict[Buffer | Item, int] = field(default_factory=dict)
    size: int = 0
    needed: int = 0

    def __str__(self) -> str:
        lines = [f"arena of {self.size} bytes; {self.needed} are alive at one time"]
        lines += [
            f"  {offset:>10}  {buffer}  {buffer.bytes} bytes"
            for buffer, offset in self.offsets.items()
            if isinstance(buffer, Buffer)
        ]
        return "\n".join(lines)


def lay_out(
    items: Sequence[Item],
    scratch: dict[Item, int],
    constants: Sequence[Buffer],
    owner: Any,
) -> Layout:
    """Gives each temporary buffer a place that nobody else uses while it is alive.

    Args:
        items: kernels, sorted by level.
        scratch: bytes that a kernel needs while it runs.
        constants: they come first, and stay.
        owner: the block whose buffers these are; those of blocks around it have places already.
    """
    layout = Layout()
    for buffer in constants:
        layout.offsets[buffer] = layout.size
        layout.size += _rounded(buffer.bytes)
    first: dict[Buffer | Item, int] = {}
    last: dict[Buffer | Item, int] = {}
    sizes: dict[Buffer | Item, int] = {}
    for item in items:
        used = {_memory(buffer) for buffer in item.read | item.written}
        own = [b for b in used if b.kind == "temp" and b.block is owner]
        for buffer in sorted(own, key=lambda b: b.number):  # the same order in every process
            first.setdefault(buffer, item.level)
            last[buffer] = item.level
            sizes[buffer] = _rounded(buffer.bytes)
        if scratch.get(item):
            first[item] = last[item] = item.level
            sizes[item] = _rounded(scratch[item])
    begins: dict[int, list[Buffer | Item]] = {}
    ends: dict[int, list[Buffer | Item]] = {}
    for key, level in first.items():
        begins.setdefault(level, []).append(key)
        ends.setdefault(last[key], []).append(key)
    free: list[tuple[int, int]] = []  # (offset, size), by offset
    alive = layout.size
    layout.needed = alive
    for level in sorted(begins.keys() | ends.keys()):
        for key in sorted(begins.get(level, ()), key=lambda k: -sizes[k]):
            layout.offsets[key] = _take(free, sizes[key], layout)
            alive += sizes[key]
        layout.needed = max(layout.needed, alive)
        for key in ends.get(level, ()):
            _give(free, layout.offsets[key], sizes[key])
            alive -= sizes[key]
    return layout


def _memory(buffer: Buffer) -> Buffer:
    """The buffer whose memory another one lies in."""
    while buffer.alias is not None:
        buffer = buffer.alias
    return buffer


def _rounded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _take(free: list[tuple[int, int]], size: int, layout: Layout) -> int:
    """The smallest gap that is large enough; else the arena grows."""
    fitting = [(n, i) for i, (_, n) in enumerate(free) if n >= size]
    if fitting:
        n, i = min(fitting)
        offset, _ = free[i]
        free[i : i + 1] = [(offset + size, n - size)] if n > size else []
        return offset
    if free and sum(free[-1]) == layout.size:  # the last gap reaches to the end: it grows
        offset, _ = free.pop()
        layout.size = offset + size
        return offset
    offset = layout.size
    layout.size += size
    return offset


def _give(free: list[tuple[int, int]], offset: int, size: int) -> None:
    """Returns a place; neighbouring gaps become one."""
    i = bisect.bisect(free, (offset, 0))
    if i < len(free) and free[i][0] == offset + size:
        size += free.pop(i)[1]
    if i and sum(free[i - 1]) == offset:
        before, n = free.pop(i - 1)
        offset, size = before, n + size
        i -= 1
    free.insert(i, (offset, size))
