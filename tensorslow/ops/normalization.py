"""Means and variances, and normalising by them or by norms."""

from __future__ import annotations

from typing import Any

from tensorslow import dtypes
from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.arguments import renamed
from tensorslow.ops.casting import cast, cast_like
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import add, multiply, negative, subtract, zeros_like
from tensorslow.ops.no_nan import div_no_nan
from tensorslow.ops.powers import rsqrt, square, squared_difference
from tensorslow.ops.reduce import reduce_mean, reduce_sum
from tensorslow.ops.selection import maximum
from tensorslow.ops.shape import squeeze
from tensorslow.scopes import name_scope


def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean and the variance over some axes.

    TensorFlow: tf.nn.moments.

    Args:
        x: floating tensor. float16 is summed in float32.
        axes: the axes to average over: a list of numbers.
        shift: accepted, without effect.
        name: name of the scope.
        keep_dims: old name of `keepdims`.
        keepdims: whether these axes stay, with size 1.

    Raises:
        ShapeError: there is no such axis.

    Gradient: right to any order. In the variance, TensorFlow takes the mean for a constant, which
        does not change the first derivative but does the second.
    """
    keepdims = renamed("keepdims", keepdims, "keep_dims", keep_dims)
    with name_scope(name, "moments", [x, axes]):
        given = as_tensor(x)
        y = _at_least_float32(given)
        mean = reduce_mean(y, axes, keepdims=True, name="mean")
        variance = reduce_mean(squared_difference(y, mean), axes, keepdims=True, name="variance")
        return _finished(mean, axes, keepdims, given), _finished(variance, axes, keepdims, given)


def _at_least_float32(x: Tensor) -> Tensor:
    return cast(x, dtypes.float32) if x.dtype is dtypes.float16 else x


def _finished(moment: Tensor, axes: Any, keepdims: bool | None, given: Tensor) -> Tensor:
    """Without the axes of size 1 unless they are wanted, in the type that was given."""
    if not keepdims and not (isinstance(axes, (list, tuple)) and not axes):
        moment = squeeze(moment, axes)
    return cast(moment, dtypes.float16) if given.dtype is dtypes.float16 else moment


def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """As `moments`, where each element counts as often as its weight says.

    TensorFlow: tf.nn.weighted_moments.

    Args:
        frequency_weights: tensor that broadcasts against `x`.
    """
    keepdims = renamed("keepdims", keepdims, "keep_dims", keep_dims)
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        given = as_tensor(x)
        y = _at_least_float32(given)
        weights = cast_like(as_tensor(frequency_weights), y)
        weighted_sum = reduce_sum(
            multiply(weights, y), axes, keepdims=True, name="weighted_input_sum"
        )
        total = reduce_sum(add(weights, zeros_like(y)), axes, keepdims=True, name="sum_of_weights")
        mean = div_no_nan(weighted_sum, total)
        squares = reduce_sum(
            multiply(weights, squared_difference(y, mean)),
            axes,
            keepdims=True,
            name="weighted_distsq",
        )
        variance = div_no_nan(squares, total)
        return _finished(mean, axes, keepdims, given), _finished(variance, axes, keepdims, given)


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The mean and the variance of elements of which the sum and the sum of squares are known.

    TensorFlow: tf.nn.normalize_moments.

    Args:
        counts: how many elements.
        mean_ss: the sum of the elements, less `shift` each.
        variance_ss: the sum of the squares of these.
        shift: what was subtracted from each, or None.
        name: name of the scope.
    """
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = realdiv(1.0, counts, name="divisor")
        shifted_mean = multiply(mean_ss, divisor, name="mean" if shift is None else "shifted_mean")
        mean = shifted_mean if shift is None else add(shifted_mean, shift, name="mean")
        variance = subtract(multiply(variance_ss, divisor), square(shifted_mean), name="variance")
    return mean, variance


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: float,
    name: str | None = None,
) -> Tensor:
    """scale (x - mean) / √(variance + variance_epsilon) + offset, with broadcasting.

    TensorFlow: tf.nn.batch_normalization.
    Paper: Ioffe and Szegedy, Batch Normalization, algorithm 2, eq. 11.

    Args:
        x: floating tensor.
        mean, variance: what `moments` gave, or averages of that.
        offset, scale: what is learnt, or None.
        variance_epsilon: a small number that keeps the divisor from 0.
        name: name of the scope.

    Raises:
        ShapeError: the shapes do not broadcast.

    Gradient: that of its parts.
    """
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        # The order and the names are TensorFlow's: programs look these nodes up.
        x = as_tensor(x)
        factor = rsqrt(add(variance, variance_epsilon, name="add"))
        if scale is not None:
            factor = multiply(factor, scale, name="mul")
        scaled = multiply(x, _in_type_of(x, factor), name="mul")
        if offset is None:
            shift = multiply(negative(mean), factor, name="mul")
        else:
            shift = subtract(offset, multiply(mean, factor, name="mul"), name="sub")
        return add(scaled, _in_type_of(x, shift), name="add")


def _in_type_of(x: Tensor, factor: Tensor) -> Tensor:
    known = x.dtype is not None and factor.dtype is not None
    return cast(factor, x.dtype) if known else factor


def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: bool | None = None,
    name: str | None = None,
    input: Any = None,
    mean: Any = None,
    variance: Any = None,
) -> Tensor:
    """An older name of `batch_normalization`.

    TensorFlow: tf.nn.batch_norm_with_global_normalization.

    Args:
        t, m, v: old names of `input`, `mean` and `variance`.
        beta: the offset.
        gamma: the scale, used if `scale_after_normalization`.
    """
    x = renamed("input", input, "t", t)
    mean, variance = renamed("mean", mean, "m", m), renamed("variance", variance, "v", v)
    scale = gamma if scale_after_normalization else None
    return batch_normalization(x, mean, variance, beta, scale, variance_epsilon, name)


def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None
) -> Tensor:
    """Vectors scaled to the Euclidean length 1.

    TensorFlow: tf.nn.l2_normalize.

    Args:
        x: floating tensor.
        axis: the axis or axes along which the vectors lie; None: the whole is one.
        epsilon: the square of a length below which vectors are not made any longer.
        name: name of the node.
        dim: old name of `axis`.

    Raises:
        ShapeError: there is no such axis.

    Gradient: that of x · rsqrt(max(Σ x², epsilon)).
    """
    axis = renamed("axis", axis, "dim", dim)
    with name_scope(name, "l2_normalize", [x]) as scope:
        vectors = as_tensor(x)
        squares = reduce_sum(square(vectors), axis, keepdims=True)
        return multiply(vectors, rsqrt(maximum(squares, epsilon)), name=scope)
