"""Lowering of pooling: the maximum or the mean of each window, and the adjoints.

A window is a view: [batch, *counts, channels, *window] over the padded array.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from tensorslow.engines.llvm.kernels.lower.lowering import Lowering, known, spread
from tensorslow.engines.llvm.kernels.lower.moves import padded
from tensorslow.engines.llvm.kernels.nests import Nest, Value
from tensorslow.engines.llvm.kernels.views import View, row_strides
from tensorslow.engines.llvm.programs.program import Instruction

_TRUTH, _PLACE = np.dtype(bool), np.dtype(np.int32)


class _Windows:
    """All windows on arrays of one shape."""

    def __init__(self, do: Instruction, shape: Sequence[int]) -> None:
        self.shape = tuple(shape)
        self.length, self.steps = tuple(do.options["ksize"]), tuple(do.options["strides"])
        self.pads = tuple(tuple(pair) for pair in do.options["padding"])
        sizes = [n + b + a for n, (b, a) in zip(shape[1:-1], self.pads, strict=True)]
        self.padded = (shape[0], *sizes, shape[-1])
        axes = zip(sizes, self.length, self.steps, strict=True)
        self.counts = tuple((n - length) // step + 1 for n, length, step in axes)
        self.rank = len(self.counts)
        # The axes of a nest over all cells of all windows.
        self.results = (shape[0], *self.counts, shape[-1])
        self.sizes = (*self.results, *self.length)
        self.inner = tuple(range(self.rank + 2, 2 * self.rank + 2))

    def pad(self, low: Lowering, view: View, number: object) -> View:
        """The array with its padding."""
        if not any(map(any, self.pads)):
            return view
        return padded(low, view, ((0, 0), *self.pads, (0, 0)), number)

    def crop(self, view: View) -> View:
        """What `pad` was given."""
        begin = [0, *[b for b, _ in self.pads], 0]
        return view.sliced(begin, self.shape, [1] * len(begin))

    def view(self, x: View) -> View:
        """Every cell of every window of a padded array."""
        batch, *spatial, channel = x.strides
        moved = [s * step for s, step in zip(spatial, self.steps, strict=True)]
        return View(x.buffer, self.sizes, (batch, *moved, channel, *spatial), x.offset, x.number)

    def over_cells(self, y: View) -> View:
        """One number for each window, the same in all its cells."""
        return spread(y, range(self.rank + 2), len(self.sizes))

    @property
    def small(self) -> np.dtype:
        """A type for the numbers of cells."""
        return np.dtype(np.int8) if math.prod(self.length) < 127 else _PLACE

    def number(self, nest: Nest, dtype: np.dtype) -> Value:
        """The number of each cell in its window."""
        strides = (*[0] * (self.rank + 2), *row_strides(self.length))
        return nest.index(strides, 0, dtype)

    def inside(self, view: View) -> View:
        """The windows that there are, of an array with margins."""
        if view.shape == self.results:
            return view
        begin = [0, *[low for low, _ in self.margins], 0]
        return view.sliced(begin, self.results, [1] * len(begin))

    def holders(self, axis: int, residue: int) -> tuple[int, int, list[tuple[int, int]]]:
        """The elements at one place within a step along a spatial axis, and who holds them.

        Returns:
            The first of these elements, how many there are, and for each of their cells its number
            along the axis, with the window, margin included, in which the first element has it.
        """
        element, count, cells = self._holders(axis, residue)
        low, _ = self.margins[axis]
        return element, count, [(i, at + low) for i, at in cells]

    def _holders(self, axis: int, residue: int) -> tuple[int, int, list[tuple[int, int]]]:
        size, step, (before, _) = self.shape[axis + 1], self.steps[axis], self.pads[axis]
        first = -((residue - before) // step)  # the window that would begin there
        element = first * step + residue - before
        count = max(0, -(-(size - element) // step))
        cells = range(residue, self.length[axis], step)
        return element, count, [(i, first - k) for k, i in enumerate(cells)]

    @functools.cached_property
    def margins(self) -> tuple[tuple[int, int], ...]:
        """By spatial axis, how many windows more than there are before and behind would hold an
        element.
        """
        found = []
        for axis, count in enumerate(self.counts):
            places = [
                (at, at + number - 1)
                for residue in range(self.steps[axis])
                for _, number, cells in [self._holders(axis, residue)]
                for _, at in cells
                if number
            ]
            found.append(
                (
                    max(0, -min((low for low, _ in places), default=0)),
                    max(0, max((high for _, high in places), default=0) - count + 1),
                )
            )
        return tuple(found)

    @property
    def with_margins(self) -> tuple[int, ...]:
        """The shape of an array with a number for each window, and for those of the margins."""
        sizes = [low + n + high for n, (low, high) in zip(self.counts, self.margins, strict=True)]
        return (self.results[0], *sizes, self.results[-1])

    @property
    def apart(self) -> bool:
        """Whether no two windows have an element in common."""
        return all(step >= length for step, length in zip(self.steps, self.length, strict=True))

    @property
    def cover(self) -> bool:
        """Whether every element of the padded array is in just one window."""
        axes = zip(self.padded[1:-1], self.counts, self.length, self.steps, strict=True)
        return all(n == count * length and step == length for n, count, length, step in axes)


def _lowest(dtype: np.dtype) -> object:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def window_max(low: Lowering, do: Instruction) -> View:
    """The largest element of each window."""
    x = low.view(do.args[0])
    windows = _Windows(do, x.shape)
    result, nest = _over_windows(low, windows, windows.pad(low, x, _lowest(x.buffer.dtype)), "max")
    low.maxima[_key(windows, x)] = nest
    return result


def _key(windows: _Windows, x: View) -> Any:
    """Equal for the same windows on the same array."""
    place = x.buffer, x.shape, x.strides, x.offset
    return *place, windows.length, windows.steps, windows.pads


def _over_windows(low: Lowering, windows: _Windows, x: View, kind: str) -> tuple[View, Nest]:
    nest = low.nest(windows.sizes)
    dtype = x.buffer.dtype
    best = nest.reduce(kind, dtype, low.read(nest, windows.view(x)), windows.inner, low.origin)
    result = low.new(windows.results, dtype)
    nest.store(best, windows.over_cells(result))
    return result, nest


def _first(nest: Nest, windows: _Windows, x: Value, best: Value | None = None) -> Value:
    """The number of the first cell of a window that equals its maximum."""
    best = best or nest.reduce("max", x.dtype, x, windows.inner)
    number, none = windows.number(nest, _PLACE), nest.literal(math.prod(windows.length), _PLACE)
    place = nest.compute("where", _PLACE, nest.compute("equal", _TRUTH, x, best), number, none)
    return nest.reduce("min", _PLACE, place, windows.inner)


def _firsts(low: Lowering, windows: _Windows, x: View) -> View:
    """The number of the first maximum of each window, and -1 for those of the margins.

    It is written along with the maxima, if these are computed anyway.
    """
    around = windows.results if windows.apart else windows.with_margins
    result = low.new(around, windows.small)
    inside = windows.inside(result)
    nest = low.maxima.get(_key(windows, x))
    if nest is not None:
        first = _first(nest, windows, nest.values[0], nest.stores[0].value)
    else:
        padded_x = windows.pad(low, x, _lowest(x.buffer.dtype))
        nest = low.nest(windows.sizes)
        first = _first(nest, windows, low.read(nest, windows.view(padded_x)))
    nest.store(nest.compute("cast", windows.small, first), windows.over_cells(inside))
    if around != windows.results:
        nest.after = (result.buffer,)
        low.copy(known(-1, windows.small, around), result)
        low.nests.insert(low.nests.index(nest), low.nests.pop())
    return result


def window_max_scatter(low: Lowering, do: Instruction) -> View:
    """The adjoint of `window_max`: to each maximum what came to its window."""
    x, dy = (low.view(a) for a in do.args)
    windows, dtype = _Windows(do, x.shape), dy.buffer.dtype
    firsts = _firsts(low, windows, x)
    if not windows.apart:
        return _max_collected(low, windows, firsts, dy)
    target = low.new(windows.padded, dtype)
    if not windows.cover:
        low.copy(known(0, dtype, windows.padded), target)
    nest = low.nest(windows.sizes)
    first = low.read(nest, windows.over_cells(firsts))
    chosen = nest.compute("equal", _TRUTH, windows.number(nest, windows.small), first)
    y = low.read(nest, windows.over_cells(dy))
    part = nest.compute("where", dtype, chosen, y, nest.literal(0, dtype), origin=do.op)
    nest.store(part, windows.view(target))
    if not windows.cover:
        nest.after = (target.buffer,)
    return windows.crop(target)


def _max_collected(low: Lowering, windows: _Windows, firsts: View, dy: View) -> View:
    """Each element's sum of `dy` over the windows whose first maximum it is.

    In the margins `dy` may be anything: no element's cell has the number -1.
    """
    dtype, ys = dy.buffer.dtype, dy
    if firsts.shape != windows.results:
        ys = low.new(firsts.shape, dtype)
        low.copy(dy, windows.inside(ys))

    def part(nest: Nest, cell: int, place: Sequence[int], counts: Sequence[int]) -> Value:
        first, y = (
            low.read(nest, view.sliced(place, counts, [1] * len(place))) for view in (firsts, ys)
        )
        chosen = nest.compute("equal", _TRUTH, first, nest.literal(cell, windows.small))
        return nest.compute("where", dtype, chosen, y, nest.literal(0, dtype))

    return _collected(low, windows, dtype, part)


def _collected(
    low: Lowering, windows: _Windows, dtype: np.dtype, part: Callable[..., Value]
) -> View:
    """Each element's sum over all windows that hold it.

    Elements whose cells have the same numbers are those at equal distances: one nest for each
    place within a step.

    Args:
        part: writes what a window adds; it gets the nest, the number of the cell, and from where
            on and how many windows there are along each axis of the array with margins.
    """
    target = low.new(windows.shape, dtype)
    channels = windows.shape[-1]
    for residues in product(*map(range, windows.steps)):
        axes = [windows.holders(axis, r) for axis, r in enumerate(residues)]
        counts = [windows.shape[0], *[count for _, count, _ in axes], channels]
        nest = low.nest(counts)
        total = None
        for cells in product(*[cells for _, _, cells in axes]):
            number = sum(
                i * stride
                for (i, _), stride in zip(cells, row_strides(windows.length), strict=True)
            )
            value = part(nest, number, (0, *[at for _, at in cells], 0), counts)
            total = value if total is None else nest.compute("add", dtype, total, value)
        if total is None:  # between the windows
            total = nest.literal(0, dtype)
        total.origin = low.origin
        begin, steps = [0, *[first for first, _, _ in axes], 0], (1, *windows.steps, 1)
        nest.store(total, target.sliced(begin, counts, steps))
    return target


def window_max_gather(low: Lowering, do: Instruction) -> View:
    """From each window the value that stands where its maximum is."""
    x, values = (low.view(a) for a in do.args)
    windows, dtype = _Windows(do, x.shape), values.buffer.dtype
    x = windows.pad(low, x, _lowest(x.buffer.dtype))
    values = windows.pad(low, values, 0)
    nest = low.nest(windows.sizes)
    first = _first(nest, windows, low.read(nest, windows.view(x)))
    chosen = nest.compute("equal", _TRUTH, windows.number(nest, _PLACE), first)
    y = low.read(nest, windows.view(values))
    part = nest.compute("where", dtype, chosen, y, nest.literal(0, dtype))
    found = nest.reduce("sum", dtype, part, windows.inner, do.op)
    result = low.new(windows.results, dtype)
    nest.store(found, windows.over_cells(result))
    return result


def _counts(windows: _Windows, dtype: np.dtype) -> np.ndarray:
    """How many real elements each window has: [1, *counts, 1]."""
    result = np.ones((), dtype)
    axes = zip(
        windows.shape[1:-1], windows.length, windows.steps, windows.pads, windows.counts,
        strict=True,
    )  # fmt: skip
    for size, length, step, (before, _), count in axes:
        start = np.arange(count) * step - before
        along = np.minimum(start + length, size) - np.maximum(start, 0)
        result = np.multiply.outer(result, along.astype(dtype))
    return result[np.newaxis, ..., np.newaxis]


def _shares(low: Lowering, windows: _Windows, y: View) -> View:
    """Each window's number divided by how many real elements it has."""
    counts = _counts(windows, y.buffer.dtype)
    same = counts.size and (counts == counts.flat[0]).all()
    divisor = low.view(counts.flat[0] if same else counts)
    nest = low.nest(windows.results)
    a, b = low.read(nest, y), low.read(nest, divisor.broadcast(windows.results))
    result = low.new(windows.results, y.buffer.dtype)
    nest.store(nest.compute("divide", y.buffer.dtype, a, b, origin=low.origin), result)
    return result


def window_mean(low: Lowering, do: Instruction) -> View:
    """The mean of each window."""
    x = low.view(do.args[0])
    windows = _Windows(do, x.shape)
    total, _ = _over_windows(low, windows, windows.pad(low, x, 0), "sum")
    return _shares(low, windows, total)


def window_mean_input(low: Lowering, do: Instruction) -> View:
    """The adjoint of `window_mean`."""
    dy = low.view(do.args[0])
    windows = _Windows(do, do.options["shape"])
    dtype = dy.buffer.dtype
    share = _shares(low, windows, dy)
    if not windows.apart:
        around = padded(low, share, ((0, 0), *windows.margins, (0, 0)), 0)
        return _collected(low, windows, dtype, lambda nest, _, place, counts: low.read(
            nest, around.sliced(place, counts, [1] * len(place))
        ))  # fmt: skip
    target = low.new(windows.padded, dtype)
    if not windows.cover:
        low.copy(known(0, dtype, windows.padded), target)
    nest = low.nest(windows.sizes)
    nest.store(low.read(nest, windows.over_cells(share)), windows.view(target))
    if not windows.cover:
        nest.after = (target.buffer,)
    return windows.crop(target)
