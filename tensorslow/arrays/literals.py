"""What plain values of Python mean as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.tensor_shape import Dimension


def constant_array(value: Any, dtype: Any = None) -> Any:
    """The NumPy array that a plain value means; Python's floats are float32, its ints int32.

    Raises:
        TypeError, ValueError: it is no array of that type, or lists of different lengths.
    """
    if value is None:
        raise DTypeError("None is not a value", hint="a function without `return` gives None")
    if isinstance(value, (np.ndarray, np.generic)):
        return np.array(value, dtype) if dtype is None or value.dtype != dtype else np.array(value)
    try:
        array = np.array(value)
    except ValueError:
        raise ShapeError(
            f"{value!r} has rows of different lengths", hint="pad them to one length"
        ) from None
    if array.dtype.kind in "SU":
        array = np.array(value, object)
    elif array.dtype == object:
        array = _with_sizes(array, value)
        if array.dtype == object and not all(isinstance(x, (str, bytes)) for x in array.flat):
            raise DTypeError(f"{value!r} is not a value that a tensor can hold")
    if dtype is None:
        dtype = {"f": np.float32, "i": np.int32, "c": np.complex128}.get(
            array.dtype.kind, array.dtype
        )
        if (
            array.dtype.kind == "i"
            and array.size
            and (array.max() > 2**31 - 1 or array.min() < -(2**31))
        ):
            dtype = np.int64
    elif array.size and not _fits(array, np.dtype(dtype)):
        raise DTypeError(
            f"{value!r} is not {dtypes.from_numpy(np.dtype(dtype)).name}",
            "convert it with ts.cast(x, dtype)",
        )
    return array.astype(dtype)


def _with_sizes(array: Any, value: Any) -> Any:
    """Integers where sizes of a static shape stand; text and other objects stay."""
    if any(
        item is None or isinstance(item, Dimension) and item.value is None for item in array.flat
    ):
        raise DTypeError(
            f"{value!r} holds a size that is not known",
            hint="take it from the graph: ts.shape(x)[axis]; or use -1 in a reshape",
        )
    return (
        array.astype(np.int64)
        if all(isinstance(item, (int, Dimension)) for item in array.flat)
        else array
    )


def _fits(array: Any, dtype: Any) -> bool:
    """Whether plain values may become that type: never floats integers, text numbers, or 300 a
    uint8.
    """
    order = "biufc"
    if array.dtype.kind not in order or dtype.kind not in order:
        return bool(array.dtype.kind == dtype.kind)
    if dtype.kind == "b" or array.dtype.kind == "b":
        return bool(dtype.kind == array.dtype.kind)
    if array.dtype.kind in "iu" and dtype.kind in "iu":
        return bool(np.array_equal(array.astype(dtype), array))
    rank = {"i": 0, "u": 0, "f": 1, "c": 2}
    return rank[array.dtype.kind] <= rank[dtype.kind]
