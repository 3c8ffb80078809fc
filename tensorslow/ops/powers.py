"""Squares, roots and powers."""

from __future__ import annotations

import math
from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.broadcast import sum_to
from tensorslow.ops.comparison import greater
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import multiply, negative, subtract
from tensorslow.ops.exponential import log
from tensorslow.ops.selection import where_v2

SQUARE = OpDef(
    "Square",
    operands=("x: numeric",),
    compute=lambda xp, x: xp.multiply(x, x),
    grad=lambda op, dy: [multiply(dy, multiply(2, op.inputs[0]))],
)


def square(x: Any, name: str | None = None) -> Tensor:
    """x². TensorFlow: tf.square. Gradient: 2 x dy."""
    return SQUARE(x, name=name)


SQRT = OpDef(
    "Sqrt",
    operands=("x: floating",),
    compute=lambda xp, x: xp.sqrt(x),
    grad=lambda op, dy: [realdiv(multiply(dy, 0.5), op.outputs[0])],
)


def sqrt(x: Any, name: str | None = None) -> Tensor:
    """√x; nan below 0. TensorFlow: tf.sqrt. Gradient: dy / 2√x, infinite at 0."""
    return SQRT(x, name=name)


def _rsqrt_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    (y,) = op.outputs
    return [multiply(multiply(dy, -0.5), multiply(y, square(y)))]


RSQRT = OpDef(
    "Rsqrt",
    operands=("x: floating",),
    compute=lambda xp, x: xp.divide(1, xp.sqrt(x)),
    grad=_rsqrt_grad,
)


def rsqrt(x: Any, name: str | None = None) -> Tensor:
    """1 / √x; infinite at 0, nan below. TensorFlow: tf.rsqrt. Gradient: -dy / 2√x³."""
    return RSQRT(x, name=name)


def _squared_difference_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    dx = multiply(multiply(dy, 2), subtract(x, y))
    return [sum_to(dx, x), sum_to(negative(dx), y)]


def _squared_difference_compute(xp: Any, x: Any, y: Any) -> Any:
    difference = xp.subtract(x, y)
    return xp.multiply(difference, difference)


SQUARED_DIFFERENCE = OpDef(
    "SquaredDifference",
    operands=("x: numeric", "y: numeric"),
    compute=_squared_difference_compute,
    grad=_squared_difference_grad,
)


def squared_difference(x: Any, y: Any, name: str | None = None) -> Tensor:
    """(x - y)², with broadcasting.

    TensorFlow: tf.squared_difference.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: (2 dy (x - y), -2 dy (x - y)).
    """
    return SQUARED_DIFFERENCE(x, y, name=name)


def _pow_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    (power,) = op.outputs
    dx = multiply(multiply(dy, y), pow(x, _less_one(y)))
    return [sum_to(dx, x), sum_to(multiply(multiply(dy, power), _log_or_zero(x)), y)]


def _plain_number(x: Tensor) -> float | None:
    """The Python number that a weak constant is, or None.

    Only as such does it leave the type of what it meets alone: a node would make it float64.
    """
    value = x.op.attrs.get("value")
    return value if x.op.attrs.get("weak") and isinstance(value, (int, float)) else None


def _less_one(y: Tensor) -> Any:
    number = _plain_number(y)
    return subtract(y, 1) if number is None else number - 1


def _log_or_zero(x: Tensor) -> Any:
    """log x for the gradient of a power, and 0 where powers of x have no real slope."""
    number = _plain_number(x)
    if number is not None:
        return math.log(number) if number > 0 else 0.0
    positive = greater(x, 0)
    return where_v2(positive, log(where_v2(positive, x, 1)), 0)


POW = OpDef(
    "Pow",
    operands=("x: numeric", "y: numeric"),
    compute=lambda xp, x, y: xp.power(x, y),
    grad=_pow_grad,
)


def pow(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x to the power of y, with broadcasting.

    TensorFlow: tf.pow.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.
        ExecutionError: when it runs, an integer is raised to a negative power.

    Gradient: (dy · y · xʸ⁻¹, dy · xʸ · log x); the second is 0 where x ≤ 0.
    """
    return POW(x, y, name=name)
