"""Operations on the last axis, applied to any other one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.transpose import transpose
from tensorslow.shapes import normalize_axis

_INT32 = np.dtype(np.int32)


def static_rank(value: Any) -> int | None:
    """The number of axes of a tensor, or of what becomes one; None: not known yet."""
    depth = 0
    while isinstance(value, (list, tuple)):
        depth += 1
        if not value:
            return depth
        value = value[0]
    if isinstance(value, (Tensor, Operation)) or hasattr(value, "to_tensor"):
        rank = as_tensor(value).spec.ndim
        return None if rank is None else depth + int(rank)
    return depth + np.ndim(value)


def _order_compute(xp: Any, x: Any, axis: int, *, back: bool) -> Any:
    last = x.ndim - 1
    axis, numbers = normalize_axis(axis, x.ndim), xp.arange(0, x.ndim, 1, _INT32)
    if back:
        kept = xp.subtract(numbers, xp.cast(xp.greater(numbers, axis), _INT32))
        return xp.where(xp.equal(numbers, axis), last, kept)
    kept = xp.add(numbers, xp.cast(xp.greater_equal(numbers, axis), _INT32))
    return xp.where(xp.equal(numbers, last), axis, kept)


# Ours: the permutation that moves an axis behind all others, or back, where the rank is not known.
AXIS_LAST = OpDef(
    "AxisLast",
    operands=("x", "axis: index"),
    known=("axis",),
    compute=_order_compute,
    grad=not_differentiable,
    infer=lambda x, axis, *, back: TensorSpec((x.ndim,), _INT32),
)


def _order(x: Tensor, axis: Any, back: bool) -> Any:
    rank = x.spec.ndim
    if rank is None or isinstance(axis, Tensor):
        return AXIS_LAST(x, axis, back=back)
    axis = normalize_axis(axis, rank)
    if back:
        return [*range(axis), rank - 1, *range(axis, rank - 1)]
    return [*range(axis), *range(axis + 1, rank), axis]


def is_last(x: Tensor, axis: Any) -> bool:
    """Whether `axis` is known to be the last one."""
    return not isinstance(axis, Tensor) and (axis == -1 or axis + 1 == x.spec.ndim)


def axis_to_last(x: Tensor, axis: Any) -> Tensor:
    """`x` with one axis moved behind all others."""
    return x if is_last(x, axis) else transpose(x, _order(x, axis, back=False))


def along_last_axis(opdef: OpDef, operand: Any, axis: Any, name: str | None) -> Tensor:
    """A node of a kind that works along the last axis, made to work along any other.

    Args:
        opdef: a kind of operation over one operand, whose shape it keeps.
        operand: what becomes its operand.
        axis: number, or tensor of one; negative: counted from the end.
        name: name of the last node.

    Raises:
        ShapeError: there is no such axis.
    """
    if axis == -1:
        return opdef(operand, name=name)
    x = as_tensor(operand)
    if is_last(x, axis):
        return opdef(x, name=name)
    result: Tensor = opdef(axis_to_last(x, axis))
    return transpose(result, _order(x, axis, back=True), name or "transpose")
