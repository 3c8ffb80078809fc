"""Reading and adding at named places, in canonical form: the checks apart, and few primitives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorslow.engines.llvm.programs.program import Symbol
from tensorslow.engines.llvm.simplify.builder import Builder, Value, defined_by
from tensorslow.engines.llvm.simplify.elementwise import (
    BOOL,
    ELEMENTWISE,
    FOLDED,
    cast,
    elementwise,
    typed,
)
from tensorslow.engines.llvm.simplify.reductions import reduce
from tensorslow.engines.llvm.simplify.rows import bounds, named_row
from tensorslow.engines.llvm.simplify.views import (
    broadcast_to,
    expand_dims,
    reshape,
    take_ranges,
    transpose,
)

INT64 = np.dtype(np.int64)


def check(b: Builder, indices: Value, limit: int) -> None:
    """Writes down that all indices are in [0, limit), unless that is known."""
    if source := defined_by(indices, "broadcast_to"):
        indices = source.args[0]
    if source := defined_by(indices, "reshape"):
        indices = source.args[0]
    if isinstance(indices, Symbol):
        if not indices.size:
            return
        if (source := defined_by(indices, "iota")) and max(indices.shape) <= limit:
            return
        if _are_places(indices, limit):
            return
        ends = bounds(b, indices)
        if ends is not None and ends[0] >= 0 and ends[1] < limit:
            return
        b.effect("check_indices", (indices,), {"limit": int(limit)})
    elif np.any(indices < 0) or np.any(indices >= limit):
        array = b.uniform(indices, indices.dtype, (1,)) if not indices.shape else indices
        b.effect("check_indices", (array,), {"limit": int(limit)})


VIEWS = frozenset("broadcast_to reshape transpose slice_ flip".split())


def _are_places(indices: Symbol, limit: int) -> bool:
    """Whether they come from an order of so many elements, or are places of extremes."""
    x: Value = indices
    while type(x) is Symbol and x.source is not None and x.dtype.kind in "iu":
        source = x.source
        if source.name in ("argsort", "argmax", "argmin"):
            return source.args[0].shape[source.options["axis"]] <= limit
        if source.name not in VIEWS and (source.name != "cast" or x.dtype.itemsize < 4):
            return False
        x = source.args[0]
    return False


def _index(b: Builder, indices: Any) -> Value:
    """Indices as a value; Python's integers are 64 bits wide."""
    return typed(b, indices, INT64) if isinstance(indices, int) else indices


def take(b: Builder, x: Value, indices: Any, axis: int = 0, batch_dims: int = 0) -> Value:
    """The slices of `x` along an axis that `indices` names."""
    target, indices = b.target, _index(b, indices)
    axis = int(axis) % len(x.shape)
    check(b, indices, x.shape[axis])
    return read(b, x, indices, axis, int(batch_dims), target.shape)


def read(
    b: Builder, x: Value, indices: Value, axis: int, batch_dims: int, goal: tuple[int, ...]
) -> Value:
    """`take` without its check."""
    if 0 in goal or not x.size:
        return b.uniform(0, x.dtype, goal)
    if not isinstance(indices, Symbol) and not batch_dims:
        if isinstance(x, np.ndarray) and math.prod(goal) <= FOLDED:
            return b.constant(np.take(x, indices, axis, mode="clip"))
        if not indices.shape:
            place = min(max(0, int(indices)), x.shape[axis] - 1)
            ranges = [range(n) for n in x.shape]
            ranges[axis] = range(place, place + 1)
            return reshape(b, take_ranges(b, x, ranges), goal)
    if not batch_dims and indices.size == 1:
        row = named_row(b, x, indices, axis)
        if row is not None:
            return reshape(b, row, goal)
    if not batch_dims and (source := defined_by(x, "broadcast_to")) and not source.args[0].shape:
        return broadcast_to(b, source.args[0], goal)
    # In one form: indices are [places], or [batch, places] for x [batch, ...].
    batch, rest = math.prod(x.shape[:batch_dims]), x.shape[batch_dims:]
    axis -= batch_dims
    if batch_dims:
        x, rows = reshape(b, x, (batch, *rest)), reshape(b, indices, (batch, -1))
        found = _rows(b, x, rows, 1 + axis, _THROUGH)
    else:
        places = reshape(b, indices, (-1,))
        found = _written(b, x, places, axis, 0)
    return reshape(b, found, goal)


def _written(b: Builder, x: Value, indices: Value, axis: int, batch_dims: int) -> Value:
    shape = (*x.shape[:axis], *indices.shape[batch_dims:], *x.shape[axis + 1 :])
    options = {"axis": axis, "batch_dims": batch_dims}
    return b.write("take", (x, indices), options, shape, x.dtype)


_THROUGH = 4  # elementwise primitives that are computed for the places that are read alone


def _rows(b: Builder, x: Value, indices: Value, axis: int, depth: int) -> Value:
    """Of each row some places: also of what each row's own numbers are computed with."""
    source = x.source if type(x) is Symbol else None
    shape = (*x.shape[:axis], indices.shape[1], *x.shape[axis + 1 :])
    few = 2 * math.prod(shape) <= x.size and len(x.shape) == 2
    if source is None or source.name not in ELEMENTWISE or not few or not depth:
        return _written(b, x, indices, axis, 1)
    whole = [y for y in source.args if y.shape == x.shape]
    own = [y for y in source.args if not y.shape or y.shape == (x.shape[0], 1)]
    if len(whole) != 1 or len(own) != len(source.args) - 1:
        return _written(b, x, indices, axis, 1)
    values = tuple(
        [_rows(b, y, indices, axis, depth - 1) if y is whole[0] else y for y in source.args]
    )
    return elementwise(b, source.name, values, shape, x.dtype)


