"""Joining tensors (concat, stack) and cutting them (split, unstack): one is the other's adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import PACK, UNPACK, ZEROS_LIKE, OpDef, as_tensor, graph_for
from tensorslow.shapes import normalize_axis
from tensorslow.tensor_shape import Dimension

Sizes = Sequence[int | None]


def _cut(xp: Any, x: Any, axis: int, sizes: Sizes) -> tuple[Any, ...]:
    """`x` in pieces of the given sizes along an axis; None is a size that is not known yet."""
    rank = len(x.shape)
    axis = normalize_axis(axis, rank)
    pieces = []
    begin: int | None = 0
    for size in sizes:
        end = None if begin is None or size is None else begin + size
        begins: list[int | None] = [0] * rank
        ends: list[int | None] = [None] * rank
        begins[axis], ends[axis] = begin if end is not None else None, end
        pieces.append(xp.slice_(x, begins, ends, [1] * rank))
        begin = end
    return tuple(pieces)


def _filled(op: Operation, dys: Sequence[Tensor | None]) -> list[Tensor]:
    """The gradients of all outputs: zeros for those that nothing depends on."""
    return [ZEROS_LIKE(y) if dy is None else dy for y, dy in zip(op.outputs, dys, strict=True)]


# concat and its adjoint


def _concat_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    *values, axis = op.inputs
    return [*SPLIT_LIKE.node(dy, axis, values).outputs, None]


CONCAT = OpDef(
    "ConcatV2",
    operands=("values*: T", "axis: index"),
    known=("axis",),
    compute=lambda xp, values, axis: xp.concat(values, axis),
    grad=_concat_grad,
)


def concat(values: Any, axis: Any, name: str = "concat") -> Tensor:
    """Tensors joined along one of their axes.

    TensorFlow: tf.concat.

    Args:
        values: list of tensors of one type; all sizes but the one along the axis are equal.
        axis: which axis; negative counts from the end.
        name: name of the node.

    Raises:
        ShapeError: other sizes differ, there is no such axis, or the tensors are scalars.
        DTypeError: the types differ.

    Gradient: the parts of dy.
    """
    if isinstance(values, int):
        raise TypeError("concat takes the list first, then the axis: concat([a, b], 0)")
    return CONCAT(
        values if isinstance(values, (list, tuple)) else [values], axis, name=name or "concat"
    )


def _split_like_grad(op: Operation, *dys: Tensor | None) -> list[Tensor | None]:
    return [CONCAT(_filled(op, dys), op.inputs[1]), None, *[None] * len(op.outputs)]


# Ours: TensorFlow computes the offsets in the graph (ConcatOffset) and then slices, part by part.
SPLIT_LIKE = OpDef(
    "SplitLike",
    operands=("value: T", "axis: index", "like*"),
    known=("axis",),
    compute=lambda xp, value, axis, like: _cut(xp, value, axis, [x.shape[axis] for x in like]),
    infer=lambda value, axis, like: tuple(TensorSpec(x.shape, value.dtype) for x in like),
    grad=_split_like_grad,
)

# split


def _parts(xp: Any, value: Any, axis: Any, sizes: Sizes) -> Any:
    if value.shape is None:
        return (TensorSpec(None, value.dtype),) * len(sizes)
    if not isinstance(axis, int):
        return (TensorSpec((None,) * len(value.shape), value.dtype),) * len(sizes)
    return _cut(xp, value, axis, sizes)


def _size_along(value: Any, axis: Any) -> int | None:
    """The size along an axis; None where that, or even the axis, is not known yet."""
    if value.shape is None or not isinstance(axis, int):
        return None
    size: int | None = value.shape[normalize_axis(axis, len(value.shape))]
    return size


def _split_compute(xp: Any, axis: Any, value: Any, *, num_split: int) -> Any:
    size = _size_along(value, axis)
    if size is not None and size % num_split:
        raise ShapeError(
            f"axis {axis} has {size} elements, which cannot be split into {num_split} equal parts",
            hint="give the sizes of the parts in a list",
        )
    if num_split == 1:
        return (value,)
    return _parts(xp, value, axis, [None if size is None else size // num_split] * num_split)


SPLIT = OpDef(
    "Split",
    operands=("split_dim: index", "value: T"),
    known=("split_dim",),
    compute=_split_compute,
    grad=lambda op, *dys: [None, CONCAT(_filled(op, dys), op.inputs[0])],
)


def _split_v_compute(xp: Any, value: Any, size_splits: Any, axis: Any, *, num_split: int) -> Any:
    if isinstance(size_splits, TensorSpec):
        return _parts(xp, value, axis, [None] * num_split)
    sizes = list(size_splits)
    if len(sizes) != num_split:
        raise ShapeError(f"there are {len(sizes)} sizes for {num_split} parts")
    total = _size_along(value, axis)
    if None not in sizes and total is not None:
        given = sum(size for size in sizes if size != -1)
        if sizes.count(-1) > 1 or given > total or -1 not in sizes and given != total:
            raise ShapeError(
                f"the sizes {sizes} do not add up to the {total} elements of axis {axis}"
            )
        sizes = [total - given if size == -1 else size for size in sizes]
    return _parts(xp, value, axis, [None if size == -1 else size for size in sizes])


SPLIT_V = OpDef(
    "SplitV",
    operands=("value: T", "size_splits: index", "split_dim: index"),
    known=("size_splits", "split_dim"),
    compute=_split_v_compute,
    grad=lambda op, *dys: [CONCAT(_filled(op, dys), op.inputs[2]), None, None],
)


def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str = "split"
) -> list[Tensor]:
    """A tensor cut into parts along one axis.

    TensorFlow: tf.split.

    Args:
        value: any tensor.
        num_or_size_splits: how many equal parts; or a vector with the size of each, of which one
            may be -1 and takes what is left.
        axis: which axis; negative counts from the end.
        num: how many parts, where the length of the vector is not known.
        name: name of the node.

    Raises:
        ShapeError: the parts are not equal, or do not add up to the whole.
        ValueError: the number of parts is not known.

    Gradient: the parts' gradients, joined; zeros for a part that is not used.
    """
    if isinstance(num_or_size_splits, (int, np.integer, Dimension)):
        return list(SPLIT.node(axis, value, num_split=int(num_or_size_splits), name=name).outputs)
    with graph_for([value, num_or_size_splits]).as_default():
        sizes = as_tensor(num_or_size_splits)
    shape = sizes.spec.shape
    if shape == ():
        raise ShapeError(
            "a number of parts must be a Python int; a tensor gives the size of each part"
        )
    if num is None:
        num = shape[0] if shape else None
    if num is None:
        raise ValueError("the number of parts must be known: pass num")
    return list(SPLIT_V.node(value, sizes, axis, num_split=num, name=name).outputs)


# stack and unstack


def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """Tensors of one shape joined along a new axis.

    TensorFlow: tf.stack.

    Args:
        values: list of tensors, or of plain values, of one shape and type.
        axis: where the new axis stands in the result; negative counts from the end.
        name: name of the node.

    Raises:
        ShapeError: the shapes differ, or there is no such axis.
        DTypeError: the types differ.

    Gradient: the slices of dy.
    """
    with graph_for([values]).as_default():
        if axis == 0:
            return as_tensor(
                list(values) if isinstance(values, (list, tuple)) else values, None, name
            )
        return PACK(values, axis=axis, name=name or "stack")


def unstack(
    value: Any, num: int | None = None, axis: int = 0, name: str = "unstack"
) -> list[Tensor]:
    """The slices of a tensor along one axis.

    TensorFlow: tf.unstack.

    Args:
        value: any tensor.
        num: how many slices there are, where that is not known.
        axis: which axis; negative counts from the end.
        name: name of the node.

    Raises:
        ShapeError: there are not `num` slices, or there is no such axis.
        ValueError: their number is not known.

    Gradient: the slices' gradients, stacked; zeros for one that is not used.
    """
    tensor = as_tensor(value)
    if num is None:
        if tensor.spec.shape is not None:
            num = tensor.spec.shape[normalize_axis(axis, len(tensor.spec.shape))]
        if num is None:
            raise ValueError(f"the number of slices of {tensor.name!r} is not known: pass num")
    return list(UNPACK.node(tensor, axis=axis, num=num, name=name or "unstack").outputs)
