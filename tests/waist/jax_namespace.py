"""The primitives in jax.numpy: a second meaning for every `compute`, to be traced by `jax.jit`.

Three things are ours to decide and not JAX's: the type of a result (`arrays.spec.result_dtype`, by
explicit casts), the reduction of nothing, and the first of equals. Evaluation is partial: a
primitive whose
operands are all NumPy values is NumPy's, computed on the spot, also while tracing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tensorslow.arrays import numeric
from tensorslow.arrays.convolution import group_count
from tensorslow.arrays.spec import PREDICATES, TensorSpec, result_dtype
from tensorslow.arrays.windows import window_padding
from tensorslow.engines.interpret import NeedsValue
from tests.waist.jax_control import Control

jax.config.update("jax_enable_x64", True)


def is_jax(x: Any) -> bool:
    """Whether a value is JAX's: an array or, while tracing, a symbol for one."""
    return isinstance(x, jax.Array)


@dataclass(frozen=True)
class Primitive:
    """A primitive by its two meanings: NumPy's for known operands, `traced` where one is JAX's."""

    name: str
    traced: Callable[..., Any]

    def __call__(self, *args: Any, **options: Any) -> Any:
        leaves = [
            x
            for arg in (*args, *options.values())
            for x in (arg if isinstance(arg, (list, tuple)) else (arg,))
        ]
        meaning = self.traced if any(map(is_jax, leaves)) else getattr(numeric, self.name)
        return meaning(*args, **options)


def primitive(traced: Callable[..., Any]) -> Primitive:
    """A primitive named as its function in JAX."""
    return Primitive(
        traced.__name__.strip("_") if traced.__name__ != "slice_" else "slice_", traced
    )


# Elementwise


def elementwise(name: str, function: Callable[..., Any]) -> Primitive:
    """An elementwise primitive: operands cast to the type that NumPy would compute in."""

    def traced(*operands: Any) -> Any:
        specs = [TensorSpec(x.shape, np.dtype(x.dtype)) if is_jax(x) else x for x in operands]
        dtype = result_dtype(name, specs)
        kinds = [x.dtype if hasattr(x, "dtype") else x for x in operands]
        if name == "where":
            cast = [np.dtype(bool), dtype, dtype]
        elif name in PREDICATES:
            cast = [np.result_type(*kinds)] * len(kinds)
        elif len(kinds) == 1 and kinds[0].kind == "c":
            cast = kinds  # abs is real, and yet needs the complex number
        else:
            cast = [dtype] * len(kinds)
        return function(*[jnp.asarray(x, t) for x, t in zip(operands, cast, strict=True)]).astype(
            dtype
        )

    return Primitive(name, traced)


def _cast(x: Any, dtype: Any) -> Any:
    return (x.real if x.dtype.kind == "c" and np.dtype(dtype).kind != "c" else x).astype(dtype)


# Shape


def _joined(join: Callable[..., Any], arrays: Sequence[Any], axis: int) -> Any:
    dtype = np.result_type(*[x.dtype for x in arrays])
    return join([jnp.asarray(x, dtype) for x in arrays], axis=axis)


def _slices(begin: Any, end: Any, strides: Any) -> tuple[slice, ...]:
    return tuple(map(slice, begin, end, strides))


def _slice_adjoint(dy: Any, shape: Any, begin: Any, end: Any, strides: Any) -> Any:
    return jnp.zeros(shape, dy.dtype).at[_slices(begin, end, strides)].set(dy)


def _broadcast_like(x: Any, like: Any) -> Any:
    return jnp.broadcast_to(x, np.shape(like))


def _sum_to(x: Any, like: Any) -> Any:
    goal = np.shape(like)
    x = jnp.asarray(x)
    extra = x.ndim - len(goal)
    kept = [i + extra for i, n in enumerate(goal) if n == 1 and x.shape[i + extra] != 1]
    return jnp.sum(x, axis=(*range(extra), *kept), dtype=x.dtype, keepdims=True).reshape(goal)


