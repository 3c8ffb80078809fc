"""placeholder: where a value enters the graph."""

from __future__ import annotations

from typing import Any

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, not_differentiable
from tensorslow.shapes import Shape, as_shape

PLACEHOLDER = OpDef(
    "Placeholder", infer=lambda *, dtype, shape: TensorSpec(shape, dtype), grad=not_differentiable
)


def placeholder(dtype: Any = None, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor whose value is given at each run, through `feed_dict`.

    TensorFlow: tf.placeholder. Without a dtype it keeps the type of what is fed.

    Args:
        dtype: element type, or None.
        shape: the sizes, None for each that may vary; None: any shape.
        name: name of the node.
    """
    sizes: Shape = as_shape(shape)
    return PLACEHOLDER(dtype=dtypes.to_numpy(dtype), shape=sizes, name=name)
