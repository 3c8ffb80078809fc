"""Convolution and pooling by one name for sequences, images and volumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorslow.errors import ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.arguments import renamed
from tensorslow.ops.conv import conv2d
from tensorslow.ops.pool import avg_pool, max_pool
from tensorslow.ops.windows1d import avg_pool1d, conv1d, max_pool1d
from tensorslow.ops.windows3d import avg_pool3d, conv3d, max_pool3d

CHANNELS_LAST = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def convolution(
    input: Any,
    filter: Any,
    padding: Any,
    strides: Any = None,
    dilation_rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """`conv1d`, `conv2d` or `conv3d`, by the rank of the filter.

    TensorFlow: tf.nn.convolution.

    Args:
        input: tensor [batch, *spatial, channels], or as `data_format` says.
        filter: tensor [*window, channels in, channels out].
        padding: "VALID" or "SAME", as for `conv2d`.
        strides: how far the window moves: one number, or one for each spatial axis.
        dilation_rate: how far apart the elements of a window lie, likewise.
        name: name of the node.
        data_format: such as "NHWC" or "NCHW".
        filters, dilations: other names of `filter` and `dilation_rate`.

    Raises:
        ShapeError: the filter has no window of one to three axes, or as for `conv2d`.
    """
    x = as_tensor(input)
    kernel = as_tensor(renamed("filters", filters, "filter", filter), x.spec.dtype)
    rate = renamed("dilations", dilations, "dilation_rate", dilation_rate)
    found = kernel.spec.shape or x.spec.shape
    n = _spatial_rank(None if found is None else len(found) - 2, "filter")
    layout = data_format or CHANNELS_LAST[n]
    name = name or "convolution"
    if n == 1:
        return conv1d(x, kernel, strides, padding, data_format=layout, name=name, dilations=rate)
    conv = conv2d if n == 2 else conv3d
    return conv(x, kernel, strides, padding, data_format=layout, dilations=rate, name=name)


def _spatial_rank(n: int | None, label: str) -> int:
    if n not in CHANNELS_LAST:
        raise ShapeError(f"{label} must have one, two or three axes for a window, not {n}")
    return n


def pool(
    input: Any,
    window_shape: Sequence[int],
    pooling_type: str,
    padding: Any,
    dilation_rate: Any = None,
    strides: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Maximum or mean pooling of sequences, images or volumes.

    TensorFlow: tf.nn.pool, without dilations.

    Args:
        input: tensor [batch, *spatial, channels], or as `data_format` says.
        window_shape: size of the window, for each spatial axis.
        pooling_type: "MAX" or "AVG".
        padding: "VALID" or "SAME".
        dilation_rate: 1.
        strides: how far the window moves, for each spatial axis; None: by 1.
        name: name of the node.
        data_format: such as "NHWC" or "NCHW".
        dilations: another name of `dilation_rate`.

    Raises:
        ShapeError: there are not one to three spatial axes, or as for `max_pool`.
        NotImplementedError: the window has gaps.
    """
    rate = renamed("dilations", dilations, "dilation_rate", dilation_rate)
    if rate is not None and set([rate] if isinstance(rate, int) else rate) != {1}:
        raise NotImplementedError("pooling windows have no gaps here: leave dilations out")
    if pooling_type not in ("MAX", "AVG"):
        raise ValueError(f"pooling_type must be 'MAX' or 'AVG', not {pooling_type!r}")
    n = _spatial_rank(len(window_shape), "window_shape")
    largest: dict[int, Callable[..., Tensor]] = {1: max_pool1d, 2: max_pool, 3: max_pool3d}
    mean: dict[int, Callable[..., Tensor]] = {1: avg_pool1d, 2: avg_pool, 3: avg_pool3d}
    function = (largest if pooling_type == "MAX" else mean)[n]
    layout = data_format or CHANNELS_LAST[n]
    return function(input, window_shape, strides or [1] * n, padding, layout, name)
