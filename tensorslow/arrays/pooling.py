"""Pooling in NumPy: the maximum or the mean of each window, and their adjoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np

from tensorslow.arrays.windows import Padding, Windows

Sizes = Sequence[int]


def _lowest(dtype: Any) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def window_max(x: Any, ksize: Sizes, strides: Sizes, padding: Padding) -> Any:
    """The largest element of each window; padding never wins."""
    windows = Windows(x.shape[1:-1], ksize, strides, padding)
    return _maximum(windows, windows.pad(x, _lowest(x.dtype)))


def _maximum(windows: Windows, padded: Any) -> Any:
    # Cell by cell, over all windows at once: faster than window by window over a few cells.
    first, *others = [padded[covered] for _, covered in windows.cells()]
    best = first.copy()
    for cell in others:
        np.maximum(best, cell, out=best)
    return best


def _first_maxima(windows: Windows, padded: Any) -> Iterator[tuple[Any, Any]]:
    """For each cell of a window, where it lies, and in which windows the first maximum is there."""
    best = _maximum(windows, padded)
    waiting = np.ones(best.shape, bool)
    for _, covered in windows.cells():
        chosen = (padded[covered] == best) & waiting
        waiting ^= chosen
        yield covered, chosen


def _bits(x: Any) -> Any:
    """The numbers as integers, which times 0 are 0: unlike inf, and faster than a choice."""
    return x.view(f"i{x.itemsize}")


def window_max_scatter(x: Any, dy: Any, ksize: Sizes, strides: Sizes, padding: Padding) -> Any:
    """dy brought back to the first maximum of each window: the gradient of `window_max`."""
    windows = Windows(x.shape[1:-1], ksize, strides, padding)
    windows.check(dy, x.shape[0], x.shape[-1])
    total = windows.zeros(x.shape[0], x.shape[-1], dy.dtype)
    for covered, chosen in _first_maxima(windows, windows.pad(x, _lowest(x.dtype))):
        total[covered] += (_bits(dy) * chosen).view(dy.dtype)
    return windows.crop(total)


def window_max_gather(x: Any, values: Any, ksize: Sizes, strides: Sizes, padding: Padding) -> Any:
    """Of each window, what `values` has where `x` has its first maximum: the scatter's adjoint."""
    windows = Windows(x.shape[1:-1], ksize, strides, padding)
    source = _bits(windows.pad(values))
    result = np.zeros((x.shape[0], *windows.counts, x.shape[-1]), source.dtype)
    for covered, chosen in _first_maxima(windows, windows.pad(x, _lowest(x.dtype))):
        result |= source[covered] * chosen
    return result.view(values.dtype)


def _window_sizes(windows: Windows, dtype: Any) -> Any:
    """How many real elements each window has: [1, *counts, 1]."""
    along = []
    axes = zip(
        windows.sizes, windows.length, windows.strides, windows.pads, windows.counts, strict=True
    )
    for size, length, stride, (before, _), count in axes:
        start = np.arange(count) * stride - before
        along.append(np.minimum(start + length, size) - np.maximum(start, 0))
    return reduce(np.multiply.outer, along)[np.newaxis, ..., np.newaxis].astype(dtype)


def window_mean(x: Any, ksize: Sizes, strides: Sizes, padding: Padding) -> Any:
    """The mean of each window; padding does not count."""
    windows = Windows(x.shape[1:-1], ksize, strides, padding)
    padded = windows.pad(x)
    first, *others = [padded[covered] for _, covered in windows.cells()]
    total = first.copy()
    for cell in others:
        total += cell
    return total / _window_sizes(windows, x.dtype)


def window_mean_input(shape: Sizes, dy: Any, ksize: Sizes, strides: Sizes, padding: Padding) -> Any:
    """The adjoint of `window_mean`: each element gets its share of every window it is in."""
    windows = Windows(shape[1:-1], ksize, strides, padding)
    windows.check(dy, shape[0], shape[-1])
    share = dy / _window_sizes(windows, dy.dtype)
    total = windows.zeros(shape[0], shape[-1], dy.dtype)
    for _, covered in windows.cells():
        total[covered] += share
    return windows.crop(total)