def _expand_reduced(y: Any, x: Any, axes: Any) -> Any:
    rank, axes = np.ndim(x), (axes,) if isinstance(axes, int) else axes
    return jnp.reshape(
        y, [1 if i in axes or i - rank in axes else n for i, n in enumerate(np.shape(x))]
    )


def _swap_last_two(x: Any) -> Any:
    return x if x.ndim < 2 else jnp.swapaxes(x, -1, -2)


def _pad(x: Any, paddings: Any, value: Any = 0) -> Any:
    return jnp.pad(x, paddings, constant_values=value) if len(paddings) else x


def _arange(*symbols: Any) -> Any:
    raise NeedsValue("the length of a range depends on values")


# Reductions


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return jnp.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype)


def _prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return jnp.prod(x, axis=axis, keepdims=keepdims, dtype=x.dtype)


def _mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    total = _sum(x, axis, keepdims)
    count = x.size // max(1, total.size)
    return (
        jnp.trunc(total / count).astype(x.dtype)
        if x.dtype.kind in "iu"
        else total / np.asarray(count, x.dtype)
    )


def _max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    initial = numeric.lowest(np.dtype(x.dtype)) if x.size == 0 else None
    return jnp.max(x, axis=axis, keepdims=keepdims, initial=initial)


def _min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    initial = numeric.highest(np.dtype(x.dtype)) if x.size == 0 else None
    return jnp.min(x, axis=axis, keepdims=keepdims, initial=initial)


def _reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axis=None, keepdims=False: function(x, axis=axis, keepdims=keepdims)


