"""What is cheaper to compute again than to keep.

A kernel of the forward pass often stores several arrays for the backward pass where one would do:
tanh(x) beside x. Where a kernel that reads such an array can have it from others that it reads
anyway, by a few instructions, it computes it; an array that nobody reads any more is not stored.
The same primitives on the same numbers give the same numbers, so no result changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from tensorslow.engines.llvm.kernels.accesses import fills, read_by
from tensorslow.engines.llvm.kernels.buffers import Buffer, with_parts
from tensorslow.engines.llvm.kernels.items import LARGEST, Item, Kernel
from tensorslow.engines.llvm.kernels.match import split_by
from tensorslow.engines.llvm.kernels.nests import (
    CHEAP,
    Nest,
    Store,
    Value,
    drop_dead,
    number_stages,
)

# How many instructions a load and a store are worth: of arrays that are likely to be in the cache
# still when they are read, and of larger ones.
NEAR, FAR = 6, 40
LARGE = 1 << 18  # bytes
_DEAR = 12  # instructions of an exponential or the like


def recompute(items: Sequence[Item], kept: set[Buffer]) -> None:
    """Replaces loads by what they load, where that is cheaper, and drops stores nobody needs.

    Args:
        items: all kernels; they are changed.
        kept: buffers that others read.
    """
    _Recompute(items, kept).run()


class _Recompute:
    def __init__(self, items: Sequence[Item], kept: set[Buffer]) -> None:
        self.items, self.kept = items, set(with_parts(kept))
        self.readers: dict[Buffer, list[Item]] = {}
        self.writers: dict[Buffer, list[Item]] = {}
        self.changed: dict[Kernel, None] = {}
        for item in items:
            for buffer in item.read:
                self.readers.setdefault(buffer, []).append(item)
            for buffer in item.written:
                self.writers.setdefault(buffer, []).append(item)

    def run(self) -> None:
        """Goes through all kernels."""
        for item in self.items:
            if isinstance(item, Kernel) and not item.nest.sequential:
                stores: Sequence[Store] = self._stores(item)
                if len(stores) > 1 and not item.nest.reduced:
                    stores = self._with_source(item, stores)
                for store in stores:
                    self._drop(item, store)
        for kernel in self.changed:
            merge_equal(kernel.nest)
            number_stages(kernel.nest.values)

    def _stores(self, kernel: Kernel) -> list[Store]:
        """The stores for the use of other kernels alone."""
        return [
            s
            for s in kernel.nest.stores
            if s.buffer is not None
            and s.buffer.kind == "temp"
            and s.buffer not in self.kept
            and self.writers[s.buffer] == [kernel]
            and fills(kernel.nest, s)
        ]

    def _with_source(self, kernel: Kernel, stores: Sequence[Store]) -> Sequence[Store]:
        """Stores one more value, if from it at least two that are stored can be computed.

        Returns:
            The stores for the use of other kernels that there are then.
        """
        nest, like = kernel.nest, stores[0]
        open_ones = [s for s in stores if self._is_open(s.buffer)]  # type: ignore[arg-type]
        if len(open_ones) < 2:
            return stores
        assert like.buffer is not None
        stored, have = {s.value for s in nest.stores}, _stored(nest)
        best: tuple[int, Store | None] = (1, None)
        for x in _sources(nest, [s.value for s in stores])[:_TRIED]:
            if x in stored or x.dtype != like.buffer.dtype:
                continue
            buffer = Buffer(
                like.buffer.size, like.buffer.dtype, "temp", -like.buffer.number,
                block=like.buffer.block,
            )  # fmt: skip
            source = Store(x, buffer, like.strides)
            known = {**have, x: source}
            count = sum(
                s.strides == like.strides
                and self._formula_for_all(kernel, s, buffer, known) is not None
                for s in open_ones
            )
            if count > best[0]:
                best = count, source
        chosen = best[1]
        if chosen is not None and chosen.buffer is not None:
            nest.stores.append(chosen)
            kernel.written.add(chosen.buffer)
            self.writers[chosen.buffer] = [kernel]
            for s in stores:
                self._drop(kernel, s, chosen.buffer)
            self._drop(kernel, chosen)  # nobody may need it, after all
        return self._stores(kernel)

    def _is_open(self, buffer: Buffer) -> bool:
        """Whether all readers of an array could compute it, however that is done."""
        return all(
            isinstance(user, Kernel) and _is_open(user.nest, buffer)
            for user in self.readers.get(buffer, ())
        )

    def _formula_for_all(
        self,
        kernel: Kernel,
        store: Store,
        source: Buffer | None,
        stored: dict[Value, Store] | None = None,
    ) -> Formula | None:
        """How all readers of an open array can compute it; None if one cannot, or should not."""
        formula = _formula(store, _stored(kernel.nest) if stored is None else stored)
        if formula is None:
            return None
        values, leaves = formula
        if any(len(self.writers.get(b, ())) > 1 for b in leaves):
            return None
        users, more = self.readers.get(store.buffer, ()), 0  # type: ignore[arg-type]
        for user in users:
            assert isinstance(user, Kernel)
            if not _can(user, kernel.nest, store, values, leaves - {source}):
                return None
            more += len(_far(user, store, leaves - {source}))
        # What is loaded instead must be no more than the store and the loads that are gone.
        return formula if more <= 1 + len(users) else None

    def _drop(self, kernel: Kernel, store: Store, source: Buffer | None = None) -> None:
        """Lets every reader of an array compute it, or none."""
        buffer = store.buffer
        assert buffer is not None
        is_open = self._is_open(buffer)
        formula = self._formula_for_all(kernel, store, source) if is_open else None
        if formula is None and self.readers.get(buffer):
            return
        for user in self.readers.get(buffer, ()):
            assert isinstance(user, Kernel)
            assert formula is not None
            values, leaves = formula
            for load in [x for x in user.nest.values if x.buffer is buffer]:
                _replace(user.nest, load, kernel.nest, store, values)
            for leaf in leaves - user.read:
                self.readers.setdefault(leaf, []).append(user)
            user.read = set(read_by(user.nest))
            self.changed[user] = None
        kernel.nest.stores.remove(store)
        drop_dead(kernel.nest)
        kernel.read = set(read_by(kernel.nest))
        kernel.written = {s.buffer for s in kernel.nest.stores if s.buffer is not None}
        self.readers[buffer] = []


# A formula: values in order, each with what it is elsewhere (itself, or a load of what is stored);
# and the buffers of the loads.
Formula = tuple[dict[Value, Value], set[Buffer]]


def _stored(nest: Nest) -> dict[Value, Store]:
    """By value, the stores from which other kernels can have it."""
    return {
        s.value: s
        for s in nest.stores
        if s.buffer is not None and s.buffer.kind == "temp" and fills(nest, s)
    }


_TRIED = 8  # values that are tried as the source of others


def _sources(nest: Nest, stored: Sequence[Value]) -> list[Value]:
    """Values from which at least two stored ones are computed, those computed first in front."""
    behind: dict[Value, int] = {}  # by value, one bit for each stored one that needs it
    for i, x in enumerate(stored):
        behind[x] = behind.get(x, 0) | 1 << i
    for x in reversed(nest.values):
        bits = behind.get(x, 0)
        if bits:
            for a in x.args:
                behind[a] = behind.get(a, 0) | bits
    return [
        x
        for x in nest.values
        if behind.get(x, 0).bit_count() > 1
        and x.op not in ("literal", "index", "load")
        and all(free or n == 1 for free, n in zip(x.free, nest.sizes, strict=True))
    ]


def merge_equal(nest: Nest) -> None:
    """Computes equal values once."""
    known: dict[Any, Value] = {}
    same: dict[Value, Value] = {}
    for x in nest.values:
        if same and x.args:
            x.args = tuple([same.get(a, a) for a in x.args])
        key = (
            x.op, x.args, x.dtype, x.buffer, x.strides, x.offset,
            repr(x.detail) if x.op == "literal" else x.detail, x.axes, x.free,
        )  # fmt: skip
        first = known.setdefault(key, x)
        if first is not x and x.op != "product":
            same[x] = first
    for s in nest.stores:
        s.value = same.get(s.value, s.value)
        if s.indirect:
            s.indirect = tuple([(same.get(v, v), n) for v, n in s.indirect])
    drop_dead(nest)


def _formula(store: Store, stored: dict[Value, Store]) -> Formula | None:
    """How a stored value follows from others that are stored, or from what the kernel loads.

    Args:
        store: of the value.
        stored: by value, the stores that it may be had from.
    """
    assert store.buffer is not None
    limit = FAR if store.buffer.bytes >= LARGE else NEAR
    values: dict[Value, Value] = {}
    leaves: set[Buffer] = set()
    cost, stack = 0, [store.value]
    while stack:
        x = stack[-1]
        if x in values:
            stack.pop()
            continue
        other = stored.get(x)
        if other is not None and x is not store.value:
            values[x] = _load_of(x, other)
            leaves.add(other.buffer)  # type: ignore[arg-type]
            continue
        if x.op in ("product", "reduce") or (x.op == "load" and x.args):
            return None
        waiting = [a for a in x.args if a not in values]
        if waiting:
            stack += reversed(waiting)
            continue
        if x.op == "load":
            leaves.add(x.buffer)  # type: ignore[arg-type]
        elif x.op not in ("literal", "index"):
            cost += 1 if x.op in CHEAP else 4 if x.op in ("divide", "sqrt") else _DEAR
        if cost > limit:
            return None
        values[x] = x
    return values, leaves


def _load_of(x: Value, store: Store) -> Value:
    """A load of what is stored; along axes where it is the same everywhere, of the first."""
    strides = tuple(s if free else 0 for s, free in zip(store.strides, x.free, strict=True))
    return Value(
        "load", x.dtype, (), strides, store.offset, store.buffer, (), free=x.free, origin=x.origin
    )


def _far(user: Kernel, store: Store, leaves: Iterable[Buffer]) -> list[Buffer]:
    """The arrays that a kernel would have to load in place of one that is stored."""
    assert store.buffer is not None
    size = store.buffer.bytes
    return [b for b in leaves if b not in user.read and 8 * b.bytes > size]


def _can(
    user: Kernel,
    made_in: Nest,
    store: Store,
    values: dict[Value, Value],
    leaves: Iterable[Buffer],
) -> bool:
    """Whether a kernel may compute an open array that it reads."""
    nest, buffer = user.nest, store.buffer
    assert buffer is not None
    loads = [x for x in nest.values if x.buffer is buffer]
    if len(nest.values) + len(loads) * len(values) > LARGEST:
        return False
    far = _far(user, store, leaves)
    if far and (len(far) > _LEAVES or len(values) > _INSTEAD):
        return False
    if any(b.bytes > buffer.bytes for b in far):
        return False
    return all(_in_steps(nest, x, made_in, store, values) is not None for x in loads)


def _is_open(nest: Nest, buffer: Buffer) -> bool:
    """Whether a nest reads an array element by element, and in no other way."""
    if nest.contraction is not None and any(
        view.buffer is buffer for view in nest.contraction.operands
    ):
        return False
    loads = [x for x in nest.values if x.buffer is buffer]
    if not loads or any(x.offset or x.args for x in loads):
        return False
    if any(s.buffer is buffer for s in nest.stores) or buffer in nest.after:
        return False
    around = _around(buffer)
    return not around or around.isdisjoint(read_by(nest))  # it reads it as a part of that, too


def _around(buffer: Buffer) -> set[Buffer]:
    """What a buffer lies in."""
    found = set()
    while buffer.alias is not None:
        buffer = buffer.alias
        found.add(buffer)
    return found


_INSTEAD = 8  # values of a formula for which it is worth while to read other arrays instead
_LEAVES = 2  # of them


def _in_steps(
    nest: Nest, load: Value, made_in: Nest, store: Store, values: dict[Value, Value]
) -> tuple[list[int | None], dict[Value, Value]] | None:
    """`_axes`, and the values of a formula over the axes that it speaks of."""
    order = _axes(nest, load, made_in, store)
    if order is not None:
        return order, values
    # The kernel may have split its axes for other values' sake: these need as few as there can be.
    same: dict[Value, Value] = {}
    for old, x in values.items():
        same[old] = x.copy(tuple(same[a] for a in x.args))
    alone = Nest(made_in.sizes, list(same.values()), [replace(store, value=same[store.value])])
    alone.collapse()
    if not split_by(alone, alone.stores[0], nest.sizes, load.strides):
        return None
    order = _axes(nest, load, alone, alone.stores[0])
    return None if order is None else (order, {x: x for x in alone.values})


def _axes(nest: Nest, load: Value, made_in: Nest, store: Store) -> list[int | None] | None:
    """For each axis of a nest the one of another in whose steps it reads what that one stores."""
    steps = {
        s: i
        for i, (s, n) in enumerate(zip(store.strides, made_in.sizes, strict=True))
        if s and n > 1
    }
    order: list[int | None] = []
    for step, size in zip(load.strides, nest.sizes, strict=True):
        i = steps.pop(step, None) if step and size > 1 else None
        if i is not None and made_in.sizes[i] != size:
            return None
        order.append(i)
    return None if steps else order


def _replace(
    nest: Nest, load: Value, made_in: Nest, store: Store, values: dict[Value, Value]
) -> None:
    """Puts the formula in the place of one load."""
    found = _in_steps(nest, load, made_in, store, values)
    assert found is not None
    order, values = found
    same: dict[Value, Value] = {}
    added = []
    for old, x in values.items():
        y = x.copy(tuple([same[a] for a in x.args]))
        y.free = tuple([i is not None and x.free[i] for i in order])
        if y.op in ("load", "index"):
            y.strides = tuple([0 if i is None else x.strides[i] for i in order])
        same[old] = y
        added.append(y)
    place = nest.values.index(load)
    last = added[-1]
    nest.values[place : place + 1] = added
    for x in nest.values:
        if load in x.args:
            x.args = tuple([last if a is load else a for a in x.args])
    for s in nest.stores:
        if s.value is load:
            s.value = last
        s.indirect = tuple((last if v is load else v, n) for v, n in s.indirect)
