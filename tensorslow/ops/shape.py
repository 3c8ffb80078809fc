"""The shape of a tensor, read and changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec, known_tuple
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import CONST, OpDef, as_tensor, not_differentiable
from tensorslow.ops.arguments import renamed
from tensorslow.ops.broadcast import sum_to
from tensorslow.shapes import broadcast, is_known
from tensorslow.tensor_shape import TensorShape, as_shape

# Reading

SHAPE = OpDef(
    "Shape",
    operands=("input",),
    compute=lambda xp, x, *, out_type: xp.cast(xp.shape(x), out_type),
    grad=not_differentiable,
)


def shape(input: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The sizes of a tensor, when the graph runs.

    TensorFlow: tf.shape. A constant where all sizes are known already.

    Args:
        input: any tensor.
        name: name of the node.
        out_type: int32 or int64; None: int32.

    Returns:
        Vector with one size an axis. Sizes that are known while the graph is built stay known: a
        shape computed from them is as good as one written out.

    Gradient: none.
    """
    x = as_tensor(input)
    dtype = dtypes.to_numpy(out_type or dtypes.int32)
    if is_known(x.spec.shape):
        return CONST(value=np.array(x.spec.shape, dtype), name=name or "Shape")
    return SHAPE(x, name=name, out_type=dtype)


SHAPE_N = OpDef(
    "ShapeN",
    operands=("input*",),
    compute=lambda xp, xs, *, out_type: tuple(xp.cast(xp.shape(x), out_type) for x in xs),
    grad=not_differentiable,
)


def shape_n(
    input: Sequence[Any], out_type: Any = dtypes.int32, name: str | None = None
) -> list[Tensor]:
    """The sizes of each tensor of a list. TensorFlow: tf.shape_n. Arguments as `shape`."""
    return list(SHAPE_N.node(input, out_type=dtypes.to_numpy(out_type), name=name).outputs)


SIZE = OpDef(
    "Size",
    operands=("input",),
    compute=lambda xp, x, *, out_type: xp.cast(xp.size(x), out_type),
    grad=not_differentiable,
)


