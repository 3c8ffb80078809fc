"""Arithmetic, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import ZEROS_LIKE, OpDef, as_tensor, not_differentiable
from tensorslow.ops.broadcast import sum_to


def _add_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(dy, x), sum_to(dy, y)]


ADD = OpDef("AddV2", operands=("x: T", "y: T"), compute=lambda xp, x, y: xp.add(x, y), grad=_add_grad)


def add(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x + y, element by element, with broadcasting.

    TensorFlow: tf.add.

    Args:
        x: number tensor.
        y: tensor of the same type.
        name: name of the node.

    Returns:
        Tensor of the broadcast shape.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: (dy, dy), each summed to the shape of its operand.
    """
    return ADD(x, y, name=name or "Add")


def _subtract_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(dy, x), sum_to(negative(dy), y)]


SUB = OpDef("Sub", operands=("x: numeric", "y: numeric"), compute=lambda xp, x, y: xp.subtract(x, y), grad=_subtract_grad)


def subtract(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x - y, element by element, with broadcasting. TensorFlow: tf.subtract."""
    return SUB(x, y, name=name or "Sub")


def _multiply_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(multiply(dy, y), x), sum_to(multiply(x, dy), y)]


MUL = OpDef("Mul", operands=("x: numeric", "y: numeric"), compute=lambda xp, x, y: xp.multiply(x, y), grad=_multiply_grad)


def multiply(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x * y, element by element, with broadcasting. TensorFlow: tf.multiply."""
    return MUL(x, y, name=name or "Mul")


NEG = OpDef(
    "Neg", operands=("x: numeric",), compute=lambda xp, x: xp.negative(x), grad=lambda op, dy: [negative(dy)]
)


def negative(x: Any, name: str | None = None) -> Tensor:
    """-x. TensorFlow: tf.negative."""
    return NEG(x, name=name)


def _add_n_compute(xp: Any, inputs: Sequence[Any]) -> Any:
    total = inputs[0]
    for x in inputs[1:]:
        total = xp.add(total, x)
    return total


ADD_N = OpDef(
    "AddN", operands=("inputs*: numeric",), compute=_add_n_compute, grad=lambda op, dy: [dy] * len(op.inputs)
)


def add_n(inputs: Sequence[Any], name: str | None = None) -> Tensor:
    """The sum of tensors of one shape. TensorFlow: tf.add_n."""
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError("add_n takes a list of at least one tensor")
    if len(inputs) == 1 and name is None:
        return as_tensor(inputs[0])
    return ADD_N(inputs, name=name)


ONES_LIKE = OpDef(
    "OnesLike",
    operands=("x: T",),
    compute=lambda xp, x: xp.broadcast_like(xp.full((), 1, x.dtype), x),
    grad=not_differentiable,
)


def zeros_like(tensor: Any, name: str | None = None) -> Tensor:
    return ZEROS_LIKE(tensor, name=name or "zeros_like")


def ones_like(tensor: Any, name: str | None = None) -> Tensor:
    return ONES_LIKE(tensor, name=name or "ones_like")
