"""Lowering of reductions, and of running sums: long ones in parts, so that threads have work."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tensorslow.engines.llvm.kernels.lower.lowering import Lowering, spread
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Instruction

LARGEST_INT = np.iinfo(np.int64).max
PARTS = 32  # into about how many parts a long sum is divided


def reduction(low: Lowering, do: Instruction) -> View:
    """A sum, product, maximum …, in two steps if it is long."""
    view, axes = _walked(low.view(do.args[0]), do.options["axis"])
    dtype = do.targets[0].dtype
    wide = np.dtype(np.float32) if dtype == np.float16 else dtype
    kept = [i for i in range(len(view.shape)) if i not in axes]
    parts = _parts(view, axes)
    if parts > 1:
        axis = max(axes, key=lambda i: view.shape[i])
        view = _divided(view, axis, parts)
        kept = [axis, *[i + (i > axis) for i in kept]]
        axes = tuple(sorted(i + (i >= axis) for i in axes))
        first = reduced(low, view, axes, kept, do.name, wide)
        return reduced(low, first, (0,), range(1, len(first.shape)), do.name, dtype)
    return reduced(low, view, axes, kept, do.name, dtype)


def _walked(view: View, axes: Sequence[int]) -> tuple[View, tuple[int, ...]]:
    """The same with reduced axes joined that are walked through as one."""
    shape, strides, over = list(view.shape), list(view.strides), sorted(axes)
    for i in reversed(over[:-1]):
        if i + 1 in over and strides[i] == strides[i + 1] * shape[i + 1]:
            shape[i : i + 2] = [shape[i] * shape[i + 1]]
            del strides[i]
            over = [axis - (axis > i) for axis in over if axis != i]
    joined = View(view.buffer, tuple(shape), tuple(strides), view.offset, view.number)
    return joined, tuple(over)


def reduced(
    low: Lowering, view: View, axes: Sequence[int], kept: Sequence[int], kind: str, dtype: np.dtype
) -> View:
    """The sum, prod, max … of an array over some axes; float16 is added up in float32."""
    nest = low.nest(view.shape)
    x = low.read(nest, view)
    wide = np.dtype(np.float32) if x.dtype == np.float16 else x.dtype
    if wide != x.dtype:
        x = nest.compute("cast", wide, x)
    x = nest.reduce(kind, wide, x, axes, origin=low.origin)
    if dtype != wide:
        x = nest.compute("cast", dtype, x)
    result = low.new([view.shape[i] for i in kept], dtype)
    nest.store(x, spread(result, kept, len(view.shape)))
    return result


def _parts(view: View, axes: Sequence[int]) -> int:
    """Into how many parts a reduction is divided, so that several threads have work.

    It follows from the shape alone, so results do not depend on the number of threads.
    """
    total = math.prod(view.shape)
    long = max(view.shape[i] for i in axes)
    results = total // math.prod(view.shape[i] for i in axes)
    inner = next((i for i in reversed(range(len(view.shape))) if view.strides[i] == 1), None)
    pieces = results if inner in axes else results // 16
    if pieces >= 16 or total < 32768 or long < 2 * PARTS:
        return 1
    divisors = [n for n in range(PARTS // 2, 4 * PARTS) if long % n == 0]
    return min(divisors, key=lambda n: abs(n - PARTS), default=1)


def _divided(view: View, axis: int, parts: int) -> View:
    shape, strides = list(view.shape), list(view.strides)
    inner = shape[axis] // parts
    shape[axis : axis + 1] = [parts, inner]
    strides[axis : axis + 1] = [strides[axis] * inner, strides[axis]]
    return View(view.buffer, tuple(shape), tuple(strides), view.offset, view.number)


def arg_extreme(low: Lowering, do: Instruction) -> View:
    """The first place of the largest element; the first nan, if there is one, is the largest."""
    view, axis = low.view(do.args[0]), do.options["axis"]
    kind = "max" if do.name == "argmax" else "min"
    nest = low.nest(view.shape)
    x = low.read(nest, view)
    best = nest.reduce(kind, x.dtype, x, [axis], origin=do.op)
    truth, number = np.dtype(bool), np.dtype(np.int64)
    hit = nest.compute("equal", truth, x, best)
    if x.dtype.kind == "f":
        hit = nest.compute("logical_or", truth, hit, nest.compute("not_equal", truth, x, x))
    place = nest.index([int(i == axis) for i in range(len(view.shape))], 0, number)
    place = nest.compute("where", number, hit, place, nest.literal(LARGEST_INT, number))
    first = nest.reduce("min", number, place, [axis], origin=do.op)
    result = low.new(do.targets[0].shape, number)
    kept = [i for i in range(len(view.shape)) if i != axis]
    nest.store(first, spread(result, kept, len(view.shape)))
    return result


def running(low: Lowering, do: Instruction) -> View:
    """A running sum or product: each element from the one before it."""
    view, axis = low.view(do.args[0]), do.options["axis"]
    dtype, shape = do.targets[0].dtype, list(view.shape)
    result = low.new(shape, dtype)
    begin, steps = [0] * len(shape), [1] * len(shape)
    first = [*shape[:axis], 1, *shape[axis + 1 :]]
    low.copy(view.sliced(begin, first, steps), result.sliced(begin, first, steps))
    if shape[axis] > 1:
        rest = [*shape[:axis], shape[axis] - 1, *shape[axis + 1 :]]
        before, begin[axis] = result.sliced(begin, rest, steps), 1
        nest = low.nest(rest)
        nest.sequential, nest.after = frozenset([axis]), (result.buffer,)
        x = low.read(nest, view.sliced(begin, rest, steps))
        y = low.read(nest, before)
        op = "add" if do.name == "cumsum" else "multiply"
        nest.store(nest.compute(op, dtype, y, x, origin=do.op), result.sliced(begin, rest, steps))
    return result
