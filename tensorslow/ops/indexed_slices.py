"""IndexedSlices, a gradient of a few rows: what is between gather and its adjoint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec, known_tuple
from tensorslow.graph import Graph, Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.casting import cast
from tensorslow.ops.join import concat
from tensorslow.ops.shape import reshape, shape, size
from tensorslow.ops.slicing import slice
from tensorslow.tensor_shape import TensorShape


class IndexedSlices:
    """Rows of an array that is zero elsewhere: the gradient of `gather`.

    TensorFlow: tf.IndexedSlices. Whatever takes a tensor takes it too, as the whole array.

    Attributes:
        values: tensor [rows, ...].
        indices: vector [rows], which row of the whole each one is; named twice, it counts twice.
        dense_shape: vector, the shape of the whole; or None.
    """

    def __init__(self, values: Tensor, indices: Tensor, dense_shape: Tensor | None = None) -> None:
        self.values = values
        self.indices = indices
        self.dense_shape = dense_shape

    @property
    def dtype(self) -> dtypes.DType | None:
        """The type of the rows."""
        return self.values.dtype

    @property
    def op(self) -> Operation:
        """The operation that computes the rows."""
        return self.values.op

    @property
    def graph(self) -> Graph:
        """The graph that it belongs to."""
        return self.values.graph

    @property
    def name(self) -> str:
        """The name of the rows."""
        return self.values.name

    @property
    def device(self) -> str:
        """Always empty: an engine runs the whole graph in one place."""
        return ""

    @property
    def shape(self) -> TensorShape:
        """The static shape of the whole."""
        known = None if self.dense_shape is None else known_tuple(self.dense_shape.spec)
        return TensorShape(known if isinstance(known, tuple) else None)

    def get_shape(self) -> TensorShape:
        """The static shape of the whole, as older programs ask for it."""
        return self.shape

    def with_values(self, values: Tensor) -> IndexedSlices:
        """Other rows for the same places."""
        return IndexedSlices(values, self.indices, self.dense_shape)

    def to_tensor(self) -> Tensor:
        """The whole array; rows for the same place are summed.

        Raises:
            ValueError: the shape of the whole is not known.
        """
        if self.dense_shape is None:
            raise ValueError(f"{self!r} cannot become one tensor: it has no dense_shape")
        return GATHER_GRAD(self.values, self.indices, self.dense_shape, 0, batch_dims=0)

    def __repr__(self) -> str:
        return f"IndexedSlices(indices={self.indices!r}, values={self.values!r})"


class IndexedSlicesValue(NamedTuple):
    """What a run gives for `IndexedSlices`. TensorFlow: tf.compat.v1.IndexedSlicesValue."""

    values: Any
    indices: Any
    dense_shape: Any


def concat_slices(parts: Sequence[IndexedSlices]) -> IndexedSlices:
    """The sum of several: all their rows together."""
    indices = [part.indices for part in parts]
    if len({x.dtype for x in indices}) > 1:
        indices = [cast(x, dtypes.int64) for x in indices]
    return IndexedSlices(
        concat([part.values for part in parts], 0), concat(indices, 0), parts[0].dense_shape
    )


# gather


def _gather_compute(xp: Any, params: Any, indices: Any, axis: Any, *, batch_dims: int) -> Any:
    if params.shape is None or indices.shape is None:
        return TensorSpec(None, params.dtype)
    axis, batch_dims = _from_front(axis, batch_dims, len(params.shape), len(indices.shape))
    return xp.take(params, indices, axis, batch_dims)


def _from_front(axis: Any, batch_dims: int, rank: int, index_rank: int) -> tuple[Any, int]:
    """The axis and the number of batch axes, where negative ones count from the end."""
    axis = axis + rank if isinstance(axis, int) and -rank <= axis < 0 else axis
    return axis, batch_dims + index_rank if batch_dims < 0 else batch_dims


def _gather_grad(op: Operation, dy: Tensor) -> list[Any]:
    params, indices, axis = op.inputs
    whole = shape(params)
    if op.attrs["batch_dims"] != 0 or known_tuple(axis.spec) != 0:
        return [
            GATHER_GRAD(dy, indices, whole, axis, batch_dims=op.attrs["batch_dims"]),
            None,
            None,
        ]
    if indices.spec.ndim != 1:
        rows = reshape(size(indices), [1])
        dy = reshape(dy, concat([rows, slice(whole, [1], [-1])], 0))
        indices = reshape(indices, rows)
    return [IndexedSlices(dy, indices, whole), None, None]


GATHER = OpDef(
    "GatherV2",
    operands=("params: T", "indices: index", "axis: index"),
    known=("axis",),
    compute=_gather_compute,
    grad=_gather_grad,
)


def _gather_grad_compute(
    xp: Any, dy: Any, indices: Any, sizes: Any, axis: int, *, batch_dims: int
) -> Any:
    axis, batch_dims = _from_front(axis, batch_dims, len(sizes), len(indices.shape))
    if axis == 0:
        return xp.scatter_add(xp.zeros(sizes, dy.dtype), indices, dy)
    # Batch and axis become one, so that all is one scatter along the first axis.
    batch, between, after = sizes[:batch_dims], sizes[batch_dims:axis], sizes[axis + 1 :]
    count, rows, inner = math.prod(batch), sizes[axis], len(indices.shape) - batch_dims
    offsets = (
        xp.arange(0, count * rows, rows or 1, indices.dtype)
        if count and rows
        else xp.zeros((count,), indices.dtype)
    )
    places = xp.add(indices, xp.reshape(offsets, (*batch, *[1] * inner)))
    # From (batch, between, indices, after) to (batch, indices, between, after).
    last = len(batch) + len(between) + inner
    order = [
        *range(batch_dims),
        *range(axis, last),
        *range(batch_dims, axis),
        *range(last, last + len(after)),
    ]
    updates = xp.transpose(dy, order)
    summed = xp.scatter_add(xp.zeros((count * rows, *between, *after), dy.dtype), places, updates)
    # From (batch, axis, between, after) to (batch, between, axis, after).
    whole = xp.reshape(summed, (*batch, rows, *between, *after))
    back = [
        *range(batch_dims),
        *range(batch_dims + 1, axis + 1),
        batch_dims,
        *range(axis + 1, len(sizes)),
    ]
    return xp.transpose(whole, back)


def _gather_grad_infer(
    dy: TensorSpec, indices: Any, shape: TensorSpec, axis: Any, *, batch_dims: int
) -> TensorSpec:
    sizes = known_tuple(shape)
    return TensorSpec(None if isinstance(sizes, TensorSpec) else sizes, dy.dtype)


def _gather_grad_grad(op: Operation, ddy: Tensor) -> list[Any]:
    _, indices, _, axis = op.inputs
    return [GATHER(ddy, indices, axis, batch_dims=op.attrs["batch_dims"]), None, None, None]


# Ours: zeros of a shape, with everything added that `gather` read there. TensorFlow transposes, so
# that the axis comes first, and sums segments.
GATHER_GRAD = OpDef(
    "GatherGrad",
    operands=("dy: T", "indices: index", "shape: index", "axis: index"),
    known=("shape", "axis"),
    compute=_gather_grad_compute,
    infer=_gather_grad_infer,
    grad=_gather_grad_grad,
)
