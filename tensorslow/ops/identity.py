"""The same value again, for the sake of its node: identity, stop_gradient, check_numerics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.errors import ExecutionError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, not_differentiable


def _identity_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    return [dy]


IDENTITY = OpDef("Identity", operands=("input: T",), compute=lambda xp, x: x, grad=_identity_grad)


def identity(input: Any, name: str | None = None) -> Tensor:
    """The same value under another name, or after further control dependencies.

    TensorFlow: tf.identity. Gradient: dy.
    """
    return IDENTITY(input, name=name)


IDENTITY_N = OpDef(
    "IdentityN",
    operands=("input*",),
    compute=lambda xp, inputs: tuple(inputs),
    grad=lambda op, *dys: list(dys),
)


def identity_n(input: Sequence[Any], name: str | None = None) -> list[Tensor]:
    """The same values of several tensors, all of them computed before the first is handed on.

    TensorFlow: tf.identity_n. Gradient: (dy, …).
    """
    return IDENTITY_N.node(input, name=name).outputs


STOP_GRADIENT = OpDef(
    "StopGradient", operands=("input: T",), compute=lambda xp, x: x, grad=not_differentiable
)


def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """The same value, as a constant for differentiation.

    TensorFlow: tf.stop_gradient. Gradient: none.
    """
    return STOP_GRADIENT(input, name=name)


def _complain(x: Any, message: str) -> None:
    found = [what for what, test in (("Inf", np.isinf), ("NaN", np.isnan)) if test(x).any()]
    raise ExecutionError(f"{message} : Tensor had {' and '.join(found)} values")


def _check_numerics_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    text = (
        f"Not a number (NaN) or infinity (Inf) values detected in gradient. {op.attrs['message']}"
    )
    return [check_numerics(dy, text)]


def _check_numerics(xp: Any, x: Any, *, message: str) -> Any:
    return xp.require(x, xp.isfinite(x), lambda value: _complain(value, message))


CHECK_NUMERICS = OpDef(
    "CheckNumerics",
    operands=("tensor: floating",),
    compute=_check_numerics,
    infer=lambda x, *, message: x,
    grad=_check_numerics_grad,
)


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Tensor:
    """The same value, after a check that no element is nan or infinite.

    TensorFlow: tf.check_numerics.

    Args:
        tensor: floating tensor.
        message: how the error begins.
        name: name of the node.

    Raises:
        DTypeError: `tensor` is not floating.
        ExecutionError: when it runs, some element is nan or infinite.

    Gradient: dy, checked as well.
    """
    return CHECK_NUMERICS(tensor, message=message, name=name)
