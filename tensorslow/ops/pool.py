"""Pooling: the maximum or the mean of each window, and their adjoints."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.arguments import renamed
from tensorslow.ops.elementwise import zeros_like
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

MAX_POOL: OpDef = OpDef(
    "MaxPool",
    operands=("input: real",),
    check=max_check,
    compute=max_compute,
    grad=lambda op, dy: [MAX_POOL_GRAD(op.inputs[0], op.outputs[0], dy, **op.attrs)],
)


def _zeros_and(op: Operation, dgrad: Tensor) -> list[Tensor]:
    """The gradient of `grad`; a maximum stays where it is when its value changes a little."""
    return [zeros_like(op.inputs[0]), zeros_like(op.inputs[1]), dgrad]


MAX_POOL_GRAD: OpDef = OpDef(
    "MaxPoolGrad",
    operands=("orig_input: real", "orig_output: real", "grad: real"),
    check=max_check,
    compute=max_grad_compute,
    grad=lambda op, dy: _zeros_and(op, MAX_POOL_GRAD_GRAD(*op.inputs[:2], dy, **op.attrs)),
)
MAX_POOL_GRAD_GRAD: OpDef = OpDef(
    "MaxPoolGradGrad",
    operands=("orig_input: real", "orig_output: real", "grad: real"),
    check=max_check,
    compute=max_grad_grad_compute,
    grad=lambda op, dy: _zeros_and(op, MAX_POOL_GRAD(*op.inputs[:2], dy, **op.attrs)),
)
AVG_POOL: OpDef = OpDef(
    "AvgPool",
    operands=("value: floating",),
    check=max_check,
    compute=mean_compute,
    grad=lambda op, dy: [AVG_POOL_GRAD(shape(op.inputs[0]), dy, **op.attrs)],
)
AVG_POOL_GRAD: OpDef = OpDef(
    "AvgPoolGrad",
    operands=("orig_input_shape: index", "grad: floating"),
    known=("orig_input_shape",),
    check=mean_grad_check,
    compute=mean_grad_compute,
    grad=lambda op, dy: [None, AVG_POOL(dy, **op.attrs)],
)


def max_pool(
    value: Any = None,
    ksize: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """The largest element of each window, channel by channel.

    TensorFlow: tf.nn.max_pool.

    Args:
        value: real tensor [batch, height, width, channels], or as `data_format` says.
        ksize: size of the window: one number, two, or one for each axis of `value`.
        strides: how far the window moves, likewise.
        padding: "VALID": windows stay inside; "SAME": ceil(size / stride) of them; or a list with
            [before, after] for each axis of `value`. What is padded is never the largest.
        data_format: "NHWC" or "NCHW".
        name: name of the node.
        input: another name of `value`.

    Raises:
        ShapeError: a window does not fit, or an argument has a wrong length.

    Gradient: dy goes to the first of the largest elements of each window; to any order.
    """
    value = renamed("input", input, "value", value)
    return MAX_POOL(value, name=name, **pool_attrs(ksize, strides, padding, data_format))


def avg_pool(
    value: Any = None,
    ksize: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """The mean of each window, channel by channel.

    TensorFlow: tf.nn.avg_pool. What is padded does not count.

    Args:
        value: floating tensor [batch, height, width, channels], or as `data_format` says.
        ksize, strides, data_format: as for `max_pool`.
        padding: "VALID" or "SAME", as for `max_pool`.
        name: name of the node.
        input: another name of `value`.

    Raises:
        ShapeError: as for `max_pool`.

    Gradient: dy, divided among the elements of each window; to any order.
    """
    value = renamed("input", input, "value", value)
    return AVG_POOL(value, name=name, **pool_attrs(ksize, strides, padding, data_format))
