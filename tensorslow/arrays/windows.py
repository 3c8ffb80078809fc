"""Convolution and pooling in NumPy: arrays seen as windows, and their adjoints.

Arrays are [batch, *spatial, channels], kernels [*window, channels_in / groups, channels_out]. There may
be any number of spatial axes. Padding is "SAME", "VALID" or a (before, after) pair for each spatial axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Padding = str | Sequence[Sequence[int]]


def window_padding(
    sizes: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: Padding, dilations: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """How much is added before and after each spatial axis.

    "SAME" gives ceil(size / stride) windows and puts the odd element behind, as TensorFlow does.
    """
    if padding == "VALID":
        return ((0, 0),) * len(sizes)
    if padding != "SAME":
        return tuple((before, after) for before, after in padding)  # type: ignore[misc]
    pairs = []
    for size, length, stride, dilation in zip(sizes, window, strides, dilations, strict=True):
        reach = (length - 1) * dilation + 1
        total = max(0, (-(-size // stride) - 1) * stride + reach - size)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def window_count(
    size: int | None, length: int | None, stride: int, padding: str | Sequence[int], dilation: int
) -> int | None:
    """How many windows fit along one axis; None when a size is unknown."""
    if size is None or (length is None and padding != "SAME"):
        return None
    if padding == "SAME":
        return -(-size // stride)
    before, after = (0, 0) if isinstance(padding, str) else padding
    reach = ((length or 1) - 1) * dilation + 1
    return max(0, (size + before + after - reach) // stride + 1)


def _padded(x: Any, pairs: Sequence[tuple[int, int]], value: Any = 0) -> Any:
    return np.pad(x, ((0, 0), *pairs, (0, 0)), constant_values=value) if np.any(pairs) else x


def _windows(x: Any, window: Sequence[int], strides: Sequence[int], dilations: Sequence[int]) -> Any:
    """A view [batch, *count, channels, *window] of a padded array."""
    axes = tuple(range(1, x.ndim - 1))
    reach = [(length - 1) * dilation + 1 for length, dilation in zip(window, dilations, strict=True)]
    view = sliding_window_view(x, reach, axis=axes)
    steps = tuple(slice(None, None, stride) for stride in strides)
    return view[(slice(None), *steps, slice(None), *(slice(None, None, d) for d in dilations))]


def _columns(x: Any, window: Sequence[int], strides: Any, padding: Padding, dilations: Any, groups: int) -> Any:
    """The windows as rows: [groups, batch * count, window * channels / groups], and the counts."""
    n = len(window)
    pairs = window_padding(x.shape[1:-1], window, strides, padding, dilations)
    view = _windows(_padded(x, pairs), window, strides, dilations)
    counts = view.shape[1 : 1 + n]
    channels = x.shape[-1] // groups
    # [batch, *count, groups, channels, *window] → [groups, batch, *count, *window, channels]
    view = view.reshape(*view.shape[: 1 + n], groups, channels, *window) if groups > 1 else view[(..., *[slice(None)] * (n + 1))]
    if groups == 1:
        order = (*range(n + 1), *range(n + 2, 2 * n + 2), n + 1)
        rows = view.transpose(order).reshape(1, -1, int(np.prod(window)) * channels)
    else:
        order = (n + 1, *range(n + 1), *range(n + 3, 2 * n + 3), n + 2)
        rows = view.transpose(order).reshape(groups, -1, int(np.prod(window)) * channels)
    return rows, counts


def _kernel_matrix(kernel: Any, groups: int) -> Any:
    """The kernel as [groups, window * channels_in, channels_out / groups]."""
    out = kernel.shape[-1] // groups
    return kernel.reshape(-1, groups, out).transpose(1, 0, 2)


def _grouped_rows(dy: Any, groups: int) -> Any:
    """dy as [groups, batch * count, channels_out / groups]."""
    return dy.reshape(-1, groups, dy.shape[-1] // groups).transpose(1, 0, 2)


def conv(x: Any, kernel: Any, strides: Any, padding: Padding, dilations: Any, groups: int = 1) -> Any:
    """Every window of `x` times the kernel (which is not flipped: cross-correlation)."""
    rows, counts = _columns(x, kernel.shape[:-2], strides, padding, dilations, groups)
    y = np.matmul(rows, _kernel_matrix(kernel, groups))
    return y.transpose(1, 0, 2).reshape(x.shape[0], *counts, kernel.shape[-1])


def conv_filter(
    x: Any, kernel_shape: Any, dy: Any, strides: Any, padding: Padding, dilations: Any, groups: int = 1
) -> Any:
    """The adjoint of `conv` in its kernel: how the kernel's gradient follows from dy."""
    rows, _ = _columns(x, kernel_shape[:-2], strides, padding, dilations, groups)
    grad = np.matmul(rows.transpose(0, 2, 1), _grouped_rows(dy, groups))
    return grad.transpose(1, 0, 2).reshape(kernel_shape)


def conv_input(
    shape: Any, kernel: Any, dy: Any, strides: Any, padding: Padding, dilations: Any, groups: int = 1
) -> Any:
    """The adjoint of `conv` in its array: also what is called a transposed convolution."""
    window = kernel.shape[:-2]
    columns = np.matmul(_grouped_rows(dy, groups), _kernel_matrix(kernel, groups).transpose(0, 2, 1))
    counts, channels = dy.shape[1:-1], kernel.shape[-2]
    columns = columns.reshape(groups, shape[0], *counts, *window, channels)
    n = len(window)
    # → [batch, *count, *window, groups, channels]
    columns = columns.transpose(*range(1, 2 * n + 2), 0, 2 * n + 2).reshape(shape[0], *counts, *window, groups * channels)
    return _add_windows(columns, shape, strides, padding, dilations, window)


