"""Reductions over axes, and the spreading of a result back over what was reduced."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.arguments import renamed
from tensorslow.ops.conjugate import conj
from tensorslow.ops.elementwise import multiply
from tensorslow.ops.running_products import others_product

# Results spread out


def _spread_back(xp: Any, y: Any, x: Any, axes: Any, keep_dims: bool) -> Any:
    return xp.broadcast_like(y if keep_dims else xp.expand_reduced(y, x, axes), x)


def _spread_grad(op: Operation, dy: Tensor) -> list[Any]:
    _, _, axes = op.inputs
    return [SUM(dy, axes, keep_dims=op.attrs["keep_dims"]), None, None]


# Ours: the adjoint of a sum. TensorFlow computes shapes and axes in the graph, reshapes and tiles.
SPREAD = OpDef(
    "Spread",
    operands=("y: T", "input", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, y, x, axes, *, keep_dims: _spread_back(xp, y, x, axes, keep_dims),
    grad=_spread_grad,
)


def spread(y: Tensor, op: Operation) -> Tensor:
    """What a reduction `op` gave, or its gradient, repeated to the shape of what was reduced."""
    x, axes = op.inputs
    return SPREAD(y, x, axes, keep_dims=op.attrs["keep_dims"])


def _spread_mean_compute(xp: Any, y: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    count = xp.floor_divide(xp.size(x), xp.maximum(xp.size(y), 1))
    return _spread_back(xp, y / xp.cast(count, y.dtype), x, axes, keep_dims)


def _spread_mean_grad(op: Operation, dy: Tensor) -> list[Any]:
    _, _, axes = op.inputs
    return [MEAN(dy, axes, keep_dims=op.attrs["keep_dims"]), None, None]


# Ours: the adjoint of a mean, which gives each of n elements one n-th.
SPREAD_MEAN = OpDef(
    "SpreadMean",
    operands=("y: T", "input", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=_spread_mean_compute,
    grad=_spread_mean_grad,
)


def _tie_share_compute(xp: Any, y: Any, x: Any, axes: Any, *, keep_dims: bool) -> Any:
    chosen = xp.cast(xp.equal(x, _spread_back(xp, y, x, axes, keep_dims)), x.dtype)
    return chosen / xp.sum(chosen, axes, True)


# Ours: how a maximum or minimum y of x shares its gradient among all elements that equal it.
TIE_SHARE = OpDef(
    "TieShare",
    operands=("y: T", "input: T", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=_tie_share_compute,
    grad=not_differentiable,
)

# Axes

ALL_AXES = OpDef(
    "AllAxes",
    operands=("input",),
    compute=lambda xp, x: xp.arange(0, xp.ndim(x), 1, np.dtype(np.int32)),
    grad=not_differentiable,
)


def reduction_axes(x: Tensor, axis: Any) -> Any:
    """The axes to reduce, as TensorFlow hands them over: all of them, as a tensor, for None."""
    if isinstance(axis, (list, tuple)) and not axis:
        return np.zeros(0, np.int32)  # an empty list has no type of its own
    if axis is not None:
        return axis
    if x.spec.shape is not None:
        return as_tensor(np.arange(len(x.spec.shape), dtype=np.int32), name="Const")
    return ALL_AXES(x, name="range")


def reduce_with(
    opdef: OpDef,
    input_tensor: Any,
    axis: Any,
    keepdims: bool | None,
    name: str | None,
    old_names: tuple[Any, Any],
) -> Tensor:
    """A node that reduces; `old_names` is what was given as `reduction_indices` and `keep_dims`."""
    reduction_indices, keep_dims = old_names
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    keepdims = renamed("keepdims", keepdims, "keep_dims", keep_dims)
    x = as_tensor(input_tensor)
    result: Tensor = opdef(x, reduction_axes(x, axis), name=name, keep_dims=bool(keepdims))
    if axis is None and not keepdims:
        result.set_shape(())  # whatever the rank
    return result


# Reductions

SUM = OpDef(
    "Sum",
    operands=("input: numeric", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, x, axis, *, keep_dims: xp.sum(x, axis, keep_dims),
    grad=lambda op, dy: [spread(dy, op), None],
)


def reduce_sum(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The sum over some axes.

    TensorFlow: tf.reduce_sum.

    Args:
        input_tensor: number tensor.
        axis: an axis or list of axes, counted from the front or, negative, from the end; None: all.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the node.
        reduction_indices, keep_dims: old names of `axis` and `keepdims`.

    Returns:
        Tensor of the same type; the sum of nothing is 0.

    Raises:
        ShapeError: there is no such axis, or one is named twice.

    Gradient: dy, repeated over the axes that were summed.
    """
    return reduce_with(SUM, input_tensor, axis, keepdims, name, (reduction_indices, keep_dims))


