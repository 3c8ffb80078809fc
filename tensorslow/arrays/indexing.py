"""Reading and adding at places that other arrays name, in NumPy; part of `numeric`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_largest: Any = np.maximum.reduce
_UNSIGNED: dict[Any, Any] = {np.dtype(np.int32): np.uint32, np.dtype(np.int64): np.uint64}


def _check_indices(indices: Any, limit: Any) -> None:
    """Raises IndexError unless all are from 0 up to `limit`, a number or one for each of the last
    axis.
    """
    unsigned = _UNSIGNED.get(indices.dtype)
    # Read as unsigned, a negative number is larger than any limit: the largest tells of both.
    quick = unsigned is not None and isinstance(limit, int)
    if quick and (not indices.size or _largest(indices.view(unsigned), axis=None) < limit):
        return
    outside = (indices < 0) | (indices >= limit)
    if outside.any():
        place = tuple(int(i) for i in np.argwhere(outside)[0])
        found = np.asarray(indices)[place]
        bound = np.broadcast_to(limit, np.shape(indices))[place]
        where = "".join(f"[{i}]" for i in place)
        raise IndexError(f"indices{where} = {found} is not in [0, {bound})")


def take(x: Any, indices: Any, axis: int = 0, batch_dims: int = 0) -> Any:
    """The slices of `x` along `axis` that `indices` names; the first `batch_dims` go in step."""
    _check_indices(indices, x.shape[axis])
    if batch_dims == 0:
        return np.take(x, indices, axis)
    # Batch and axis in one: row i of batch b is row b * size + i of all.
    batch, size = x.shape[:batch_dims], x.shape[axis]
    moved = np.moveaxis(x, axis, batch_dims)
    rest = moved.shape[batch_dims + 1 :]
    first = size * np.arange(math.prod(batch)).reshape(*batch, *[1] * (indices.ndim - batch_dims))
    found = np.take(moved.reshape(math.prod(batch) * size, *rest), indices + first, 0)
    # Back to: batch, what was before the axis, the axes of the indices, what was after it.
    between = axis - batch_dims
    sources = range(indices.ndim, indices.ndim + between)
    return np.moveaxis(found, sources, range(batch_dims, axis))


def scatter_add(x: Any, indices: Any, updates: Any) -> Any:
    """`x` with `updates` added to the rows that `indices` names, each time one is named."""
    _check_indices(indices, x.shape[0])
    result = np.array(x)
    np.add.at(result, indices, updates)
    return result


def scatter_update(x: Any, indices: Any, updates: Any) -> Any:
    """`x` with `updates` in place of the rows that `indices` names; for a row named twice they must
    agree.

    A primitive beside `scatter_add`, since adding the difference between new and old rows would
    round.
    """
    _check_indices(indices, x.shape[0])
    result = np.array(x)
    result[indices] = updates
    return result


def gather_nd(x: Any, indices: Any) -> Any:
    """The elements or slices of `x` at the coordinates in the last axis of `indices`."""
    _check_indices(indices, np.array(x.shape[: indices.shape[-1]]))
    if indices.shape[-1] == 0:  # no coordinates: each row names all of x
        return np.broadcast_to(x, indices.shape[:-1] + x.shape)
    return x[tuple(np.moveaxis(indices, -1, 0))]


def scatter_nd_add(x: Any, indices: Any, updates: Any) -> Any:
    """`x` with `updates` added at the coordinates in the last axis of `indices`."""
    _check_indices(indices, np.array(x.shape[: indices.shape[-1]]))
    result = np.array(x)
    np.add.at(result, tuple(np.moveaxis(indices, -1, 0)), updates)
    return result


def take_along_axis(x: Any, indices: Any, axis: int) -> Any:
    """Along an axis, the elements that `indices` names, in every row for itself."""
    _check_indices(indices, x.shape[axis])
    return np.take_along_axis(x, indices, axis)


def last_places(x: Any, indices: Any) -> Any:
    """In `x` made flat, the place of the element that `indices` names in each row of the last axis.

    With it `take_flat` reads, and `add_flat` changes, x[..., indices]: primitives beside
    `take_along_axis`, which takes five times as long for the rows of a loss.
    """
    classes = x.shape[-1]
    _check_indices(indices, classes)
    return indices + np.arange(0, x.size, classes or 1).reshape(indices.shape)


def take_flat(x: Any, places: Any) -> Any:
    """The elements of `x` made flat at these places."""
    return x.reshape(-1).take(places)


def add_flat(x: Any, places: Any, value: Any) -> Any:
    """`x` with `value` added at these places of `x` made flat, each of which is named once."""
    result = np.array(x, order="C")  # of any other layout, reshape would make a copy
    result.reshape(-1)[places] += value
    return result


def argsort(x: Any, axis: int = -1, descending: bool = False) -> Any:
    """The order that sorts along an axis, equal elements in the order they stand in."""
    if not descending:
        return np.argsort(x, axis, kind="stable")
    # Reversed before and after, so that equal elements keep their order here too.
    order = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - order, axis)