def _add_windows(columns: Any, shape: Any, strides: Any, padding: Padding, dilations: Any, window: Any) -> Any:
    """The adjoint of cutting windows: each element gets the sum of all windows' values for it."""
    sizes, n = shape[1:-1], len(window)
    pairs = window_padding(sizes, window, strides, padding, dilations)
    counts = columns.shape[1 : 1 + n]
    result = np.zeros((shape[0], *(s + b + a for s, (b, a) in zip(sizes, pairs, strict=True)), shape[-1]), columns.dtype)
    for offset in product(*(range(length) for length in window)):
        place = tuple(
            slice(o * d, o * d + (count - 1) * s + 1, s)
            for o, d, s, count in zip(offset, dilations, strides, counts, strict=True)
        )
        if all(counts):
            result[(slice(None), *place)] += columns[(slice(None),) * (n + 1) + offset]
    return result[(slice(None), *(slice(b, b + s) for s, (b, _) in zip(sizes, pairs, strict=True)))]


def _max_places(x: Any, ksize: Any, strides: Any, padding: Padding) -> Any:
    """The windows as [batch, *count, channels, window], padded with the lowest value, and the first maximum's place."""
    ones = (1,) * len(ksize)
    pairs = window_padding(x.shape[1:-1], ksize, strides, padding, ones)
    low = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    view = _windows(_padded(x, pairs, low), ksize, strides, ones)
    flat = view.reshape(*view.shape[: len(ksize) + 2], -1)
    return flat, np.argmax(flat, axis=-1)


def window_max(x: Any, ksize: Any, strides: Any, padding: Padding) -> Any:
    """The largest element of each window; padding never wins."""
    ones = (1,) * len(ksize)
    pairs = window_padding(x.shape[1:-1], ksize, strides, padding, ones)
    low = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    x = _padded(x, pairs, low)
    # A maximum over k² shifted views is faster than a reduction over the tiny axes of a window view.
    counts = [(size - k) // s + 1 for size, k, s in zip(x.shape[1:-1], ksize, strides, strict=True)]
    best = None
    for offset in product(*(range(length) for length in ksize)):
        place = tuple(slice(o, o + (c - 1) * s + 1 if c > 0 else 0, s) for o, s, c in zip(offset, strides, counts, strict=True))
        shifted = x[(slice(None), *place)]
        best = shifted if best is None else np.maximum(best, shifted)
    return best


def window_max_scatter(x: Any, dy: Any, ksize: Any, strides: Any, padding: Padding) -> Any:
    """dy brought back to the first maximum of each window: the gradient of `window_max`."""
    flat, places = _max_places(x, ksize, strides, padding)
    columns = np.zeros(flat.shape, dy.dtype)
    np.put_along_axis(columns, places[..., None], dy[..., None], axis=-1)
    n = len(ksize)
    columns = columns.reshape(*flat.shape[:-1], *ksize)
    columns = columns.transpose(*range(n + 1), *range(n + 2, 2 * n + 2), n + 1)
    return _add_windows(columns, x.shape, strides, padding, (1,) * n, ksize)


def window_max_gather(x: Any, values: Any, ksize: Any, strides: Any, padding: Padding) -> Any:
    """Of each window, what `values` has where `x` has its first maximum: the scatter's adjoint."""
    _, places = _max_places(x, ksize, strides, padding)
    ones = (1,) * len(ksize)
    pairs = window_padding(x.shape[1:-1], ksize, strides, padding, ones)
    view = _windows(_padded(values, pairs), ksize, strides, ones)
    flat = view.reshape(*view.shape[: len(ksize) + 2], -1)
    return np.take_along_axis(flat, places[..., None], axis=-1)[..., 0]


def _window_sizes(sizes: Any, ksize: Any, strides: Any, padding: Padding, dtype: Any) -> Any:
    """How many real elements each window has: [1, *count, 1]."""
    ones = (1,) * len(ksize)
    pairs = window_padding(sizes, ksize, strides, padding, ones)
    cells = _padded(np.ones((1, *sizes, 1), dtype), pairs)
    return _windows(cells, ksize, strides, ones).sum(axis=tuple(range(-len(ksize), 0)))


def window_mean(x: Any, ksize: Any, strides: Any, padding: Padding) -> Any:
    """The mean of each window; padding does not count."""
    ones = (1,) * len(ksize)
    pairs = window_padding(x.shape[1:-1], ksize, strides, padding, ones)
    total = _windows(_padded(x, pairs), ksize, strides, ones).sum(axis=tuple(range(-len(ksize), 0)), dtype=x.dtype)
    return total / _window_sizes(x.shape[1:-1], ksize, strides, padding, x.dtype)


def window_mean_input(shape: Any, dy: Any, ksize: Any, strides: Any, padding: Padding) -> Any:
    """The adjoint of `window_mean`: each element gets its share of every window it is in."""
    n = len(ksize)
    share = dy / _window_sizes(shape[1:-1], ksize, strides, padding, dy.dtype)
    spread = share[(slice(None),) * (n + 1) + (None,) * n]
    columns = np.broadcast_to(spread, (*share.shape[:-1], *ksize, share.shape[-1]))
    return _add_windows(columns, shape, strides, padding, (1,) * n, ksize)