def take_along_axis(b: Builder, x: Value, indices: Value, axis: int) -> Value:
    """Along an axis, the elements that `indices` names, in every row for itself."""
    rank, target = len(x.shape), b.target
    axis = int(axis) % rank
    check(b, indices, x.shape[axis])
    if not target.size:
        return b.uniform(0, x.dtype, target.shape)
    last = [*[i for i in range(rank) if i != axis], axis]
    rows, places = transpose(b, x, last), transpose(b, indices, last)
    rows = broadcast_to(b, rows, (*places.shape[:-1], rows.shape[-1]))
    found = read(b, rows, places, rank - 1, rank - 1, places.shape)
    return transpose(b, found, [last.index(i) for i in range(rank)])


# Places in the last axis. In a traced program `last_places` comes before what reads or adds there.


class Places:
    """What `last_places` gives: which element of each row."""

    def __init__(self, indices: Value) -> None:
        self.indices = indices


def last_places(b: Builder, x: Value, indices: Value) -> Places:
    """The places themselves are never computed."""
    check(b, indices, x.shape[-1])
    return Places(indices)


def take_flat(b: Builder, x: Value, places: Places) -> Value:
    """Of each row the element that is named."""
    indices, rank = places.indices, len(x.shape)
    column = expand_dims(b, indices, -1)
    found = read(b, x, column, rank - 1, rank - 1, column.shape)
    return reshape(b, found, b.target.shape)


def add_flat(b: Builder, x: Value, places: Places, value: Any) -> Value:
    """In each row, one element increased: the one whose number is named."""
    if not x.size:
        return x
    classes = x.shape[-1]
    rows = reshape(b, x, (-1, classes))
    shape, column = rows.shape, (rows.shape[0], 1)
    indices = reshape(b, places.indices, column)
    options = {"shape": (classes,), "axis": 0, "dtype": indices.dtype}
    numbers = b.write("iota", (), options, (classes,), indices.dtype)
    chosen = elementwise(b, "equal", (indices, numbers), shape, BOOL)
    value = typed(b, value, x.dtype)
    if value.shape:
        value = reshape(b, broadcast_to(b, value, x.shape[:-1]), column)
    more = elementwise(b, "add", (rows, value), shape, x.dtype)
    return reshape(b, elementwise(b, "where", (chosen, more, rows), shape, x.dtype), x.shape)


# Coordinates


def _flat_index(b: Builder, x: Value, indices: Value) -> tuple[Value, int]:
    """The number of the row of `x`, made flat in its first axes, that coordinates name."""
    depth = indices.shape[-1]
    rows = indices.shape[:-1]
    total: Value = b.literal(0, INT64)
    for i in range(depth):
        whole = [range(n) for n in rows]
        part = reshape(b, take_ranges(b, indices, [*whole, range(i, i + 1)]), rows)
        check(b, part, x.shape[i])
        step = b.literal(math.prod(x.shape[i + 1 : depth]), INT64)
        moved = elementwise(b, "multiply", (cast(b, part, INT64), step), rows, INT64)
        total = elementwise(b, "add", (total, moved), rows, INT64)
    return broadcast_to(b, total, rows), math.prod(x.shape[:depth])


def gather_nd(b: Builder, x: Value, indices: Value) -> Value:
    """The elements or slices of `x` at the coordinates in the last axis of `indices`."""
    target, depth = b.target, indices.shape[-1]
    if depth == 0:
        return broadcast_to(b, x, target.shape)
    if not target.size and not indices.size:
        return b.uniform(0, target.dtype, target.shape)
    places, count = _flat_index(b, x, indices)
    flat = reshape(b, x, (count, *x.shape[depth:]))
    return read(b, flat, places, 0, 0, target.shape)


def scatter_nd_add(b: Builder, x: Value, indices: Value, updates: Value) -> Value:
    """`x` with `updates` added at coordinates."""
    target, depth = b.target, indices.shape[-1]
    updates = typed(b, updates, x.dtype)
    if depth == 0:
        axes = tuple(range(len(updates.shape) - len(x.shape)))
        total = reduce(b, "sum", updates, axes)
        return elementwise(b, "add", (x, total), x.shape, x.dtype)
    if not indices.size:
        return x
    places, count = _flat_index(b, x, indices)
    flat = reshape(b, x, (count, *x.shape[depth:]))
    return reshape(b, write(b, "scatter_add", flat, places, updates), target.shape)


def scatter(name: str) -> Any:
    """The rule of a primitive that changes rows of `x`."""

    def rule(b: Builder, x: Value, indices: Any, updates: Any) -> Value:
        indices, updates = _index(b, indices), typed(b, updates, x.dtype)
        check(b, indices, x.shape[0])
        return write(b, name, x, indices, updates)

    return rule


def write(b: Builder, name: str, x: Value, indices: Value, updates: Value) -> Value:
    """A change of rows without its check."""
    if not x.size or not indices.size:
        return x
    updates = broadcast_to(b, updates, (*indices.shape, *x.shape[1:]))
    return b.write(name, (x, indices, updates), {}, x.shape, x.dtype)
