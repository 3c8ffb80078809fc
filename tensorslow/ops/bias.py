"""bias_add: one number for each channel, and the layers made of it."""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.activations import relu
from tensorslow.ops.elementwise import zeros_like
from tensorslow.ops.matmul import matmul
from tensorslow.scopes import name_scope
from tensorslow.shapes import may_be_equal, show


def channel_axis(data_format: str) -> int:
    """Where the channels are: last in "NHWC", second in "NCHW"."""
    return 1 if data_format == "NCHW" else -1


def checked_format(data_format: str | None) -> str:
    """TensorFlow's name of a layout: any N…C is "NHWC", any NC… is "NCHW".

    Raises:
        ValueError: it is neither.
    """
    if (
        data_format is None
        or data_format.startswith("N")
        and data_format.endswith("C")
        and data_format != "NC"
    ):
        return "NHWC"
    if data_format.startswith("NC"):
        return "NCHW"
    raise ValueError(
        f"data_format is 'NHWC' or 'NCHW', or such a name for other ranks, not {data_format!r}"
    )


def _bias_add_check(value: TensorSpec, bias: TensorSpec, *, data_format: str) -> None:
    if bias.shape is not None and len(bias.shape) != 1:
        raise ShapeError(
            f"bias must be a vector, not {show(bias.shape)}", hint="one number for each channel"
        )
    if value.shape is None:
        return
    axis = channel_axis(data_format)
    if len(value.shape) <= max(axis, 0):
        raise ShapeError(
            f"value is {show(value.shape)}, so it has no channels in the format {data_format}"
        )
    if bias.shape is not None and not may_be_equal(value.shape[axis], bias.shape[0]):
        raise ShapeError(f"value has {value.shape[axis]} channels, bias {bias.shape[0]} numbers")


def _bias_add_compute(xp: Any, value: Any, bias: Any, *, data_format: str) -> Any:
    if data_format == "NCHW" and value.ndim is not None:
        bias = xp.reshape(bias, (-1,) + (1,) * (value.ndim - 2))
    return value + bias


def _bias_add_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    return [dy, BIAS_ADD_GRAD(dy, **op.attrs)]


BIAS_ADD = OpDef(
    "BiasAdd",
    operands=("value: numeric", "bias: numeric"),
    check=_bias_add_check,
    compute=_bias_add_compute,
    grad=_bias_add_grad,
)


def _channel_sums(xp: Any, dy: Any, *, data_format: str) -> Any:
    channels = channel_axis(data_format) % dy.ndim
    return xp.sum(dy, tuple(i for i in range(dy.ndim) if i != channels))


def _channel_sums_infer(dy: TensorSpec, *, data_format: str) -> TensorSpec:
    return TensorSpec(
        (None if dy.shape is None else dy.shape[channel_axis(data_format)],), dy.dtype
    )


BIAS_ADD_GRAD = OpDef(
    "BiasAddGrad",
    operands=("out_backprop: numeric",),
    compute=_channel_sums,
    grad=lambda op, t: [BIAS_ADD(zeros_like(op.inputs[0]), t, **op.attrs)],
    infer=_channel_sums_infer,  # of an unknown rank, `compute` could not say that it gives a vector
)


def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """A number added to all elements of each channel.

    TensorFlow: tf.nn.bias_add.

    Args:
        value: number tensor [..., channels], or [batch, channels, ...] if data_format is an NC….
        bias: [channels], of the same type.
        data_format: "NHWC" (any N...C) or "NCHW" (any NC...); None: "NHWC".
        name: name of the node.

    Raises:
        ShapeError: `bias` is no vector of that length.
        ValueError: there is no such format.

    Gradient: to `value` dy, to `bias` dy summed over all other axes.
    """
    return BIAS_ADD(value, bias, data_format=checked_format(data_format), name=name)


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """x weights + biases: a fully connected layer. TensorFlow: tf.nn.xw_plus_b."""
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        return bias_add(matmul(x, weights), biases, name=scope)


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """relu(x weights + biases). TensorFlow: tf.nn.relu_layer."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        return relu(bias_add(matmul(x, weights), biases), name=scope)
