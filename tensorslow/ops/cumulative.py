"""Running sums and products."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.elementwise import add, multiply
from tensorslow.ops.running_products import RECURRENCE
from tensorslow.ops.shape import one_axis


def _running(
    xp: Any, x: Any, axis: Any, exclusive: bool, reverse: bool, *, accumulate: Any, first: int
) -> Any:
    """`accumulate`, perhaps from the other end, perhaps shifted by one, `first` coming in."""
    axis = one_axis(axis)
    if x.shape is None or not isinstance(axis, int):
        return accumulate(x, axis)
    total = accumulate(xp.flip(x, axis) if reverse else x, axis)
    if exclusive:
        rank, axis = len(x.shape), axis % len(x.shape)
        shifted = xp.pad(total, [(int(i == axis), 0) for i in range(rank)], first)
        ends = [x.shape[axis] if i == axis else None for i in range(rank)]
        begins = [None if i == axis and x.shape[axis] is None else 0 for i in range(rank)]
        total = xp.slice_(shifted, begins, ends, [1] * rank)
    return xp.flip(total, axis) if reverse else total


def _cumsum_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    settings = {"exclusive": op.attrs["exclusive"], "reverse": not op.attrs["reverse"]}
    return [CUMSUM(dy, op.inputs[1], **settings), None]


CUMSUM = OpDef(
    "Cumsum",
    operands=("x: numeric", "axis: index"),
    known=("axis",),
    compute=lambda xp, x, axis, *, exclusive, reverse: _running(
        xp, x, axis, exclusive, reverse, accumulate=xp.cumsum, first=0
    ),
    grad=_cumsum_grad,
)


def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Running sums along an axis: [a, a + b, a + b + c].

    TensorFlow: tf.cumsum.

    Args:
        x: number tensor.
        axis: which axis.
        exclusive: whether an element counts only for those behind it: [0, a, a + b].
        reverse: whether it runs from the other end.
        name: name of the node.

    Raises:
        ShapeError: there is no such axis.

    Gradient: dy, summed from the other end.
    """
    return CUMSUM(x, axis, exclusive=exclusive, reverse=reverse, name=name)


def _cumprod_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    # dx_l = (x_0 ⋯ x_{l-1}) (dy_l + x_{l+1} dy_{l+1} + x_{l+1} x_{l+2} dy_{l+2} + …), exact also
    # where some x are 0; TensorFlow divides by x and gives nan. What is in the second brackets is
    # a recurrence from the end: s_l = x_{l+1} s_{l+1} + b_{l+1}.
    x, axis = op.inputs
    reverse = op.attrs["reverse"]
    before = CUMPROD(x, axis, exclusive=True, reverse=reverse)
    if op.attrs["exclusive"]:
        later: Tensor = RECURRENCE(x, dy, axis, reverse=not reverse)
    else:
        later = add(dy, RECURRENCE(x, multiply(x, dy), axis, reverse=not reverse))
    return [multiply(before, later), None]


CUMPROD = OpDef(
    "Cumprod",
    operands=("x: numeric", "axis: index"),
    known=("axis",),
    compute=lambda xp, x, axis, *, exclusive, reverse: _running(
        xp, x, axis, exclusive, reverse, accumulate=xp.cumprod, first=1
    ),
    grad=_cumprod_grad,
)


def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Running products along an axis: [a, a b, a b c].

    TensorFlow: tf.cumprod. Arguments and errors as `cumsum`; exclusive is [1, a, a b].

    Gradient: exact, also where an element is 0 (TensorFlow's is nan there).
    """
    return CUMPROD(x, axis, exclusive=exclusive, reverse=reverse, name=name)
