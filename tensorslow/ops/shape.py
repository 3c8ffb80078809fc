"""The shape of a tensor, read and changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, not_differentiable

SHAPE = OpDef(
    "Shape",
    operands=("input",),
    compute=lambda xp, x, *, out_type: xp.cast(xp.shape(x), out_type),
    grad=not_differentiable,
)


def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """The sizes of a tensor, when the graph runs. TensorFlow: tf.shape."""
    return SHAPE(input, name=name, out_type=dtypes.to_numpy(out_type))


def _reshape_grad(op: Operation, dy: Tensor) -> list[Any]:
    return [reshape(dy, shape(op.inputs[0])), None]


RESHAPE = OpDef(
    "Reshape",
    operands=("tensor: T", "shape: index"),
    known=("shape",),
    compute=lambda xp, tensor, shape: xp.reshape(tensor, shape),
    grad=_reshape_grad,
)


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The same elements in another shape. TensorFlow: tf.reshape."""
    return RESHAPE(tensor, shape, name=name)


_ = np
