"""Reductions over axes, and the spreading of a result back over what was reduced."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable


def _spread_grad(op: Operation, dy: Tensor) -> list[Any]:
    _, _, axes = op.inputs
    return [SUM(dy, axes, keep_dims=op.attrs["keep_dims"]), None, None]


# Ours: the adjoint of a sum. TensorFlow computes shapes and axes in the graph, reshapes and tiles.
SPREAD = OpDef(
    "Spread",
    operands=("y: T", "input", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, y, x, axes, *, keep_dims: xp.broadcast_like(y if keep_dims else xp.expand_reduced(y, x, axes), x),
    grad=_spread_grad,
)


def spread(y: Tensor, op: Operation) -> Tensor:
    """What a reduction `op` gave, or the gradient of that, repeated to the shape of what was reduced."""
    x, axes = op.inputs
    result: Tensor = SPREAD(y, x, axes, keep_dims=op.attrs["keep_dims"])
    return result


ALL_AXES = OpDef(
    "AllAxes",
    operands=("input",),
    compute=lambda xp, x: xp.arange(0, xp.ndim(x), 1, np.dtype(np.int32)),
    grad=not_differentiable,
)


def reduction_axes(x: Tensor, axis: Any) -> Any:
    """The axes to reduce, as TensorFlow hands them over: all of them, as a tensor, for None."""
    if axis is not None:
        return axis
    if x.spec.shape is not None:
        return as_tensor(np.arange(len(x.spec.shape), dtype=np.int32), name="Const")
    return ALL_AXES(x, name="range")


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
        ShapeError: there is no such axis.

    Gradient: dy, repeated over the axes that were summed.
    """
    x = as_tensor(input_tensor)
    axes = reduction_axes(x, axis if reduction_indices is None else reduction_indices)
    result: Tensor = SUM(x, axes, name=name, keep_dims=bool(keepdims or keep_dims))
    return result
