"""Views in canonical form: reshape, transpose, slice, flip, broadcast; pad and concat beside them.

Each function is a primitive on values: it returns the value that says the same in fewest steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.programs.program import Instruction
from tensorslow.engines.llvm.simplify.builder import Builder, Value, defined_by
from tensorslow.engines.llvm.simplify.reshape import groups_of

Sizes = tuple[int, ...]


def reshape(b: Builder, x: Value, shape: Sequence[int]) -> Value:
    """The elements in the same order under another shape; -1 takes what is left."""
    if x.shape == shape:
        return x
    goal = tuple(map(int, shape))
    if -1 in goal:
        left = math.prod(x.shape) // max(1, -math.prod(goal))
        goal = tuple(left if n == -1 else n for n in goal)
    if x.shape == goal:
        return x
    if isinstance(x, (np.generic, np.ndarray)):
        return b.constant(np.reshape(x, goal))
    if source := defined_by(x, "reshape"):
        return reshape(b, source.args[0], goal)
    if source := defined_by(x, "broadcast_to"):
        inner = source.args[0]
        if not inner.shape:
            return broadcast_to(b, inner, goal)
        # Where axes of size 1 come or go, the same happens before the broadcast.
        if (kept := _without_ones(inner, x.shape, goal)) is not None:
            return broadcast_to(b, reshape(b, inner, kept), goal)
    return b.write("reshape", (x,), {"shape": goal}, goal, x.dtype)


def _without_ones(inner: Value, shape: Sizes, goal: Sizes) -> Sizes | None:
    """The shape which `inner`, that is repeated to `shape`, has when this becomes `goal`."""
    sizes = [n for n in shape if n != 1]
    if sizes != [n for n in goal if n != 1]:
        return None
    full = (1,) * (len(shape) - inner.ndim) + inner.shape
    sizes_inside = iter([m for m, n in zip(full, shape) if n != 1])
    return tuple(1 if n == 1 else next(sizes_inside) for n in goal)


def reshaped_parts(
    b: Builder, source: Instruction, goal: Sizes
) -> tuple[int, tuple[Value, ...]] | None:
    """The axis along which reshaped parts of a concat join to its reshaped result, and the parts.

    None: each part would be spread over the result.
    """
    axis, shape = source.options["axis"], source.targets[0].shape
    before, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    place = next((i for i in range(len(goal)) if math.prod(goal[: i + 1]) > before), None)
    if place is None or math.prod(goal[:place]) != before:
        return None
    rest = math.prod(goal[place + 1 :])
    sizes = [x.shape[axis] * inner for x in source.args]
    if any(n % rest for n in sizes):
        return None
    shapes = [(*goal[:place], n // rest, *goal[place + 1 :]) for n in sizes]
    return place, tuple([reshape(b, x, sizes) for x, sizes in zip(source.args, shapes)])


def transpose(b: Builder, x: Value, perm: Sequence[int] | None = None) -> Value:
    """The axes in another order."""
    rank = len(x.shape)
    axes = tuple(range(rank))[::-1] if perm is None else tuple(int(i) % rank for i in perm)
    if axes == tuple(range(rank)):
        return x
    goal = tuple(x.shape[i] for i in axes)
    moved = [i for i in axes if x.shape[i] != 1]
    if moved == sorted(moved):
        return reshape(b, x, goal)
    if len(moved) < rank:  # axes of size 1 are put in afterwards
        wide = sorted(moved)
        narrow = reshape(b, x, [x.shape[i] for i in wide])
        return reshape(b, transpose(b, narrow, [wide.index(i) for i in moved]), goal)
    if isinstance(x, np.ndarray):
        return b.constant(np.transpose(x, axes))
    if source := defined_by(x, "transpose"):
        first = source.options["perm"]
        return transpose(b, source.args[0], [first[i] for i in axes])
    if source := defined_by(x, "broadcast_to"):
        inner = source.args[0]
        full = (1,) * (rank - inner.ndim) + inner.shape
        return broadcast_to(b, transpose(b, reshape(b, inner, full), axes), goal)
    return b.write("transpose", (x,), {"perm": axes}, goal, x.dtype)


def swap_last_two(b: Builder, x: Value) -> Value:
    """Matrices transposed; a vector stays as it is."""
    rank = len(x.shape)
    return x if rank < 2 else transpose(b, x, [*range(rank - 2), rank - 1, rank - 2])


def expand_dims(b: Builder, x: Value, axis: int) -> Value:
    """A new axis of size 1."""
    axis = int(axis) % (len(x.shape) + 1)
    return reshape(b, x, (*x.shape[:axis], 1, *x.shape[axis:]))


def same_elements(b: Builder, x: Value, *_: Any, **__: Any) -> Value:
    """For primitives whose result has the elements of `x` in their order: squeeze and others."""
    return reshape(b, x, b.target.shape)


def broadcast_to(b: Builder, x: Value, shape: Sequence[int]) -> Value:
    """`x` repeated to a shape."""
    goal = tuple(map(int, shape))
    if x.shape == goal:
        return x
    if isinstance(x, np.generic) or 0 in goal:
        return b.uniform(x if isinstance(x, np.generic) else 0, x.dtype, goal)
    if source := defined_by(x, "broadcast_to"):
        return broadcast_to(b, source.args[0], goal)
    return b.write("broadcast_to", (x,), {"shape": goal}, goal, x.dtype)


def broadcast_like(b: Builder, x: Value, like: Any) -> Value:
    """`x` repeated to the shape of the result."""
    return broadcast_to(b, x, b.target.shape)


def slice_(
    b: Builder,
    x: Value,
    begin: Sequence[int],
    end: Sequence[int | None],
    strides: Sequence[int],
) -> Value:
    """x[begin:end:stride] along each axis; a negative stride becomes a slice and a flip."""
    ranges = [
        range(*slice(first, last, stride).indices(size))
        for first, last, stride, size in zip(begin, end, strides, x.shape, strict=True)
    ]
    flipped = tuple(i for i, r in enumerate(ranges) if r.step < 0 and len(r) > 1)
    ranges = [r[::-1] if r.step < 0 else r for r in ranges]
    return flip(b, take_ranges(b, x, ranges), flipped)


def take_ranges(b: Builder, x: Value, ranges: Sequence[range]) -> Value:
    """Of each axis, the places in a range, which goes upwards."""
    goal = tuple(map(len, ranges))
    if 0 in goal:
        return b.uniform(0, x.dtype, goal)
    inside: tuple[Value, Sequence[range]] | None = (x, ranges)
    while inside is not None:  # a loop, since pieces may be joined from pieces a thousand times
        x, ranges = inside
        if goal == x.shape:
            return x
        inside = _inside(x, ranges)
    if isinstance(x, np.ndarray):
        places = tuple(slice(r.start, r.stop, r.step) for r in ranges)
        return b.constant(np.ascontiguousarray(x[places]))
    source = x.source
    if source is not None and source.name == "reshape":
        before = _before_reshape(source.args[0].shape, x.shape, ranges)
        if before is not None:
            return reshape(b, take_ranges(b, source.args[0], before), goal)
    if source is not None and source.name == "broadcast_to":
        inner = source.args[0]
        own = ranges[len(ranges) - len(inner.shape) :]
        part = [r if n > 1 else range(1) for n, r in zip(inner.shape, own)]
        return broadcast_to(b, take_ranges(b, inner, part), goal)
    # One way to write a slice: it ends right behind its last element.
    options = {
        "begin": tuple([r.start for r in ranges]),
        "end": tuple([r[-1] + 1 for r in ranges]),
        "strides": tuple([r.step if len(r) > 1 else 1 for r in ranges]),
    }
    return b.write("slice_", (x,), options, goal, x.dtype)


def _inside(x: Value, ranges: Sequence[range]) -> tuple[Value, Sequence[range]] | None:
    """The array that x was cut, joined or padded from, and the same places there."""
    source = None if isinstance(x, (np.generic, np.ndarray)) else x.source
    if source is None:
        return None
    if source.name == "slice_":
        before = zip(*[source.options[key] for key in ("begin", "end", "strides")])
        return source.args[0], [
            range(*sizes)[r.start : r.stop : r.step] for sizes, r in zip(before, ranges)
        ]
    if source.name == "concat":
        axis, start = source.options["axis"], 0
        r = ranges[axis]
        for piece in source.args:
            stop = start + piece.shape[axis]
            if start <= r.start and r[-1] < stop:
                moved = range(r.start - start, r[-1] - start + 1, r.step)
                return piece, [*ranges[:axis], moved, *ranges[axis + 1 :]]
            start = stop
    if source.name == "pad":
        inner, pads = source.args[0], source.options["paddings"]
        if all(p[0] <= r.start and r[-1] < p[0] + n for p, r, n in zip(pads, ranges, inner.shape)):
            return inner, [
                range(r.start - p[0], r[-1] - p[0] + 1, r.step) for p, r in zip(pads, ranges)
            ]
    return None


def _before_reshape(inner: Sizes, shape: Sizes, ranges: Sequence[range]) -> list[range] | None:
    """The places before a reshape, where axes that changed are taken as a whole."""
    moved = {}
    for old, new in groups_of(shape, inner):
        if len(old) == len(new) == 1:
            moved[new[0]] = ranges[old[0]]
        elif any(len(ranges[i]) != shape[i] for i in old):
            return None
    return [moved.get(i, range(n)) for i, n in enumerate(inner)]


def flip(b: Builder, x: Value, axis: Any) -> Value:
    """The order reversed along the axes."""
    rank = len(x.shape)
    chosen = range(rank) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = sorted({int(i) % rank for i in chosen if x.shape[int(i)] > 1}) if rank else []
    if not axes or x.size == 0:
        return x
    if isinstance(x, np.ndarray):
        return b.constant(np.ascontiguousarray(np.flip(x, tuple(axes))))
    if source := defined_by(x, "flip"):
        return flip(b, source.args[0], tuple(set(source.options["axis"]) ^ set(axes)))
    if (source := defined_by(x, "broadcast_to")) and not source.args[0].shape:
        return x
    return b.write("flip", (x,), {"axis": tuple(axes)}, x.shape, x.dtype)
