"""Fusing: nests become few kernels, so that a value is used while it is in a register.

Every kernel has a level: one more than that of what it reads. Kernels of one level do not depend on
each other, so threads meet only between levels. A nest joins the kernel that makes what it reads,
if all else that it reads is of lower levels and the axes of both can be matched: axes are the same
where they walk through the same memory in the same steps.

A kernel may have one set of axes over which it reduces. Values on all axes and values on the kept
ones then alternate (the maximum of a row, its exponentials, their sum …), in as many passes over
the row as there are reductions one after another.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from tensorslow.engines.llvm.kernels.nests import Buffer, Nest, Store, Value, with_parts

LARGEST = 400  # values in a kernel: LLVM is worse than linear in the size of a function
ROW = 16384  # elements of a row that several passes may go over
FEW = 8192  # elements of whole arrays that they may
CHEAP = frozenset(  # primitives of a few instructions
    "load literal index cast add subtract multiply fma maximum minimum negative where equal "
    "not_equal less less_equal greater greater_equal logical_and logical_or logical_not abs "
    "bitcast product".split()
)
SMALL = 4096  # elements of arrays that are made beside others
WINDOW = 16  # iterations that are written out, so that passes over them cost nothing
NEVER = 1 << 60


@dataclass(eq=False, slots=True)
class Kernel:
    """Nests in one.

    Attributes:
        nest: what it does.
        level: the threads meet before it begins.
        made: by buffer, the store that fills all of it here.
        single: whether it goes over its data only once.
        used: the lowest level of a kernel that reads what this one writes.
        read: the buffers that it reads.
        written: the buffers that it writes.
    """

    nest: Nest
    level: int = 0
    made: dict[Buffer, Store] = field(default_factory=dict)
    single: bool = False
    used: int = NEVER
    read: set[Buffer] = field(default_factory=set)
    written: set[Buffer] = field(default_factory=set)
    checks: bool = False  # whether it may end the run
    known: dict[Any, Value] | None = None  # its loads and literals; None: not looked up yet

    def note(self, nest: Nest) -> None:
        """Keeps the books about what was added."""
        self.read.update(read_by(nest))
        for s in nest.stores:
            if s.buffer is None:
                self.checks = True
            else:
                self.written.add(s.buffer)
                if s.buffer not in self.made and fills(self.nest, s):
                    self.made[s.buffer] = s

    def __str__(self) -> str:
        return f"kernel, level {self.level}\n{self.nest}"


@dataclass(eq=False, slots=True)
class Region:
    """A branch or loop among the kernels, with kernels of its own.

    Attributes:
        detail: what it is: see `regions`.
    """

    detail: Any
    read: set[Buffer]
    written: set[Buffer]
    level: int = 0
    used: int = NEVER
    checks: bool = False

    def __str__(self) -> str:
        return f"{self.detail}"


Item = Kernel | Region


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
        self.leaves: dict[Buffer, Nest] = {}  # cheap arrays, computed by whoever reads them

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
        if self.writers.keys().isdisjoint(needed) and _is_leaf(nest):
            self.leaves[nest.stores[0].buffer] = nest  # type: ignore[index]
            return
        self._place(nest, needed)

    def _take_leaves(self, nest: Nest) -> None:
        """Computes cheap arrays where they are read, if that can be done in step."""
        for x in list(nest.values):
            leaf = self.leaves.get(x.buffer) if x.op == "load" else None  # type: ignore[arg-type]
            if leaf is not None and not _inlined(nest, x, leaf):
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
        kernel = self._join(nest, needed, level - 1) if level and _may_join(nest) else None
        if kernel is None:
            kernel = self._beside(nest, level)
        self._note(kernel, needed, {s.buffer for s in nest.stores if s.buffer is not None})

    def _beside(self, nest: Nest, level: int) -> Kernel:
        """A new kernel; small arrays of one shape are made in one, even if they are strangers."""
        small = (
            _may_join(nest)
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
            _absorb(kernel, nest, list(range(len(nest.sizes))), ())
            return kernel
        kernel = Kernel(nest, level)
        kernel.note(nest)
        if nest.reduced:
            kernel.single = _several(nest.sizes, nest, range(len(nest.sizes)), nest.reduced)
        if small:
            self.beside[level, nest.sizes] = kernel
        return kernel

    def _level(self, needed: Iterable[Buffer]) -> int:
        writers = self.writers
        return max((w.level + 1 for b in needed for w in writers.get(b, ())), default=0)

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
            return candidates[0] if self._joined(candidates[0], nest) else None
        # What reads the results of several kernels of one level: these are merged first. Where they
        # cannot be, one of them moves a level up, if nobody has read from it yet.
        candidates.sort(key=lambda k: (k.nest.contraction is None, -len(k.nest.values)))
        first, *others = candidates
        left = [k for k in others if not self._merged(first, k, nest)]
        if not left:
            return first if self._joined(first, nest) else None
        for k in (first, *left):
            if k.used > k.level + 1 and match(k, nest, _shared(k, nest)) is not None:
                k.level += 1
                if self._joined(k, nest):
                    return k
                k.level -= 1
        return None

    def _merged(self, kernel: Kernel, other: Kernel, nest: Nest) -> bool:
        """Takes all of another kernel of the same level into this one."""
        if other.nest.contraction is not None or other.nest.sequential or kernel.nest.sequential:
            return False
        if other.nest.reduced or kernel.single or other.single or kernel.nest.reduced:
            return False
        if len(kernel.nest.values) + len(other.nest.values) > LARGEST:
            return False
        # First the other's axes are split as the nest's, then the nest's as this kernel's, and so
        # on; what is left to do is to walk from axis to axis.
        for _ in range(2):
            to_kernel = match(kernel, nest, _shared(kernel, nest))
            to_other = match(other, nest, _shared(other, nest))
        if to_other is None or to_kernel is None or len(to_kernel) != len(kernel.nest.sizes):
            return False
        by_nest = {n: o for o, n in enumerate(to_other) if n is not None}
        covered = {by_nest[n] for n in to_kernel if n in by_nest}
        if any(size > 1 and o not in covered for o, size in enumerate(other.nest.sizes)):
            return False
        order = [None if n is None else by_nest.get(n) for n in to_kernel]
        _absorb(kernel, other.nest, order, set())
        kernel.used = min(kernel.used, other.used)
        del self.items[other]
        for buffer in other.written:
            writers = self.writers[buffer]
            del writers[other]
            writers[kernel] = None
        return True

    def _joined(self, kernel: Kernel, nest: Nest) -> bool:
        checks = any(s.buffer is None for s in nest.stores)
        if kernel.nest.sequential or (
            kernel.nest.contraction is not None and (nest.reduced or checks)
        ):
            return False
        shared = _shared(kernel, nest)
        order = match(kernel, nest, shared)
        if order is None:
            return False
        place = {old: new for new, old in enumerate(order) if old is not None}
        axes = frozenset(place[i] for i in nest.reduced if i in place)
        whole = all(
            o is not None or size == 1 for o, size in zip(order, kernel.nest.sizes, strict=True)
        )
        reduced = kernel.nest.reduced
        if nest.reduced:
            if not whole or reduced not in (frozenset(), axes) or kernel.nest.contraction:
                return False
            several = _several(kernel.nest.sizes, nest, order, axes)
            if several and any(kernel.made[x.buffer].value.stage for x in shared):  # type: ignore[index]
                return False
            kernel.single |= several
        elif not whole:
            missing = {
                i
                for i, (o, size) in enumerate(zip(order, kernel.nest.sizes, strict=True))
                if o is None and size > 1
            }
            if missing != {i for i in reduced if kernel.nest.sizes[i] > 1}:
                return False
        elif kernel.single and any(kernel.made[x.buffer].value.stage for x in shared):  # type: ignore[index]
            return False
        _absorb(kernel, nest, order, shared)
        return True

    # The end

    def finish(self, kept: set[Buffer]) -> list[Item]:
        """Drops what nobody reads, and sorts by level."""
        read = set(with_parts(kept))
        self._place_leaves([b for b in self.leaves if b in read])
        items = sorted(self.items, key=lambda item: item.level)
        for item in items:
            read.update(item.read if isinstance(item, Region) else read_by(item.nest))
        for item in items:
            if isinstance(item, Kernel):
                nest = item.nest
                nest.stores = [
                    s
                    for s in nest.stores
                    if s.buffer is None or s.buffer.kind != "temp" or s.buffer in read
                ]
                drop_dead(nest)
                nest.collapse()
                item.read = set(read_by(nest))
                item.written = {s.buffer for s in nest.stores if s.buffer}
        return [item for item in items if isinstance(item, Region) or item.nest.stores]


LEAF = 4  # computations that are cheaper than a load


def _is_leaf(nest: Nest) -> bool:
    """Whether a nest fills an array with what is cheaper to compute than to keep."""
    if not _may_join(nest) or nest.reduced or len(nest.stores) != 1:
        return False
    (store,) = nest.stores
    if store.buffer is None or store.buffer.kind != "temp" or not fills(nest, store):
        return False
    work = [x for x in nest.values if x.op not in _PLAIN]
    return (
        0 < len(work) <= LEAF
        and all(x.op in CHEAP for x in work)
        and not any(x.args for x in nest.values if x.op == "load")
    )


def _inlined(nest: Nest, load: Value, leaf: Nest) -> bool:
    """Replaces what a nest loads by how it is computed."""
    copy = _copied(leaf)
    kernel = Kernel(copy)
    kernel.note(copy)
    order = match(kernel, nest, [load])
    if order is None:
        return False
    axes = {j: i for i, j in enumerate(order) if j is not None}
    copy.rearrange([axes.get(j) for j in range(len(nest.sizes))], nest.sizes)
    same = {load: copy.stores[0].value}
    rest = [x for x in nest.values if x is not load]
    for x in rest:
        x.args = tuple(same.get(a, a) for a in x.args)
    for s in nest.stores:
        s.value = same.get(s.value, s.value)
        s.indirect = tuple((same.get(v, v), f) for v, f in s.indirect)
    nest.values = [*copy.values, *rest]
    number_stages(nest.values)
    return True


def _copied(nest: Nest) -> Nest:
    """The same nest once more, with values of its own."""
    same: dict[Value, Value] = {}
    for x in nest.values:
        same[x] = x.copy(tuple(same[a] for a in x.args))
    stores = [replace(s, value=same[s.value]) for s in nest.stores]
    return Nest(nest.sizes, list(same.values()), stores)


def read_by(nest: Nest) -> AbstractSet[Buffer]:
    """The buffers that a nest reads, or that must have been written before, in order."""
    found = {x.buffer: None for x in nest.values if x.buffer is not None}
    if nest.contraction is not None:
        found.update((view.buffer, None) for view in nest.contraction.operands)
    for s in nest.stores:
        if s.add and s.buffer is not None:
            found[s.buffer] = None
    found.update(dict.fromkeys(nest.after))
    joined = [buffer for buffer in found if buffer.parts]
    if joined:
        found.update(dict.fromkeys(with_parts(joined)))
    return found.keys()


def _may_join(nest: Nest) -> bool:
    return nest.contraction is None and not nest.sequential and not nest.after


def _shared(kernel: Kernel, nest: Nest) -> dict[Value, None]:
    """What a nest loads that a kernel has as a value."""
    return {x: None for x in nest.values if x.op == "load" and x.buffer in kernel.made}


def _absorb(
    kernel: Kernel, nest: Nest, order: Sequence[int | None], shared: Iterable[Value]
) -> None:
    """Adds a nest's values and stores, over the kernel's axes."""
    if nest.sizes != kernel.nest.sizes or order != list(range(len(nest.sizes))):
        nest.rearrange(order, kernel.nest.sizes)
    kernel.nest.reduced |= nest.reduced
    if kernel.known is None:
        kernel.known = {_key(x): x for x in kernel.nest.values if x.op in _PLAIN}
    same: dict[Value, Value] = {x: kernel.made[x.buffer].value for x in shared}  # type: ignore[index]
    added = []
    for x in nest.values:
        if x in same:
            continue
        x.args = tuple([same.get(a, a) for a in x.args])
        if x.op in _PLAIN:
            first = kernel.known.setdefault(_key(x), x)
            if first is not x:
                same[x] = first
                continue
        added.append(x)
    number_stages(added)
    kernel.nest.values += added
    for s in nest.stores:
        s.value = same.get(s.value, s.value)
        s.indirect = tuple([(same.get(v, v), f) for v, f in s.indirect])
    kernel.nest.stores += nest.stores
    kernel.note(nest)


_PLAIN = ("load", "index", "literal")


def match(kernel: Kernel, nest: Nest, shared: Iterable[Value]) -> list[int | None] | None:
    """For each axis of the kernel the axis of the nest that runs in step with it, if there is one.

    Axes of both are split where they must be. None: they do not fit.
    """
    if len(kernel.nest.values) + len(nest.values) > LARGEST:
        return None
    if kernel.nest.sizes == nest.sizes and all(
        kernel.made[x.buffer].strides == x.strides and not x.args and not x.offset  # type: ignore[index]
        and _covers(nest.sizes, x.strides, x.buffer.size)  # type: ignore[union-attr]
        for x in shared
    ):  # fmt: skip
        return list(range(len(nest.sizes)))  # the common case, in a quarter of the time
    stores, axes = kernel.made, len(kernel.nest.sizes)
    before = -1
    while before != len(kernel.nest.sizes) + len(nest.sizes):  # a split may ask for another one
        before = len(kernel.nest.sizes) + len(nest.sizes)
        for x in shared:
            assert x.buffer is not None
            if x.offset or x.args or not _covers(nest.sizes, x.strides, x.buffer.size):
                return None
            if not _split(kernel.nest, stores[x.buffer], nest, x):
                return None
    if len(kernel.nest.sizes) != axes:
        kernel.known = None  # the strides have changed
    order: list[int | None] = [None] * len(kernel.nest.sizes)
    for x in shared:
        strides = stores[x.buffer].strides  # type: ignore[index]
        by_stride = {s: i for i, s in enumerate(strides) if s and kernel.nest.sizes[i] > 1}
        for j, (s, size) in enumerate(zip(x.strides, nest.sizes, strict=True)):
            if s == 0 or size == 1:
                continue
            i = by_stride.get(s)
            if i is None or kernel.nest.sizes[i] != size or order[i] not in (None, j):
                return None
            order[i] = j
    if len([j for j in order if j is not None]) != len({j for j in order if j is not None}):
        return None
    return _match_rest(kernel, nest, order)


def _match_rest(kernel: Kernel, nest: Nest, order: list[int | None]) -> list[int | None] | None:
    """Pairs the axes over which nothing is shared, from the innermost outwards."""
    matched = {j for j in order if j is not None}
    left = [j for j, size in enumerate(nest.sizes) if j not in matched and size > 1]
    free = [i for i, j in enumerate(order) if j is None and kernel.nest.sizes[i] > 1]
    while left:
        if not free:
            return None
        j, i = left.pop(), free.pop()
        if nest.sizes[j] != kernel.nest.sizes[i]:
            return None
        order[i] = j
    return order


def _split(outer: Nest, store: Store, inner: Nest, load: Value) -> bool:
    """Splits the axes of both nests where the other has a boundary in the common buffer."""
    return split_by(outer, store, inner.sizes, load.strides) and split_by(
        inner, load, outer.sizes, store.strides
    )


def split_by(
    nest: Nest, access: Store | Value, sizes: tuple[int, ...], strides: tuple[int, ...]
) -> bool:
    """Splits a nest's axes where another access to the same buffer has a boundary."""
    while True:
        found = _boundary(nest.sizes, access.strides, sizes, strides)
        if found is None:
            return True
        axis, inner = found
        if not inner or (nest.contraction is not None and not nest.contraction.splits(axis)):
            return False
        nest.refine(axis, inner)


