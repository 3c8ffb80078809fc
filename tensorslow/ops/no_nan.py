"""Products and quotients in which a zero wins over infinity and nan."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.broadcast import sum_to
from tensorslow.ops.casting import cast_like
from tensorslow.ops.comparison import not_equal
from tensorslow.ops.elementwise import multiply, negative
from tensorslow.ops.powers import square


def _div_no_nan_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    (quotient,) = op.outputs
    return [
        sum_to(div_no_nan(dy, y), x),
        sum_to(multiply(dy, negative(div_no_nan(quotient, y))), y),
    ]


DIV_NO_NAN = OpDef(
    "DivNoNan",
    operands=("x: floating", "y: floating"),
    compute=lambda xp, x, y: xp.where(xp.equal(y, 0), 0, xp.divide(x, y)),
    grad=_div_no_nan_grad,
)


def div_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y, and 0 where y is 0; with broadcasting.

    TensorFlow: tf.div_no_nan.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: (dy / y, -dy · x / y²), each 0 where y is 0.
    """
    return DIV_NO_NAN(x, y, name=name or "div_no_nan")


def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """1 / x, and 0 where x is 0. TensorFlow: tf.math.reciprocal_no_nan."""
    return DIV_NO_NAN(1, x, name=name or "reciprocal_no_nan")


def _multiply_no_nan_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(multiply_no_nan(dy, y), x), sum_to(multiply_no_nan(x, dy), y)]


MUL_NO_NAN = OpDef(
    "MulNoNan",
    operands=("x: floating", "y: floating"),
    compute=lambda xp, x, y: xp.where(xp.equal(y, 0), 0, xp.multiply(x, y)),
    grad=_multiply_no_nan_grad,
)


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x · y, and 0 where y is 0 even if x is infinite or nan.

    TensorFlow: tf.math.multiply_no_nan.

    Raises:
        ShapeError, DTypeError: as `div_no_nan`.

    Gradient: (dy · y, x · dy), by the same rule.
    """
    return MUL_NO_NAN(x, y, name=name or "multiply_no_nan")


def _xlogy_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    dx = multiply(xlogy(_one_unless_zero(x), y), dy)
    return [sum_to(dx, x), sum_to(multiply(xdivy(x, y), dy), y)]


def _one_unless_zero(x: Tensor) -> Tensor:
    return cast_like(not_equal(x, 0), x)


XLOGY = OpDef(
    "Xlogy",
    operands=("x: floating", "y: floating"),
    compute=lambda xp, x, y: xp.where(xp.equal(x, 0), 0, xp.multiply(x, xp.log(y))),
    grad=_xlogy_grad,
)


def xlogy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x · log y, and 0 where x is 0.

    TensorFlow: tf.math.xlogy.

    Raises:
        ShapeError, DTypeError: as `div_no_nan`.

    Gradient: (dy · log y, dy · x / y), each 0 where x is 0.
    """
    return XLOGY(x, y, name=name)


def _xdivy_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    dx = multiply(xdivy(_one_unless_zero(x), y), dy)
    return [sum_to(dx, x), sum_to(multiply(xdivy(negative(x), square(y)), dy), y)]


XDIVY = OpDef(
    "Xdivy",
    operands=("x: floating", "y: floating"),
    compute=lambda xp, x, y: xp.where(xp.equal(x, 0), 0, xp.divide(x, y)),
    grad=_xdivy_grad,
)


def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y, and 0 where x is 0.

    TensorFlow: tf.math.xdivy.

    Raises:
        ShapeError, DTypeError: as `div_no_nan`.

    Gradient: (dy / y, -dy · x / y²), each 0 where x is 0.
    """
    return XDIVY(x, y, name=name)
