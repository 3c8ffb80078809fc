"""Vectors as sets. How long a result is depends on values, so only the host can compute these."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, not_differentiable
from tensorslow.shapes import show


class Unique(NamedTuple):
    """The results of `unique`."""

    y: Tensor
    idx: Tensor


class UniqueWithCounts(NamedTuple):
    """The results of `unique_with_counts`."""

    y: Tensor
    idx: Tensor
    count: Tensor  # type: ignore[assignment]  # a tuple has a method of that name


def _check_vector(*specs: TensorSpec, out_idx: Any) -> None:
    for spec in specs:
        if spec.ndim not in (None, 1):
            raise ShapeError(
                f"it takes a vector, not shape {show(spec.shape)}", hint="reshape(x, [-1])"
            )


def _find_unique(x: Any) -> tuple[Any, Any, Any]:
    """The different elements as they first occur, which of them each one is, how many of each."""
    found, first, number, count = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    return found[order], np.argsort(order)[number.reshape(-1)], count[order]


def _unique_infer(x: TensorSpec, *, out_idx: Any) -> tuple[TensorSpec, TensorSpec]:
    return TensorSpec((None,), x.dtype), TensorSpec(
        x.shape if x.shape is not None else (None,), out_idx
    )


def _unique_compute(xp: Any, x: Any, *, out_idx: Any) -> Any:
    y, number, _ = xp.host(_find_unique, x)
    return y, xp.cast(number, out_idx)


UNIQUE = OpDef(
    "Unique",
    operands=("x: T",),
    check=_check_vector,
    compute=_unique_compute,
    infer=_unique_infer,
    grad=not_differentiable,
    host=True,
)


def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Unique:
    """The different elements of a vector, in the order of their first occurrence.

    TensorFlow: tf.unique.

    Args:
        x: vector.
        out_idx: type of the indices.
        name: name of the node.

    Returns:
        (y, idx), so that x[i] = y[idx[i]].

    Raises:
        ShapeError: `x` is no vector.
    """
    return Unique(*UNIQUE.node(x, out_idx=dtypes.to_numpy(out_idx), name=name).outputs)


def _with_counts_compute(xp: Any, x: Any, *, out_idx: Any) -> Any:
    y, number, count = xp.host(_find_unique, x)
    return y, xp.cast(number, out_idx), xp.cast(count, out_idx)


UNIQUE_WITH_COUNTS = OpDef(
    "UniqueWithCounts",
    operands=("x: T",),
    check=_check_vector,
    compute=_with_counts_compute,
    infer=lambda x, *, out_idx: (*_unique_infer(x, out_idx=out_idx), TensorSpec((None,), out_idx)),
    grad=not_differentiable,
    host=True,
)


def unique_with_counts(
    x: Any, out_idx: Any = dtypes.int32, name: str | None = None
) -> UniqueWithCounts:
    """As `unique`, and how often each element occurs. TensorFlow: tf.unique_with_counts."""
    return UniqueWithCounts(
        *UNIQUE_WITH_COUNTS.node(x, out_idx=dtypes.to_numpy(out_idx), name=name).outputs
    )


class ListDiff(NamedTuple):
    """The results of `setdiff1d`."""

    out: Tensor
    idx: Tensor


def _find_difference(x: Any, y: Any) -> tuple[Any, Any]:
    places = np.flatnonzero(~np.isin(x, y))
    return x[places], places


def _list_diff_compute(xp: Any, x: Any, y: Any, *, out_idx: Any) -> Any:
    out, places = xp.host(_find_difference, x, y)
    return out, xp.cast(places, out_idx)


LIST_DIFF = OpDef(
    "ListDiff",
    operands=("x: T", "y: T"),
    check=_check_vector,
    compute=_list_diff_compute,
    infer=lambda x, y, *, out_idx: (TensorSpec((None,), x.dtype), TensorSpec((None,), out_idx)),
    grad=not_differentiable,
    host=True,
)


def setdiff1d(x: Any, y: Any, index_dtype: Any = dtypes.int32, name: str | None = None) -> ListDiff:
    """The elements of a vector that are not in another, and where they stand.

    TensorFlow: tf.setdiff1d.

    Raises:
        ShapeError: an argument is no vector.
    """
    return ListDiff(*LIST_DIFF.node(x, y, out_idx=dtypes.to_numpy(index_dtype), name=name).outputs)
