"""Memory: where each temporary array lies, and which variables are updated where they are.

Lifetimes are counted in levels: kernels of one level run side by side, so what one of them reads
must not be what another one writes over.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorslow.engines.llvm.kernels.fuse import (
    NEVER,
    Item,
    Kernel,
    Region,
    drop_dead,
    fills,
    read_by,
)
from tensorslow.engines.llvm.kernels.nests import Buffer

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


def place_updates(
    items: Sequence[Item], updates: Sequence[tuple[Buffer, Buffer]]
) -> dict[Buffer, Buffer]:
    """Lets new values of variables be written over the old ones, wherever nobody would see it.

    The kernel that writes must be the last to read the old value, element by element as it writes,
    and no check may come after it; it is moved to a later level if that helps. Where some rows are
    changed of what else is a copy, the copy is dropped.

    Args:
        items: all kernels; their levels may be changed.
        updates: pairs of an input and the output that is to replace it.

    Returns:
        By output: the input whose memory it takes; it is noted as the output's `alias`, too.
    """
    readers: dict[Buffer, list[Item]] = {}
    writers: dict[Buffer, list[Item]] = {}
    for item in items:
        for buffer in item.read:
            readers.setdefault(buffer, []).append(item)
        for buffer in item.written:
            writers.setdefault(buffer, []).append(item)
    checked = max((item.level for item in items if item.checks), default=-1)
    wanted: dict[Item, list[tuple[Buffer, Buffer]]] = {}
    for old, new in updates:
        made_by = writers.get(new, [])
        if len(made_by) == 1 and new not in readers and not new.parts and new.alias is None:
            wanted.setdefault(made_by[0], []).append((old, new))
    found: dict[Buffer, Buffer] = {}
    latest: dict[Item, int] = {}  # of kernels that another one waits for
    for item, pairs in wanted.items():
        if not isinstance(item, Kernel) or item.checks:
            continue
        fitting = [(old, new) for old, new in pairs if _in_step(item, old, new)]
        others = [r for old, _ in fitting for r in readers.get(old, ()) if r is not item]
        level = max([item.level, checked + 1, *[r.level + 1 for r in others]])
        users = (r.level for b in item.written for r in readers.get(b, ()) if r is not item)
        used = min(users, default=level + 1)
        if level > item.level and (used <= level or level > latest.get(item, level)):
            fitting = [
                (old, new)
                for old, new in fitting
                if checked < item.level
                and all(r is item or r.level < item.level for r in readers.get(old, ()))
            ]
        elif fitting:
            item.level = level
        found.update({new: old for old, new in fitting})
        for old, _ in fitting:
            for r in readers.get(old, ()):
                if r is not item:
                    latest[r] = min(latest.get(r, item.level), item.level - 1)
    for old, new in updates:
        if new not in found and new.alias is None and not new.parts:
            changed = _changed_rows(old, new, writers.get(new, []), readers)
            if changed is not None and _moved_behind(changed, old, readers, latest, checked):
                _drop_copy(writers[new], new, old, readers)
                found[new] = old
                for r in readers.get(old, ()):
                    latest[r] = min(latest.get(r, NEVER), min(k.level for k in changed) - 1)
    for new, old in found.items():
        new.alias = old
    return found


def still_needed(items: Sequence[Item]) -> list[Item]:
    """Those that write anything."""
    return [item for item in items if isinstance(item, Region) or item.nest.stores or item.written]


def _changed_rows(
    old: Buffer, new: Buffer, made_by: Sequence[Item], readers: dict[Buffer, list[Item]]
) -> list[Kernel] | None:
    """The kernels that change some rows of what is a copy of the old value to begin with."""
    if len(made_by) < 2:
        return None
    copy, *others = sorted(made_by, key=lambda item: item.level)
    if not isinstance(copy, Kernel):
        return None
    stores = [s for s in copy.nest.stores if s.buffer is new]
    value = stores[0].value
    if (
        len(stores) != 1
        or value.op != "load"
        or value.buffer is not old
        or not fills(copy.nest, stores[0])
        or (value.strides, value.offset, value.args) != (stores[0].strides, 0, ())
    ):
        return None
    found = [item for item in others if isinstance(item, Kernel) and item.level > copy.level]
    reading = readers.get(old, [])
    return found if len(found) == len(others) and not any(k in reading for k in found) else None


def _moved_behind(
    kernels: Sequence[Kernel],
    old: Buffer,
    readers: dict[Buffer, list[Item]],
    latest: dict[Item, int],
    checked: int,
) -> bool:
    """Moves kernels to later levels until nobody needs the old value any more, if that can be."""
    needed = max([checked, *[r.level for r in readers.get(old, ())]]) + 1
    by = max(0, needed - min(k.level for k in kernels))
    if by:
        users = {r for k in kernels for b in k.written for r in readers.get(b, ())}
        for k in kernels:
            level = k.level + by
            if level > latest.get(k, NEVER) or any(
                r.level <= level for r in users if r not in kernels
            ):
                return False
        for k in kernels:
            k.level += by
    return True


def _drop_copy(
    made_by: Sequence[Item], new: Buffer, old: Buffer, readers: dict[Buffer, list[Item]]
) -> None:
    copy = min(made_by, key=lambda item: item.level)
    assert isinstance(copy, Kernel)
    copy.nest.stores = [s for s in copy.nest.stores if s.buffer is not new]
    drop_dead(copy.nest)
    copy.written = {s.buffer for s in copy.nest.stores if s.buffer is not None}
    copy.read = set(read_by(copy.nest))
    if old not in copy.read:
        readers[old].remove(copy)


def _in_step(kernel: Kernel, old: Buffer, new: Buffer) -> bool:
    """Whether a kernel reads each element of `old` just where it writes that of `new`."""
    nest = kernel.nest
    if old.size != new.size or old.dtype != new.dtype:
        return False
    (store, *more) = [s for s in nest.stores if s.buffer is new]
    if more or store.indirect or store.add or nest.sequential:
        return False
    if any(store.strides[i] for i in nest.reduced):
        return False  # a later pass might read again what an earlier one has written over
    if nest.contraction is not None and any(
        view.buffer is old for view in nest.contraction.operands
    ):
        return False
    return all(
        (x.strides, x.offset, x.args) == (store.strides, store.offset, ())
        for x in nest.values
        if x.buffer is old
    )


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
