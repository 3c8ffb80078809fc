"""Convolution of each channel with kernels of its own, where no product of matrices would help.

Kernels are [*window, 1, channels * multiplier]: the results of one channel lie side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.windows import Windows, parts


def conv(windows: Windows, x: Any, kernel: Any) -> Any:
    """Every window times its channel's kernels."""
    view, channels = windows.view(windows.pad(x)), x.shape[-1]
    every, cells, channel = _indices(windows)
    shape = (x.shape[0], *windows.counts, channels, kernel.shape[-1] // channels)
    y = np.empty(shape, np.result_type(x, kernel))
    for i, weights in enumerate(_split(kernel[..., 0, :], channels)):
        operands = (view, every + cells + channel, weights, cells + channel)
        np.einsum(*operands, every + channel, out=y[..., i])
    return y.reshape(*y.shape[:-2], -1)


def _indices(windows: Windows) -> tuple[list[int], list[int], list[int]]:
    """The numbers, for einsum, of a view's axes: all windows, the cells of one, the channels."""
    n = len(windows.length)
    return list(range(n + 1)), list(range(n + 1, 2 * n + 1)), [2 * n + 1]


def _split(x: Any, channels: int) -> Any:
    """What concerns the first result of each channel, the second, and so on."""
    return np.moveaxis(x.reshape(*x.shape[:-1], channels, -1), -1, 0)


def conv_filter(windows: Windows, x: Any, dy: Any) -> Any:
    """The adjoint of `conv` in its kernel."""
    view, channels = windows.view(windows.pad(x)), x.shape[-1]
    every, cells, channel = _indices(windows)
    parts_of_dy = _split(dy, channels)
    total = np.empty((*windows.length, channels, len(parts_of_dy)), np.result_type(x, dy))
    for i, part in enumerate(parts_of_dy):
        operands = (view, every + cells + channel, part, every + channel)
        np.einsum(*operands, cells + channel, out=total[..., i])
    return total.reshape(*windows.length, 1, -1)


def conv_input(windows: Windows, shape: Sequence[int], kernel: Any, dy: Any) -> Any:
    """The adjoint of `conv` in its array."""
    channels = shape[-1]
    total = windows.zeros(shape[0], channels, np.result_type(kernel, dy))
    for weights, one in zip(_split(kernel[..., 0, :], channels), _split(dy, channels), strict=True):
        for part in parts(one):
            for place, covered in windows.cells():
                total[part][covered] += one[part] * weights[place]
    return windows.crop(total)
