"""Exponentials and logarithms, and the logistic functions made of them."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import add, multiply, negative, subtract
from tensorslow.scopes import name_scope

EXP = OpDef(
    "Exp",
    operands=("x: floating",),
    compute=lambda xp, x: xp.exp(x),
    grad=lambda op, dy: [multiply(dy, op.outputs[0])],
)


def exp(x: Any, name: str | None = None) -> Tensor:
    """eˣ. TensorFlow: tf.exp. Gradient: dy · eˣ."""
    return EXP(x, name=name)


EXPM1 = OpDef(
    "Expm1",
    operands=("x: floating",),
    compute=lambda xp, x: xp.expm1(x),
    grad=lambda op, dy: [multiply(dy, exp(op.inputs[0]))],
)


def expm1(x: Any, name: str | None = None) -> Tensor:
    """eˣ - 1, exact also for tiny x. TensorFlow: tf.expm1. Gradient: dy · eˣ."""
    return EXPM1(x, name=name)


LOG = OpDef(
    "Log",
    operands=("x: floating",),
    compute=lambda xp, x: xp.log(x),
    grad=lambda op, dy: [realdiv(dy, op.inputs[0])],
)


def log(x: Any, name: str | None = None) -> Tensor:
    """The natural logarithm; -inf at 0, nan below. TensorFlow: tf.log. Gradient: dy / x."""
    return LOG(x, name=name)


LOG1P = OpDef(
    "Log1p",
    operands=("x: floating",),
    compute=lambda xp, x: xp.log1p(x),
    grad=lambda op, dy: [realdiv(dy, add(op.inputs[0], 1))],
)


def log1p(x: Any, name: str | None = None) -> Tensor:
    """log(1 + x), exact also for tiny x. TensorFlow: tf.log1p. Gradient: dy / (1 + x)."""
    return LOG1P(x, name=name)


def _sigmoid_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    (y,) = op.outputs
    return [multiply(dy, multiply(y, subtract(1, y)))]


# Stable as it stands: where exp overflows, the quotient is the 0 that it should be.
SIGMOID = OpDef(
    "Sigmoid",
    operands=("x: floating",),
    compute=lambda xp, x: xp.divide(1, xp.add(1, xp.exp(xp.negative(x)))),
    grad=_sigmoid_grad,
)


def sigmoid(x: Any, name: str | None = None) -> Tensor:
    """1 / (1 + e⁻ˣ), between 0 and 1. TensorFlow: tf.sigmoid. Gradient: dy · y · (1 - y)."""
    return SIGMOID(x, name=name)


def _softplus_compute(xp: Any, x: Any) -> Any:
    # log(1 + eˣ) = max(x, 0) + log(1 + e⁻ᴵˣᴵ), where nothing overflows.
    return xp.add(xp.maximum(x, 0), xp.log1p(xp.exp(xp.negative(xp.abs(x)))))


SOFTPLUS = OpDef(
    "Softplus",
    operands=("features: floating",),
    compute=_softplus_compute,
    grad=lambda op, dy: [multiply(dy, sigmoid(op.inputs[0]))],
)


def softplus(features: Any, name: str | None = None) -> Tensor:
    """log(1 + eˣ): a smooth max(x, 0). TensorFlow: tf.nn.softplus. Gradient: dy · sigmoid(x)."""
    return SOFTPLUS(features, name=name)


def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """log(sigmoid(x)), exact also where sigmoid(x) rounds to 0 or 1.

    TensorFlow: tf.log_sigmoid. Gradient: dy · sigmoid(-x).
    """
    with name_scope(name, "LogSigmoid", [x]) as scope:
        return negative(softplus(negative(x)), scope)
