"""Updates in place: which variables' new values are written over the old ones.

Lifetimes are counted in levels: kernels of one level run side by side, so what one of them reads
must not be what another one writes over.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorslow.engines.llvm.kernels.accesses import fills, read_by
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.fuse import fuse
from tensorslow.engines.llvm.kernels.items import NEVER, Item, Kernel, Region
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering
from tensorslow.engines.llvm.kernels.nests import drop_dead
from tensorslow.engines.llvm.kernels.views import View

Pair = tuple[Buffer, Buffer]  # a variable's old value, and the new one


def place_updates(items: Sequence[Item], updates: Sequence[Pair]) -> dict[Buffer, Buffer]:
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
    places = _Places(items)
    wanted: dict[Item, list[Pair]] = {}
    for old, new in updates:
        made_by = places.writers.get(new, [])
        unread = new not in places.readers and not new.parts and new.alias is None
        if len(made_by) == 1 and unread:
            wanted.setdefault(made_by[0], []).append((old, new))
    for item, pairs in wanted.items():
        if isinstance(item, Kernel) and not item.checks:
            places.write_over(item, pairs)
    for old, new in updates:
        if new not in places.found and new.alias is None and not new.parts:
            places.change_rows(old, new)
    for new, old in places.found.items():
        new.alias = old
    return places.found


def move_updates(items: list[Item], updates: Sequence[Pair], low: Lowering) -> dict[Buffer, Buffer]:
    """Moves new values that could not be placed over the old ones when everything else is done.

    A run that leaves a single new array is given copies of all others that it would overwrite, so
    that these and that one change at one moment; the copy here is of what is in question only.

    Args:
        items: all kernels; those that move are added.
        updates: as for `place_updates`, which has been.
        low: the block that the buffers are of.

    Returns:
        As `place_updates`, of those that are moved.
    """
    found, moved = {}, []
    for old, new in updates:
        if new.alias is None and (old.size, old.dtype) == (new.size, new.dtype):
            output = Buffer(new.size, new.dtype, new.kind, new.number, alias=old)
            made = low.buffer([new.size], new.dtype)
            new.kind, new.number, new.block = made.kind, made.number, made.block
            found[output] = old
            moved.append((View.whole(output, [new.size]), View.whole(new, [new.size])))
    items += copied_at_last(items, moved, low)
    return found


def copied_at_last(
    items: Sequence[Item], copies: Sequence[tuple[View, View]], low: Lowering
) -> list[Item]:
    """Kernels that come after all others.

    Args:
        items: the others.
        copies: pairs of arrays: what the second holds goes to the first.
        low: the block that they are of.
    """
    last = low.inside()
    for target, source in copies:
        last.copy(source, target)
    added = fuse(last.nests, {target.buffer for target, _ in copies})
    level = max((item.level for item in items), default=-1) + 1
    for item in added:
        item.level += level
    return added


def still_needed(items: Sequence[Item]) -> list[Item]:
    """Those that write anything."""
    return [item for item in items if isinstance(item, Region) or item.nest.stores or item.written]


class _Places:
    """Who reads and writes what, and which new values have got a place so far.

    Attributes:
        checked: the level of the last check.
        found: by new value, the old one that it is written over.
        latest: of kernels that another one waits for, the last level that they may have.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self.readers: dict[Buffer, list[Item]] = {}
        self.writers: dict[Buffer, list[Item]] = {}
        for item in items:
            for buffer in item.read:
                self.readers.setdefault(buffer, []).append(item)
            for buffer in item.written:
                self.writers.setdefault(buffer, []).append(item)
        self.checked = max((item.level for item in items if item.checks), default=-1)
        self.found: dict[Buffer, Buffer] = {}
        self.latest: dict[Item, int] = {}

    def _others(self, buffer: Buffer, item: Item) -> list[Item]:
        return [r for r in self.readers.get(buffer, ()) if r is not item]

    def write_over(self, kernel: Kernel, pairs: Sequence[Pair]) -> None:
        """Lets a kernel write new values over old ones, later if it must."""
        fitting = [(old, new) for old, new in pairs if _in_step(kernel, old, new)]
        others = [r for old, _ in fitting for r in self._others(old, kernel)]
        level = max([kernel.level, self.checked + 1, *[r.level + 1 for r in others]])
        users = (r.level for b in kernel.written for r in self._others(b, kernel))
        used = min(users, default=level + 1)
        if level > kernel.level and (used <= level or level > self.latest.get(kernel, level)):
            fitting = [
                (old, new)
                for old, new in fitting
                if self.checked < kernel.level
                and all(r.level < kernel.level for r in self._others(old, kernel))
            ]
        elif fitting:
            kernel.level = level
        for old, new in fitting:
            self.found[new] = old
            self._hold_back(self._others(old, kernel), kernel.level)

    def _hold_back(self, readers: Sequence[Item], level: int) -> None:
        """Notes that these must come before some level from now on."""
        for r in readers:
            self.latest[r] = min(self.latest.get(r, NEVER), level - 1)

    # Where only some rows are changed

    def change_rows(self, old: Buffer, new: Buffer) -> None:
        """Writes rows to the old value itself, if all else would be a copy of it."""
        made_by = self.writers.get(new, [])
        changed = self._changed_rows(old, new, made_by)
        if changed is None or not self._moved_behind(changed, old):
            return
        self._drop_copy(made_by, new, old)
        self.found[new] = old
        self._hold_back(self.readers.get(old, ()), min(k.level for k in changed))

    def _changed_rows(
        self, old: Buffer, new: Buffer, made_by: Sequence[Item]
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
        reading = self.readers.get(old, [])
        alone = len(found) == len(others) and not any(k in reading for k in found)
        return found if alone else None

    def _moved_behind(self, kernels: Sequence[Kernel], old: Buffer) -> bool:
        """Moves kernels to later levels until nobody needs the old value, if that can be."""
        readers = self.readers
        needed = max([self.checked, *[r.level for r in readers.get(old, ())]]) + 1
        by = max(0, needed - min(k.level for k in kernels))
        if by:
            users = {r for k in kernels for b in k.written for r in readers.get(b, ())}
            for k in kernels:
                level = k.level + by
                if level > self.latest.get(k, NEVER) or any(
                    r.level <= level for r in users if r not in kernels
                ):
                    return False
            for k in kernels:
                k.level += by
        return True

    def _drop_copy(self, made_by: Sequence[Item], new: Buffer, old: Buffer) -> None:
        copy = min(made_by, key=lambda item: item.level)
        assert isinstance(copy, Kernel)
        copy.nest.stores = [s for s in copy.nest.stores if s.buffer is not new]
        drop_dead(copy.nest)
        copy.written = {s.buffer for s in copy.nest.stores if s.buffer is not None}
        copy.read = set(read_by(copy.nest))
        if old not in copy.read:
            self.readers[old].remove(copy)


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
