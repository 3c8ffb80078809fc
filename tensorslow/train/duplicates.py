"""Gradients with several rows for one place of a variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.join import concat
from tensorslow.ops.shape import shape
from tensorslow.ops.slicing import slice
from tensorslow.ops.unique import unique

Method = TypeVar("Method", bound=Callable[..., Any])


def sums_duplicates(method: Method) -> Method:
    """Marks an `_apply_sparse` that itself sums the rows for one place.

    Others get them summed; that takes a list of the distinct places, whose length only a run
    knows, and which compiled code therefore has to leave to the host.
    """
    method.sums_duplicates = True  # type: ignore[attr-defined]
    return method


def sum_duplicates(slices: IndexedSlices) -> IndexedSlices:
    """The same gradient with one row for each place."""
    places = unique(slices.indices)
    sizes = concat([shape(places.y), slice(shape(slices.values), [1], [-1])], 0)
    return IndexedSlices(
        IndexedSlices(slices.values, places.idx, sizes).to_tensor(), places.y, slices.dense_shape
    )
