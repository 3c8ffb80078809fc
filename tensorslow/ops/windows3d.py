"""Windows on volumes: the operations on images, with a depth as well."""

from __future__ import annotations

from functools import partial
from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.arguments import renamed
from tensorslow.ops.conv_kernels import (
    Attrs,
    conv_attrs,
    conv_check,
    conv_compute,
    conv_filter_check,
    conv_filter_compute,
    conv_input_check,
    conv_input_compute,
)
from tensorslow.ops.pool_kernels import (
    max_check,
    max_compute,
    max_grad_compute,
    max_grad_grad_compute,
    mean_compute,
    mean_grad_check,
    mean_grad_compute,
    pool_attrs,
)
from tensorslow.ops.shape import shape

ONES = (1, 1, 1, 1, 1)


def _conv_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, kernel = op.inputs
    return [
        CONV3D_BACKPROP_INPUT(shape(x), kernel, dy, **op.attrs),
        CONV3D_BACKPROP_FILTER(x, shape(kernel), dy, **op.attrs),
    ]


CONV3D = OpDef(
    "Conv3D",
    operands=("input: floating", "filter: floating"),
    check=partial(conv_check, rank=5),
    compute=conv_compute,
    grad=_conv_grad,
)


def _conv_input_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    _, kernel, y = op.inputs
    return [
        None,
        CONV3D_BACKPROP_FILTER(dy, shape(kernel), y, **op.attrs),
        CONV3D(dy, kernel, **op.attrs),
    ]


CONV3D_BACKPROP_INPUT = OpDef(
    "Conv3DBackpropInputV2",
    operands=("input_sizes: index", "filter: floating", "out_backprop: floating"),
    known=("input_sizes",),
    check=partial(conv_input_check, rank=5),
    compute=conv_input_compute,
    grad=_conv_input_grad,
)


def _conv_filter_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, _, y = op.inputs
    return [
        CONV3D_BACKPROP_INPUT(shape(x), dy, y, **op.attrs),
        None,
        CONV3D(x, dy, **op.attrs),
    ]


CONV3D_BACKPROP_FILTER = OpDef(
    "Conv3DBackpropFilterV2",
    operands=("input: floating", "filter_sizes: index", "out_backprop: floating"),
    known=("filter_sizes",),
    check=partial(conv_filter_check, rank=5),
    compute=conv_filter_compute,
    grad=_conv_filter_grad,
)


def _attrs(strides: Any, padding: Any, data_format: str | None, dilations: Any) -> Attrs:
    return conv_attrs(strides, padding, data_format, dilations, rank=5)


def conv3d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str = "NDHWC",
    dilations: Any = ONES,
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Every window of volumes times a filter, summed.

    TensorFlow: tf.nn.conv3d.

    Args:
        input: floating tensor [batch, depth, height, width, channels], or as `data_format` says.
        filter: tensor [depth, height, width, channels in, channels out].
        strides, padding, dilations, name, filters: as for `conv2d`.
        data_format: "NDHWC" or "NCDHW".

    Raises:
        ShapeError: as for `conv2d`.

    Gradient: to any order.
    """
    kernel = renamed("filters", filters, "filter", filter)
    return CONV3D(input, kernel, name=name, **_attrs(strides, padding, data_format, dilations))


def conv3d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    dilations: Any = ONES,
    name: str | None = None,
) -> Tensor:
    """The gradient of `conv3d` with respect to its filter.

    TensorFlow: tf.nn.conv3d_backprop_filter. Arguments as `conv2d_backprop_filter`.
    """
    attrs = _attrs(strides, padding, data_format, dilations)
    return CONV3D_BACKPROP_FILTER(input, filter_sizes, out_backprop, name=name, **attrs)


def conv3d_transpose(
    value: Any,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str = "NDHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """`conv3d` backwards, as `conv2d_transpose`.

    TensorFlow: tf.nn.conv3d_transpose.

    Args:
        value: floating tensor [batch, depth, height, width, channels in].
        filter: tensor [depth, height, width, channels out, channels in].
        output_shape: shape of the result, five integers.
        strides, padding, data_format, dilations: as for the `conv3d` that would lead back.
        name: name of the node.
        input, filters: other names of `value` and `filter`.
    """
    value = renamed("input", input, "value", value)
    kernel = renamed("filters", filters, "filter", filter)
    attrs = _attrs(strides, padding, data_format, dilations)
    name = name or "conv3d_transpose"
    return CONV3D_BACKPROP_INPUT(output_shape, kernel, value, name=name, **attrs)


MAX_POOL3D: OpDef = OpDef(
    "MaxPool3D",
    operands=("input: real",),
    check=partial(max_check, rank=5),
    compute=max_compute,
    grad=lambda op, dy: [MAX_POOL3D_GRAD(op.inputs[0], op.outputs[0], dy, **op.attrs)],
)
MAX_POOL3D_GRAD: OpDef = OpDef(
    "MaxPool3DGrad",
    operands=("orig_input: real", "orig_output: real", "grad: real"),
    check=partial(max_check, rank=5),
    compute=max_grad_compute,
    grad=lambda op, dy: [None, None, MAX_POOL3D_GRAD_GRAD(*op.inputs[:2], dy, **op.attrs)],
)
MAX_POOL3D_GRAD_GRAD: OpDef = OpDef(
    "MaxPool3DGradGrad",
    operands=("orig_input: real", "orig_output: real", "grad: real"),
    check=partial(max_check, rank=5),
    compute=max_grad_grad_compute,
    grad=lambda op, dy: [None, None, MAX_POOL3D_GRAD(*op.inputs[:2], dy, **op.attrs)],
)
AVG_POOL3D: OpDef = OpDef(
    "AvgPool3D",
    operands=("input: floating",),
    check=partial(max_check, rank=5),
    compute=mean_compute,
    grad=lambda op, dy: [AVG_POOL3D_GRAD(shape(op.inputs[0]), dy, **op.attrs)],
)
AVG_POOL3D_GRAD: OpDef = OpDef(
    "AvgPool3DGrad",
    operands=("orig_input_shape: index", "grad: floating"),
    known=("orig_input_shape",),
    check=partial(mean_grad_check, rank=5),
    compute=mean_grad_compute,
    grad=lambda op, dy: [None, AVG_POOL3D(dy, **op.attrs)],
)


def max_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """The largest element of each window of volumes.

    TensorFlow: tf.nn.max_pool3d. Arguments as `max_pool`; formats as `conv3d`.
    """
    attrs = pool_attrs(ksize, strides, padding, data_format, rank=5)
    return MAX_POOL3D(input, name=name, **attrs)


def avg_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """The mean of each window of volumes.

    TensorFlow: tf.nn.avg_pool3d. Arguments as `avg_pool`; formats as `conv3d`.
    """
    attrs = pool_attrs(ksize, strides, padding, data_format, rank=5)
    return AVG_POOL3D(input, name=name, **attrs)
