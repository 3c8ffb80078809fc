"""Depthwise convolution, each channel by itself, and what is made of it.

A filter is [height, width, channels, multiplier]: so many results each channel has.
"""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor, graph_for
from tensorslow.ops.arguments import renamed
from tensorslow.ops.conv import CONV2D, ONES
from tensorslow.ops.conv_kernels import (
    check_geometry,
    conv_attrs,
    conv_compute,
    conv_filter_compute,
    conv_input_compute,
    spec_of_sizes,
)
from tensorslow.ops.layout import check_images
from tensorslow.ops.shape import shape
from tensorslow.shapes import may_be_equal

AXES = "[height, width, channels, multiplier]"


def _as_groups(sizes: Any) -> Any:
    """A filter's shape when channels are groups, from sizes of which some may be unknown."""
    if isinstance(sizes, TensorSpec) or sizes is None:
        return None, None, 1, None
    height, width, channels, multiplier = sizes
    known = channels is not None and multiplier is not None
    return height, width, 1, channels * multiplier if known else None


def _grouped(xp: Any, kernel: Any) -> Any:
    return xp.reshape(kernel, _as_groups(kernel.shape))


def _check(input: TensorSpec, filter: TensorSpec, **attrs: Any) -> None:
    check_geometry(input, attrs)
    if filter.shape is None:
        return
    if len(filter.shape) != 4:
        raise ShapeError(f"filter must be {AXES}, not {filter}")
    channels = None if input.shape is None else input.shape[attrs["data_format"].index("C")]
    if not may_be_equal(channels, filter.shape[2]):
        raise ShapeError(
            f"input has {channels} channels, filter is for {filter.shape[2]}",
            hint=f"a filter is {AXES}",
        )


def _grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, kernel = op.inputs
    return [
        DEPTHWISE_BACKPROP_INPUT(shape(x), kernel, dy, **op.attrs),
        DEPTHWISE_BACKPROP_FILTER(x, shape(kernel), dy, **op.attrs),
    ]


DEPTHWISE = OpDef(
    "DepthwiseConv2dNative",
    operands=("input: floating", "filter: floating"),
    check=_check,
    compute=lambda xp, x, kernel, **attrs: conv_compute(xp, x, _grouped(xp, kernel), **attrs),
    grad=_grad,
)


def _input_check(
    input_sizes: TensorSpec, filter: TensorSpec, out_backprop: TensorSpec, **attrs: Any
) -> None:
    _check(spec_of_sizes(input_sizes), filter, **attrs)
    check_images("out_backprop", out_backprop, attrs["data_format"], 4)


def _input_compute(xp: Any, sizes: Any, kernel: Any, dy: Any, **attrs: Any) -> Any:
    return conv_input_compute(xp, sizes, _grouped(xp, kernel), dy, **attrs)


def _input_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    _, kernel, y = op.inputs
    return [
        None,
        DEPTHWISE_BACKPROP_FILTER(dy, shape(kernel), y, **op.attrs),
        DEPTHWISE(dy, kernel, **op.attrs),
    ]


DEPTHWISE_BACKPROP_INPUT = OpDef(
    "DepthwiseConv2dNativeBackpropInput",
    operands=("input_sizes: index", "filter: floating", "out_backprop: floating"),
    known=("input_sizes",),
    check=_input_check,
    compute=_input_compute,
    grad=_input_grad,
)


def _filter_check(
    input: TensorSpec, filter_sizes: TensorSpec, out_backprop: TensorSpec, **attrs: Any
) -> None:
    _check(input, spec_of_sizes(filter_sizes), **attrs)
    check_images("out_backprop", out_backprop, attrs["data_format"], 4)


def _filter_compute(xp: Any, x: Any, sizes: Any, dy: Any, **attrs: Any) -> Any:
    grouped = conv_filter_compute(xp, x, _as_groups(sizes), dy, **attrs)
    return xp.reshape(grouped, sizes)


