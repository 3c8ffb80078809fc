"""Rules of reading and adding at places that other arrays name."""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.abstract.folding import INT64, folds
from tensorslow.arrays.spec import TensorSpec, as_spec
from tensorslow.errors import ShapeError
from tensorslow.shapes import compatible, merge, normalize_axis, show


@folds
def take(x: TensorSpec, indices: Any, axis: Any = 0, batch_dims: int = 0) -> TensorSpec:
    places = as_spec(indices).shape
    if x.shape is None or places is None:
        return TensorSpec(None, x.dtype)
    if not isinstance(axis, int):
        return TensorSpec((None,) * (len(x.shape) + len(places) - batch_dims - 1), x.dtype)
    axis = normalize_axis(axis, len(x.shape))
    if not 0 <= batch_dims <= min(axis, len(places)):
        raise ShapeError(
            f"batch_dims {batch_dims} is more than axis {axis}, "
            f"or than the {len(places)} axes of indices"
        )
    batch = merge(x.shape[:batch_dims], places[:batch_dims]) or ()
    return TensorSpec(
        (*batch, *x.shape[batch_dims:axis], *places[batch_dims:], *x.shape[axis + 1 :]), x.dtype
    )


def scatter_add(x: TensorSpec, indices: TensorSpec, updates: TensorSpec) -> TensorSpec:
    if x.shape is not None and indices.shape is not None and updates.shape is not None:
        expected = indices.shape + x.shape[1:]
        if not compatible(updates.shape, expected):
            raise ShapeError(f"updates must be {show(expected)}, not {show(updates.shape)}")
    return TensorSpec(x.shape, x.dtype)


def scatter_update(x: TensorSpec, indices: TensorSpec, updates: TensorSpec) -> TensorSpec:
    return scatter_add(x, indices, updates)


def gather_nd(x: TensorSpec, indices: TensorSpec) -> TensorSpec:
    if indices.shape == ():
        raise ShapeError(
            "indices must have an axis of coordinates", hint="a single place is [[i, j]], or [i, j]"
        )
    if x.shape is None or indices.shape is None or indices.shape[-1] is None:
        return TensorSpec(None, x.dtype)
    depth = indices.shape[-1]
    if depth > len(x.shape):
        raise ShapeError(f"{depth} coordinates for an array of {len(x.shape)} axes")
    return TensorSpec(indices.shape[:-1] + x.shape[depth:], x.dtype)


def scatter_nd_add(x: TensorSpec, indices: TensorSpec, updates: TensorSpec) -> TensorSpec:
    expected = gather_nd(x, indices).shape
    if not compatible(updates.shape, expected):
        raise ShapeError(f"updates must be {show(expected)}, not {show(updates.shape)}")
    return TensorSpec(x.shape, x.dtype)


def take_along_axis(x: TensorSpec, indices: TensorSpec, axis: Any) -> TensorSpec:
    return TensorSpec(indices.shape, x.dtype)


@folds
def argsort(x: TensorSpec, axis: Any = -1, descending: bool = False) -> TensorSpec:
    return TensorSpec(x.shape, INT64)


def last_places(x: TensorSpec, indices: TensorSpec) -> TensorSpec:
    return TensorSpec(indices.shape, INT64)


def take_flat(x: TensorSpec, places: TensorSpec) -> TensorSpec:
    return TensorSpec(places.shape, x.dtype)


def add_flat(x: TensorSpec, places: TensorSpec, value: Any) -> TensorSpec:
    return TensorSpec(x.shape, x.dtype)
