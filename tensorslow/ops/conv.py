"""Convolution and its two adjoints, each of which is the others' gradient."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.arguments import renamed
from tensorslow.ops.conv_kernels import (
    conv_attrs,
    conv_check,
    conv_compute,
    conv_filter_check,
    conv_filter_compute,
    conv_input_check,
    conv_input_compute,
)
from tensorslow.ops.shape import shape

ONES = (1, 1, 1, 1)


def _conv_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, kernel = op.inputs
    return [
        CONV2D_BACKPROP_INPUT(shape(x), kernel, dy, **op.attrs),
        CONV2D_BACKPROP_FILTER(x, shape(kernel), dy, **op.attrs),
    ]


CONV2D = OpDef(
    "Conv2D",
    operands=("input: real", "filter: real"),
    check=conv_check,
    compute=conv_compute,
    grad=_conv_grad,
)


def _conv_input_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    _, kernel, y = op.inputs
    return [
        None,
        CONV2D_BACKPROP_FILTER(dy, shape(kernel), y, **op.attrs),
        CONV2D(dy, kernel, **op.attrs),
    ]


CONV2D_BACKPROP_INPUT = OpDef(
    "Conv2DBackpropInput",
    operands=("input_sizes: index", "filter: real", "out_backprop: real"),
    known=("input_sizes",),
    check=conv_input_check,
    compute=conv_input_compute,
    grad=_conv_input_grad,
)


def _conv_filter_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, _, y = op.inputs
    return [
        CONV2D_BACKPROP_INPUT(shape(x), dy, y, **op.attrs),
        None,
        CONV2D(x, dy, **op.attrs),
    ]


CONV2D_BACKPROP_FILTER = OpDef(
    "Conv2DBackpropFilter",
    operands=("input: real", "filter_sizes: index", "out_backprop: real"),
    known=("filter_sizes",),
    check=conv_filter_check,
    compute=conv_filter_compute,
    grad=_conv_filter_grad,
)


def conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = ONES,
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Every window of images times a filter, summed: a cross-correlation.

    TensorFlow: tf.nn.conv2d.

    Args:
        input: real tensor [batch, height, width, channels], or as `data_format` says.
        filter: tensor [height, width, channels in, channels out]. Where it takes only a part of the
            channels, these are divided into groups, and the filters among them.
        strides: how far the window moves: one number, two, or one for each axis of `input`.
        padding: "VALID": windows stay inside; "SAME": ceil(size / stride) of them, zeros around;
            or a list with [before, after] for each axis of `input`.
        use_cudnn_on_gpu: accepted, without effect.
        data_format: "NHWC" or "NCHW".
        dilations: how far apart the elements of a window lie; as `strides`.
        name: name of the node.
        filters: another name of `filter`.

    Returns:
        Tensor [batch, windows down, windows across, channels out], or as `data_format` says.

    Raises:
        ShapeError: the channels differ, a window does not fit, or an argument has a wrong length.

    Gradient: to any order: of the two adjoints, too.
    """
    kernel = renamed("filters", filters, "filter", filter)
    return CONV2D(input, kernel, name=name, **conv_attrs(strides, padding, data_format, dilations))


def conv2d_backprop_input(
    input_sizes: Any,
    filter: Any = None,
    out_backprop: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = ONES,
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """The gradient of `conv2d` with respect to its input, from that of its result.

    TensorFlow: tf.nn.conv2d_backprop_input.

    Args:
        input_sizes: shape of the input, four integers.
        filter: as for `conv2d`.
        out_backprop: gradient of the result.
        strides, padding, use_cudnn_on_gpu, data_format, dilations, name, filters: as for `conv2d`.
    """
    kernel = renamed("filters", filters, "filter", filter)
    attrs = conv_attrs(strides, padding, data_format, dilations)
    return CONV2D_BACKPROP_INPUT(input_sizes, kernel, out_backprop, name=name, **attrs)


def conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = ONES,
    name: str | None = None,
) -> Tensor:
    """The gradient of `conv2d` with respect to its filter, from that of its result.

    TensorFlow: tf.nn.conv2d_backprop_filter.

    Args:
        input: as for `conv2d`.
        filter_sizes: shape of the filter, four integers.
        out_backprop: gradient of the result.
        strides, padding, use_cudnn_on_gpu, data_format, dilations, name: as for `conv2d`.
    """
    attrs = conv_attrs(strides, padding, data_format, dilations)
    return CONV2D_BACKPROP_FILTER(input, filter_sizes, out_backprop, name=name, **attrs)


def conv2d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """`conv2d` backwards: each element spreads a filter over a window of a larger image.

    TensorFlow: tf.nn.conv2d_transpose.

    Args:
        value: real tensor [batch, height, width, channels in].
        filter: tensor [height, width, channels out, channels in]: not as for `conv2d`.
        output_shape: shape of the result, four integers: several sizes fit one stride.
        strides, padding, data_format, dilations: as for the `conv2d` that would lead back.
        name: name of the node.
        input, filters: other names of `value` and `filter`.

    Raises:
        ShapeError: no convolution leads from `output_shape` to the shape of `value`.

    Gradient: a convolution, for `value`.
    """
    value = renamed("input", input, "value", value)
    kernel = renamed("filters", filters, "filter", filter)
    attrs = conv_attrs(strides, padding, data_format, dilations)
    name = name or "conv2d_transpose"
    return CONV2D_BACKPROP_INPUT(output_shape, kernel, value, name=name, **attrs)


def atrous_conv2d(
    value: Any, filters: Any, rate: int, padding: Any, name: str | None = None
) -> Tensor:
    """A convolution whose windows leave out `rate` - 1 elements between those they take.

    TensorFlow: tf.nn.atrous_conv2d: `conv2d` with `dilations`.

    Args:
        value: real tensor [batch, height, width, channels].
        filters: tensor [height, width, channels in, channels out].
        rate: how far apart the elements of a window lie.
        padding: as for `conv2d`.
        name: name of the node.
    """
    attrs = conv_attrs(1, padding, None, rate)
    return CONV2D(value, filters, name=name or "convolution", **attrs)


def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: int, padding: Any, name: str | None = None
) -> Tensor:
    """`atrous_conv2d` backwards, as `conv2d_transpose`.

    TensorFlow: tf.nn.atrous_conv2d_transpose.

    Args:
        value: real tensor [batch, height, width, channels in].
        filters: tensor [height, width, channels out, channels in].
        output_shape: shape of the result, four integers.
        rate, padding: as for `atrous_conv2d`.
        name: name of the node.
    """
    attrs = conv_attrs(1, padding, None, rate)
    name = name or "atrous_conv2d_transpose"
    return CONV2D_BACKPROP_INPUT(output_shape, filters, value, name=name, **attrs)
