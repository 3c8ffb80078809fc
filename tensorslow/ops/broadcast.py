"""Repeating an array to the shape of another, and summing it back: each is the other's adjoint."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.shapes import is_known


def _sum_to_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    return [broadcast_like(dy, op.inputs[0]), None]


# Ours: TensorFlow computes the axes in the graph (BroadcastGradientArgs) and then sums and
# reshapes.
SUM_TO = OpDef(
    "SumTo",
    operands=("x: T", "like"),
    compute=lambda xp, x, like: xp.sum_to(x, like),
    grad=_sum_to_grad,
)


def sum_to(x: Tensor, like: Tensor) -> Tensor:
    """`x` summed over the axes along which `like` would be repeated to get the shape of `x`.

    Every gradient of a broadcasting operation ends with it.
    """
    if is_known(x.spec.shape) and x.spec.shape == like.spec.shape:
        return x
    result: Tensor = SUM_TO(x, like)
    return result


def _broadcast_like_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    return [sum_to(dy, op.inputs[0]), None]


# Ours, as SumTo: BroadcastTo whose goal is a tensor's shape, so that no shape need be computed.
BROADCAST_LIKE = OpDef(
    "BroadcastLike",
    operands=("x: T", "like"),
    compute=lambda xp, x, like: xp.broadcast_like(x, like),
    grad=_broadcast_like_grad,
)


def broadcast_like(x: Any, like: Tensor) -> Tensor:
    """`x` repeated to the shape of `like`."""
    result: Tensor = BROADCAST_LIKE(x, like)
    return result
