"""Reading and adding at coordinates: gather_nd and scatter_nd, each the other's adjoint."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.elementwise import negative
from tensorslow.ops.shape import shape as shape_of


def _gather_nd_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    params, indices = op.inputs
    return [SCATTER_ND(indices, dy, shape_of(params)), None]


GATHER_ND = OpDef(
    "GatherNd",
    operands=("params: T", "indices: index"),
    compute=lambda xp, params, indices: xp.gather_nd(params, indices),
    grad=_gather_nd_grad,
)


def gather_nd(
    params: Any,
    indices: Any,
    name: str | None = None,
    batch_dims: int = 0,
    bad_indices_policy: str = "",
) -> Tensor:
    """The elements, or slices, of a tensor at given coordinates.

    TensorFlow: tf.gather_nd.

    Args:
        params: any tensor.
        indices: int32 or int64 tensor [..., depth]; the last axis holds coordinates, one for each
            of the first `depth` axes of `params`.
        name: name of the node.
        batch_dims: 0; batches are not supported.
        bad_indices_policy: accepted, without effect: coordinates are always checked.

    Returns:
        Tensor [..., further axes of `params`].

    Raises:
        ShapeError: there are more coordinates than axes.
        ExecutionError: when it runs, a coordinate is out of range; negative ones are too.

    Gradient: zeros, with every dy added where it came from.
    """
    if batch_dims:
        raise NotImplementedError("gather_nd with batch_dims; gather takes them")
    return GATHER_ND(params, indices, name=name)


def _scatter_nd_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    return [None, GATHER_ND(dy, op.inputs[0]), None]


SCATTER_ND = OpDef(
    "ScatterNd",
    operands=("indices: index", "updates: T", "shape: index"),
    known=("shape",),
    compute=lambda xp, indices, updates, shape: xp.scatter_nd_add(
        xp.zeros(shape, updates.dtype), indices, updates
    ),
    grad=_scatter_nd_grad,
)


def scatter_nd(
    indices: Any, updates: Any, shape: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """Zeros, with values added at given coordinates.

    TensorFlow: tf.scatter_nd.

    Args:
        indices: int32 or int64 tensor [..., depth]; coordinates that occur twice get both values.
        updates: tensor [..., further axes].
        shape: vector, the shape of the result.
        bad_indices_policy: accepted, without effect: coordinates are always checked.
        name: name of the node.

    Raises:
        ShapeError: the shapes do not fit.
        ExecutionError: when it runs, a coordinate is out of range.

    Gradient: dy, read at the coordinates, for `updates`.
    """
    return SCATTER_ND(indices, updates, shape, name=name)


def _tensor_scatter_add_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    return [dy, None, GATHER_ND(dy, op.inputs[1])]


TENSOR_SCATTER_ADD = OpDef(
    "TensorScatterAdd",
    operands=("tensor: T", "indices: index", "updates: T"),
    compute=lambda xp, tensor, indices, updates: xp.scatter_nd_add(tensor, indices, updates),
    grad=_tensor_scatter_add_grad,
)


def tensor_scatter_nd_add(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A tensor, with values added at given coordinates.

    TensorFlow: tf.tensor_scatter_nd_add. Arguments and errors as `scatter_nd`.

    Gradient: dy for `tensor`; dy, read at the coordinates, for `updates`.
    """
    return TENSOR_SCATTER_ADD(tensor, indices, updates, name=name)


def _tensor_scatter_sub_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    return [dy, None, negative(GATHER_ND(dy, op.inputs[1]))]


TENSOR_SCATTER_SUB = OpDef(
    "TensorScatterSub",
    operands=("tensor: T", "indices: index", "updates: T"),
    compute=lambda xp, tensor, indices, updates: xp.scatter_nd_add(
        tensor, indices, xp.negative(updates)
    ),
    grad=_tensor_scatter_sub_grad,
)


def tensor_scatter_nd_sub(
    tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "", name: str | None = None
) -> Tensor:
    """A tensor, with values subtracted at given coordinates.

    TensorFlow: tf.tensor_scatter_nd_sub. Arguments and errors as `scatter_nd`.

    Gradient: dy for `tensor`; -dy, read at the coordinates, for `updates`.
    """
    return TENSOR_SCATTER_SUB(tensor, indices, updates, name=name)
