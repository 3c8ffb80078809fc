"""Quotients and remainders: exact, rounded down, and rounded towards zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.broadcast import sum_to
from tensorslow.ops.casting import cast
from tensorslow.ops.elementwise import multiply, negative
from tensorslow.scopes import name_scope

# What TensorFlow divides these integers in.
_SMALL, _FLOAT32, _FLOAT64 = (
    ("int8", "uint8", "int16", "uint16"),
    np.dtype(np.float32),
    np.dtype(np.float64),
)


def _real_div_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    (quotient,) = op.outputs
    return [sum_to(realdiv(dy, y), x), sum_to(multiply(dy, negative(realdiv(quotient, y))), y)]


REAL_DIV = OpDef(
    "RealDiv",
    operands=("x: numeric", "y: numeric"),
    compute=lambda xp, x, y: xp.divide(x, y),
    grad=_real_div_grad,
)


def realdiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y for floating tensors, with broadcasting.

    TensorFlow: tf.realdiv.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: (dy / y, -dy · x / y²).
    """
    return REAL_DIV(x, y, name=name)


def _may_be_fractions(*operands: Any) -> bool:
    """Whether one of them is a tensor of any type but a known integer one."""
    dtypes = [x.dtype for x in operands if isinstance(x, Tensor)]
    return any(dtype is None or not dtype.is_integer for dtype in dtypes)


def _pair(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors; a plain value takes the type of the tensor beside it."""
    if isinstance(y, Tensor) and not isinstance(x, Tensor):
        x = as_tensor(x, y.spec.dtype, "x")
    x = as_tensor(x, name="x")
    return x, y if isinstance(y, Tensor) else as_tensor(y, x.spec.dtype, "y")


def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y, with broadcasting, as Python 3 divides: integers give a fraction.

    TensorFlow: tf.truediv. Integers of up to 16 bits are divided as float32, others as float64.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: (dy / y, -dy · x / y²).
    """
    if _may_be_fractions(x, y):
        return REAL_DIV(x, y, name=name or "truediv")
    with name_scope(name, "truediv", [x, y]) as scope:
        x, y = _pair(x, y)
        dtype = x.spec.dtype
        if dtype.kind in "iu" and dtype == y.spec.dtype:
            wide = _FLOAT32 if dtype.name in _SMALL else _FLOAT64
            x, y = cast(x, wide), cast(y, wide)
        return REAL_DIV(x, y, name=scope)


def divide(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y, as Python 3 divides. TensorFlow: tf.divide. The same as `truediv`."""
    return truediv(x, y, name)


def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y, as Python 2 divides: integers are rounded down.

    TensorFlow: tf.div. A type that is not known before the run counts as floating.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: of floating tensors, (dy / y, -dy · x / y²).
    """
    if _may_be_fractions(x, y):
        return REAL_DIV(x, y, name=name or "div")
    with name_scope(name, "div", [x, y]) as scope:
        x, y = _pair(x, y)
        return REAL_DIV(x, y, name=scope) if _may_be_fractions(x) else FLOOR_DIV(x, y, name=scope)


def _is_floating(x: Any, y: Any) -> bool:
    """Whether a quotient is one of floats, as far as the types are known."""
    kinds = [x.dtype for x in (x, y) if getattr(x, "dtype", None) is not None]
    return any(kind.kind == "f" for kind in kinds) or isinstance(x, float) or isinstance(y, float)


def _floor_div_compute(xp: Any, x: Any, y: Any) -> Any:
    # TensorFlow rounds the rounded quotient: 1.0 // 0.1 is 10 there, and 9 in NumPy's floor_divide.
    return xp.floor(xp.divide(x, y)) if _is_floating(x, y) else xp.floor_divide(x, y)


FLOOR_DIV = OpDef(
    "FloorDiv",
    operands=("x: real", "y: real"),
    compute=_floor_div_compute,
    grad=not_differentiable,
)


def floor_div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y rounded down, in the type of the operands, with broadcasting.

    TensorFlow: tf.floor_div.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.
        ExecutionError: when it runs, an integer is divided by 0.

    Gradient: none.
    """
    return FLOOR_DIV(x, y, name=name)


def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x // y. TensorFlow: tf.floordiv. As `floor_div`, under another default name."""
    return FLOOR_DIV(x, y, name=name or "floordiv")


def _floor_mod_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(dy, x), sum_to(negative(multiply(dy, floor_div(x, y))), y)]


FLOOR_MOD = OpDef(
    "FloorMod",
    operands=("x: real", "y: real"),
    compute=lambda xp, x, y: xp.mod(x, y),
    grad=_floor_mod_grad,
)


def floormod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """What is left of x after division by y, rounded down: it has the sign of y.

    TensorFlow: tf.floormod, tf.mod. It is x % y in Python.

    Raises:
        ShapeError, DTypeError, ExecutionError: as `floor_div`.

    Gradient: (dy, -dy · (x // y)), as of one stretch between two steps.
    """
    return FLOOR_MOD(x, y, name=name)


mod = floormod


def _truncate_div_compute(xp: Any, x: Any, y: Any) -> Any:
    if _is_floating(x, y):
        quotient = xp.divide(x, y)
        return xp.where(xp.less(quotient, 0), xp.ceil(quotient), xp.floor(quotient))
    below = xp.floor_divide(x, y)
    # Where the quotient is negative and not whole, the step towards zero leads up.
    negative_quotient = xp.not_equal(xp.less(x, 0), xp.less(y, 0))
    steps = xp.logical_and(negative_quotient, xp.not_equal(x - below * y, 0))
    return xp.where(steps, below + 1, below)


TRUNCATE_DIV = OpDef(
    "TruncateDiv",
    operands=("x: real", "y: real"),
    compute=_truncate_div_compute,
    grad=not_differentiable,
)


def truncatediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y rounded towards zero, as C divides integers.

    TensorFlow: tf.truncatediv.

    Raises:
        ShapeError, DTypeError, ExecutionError: as `floor_div`.

    Gradient: none.
    """
    return TRUNCATE_DIV(x, y, name=name)


def _truncate_mod_compute(xp: Any, x: Any, y: Any) -> Any:
    if _is_floating(x, y):  # exact, which x - y · (x / y) is not
        return xp.multiply(xp.sign(x), xp.mod(xp.abs(x), xp.abs(y)))
    return x - y * _truncate_div_compute(xp, x, y)


def _truncate_mod_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(dy, x), sum_to(negative(multiply(dy, truncatediv(x, y))), y)]


TRUNCATE_MOD = OpDef(
    "TruncateMod",
    operands=("x: real", "y: real"),
    compute=_truncate_mod_compute,
    grad=_truncate_mod_grad,
)


def truncatemod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """What is left of x after division by y, rounded towards zero: it has the sign of x.

    TensorFlow: tf.truncatemod. It is x % y in C.

    Raises:
        ShapeError, DTypeError, ExecutionError: as `floor_div`.

    Gradient: (dy, -dy · truncatediv(x, y)); TensorFlow has none.
    """
    return TRUNCATE_MOD(x, y, name=name)


def _reciprocal_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    (y,) = op.outputs
    return [negative(multiply(dy, multiply(y, y)))]


RECIPROCAL = OpDef(
    "Reciprocal",
    operands=("x: floating",),
    compute=lambda xp, x: xp.divide(1, x),
    grad=_reciprocal_grad,
)


def reciprocal(x: Any, name: str | None = None) -> Tensor:
    """1 / x. TensorFlow: tf.reciprocal. Gradient: -dy / x²."""
    return RECIPROCAL(x, name=name)