def _filter_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, _, y = op.inputs
    return [
        DEPTHWISE_BACKPROP_INPUT(shape(x), dy, y, **op.attrs),
        None,
        DEPTHWISE(x, dy, **op.attrs),
    ]


DEPTHWISE_BACKPROP_FILTER = OpDef(
    "DepthwiseConv2dNativeBackpropFilter",
    operands=("input: floating", "filter_sizes: index", "out_backprop: floating"),
    known=("filter_sizes",),
    check=_filter_check,
    compute=_filter_compute,
    grad=_filter_grad,
)


def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Every window of each channel times that channel's own filters.

    TensorFlow: tf.nn.depthwise_conv2d.

    Args:
        input: floating tensor [batch, height, width, channels], or as `data_format` says.
        filter: tensor [height, width, channels, multiplier].
        strides, padding: as for `conv2d`.
        rate: how far apart the elements of a window lie; one number or two.
        name: name of the node.
        data_format: "NHWC" or "NCHW".
        dilations: another name of `rate`.

    Returns:
        Tensor [batch, windows down, windows across, channels * multiplier]: the results of one
        channel lie side by side.

    Raises:
        ShapeError: the channels differ, or as for `conv2d`.

    Gradient: to any order.
    """
    attrs = conv_attrs(strides, padding, data_format, renamed("dilations", dilations, "rate", rate))
    return DEPTHWISE(input, filter, name=name or "depthwise", **attrs)


def depthwise_conv2d_native(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = ONES,
    name: str | None = None,
) -> Tensor:
    """As `depthwise_conv2d`, with its arguments in another order.

    TensorFlow: tf.nn.depthwise_conv2d_native.
    """
    return DEPTHWISE(
        input, filter, name=name, **conv_attrs(strides, padding, data_format, dilations)
    )


def depthwise_conv2d_backprop_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = ONES,
    name: str | None = None,
) -> Tensor:
    """The gradient of `depthwise_conv2d` with respect to its input.

    TensorFlow: tf.nn.depthwise_conv2d_backprop_input. Arguments as `conv2d_backprop_input`.
    """
    attrs = conv_attrs(strides, padding, data_format, dilations)
    return DEPTHWISE_BACKPROP_INPUT(input_sizes, filter, out_backprop, name=name, **attrs)


def depthwise_conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = ONES,
    name: str | None = None,
) -> Tensor:
    """The gradient of `depthwise_conv2d` with respect to its filter.

    TensorFlow: tf.nn.depthwise_conv2d_backprop_filter. Arguments as `conv2d_backprop_filter`.
    """
    attrs = conv_attrs(strides, padding, data_format, dilations)
    return DEPTHWISE_BACKPROP_FILTER(input, filter_sizes, out_backprop, name=name, **attrs)


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """A depthwise convolution, and then a mixing of the channels at each place.

    TensorFlow: tf.nn.separable_conv2d.

    Args:
        input: floating tensor [batch, height, width, channels], or as `data_format` says.
        depthwise_filter: tensor [height, width, channels, multiplier].
        pointwise_filter: tensor [1, 1, channels * multiplier, channels out].
        strides, padding, rate, data_format, dilations: as for `depthwise_conv2d`.
        name: name of the scope.

    Raises:
        ShapeError: the channels of one do not fit the other.
    """
    graph = graph_for((input, depthwise_filter, pointwise_filter))
    rate = renamed("dilations", dilations, "rate", rate)
    with graph.as_default(), graph.name_scope(name or "separable_conv2d") as scope:
        y = depthwise_conv2d(
            as_tensor(input, name="tensor_in"),
            as_tensor(depthwise_filter, name="depthwise_filter"),
            strides,
            padding,
            rate,
            "depthwise",
            data_format,
        )
        pointwise = as_tensor(pointwise_filter, y.spec.dtype, name="pointwise_filter")
        return CONV2D(y, pointwise, name=scope, **conv_attrs(1, "VALID", data_format, 1))
