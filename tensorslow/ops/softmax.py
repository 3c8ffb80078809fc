"""softmax and its logarithm: scores to probabilities."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.arguments import renamed
from tensorslow.ops.axes import along_last_axis
from tensorslow.ops.elementwise import multiply, subtract
from tensorslow.ops.exponential import exp
from tensorslow.ops.reduce import reduce_sum


def _softmax_compute(xp: Any, logits: Any) -> Any:
    # Subtracting the maximum leaves the quotient unchanged and keeps exp() at most 1.
    weights = xp.exp(logits - xp.max(logits, axis=-1, keepdims=True))
    return weights / xp.sum(weights, axis=-1, keepdims=True)


def softmax_adjoint(y: Tensor, dy: Tensor) -> Tensor:
    """How dy, the gradient at probabilities y, comes back to their logits."""
    # The Jacobian diag(y) - y yᵀ is symmetric, so it is applied to dy without being formed.
    return multiply(subtract(dy, reduce_sum(multiply(dy, y), axis=-1, keepdims=True)), y)


SOFTMAX = OpDef(
    "Softmax",
    operands=("logits: floating",),
    compute=_softmax_compute,
    grad=lambda op, dy: [softmax_adjoint(op.outputs[0], dy)],
)


def softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Probabilities proportional to exp(logits) along one axis.

    TensorFlow: tf.nn.softmax. Stable for every finite input.

    Args:
        logits: floating tensor [..., classes, ...].
        axis: the axis that sums to one; negative counts from the end; None: the last.
        name: name of the node.
        dim: old name of `axis`.

    Returns:
        Tensor with the shape and dtype of `logits`, values in [0, 1].

    Raises:
        ShapeError: `logits` has no such axis.
        DTypeError: `logits` is not floating.

    Gradient: (dy - sum(dy * y)) * y, to any order.
    """
    axis = renamed("axis", axis, "dim", dim)
    return along_last_axis(SOFTMAX, logits, -1 if axis is None else axis, name)


def _log_softmax_compute(xp: Any, logits: Any) -> Any:
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def _log_softmax_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    (y,) = op.outputs
    return [subtract(dy, multiply(reduce_sum(dy, axis=-1, keepdims=True), exp(y)))]


LOG_SOFTMAX = OpDef(
    "LogSoftmax",
    operands=("logits: floating",),
    compute=_log_softmax_compute,
    grad=_log_softmax_grad,
)


def log_softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """The logarithms of `softmax`, exact also where probabilities are too small to be stored.

    TensorFlow: tf.nn.log_softmax. Arguments and errors as for `softmax`.

    Gradient: dy - sum(dy) exp(y), to any order.
    """
    axis = renamed("axis", axis, "dim", dim)
    return along_last_axis(LOG_SOFTMAX, logits, -1 if axis is None else axis, name)
