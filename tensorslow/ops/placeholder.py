"""placeholder: where a value enters the graph."""

from __future__ import annotations

from typing import Any

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, not_differentiable
from tensorslow.shapes import Shape, merge
from tensorslow.tensor_shape import as_shape

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


def _check_default(x: TensorSpec, *, shape: Shape) -> None:
    merge(x.shape, shape)


PLACEHOLDER_WITH_DEFAULT = OpDef(
    "PlaceholderWithDefault",
    operands=("input: T",),
    check=_check_default,
    compute=lambda xp, x, *, shape: x,
    # What is known of the default is not known of what may be fed in its place.
    infer=lambda x, *, shape: TensorSpec(shape, x.dtype),
    grad=lambda op, dy: [dy],
)


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor that may be fed, and is `input` where it is not.

    TensorFlow: tf.placeholder_with_default.

    Args:
        input: tensor, or what becomes one.
        shape: the sizes, None for each that may vary; None: any shape.
        name: name of the node.

    Raises:
        ShapeError: `input` has another shape.

    Gradient: dy.
    """
    return PLACEHOLDER_WITH_DEFAULT(input, shape=as_shape(shape), name=name)
