"""The largest elements, and elements in order."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import ZEROS_LIKE, OpDef, as_tensor, not_differentiable
from tensorslow.ops.elementwise import negative, subtract
from tensorslow.ops.indexed_slices import GATHER_GRAD
from tensorslow.ops.indexing import getitem
from tensorslow.ops.shape import shape
from tensorslow.ops.transpose import transpose
from tensorslow.scopes import name_scope
from tensorslow.shapes import may_be_equal, normalize_axis, show


class TopK(NamedTuple):
    """The results of `top_k`."""

    values: Tensor
    indices: Tensor


def _top_k_compute(xp: Any, x: Any, k: Any, *, sorted: bool, index_type: Any) -> Any:
    if x.shape is None:
        return TensorSpec(None, x.dtype), TensorSpec(None, index_type)
    if not x.shape:
        raise ShapeError("a scalar has no largest elements", hint="input needs at least one axis")
    n, known = x.shape[-1], isinstance(k, int)
    if known and (k < 0 or n is not None and k > n):
        raise ShapeError(f"the last axis has {n} elements, so there are no {k} largest")
    others = len(x.shape) - 1
    order = xp.argsort(x, -1, True)
    begin = [0] * others + [0 if known and n is not None else None]
    indices = xp.slice_(order, begin, [None] * others + [k], [1] * (others + 1))
    if isinstance(indices, TensorSpec):
        indices = indices.with_shape((*x.shape[:-1], k if known else None))
    return xp.take_along_axis(x, indices, -1), xp.cast(indices, index_type)


def _top_k_grad(op: Operation, dy: Tensor | None, _: Tensor | None) -> list[Tensor | None]:
    x = op.inputs[0]
    dy = ZEROS_LIKE(op.outputs[0]) if dy is None else dy
    return [GATHER_GRAD(dy, op.outputs[1], shape(x), -1, batch_dims=-1), None]


TOP_K = OpDef(
    "TopKV2",
    operands=("input: real", "k: index"),
    known=("k",),
    compute=_top_k_compute,
    grad=_top_k_grad,
)


def top_k(
    input: Any,
    k: Any = 1,
    sorted: bool = True,
    index_type: Any = dtypes.int32,
    name: str | None = None,
) -> TopK:
    """The k largest elements of the last axis, and where they are.

    TensorFlow: tf.nn.top_k.

    Args:
        input: real tensor [..., n].
        k: how many; a number or an int32 scalar tensor.
        sorted: accepted: they always come in descending order, of equals the first one first.
        index_type: type of the indices.
        name: name of the node.

    Returns:
        (values, indices), both [..., k].

    Raises:
        ShapeError: there are less than k elements, or `input` is a scalar.

    Gradient: dy at the places of the largest, zeros elsewhere.
    """
    node = TOP_K.node(input, k, sorted=sorted, index_type=dtypes.to_numpy(index_type), name=name)
    return TopK(*node.outputs)


# Is it among the largest?


def _in_top_k_check(predictions: TensorSpec, targets: TensorSpec, k: TensorSpec) -> None:
    if predictions.ndim not in (None, 2):
        raise ShapeError(f"predictions must be [batch, classes], not {show(predictions.shape)}")
    if targets.ndim not in (None, 1):
        raise ShapeError(f"targets must be [batch], not {show(targets.shape)}")
    rows = [spec.shape[0] for spec in (predictions, targets) if spec.shape]
    if len(rows) == 2 and not may_be_equal(*rows):
        raise ShapeError(f"there are predictions for {rows[0]} examples, but targets for {rows[1]}")


def _in_top_k_compute(xp: Any, predictions: Any, targets: Any, k: Any) -> Any:
    classes = xp.arange(0, predictions.shape[1], 1, targets.dtype)
    chosen = xp.equal(classes, xp.expand_dims(targets, 1))
    wanted = xp.sum(xp.where(chosen, predictions, 0), 1, True)
    better = xp.sum(xp.cast(xp.greater(predictions, wanted), k.dtype), 1)
    # A class that does not exist is not among the best, nor is any beside an infinity or a nan.
    sound = xp.logical_and(xp.any(chosen, 1), xp.all(xp.isfinite(predictions), 1))
    return xp.logical_and(sound, xp.less(better, k))


def _in_top_k_infer(predictions: TensorSpec, targets: TensorSpec, k: TensorSpec) -> TensorSpec:
    rows = [
        spec.shape[0] for spec in (predictions, targets) if spec.shape and spec.shape[0] is not None
    ]
    return TensorSpec((rows[0] if rows else None,), np.dtype(bool))


IN_TOP_K = OpDef(
    "InTopKV2",
    operands=("predictions: floating", "targets: index", "k: index"),
    check=_in_top_k_check,
    compute=_in_top_k_compute,
    infer=_in_top_k_infer,
    grad=not_differentiable,
)


def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Tensor:
    """Whether the prediction for the target is among the k largest of its row.

    TensorFlow: tf.nn.in_top_k. Of equal predictions at the border all are in.

    Args:
        predictions: floating tensor [batch, classes].
        targets: int32 or int64 vector, the number of a class for each row.
        k: number.
        name: name of the scope of the node.

    Returns:
        Bool vector; False also where the class does not exist, or a prediction beside it is not
        finite.

    Raises:
        ShapeError: the shapes do not fit.
    """
    with name_scope(name, "in_top_k", [predictions, targets]):
        return IN_TOP_K(predictions, targets, k)


# All in order


def sort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None
) -> Tensor:
    """The elements in order along an axis.

    TensorFlow: tf.sort.

    Args:
        values: real tensor.
        axis: which axis.
        direction: "ASCENDING" or "DESCENDING".
        name: name of the scope of its nodes.

    Raises:
        ShapeError: there is no such axis.
        ValueError: there is no such direction; or the rank is not known, and the axis not the last.

    Gradient: dy, put back in the old order.
    """
    with name_scope(name, "sort", [values]):
        x = as_tensor(values, None, "values")
        if _ascending(direction):
            return _mirrored(_in_order(_mirrored(x), axis).values)
        return _in_order(x, axis).values


def argsort(
    values: Any,
    axis: int = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Tensor:
    """Where the elements stand that come first, second, … in order along an axis, as int32.

    TensorFlow: tf.argsort. Always stable: equal elements stay in the order they have. Arguments as
    `sort`.
    """
    with name_scope(name, "argsort", [values]):
        x = as_tensor(values, None, "values")
        return _in_order(_mirrored(x) if _ascending(direction) else x, axis).indices


def _ascending(direction: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"direction must be ASCENDING or DESCENDING, not {direction!r}")
    return direction == "ASCENDING"


def _mirrored(x: Tensor) -> Tensor:
    """The same values in the opposite order, and back."""
    if x.dtype is None or not x.dtype.is_integer:
        return negative(x)
    # -x does not exist for the lowest integer, nor for unsigned ones.
    return subtract(x.dtype.max if x.dtype.is_unsigned else -1, x)


def _in_order(x: Tensor, axis: int) -> TopK:
    """All elements along an axis in descending order."""
    rank = x.spec.ndim
    if rank is None and axis != -1:
        raise ValueError(
            "sorting must know the rank, unless it is along the last axis, -1; set_shape tells it"
        )
    place = rank - 1 if rank is not None and axis == -1 else axis
    if rank is None or normalize_axis(place, rank) == rank - 1:
        return top_k(x, getitem(shape(x), -1))
    place = normalize_axis(place, rank)
    order = [*range(rank)]
    order[place], order[-1] = order[-1], order[place]
    found = top_k(transpose(x, order), getitem(shape(x), place))
    return TopK(*(transpose(y, order) for y in found))
