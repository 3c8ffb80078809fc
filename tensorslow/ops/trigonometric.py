"""Trigonometric functions and their inverses; angles in radians."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.broadcast import sum_to
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import add, multiply, negative, subtract
from tensorslow.ops.powers import sqrt, square

SIN = OpDef(
    "Sin",
    operands=("x: floating",),
    compute=lambda xp, x: xp.sin(x),
    grad=lambda op, dy: [multiply(dy, cos(op.inputs[0]))],
)


def sin(x: Any, name: str | None = None) -> Tensor:
    """The sine. TensorFlow: tf.sin. Gradient: dy · cos x."""
    return SIN(x, name=name)


COS = OpDef(
    "Cos",
    operands=("x: floating",),
    compute=lambda xp, x: xp.cos(x),
    grad=lambda op, dy: [negative(multiply(dy, sin(op.inputs[0])))],
)


def cos(x: Any, name: str | None = None) -> Tensor:
    """The cosine. TensorFlow: tf.cos. Gradient: -dy · sin x."""
    return COS(x, name=name)


TAN = OpDef(
    "Tan",
    operands=("x: floating",),
    compute=lambda xp, x: xp.tan(x),
    grad=lambda op, dy: [realdiv(dy, square(cos(op.inputs[0])))],
)


def tan(x: Any, name: str | None = None) -> Tensor:
    """The tangent. TensorFlow: tf.tan. Gradient: dy / cos² x."""
    return TAN(x, name=name)


def _asin_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    return [realdiv(dy, sqrt(subtract(1, square(op.inputs[0]))))]


ASIN = OpDef("Asin", operands=("x: floating",), compute=lambda xp, x: xp.asin(x), grad=_asin_grad)


def asin(x: Any, name: str | None = None) -> Tensor:
    """The angle within ±π/2 whose sine is x. TensorFlow: tf.asin. Gradient: dy / √(1 - x²)."""
    return ASIN(x, name=name)


def _acos_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    return [negative(realdiv(dy, sqrt(subtract(1, square(op.inputs[0])))))]


ACOS = OpDef("Acos", operands=("x: floating",), compute=lambda xp, x: xp.acos(x), grad=_acos_grad)


def acos(x: Any, name: str | None = None) -> Tensor:
    """The angle from 0 to π whose cosine is x. TensorFlow: tf.acos. Gradient: -dy / √(1 - x²)."""
    return ACOS(x, name=name)


ATAN = OpDef(
    "Atan",
    operands=("x: floating",),
    compute=lambda xp, x: xp.atan(x),
    grad=lambda op, dy: [realdiv(dy, add(1, square(op.inputs[0])))],
)


def atan(x: Any, name: str | None = None) -> Tensor:
    """The angle within ±π/2 whose tangent is x. TensorFlow: tf.atan. Gradient: dy / (1 + x²)."""
    return ATAN(x, name=name)


def _atan2_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    y, x = op.inputs
    scaled = realdiv(dy, add(square(x), square(y)))
    return [sum_to(multiply(x, scaled), y), sum_to(negative(multiply(y, scaled)), x)]


ATAN2 = OpDef(
    "Atan2",
    operands=("y: floating", "x: floating"),
    compute=lambda xp, y, x: xp.atan2(y, x),
    grad=_atan2_grad,
)


def atan2(y: Any, x: Any, name: str | None = None) -> Tensor:
    """The angle from -π to π in which the point (x, y) is seen from the origin.

    TensorFlow: tf.atan2.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: (dy · x / (x² + y²), -dy · y / (x² + y²)).
    """
    return ATAN2(y, x, name=name)
