"""Rounding, the sign, and the absolute value, whose slope the sign is."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.elementwise import multiply, zeros_like

FLOOR = OpDef(
    "Floor", operands=("x: floating",), compute=lambda xp, x: xp.floor(x), grad=not_differentiable
)


def floor(x: Any, name: str | None = None) -> Tensor:
    """The largest whole number that is not above x. TensorFlow: tf.floor. Gradient: none."""
    return FLOOR(x, name=name)


CEIL = OpDef(
    "Ceil", operands=("x: floating",), compute=lambda xp, x: xp.ceil(x), grad=not_differentiable
)


def ceil(x: Any, name: str | None = None) -> Tensor:
    """The smallest whole number that is not below x. TensorFlow: tf.ceil. Gradient: none."""
    return CEIL(x, name=name)


RINT = OpDef(
    "Rint", operands=("x: floating",), compute=lambda xp, x: xp.rint(x), grad=not_differentiable
)


def rint(x: Any, name: str | None = None) -> Tensor:
    """The nearest whole number; of two, the even one. TensorFlow: tf.rint. Gradient: none."""
    return RINT(x, name=name)


ROUND = OpDef(
    "Round", operands=("x: floating",), compute=lambda xp, x: xp.rint(x), grad=not_differentiable
)


def round(x: Any, name: str | None = None) -> Tensor:
    """The nearest whole number; of two, the even one: 0.5 becomes 0, 1.5 becomes 2.

    TensorFlow: tf.round. Integers are returned as they are. Gradient: none.
    """
    tensor = as_tensor(x)
    return (
        tensor if tensor.dtype is not None and tensor.dtype.is_integer else ROUND(tensor, name=name)
    )


# Zeros rather than none, as in TensorFlow.
SIGN = OpDef(
    "Sign",
    operands=("x: numeric",),
    compute=lambda xp, x: xp.sign(x),
    grad=lambda op, dy: [zeros_like(op.inputs[0])],
)


def sign(x: Any, name: str | None = None) -> Tensor:
    """-1, 0 or 1; nan stays nan. TensorFlow: tf.sign. Gradient: 0."""
    return SIGN(x, name=name)


ABS = OpDef(
    "Abs",
    operands=("x: real",),
    compute=lambda xp, x: xp.abs(x),
    grad=lambda op, dy: [multiply(dy, sign(op.inputs[0]))],
)


def abs(x: Any, name: str | None = None) -> Tensor:
    """The absolute value. TensorFlow: tf.abs. Gradient: dy · sign x, so 0 at 0."""
    return ABS(x, name=name)
