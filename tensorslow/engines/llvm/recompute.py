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

from tensorslow.engines.llvm.fuse import (
    CHEAP,
    LARGEST,
    Item,
    Kernel,
    drop_dead,
    fills,
    number_stages,
    read_by,
)
from tensorslow.engines.llvm.nests import Buffer, Nest, Store, Value

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
        self.items, self.kept = items, kept
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
            if isinstance(item, Kernel) and not item.nest.reduced and not item.nest.sequential:
                self._store_source(item)
                for store in self._stores(item):
                    self._drop(item, store)
        for kernel in self.changed:
            _merge_equal(kernel.nest)

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

    def _store_source(self, kernel: Kernel) -> None:
        """Stores one more value, if from it at least two that are stored can be computed."""
        stores, nest = self._stores(kernel), kernel.nest
        if len(stores) < 2:
            return
        like = stores[0]
        assert like.buffer is not None
        stored = {s.value for s in nest.stores}
        best: tuple[int, Store | None] = (1, None)
        for x in _sources(nest, [s.value for s in stores])[:_TRIED]:
            if x in stored or x.dtype != like.buffer.dtype:
                continue
            buffer = replace(like.buffer, number=-like.buffer.number)
            source = Store(x, buffer, like.strides)
            nest.stores.append(source)
            count = sum(
                s.strides == like.strides and self._formula_for_all(kernel, s, buffer) is not None
                for s in stores
            )
            nest.stores.remove(source)
            if count > best[0]:
                best = count, source
        source = best[1]
        if source is not None and source.buffer is not None:
            nest.stores.append(source)
            kernel.written.add(source.buffer)
            self.writers[source.buffer] = [kernel]
            for s in stores:
                self._drop(kernel, s, source.buffer)
            self._drop(kernel, source)  # nobody may need it, after all

    def _formula_for_all(
        self, kernel: Kernel, store: Store, source: Buffer | None
    ) -> tuple[list[Value], set[Buffer]] | None:
        """How all readers of an array can compute it; None if one cannot, or should not."""
        formula = _formula(kernel.nest, store)
        if formula is None:
            return None
        values, leaves = formula
        if any(len(self.writers.get(b, ())) > 1 for b in leaves):
            return None
        for user in self.readers.get(store.buffer, ()):  # type: ignore[arg-type]
            if not isinstance(user, Kernel):
                return None
            if not _can(user, kernel.nest, store, values, leaves - {source}):
                return None
        return formula

    def _drop(self, kernel: Kernel, store: Store, source: Buffer | None = None) -> None:
        """Lets every reader of an array compute it, or none."""
        buffer = store.buffer
        assert buffer is not None
        formula = self._formula_for_all(kernel, store, source)
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


_TRIED = 8  # values that are tried as the source of others


def _sources(nest: Nest, stored: Sequence[Value]) -> list[Value]:
    """Values from which at least two stored ones are computed, those computed first in front."""
    behind: dict[Value, set[int]] = {}
    for i, x in enumerate(stored):
        needed = {x}
        for y in reversed(nest.values):
            if y in needed:
                behind.setdefault(y, set()).add(i)
                needed.update(y.args)
    return [
        x
        for x in nest.values
        if len(behind.get(x, ())) > 1
        and x.op not in ("literal", "index", "load")
        and all(free or n == 1 for free, n in zip(x.free, nest.sizes, strict=True))
    ]


def _merge_equal(nest: Nest) -> None:
    """Computes equal values once."""
    known: dict[Any, Value] = {}
    same: dict[Value, Value] = {}
    for x in nest.values:
        x.args = tuple(same.get(a, a) for a in x.args)
        key = (
            x.op, x.args, x.dtype, x.buffer, x.strides, x.offset, repr(x.detail), x.axes, x.free
        )  # fmt: skip
        first = known.setdefault(key, x)
        if first is not x and x.op != "product":
            same[x] = first
    for s in nest.stores:
        s.value = same.get(s.value, s.value)
        s.indirect = tuple((same.get(v, v), n) for v, n in s.indirect)
    drop_dead(nest)


def _formula(nest: Nest, store: Store) -> tuple[list[Value], set[Buffer]] | None:
    """How a stored value follows from others that are stored, or from what the kernel loads.

    Returns:
        The values in order, loads of what is stored among them, and the buffers of these loads;
        None if it is too long.
    """
    stored = {
        s.value: s
        for s in nest.stores
        if s is not store and s.buffer is not None and fills(nest, s) and s.buffer.kind == "temp"
    }
    assert store.buffer is not None
    limit = FAR if store.buffer.bytes >= LARGE else NEAR
    needed, order, cost = {store.value}, [], 0
    leaves: set[Buffer] = set()
    for x in reversed(nest.values):
        if x not in needed:
            continue
        other = stored.get(x)
        if other is not None and x is not store.value:
            order.append(_load_of(x, other))
            leaves.add(other.buffer)  # type: ignore[arg-type]
            continue
        if x.op in ("product", "reduce") or (x.op == "load" and x.args):
            return None
        if x.op == "load":
            leaves.add(x.buffer)  # type: ignore[arg-type]
        elif x.op not in ("literal", "index"):
            cost += 1 if x.op in CHEAP else 4 if x.op in ("divide", "sqrt") else _DEAR
        if cost > limit:
            return None
        order.append((x, x))
        needed.update(x.args)
    pairs = order[::-1]
    same = dict(pairs)
    values = [new if new is not old else replace(old) for old, new in pairs]
    fresh = dict(zip(same, values, strict=True))
    for x in values:
        x.args = tuple(fresh[a] for a in x.args)
    return values, leaves


def _load_of(x: Value, store: Store) -> tuple[Value, Value]:
    load = Value(
        "load", x.dtype, (), store.strides, store.offset, store.buffer, (), free=x.free,
        origin=x.origin,
    )  # fmt: skip
    return x, load


def _can(
    user: Kernel, made_in: Nest, store: Store, values: Sequence[Value], leaves: Iterable[Buffer]
) -> bool:
    """Whether a kernel may compute an array that it reads."""
    nest, buffer = user.nest, store.buffer
    assert buffer is not None
    loads = [x for x in nest.values if x.buffer is buffer]
    if not loads or len(nest.values) + len(loads) * len(values) > LARGEST:
        return False
    if nest.contraction is not None and any(
        view.buffer is buffer for view in nest.contraction.operands
    ):
        return False
    if any(s.buffer is buffer for s in nest.stores) or buffer in nest.after:
        return False
    near = all(b in user.read or 8 * b.bytes <= buffer.bytes for b in leaves)
    return near and all(
        x.offset == 0 and not x.args and _axes(nest, x, made_in, store) is not None for x in loads
    )


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


def _replace(nest: Nest, load: Value, made_in: Nest, store: Store, values: list[Value]) -> None:
    """Puts the formula in the place of one load."""
    order = _axes(nest, load, made_in, store)
    assert order is not None
    same: dict[Value, Value] = {}
    added = []
    for x in values:
        y = replace(x, args=tuple(same[a] for a in x.args))
        y.free = tuple(i is not None and x.free[i] for i in order)
        if y.op in ("load", "index"):
            y.strides = tuple(0 if i is None else x.strides[i] for i in order)
        same[x] = y
        added.append(y)
    place = nest.values.index(load)
    last = added[-1]
    nest.values[place : place + 1] = added
    for x in nest.values:
        if load in x.args:
            x.args = tuple(last if a is load else a for a in x.args)
    for s in nest.stores:
        if s.value is load:
            s.value = last
        s.indirect = tuple((last if v is load else v, n) for v, n in s.indirect)
    number_stages(nest.values)
