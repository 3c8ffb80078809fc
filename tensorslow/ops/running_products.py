"""Products of what stands before each element: how a product is differentiated where some are 0.

The elements along some axes are counted in the order of these axes. Two operations of ours do all:
the product of the elements before each one, and a recurrence. Each one's gradient is made of the
recurrence, so that of `reduce_prod` is exact to any order. TensorFlow's second order divides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.conjugate import conj
from tensorslow.ops.elementwise import multiply


def _axis_order(x: Any, axes: int | Sequence[int]) -> tuple[int, ...]:
    rank = len(x.shape)
    first = tuple(axis % rank for axis in ((axes,) if isinstance(axes, int) else axes))
    return first + tuple(i for i in range(rank) if i not in first)


def _rows(xp: Any, x: Any, axes: Any, reverse: bool) -> Any:
    """`x` as [elements along the axes, all others]."""
    count = 1 if isinstance(axes, int) else len(axes)
    moved = xp.transpose(x, _axis_order(x, axes))
    sizes = moved.shape
    rows = xp.reshape(moved, (math.prod(sizes[:count]), math.prod(sizes[count:])))
    return xp.flip(rows, 0) if reverse else rows


def _from_rows(xp: Any, rows: Any, x: Any, axes: Any, reverse: bool) -> Any:
    """What `_rows` made, in the shape of `x` again."""
    order = _axis_order(x, axes)
    rows = xp.flip(rows, 0) if reverse else rows
    moved = xp.reshape(rows, tuple(x.shape[i] for i in order))
    return xp.transpose(moved, tuple(order.index(i) for i in range(len(order))))


def _shifted(xp: Any, rows: Any, distance: int, fill: int) -> Any:
    """Each row moved down; rows of `fill` come in at the top."""
    count, width = rows.shape
    top = xp.full((distance, width), fill, rows.dtype)
    return xp.slice_(xp.concat([top, rows], 0), (0, 0), (count, width), (1, 1))


def _product_before_compute(xp: Any, x: Any, axes: Any, *, reverse: bool) -> Any:
    rows = _shifted(xp, _rows(xp, x, axes, reverse), 1, fill=1)
    return _from_rows(xp, xp.cumprod(rows, 0), x, axes, reverse)


def _product_before_grad(op: Operation, dy: Tensor) -> list[Any]:
    # y_j = x_0 ⋯ x_{j-1}, so dx_l = y_l Σ_{j>l} dy_j x_{l+1} ⋯ x_{j-1}: a recurrence from the end.
    x, axes = op.inputs
    later = RECURRENCE(conj(x), dy, axes, reverse=not op.attrs["reverse"])
    return [multiply(conj(op.outputs[0]), later), None]


# Ours. A shape is not changed, and `compute` needs the real one, hence `infer`.
PRODUCT_BEFORE = OpDef(
    "ProductBefore",
    operands=("x: numeric", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=_product_before_compute,
    grad=_product_before_grad,
    infer=lambda x, axes, *, reverse: x.without_value(),
)


def _recurrence_compute(xp: Any, a: Any, b: Any, axes: Any, *, reverse: bool) -> Any:
    """y_0 = 0, y_{j+1} = a_j y_j + b_j, in log2(n) steps: step k joins what spans 2ᵏ elements."""
    factor, total = _rows(xp, a, axes, reverse), _rows(xp, b, axes, reverse)
    span = 1
    while span < factor.shape[0]:
        total = total + factor * _shifted(xp, total, span, fill=0)
        factor = factor * _shifted(xp, factor, span, fill=1)
        span *= 2
    return _from_rows(xp, _shifted(xp, total, 1, fill=0), a, axes, reverse)


def _recurrence_grad(op: Operation, dy: Tensor) -> list[Any]:
    a, _, axes = op.inputs
    db = RECURRENCE(conj(a), dy, axes, reverse=not op.attrs["reverse"])
    return [multiply(db, conj(op.outputs[0])), db, None]


def _recurrence_infer(
    a: TensorSpec, b: TensorSpec, axes: TensorSpec, *, reverse: bool
) -> TensorSpec:
    return b.with_shape(a.shape).without_value()


# Ours: the linear recurrence, from the other end if `reverse`. Its gradient is itself, reversed.
RECURRENCE = OpDef(
    "Recurrence",
    operands=("a: numeric", "b: numeric", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=_recurrence_compute,
    grad=_recurrence_grad,
    infer=_recurrence_infer,
)


def others_product(x: Tensor, axes: Tensor) -> Tensor:
    """For each element the product of all others along the axes: those before, and those after."""
    return multiply(PRODUCT_BEFORE(x, axes, reverse=False), PRODUCT_BEFORE(x, axes, reverse=True))
