"""Reductions in NumPy, part of the namespace `numeric`; they have the names of Python's own."""

from __future__ import annotations

import builtins
from functools import reduce
from typing import Any

import numpy as np

Axis = Any  # an int, a tuple of ints, or None for all
FEW = 8  # elements up to which NumPy's maximum of a row takes longer than as many of whole columns
# NumPy's reductions; Any, since its stubs know no `keepdims` that is decided at run time.
_add_up: Any = np.add.reduce
_multiply_up: Any = np.multiply.reduce
_largest: Any = np.maximum.reduce
_smallest: Any = np.minimum.reduce
_one_of: Any = np.logical_or.reduce
_all_of: Any = np.logical_and.reduce


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum, in the type of `x`."""
    return _add_up(x, axis=axis, dtype=x.dtype, keepdims=keepdims)


def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product, in the type of `x`."""
    return _multiply_up(x, axis=axis, dtype=x.dtype, keepdims=keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean, in the type of `x`: integers are summed in 64 bits and divided towards zero."""
    wide = {"i": np.int64, "u": np.uint64}.get(x.dtype.kind, x.dtype)
    total = _add_up(x, axis=axis, dtype=wide, keepdims=keepdims)
    count = x.size // builtins.max(1, total.size)
    if x.dtype.kind in "iu":
        quotient = np.abs(total) // total.dtype.type(builtins.max(1, count))
        return (np.sign(total) * quotient).astype(x.dtype)
    return total / x.dtype.type(count)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest; of nothing, the lowest value of the type."""
    if x.size == 0:
        return _largest(x, axis=axis, keepdims=keepdims, initial=lowest(x.dtype))
    if axis == -1 and x.ndim > 1 and x.shape[-1] <= FEW:
        best = reduce(np.maximum, [x[..., i] for i in range(x.shape[-1])])
        return best[..., np.newaxis] if keepdims else best
    return _largest(x, axis=axis, keepdims=keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest; of nothing, the highest value of the type."""
    if x.size == 0:
        return _smallest(x, axis=axis, keepdims=keepdims, initial=highest(x.dtype))
    return _smallest(x, axis=axis, keepdims=keepdims)


def lowest(dtype: Any) -> Any:
    """What every value of the type is at least."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min if dtype.kind in "iu" else False


def highest(dtype: Any) -> Any:
    """What every value of the type is at most."""
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max if dtype.kind in "iu" else True


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether one is true."""
    return _one_of(x, axis=axis, keepdims=keepdims)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether all are true."""
    return _all_of(x, axis=axis, keepdims=keepdims)


def argmax(x: Any, axis: int) -> Any:
    """Where the first of the largest is, as int64."""
    return np.argmax(x, axis)


def argmin(x: Any, axis: int) -> Any:
    """Where the first of the smallest is, as int64."""
    return np.argmin(x, axis)


def cumsum(x: Any, axis: int) -> Any:
    """Running sums, in the type of `x`."""
    return np.cumsum(x, axis, dtype=x.dtype)


def cumprod(x: Any, axis: int) -> Any:
    """Running products, in the type of `x`."""
    return np.cumprod(x, axis, dtype=x.dtype)
