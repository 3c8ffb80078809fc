"""Convolution in NumPy, and its two adjoints.

Kernels are [*window, channels in / groups, channels out]: the channels give the groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.arrays import depthwise
from tensorslow.arrays.windows import Padding, Windows, parts

Sizes = Sequence[int]


def group_count(channels: int, kernel_shape: Sizes) -> int:
    """Into how many groups a kernel divides the channels of an array."""
    takes, gives = kernel_shape[-2:]
    groups = channels // takes if takes else 1
    if groups * takes != channels or gives % groups if groups else gives:
        raise ValueError(f"a kernel {list(kernel_shape)} does not divide {channels} channels")
    return groups


def conv(x: Any, kernel: Any, strides: Sizes, padding: Padding, dilations: Sizes) -> Any:
    """Every window of `x` times the kernel (which is not flipped: cross-correlation)."""
    windows = Windows(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilations)
    groups = group_count(x.shape[-1], kernel.shape)
    dtype = np.result_type(x, kernel)
    if 0 in (x.size, kernel.size):  # sums of nothing
        return np.zeros((x.shape[0], *windows.counts, kernel.shape[-1]), dtype)
    if groups > 1 and kernel.shape[-2] == 1:
        return depthwise.conv(windows, x, kernel)
    if groups > 1:
        pairs = zip(np.split(x, groups, -1), np.split(kernel, groups, -1), strict=True)
        return np.concatenate([conv(a, b, strides, padding, dilations) for a, b in pairs], -1)
    view, matrix = windows.view(windows.pad(x)), kernel.reshape(-1, kernel.shape[-1])
    y = np.empty((x.shape[0], *windows.counts, kernel.shape[-1]), dtype)
    for part in parts(view):
        np.matmul(_rows(view[part]), matrix, out=y[part].reshape(-1, kernel.shape[-1]))
    return y


def _rows(view: Any) -> Any:
    """Some images' windows as the rows of a matrix."""
    middle = view.ndim // 2
    cells = math.prod(view.shape[middle:])
    if view.shape[-1] > 1:
        return view.reshape(-1, cells)
    # Of a single channel, the other way round, longer runs are copied, which is faster.
    order = (*range(middle, view.ndim), *range(middle))
    return view.transpose(order).reshape(cells, -1).T


def conv_filter(
    x: Any, kernel_shape: Sizes, dy: Any, strides: Sizes, padding: Padding, dilations: Sizes
) -> Any:
    """The adjoint of `conv` in its kernel: how the kernel's gradient follows from dy."""
    windows = Windows(x.shape[1:-1], kernel_shape[:-2], strides, padding, dilations)
    windows.check(dy, x.shape[0], kernel_shape[-1])
    groups = group_count(x.shape[-1], kernel_shape)
    if 0 in (x.size, dy.size):
        return np.zeros(kernel_shape, np.result_type(x, dy))
    if groups > 1 and kernel_shape[-2] == 1:
        return depthwise.conv_filter(windows, x, dy)
    if groups > 1:
        rest = (*kernel_shape[:-1], kernel_shape[-1] // groups), strides, padding, dilations
        pairs = zip(np.split(x, groups, -1), np.split(dy, groups, -1), strict=True)
        return np.concatenate([conv_filter(a, rest[0], b, *rest[1:]) for a, b in pairs], -1)
    view = windows.view(windows.pad(x))
    cells, channels = math.prod(kernel_shape[:-1]), kernel_shape[-1]
    total = np.zeros((cells, channels), np.result_type(x, dy))
    for part in parts(view):
        total += _rows(view[part]).T @ dy[part].reshape(-1, channels)
    return total.reshape(kernel_shape)


def conv_input(
    shape: Sizes, kernel: Any, dy: Any, strides: Sizes, padding: Padding, dilations: Sizes
) -> Any:
    """The adjoint of `conv` in its array: also what is called a transposed convolution."""
    windows = Windows(shape[1:-1], kernel.shape[:-2], strides, padding, dilations)
    windows.check(dy, shape[0], kernel.shape[-1])
    groups = group_count(shape[-1], kernel.shape)
    if 0 in (kernel.size, dy.size):
        return np.zeros(shape, np.result_type(kernel, dy))
    if groups > 1 and kernel.shape[-2] == 1:
        return depthwise.conv_input(windows, shape, kernel, dy)
    if groups > 1:
        part_shape = (*shape[:-1], shape[-1] // groups)
        pairs = zip(np.split(kernel, groups, -1), np.split(dy, groups, -1), strict=True)
        columns = [conv_input(part_shape, a, b, strides, padding, dilations) for a, b in pairs]
        return np.concatenate(columns, -1)
    turned = windows.turned_pads()
    if turned and 2 * shape[-1] >= dy.shape[-1]:
        # One gives to each window what the window gave: a convolution with the kernel turned round.
        spatial = tuple(range(len(turned)))
        return conv(dy, np.flip(kernel, spatial).swapaxes(-1, -2), strides, turned, dilations)
    total = windows.zeros(shape[0], shape[-1], np.result_type(kernel, dy))
    for part in parts(dy):
        rows = dy[part].reshape(-1, dy.shape[-1])
        for place, covered in windows.cells():
            target = total[part][covered]
            target += (rows @ kernel[place].T).reshape(target.shape)
    return windows.crop(total)
