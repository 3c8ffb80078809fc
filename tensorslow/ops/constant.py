"""Tensors with values written out, or with one value everywhere."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.literals import constant_array
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import CONST, OpDef, as_tensor
from tensorslow.ops.reduce import reduce_sum
from tensorslow.ops.shape import reshape
from tensorslow.scopes import name_scope
from tensorslow.shapes import is_known, show
from tensorslow.tensor_shape import TensorShape, as_shape

# Larger arrays of one value are made when the graph runs, so that graphs stay small.
LARGEST_CONSTANT = 1000


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """A tensor of values known now.

    TensorFlow: tf.constant (of 1.x).

    Args:
        value: number, text, truth value, array, or nested list of them.
        dtype: its type; None: an array's own, float32 for Python's floats, int32 for its integers.
        shape: another shape; where it has more elements than `value`, the last one fills the rest.
        name: name of the node.
        verify_shape: whether `value` must have that shape already.

    Raises:
        DTypeError: the value is not of that type, or is a tensor.
        ShapeError: the lists have different lengths, or there are more elements than places.
    """
    array = constant_array(value, dtypes.to_numpy(dtype))
    if shape is not None:
        array = _in_shape(array, shape, verify_shape)
    return CONST(value=array, name=name or "Const")


def _in_shape(array: Any, shape: Any, verify_shape: bool) -> Any:
    sizes = as_shape(shape)
    if sizes is None or None in sizes:
        raise ShapeError(f"the shape of a constant must be known, not {show(sizes)}")
    count = math.prod(size or 0 for size in sizes)
    if array.shape == sizes:
        return array
    if verify_shape:
        raise ShapeError(
            f"the value has shape {show(array.shape)}, not {show(sizes)}",
            hint="verify_shape asks for that",
        )
    if array.size > count or array.size == 0 < count:
        raise ShapeError(
            f"{array.size} elements do not fill shape {show(sizes)}, which takes {count}"
        )
    flat = array.ravel()
    return np.concatenate([flat, np.repeat(flat[-1:], count - array.size)]).reshape(sizes)


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
) -> Tensor:
    """The tensor that a value means: itself, a constant, or a stack of a list that holds tensors.

    TensorFlow: tf.convert_to_tensor.

    Args:
        value: tensor, `IndexedSlices`, or whatever `constant` takes.
        dtype: type it must have, or None.
        name: name of a new node.
        preferred_dtype, dtype_hint: type that a plain value takes if it can.

    Raises:
        DTypeError: a tensor has another type, or a value does not fit the type.
    """
    hint = dtypes.to_numpy(preferred_dtype if dtype_hint is None else dtype_hint)
    if dtype is None and hint is not None and not isinstance(value, Tensor):
        try:
            return as_tensor(value, hint, name)
        except (TypeError, ValueError):
            pass  # only a wish
    return as_tensor(value, dtypes.to_numpy(dtype), name)


# One value everywhere


def _fill_check(dims: TensorSpec, value: TensorSpec) -> None:
    if value.shape not in (None, ()):
        raise ShapeError(f"value must be one number, not shape {show(value.shape)}")


def _fill_compute(xp: Any, dims: Any, value: Any) -> Any:
    if isinstance(dims, tuple) and any(size is not None and size < 0 for size in dims):
        raise ShapeError(f"a size cannot be negative: {list(dims)}")
    return xp.full(dims, value)


FILL = OpDef(
    "Fill",
    operands=("dims: index", "value: T"),
    known=("dims",),
    check=_fill_check,
    compute=_fill_compute,
    grad=lambda op, dy: [None, reduce_sum(dy)],
)


def fill(dims: Any, value: Any, name: str | None = None) -> Tensor:
    """A tensor with one value everywhere.

    TensorFlow: tf.fill.

    Args:
        dims: vector of sizes.
        value: scalar.
        name: name of the node.

    Raises:
        ShapeError: `value` is no scalar, or a size is negative.

    Gradient: the sum of dy, for the value.
    """
    return FILL(dims, value, name=name)


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Zeros: numbers, False, or empty texts.

    TensorFlow: tf.zeros.

    Args:
        shape: one size, a list of sizes, or a vector.
        dtype: type of the elements.
        name: name of the node.
    """
    return _uniform(shape, 0, dtype, name or "zeros")


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Ones, or True. TensorFlow: tf.ones. Arguments as `zeros`."""
    return _uniform(shape, 1, dtype, name or "ones")


def _uniform(shape: Any, value: int, dtype: Any, name: str) -> Tensor:
    kind = dtypes.as_dtype(dtype or dtypes.float32)
    element = np.full((), "" if kind is dtypes.string else value, kind.numpy)
    sizes = _written_sizes(shape)
    if sizes is not None and math.prod(sizes) < LARGEST_CONSTANT:
        return CONST(value=np.full(sizes, element), name=name)
    with name_scope(name, None, [shape]) as scope:
        dims = as_tensor(
            shape if sizes is None else np.array(sizes, np.int32), None, "shape_as_tensor"
        )
        if dims.spec.shape == ():
            dims = reshape(dims, [-1])
        return FILL(dims, element, name=scope)


def _written_sizes(shape: Any) -> tuple[int, ...] | None:
    """Sizes that are plain numbers; None where a tensor gives one of them."""
    if (
        isinstance(shape, Tensor)
        or isinstance(shape, (list, tuple))
        and any(isinstance(n, Tensor) for n in shape)
    ):
        return None
    sizes = as_shape(shape)
    if sizes is None or not is_known(sizes) or isinstance(shape, (list, tuple)) and -1 in shape:
        raise ShapeError(
            f"all sizes must be known, not {TensorShape(shape)}",
            hint="take unknown ones from ts.shape(x)",
        )
    return tuple(size or 0 for size in sizes)
