"""Hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import multiply, subtract
from tensorslow.ops.powers import square

SINH = OpDef(
    "Sinh",
    operands=("x: floating",),
    compute=lambda xp, x: xp.sinh(x),
    grad=lambda op, dy: [multiply(dy, cosh(op.inputs[0]))],
)


def sinh(x: Any, name: str | None = None) -> Tensor:
    """(eˣ - e⁻ˣ) / 2. TensorFlow: tf.sinh. Gradient: dy · cosh x."""
    return SINH(x, name=name)


COSH = OpDef(
    "Cosh",
    operands=("x: floating",),
    compute=lambda xp, x: xp.cosh(x),
    grad=lambda op, dy: [multiply(dy, sinh(op.inputs[0]))],
)


def cosh(x: Any, name: str | None = None) -> Tensor:
    """(eˣ + e⁻ˣ) / 2. TensorFlow: tf.cosh. Gradient: dy · sinh x."""
    return COSH(x, name=name)


def _tanh_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    return [multiply(dy, subtract(1, square(op.outputs[0])))]


TANH = OpDef("Tanh", operands=("x: floating",), compute=lambda xp, x: xp.tanh(x), grad=_tanh_grad)


def tanh(x: Any, name: str | None = None) -> Tensor:
    """sinh x / cosh x, between -1 and 1. TensorFlow: tf.tanh. Gradient: dy · (1 - y²)."""
    return TANH(x, name=name)


ASINH = OpDef(
    "Asinh",
    operands=("x: floating",),
    compute=lambda xp, x: xp.asinh(x),
    grad=lambda op, dy: [realdiv(dy, cosh(op.outputs[0]))],
)


def asinh(x: Any, name: str | None = None) -> Tensor:
    """The inverse of sinh. TensorFlow: tf.asinh. Gradient: dy / cosh y."""
    return ASINH(x, name=name)


ACOSH = OpDef(
    "Acosh",
    operands=("x: floating",),
    compute=lambda xp, x: xp.acosh(x),
    grad=lambda op, dy: [realdiv(dy, sinh(op.outputs[0]))],
)


def acosh(x: Any, name: str | None = None) -> Tensor:
    """The inverse of cosh; nan below 1. TensorFlow: tf.acosh. Gradient: dy / sinh y."""
    return ACOSH(x, name=name)


ATANH = OpDef(
    "Atanh",
    operands=("x: floating",),
    compute=lambda xp, x: xp.atanh(x),
    grad=lambda op, dy: [realdiv(dy, subtract(1, square(op.inputs[0])))],
)


def atanh(x: Any, name: str | None = None) -> Tensor:
    """The inverse of tanh; nan beyond ±1. TensorFlow: tf.atanh. Gradient: dy / (1 - x²)."""
    return ATANH(x, name=name)
