"""gather and scatter-add: reading rows by number, and its adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.indexed_slices import IndexedSlices


def _gather_grad(op: Operation, dy: Tensor) -> list[Any]:
    params, indices, _ = op.inputs
    return [IndexedSlices(dy, indices, like=params), None, None]


GATHER = OpDef(
    "GatherV2",
    operands=("params: T", "indices: index", "axis: index"),
    known=("axis",),
    compute=lambda xp, params, indices, axis, *, batch_dims: xp.take(params, indices, axis, batch_dims),
    grad=_gather_grad,
)


def gather(params: Any, indices: Any, validate_indices: Any = None, name: str | None = None, axis: Any = None) -> Tensor:
    return GATHER(params, indices, 0 if axis is None else axis, batch_dims=0, name=name)


# Ours: rows added into zeros with the shape of a tensor; TensorFlow needs that shape as a value.
def _scatter_like_grad(op: Operation, dy: Tensor) -> list[Any]:
    return [gather(dy, op.inputs[1]), None, None]


SCATTER_LIKE = OpDef(
    "ScatterLike",
    operands=("values: T", "indices: index", "like"),
    compute=lambda xp, values, indices, like: xp.scatter_add(
        xp.broadcast_like(xp.zeros((), values.dtype), like), indices, values
    ),
    grad=_scatter_like_grad,
)


def dense(slices: IndexedSlices) -> Tensor:
    """The whole array that IndexedSlices stand for."""
    return SCATTER_LIKE(slices.values, slices.indices, slices.like)


def concat_slices(parts: Sequence[Any]) -> IndexedSlices:
    raise NotImplementedError
