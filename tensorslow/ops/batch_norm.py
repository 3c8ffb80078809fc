"""fused_batch_norm: the statistics of a batch and normalising by them, in one operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import GradientError, ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor
from tensorslow.ops.bias import BIAS_ADD_GRAD
from tensorslow.ops.casting import cast_like
from tensorslow.ops.elementwise import add, multiply, subtract
from tensorslow.ops.powers import rsqrt, square
from tensorslow.ops.reduce import reduce_mean
from tensorslow.ops.shape import reshape
from tensorslow.shapes import show


def _axes(data_format: str) -> tuple[int, ...]:
    """All axes but that of the channels."""
    return tuple(i for i, letter in enumerate(data_format) if letter != "C")


def _column(data_format: str) -> list[int]:
    """The shape in which numbers for the channels broadcast."""
    return [-1] + [1] * (len(data_format) - 1 - data_format.index("C"))


def _check(
    x: TensorSpec, scale: TensorSpec, *others: TensorSpec, data_format: str, **attrs: Any
) -> None:
    if x.shape is not None and len(x.shape) != len(data_format):
        raise ShapeError(f"x is {show(x.shape)}, but {data_format} has {len(data_format)} axes")


def _compute(
    xp: Any,
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
) -> tuple[Any, ...]:
    axes, column = _axes(data_format), _column(data_format)
    wide = xp.cast(x, scale.dtype)
    if is_training:
        used_mean = xp.mean(wide, axes)
        distance = wide - xp.reshape(used_mean, column)
        used_variance = xp.mean(distance * distance, axes)
        averages = _averages(
            xp, wide, (mean, variance), (used_mean, used_variance), exponential_avg_factor
        )
    else:
        used_mean, used_variance = mean, variance
        distance = wide - xp.reshape(mean, column)
        averages = (mean, variance)
    factor = scale / xp.sqrt(used_variance + epsilon)
    y = xp.cast(distance * xp.reshape(factor, column) + xp.reshape(offset, column), x.dtype)
    return (y, *averages, used_mean, used_variance, xp.zeros((0,), np.dtype(np.float32)))


def _averages(
    xp: Any, x: Any, old: tuple[Any, Any], new: tuple[Any, Any], share: float
) -> tuple[Any, Any]:
    """Mean and variance of the population, hence n / (n - 1), mixed with those so far."""
    count = xp.floor_divide(xp.size(x), xp.maximum(xp.size(new[0]), 1))
    unbiased = xp.cast(count, x.dtype) / xp.cast(xp.maximum(count - 1, 1), x.dtype)
    mean, variance = new[0], new[1] * unbiased
    if share == 1.0:
        return mean, variance
    return old[0] * (1 - share) + mean * share, old[1] * (1 - share) + variance * share


def _grad(op: Operation, dy: Tensor | None, *others: Tensor | None) -> Sequence[Tensor | None]:
    if dy is None or any(dx is not None for dx in others):
        raise GradientError(
            "gradients flow through y alone", hint="compute the statistics with ts.nn.moments"
        )
    data_format, is_training = op.attrs["data_format"], op.attrs["is_training"]
    axes, column = list(_axes(data_format)), _column(data_format)
    given, scale, _, mean, variance = op.inputs
    x, dy = cast_like(given, scale), cast_like(dy, scale)
    # Made of nodes from x on, not from the saved statistics, so that it has a gradient itself.
    mean = reduce_mean(x, axes, keepdims=True) if is_training else reshape(mean, column)
    distance = subtract(x, mean)
    variance = (
        reduce_mean(square(distance), axes, keepdims=True)
        if is_training
        else reshape(variance, column)
    )
    steepness = rsqrt(add(variance, op.attrs["epsilon"]))
    normal = multiply(distance, steepness)
    dnormal = multiply(dy, normal)
    dx = dy
    if is_training:
        along = multiply(normal, reduce_mean(dnormal, axes, keepdims=True))
        dx = subtract(subtract(dy, reduce_mean(dy, axes, keepdims=True)), along)
    dx = multiply(dx, multiply(reshape(scale, column), steepness))
    layout = "NCHW" if data_format.startswith("NC") else "NHWC"
    sums = [BIAS_ADD_GRAD(t, data_format=layout) for t in (dnormal, dy)]
    return [cast_like(dx, given), *sums, None, None]


FUSED_BATCH_NORM = OpDef(
    "FusedBatchNormV3",
    operands=("x: floating", "scale: U", "offset: U", "mean: U", "variance: U"),
    check=_check,
    compute=_compute,
    grad=_grad,
)


def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """scale (x - mean) / √(variance + epsilon) + offset, for each channel.

    TensorFlow: tf.nn.fused_batch_norm.

    Args:
        x: floating tensor of the layout `data_format`.
        scale, offset: [channels], float32 (or the type of `x`).
        mean, variance: [channels]: what to normalise by unless training, and the averages so far.
        epsilon: a small number that keeps the divisor from 0.
        data_format: "NHWC", "NCHW", "NDHWC" or "NCDHW".
        is_training: whether mean and variance are those of the batch.
        name: name of the node.
        exponential_avg_factor: the share of this batch in the averages returned.

    Returns:
        (y, mean, variance); the last two, when training, are new averages, with the variance
        n / (n - 1) times that of the batch.

    Raises:
        ValueError: mean and variance are needed and missing, or there is no such layout.
        ShapeError: `x` has not as many axes as the layout.

    Gradient: to x, scale and offset, through y alone: a gradient that arrives at another result is
        an error here, where TensorFlow drops it.
    """
    if data_format not in ("NHWC", "NCHW", "NDHWC", "NCDHW"):
        raise ValueError(f"data_format is 'NHWC', 'NCHW', 'NDHWC' or 'NCDHW', not {data_format!r}")
    if (mean is None or variance is None) and (not is_training or exponential_avg_factor != 1.0):
        raise ValueError(
            "fused_batch_norm needs mean and variance, unless it trains with a factor of 1"
        )
    scale = as_tensor(scale, name="scale")
    nothing = np.zeros(0, scale.spec.dtype or np.float32)
    outputs = FUSED_BATCH_NORM(
        as_tensor(x, name="input"),
        scale,
        offset,
        nothing if mean is None else mean,
        nothing if variance is None else variance,
        epsilon=float(epsilon),
        exponential_avg_factor=float(exponential_avg_factor),
        data_format=data_format,
        is_training=bool(is_training),
        name=name,
    )
    return outputs[0], outputs[1], outputs[2]
