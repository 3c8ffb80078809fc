"""The primitives in NumPy: what each of them means, and the namespace of the NumPy engine."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from tensorslow.arrays.convolution import conv, conv_filter, conv_input
from tensorslow.arrays.host import host
from tensorslow.arrays.host import require as require
from tensorslow.arrays.indexing import (
    add_flat,
    argsort,
    gather_nd,
    last_places,
    scatter_add,
    scatter_nd_add,
    scatter_update,
    take,
    take_along_axis,
    take_flat,
)
from tensorslow.arrays.pooling import (
    window_max,
    window_max_gather,
    window_max_scatter,
    window_mean,
    window_mean_input,
)
from tensorslow.arrays.reduction import (
    all,
    any,
    argmax,
    argmin,
    cumprod,
    cumsum,
    highest,
    lowest,
    max,
    mean,
    min,
    prod,
    sum,
)
from tensorslow.arrays.special import digamma, erf, erfc, lgamma, zeta

Axis = Any  # an int, a tuple of ints, or None for all

SMALL = 4096  # elements up to which an array is copied rather than viewed through a slower call

# Elementwise: NumPy's own

negative, abs, sign, sqrt, conj = np.negative, np.abs, np.sign, np.sqrt, np.conjugate
exp, log, log1p, expm1 = np.exp, np.log, np.log1p, np.expm1
sin, cos, tan, asin, acos, atan = np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan
sinh, cosh, tanh = np.sinh, np.cosh, np.tanh
asinh, acosh, atanh = np.arcsinh, np.arccosh, np.arctanh
floor, ceil, rint = np.floor, np.ceil, np.rint
isnan, isinf, isfinite = np.isnan, np.isinf, np.isfinite
logical_not, logical_and, logical_or = np.logical_not, np.logical_and, np.logical_or
bitwise_and, bitwise_or, bitwise_xor = np.bitwise_and, np.bitwise_or, np.bitwise_xor
bitwise_not, left_shift, right_shift = np.invert, np.left_shift, np.right_shift
add, subtract, multiply, divide = np.add, np.subtract, np.multiply, np.true_divide
power, atan2, maximum, minimum = np.power, np.arctan2, np.maximum, np.minimum
equal, not_equal = np.equal, np.not_equal
less, less_equal, greater, greater_equal = np.less, np.less_equal, np.greater, np.greater_equal
where = np.where


def floor_divide(x: Any, y: Any) -> Any:
    """The quotient rounded towards minus infinity; integers divided by zero raise."""
    _check_divisor(y)
    return np.floor_divide(x, y)


def mod(x: Any, y: Any) -> Any:
    """What floor_divide leaves: it has the sign of `y`; integers divided by zero raise."""
    _check_divisor(y)
    return np.mod(x, y)


def _check_divisor(y: Any) -> None:
    y = np.asarray(y)
    if y.dtype.kind in "iu" and not y.all():
        raise ZeroDivisionError("division of integers by zero")


def cast(x: Any, dtype: Any) -> Any:
    """The elements in another type; itself when it has that type already."""
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype == dtype:
        return x
    return np.asarray(x).astype(dtype)


def bitcast(x: Any, dtype: Any) -> Any:
    """The same bytes read as another type; a last axis is split off, or taken up, where sizes
    differ.
    """
    x, dtype = np.ascontiguousarray(x).reshape(np.shape(x)), np.dtype(dtype)
    if dtype.itemsize == x.dtype.itemsize:
        return x.view(dtype)
    if dtype.itemsize < x.dtype.itemsize:
        return x[..., np.newaxis].view(dtype)
    return x.view(dtype)[..., 0]


# Shape


def shape(x: Any) -> Any:
    """The sizes, as integers [rank]."""
    return np.array(np.shape(x), np.int64)


def size(x: Any) -> Any:
    """The number of elements."""
    return np.int64(np.size(x))


def ndim(x: Any) -> Any:
    """The number of axes."""
    return np.int64(np.ndim(x))


reshape, transpose, broadcast_to = np.reshape, np.transpose, np.broadcast_to
expand_dims, squeeze = np.expand_dims, np.squeeze


def broadcast_like(x: Any, like: Any) -> Any:
    """`x` repeated to the shape of `like`."""
    x, goal = np.asarray(x), np.shape(like)
    if x.shape == goal:
        return x
    if like.size > SMALL:
        return np.broadcast_to(x, goal)
    result = np.empty(goal, x.dtype)  # a small copy takes a fifth of the time of a view
    result[...] = x
    return result


def sum_to(x: Any, like: Any) -> Any:
    """`x` summed where `like` was repeated to give its shape: broadcast's adjoint."""
    goal = np.shape(like)
    if x.shape == goal:
        return x
    extra = x.ndim - len(goal)
    if x.shape[extra:] == goal:  # only axes in front, as for a bias
        return sum(x, 0 if extra == 1 else tuple(range(extra)))
    axes = tuple(range(extra))
    axes += tuple(i + extra for i, n in enumerate(goal) if n == 1 and x.shape[i + extra] != 1)
    return sum(x, axes, keepdims=True).reshape(goal)


def expand_reduced(y: Any, x: Any, axes: int | Sequence[int]) -> Any:
    """`y`, which is `x` reduced over `axes`, with these axes back as axes of size 1."""
    if not np.ndim(y):
        return np.reshape(y, (1,) * x.ndim)
    kept = list(y.shape)
    for axis in (axes,) if isinstance(axes, int) else sorted(axis % x.ndim for axis in axes):
        kept.insert(axis % x.ndim, 1)
    return y.reshape(kept)


def swap_last_two(x: Any) -> Any:
    """Matrices transposed; a vector stays as it is."""
    return x.T if x.ndim <= 2 else x.swapaxes(-1, -2)