@functools.lru_cache(maxsize=1024)
def _boundary(
    sizes: tuple[int, ...],
    steps: tuple[int, ...],
    others: tuple[int, ...],
    strides: tuple[int, ...],
) -> tuple[int, int] | None:
    """The first axis inside which another access has a boundary, and how much is inside of that.

    Zero if it cannot be split there; None if there is no such axis.
    """
    for boundary, size in zip(strides, others, strict=True):
        if not boundary or size == 1:
            continue
        for i, (step, n) in enumerate(zip(steps, sizes, strict=True)):
            if step and step < boundary < step * n:
                fits = boundary % step == 0 and step * n % boundary == 0
                return i, boundary // step if fits else 0
    return None


@functools.lru_cache(maxsize=1024)
def _covers(sizes: tuple[int, ...], strides: tuple[int, ...], count: int) -> bool:
    """Whether an access reaches every one of so many elements, each once."""
    step = 1
    for s, n in sorted((s, n) for s, n in zip(strides, sizes, strict=True) if s and n > 1):
        if s != step:
            return False
        step *= n
    return step == count


def fills(nest: Nest, store: Store) -> bool:
    """Whether a store writes every element of its buffer, each once."""
    return (
        not store.offset
        and not store.indirect
        and not store.add
        and store.buffer is not None
        and _covers(nest.sizes, store.strides, store.buffer.size)
    )


