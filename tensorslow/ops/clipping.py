"""Keeping values within bounds: element by element, by their norm, and for a cast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.errors import ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.casting import cast, cast_like
from tensorslow.ops.comparison import greater
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import add, add_n, multiply, ones_like, subtract
from tensorslow.ops.identity import identity
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.powers import rsqrt, sqrt, square
from tensorslow.ops.reduce import reduce_sum
from tensorslow.ops.selection import maximum, minimum, where
from tensorslow.scopes import name_scope
from tensorslow.shapes import compatible, show


def _values(t: Any) -> Tensor:
    """The tensor, or the rows of `IndexedSlices`."""
    return t.values if isinstance(t, IndexedSlices) else as_tensor(t, name="t")


def _like(values: Tensor, t: Any) -> Any:
    """New values in the form of `t`."""
    return t.with_values(values) if isinstance(t, IndexedSlices) else values


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Each element, raised to the lower bound or lowered to the upper one.

    TensorFlow: tf.clip_by_value.

    Args:
        t: real tensor, or `IndexedSlices`, whose rows are clipped.
        clip_value_min: number, or tensor that broadcasts to the shape of `t`.
        clip_value_max: the same, not below it.
        name: name of the node.

    Raises:
        ShapeError: a bound does not broadcast to the shape of `t`.

    Gradient: dy where `t` is within the bounds, else dy to the bound that was taken.
    """
    with name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as scope:
        values = _values(t)
        lowered = minimum(values, clip_value_max)
        clipped = maximum(lowered, clip_value_min, scope)
    _check_same_shape(values, clipped)
    return _like(clipped, t)


def _check_same_shape(before: Tensor, after: Tensor) -> None:
    if not compatible(before.spec.shape, after.spec.shape):
        raise ShapeError(
            f"the bound would repeat {show(before.spec.shape)} to {show(after.spec.shape)}",
            hint="a bound is a number, or broadcasts to the shape of what it bounds",
        ).locate(after.op.name, [("t", before.describe())])


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """`t`, scaled down to the Euclidean norm `clip_norm` if its own is larger.

    TensorFlow: tf.clip_by_norm.

    Args:
        t: floating tensor, or `IndexedSlices`, whose rows are scaled.
        clip_norm: the largest norm allowed.
        axes: over which axes each norm is taken; None: all.
        name: name of the node.

    Raises:
        ShapeError: `clip_norm` does not broadcast to the shape of `t`.

    Gradient: also through the norm; 0 instead of nan where everything is 0.
    """
    with name_scope(name, "clip_by_norm", [t, clip_norm]) as scope:
        values = _values(t)
        squares = reduce_sum(multiply(values, values), axes, keepdims=True)
        # The root's slope at 0 is infinite; there it is taken of 1 and its result is not used.
        positive = greater(squares, 0)
        norm = where(positive, sqrt(where(positive, squares, ones_like(squares))), squares)
        scaled = multiply(values, clip_norm)
        _check_same_shape(values, scaled)
        return _like(identity(realdiv(scaled, maximum(norm, clip_norm)), scope), t)


def global_norm(t_list: Sequence[Any], name: str | None = None) -> Tensor:
    """The Euclidean norm of all elements of several tensors together.

    TensorFlow: tf.global_norm.

    Args:
        t_list: list of floating tensors, `IndexedSlices` (whose rows count) and Nones (left out).
        name: name of the scope.

    Raises:
        TypeError: `t_list` is no list.
    """
    parts = [t for t in _listed(t_list) if t is not None]
    with name_scope(name, "global_norm", parts):
        return sqrt(add_n([reduce_sum(square(_values(t))) for t in parts]), "global_norm")


def _listed(t_list: Any) -> list[Any]:
    if not isinstance(t_list, (list, tuple)):
        raise TypeError(f"t_list should be a list of tensors, not {type(t_list).__name__}")
    return list(t_list)


def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Tensor]:
    """Several tensors, scaled by one factor so that their norm together is at most `clip_norm`.

    TensorFlow: tf.clip_by_global_norm.

    Args:
        t_list: list of floating tensors, `IndexedSlices` and Nones.
        clip_norm: the largest norm allowed, above 0.
        use_norm: their norm, if it is known already.
        name: name of the scope.

    Returns:
        (the scaled tensors, each in the form of the old one; their norm before). If that is not
        finite, the tensors are nan.

    Raises:
        TypeError: `t_list` is no list.
    """
    norm = as_tensor(global_norm(t_list, name) if use_norm is None else use_norm)
    tensors = _listed(t_list)
    with name_scope(name, "clip_by_global_norm", [norm]) as scope:
        finite = multiply(minimum(realdiv(1, norm), realdiv(ones_like(norm), clip_norm)), clip_norm)
        scale = add(finite, subtract(norm, norm))  # nan unless the norm is finite
        clipped: list[Any] = []
        for i, t in enumerate(tensors):
            if t is None:
                clipped.append(None)
                continue
            values = _values(t)
            scaled = multiply(values, cast_like(scale, values))
            clipped.append(
                _like(identity(scaled, f"{scope.rstrip('/').rpartition('/')[2]}/_{i}"), t)
            )
    return clipped, norm


def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """`t`, scaled down if its Euclidean norm per element is larger than `clip_norm`.

    TensorFlow: tf.clip_by_average_norm.
    """
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        values = as_tensor(t, name="t")
        count = reduce_sum(ones_like(values))
        per_element = multiply(rsqrt(reduce_sum(square(values))), count)
        factor = minimum(per_element, realdiv(ones_like(count), clip_norm))
        return identity(multiply(multiply(values, clip_norm), factor), scope)


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """The elements in another type; what lies outside its range becomes its nearest end.

    TensorFlow: tf.saturate_cast.

    Args:
        value: real tensor.
        dtype: the new type, in any spelling.
        name: name of the node.
    """
    with name_scope(name, "saturate_cast", [value]) as scope:
        tensor, goal = as_tensor(value, name="value"), dtypes.as_dtype(dtype)
        low, high = _common_range(tensor.dtype, goal)
        if low is not None:
            tensor = maximum(tensor, low, "min")
        if high is not None:
            tensor = minimum(tensor, high, "max")
        return cast(tensor, goal, scope)


def _common_range(source: dtypes.DType | None, goal: dtypes.DType) -> tuple[Any, Any]:
    """The bounds that keep values of one type within another; None: no value lies beyond."""
    if source is None:
        return goal.min, goal.max
    low = _rounded_inwards(goal.min, source) if source.min < goal.min else None
    high = _rounded_inwards(goal.max, source) if source.max > goal.max else None
    return low, high


def _rounded_inwards(end: Any, dtype: dtypes.DType) -> Any:
    """The end of a range as a number of another type: 2³¹ - 1, say, is 2³¹ - 128 in float32."""
    rounded = dtype.numpy.type(end)
    if dtype.is_floating and abs(int(rounded)) > abs(int(end)):
        rounded = np.nextafter(rounded, dtype.numpy.type(0))
    return rounded
