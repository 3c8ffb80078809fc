"""Rows dealt out into several tensors (dynamic_partition) and put together (dynamic_stitch).

How many rows a part gets depends on values, so only the host can compute these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import ZEROS_LIKE, OpDef
from tensorslow.ops.indexed_slices import GATHER
from tensorslow.ops.ranges import range as numbers
from tensorslow.ops.shape import reshape, shape, size
from tensorslow.shapes import compatible, show


def _partition_check(data: TensorSpec, partitions: TensorSpec, *, num_partitions: int) -> None:
    if data.shape is None or partitions.shape is None:
        return
    if not compatible(data.shape[: len(partitions.shape)], partitions.shape):
        raise ShapeError(
            f"data has shape {show(data.shape)}, partitions {show(partitions.shape)}",
            hint="the shape of data begins with that of partitions",
        )


def _deal_out(data: Any, partitions: Any, num_partitions: int) -> tuple[Any, ...]:
    outside = (partitions < 0) | (partitions >= num_partitions)
    if outside.any():
        raise IndexError(f"partitions: {partitions[outside][0]} is not in [0, {num_partitions})")
    return tuple(data[partitions == i] for i in range(num_partitions))


def _partition_infer(
    data: TensorSpec, partitions: TensorSpec, *, num_partitions: int
) -> list[TensorSpec]:
    known = data.shape is not None and partitions.shape is not None
    sizes = (None, *data.shape[len(partitions.shape) :]) if known else None  # type: ignore[index, arg-type]
    return [TensorSpec(sizes, data.dtype)] * num_partitions


def _partition_grad(op: Operation, *dys: Tensor | None) -> list[Tensor | None]:
    data, partitions = op.inputs
    parts = [ZEROS_LIKE(y) if dy is None else dy for y, dy in zip(op.outputs, dys, strict=True)]
    places = reshape(numbers(size(partitions)), shape(partitions))
    dealt = dynamic_partition(places, partitions, op.attrs["num_partitions"])
    return [reshape(dynamic_stitch(dealt, parts), shape(data)), None]


DYNAMIC_PARTITION = OpDef(
    "DynamicPartition",
    operands=("data: T", "partitions: index"),
    check=_partition_check,
    compute=lambda xp, data, partitions, *, num_partitions: xp.host(
        _deal_out, data, partitions, num_partitions
    ),
    infer=_partition_infer,
    grad=_partition_grad,
    host=True,
)


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """The rows of a tensor, dealt out.

    TensorFlow: tf.dynamic_partition.

    Args:
        data: tensor whose shape begins with that of `partitions`.
        partitions: int32 tensor, for each row the number of the part that gets it.
        num_partitions: how many parts there are.
        name: name of the node.

    Returns:
        A list of tensors [rows, ...]; in each the rows keep their order.

    Raises:
        ShapeError: the shapes do not fit.
        ExecutionError: when it runs, there is no such part.

    Gradient: the parts' gradients, put together again.
    """
    return list(
        DYNAMIC_PARTITION.node(data, partitions, num_partitions=num_partitions, name=name).outputs
    )


def _put_together(*arrays: Any) -> Any:
    half = len(arrays) // 2
    indices, data = arrays[:half], arrays[half:]
    row = data[0].shape[indices[0].ndim :]
    rows = 1 + max((int(places.max()) for places in indices if places.size), default=-1)
    result = np.zeros((rows, *row), data[0].dtype)
    for places, values in zip(indices, data, strict=True):
        result[places] = values
    return result


def _stitch_infer(arrays: Sequence[TensorSpec], *, N: int) -> TensorSpec:  # noqa: N803 - TensorFlow's attribute
    indices, data = arrays[:N], arrays[N:]
    rows = None
    if all(places.is_value for places in indices):
        rows = 1 + max(
            (int(places.value.max()) for places in indices if places.value.size), default=-1
        )
    rest = [
        values.shape[len(places.shape) :]
        for places, values in zip(indices, data, strict=True)
        if places.shape is not None and values.shape is not None
    ]
    return TensorSpec((rows, *rest[0]) if rest else None, data[0].dtype)


def _stitch_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    count = op.attrs["N"]
    return [*[None] * count, *[GATHER(dy, places, 0, batch_dims=0) for places in op.inputs[:count]]]


# Its two lists are one here: first the indices, then as many tensors of data.
DYNAMIC_STITCH = OpDef(
    "DynamicStitch",
    operands=("indices_data*",),
    compute=lambda xp, arrays, *, N: xp.host(_put_together, *arrays),  # noqa: N803
    infer=_stitch_infer,
    grad=_stitch_grad,
    host=True,
)


def dynamic_stitch(indices: Sequence[Any], data: Sequence[Any], name: str | None = None) -> Tensor:
    """Rows put where they are said to belong; of several for one place, the last one.

    TensorFlow: tf.dynamic_stitch.

    Args:
        indices: list of int32 tensors: for each row of `data`, where it goes.
        data: list of tensors, each with the shape of its indices and then that of a row.
        name: name of the node.

    Returns:
        Tensor with one row more than the greatest index; rows that nobody gave are zeros.

    Raises:
        ValueError: the lists are empty, or have different lengths.

    Gradient: dy, read at the places; also for a row that another one replaced.
    """
    if not indices or len(indices) != len(data):
        raise ValueError(
            f"one tensor of data is needed for each of indices, not {len(data)} for {len(indices)}"
        )
    return DYNAMIC_STITCH([*indices, *data], N=len(indices), name=name)
