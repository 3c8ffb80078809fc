"""Comparisons, and what kind of number an element is: tensors of truth values."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, not_differentiable

EQUAL = OpDef(
    "Equal",
    operands=("x: T", "y: T"),
    compute=lambda xp, x, y: xp.equal(x, y),
    grad=not_differentiable,
)


def equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where x = y, with broadcasting; nan equals nothing.

    TensorFlow: tf.equal. (`x == y` asks whether the two are one tensor, as in TensorFlow 1.)

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.
    """
    return EQUAL(x, y, name=name)


NOT_EQUAL = OpDef(
    "NotEqual",
    operands=("x: T", "y: T"),
    compute=lambda xp, x, y: xp.not_equal(x, y),
    grad=not_differentiable,
)


def not_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where x ≠ y, with broadcasting. TensorFlow: tf.not_equal."""
    return NOT_EQUAL(x, y, name=name)


LESS = OpDef(
    "Less",
    operands=("x: real", "y: real"),
    compute=lambda xp, x, y: xp.less(x, y),
    grad=not_differentiable,
)


def less(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where x < y, with broadcasting. TensorFlow: tf.less."""
    return LESS(x, y, name=name)


LESS_EQUAL = OpDef(
    "LessEqual",
    operands=("x: real", "y: real"),
    compute=lambda xp, x, y: xp.less_equal(x, y),
    grad=not_differentiable,
)


def less_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where x ≤ y, with broadcasting. TensorFlow: tf.less_equal."""
    return LESS_EQUAL(x, y, name=name)


GREATER = OpDef(
    "Greater",
    operands=("x: real", "y: real"),
    compute=lambda xp, x, y: xp.greater(x, y),
    grad=not_differentiable,
)


def greater(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where x > y, with broadcasting. TensorFlow: tf.greater."""
    return GREATER(x, y, name=name)


GREATER_EQUAL = OpDef(
    "GreaterEqual",
    operands=("x: real", "y: real"),
    compute=lambda xp, x, y: xp.greater_equal(x, y),
    grad=not_differentiable,
)


def greater_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Where x ≥ y, with broadcasting. TensorFlow: tf.greater_equal."""
    return GREATER_EQUAL(x, y, name=name)


IS_NAN = OpDef(
    "IsNan", operands=("x: floating",), compute=lambda xp, x: xp.isnan(x), grad=not_differentiable
)


def is_nan(x: Any, name: str | None = None) -> Tensor:
    """Where x is not a number. TensorFlow: tf.is_nan."""
    return IS_NAN(x, name=name)


IS_INF = OpDef(
    "IsInf", operands=("x: floating",), compute=lambda xp, x: xp.isinf(x), grad=not_differentiable
)


def is_inf(x: Any, name: str | None = None) -> Tensor:
    """Where x is infinite, of either sign. TensorFlow: tf.is_inf."""
    return IS_INF(x, name=name)


IS_FINITE = OpDef(
    "IsFinite",
    operands=("x: floating",),
    compute=lambda xp, x: xp.isfinite(x),
    grad=not_differentiable,
)


def is_finite(x: Any, name: str | None = None) -> Tensor:
    """Where x is a number and not infinite. TensorFlow: tf.is_finite."""
    return IS_FINITE(x, name=name)
