"""Windows on arrays: how many fit, what is padded, and where each cell of every window lies.

Arrays are [batch, *spatial, channels], with any number of spatial axes. Padding is "SAME", "VALID"
or a (before, after) pair for each spatial axis.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tensorslow.errors import ShapeError

Padding = str | Sequence[Sequence[int]]

# Large arrays go through the cache in parts of about this many bytes.
PART = 1 << 20


def window_padding(
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    padding: Padding,
    dilations: Sequence[int],
) -> tuple[tuple[int, int], ...]:
    """How much is added before and after each spatial axis.

    "SAME" gives ceil(size / stride) windows and puts the odd element behind, as TensorFlow does.
    """
    if not isinstance(padding, str):
        return tuple((before, after) for before, after in padding)
    if padding == "VALID":
        return ((0, 0),) * len(sizes)
    pairs = []
    for size, length, stride, dilation in zip(sizes, window, strides, dilations, strict=True):
        total = max(0, (-(-size // stride) - 1) * stride + _reach(length, dilation) - size)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def window_count(
    size: int | None, length: int | None, stride: int, padding: str | Sequence[int], dilation: int
) -> int | None:
    """How many windows fit along one axis; None when a size is unknown.

    Raises:
        ShapeError: not even one does, or a window has no size.
    """
    if length == 0:
        raise ShapeError("a window of 0 has no place", hint="a window has a size of at least 1")
    if size is None or (length is None and padding != "SAME"):
        return None
    if padding == "SAME" or length is None:
        return -(-size // stride)
    before, after = (0, 0) if isinstance(padding, str) else padding
    room = size + before + after - _reach(length, dilation)
    if room < 0 < size:
        raise ShapeError(
            f"a window of {_reach(length, dilation)} does not fit into {size + before + after}",
            hint='padding="SAME" adds what is missing',
        )
    return max(0, room // stride + 1)


def _reach(length: int, dilation: int) -> int:
    """How many elements there are from the first to the last of a window."""
    return (length - 1) * dilation + 1


class Windows:
    """All windows on arrays of one size.

    Attributes:
        length: the size of a window, for each spatial axis.
        counts: how many there are along each spatial axis.
        pads: how much is added before and after each spatial axis.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        length: Sequence[int],
        strides: Sequence[int],
        padding: Padding,
        dilations: Sequence[int] | None = None,
    ) -> None:
        self.sizes, self.length, self.strides = sizes, length, strides
        self.dilations = dilations or (1,) * len(sizes)
        self.pads = window_padding(sizes, length, strides, padding, self.dilations)
        axes = zip(sizes, length, strides, self.pads, self.dilations, strict=True)
        self.counts = tuple(window_count(*axis) or 0 for axis in axes)
        inside = [
            slice(before, before + n) for n, (before, _) in zip(sizes, self.pads, strict=True)
        ]
        self._inside = (slice(None), *inside)

    def zeros(self, batch: int, channels: int, dtype: Any) -> Any:
        """An empty padded array."""
        sizes = [
            n + before + after for n, (before, after) in zip(self.sizes, self.pads, strict=True)
        ]
        return np.zeros((batch, *sizes, channels), dtype)

    def pad(self, x: Any, value: Any = 0) -> Any:
        """The array with its padding."""
        if not any(map(any, self.pads)):
            return x
        padded = self.zeros(x.shape[0], x.shape[-1], x.dtype)
        if value:
            padded[...] = value
        padded[self._inside] = x
        return padded

    def crop(self, padded: Any) -> Any:
        """What `pad` was given."""
        return padded[self._inside]

    def check(self, y: Any, batch: int, channels: int) -> None:
        """Rejects what is not one result for each window."""
        if y.shape != (batch, *self.counts, channels):
            raise ValueError(f"{y.shape} is not {(batch, *self.counts, channels)}")

    def cells(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """For each cell of a window its place, and the slices of a padded array that it covers.

        `padded[slices]` has, for every window, what lies in that cell: [batch, *counts, channels].
        """
        for place in product(*map(range, self.length)):
            axes = zip(place, self.counts, self.strides, self.dilations, strict=True)
            yield place, (slice(None), *(slice(i * d, i * d + n * s, s) for i, n, s, d in axes))

    def turned_pads(self) -> list[tuple[int, int]] | None:
        """The padding with which a window at each element covers all windows that contained it.

        There is none when windows were skipped, or some lie in the padding altogether.
        """
        edges = [
            _reach(length, dilation) - 1 for length, dilation in zip(self.length, self.dilations)
        ]
        pads = [(edge - b, edge - a) for edge, (b, a) in zip(edges, self.pads, strict=True)]
        return None if max(self.strides) > 1 or min(map(min, pads)) < 0 else pads

    def view(self, padded: Any) -> Any:
        """Every window of a padded array, without a copy: [batch, *counts, *length, channels]."""
        n = len(self.length)
        if 0 in self.counts:  # which NumPy's views do not allow
            return np.zeros(
                (padded.shape[0], *self.counts, *self.length, padded.shape[-1]), padded.dtype
            )
        reach = tuple(map(_reach, self.length, self.dilations))
        view = sliding_window_view(padded, reach, axis=tuple(range(1, n + 1)))
        strides = tuple(slice(None, None, stride) for stride in self.strides)
        dilations = tuple(slice(None, None, dilation) for dilation in self.dilations)
        return np.moveaxis(view[(slice(None), *strides, slice(None), *dilations)], n + 1, -1)


def parts(x: Any) -> Iterator[slice]:
    """Which of the first axis to take at a time, so that what is taken fits into the cache."""
    step = max(1, PART // max(1, math.prod(x.shape[1:]) * x.itemsize))
    return (slice(start, start + step) for start in range(0, x.shape[0], step))
