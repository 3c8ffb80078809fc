"""argmax and argmin: where the largest and the smallest element stand."""

from __future__ import annotations

from typing import Any

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, not_differentiable
from tensorslow.ops.arguments import renamed


def _check(input: TensorSpec, dimension: TensorSpec, *, output_type: Any) -> None:
    if input.shape is None or not dimension.is_value:
        return
    axis = int(dimension.value)
    if -len(input.shape) <= axis < len(input.shape) and input.shape[axis] == 0:
        raise ShapeError(
            f"axis {axis} has no elements, so none is the first", hint="leave out empty tensors"
        )


ARG_MAX = OpDef(
    "ArgMax",
    operands=("input: T", "dimension: index"),
    known=("dimension",),
    check=_check,
    compute=lambda xp, x, axis, *, output_type: xp.cast(xp.argmax(x, axis), output_type),
    grad=not_differentiable,
)
ARG_MIN = OpDef(
    "ArgMin",
    operands=("input: T", "dimension: index"),
    known=("dimension",),
    check=_check,
    compute=lambda xp, x, axis, *, output_type: xp.cast(xp.argmin(x, axis), output_type),
    grad=not_differentiable,
)


def argmax(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """Where along an axis the largest element stands: the first of equals.

    TensorFlow: tf.argmax.

    Args:
        input: real or bool tensor.
        axis: the axis; negative: counted from the end; None: 0.
        name: name of the node.
        dimension: old name of `axis`.
        output_type: type of the result, an integer type.

    Returns:
        Integer tensor with one axis less.

    Raises:
        ShapeError: there is no such axis, or nothing along it.

    Gradient: none.
    """
    return _place(ARG_MAX, input, renamed("axis", axis, "dimension", dimension), output_type, name)


def argmin(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """Where along an axis the smallest element stands: the first of equals.

    TensorFlow: tf.argmin. Arguments and errors as for `argmax`.
    """
    return _place(ARG_MIN, input, renamed("axis", axis, "dimension", dimension), output_type, name)


def _place(opdef: OpDef, input: Any, axis: Any, output_type: Any, name: str | None) -> Tensor:
    return opdef(
        input, 0 if axis is None else axis, output_type=dtypes.to_numpy(output_type), name=name
    )
