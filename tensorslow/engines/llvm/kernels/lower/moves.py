"""Lowering of what moves elements: views, which cost nothing, and the copies of pad and concat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering, known
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Instruction

TURNS = 4  # places of the last axis that are written together


def reshape(low: Lowering, do: Instruction) -> View:
    """Other strides, where there are such, or a copy."""
    return reshaped(low, low.view(do.args[0]), do.options["shape"])


def reshaped(low: Lowering, view: View, shape: Sequence[int]) -> View:
    """An array of another shape."""
    found = view.reshaped(shape)
    if found is None:
        found = low.copied(view).reshaped(shape)
        assert found is not None  # rows without gaps can have any shape
    return found


def transpose(low: Lowering, do: Instruction) -> View:
    """The strides in another order."""
    return low.view(do.args[0]).transposed(do.options["perm"])


def slice_(low: Lowering, do: Instruction) -> View:
    """A later beginning and longer strides."""
    steps = do.options["strides"]
    return low.view(do.args[0]).sliced(do.options["begin"], do.targets[0].shape, steps)


def flip(low: Lowering, do: Instruction) -> View:
    """Strides that go backwards from the end."""
    view = low.view(do.args[0])
    axes = do.options["axis"]
    begin = [n - 1 if i in axes else 0 for i, n in enumerate(view.shape)]
    return view.sliced(begin, view.shape, [-1 if i in axes else 1 for i in range(len(begin))])


def broadcast_to(low: Lowering, do: Instruction) -> View:
    """Strides of zero."""
    return low.view(do.args[0]).broadcast(do.options["shape"])


def iota(low: Lowering, do: Instruction) -> View:
    """No memory at all: the number of the place along one axis."""
    shape, axis = do.options["shape"], do.options["axis"]
    strides = tuple(int(i == axis) for i in range(len(shape)))
    return View(Buffer(1, np.dtype(do.options["dtype"]), "none"), tuple(shape), strides)


def pad(low: Lowering, do: Instruction) -> View:
    """See `padded`."""
    return padded(low, low.view(do.args[0]), do.options["paddings"], do.options["value"])


def padded(low: Lowering, view: View, paddings: Sequence[Sequence[int]], number: Any) -> View:
    """An array with a border of one number."""
    pairs = list(zip(view.shape, paddings, strict=True))
    shape = [before + n + after for n, (before, after) in pairs]
    dtype = view.buffer.dtype
    target = low.new(shape, dtype)
    inside = target.sliced([b for b, _ in paddings], view.shape, [1] * len(shape))
    begin, counts, steps = [0] * len(shape), list(shape), [1] * len(shape)
    for axis, (n, (before, after)) in enumerate(pairs):
        if axis == len(shape) - 1 and n == 1 < shape[axis] <= TURNS:
            _between(low, view, target.sliced(begin, counts, steps), before, number)
            return target
        for at, count in ((0, before), (before + n, after)):
            if count:
                begin[axis], counts[axis] = at, count
                low.copy(known(number, dtype, counts), target.sliced(begin, counts, steps))
        begin[axis], counts[axis] = before, n  # the next borders are between these
    low.copy(view, inside)
    return target


def _between(low: Lowering, view: View, target: View, place: int, number: Any) -> None:
    """Writes single elements, each to its place among equal numbers: all in one go."""
    sizes = view.shape[:-1]
    view = reshaped(low, view, sizes)
    nest = low.nest(sizes)
    value = low.read(nest, view)
    literal = nest.literal(number, view.buffer.dtype)
    *steps, step = target.strides
    for i in range(target.shape[-1]):
        column = View(target.buffer, sizes, tuple(steps), target.offset + i * step)
        nest.store(value if i == place else literal, column)


def concat(low: Lowering, do: Instruction) -> View:
    """One array after the other, each computed in its place if that can be."""
    axis = do.options["axis"]
    target = low.new(do.targets[0].shape, do.targets[0].dtype)
    begin = [0] * len(target.shape)
    for operand in do.args:
        view = low.view(operand)
        low.put(view, target.sliced(begin, view.shape, [1] * len(begin)))
        begin[axis] += view.shape[axis]
    return target
