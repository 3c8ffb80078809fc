"""And, or, not: of truth values, and bit by bit of whole numbers."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, not_differentiable

LOGICAL_AND = OpDef(
    "LogicalAnd",
    operands=("x: bool", "y: bool"),
    compute=lambda xp, x, y: xp.logical_and(x, y),
    grad=not_differentiable,
)


def logical_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where both are true, with broadcasting.

    TensorFlow: tf.logical_and.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: one is not bool.
    """
    return LOGICAL_AND(x, y, name=name)


LOGICAL_OR = OpDef(
    "LogicalOr",
    operands=("x: bool", "y: bool"),
    compute=lambda xp, x, y: xp.logical_or(x, y),
    grad=not_differentiable,
)


def logical_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where at least one is true, with broadcasting. TensorFlow: tf.logical_or."""
    return LOGICAL_OR(x, y, name=name)


LOGICAL_NOT = OpDef(
    "LogicalNot",
    operands=("x: bool",),
    compute=lambda xp, x: xp.logical_not(x),
    grad=not_differentiable,
)


def logical_not(x: Any, name: str | None = None) -> Tensor:
    """Where x is false. TensorFlow: tf.logical_not."""
    return LOGICAL_NOT(x, name=name)


def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> Tensor:
    """Where exactly one is true, with broadcasting. TensorFlow: tf.logical_xor."""
    return logical_and(logical_or(x, y), logical_not(logical_and(x, y)), name)


BITWISE_AND = OpDef(
    "BitwiseAnd",
    operands=("x: integer", "y: integer"),
    compute=lambda xp, x, y: xp.bitwise_and(x, y),
    grad=not_differentiable,
)


def bitwise_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits that both have. TensorFlow: tf.bitwise.bitwise_and."""
    return BITWISE_AND(x, y, name=name)


BITWISE_OR = OpDef(
    "BitwiseOr",
    operands=("x: integer", "y: integer"),
    compute=lambda xp, x, y: xp.bitwise_or(x, y),
    grad=not_differentiable,
)


def bitwise_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits that at least one has. TensorFlow: tf.bitwise.bitwise_or."""
    return BITWISE_OR(x, y, name=name)


BITWISE_XOR = OpDef(
    "BitwiseXor",
    operands=("x: integer", "y: integer"),
    compute=lambda xp, x, y: xp.bitwise_xor(x, y),
    grad=not_differentiable,
)


def bitwise_xor(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits that exactly one has. TensorFlow: tf.bitwise.bitwise_xor."""
    return BITWISE_XOR(x, y, name=name)


INVERT = OpDef(
    "Invert",
    operands=("x: integer",),
    compute=lambda xp, x: xp.bitwise_not(x),
    grad=not_differentiable,
)


def invert(x: Any, name: str | None = None) -> Tensor:
    """Every bit turned over. TensorFlow: tf.bitwise.invert."""
    return INVERT(x, name=name)


LEFT_SHIFT = OpDef(
    "LeftShift",
    operands=("x: integer", "y: integer"),
    compute=lambda xp, x, y: xp.left_shift(x, y),
    grad=not_differentiable,
)


def left_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits of x moved up by y places. TensorFlow: tf.bitwise.left_shift."""
    return LEFT_SHIFT(x, y, name=name)


RIGHT_SHIFT = OpDef(
    "RightShift",
    operands=("x: integer", "y: integer"),
    compute=lambda xp, x, y: xp.right_shift(x, y),
    grad=not_differentiable,
)


def right_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The bits of x moved down by y places; the sign stays. TensorFlow: tf.bitwise.right_shift."""
    return RIGHT_SHIFT(x, y, name=name)
