"""Choosing between the elements of two tensors: where, maximum, minimum."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, not_differentiable
from tensorslow.ops.broadcast import sum_to
from tensorslow.ops.comparison import greater_equal, less_equal
from tensorslow.ops.elementwise import zeros_like
from tensorslow.shapes import compatible, may_be_equal, show

_INT64 = np.dtype(np.int64)


def _select_check(condition: TensorSpec, x: TensorSpec, y: TensorSpec) -> None:
    if not compatible(x.shape, y.shape):
        raise ShapeError(
            f"x has shape {show(x.shape)}, y {show(y.shape)}",
            hint="they must be equal; where_v2 broadcasts",
        )
    c, shape = condition.shape, x.shape
    if c is None or shape is None or c == () or compatible(c, shape):
        return
    if len(c) != 1 or not shape or not may_be_equal(c[0], shape[0]):
        raise ShapeError(
            f"condition has shape {show(c)}, x and y {show(shape)}",
            hint="condition has their shape, or is a vector that chooses rows; where_v2 broadcasts",
        )


def _select_compute(xp: Any, condition: Any, x: Any, y: Any) -> Any:
    if condition.ndim == 1 and x.ndim not in (0, 1, None):
        # Broadcasting begins at the last axis; with all axes reversed that is the one of the rows.
        return xp.transpose(xp.where(condition, xp.transpose(x), xp.transpose(y)))
    return xp.where(condition, x, y)


def _select_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    condition, zeros = op.inputs[0], zeros_like(dy)
    return [None, SELECT(condition, dy, zeros), SELECT(condition, zeros, dy)]


SELECT = OpDef(
    "Select",
    operands=("condition: bool", "x: T", "y: T"),
    check=_select_check,
    compute=_select_compute,
    grad=_select_grad,
)

# Its result has as many rows as there are trues: only the host can say.
WHERE = OpDef(
    "Where",
    operands=("condition",),
    compute=lambda xp, condition: xp.host(_coordinates, condition),
    infer=lambda condition: TensorSpec((None, condition.ndim), _INT64),
    grad=not_differentiable,
    host=True,
)


def _coordinates(condition: Any) -> Any:
    return np.argwhere(condition).astype(np.int64)


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """The elements of `x` where `condition` is true, else those of `y`; alone, where it is true.

    TensorFlow: tf.where (of 1.x).

    Args:
        condition: bool tensor of the shape of `x`, or a vector, which chooses rows, or a scalar.
        x: tensor, or None.
        y: tensor of the same shape and type, or None.
        name: name of the node.

    Returns:
        Tensor of the shape and type of `x`; without `x` and `y` the coordinates of the true (or
        non-zero) elements in order, as int64[count, rank].

    Raises:
        ShapeError: `x` and `y` have different shapes, or `condition` does not fit.
        DTypeError: `condition` is not bool, or `x` and `y` have different types.
        ValueError: only one of `x` and `y` is given.

    Gradient: dy where an element was chosen, 0 elsewhere, even where that side is infinite or nan.
    """
    if (x is None) != (y is None):
        raise ValueError("where takes both x and y, or neither")
    if x is None:
        return WHERE(condition, name=name)
    return SELECT(condition, x, y, name=name)


def _select_v2_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    condition, x, y = op.inputs
    return [None, sum_to(SELECT_V2(condition, dy, 0), x), sum_to(SELECT_V2(condition, 0, dy), y)]


SELECT_V2 = OpDef(
    "SelectV2",
    operands=("condition: bool", "t: T", "e: T"),
    compute=lambda xp, condition, t, e: xp.where(condition, t, e),
    grad=_select_v2_grad,
)


def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """As `where`, but condition, `x` and `y` are broadcast against each other.

    TensorFlow: tf.where_v2, which is tf.where of 2.x.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: `condition` is not bool, or `x` and `y` have different types.
        ValueError: only one of `x` and `y` is given.
    """
    if x is None or y is None:
        return where(condition, x, y, name)
    return SELECT_V2(condition, x, y, name=name)


def _maximum_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return _to_the_chosen(greater_equal(x, y), op, dy)


def _minimum_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return _to_the_chosen(less_equal(x, y), op, dy)


def _to_the_chosen(first: Tensor, op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(SELECT_V2(first, dy, 0), x), sum_to(SELECT_V2(first, 0, dy), y)]


MAXIMUM = OpDef(
    "Maximum",
    operands=("x: real", "y: real"),
    compute=lambda xp, x, y: xp.maximum(x, y),
    grad=_maximum_grad,
)


def maximum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The larger of x and y, with broadcasting; nan where one is nan.

    TensorFlow: tf.maximum.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: dy to the larger one; to x where they are equal.
    """
    return MAXIMUM(x, y, name=name)


MINIMUM = OpDef(
    "Minimum",
    operands=("x: real", "y: real"),
    compute=lambda xp, x, y: xp.minimum(x, y),
    grad=_minimum_grad,
)


def minimum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The smaller of x and y, with broadcasting; nan where one is nan.

    TensorFlow: tf.minimum.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: dy to the smaller one; to x where they are equal.
    """
    return MINIMUM(x, y, name=name)