def _mean_grad(op: Operation, dy: Tensor) -> list[Any]:
    x, axes = op.inputs
    return [SPREAD_MEAN(dy, x, axes, keep_dims=op.attrs["keep_dims"]), None]


MEAN = OpDef(
    "Mean",
    operands=("input: numeric", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, x, axis, *, keep_dims: xp.mean(x, axis, keep_dims),
    grad=_mean_grad,
)


def reduce_mean(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The mean over some axes.

    TensorFlow: tf.reduce_mean. Arguments and errors as for `reduce_sum`.

    Returns:
        Tensor of the same type: of integers, the mean is rounded towards 0; of nothing, it is nan.

    Gradient: dy divided by the number of elements, repeated over the axes.
    """
    return reduce_with(MEAN, input_tensor, axis, keepdims, name, (reduction_indices, keep_dims))


def _extreme_grad(op: Operation, dy: Tensor) -> list[Any]:
    x, axes = op.inputs
    share = TIE_SHARE(op.outputs[0], x, axes, keep_dims=op.attrs["keep_dims"])
    return [multiply(share, spread(dy, op)), None]


MAX = OpDef(
    "Max",
    operands=("input: real", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, x, axis, *, keep_dims: xp.max(x, axis, keep_dims),
    grad=_extreme_grad,
)


def reduce_max(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The largest element over some axes.

    TensorFlow: tf.reduce_max. Arguments and errors as for `reduce_sum`.

    Returns:
        Tensor of the same type; the maximum of nothing is the lowest value of the type.

    Gradient: dy, in equal parts to all elements that are the largest.
    """
    return reduce_with(MAX, input_tensor, axis, keepdims, name, (reduction_indices, keep_dims))


MIN = OpDef(
    "Min",
    operands=("input: real", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, x, axis, *, keep_dims: xp.min(x, axis, keep_dims),
    grad=_extreme_grad,
)


def reduce_min(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The smallest element over some axes.

    TensorFlow: tf.reduce_min. Arguments and errors as for `reduce_sum`.

    Returns:
        Tensor of the same type; the minimum of nothing is the highest value of the type.

    Gradient: dy, in equal parts to all elements that are the smallest.
    """
    return reduce_with(MIN, input_tensor, axis, keepdims, name, (reduction_indices, keep_dims))


def _prod_grad(op: Operation, dy: Tensor) -> list[Any]:
    x, axes = op.inputs
    return [multiply(spread(dy, op), others_product(conj(x), axes)), None]


PROD = OpDef(
    "Prod",
    operands=("input: numeric", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, x, axis, *, keep_dims: xp.prod(x, axis, keep_dims),
    grad=_prod_grad,
)


def reduce_prod(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The product over some axes.

    TensorFlow: tf.reduce_prod. Arguments and errors as for `reduce_sum`.

    Returns:
        Tensor of the same type; the product of nothing is 1.

    Gradient: dy times the product of all other elements; right to any order, also where some are 0
        (from the second order on, TensorFlow's is not).
    """
    return reduce_with(PROD, input_tensor, axis, keepdims, name, (reduction_indices, keep_dims))


ANY = OpDef(
    "Any",
    operands=("input: bool", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, x, axis, *, keep_dims: xp.any(x, axis, keep_dims),
    grad=not_differentiable,
)


def reduce_any(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Whether any element along some axes is true; of nothing: no.

    TensorFlow: tf.reduce_any. Arguments and errors as for `reduce_sum`. Gradient: none.
    """
    return reduce_with(ANY, input_tensor, axis, keepdims, name, (reduction_indices, keep_dims))


ALL = OpDef(
    "All",
    operands=("input: bool", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, x, axis, *, keep_dims: xp.all(x, axis, keep_dims),
    grad=not_differentiable,
)


def reduce_all(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Whether all elements along some axes are true; of nothing: yes.

    TensorFlow: tf.reduce_all. Arguments and errors as for `reduce_sum`. Gradient: none.
    """
    return reduce_with(ALL, input_tensor, axis, keepdims, name, (reduction_indices, keep_dims))