def _slices(
    begin: Sequence[int], end: Sequence[int | None], strides: Sequence[int]
) -> tuple[slice, ...]:
    return tuple(slice(b, e, s) for b, e, s in zip(begin, end, strides, strict=True))


def slice_(x: Any, begin: Sequence[int], end: Sequence[int | None], strides: Sequence[int]) -> Any:
    """x[begin:end:stride] along each axis, counted from the front; an end of None is past it."""
    return x[_slices(begin, end, strides)]


def slice_adjoint(
    dy: Any,
    shape: Sequence[int],
    begin: Sequence[int],
    end: Sequence[int | None],
    strides: Sequence[int],
) -> Any:
    """Zeros of that shape with `dy` where `slice_` would read."""
    result = np.zeros(shape, dy.dtype)
    result[_slices(begin, end, strides)] = dy
    return result


def pad(x: Any, paddings: Sequence[Sequence[int]], value: Any = 0) -> Any:
    """`x` with elements of `value` before and after each axis."""
    if np.ndim(x) != len(paddings) or builtins.any(n < 0 for pair in paddings for n in pair):
        raise ValueError(
            f"paddings must be one pair [before, after] an axis, none negative, not {paddings}"
        )
    # np.pad says the same a good deal slower.
    result = np.full(
        [before + n + after for n, (before, after) in zip(x.shape, paddings)], value, x.dtype
    )
    result[tuple(slice(before, before + n) for n, (before, _) in zip(x.shape, paddings))] = x
    return result


def concat(arrays: Sequence[Any], axis: int) -> Any:
    """Arrays joined along one axis."""
    return np.concatenate(arrays, axis)


def stack(arrays: Sequence[Any], axis: int) -> Any:
    """Arrays of one shape joined along a new axis; Python's numbers take the type of those beside
    them.
    """
    return np.stack(arrays, axis, dtype=np.result_type(*arrays))


def flip(x: Any, axis: Axis) -> Any:
    """The order reversed along the axes."""
    return np.flip(x, axis) if axis != () else x


def arange(start: Any, stop: Any, step: Any, dtype: Any = None) -> Any:
    """start, start + step, … up to `stop`, which is left out."""
    values = start + np.arange(arange_count(start, stop, step, dtype)) * step
    return values if dtype is None else values.astype(dtype)


def arange_count(start: Any, stop: Any, step: Any, dtype: Any = None) -> int:
    """How many elements `arange` has."""
    if (
        dtype is not None and dtype.kind == "f"
    ):  # 0.3 / 0.1 is 3 in float32 and a little more in float64
        start, stop, step = dtype.type(start), dtype.type(stop), dtype.type(step)
    return builtins.max(0, int(np.ceil((stop - start) / step)))


def full(shape: Sequence[int], value: Any, dtype: Any = None) -> Any:
    """An array with one value everywhere."""
    return np.full(shape, value, dtype)


def zeros(shape: Sequence[int], dtype: Any) -> Any:
    """An array of zeros (False for bool)."""
    return np.zeros(shape, dtype)


# Contractions

matmul = np.matmul


def einsum(equation: str, *operands: Any) -> Any:
    """A sum over products, by its index letters."""
    return np.einsum(equation, *operands, optimize=len(operands) > 1)


# Control


def cond(
    predicate: Any,
    then_branch: Callable[..., Any],
    else_branch: Callable[..., Any],
    args: Sequence[Any],
) -> Any:
    """The results of one branch."""
    return then_branch(*args) if predicate else else_branch(*args)


def while_loop(
    condition: Callable[..., Any] | None,
    body: Callable[..., Any],
    limit: Any,
    carries: Sequence[Any],
    xs: Sequence[Any],
    stacked: Sequence[Any],
    reverse: bool = False,
) -> Any:
    """Repeats `body`, and keeps what it says of every iteration.

    Args:
        condition: (i, *carries) → (whether to go on, *carries); None: until the limit.
        body: (i, *carries, *slices of xs) → (*carries, *what to keep).
        limit: how often at most; negative: no limit.
        carries: what goes from one iteration to the next.
        xs: arrays of which each iteration gets one slice along the first axis.
        stacked: specs of what is kept of each iteration.
        reverse: whether xs are read, and results stacked, from the last to the first.

    Returns:
        (*carries, the number of iterations, *what was kept, stacked along a new first axis).
    """
    i, limit, carries = 0, int(limit), list(carries)
    for x in xs:
        if len(x) != limit:
            raise ValueError(f"first axes differ: {limit} rows and {len(x)}")
    kept: list[list[Any]] = [[] for _ in stacked]
    while limit < 0 or i < limit:
        if condition is not None:
            go_on, *carries = condition(np.int32(i), *carries)
            if not go_on:
                break
        at = limit - 1 - i if reverse else i
        results = body(np.int32(i), *carries, *[x[at] for x in xs])
        carries = list(results[: len(carries)])
        for rows, row in zip(kept, results[len(carries) :], strict=True):
            rows.append(row)
        i += 1
    arrays = [
        _stack_rows(rows[::-1] if reverse else rows, spec)
        for rows, spec in zip(kept, stacked, strict=True)
    ]
    return (*carries, np.int32(i), *arrays)


def _stack_rows(rows: list[Any], spec: Any) -> Any:
    """One array of all rows; an array of arrays where the iterations had different shapes."""
    if not rows:
        sizes = [size or 0 for size in spec.shape or ()]
        return np.zeros((0, *sizes), spec.dtype)
    if builtins.all(np.shape(row) == np.shape(rows[0]) for row in rows):
        return np.stack(rows)
    ragged = np.empty(len(rows), object)
    ragged[:] = rows
    return ragged