def _running(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axis: function(x, axis=axis, dtype=x.dtype)


def _place(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axis: function(x, axis=axis).astype(np.int64)


# Contractions


def _same_type(*arrays: Any) -> list[Any]:
    dtype = np.result_type(*[x.dtype for x in arrays])
    return [jnp.asarray(x, dtype) for x in arrays]


def _matmul(a: Any, b: Any) -> Any:
    return jnp.matmul(*_same_type(a, b))


def _einsum(equation: str, *operands: Any) -> Any:
    return jnp.einsum(equation, *_same_type(*operands))


def _conv(x: Any, kernel: Any, strides: Any, padding: Any, dilations: Any) -> Any:
    x, kernel = _same_type(x, kernel)
    space = "DHW"[-len(strides) :]
    pairs = window_padding(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilations)
    return lax.conv_general_dilated(
        x,
        kernel,
        tuple(strides),
        pairs,
        rhs_dilation=tuple(dilations),
        dimension_numbers=(f"N{space}C", f"{space}IO", f"N{space}C"),
        feature_group_count=group_count(x.shape[-1], kernel.shape),
    )


def _adjoint(linear: Callable[[Any], Any], shape: Any, dy: Any) -> Any:
    """The adjoint of a linear function, which JAX finds by transposing it."""
    return jax.linear_transpose(linear, jax.ShapeDtypeStruct(tuple(shape), dy.dtype))(
        jnp.asarray(dy)
    )[0]


def _conv_input(shape: Any, kernel: Any, dy: Any, *settings: Any) -> Any:
    return _adjoint(lambda x: _conv(x, kernel, *settings), shape, dy)


def _conv_filter(x: Any, kernel_shape: Any, dy: Any, *settings: Any) -> Any:
    return _adjoint(lambda kernel: _conv(x, kernel, *settings), kernel_shape, dy)


# Windows


def _pairs(sizes: Any, ksize: Any, strides: Any, padding: Any) -> tuple[tuple[int, int], ...]:
    return window_padding(sizes, ksize, strides, padding, (1,) * len(ksize))


def _reduce_window(
    x: Any, initial: Any, combine: Any, ksize: Any, strides: Any, padding: Any
) -> Any:
    pairs = ((0, 0), *_pairs(x.shape[1:-1], ksize, strides, padding), (0, 0))
    return lax.reduce_window(
        x, np.asarray(initial, x.dtype), combine, (1, *ksize, 1), (1, *strides, 1), pairs
    )


def _window_max(x: Any, ksize: Any, strides: Any, padding: Any) -> Any:
    return _reduce_window(x, numeric.lowest(np.dtype(x.dtype)), lax.max, ksize, strides, padding)


def _window_places(x: Any, ksize: Any, strides: Any, padding: Any) -> tuple[Any, list[Any]]:
    """How the spatial axes are padded, and of each place in a window the slices that it cuts for
    all windows."""
    pairs = _pairs(x.shape[1:-1], ksize, strides, padding)
    sizes = [
        size + before + after for size, (before, after) in zip(x.shape[1:-1], pairs, strict=True)
    ]
    ends = [size - length + 1 for size, length in zip(sizes, ksize, strict=True)]
    places = [
        (
            slice(None),
            *(slice(o, o + end, s) for o, end, s in zip(offset, ends, strides, strict=True)),
        )
        for offset in product(*map(range, ksize))
    ]
    return ((0, 0), *pairs, (0, 0)), places


def _first_maximum(x: Any, ksize: Any, strides: Any, padding: Any) -> tuple[Any, list[Any], Any]:
    """Paddings, slices, and for each slice whether the first maximum of its window stands there."""
    pads, places = _window_places(x, ksize, strides, padding)
    padded = jnp.pad(x, pads, constant_values=numeric.lowest(np.dtype(x.dtype)))
    first = jnp.argmax(jnp.stack([padded[place] for place in places]), axis=0)
    return pads, places, [first == i for i in range(len(places))]


def _window_max_scatter(x: Any, dy: Any, ksize: Any, strides: Any, padding: Any) -> Any:
    pads, places, chosen = _first_maximum(x, ksize, strides, padding)
    result = jnp.zeros([size + sum(pad) for size, pad in zip(x.shape, pads, strict=True)], dy.dtype)
    for place, here in zip(places, chosen, strict=True):
        result = result.at[place].add(jnp.where(here, dy, jnp.zeros((), dy.dtype)))
    return result[
        tuple(slice(before, before + size) for size, (before, _) in zip(x.shape, pads, strict=True))
    ]


def _window_max_gather(x: Any, values: Any, ksize: Any, strides: Any, padding: Any) -> Any:
    pads, places, chosen = _first_maximum(x, ksize, strides, padding)
    padded = jnp.pad(values, pads)
    zero = jnp.zeros((), values.dtype)
    return reduce(
        jnp.add,
        [jnp.where(here, padded[place], zero) for place, here in zip(places, chosen, strict=True)],
    )


def _window_mean(x: Any, ksize: Any, strides: Any, padding: Any) -> Any:
    total = partial(
        _reduce_window, initial=0, combine=lax.add, ksize=ksize, strides=strides, padding=padding
    )
    # The number of real elements in a window follows from shapes alone.
    return total(x) / total(jnp.ones((1, *x.shape[1:-1], 1), x.dtype))


def _window_mean_input(shape: Any, dy: Any, ksize: Any, strides: Any, padding: Any) -> Any:
    return _adjoint(lambda x: _window_mean(x, ksize, strides, padding), shape, dy)


# Indexing. What is out of range raises in NumPy; compiled code would detect it and repeat the run
# there.


def _take(x: Any, indices: Any, axis: int = 0, batch_dims: int = 0) -> Any:
    if batch_dims:
        axis = axis if axis < 0 else axis - 1
        return jax.vmap(lambda a, i: _take(a, i, axis, batch_dims - 1))(
            jnp.asarray(x), jnp.asarray(indices)
        )
    return jnp.take(jnp.asarray(x), jnp.asarray(indices), axis=axis)


def _take_along_axis(x: Any, indices: Any, axis: int) -> Any:
    return jnp.take_along_axis(jnp.asarray(x), jnp.asarray(indices, np.int64), axis=axis)


def _coordinates(indices: Any) -> tuple[Any, ...]:
    return tuple(jnp.moveaxis(jnp.asarray(indices), -1, 0))


def _last_places(x: Any, indices: Any) -> Any:
    rows = np.arange(0, x.size, x.shape[-1] or 1).reshape(indices.shape)
    return jnp.asarray(indices).astype(np.int64) + rows


def _add_flat(x: Any, places: Any, value: Any) -> Any:
    return jnp.reshape(jnp.reshape(x, -1).at[places].add(value), x.shape)


def _argsort(x: Any, axis: int = -1, descending: bool = False) -> Any:
    if not descending:
        return jnp.argsort(x, axis=axis, stable=True).astype(np.int64)
    order = jnp.argsort(jnp.flip(x, axis), axis=axis, stable=True)
    return jnp.flip(x.shape[axis] - 1 - order, axis).astype(np.int64)


class JaxNamespace(Control):
    """The namespace `xp` for JAX; an instance knows how long its loops may get (see `Control`)."""

    negative, abs = elementwise("negative", jnp.negative), elementwise("abs", jnp.abs)
    conj = elementwise("conj", jnp.conj)
    sign, sqrt = elementwise("sign", jnp.sign), elementwise("sqrt", jnp.sqrt)
    exp, log = elementwise("exp", jnp.exp), elementwise("log", jnp.log)
    log1p, expm1 = elementwise("log1p", jnp.log1p), elementwise("expm1", jnp.expm1)
    sin, asin = elementwise("sin", jnp.sin), elementwise("asin", jnp.arcsin)
    cos, acos = elementwise("cos", jnp.cos), elementwise("acos", jnp.arccos)
    tan, atan = elementwise("tan", jnp.tan), elementwise("atan", jnp.arctan)
    sinh, asinh = elementwise("sinh", jnp.sinh), elementwise("asinh", jnp.arcsinh)
    cosh, acosh = elementwise("cosh", jnp.cosh), elementwise("acosh", jnp.arccosh)
    tanh, atanh = elementwise("tanh", jnp.tanh), elementwise("atanh", jnp.arctanh)
    erf = elementwise("erf", jax.scipy.special.erf)
    erfc = elementwise("erfc", jax.scipy.special.erfc)
    zeta = elementwise("zeta", jax.scipy.special.zeta)
    lgamma = elementwise("lgamma", jax.scipy.special.gammaln)
    digamma = elementwise("digamma", jax.scipy.special.digamma)
    floor, ceil, rint = (
        elementwise("floor", jnp.floor),
        elementwise("ceil", jnp.ceil),
        elementwise("rint", jnp.rint),
    )
    isnan, isinf = elementwise("isnan", jnp.isnan), elementwise("isinf", jnp.isinf)
    isfinite = elementwise("isfinite", jnp.isfinite)
    logical_not = elementwise("logical_not", jnp.logical_not)
    logical_and, logical_or = (
        elementwise("logical_and", jnp.logical_and),
        elementwise("logical_or", jnp.logical_or),
    )
    bitwise_and, bitwise_or = (
        elementwise("bitwise_and", jnp.bitwise_and),
        elementwise("bitwise_or", jnp.bitwise_or),
    )
    bitwise_xor, bitwise_not = (
        elementwise("bitwise_xor", jnp.bitwise_xor),
        elementwise("bitwise_not", jnp.invert),
    )
    left_shift, right_shift = (
        elementwise("left_shift", jnp.left_shift),
        elementwise("right_shift", jnp.right_shift),
    )
    add, subtract = elementwise("add", jnp.add), elementwise("subtract", jnp.subtract)
    multiply, divide = elementwise("multiply", jnp.multiply), elementwise("divide", jnp.true_divide)
    floor_divide, mod = elementwise("floor_divide", jnp.floor_divide), elementwise("mod", jnp.mod)
    power, atan2 = elementwise("power", jnp.power), elementwise("atan2", jnp.arctan2)
    maximum, minimum = elementwise("maximum", jnp.maximum), elementwise("minimum", jnp.minimum)
    equal, not_equal = elementwise("equal", jnp.equal), elementwise("not_equal", jnp.not_equal)
    less, less_equal = elementwise("less", jnp.less), elementwise("less_equal", jnp.less_equal)
    greater, greater_equal = (
        elementwise("greater", jnp.greater),
        elementwise("greater_equal", jnp.greater_equal),
    )
    where = elementwise("where", jnp.where)

    @staticmethod
    def require(x, good, complain):
        """JAX goes on; whether the check holds is for others to test."""
        return x

    cast = Primitive("cast", _cast)
    bitcast = Primitive("bitcast", lax.bitcast_convert_type)
    shape, size, ndim = (
        staticmethod(numeric.shape),
        staticmethod(numeric.size),
        staticmethod(numeric.ndim),
    )
    reshape, transpose = Primitive("reshape", jnp.reshape), Primitive("transpose", jnp.transpose)
    expand_dims, squeeze = (
        Primitive("expand_dims", jnp.expand_dims),
        Primitive("squeeze", jnp.squeeze),
    )
    broadcast_to = Primitive("broadcast_to", jnp.broadcast_to)
    broadcast_like, sum_to = (
        Primitive("broadcast_like", _broadcast_like),
        Primitive("sum_to", _sum_to),
    )
    expand_reduced = Primitive("expand_reduced", _expand_reduced)
    swap_last_two = Primitive("swap_last_two", _swap_last_two)
    slice_ = Primitive("slice_", lambda x, begin, end, strides: x[_slices(begin, end, strides)])
    slice_adjoint, pad = Primitive("slice_adjoint", _slice_adjoint), Primitive("pad", _pad)
    concat = Primitive("concat", partial(_joined, jnp.concatenate))
    stack = Primitive("stack", partial(_joined, jnp.stack))
    flip = Primitive("flip", lambda x, axis: x if axis == () else jnp.flip(x, axis))
    arange, full, zeros = (
        Primitive("arange", _arange),
        Primitive("full", jnp.full),
        staticmethod(numeric.zeros),
    )

    sum, prod, mean = Primitive("sum", _sum), Primitive("prod", _prod), Primitive("mean", _mean)
    max, min = Primitive("max", _max), Primitive("min", _min)
    any, all = Primitive("any", _reduced(jnp.any)), Primitive("all", _reduced(jnp.all))
    argmax, argmin = (
        Primitive("argmax", _place(jnp.argmax)),
        Primitive("argmin", _place(jnp.argmin)),
    )
    cumsum, cumprod = (
        Primitive("cumsum", _running(jnp.cumsum)),
        Primitive("cumprod", _running(jnp.cumprod)),
    )

    matmul, einsum = Primitive("matmul", _matmul), Primitive("einsum", _einsum)
    conv = Primitive("conv", _conv)
    conv_input, conv_filter = (
        Primitive("conv_input", _conv_input),
        Primitive("conv_filter", _conv_filter),
    )
    window_max = Primitive("window_max", _window_max)
    window_max_scatter = Primitive("window_max_scatter", _window_max_scatter)
    window_max_gather = Primitive("window_max_gather", _window_max_gather)
    window_mean = Primitive("window_mean", _window_mean)
    window_mean_input = Primitive("window_mean_input", _window_mean_input)

    take = Primitive("take", _take)
    scatter_add = Primitive(
        "scatter_add", lambda x, indices, updates: jnp.asarray(x).at[indices].add(updates)
    )
    scatter_update = Primitive(
        "scatter_update", lambda x, indices, updates: jnp.asarray(x).at[indices].set(updates)
    )
    gather_nd = Primitive("gather_nd", lambda x, indices: jnp.asarray(x)[_coordinates(indices)])
    scatter_nd_add = Primitive(
        "scatter_nd_add",
        lambda x, indices, updates: jnp.asarray(x).at[_coordinates(indices)].add(updates),
    )
    take_along_axis = Primitive("take_along_axis", _take_along_axis)
    last_places = Primitive("last_places", _last_places)
    take_flat = Primitive("take_flat", lambda x, places: jnp.reshape(x, -1)[places])
    add_flat = Primitive("add_flat", _add_flat)
    argsort = Primitive("argsort", _argsort)


_ = math
