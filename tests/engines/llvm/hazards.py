"""Whether kernels that run at the same time, or share memory, can be in each other's way.

A race shows in one run of a thousand; here it shows in the plan. Kernels of one level run side by
side, those of a later one when all of them are done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.items import Item, Region
from tensorslow.engines.llvm.kernels.memory import Layout
from tensorslow.engines.llvm.stages import Stages

Span = tuple[object, int, int]  # a piece of memory: from where to where in what


class Places:
    """Where the buffers of a block, and of those around it, lie.

    Args:
        layout: of the block.
        around: of the block around it.
    """

    def __init__(self, layout: Layout, around: Places | None = None) -> None:
        self.offsets = {} if around is None else dict(around.offsets)
        # Each block has its own piece of the arena.
        self.offsets.update((key, (self, at)) for key, at in layout.offsets.items())
        self.own = {key for key in layout.offsets if isinstance(key, Buffer)}


def find_hazards(stages: Stages) -> list[str]:
    """What is wrong, in words; nothing if all is well."""
    return list(_hazards(stages.items, Places(stages.assembled.layout)))


def _hazards(items: Sequence[Item], places: Places) -> Iterator[str]:
    for a, b in combinations(items, 2):
        if a.level == b.level:
            yield from _beside(a, b, places)
            yield from _beside(b, a, places, both=False)
    yield from _too_early(items, places)
    yield from _overlapping(items, places)
    for item in items:
        if isinstance(item, Region):
            for part in item.detail.parts:
                yield from _hazards(part.items, Places(part.layout, places))


def _beside(a: Item, b: Item, places: Places, both: bool = True) -> Iterator[str]:
    """What a writes, b may not read. If both write, it is different pieces of one array."""
    for x, written in _written(a, places):
        for y in b.read:
            if _overlap(written, _span(y, places)):
                yield f"level {a.level}: one kernel writes {x}, another one reads {y}"
        for y, also in _written(b, places) if both else ():
            if _root(x) is not _root(y) and _overlap(written, also):
                yield f"level {a.level}: {x} and {y}, both written, lie over each other"


def _written(item: Item, places: Places) -> Iterator[tuple[Buffer, Span]]:
    """What an item writes, and where: of an array perhaps only a piece."""
    if isinstance(item, Region) or not item.nest.stores:
        for x in item.written:
            yield x, _span(x, places)
        return
    for store in item.nest.stores:
        if store.buffer is not None:
            memory, begin, end = _span(store.buffer, places)
            size = store.buffer.dtype.itemsize
            if not store.indirect:
                ways = [s * (n - 1) for s, n in zip(store.strides, item.nest.sizes, strict=True)]
                end = begin + size * (store.offset + sum(max(way, 0) for way in ways) + 1)
                begin += size * (store.offset + sum(min(way, 0) for way in ways))
            yield store.buffer, (memory, begin, end)


def _too_early(items: Sequence[Item], places: Places) -> Iterator[str]:
    """Who reads what is written in several steps comes after the last; who reads what is written
    over comes before.
    """
    written = {_root(x) for item in items for x in item.written}
    for reader in items:
        for x in reader.read - reader.written:
            if _root(x) in places.own and _root(x).kind == "temp" and _root(x) not in written:
                yield f"{x} is read at level {reader.level}, and nobody writes it"
            for writer in items:
                if writer is reader:
                    continue
                if x in places.own and x in writer.written and writer.level >= reader.level:
                    yield f"{x} is read at level {reader.level}, written at {writer.level}"
                if _writes_over(writer, x) and writer.level <= reader.level:
                    yield f"{x} is replaced at level {writer.level}, read at {reader.level}"


def _writes_over(item: Item, old: Buffer) -> bool:
    return any(new is not old and new.alias is old and not old.parts for new in item.written)


def _overlapping(items: Sequence[Item], places: Places) -> Iterator[str]:
    """Arrays that are alive at the same time do not lie over each other."""
    alive: dict[Buffer, tuple[int, int]] = {}
    for item in items:
        for x in item.read | item.written:
            root = _root(x)
            if root in places.own:
                first, last = alive.get(root, (item.level, item.level))
                alive[root] = min(first, item.level), max(last, item.level)
    for (x, (a, b)), (y, (c, d)) in combinations(alive.items(), 2):
        if a <= d and c <= b and _overlap(_span(x, places), _span(y, places)):
            yield f"{x}, alive at levels {a} to {b}, lies over {y}, alive at {c} to {d}"


def _root(buffer: Buffer) -> Buffer:
    while buffer.alias is not None:
        buffer = buffer.alias
    return buffer


def _span(buffer: Buffer, places: Places) -> Span:
    """The memory of a buffer; of a row that a loop has come to: all rows."""
    whole, start = buffer, 0
    while whole.alias is not None:
        start += whole.offset
        if whole.step:
            buffer, start = whole.alias, 0
        whole = whole.alias
    begin = start * whole.dtype.itemsize
    if whole.kind != "temp":
        return (whole.kind, whole.number), begin, begin + buffer.bytes
    block, offset = places.offsets[whole]
    return block, offset + begin, offset + begin + buffer.bytes


def _overlap(a: Span, b: Span) -> bool:
    return a[0] == b[0] and a[1] < b[2] and b[1] < a[2]
