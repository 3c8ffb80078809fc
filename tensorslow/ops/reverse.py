"""The order of elements reversed: along whole axes, or along the used part of each sequence."""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.arguments import renamed
from tensorslow.shapes import may_be_equal, normalize_axis, show

REVERSE: OpDef = OpDef(
    "ReverseV2",
    operands=("tensor: T", "axis: index"),
    known=("axis",),
    compute=lambda xp, x, axis: xp.flip(x, axis),
    grad=lambda op, dy: [REVERSE(dy, op.inputs[1]), None],
)


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Tensor:
    """A tensor with the order reversed along some axes.

    TensorFlow: tf.reverse.

    Args:
        tensor: any tensor.
        axis: vector of axes; negative ones count from the end.
        name: name of the node.

    Raises:
        ShapeError: there is no such axis, or one is named twice.

    Gradient: dy, reversed.
    """
    return REVERSE(tensor, axis, name=name)


reverse_v2 = reverse


def _reverse_sequence_check(
    x: TensorSpec, lengths: TensorSpec, *, seq_dim: int, batch_dim: int
) -> None:
    if lengths.ndim not in (None, 1):
        raise ShapeError(f"seq_lengths must be a vector, not {show(lengths.shape)}")
    if x.shape is None:
        return
    if normalize_axis(seq_dim, len(x.shape)) == normalize_axis(batch_dim, len(x.shape)):
        raise ShapeError(f"axis {seq_dim} cannot be both the sequences' and the batch's")
    if lengths.shape is not None and not may_be_equal(x.shape[batch_dim], lengths.shape[0]):
        raise ShapeError(f"there are {lengths.shape[0]} lengths for {x.shape[batch_dim]} sequences")


def _reverse_sequence_compute(
    xp: Any, x: Any, lengths: Any, *, seq_dim: int, batch_dim: int
) -> Any:
    rank = len(x.shape)
    seq, batch = seq_dim % rank, batch_dim % rank
    steps = xp.arange(0, x.shape[seq], 1, lengths.dtype)
    ends = xp.expand_dims(lengths, 1)
    # Step i comes from the i-th before the end, as long as it is before the end.
    places = xp.where(xp.less(steps, ends), ends - 1 - steps, steps)
    order = [batch, seq, *[i for i in range(rank) if i not in (batch, seq)]]
    moved = xp.take(xp.transpose(x, order), places, 1, 1)
    return xp.transpose(moved, [order.index(i) for i in range(rank)])


REVERSE_SEQUENCE: OpDef = OpDef(
    "ReverseSequence",
    operands=("input: T", "seq_lengths: index"),
    check=_reverse_sequence_check,
    compute=_reverse_sequence_compute,
    infer=lambda x, lengths, *, seq_dim, batch_dim: x.without_value(),
    grad=lambda op, dy: [REVERSE_SEQUENCE(dy, op.inputs[1], **op.attrs), None],
)


def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Tensor:
    """Each sequence of a batch reversed up to its own length; what comes behind stays.

    TensorFlow: tf.reverse_sequence.

    Args:
        input: tensor with a batch axis and an axis of steps.
        seq_lengths: int32 or int64 vector, the length of each sequence, in steps.
        seq_axis: the axis of steps.
        batch_axis: the axis of the batch; None: 0.
        name: name of the node.
        seq_dim, batch_dim: old names of the axes.

    Raises:
        ShapeError: there is not one length a sequence, or there is no such axis.
        ExecutionError: when it runs, a length is greater than the number of steps.
        ValueError: no axis of steps is given.

    Gradient: dy, reversed alike.
    """
    steps = renamed("seq_axis", seq_axis, "seq_dim", seq_dim)
    batch = renamed("batch_axis", batch_axis, "batch_dim", batch_dim)
    if steps is None:
        raise ValueError("reverse_sequence needs seq_axis, the axis of steps")
    return REVERSE_SEQUENCE(
        input, seq_lengths, seq_dim=int(steps), batch_dim=int(batch or 0), name=name
    )
