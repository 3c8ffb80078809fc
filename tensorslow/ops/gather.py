"""Reading rows by number: gather, and the lookup in tables that are split up."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.indexed_slices import GATHER


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Tensor:
    """The slices of a tensor, along one axis, that are named by number.

    TensorFlow: tf.gather.

    Args:
        params: tensor [..., size, ...].
        indices: int32 or int64 tensor of any shape, each element in [0, size).
        validate_indices: accepted, without effect: they are always checked.
        name: name of the node.
        axis: which axis of `params`; None: `batch_dims`.
        batch_dims: how many axes at the front `params` and `indices` have in common; each row of
            the batch is looked up in its own. Negative counts from the last axis of `indices`.

    Returns:
        Tensor with the shape of `indices` (less the batch) in the place of the axis.

    Raises:
        ShapeError: there is no such axis, or the batches differ.
        ExecutionError: when it runs, an index is out of range; negative ones are too.

    Gradient: `IndexedSlices` for axis 0, else zeros with every slice's dy added where it came from.
    """
    place = batch_dims if axis is None else axis
    return GATHER(params, indices, place, batch_dims=batch_dims, name=name)


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """`gather` with all axes of `indices` but the last as batch. TensorFlow: tf.batch_gather."""
    where = as_tensor(indices)
    return GATHER(params, where, _last_of(where), batch_dims=-1, name=name)


def _last_of(indices: Tensor) -> int:
    if indices.spec.shape is None:
        raise ValueError("batch_gather must know the rank of indices; set_shape tells it")
    return len(indices.spec.shape) - 1
