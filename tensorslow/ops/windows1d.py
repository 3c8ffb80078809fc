"""Windows on sequences: the operations on images, for images of height 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, graph_for
from tensorslow.ops.arguments import renamed
from tensorslow.ops.conv import CONV2D
from tensorslow.ops.conv_kernels import conv_attrs
from tensorslow.ops.pool import AVG_POOL, MAX_POOL
from tensorslow.ops.pool_kernels import pool_attrs
from tensorslow.ops.shape import expand_dims, squeeze


def _as_images(data_format: str | None) -> tuple[Any, int]:
    """The format of images of height 1, and where the height stands in it, from the end."""
    layout = {"NWC": "NHWC", "NCW": "NCHW"}.get(data_format or "NWC", data_format)
    return layout, -2 if layout == "NCHW" else -3


def _across(value: Any) -> Any:
    """What is given for the width of sequences, as what it means for images of height 1."""
    if value is None:
        return 1
    given = [int(n) for n in np.ravel(value)]
    return [1, *given] if len(given) == 1 else [1, 1, *given[1:]]


def conv1d(
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    name: str | None = None,
    input: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Every window of sequences times a filter, summed.

    TensorFlow: tf.nn.conv1d: `conv2d` over images of height 1.

    Args:
        value: real tensor [batch, width, channels], or as `data_format` says.
        filters: tensor [width, channels in, channels out].
        stride: how far the window moves.
        padding: "VALID" or "SAME", as for `conv2d`.
        use_cudnn_on_gpu: accepted, without effect.
        data_format: "NWC" or "NCW".
        name: name of the scope.
        input: another name of `value`.
        dilations: how far apart the elements of a window lie.

    Raises:
        ShapeError: as for `conv2d`.
    """
    value = renamed("input", input, "value", value)
    layout, height = _as_images(data_format)
    attrs = conv_attrs(_across(stride), padding, layout, _across(dilations))
    graph = graph_for((value, filters))
    with graph.as_default(), graph.name_scope(name or "conv1d") as scope:
        images, kernel = expand_dims(value, height), expand_dims(filters, 0)
        return squeeze(CONV2D(images, kernel, name=scope, **attrs), [height])


def max_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NWC",
    name: str | None = None,
) -> Tensor:
    """The largest element of each window of sequences.

    TensorFlow: tf.nn.max_pool1d: `max_pool` over images of height 1.

    Args:
        input: real tensor [batch, width, channels], or as `data_format` says.
        ksize, strides: one number, or one for each axis of `input`.
        padding: "VALID", "SAME", or a list with [before, after] for each axis of `input`.
        data_format: "NWC" or "NCW".
        name: name of the scope.

    Raises:
        ShapeError: as for `max_pool`.
    """
    return _pool1d(MAX_POOL, input, ksize, strides, padding, data_format, name or "MaxPool1d")


def avg_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NWC",
    name: str | None = None,
) -> Tensor:
    """The mean of each window of sequences.

    TensorFlow: tf.nn.avg_pool1d: `avg_pool` over images of height 1. Arguments as `max_pool1d`.
    """
    return _pool1d(AVG_POOL, input, ksize, strides, padding, data_format, name or "AvgPool1D")


def _pool1d(
    opdef: OpDef, x: Any, ksize: Any, strides: Any, padding: Any, data_format: str, scope: str
) -> Tensor:
    layout, height = _as_images(data_format)
    if isinstance(padding, (list, tuple)):
        padding = [[0, 0], *padding]
    attrs = pool_attrs(_across(ksize), _across(strides), padding, layout)
    graph = graph_for((x,))
    with graph.as_default(), graph.name_scope(scope) as inner:
        return squeeze(opdef(expand_dims(x, height), name=inner, **attrs), [height])