def size(input: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The number of elements of a tensor. TensorFlow: tf.size. Arguments as `shape`."""
    x = as_tensor(input)
    dtype = dtypes.to_numpy(out_type or dtypes.int32)
    if is_known(x.spec.shape):
        return CONST(value=np.array(np.prod(x.spec.shape or (), dtype=dtype)), name=name or "Size")
    return SIZE(x, name=name, out_type=dtype)


_INT32 = np.dtype(np.int32)
RANK = OpDef(
    "Rank",
    operands=("input",),
    compute=lambda xp, x: xp.cast(xp.ndim(x), _INT32),
    grad=not_differentiable,
)


def rank(input: Any, name: str | None = None) -> Tensor:
    """The number of axes of a tensor, as int32. TensorFlow: tf.rank."""
    x = as_tensor(input)
    if x.spec.shape is not None:
        return CONST(value=np.array(len(x.spec.shape), _INT32), name=name or "Rank")
    return RANK(x, name=name)


# Changing: the elements stay as they are, so every gradient goes back by a reshape


def _reshape_back(op: Operation, dy: Tensor) -> Tensor:
    return reshape(dy, shape(op.inputs[0]))


RESHAPE = OpDef(
    "Reshape",
    operands=("tensor: T", "shape: index"),
    known=("shape",),
    compute=lambda xp, tensor, shape: xp.reshape(tensor, shape),
    grad=lambda op, dy: [_reshape_back(op, dy), None],
)


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The same elements, row by row, in another shape.

    TensorFlow: tf.reshape.

    Args:
        tensor: any tensor.
        shape: vector of sizes; one may be -1, which takes what is left.
        name: name of the node.

    Raises:
        ShapeError: the number of elements would change.

    Gradient: dy in the old shape.
    """
    return RESHAPE(tensor, shape, name=name)


def one_axis(axis: Any) -> Any:
    """An axis that TensorFlow takes as a number or as a vector with one number."""
    return axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis


EXPAND_DIMS = OpDef(
    "ExpandDims",
    operands=("input: T", "dim: index"),
    known=("dim",),
    compute=lambda xp, x, dim: xp.expand_dims(x, one_axis(dim)),
    grad=lambda op, dy: [_reshape_back(op, dy), None],
)


def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """A tensor with a further axis of size 1.

    TensorFlow: tf.expand_dims.

    Args:
        input: any tensor.
        axis: where the new axis stands in the result; -1 is the end.
        name: name of the node.
        dim: old name of `axis`.

    Raises:
        ShapeError: the result has no such axis.
        ValueError: no axis is given.

    Gradient: dy in the old shape.
    """
    axis = renamed("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("expand_dims needs an axis: 0 is the front, -1 the end")
    return EXPAND_DIMS(input, axis, name=name)


SQUEEZE = OpDef(
    "Squeeze",
    operands=("input: T",),
    compute=lambda xp, x, *, squeeze_dims: xp.squeeze(x, squeeze_dims or None),
    grad=lambda op, dy: [_reshape_back(op, dy)],
)


def squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> Tensor:
    """A tensor without axes of size 1.

    TensorFlow: tf.squeeze.

    Args:
        input: any tensor.
        axis: the axis or axes to drop; None: all that have size 1.
        name: name of the node.
        squeeze_dims: old name of `axis`.

    Raises:
        ShapeError: an axis named has another size than 1, or does not exist.

    Gradient: dy in the old shape.
    """
    axes = renamed("axis", axis, "squeeze_dims", squeeze_dims)
    if axes is None:
        axes = ()
    return SQUEEZE(
        input, squeeze_dims=tuple(int(i) for i in np.atleast_1d(np.asarray(axes, int))), name=name
    )


# Repeating to a shape

BROADCAST_TO = OpDef(
    "BroadcastTo",
    operands=("input: T", "shape: index"),
    known=("shape",),
    compute=lambda xp, x, shape: xp.broadcast_to(x, shape),
    grad=lambda op, dy: [sum_to(dy, op.inputs[0]), None],
)


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor repeated along new axes at the front and along axes of size 1.

    TensorFlow: tf.broadcast_to.

    Args:
        input: any tensor.
        shape: vector of sizes of the result.
        name: name of the node.

    Raises:
        ShapeError: `input` does not broadcast to that shape.

    Gradient: dy, summed over what was repeated.
    """
    return BROADCAST_TO(input, shape, name=name)


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The static shape to which two shapes broadcast.

    TensorFlow: tf.broadcast_static_shape.

    Raises:
        ShapeError: they do not.
    """
    return TensorShape(broadcast(as_shape(shape_x), as_shape(shape_y)))


def _broadcast_args_infer(s0: TensorSpec, s1: TensorSpec) -> TensorSpec:
    first, second = known_tuple(s0), known_tuple(s1)
    if isinstance(first, TensorSpec) or isinstance(second, TensorSpec):
        return TensorSpec((None,), s0.dtype)
    sizes = broadcast(first, second) or ()
    return TensorSpec(
        (len(sizes),), s0.dtype, np.array(sizes, object if None in sizes else s0.dtype)
    )


BROADCAST_ARGS = OpDef(
    "BroadcastArgs",
    operands=("s0: integer", "s1: integer"),
    known=("s0", "s1"),
    compute=lambda xp, s0, s1: xp.cast(broadcast(s0, s1), _INT32),
    infer=_broadcast_args_infer,
    grad=not_differentiable,
)


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """The shape to which two shapes broadcast, when the graph runs.

    TensorFlow: tf.broadcast_dynamic_shape.

    Args:
        shape_x, shape_y: vectors of sizes.

    Raises:
        ShapeError: they do not broadcast; when the graph runs, if it is not known before.
    """
    return BROADCAST_ARGS(shape_x, shape_y)