def _several(
    sizes: Sequence[int], nest: Nest, order: Sequence[int | None], axes: frozenset[int]
) -> bool:
    """Whether a second pass over reduced axes would find nothing of the first in the cache."""
    if math.prod(sizes) <= FEW:
        return False
    size = math.prod(sizes[i] for i in axes)
    return size > (ROW if _along_row(nest, order, axes) else WINDOW)


def _along_row(
    nest: Nest,
    order: Sequence[int | None],
    axes: frozenset[int],
) -> bool:
    """Whether neighbours in memory are neighbours on an axis that is reduced."""
    votes = 0
    for x in nest.values:
        if x.op == "load":
            for i, j in enumerate(order):
                if j is not None and x.strides[j] == 1:
                    votes += 1 if i in axes else -1
    return votes > 0


def number_stages(values: Iterable[Value]) -> None:
    """Counts how many reductions, one after another, are behind each value."""
    for x in values:
        stage = 0
        for a in x.args:
            if a.stage > stage:
                stage = a.stage
        x.stage = stage + 1 if x.op == "reduce" else stage


def _key(x: Value) -> Any:
    """Equal for two loads of the same elements, and for equal numbers."""
    if x.op == "literal":
        return x.op, repr(x.detail), x.dtype
    return x.op, x.buffer, x.strides, x.offset, x.args, x.detail, x.dtype


def drop_dead(nest: Nest) -> None:
    """Drops the values that no store needs."""
    needed: set[Value] = set()
    for s in nest.stores:
        needed.add(s.value)
        needed.update(v for v, _ in s.indirect)
    for x in reversed(nest.values):
        if x in needed:
            needed.update(x.args)
    nest.values = [x for x in nest.values if x in needed]
