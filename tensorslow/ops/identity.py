"""identity and stop_gradient: the same value, for the sake of its node."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, not_differentiable


def _identity_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    return [dy]


IDENTITY = OpDef("Identity", operands=("input: T",), compute=lambda xp, x: x, grad=_identity_grad)


def identity(input: Any, name: str | None = None) -> Tensor:
    """The same value under another name, or after further control dependencies. TensorFlow: tf.identity."""
    return IDENTITY(input, name=name)


STOP_GRADIENT = OpDef("StopGradient", operands=("input: T",), compute=lambda xp, x: x, grad=not_differentiable)


def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """The same value, as a constant for differentiation. TensorFlow: tf.stop_gradient."""
    return STOP_GRADIENT(input, name=name)
