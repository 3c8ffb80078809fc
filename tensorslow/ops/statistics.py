"""Reductions that are made of others: logarithms of sums, spread, norms, counts."""

from __future__ import annotations

from typing import Any

from tensorslow import dtypes
from tensorslow.errors import DTypeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor
from tensorslow.ops.arguments import renamed
from tensorslow.ops.casting import cast
from tensorslow.ops.comparison import equal, is_finite, not_equal
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import add, multiply, subtract, zeros_like
from tensorslow.ops.exponential import exp, log
from tensorslow.ops.identity import stop_gradient
from tensorslow.ops.powers import sqrt, square
from tensorslow.ops.reduce import (
    reduce_max,
    reduce_mean,
    reduce_sum,
    reduce_with,
    reduction_axes,
    spread,
)
from tensorslow.ops.selection import where
from tensorslow.ops.shape import reshape, shape
from tensorslow.scopes import name_scope


def reduce_logsumexp(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """log(sum(exp(x))) over some axes, without overflow.

    TensorFlow: tf.reduce_logsumexp. Arguments and errors as for `reduce_sum`.

    Returns:
        Floating tensor; -inf where all elements are -inf, and of nothing.

    Gradient: dy times exp(x) / sum(exp(x)).
    """
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    keepdims = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "ReduceLogSumExp", [input_tensor]) as scope:
        x = as_tensor(input_tensor)
        axes = reduction_axes(x, axis)
        largest = reduce_max(x, axes, keepdims=True)
        # Taken off before exp and put back after log it cancels, and so does its gradient.
        shift = stop_gradient(where(is_finite(largest), largest, zeros_like(largest)))
        result = log(reduce_sum(exp(subtract(x, shift)), axes, keepdims))
        if not keepdims:
            shift = reshape(shift, shape(result))
        return add(result, shift, name=scope)


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The mean of the squared distances from the mean, over some axes.

    TensorFlow: tf.math.reduce_variance. Arguments as for `reduce_sum`.

    Raises:
        DTypeError: `input_tensor` is not floating.
        ShapeError: there is no such axis.

    Gradient: 2 dy (x - mean) / n.
    """
    with name_scope(name, "reduce_variance", [input_tensor]):
        x = as_tensor(input_tensor)
        if x.dtype is not None and not (x.dtype.is_floating or x.dtype.is_complex):
            raise DTypeError(
                f"the variance of {x.dtype.name} has no whole value",
                hint="convert it with ts.cast(x, dtype)",
            )
        axes = reduction_axes(x, axis)
        distance = subtract(x, reduce_mean(x, axes, keepdims=True))
        return reduce_mean(square(distance), axes, keepdims=keepdims)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The square root of the variance. TensorFlow: tf.math.reduce_std. As `reduce_variance`."""
    with name_scope(name, "reduce_std", [input_tensor]):
        return sqrt(reduce_variance(input_tensor, axis, keepdims))


def _euclidean_norm_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, _ = op.inputs
    return [multiply(x, spread(realdiv(dy, op.outputs[0]), op)), None]


EUCLIDEAN_NORM = OpDef(
    "EuclideanNorm",
    operands=("input: floating", "reduction_indices: index"),
    known=("reduction_indices",),
    compute=lambda xp, x, axis, *, keep_dims: xp.sqrt(xp.sum(x * x, axis, keep_dims)),
    grad=_euclidean_norm_grad,
)


def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The square root of the sum of squares over some axes.

    TensorFlow: tf.math.reduce_euclidean_norm. Arguments and errors as for `reduce_sum`.

    Gradient: dy x / norm; nan where the norm is 0, as in TensorFlow.
    """
    return reduce_with(EUCLIDEAN_NORM, input_tensor, axis, keepdims, name, (None, None))


def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
    input: Any = None,
) -> Tensor:
    """How many elements are not zero (of bools: true; of strings: not empty), over some axes.

    TensorFlow: tf.count_nonzero. Arguments and errors as for `reduce_sum`.

    Args:
        dtype: type of the result.
        input: another name of `input_tensor`.

    Gradient: none.
    """
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    keepdims = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "count_nonzero", [input_tensor]):
        x = as_tensor(renamed("input", input, "input_tensor", input_tensor))
        zeros = "" if x.dtype is dtypes.string else zeros_like(x)
        ones = cast(not_equal(x, zeros), dtypes.int64)
        return cast(reduce_sum(ones, axis, keepdims), dtype)


def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """The fraction of elements that are zero, as float32. TensorFlow: tf.nn.zero_fraction."""
    with name_scope(name, "zero_fraction", [value]):
        x = as_tensor(value)
        return reduce_mean(cast(equal(x, zeros_like(x)), dtypes.float32), name="fraction")
