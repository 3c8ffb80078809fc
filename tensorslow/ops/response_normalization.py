"""Local response normalization: each element divided by how strong its neighbours are."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.elementwise import add, multiply, subtract
from tensorslow.ops.powers import pow, square


def _neighbour_sum_compute(xp: Any, x: Any, *, depth_radius: int) -> Any:
    # The product with a symmetric matrix that has ones in a band along the diagonal.
    int32 = np.dtype(np.int32)
    channels = xp.arange(0, xp.squeeze(xp.slice_(xp.shape(x), (-1,), (None,), (1,)), 0), 1, int32)
    distance = xp.abs(xp.expand_dims(channels, 1) - xp.expand_dims(channels, 0))
    return xp.matmul(x, xp.cast(xp.less_equal(distance, depth_radius), x.dtype))


# Ours: the sum over the channels at most so far away. It is its own adjoint.
NEIGHBOUR_SUM: OpDef = OpDef(
    "NeighbourSum",
    operands=("x: floating",),
    compute=_neighbour_sum_compute,
    grad=lambda op, dy: [NEIGHBOUR_SUM(dy, **op.attrs)],
)


def _lrn_compute(
    xp: Any, x: Any, *, depth_radius: int, bias: float, alpha: float, beta: float
) -> Any:
    strength = bias + alpha * _neighbour_sum_compute(xp, x * x, depth_radius=depth_radius)
    return x * xp.power(strength, -beta)


def _lrn_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    (x,) = op.inputs
    radius, bias, alpha, beta = (op.attrs[key] for key in ("depth_radius", "bias", "alpha", "beta"))
    # y = x s^-β with s = bias + α W x², where W sums neighbours and is symmetric:
    # dx = dy s^-β - 2 α β x W(dy x s^(-β - 1)).
    strength = add(multiply(NEIGHBOUR_SUM(square(x), depth_radius=radius), alpha), bias)
    through_sums = NEIGHBOUR_SUM(
        multiply(multiply(dy, x), pow(strength, -beta - 1)), depth_radius=radius
    )
    return [
        subtract(
            multiply(dy, pow(strength, -beta)),
            multiply(multiply(x, through_sums), 2 * alpha * beta),
        )
    ]


LRN = OpDef("LRN", operands=("input: floating",), compute=_lrn_compute, grad=_lrn_grad)


def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Tensor:
    """x / (bias + alpha s)^beta, with s the sum of squares over the channels around each one.

    TensorFlow: tf.nn.local_response_normalization.
    Paper: Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 3.3.

    Args:
        input: floating tensor [batch, height, width, channels].
        depth_radius: how many channels on each side count.
        bias, alpha, beta: the numbers of the formula.
        name: name of the node.

    Gradient: to any order.
    """
    return LRN(
        input,
        depth_radius=depth_radius,
        bias=float(bias),
        alpha=float(alpha),
        beta=float(beta),
        name=name,
    )


lrn = local_response_normalization
