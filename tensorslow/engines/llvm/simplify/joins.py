"""Borders and joins in canonical form: pad and concat, and what becomes one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tensorslow.engines.llvm.simplify.builder import Builder, Value, defined_by
from tensorslow.engines.llvm.simplify.elementwise import elementwise, typed
from tensorslow.engines.llvm.simplify.views import broadcast_to, flip, reshape, take_ranges

FOLDED = 4096  # elements up to which what follows from constants is computed here


def pad(b: Builder, x: Value, paddings: Sequence[Sequence[int]], value: Any = 0) -> Value:
    """`x` with elements of `value` before and after each axis."""
    pairs = tuple((int(before), int(after)) for before, after in paddings)
    if not any(map(any, pairs)):
        return x
    goal = tuple(p + n + q for n, (p, q) in zip(x.shape, pairs))
    if not isinstance(value, (int, float, np.generic)):
        inside = pad(b, b.uniform(True, np.dtype(bool), x.shape), pairs, False)
        return elementwise(b, "where", (inside, pad(b, x, pairs), value), goal, x.dtype)
    literal = b.literal(np.asarray(value).astype(x.dtype)[()], x.dtype)
    if x.size == 0:
        return b.uniform(literal, x.dtype, goal)
    if isinstance(x, np.ndarray) and math.prod(goal) <= FOLDED:
        return b.constant(np.pad(x, pairs, constant_values=literal))
    if (source := defined_by(x, "broadcast_to")) and source.args[0] is literal:
        return broadcast_to(b, literal, goal)
    if (source := defined_by(x, "pad")) and source.options["value"] is literal:
        both = [(p + r, q + s) for (p, q), (r, s) in zip(source.options["paddings"], pairs)]
        return pad(b, source.args[0], both, literal)
    return b.write("pad", (x,), {"paddings": pairs, "value": literal}, goal, x.dtype)


def slice_adjoint(
    b: Builder,
    dy: Value,
    shape: Sequence[int],
    begin: Sequence[int],
    end: Sequence[int | None],
    strides: Sequence[int],
) -> Value:
    """Zeros of that shape with `dy` where a slice would read."""
    goal = tuple(map(int, shape))
    ranges = [
        range(*slice(first, last, stride).indices(size))
        for first, last, stride, size in zip(begin, end, strides, goal, strict=True)
    ]
    counts = tuple(map(len, ranges))
    dy = broadcast_to(b, dy, counts)
    if 0 in counts:
        return b.uniform(0, dy.dtype, goal)
    dy = flip(b, dy, tuple(i for i, r in enumerate(ranges) if r.step < 0 and len(r) > 1))
    ranges = [r[::-1] if r.step < 0 else r for r in ranges]
    if any(r.step > 1 and len(r) > 1 for r in ranges):
        dy, ranges = _with_gaps(b, dy, ranges, goal)
    return pad(b, dy, [(r[0], n - r[-1] - 1) for r, n in zip(ranges, goal, strict=True)])


def _with_gaps(
    b: Builder, dy: Value, ranges: Sequence[range], goal: Sequence[int]
) -> tuple[Value, list[range]]:
    """An array whose elements go to some places of a larger one, with zeros between them.

    [n] becomes [n, 1], is padded to [n, step], and made flat. Where each element and its zeros fit
    into the goal, the element comes to its place among them; else the last zeros are cut off.

    Returns:
        The array, and where it goes, of each axis.
    """
    gaps, places = [], []
    for r, size in zip(ranges, goal, strict=True):
        step = r.step if len(r) > 1 else 1
        fits = r.start < step and len(r) * step <= size
        first = r.start if fits else 0
        gaps += [(0, 0), (first, step - 1 - first)]
        places.append(range(len(r) * step) if fits else range(r[0], r[-1] + 1))
    apart = reshape(b, dy, [size for r in ranges for size in (len(r), 1)])
    wide = pad(b, apart, gaps)
    flat = [wide.shape[i] * wide.shape[i + 1] for i in range(0, len(wide.shape), 2)]
    return take_ranges(b, reshape(b, wide, flat), [range(len(r)) for r in places]), places


def concat(b: Builder, arrays: Sequence[Value], axis: int) -> Value:
    """Arrays joined along one axis."""
    target = b.target
    axis = int(axis) % len(target.shape)
    return join(b, [typed(b, x, target.dtype) for x in arrays], axis)


def join(b: Builder, arrays: Sequence[Value], axis: int) -> Value:
    """Arrays of one type and rank joined along one axis."""
    parts: list[Value] = []
    for x in arrays:
        if x.shape[axis]:
            parts.append(x)
    if not parts:
        return arrays[0]
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    total = sum(x.shape[axis] for x in parts)
    goal = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    whole = _cut_from_one(b, parts, axis)
    if whole is not None:
        return whole
    numbers = [s and s.args[0] for s in [defined_by(x, "broadcast_to") for x in parts]]
    number: Value = numbers[0]
    if number is not None and not number.shape and all(x is number for x in numbers):
        return broadcast_to(b, number, goal)
    if all(isinstance(x, np.ndarray) for x in parts) and math.prod(goal) <= FOLDED:
        return b.constant(np.concatenate(parts, axis))
    return b.write("concat", tuple(parts), {"axis": axis}, goal, first.dtype)


def _cut_from_one(b: Builder, parts: Sequence[Value], axis: int) -> Value | None:
    """The array, or its part, that was cut into these parts along the axis."""
    places = []
    for x in parts:
        source = defined_by(x, "slice_")
        if source is None or source.args[0] is not parts[0].source.args[0]:
            return None
        places.append([range(*r) for r in zip(*[source.options[key] for key in _RANGES])])
    for left, right in pairwise(places):
        if left[axis].stop != right[axis].start or left[axis].step * right[axis].step != 1:
            return None
        if left[:axis] + left[axis + 1 :] != right[:axis] + right[axis + 1 :]:
            return None
    joint = list(places[0])
    joint[axis] = range(places[0][axis].start, places[-1][axis].stop)
    return take_ranges(b, parts[0].source.args[0], joint)


_RANGES = ("begin", "end", "strides")


def stack(b: Builder, arrays: Sequence[Value], axis: int) -> Value:
    """Arrays of one shape joined along a new axis."""
    target = b.target
    axis = int(axis) % len(target.shape)
    one = (*target.shape[:axis], 1, *target.shape[axis + 1 :])
    return join(b, [reshape(b, typed(b, x, target.dtype), one) for x in arrays], axis)


def full(b: Builder, shape: Sequence[int], value: Value, dtype: Any = None) -> Value:
    """An array with one value everywhere."""
    return broadcast_to(b, typed(b, value, b.target.dtype), b.target.shape)
