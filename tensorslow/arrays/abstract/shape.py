"""Rules of the primitives that change a shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.arrays import numeric
from tensorslow.arrays.abstract.folding import INT64, folds, join_dtypes, reduced_shape, sizes_of
from tensorslow.arrays.spec import LARGEST_KNOWN, TensorSpec, as_spec
from tensorslow.errors import ShapeError
from tensorslow.shapes import (
    Shape,
    broadcast,
    compatible,
    is_known,
    may_be_equal,
    merge,
    normalize_axes,
    normalize_axis,
    show,
)


def cast(x: Any, dtype: Any) -> TensorSpec:
    spec = as_spec(x)
    if dtype is None:
        return TensorSpec(spec.shape, None)
    value = spec.value
    if value is not None and (value.dtype != object or spec.dtype == object):
        with np.errstate(all="ignore"):
            value = value.astype(dtype)
    elif dtype.kind not in "iu":
        value = None
    return TensorSpec(spec.shape, dtype, value)


def bitcast(x: TensorSpec, dtype: Any) -> TensorSpec:
    if x.shape is None or x.dtype is None:
        return TensorSpec(None, dtype)
    old, new = x.dtype.itemsize, dtype.itemsize
    if old == new:
        return TensorSpec(x.shape, dtype)
    if old > new:
        return TensorSpec((*x.shape, old // new), dtype)
    if not x.shape or not may_be_equal(x.shape[-1], new // old):
        raise ShapeError(f"to become {dtype}, the last axis of {x} must have {new // old} elements")
    return TensorSpec(x.shape[:-1], dtype)


def shape(x: Any) -> TensorSpec:
    sizes = as_spec(x).shape
    if sizes is None:
        return TensorSpec((None,), INT64)
    return TensorSpec((len(sizes),), INT64, np.array(sizes, object if None in sizes else INT64))


def size(x: Any) -> TensorSpec:
    sizes = as_spec(x).shape
    return TensorSpec((), INT64, np.asarray(math.prod(sizes)) if is_known(sizes) else None)


def ndim(x: Any) -> TensorSpec:
    sizes = as_spec(x).shape
    return TensorSpec((), INT64, None if sizes is None else np.asarray(len(sizes)))


@folds
def reshape(x: TensorSpec, shape: Any) -> TensorSpec:
    goal = sizes_of(shape)
    if goal is None:
        return TensorSpec(None, x.dtype)
    if goal.count(-1) > 1:
        raise ShapeError(f"only one size can be -1, not {goal.count(-1)}")
    if any(size is not None and size < -1 for size in goal):
        raise ShapeError(f"a size cannot be negative: {list(goal)}", hint="-1 takes what is left")
    if -1 in goal and 0 in goal:
        raise ShapeError(
            "-1 cannot stand beside a size of 0: any number would do", hint="write the number"
        )
    known = math.prod(size for size in goal if size is not None and size != -1)
    if goal.count(None) == 1 and -1 not in goal and known and is_known(x.shape):
        goal = tuple(
            -1 if size is None else size for size in goal
        )  # what is left, since all else is known
    if None in goal or not is_known(x.shape):
        return TensorSpec(_match_unknown(x.shape, goal), x.dtype)
    total = math.prod(x.shape)
    if -1 in goal and total % known == 0:
        goal = tuple(total // known if size == -1 else size for size in goal)
    if math.prod(size or 0 for size in goal) != total:
        open_goal = tuple(None if size == -1 else size for size in goal)
        raise ShapeError(
            f"{total} elements do not fit: {show(x.shape)} cannot become {show(open_goal)}",
            hint="the product of the sizes must stay the same; -1 takes what is left",
        )
    return TensorSpec(goal, x.dtype)


def _match_unknown(old: Shape, goal: tuple[Any, ...]) -> Shape:
    """The goal with -1 unknown; where one size is open on both sides and all else agrees, they are
    equal.
    """
    open_goal = tuple(None if size == -1 else size for size in goal)
    known = math.prod(size for size in open_goal if size is not None)
    if old is not None and None not in open_goal and 0 not in open_goal:
        before = math.prod(size for size in old if size is not None)
        if None in old and before and known % before:
            raise ShapeError(
                f"{show(old)} cannot become {show(open_goal)}: "
                f"{known} is not a multiple of {before}"
            )
    return open_goal


def transpose(x: TensorSpec, perm: Any = None) -> TensorSpec:
    axes = perm if perm is None else sizes_of(perm)
    if x.shape is None:
        return TensorSpec(None if axes is None else (None,) * len(axes), x.dtype)
    if perm is not None and (axes is None or None in axes):
        return TensorSpec((None,) * len(x.shape), x.dtype)
    if axes is None:
        axes = tuple(reversed(range(len(x.shape))))
    if len(axes) != len(x.shape):
        raise ShapeError(
            f"{len(axes)} axes are named in perm, but {show(x.shape)} has {len(x.shape)}"
        )
    axes = tuple(normalize_axis(axis, len(x.shape)) for axis in axes if axis is not None)
    if len(set(axes)) < len(axes):
        raise ShapeError(f"perm names an axis twice: {list(axes)}")
    return _moved(
        TensorSpec(tuple(x.shape[axis] for axis in axes), x.dtype),
        x,
        lambda value: np.transpose(value, axes),
    )


def _moved(result: TensorSpec, x: TensorSpec, move: Callable[[Any], Any]) -> TensorSpec:
    if x.value is not None:
        result.value = move(x.value)
    return result


@folds
def broadcast_to(x: Any, shape: Any) -> TensorSpec:
    x, goal = as_spec(x), sizes_of(shape)
    if goal is None:
        return TensorSpec(None, x.dtype)
    joint = broadcast(x.shape, goal)
    if (
        x.shape is not None
        and joint is not None
        and (len(joint) > len(goal) or not compatible(joint, goal))
    ):
        raise ShapeError(f"{show(x.shape)} cannot be repeated to {show(goal)}")
    return TensorSpec(goal, x.dtype)


def broadcast_like(x: Any, like: TensorSpec) -> TensorSpec:
    return broadcast_to(x, TensorSpec(None) if like.shape is None else like.shape)


def sum_to(x: TensorSpec, like: Any) -> TensorSpec:
    return TensorSpec(as_spec(like).shape, x.dtype)


def expand_reduced(y: TensorSpec, x: TensorSpec, axes: Any) -> TensorSpec:
    kept = reduced_shape(x, axes, True)
    return reshape(y, kept) if is_known(kept) else TensorSpec(kept, y.dtype)


def swap_last_two(x: TensorSpec) -> TensorSpec:
    if x.shape is None or len(x.shape) < 2:
        return x
    return TensorSpec((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)


def _slice_size(size: Any, begin: Any, end: Any, stride: Any) -> Any:
    if size is None or begin is None or stride is None:
        return None
    return len(range(*slice(begin, end, stride).indices(size)))


@folds
def slice_(x: TensorSpec, begin: Any, end: Any, strides: Any) -> TensorSpec:
    if x.shape is None:
        return TensorSpec(None, x.dtype)
    parts = zip(x.shape, begin, end, strides, strict=True)
    return TensorSpec(tuple(_slice_size(*part) for part in parts), x.dtype)


def slice_adjoint(dy: TensorSpec, shape: Any, begin: Any, end: Any, strides: Any) -> TensorSpec:
    return TensorSpec(sizes_of(shape), dy.dtype)


@folds
def pad(x: TensorSpec, paddings: Any, value: Any = 0) -> TensorSpec:
    if x.shape is None or isinstance(paddings, TensorSpec):
        rank = len(x.shape) if x.shape is not None else _rows(paddings)
        return TensorSpec(None if rank is None else (None,) * rank, x.dtype)
    if len(paddings) != len(x.shape):
        raise ShapeError(
            f"{len(paddings)} rows of paddings for {show(x.shape)}",
            hint="one row [before, after] an axis",
        )
    sizes = []
    for size, (before, after) in zip(x.shape, paddings, strict=True):
        if before is not None and before < 0 or after is not None and after < 0:
            raise ShapeError(
                f"paddings cannot be negative: [{before}, {after}]",
                hint="slice takes elements away",
            )
        sizes.append(None if None in (size, before, after) else size + before + after)
    return TensorSpec(tuple(sizes), x.dtype)


def _rows(argument: Any) -> Any:
    """The length of an argument, of which perhaps only that is known."""
    if isinstance(argument, TensorSpec):
        return argument.shape[0] if argument.shape else None
    return len(argument)


def concat(arrays: Sequence[TensorSpec], axis: Any) -> TensorSpec:
    dtype = join_dtypes(arrays)
    known = [a.shape for a in arrays if a.shape is not None]
    if not known:
        return TensorSpec(None, dtype)
    rank = len(known[0])
    if not isinstance(axis, int):
        return TensorSpec((None,) * rank, dtype)
    if rank == 0:
        raise ShapeError("scalars cannot be joined along an axis", hint="use stack")
    axis = normalize_axis(axis, rank)
    total: int | None = 0
    rest: Shape = (None,) * (rank - 1)
    for a in arrays:
        sizes = a.shape
        if sizes is None:
            total = None
            continue
        if len(sizes) != rank or not compatible(rest, sizes[:axis] + sizes[axis + 1 :]):
            raise ShapeError(
                f"shapes {show(known[0])} and {show(sizes)} do not match outside axis {axis}",
                hint="all sizes but the one along the axis must be equal",
            )
        rest = merge(rest, sizes[:axis] + sizes[axis + 1 :]) or ()
        size = sizes[axis]
        total = None if total is None or size is None else total + size
    assert rest is not None
    result = TensorSpec((*rest[:axis], total, *rest[axis:]), dtype)
    return _joined(result, arrays, lambda values: np.concatenate(values, axis))


def stack(arrays: Sequence[TensorSpec], axis: int) -> TensorSpec:
    dtype = join_dtypes(arrays)
    sizes: Shape = None
    for a in arrays:
        sizes = merge(sizes, a.shape)
    if sizes is None:
        return TensorSpec(None, dtype)
    axis = normalize_axis(axis, len(sizes) + 1)
    result = TensorSpec((*sizes[:axis], len(arrays), *sizes[axis:]), dtype)
    return _joined(result, arrays, lambda values: np.stack(values, axis))


def _elements(x: TensorSpec) -> Any:
    """The elements of an array of known shape, None for each unknown one."""
    sizes: Any = x.shape
    return np.full(sizes, None) if x.value is None else x.value.astype(object)


def _joined(
    result: TensorSpec, arrays: Sequence[TensorSpec], join: Callable[[Any], Any]
) -> TensorSpec:
    """Adds the known elements: for integers, unknown parts of a known size count as unknown
    elements.
    """
    if not is_known(result.shape) or math.prod(result.shape) > LARGEST_KNOWN:
        return result
    if all(a.is_value for a in arrays):
        result.value = join([a.value for a in arrays]).astype(result.dtype)
    elif (
        result.dtype is not None
        and result.dtype.kind in "iu"
        and any(a.value is not None for a in arrays)
    ):
        parts = [_elements(a) for a in arrays]
        result.value = join(parts)
    return result


@folds
def flip(x: TensorSpec, axis: Any) -> TensorSpec:
    if (
        x.shape is not None
        and isinstance(axis, (int, tuple))
        and not (isinstance(axis, tuple) and None in axis)
    ):
        normalize_axes(axis, len(x.shape))
    return TensorSpec(x.shape, x.dtype)


@folds
def arange(start: Any, stop: Any, step: Any, dtype: Any) -> TensorSpec:
    if (
        isinstance(start, TensorSpec)
        or isinstance(stop, TensorSpec)
        or isinstance(step, TensorSpec)
    ):
        return TensorSpec((None,), dtype)
    if step == 0:
        raise ShapeError("the step of a range cannot be 0")
    count = numeric.arange_count(start, stop, step, dtype)
    return TensorSpec(
        (count,),
        dtype,
        numeric.arange(start, stop, step, dtype) if count <= LARGEST_KNOWN else None,
    )


def full(shape: Any, value: Any, dtype: Any = None) -> TensorSpec:
    element = as_spec(value)
    return broadcast_to(element if dtype is None else cast(element, dtype), shape)


def zeros(shape: Any, dtype: Any) -> TensorSpec:
    return full(shape, 0, dtype)


@folds
def expand_dims(x: TensorSpec, axis: Any) -> TensorSpec:
    if x.shape is None:
        return TensorSpec(None, x.dtype)
    if not isinstance(axis, int):
        return TensorSpec((None,) * (len(x.shape) + 1), x.dtype)
    axis = normalize_axis(axis, len(x.shape) + 1)
    return TensorSpec((*x.shape[:axis], 1, *x.shape[axis:]), x.dtype)


@folds
def squeeze(x: TensorSpec, axis: Any = None) -> TensorSpec:
    if x.shape is None or axis is None and None in x.shape:
        return TensorSpec(None, x.dtype)
    axes = (
        tuple(i for i, n in enumerate(x.shape) if n == 1)
        if axis is None
        else normalize_axes(axis, len(x.shape))
    )
    for i in axes:
        if not may_be_equal(x.shape[i], 1):
            raise ShapeError(
                f"axis {i} of {show(x.shape)} has {x.shape[i]} elements, so it cannot be dropped"
            )
    return TensorSpec(tuple(n for i, n in enumerate(x.shape) if i not in axes), x.dtype)
