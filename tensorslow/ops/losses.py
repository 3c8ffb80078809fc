"""Losses of classification and regression, computed from scores (logits): nothing overflows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor
from tensorslow.ops.activations import relu
from tensorslow.ops.arguments import renamed
from tensorslow.ops.axes import axis_to_last
from tensorslow.ops.broadcast import sum_to
from tensorslow.ops.casting import cast
from tensorslow.ops.comparison import greater_equal, less_equal
from tensorslow.ops.elementwise import add, add_n, multiply, negative, subtract, zeros_like
from tensorslow.ops.exponential import exp, log, log1p
from tensorslow.ops.identity import stop_gradient
from tensorslow.ops.logical import logical_and
from tensorslow.ops.reduce import SPREAD
from tensorslow.ops.rounding import abs
from tensorslow.ops.selection import where
from tensorslow.ops.softmax import LOG_SOFTMAX, SOFTMAX, softmax_adjoint
from tensorslow.scopes import name_scope
from tensorslow.shapes import compatible, show

# One class of several, given as probabilities


def _xent_check(logits: TensorSpec, labels: TensorSpec) -> None:
    if logits.shape is None or labels.shape is None:
        return
    if len(logits.shape) != len(labels.shape) or not compatible(
        logits.shape[-1:], labels.shape[-1:]
    ):
        raise ShapeError(
            f"labels must have the shape of logits, {show(logits.shape)}, not {show(labels.shape)}",
            hint="labels are rows of probabilities; "
            "for class numbers use sparse_softmax_cross_entropy_with_logits",
        )


def _log_sums(xp: Any, logits: Any) -> tuple[Any, Any, Any]:
    """The logits less their maximum, the exponentials of these, and the sums of those."""
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    weights = xp.exp(shifted)
    return shifted, weights, xp.sum(weights, axis=-1, keepdims=True)


def _xent_compute(xp: Any, logits: Any, labels: Any) -> tuple[Any, Any]:
    shifted, weights, total = _log_sums(xp, logits)
    return xp.sum(labels * (xp.log(total) - shifted), axis=-1), weights / total - labels


def _xent_parts(op: Operation, dloss: Tensor | None, dslope: Tensor | None) -> list[Tensor]:
    """What comes back to the logits from the loss, and from its slope (the second output)."""
    logits, parts = op.inputs[0], []
    if dloss is not None:
        parts.append(multiply(_repeated(dloss, op), op.outputs[1]))
    if dslope is not None:
        parts.append(softmax_adjoint(SOFTMAX(logits), dslope))
    return parts


def _repeated(dloss: Tensor, op: Operation) -> Tensor:
    return SPREAD(dloss, op.outputs[1], -1, keep_dims=False)


def _xent_grad(op: Operation, dloss: Tensor | None, dslope: Tensor | None) -> list[Tensor]:
    logits, labels = op.inputs
    to_labels = []
    if dloss is not None:
        to_labels.append(negative(multiply(_repeated(dloss, op), LOG_SOFTMAX(logits))))
    if dslope is not None:
        to_labels.append(negative(dslope))
    return [sum_to(add_n(_xent_parts(op, dloss, dslope)), logits), sum_to(add_n(to_labels), labels)]


# Its second output is the slope of the loss in the logits, for labels that sum to 1.
SOFTMAX_XENT = OpDef(
    "SoftmaxCrossEntropyWithLogits",
    operands=("logits: floating", "labels: floating"),
    check=_xent_check,
    compute=_xent_compute,
    grad=_xent_grad,
)


def _check_named(sentinel: Any, labels: Any, logits: Any, function: str) -> None:
    """Old versions had logits first, so TensorFlow 1 insists on names, and so do we."""
    if sentinel is not None or labels is None or logits is None:
        raise ValueError(f"call {function} with both names: labels=..., logits=...")


def _dense_xent(labels: Any, logits: Any, axis: int, scope: str) -> Tensor:
    logits = as_tensor(logits, name="logits")
    precise = _precise(logits)
    labels = as_tensor(
        labels, None if isinstance(labels, Tensor) else precise.spec.dtype, name="labels"
    )
    if precise.dtype is not None:
        labels = cast(labels, precise.dtype)
    loss, _ = SOFTMAX_XENT(axis_to_last(precise, axis), axis_to_last(labels, axis), name=scope)
    return loss if precise is logits else cast(loss, dtypes.float16)


def _precise(logits: Tensor) -> Tensor:
    """Sums of exponentials soon leave float16: they are taken in float32, as in TensorFlow."""
    return cast(logits, dtypes.float32) if logits.dtype is dtypes.float16 else logits


def softmax_cross_entropy_with_logits(
    _sentinel: Any = None,
    labels: Any = None,
    logits: Any = None,
    dim: int = -1,
    name: str | None = None,
    axis: int | None = None,
) -> Tensor:
    """How unlikely the classes `labels` are if softmax(logits) are the probabilities.

    TensorFlow: tf.nn.softmax_cross_entropy_with_logits. It is -Σ labels · log(softmax(logits)).

    Args:
        labels: [..., classes], each row probabilities that sum to 1.
        logits: floating tensor [..., classes], scores of any size.
        dim: the axis of the classes.
        name: name of the node.
        axis: another name of `dim`.

    Returns:
        Tensor [...], the loss of each row.

    Raises:
        ValueError: the arguments were not named.
        ShapeError: `labels` and `logits` have different shapes, or no such axis.

    Gradient: to the logits only, softmax(logits) - labels for each row.
    """
    _check_named(_sentinel, labels, logits, "softmax_cross_entropy_with_logits")
    with name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as scope:
        fixed = stop_gradient(labels, name="labels_stop_gradient")
        return _dense_xent(fixed, logits, dim if axis is None else axis, scope)


def softmax_cross_entropy_with_logits_v2(
    labels: Any,
    logits: Any,
    axis: int | None = None,
    name: str | None = None,
    dim: int | None = None,
) -> Tensor:
    """As `softmax_cross_entropy_with_logits`, with a gradient to the labels too.

    TensorFlow: tf.nn.softmax_cross_entropy_with_logits_v2.

    Gradient: to the logits softmax(logits) - labels, to the labels -log(softmax(logits)).
    """
    axis = renamed("axis", axis, "dim", dim)
    with name_scope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as scope:
        return _dense_xent(labels, logits, -1 if axis is None else axis, scope)


# One class of several, given by its number


def _sparse_check(logits: TensorSpec, labels: TensorSpec) -> None:
    if logits.shape == ():
        raise ShapeError(
            "logits is a scalar, so there are no classes", hint="logits are [..., classes]"
        )
    if logits.shape is not None and not compatible(labels.shape, logits.shape[:-1]):
        raise ShapeError(
            f"labels must be {show(logits.shape[:-1])}, one class number a row of logits, "
            f"not {show(labels.shape)}",
            hint="for rows of probabilities use softmax_cross_entropy_with_logits",
        )


def _sparse_compute(xp: Any, logits: Any, labels: Any) -> tuple[Any, Any]:
    shifted, weights, total = _log_sums(xp, logits)
    places = xp.last_places(shifted, labels)
    loss = xp.squeeze(xp.log(total), -1) - xp.take_flat(shifted, places)
    return loss, xp.add_flat(weights / total, places, -1)


def _sparse_grad(
    op: Operation, dloss: Tensor | None, dslope: Tensor | None
) -> Sequence[Tensor | None]:
    return [add_n(_xent_parts(op, dloss, dslope)), None]


SPARSE_SOFTMAX_XENT = OpDef(
    "SparseSoftmaxCrossEntropyWithLogits",
    operands=("logits: floating", "labels: index"),
    check=_sparse_check,
    compute=_sparse_compute,
    grad=_sparse_grad,
)


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """How unlikely the classes number `labels` are if softmax(logits) are the probabilities.

    TensorFlow: tf.nn.sparse_softmax_cross_entropy_with_logits. It is -log(softmax(logits)[label]).

    Args:
        labels: integer tensor [...], from 0 up to the number of classes.
        logits: floating tensor [..., classes], scores of any size.
        name: name of the node.

    Returns:
        Tensor [...], the loss of each row.

    Raises:
        ValueError: the arguments were not named.
        ShapeError: `labels` is not one number for each row of `logits`.
        ExecutionError: when it runs: there is no class of that number.

    Gradient: softmax(logits), less 1 at the class; none to the labels.
    """
    _check_named(_sentinel, labels, logits, "sparse_softmax_cross_entropy_with_logits")
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        logits = as_tensor(logits)
        precise = _precise(logits)
        loss, _ = SPARSE_SOFTMAX_XENT(precise, labels, name=name)
        return loss if precise is logits else cast(loss, dtypes.float16)


# Yes or no


def _check_same_shape(labels: Tensor, logits: Tensor, function: str) -> None:
    if not compatible(labels.spec.shape, logits.spec.shape):
        raise ShapeError(
            f"labels have shape {show(labels.spec.shape)}, logits {show(logits.spec.shape)}",
            hint="they must be equal: one label a score",
        ).locate(function, [("labels", labels.describe()), ("logits", logits.describe())])


def _pair(labels: Any, logits: Any, function: str) -> tuple[Tensor, Tensor]:
    """Both as tensors; plain labels take the type of the logits."""
    scores = as_tensor(logits, name="logits")
    plain = not isinstance(labels, Tensor)
    answers = as_tensor(
        labels, scores.spec.dtype if plain else None, name="labels", weak=scores.dtype is None
    )
    _check_same_shape(answers, scores, function)
    return answers, scores


def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """How unlikely the answers `labels` are if sigmoid(logits) are the probabilities of "yes".

    TensorFlow: tf.nn.sigmoid_cross_entropy_with_logits. With x the logits and z the labels, it is
    max(x, 0) - x z + log(1 + exp(-|x|)).

    Args:
        labels: probabilities of "yes", from 0 to 1.
        logits: floating tensor of the same shape and type, scores of any size.
        name: name of the node.

    Returns:
        Tensor of the same shape.

    Raises:
        ValueError: the arguments were not named.
        ShapeError: `labels` and `logits` have different shapes.

    Gradient: to the logits sigmoid(x) - z, to the labels -x.
    """
    _check_named(_sentinel, labels, logits, "sigmoid_cross_entropy_with_logits")
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        z, x = _pair(labels, logits, "sigmoid_cross_entropy_with_logits")
        # Chosen by one condition, not by max and abs, so that the slopes at 0 add up to a half.
        zeros = zeros_like(x)
        positive = greater_equal(x, zeros)
        above, minus_size = where(positive, x, zeros), where(positive, negative(x), x)
        return add(subtract(above, multiply(x, z)), log1p(exp(minus_size)), name=scope)


def weighted_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    pos_weight: Any = None,
    name: str | None = None,
    targets: Any = None,
) -> Tensor:
    """As `sigmoid_cross_entropy_with_logits`, where the answers "yes" count `pos_weight` times.

    TensorFlow: tf.nn.weighted_cross_entropy_with_logits. With w = 1 + (pos_weight - 1) z, it is
    (1 - z) x + w (log(1 + exp(-|x|)) + max(-x, 0)).

    Args:
        labels: probabilities of "yes", from 0 to 1.
        logits: floating tensor of the same shape and type.
        pos_weight: number or tensor; above 1, fewer are missed; below 1, fewer are wrongly found.
        name: name of the node.
        targets: old name of `labels`.

    Raises:
        ShapeError: `labels` and `logits` have different shapes.

    Gradient: that of its parts; at x = 0, where they have kinks, TensorFlow's: 1 - z.
    """
    labels = renamed("labels", labels, "targets", targets)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        z, x = _pair(labels, logits, "weighted_cross_entropy_with_logits")
        weight = add(multiply(subtract(as_tensor(pos_weight, x.spec.dtype), 1), z), 1)
        no = add(log1p(exp(negative(abs(x)))), relu(negative(x)))
        return add(multiply(subtract(1, z), x), multiply(weight, no), name=scope)


# Numbers


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """How unlikely the counts `targets` are in Poisson distributions of means exp(log_input).

    TensorFlow: tf.nn.log_poisson_loss. It is exp(c) - z c, with z the targets and c the log_input.

    Args:
        targets: counts, of the type and shape of `log_input`.
        log_input: floating tensor.
        compute_full_loss: whether log(z!) is added, by Stirling's formula.
        name: name of the scope.

    Raises:
        ShapeError: the shapes differ.

    Gradient: exp(c) - z to c, -c to z.
    """
    with name_scope(name, "log_poisson_loss", [log_input, targets]):
        z, c = _pair(targets, log_input, "log_poisson_loss")
        loss = subtract(exp(c), multiply(c, z, name="mul"), name="sub")
        if not compute_full_loss:
            return loss
        stirling = add(
            subtract(multiply(z, log(z)), z), multiply(log(multiply(z, 2 * math.pi)), 0.5)
        )
        zeros = zeros_like(z)
        tiny = logical_and(greater_equal(z, zeros), less_equal(z, 1.0))
        return add(loss, where(tiny, zeros, stirling))


L2_LOSS = OpDef(
    "L2Loss",
    operands=("t: floating",),
    compute=lambda xp, t: xp.sum(t * t) / 2,
    grad=lambda op, dy: [multiply(op.inputs[0], dy)],
)


def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Half the sum of the squares of all elements. TensorFlow: tf.nn.l2_loss. Gradient: dy t."""
    return L2_LOSS(t, name=name)
