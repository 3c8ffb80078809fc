"""Activation functions: what a layer does to each number that its weights gave."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor
from tensorslow.ops.casting import cast
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import add, multiply, negative, zeros_like
from tensorslow.ops.exponential import sigmoid
from tensorslow.ops.hyperbolic import tanh
from tensorslow.ops.join import concat
from tensorslow.ops.powers import square
from tensorslow.ops.rounding import abs
from tensorslow.ops.special import erf
from tensorslow.scopes import name_scope

# The slopes do not move with the features: the gradient there is zeros, not None, as in TensorFlow.

# relu. Slopes are taken from outputs where possible: then nobody needs the inputs any more.

RELU_GRAD: OpDef = OpDef(
    "ReluGrad",
    operands=("gradients: real", "features: real"),
    compute=lambda xp, gradients, features: xp.where(xp.greater(features, 0), gradients, 0),
    grad=lambda op, dy: [RELU_GRAD(dy, op.inputs[1]), zeros_like(op.inputs[1])],
)
RELU = OpDef(
    "Relu",
    operands=("features: real",),
    compute=lambda xp, x: xp.maximum(x, 0),
    grad=lambda op, dy: [RELU_GRAD(dy, op.outputs[0])],
)


def relu(features: Any, name: str | None = None) -> Tensor:
    """max(x, 0).

    TensorFlow: tf.nn.relu.

    Args:
        features: real tensor.
        name: name of the node.

    Returns:
        Tensor of the same shape and type.

    Raises:
        DTypeError: `features` is not real.

    Gradient: dy where x > 0, else 0; 0 at the kink.
    """
    return RELU(features, name=name)


def _relu6_grad_compute(xp: Any, gradients: Any, features: Any) -> Any:
    return xp.where(xp.logical_and(xp.greater(features, 0), xp.less(features, 6)), gradients, 0)


RELU6_GRAD: OpDef = OpDef(
    "Relu6Grad",
    operands=("gradients: real", "features: real"),
    compute=_relu6_grad_compute,
    grad=lambda op, dy: [RELU6_GRAD(dy, op.inputs[1]), zeros_like(op.inputs[1])],
)
RELU6 = OpDef(
    "Relu6",
    operands=("features: real",),
    compute=lambda xp, x: xp.minimum(xp.maximum(x, 0), 6),
    grad=lambda op, dy: [RELU6_GRAD(dy, op.outputs[0])],
)


def relu6(features: Any, name: str | None = None) -> Tensor:
    """min(max(x, 0), 6). TensorFlow: tf.nn.relu6. Gradient: dy where 0 < x < 6, else 0."""
    return RELU6(features, name=name)


def _leaky_relu_grad_compute(xp: Any, gradients: Any, features: Any, *, alpha: float) -> Any:
    return xp.where(xp.greater(features, 0), gradients, gradients * alpha)


LEAKY_RELU_GRAD: OpDef = OpDef(
    "LeakyReluGrad",
    operands=("gradients: floating", "features: floating"),
    compute=_leaky_relu_grad_compute,
    grad=lambda op, dy: [LEAKY_RELU_GRAD(dy, op.inputs[1], **op.attrs), zeros_like(op.inputs[1])],
)
LEAKY_RELU = OpDef(
    "LeakyRelu",
    operands=("features: floating",),
    compute=lambda xp, x, *, alpha: xp.where(xp.greater(x, 0), x, x * alpha),
    grad=lambda op, dy: [LEAKY_RELU_GRAD(dy, op.inputs[0], **op.attrs)],
)


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """x where x > 0, else alpha x.

    TensorFlow: tf.nn.leaky_relu. Integers become float32.

    Args:
        features: real tensor.
        alpha: the slope for negative numbers.
        name: name of the node.

    Gradient: dy where x > 0, else alpha dy.
    """
    x = as_tensor(features)
    if x.spec.dtype is not None and x.spec.dtype.kind in "iu":
        x = cast(x, dtypes.float32)
    # TensorFlow keeps the number as a float32, whatever the type of x.
    return LEAKY_RELU(x, alpha=float(np.float32(alpha)), name=name)


def crelu(features: Any, name: str | None = None, axis: int = -1) -> Tensor:
    """relu(x) and relu(-x), joined along `axis`. TensorFlow: tf.nn.crelu."""
    with name_scope(name, "CRelu", [features]) as scope:
        x = as_tensor(features)
        return relu(concat([x, negative(x)], axis, name=scope))


# Exponential linear units

# From Klambauer et al., Self-Normalizing Neural Networks, eq. 14: they keep mean 0 and variance 1.
SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


def _elu_compute(xp: Any, x: Any) -> Any:
    # The minimum keeps expm1 from overflowing where its result is not used.
    return xp.where(xp.less(x, 0), xp.expm1(xp.minimum(x, 0)), x)


def _elu_grad_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    gradients, outputs = op.inputs
    below = RELU_GRAD(multiply(dy, gradients), negative(outputs))
    return [ELU_GRAD(dy, outputs), below]


ELU_GRAD = OpDef(
    "EluGrad",
    operands=("gradients: floating", "outputs: floating"),
    compute=lambda xp, dy, y: xp.where(xp.less(y, 0), dy * (y + 1), dy),
    grad=_elu_grad_grad,
)
ELU = OpDef(
    "Elu",
    operands=("features: floating",),
    compute=_elu_compute,
    grad=lambda op, dy: [ELU_GRAD(dy, op.outputs[0])],
)


def elu(features: Any, name: str | None = None) -> Tensor:
    """x where x > 0, else exp(x) - 1.

    TensorFlow: tf.nn.elu.

    Gradient: dy where x > 0, else dy exp(x).
    """
    return ELU(features, name=name)


def _selu_grad_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    gradients, outputs = op.inputs
    below = RELU_GRAD(multiply(dy, gradients), negative(outputs))
    return [SELU_GRAD(dy, outputs), below]


def _selu_grad_compute(xp: Any, dy: Any, y: Any) -> Any:
    return xp.where(xp.less(y, 0), dy * (y + SELU_SCALE * SELU_ALPHA), dy * SELU_SCALE)


SELU_GRAD = OpDef(
    "SeluGrad",
    operands=("gradients: floating", "outputs: floating"),
    compute=_selu_grad_compute,
    grad=_selu_grad_grad,
)
SELU = OpDef(
    "Selu",
    operands=("features: floating",),
    compute=lambda xp, x: xp.where(
        xp.less(x, 0), SELU_SCALE * SELU_ALPHA * xp.expm1(xp.minimum(x, 0)), SELU_SCALE * x
    ),
    grad=lambda op, dy: [SELU_GRAD(dy, op.outputs[0])],
)


def selu(features: Any, name: str | None = None) -> Tensor:
    """1.0507 x where x > 0, else 1.0507 · 1.6733 (exp(x) - 1).

    TensorFlow: tf.nn.selu. Paper: Klambauer et al., Self-Normalizing Neural Networks, eq. 2.
    """
    return SELU(features, name=name)


# Smooth ones

SOFTSIGN = OpDef(
    "Softsign",
    operands=("features: floating",),
    compute=lambda xp, x: x / (1 + xp.abs(x)),
    grad=lambda op, dy: [realdiv(dy, square(add(abs(op.inputs[0]), 1.0)))],
)


def softsign(features: Any, name: str | None = None) -> Tensor:
    """x / (1 + |x|). TensorFlow: tf.nn.softsign. Gradient: dy / (1 + |x|)²."""
    return SOFTSIGN(features, name=name)


def swish(features: Any, beta: Any = 1.0) -> Tensor:
    """x sigmoid(beta x).

    TensorFlow: tf.nn.swish. Paper: Ramachandran et al., Searching for Activation Functions.
    """
    with name_scope(None, "swish", [features]):
        x = as_tensor(features)
        return multiply(x, sigmoid(x if beta == 1.0 else multiply(x, beta)))


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Tensor:
    """x Φ(x), with the normal distribution function Φ.

    TensorFlow: tf.nn.gelu (2.x). Paper: Hendrycks and Gimpel, Gaussian Error Linear Units.

    Args:
        features: floating tensor.
        approximate: whether Φ is replaced by (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.
        name: name of the scope.
    """
    with name_scope(name, "Gelu", [features]):
        x = as_tensor(features)
        if approximate:
            cubic = add(x, multiply(multiply(square(x), x), 0.044715))
            curve = tanh(multiply(cubic, math.sqrt(2 / math.pi)))
        else:
            curve = erf(multiply(x, math.sqrt(0.5)))
        return multiply(multiply(x, 0.5), add(curve, 1.0))
