"""The primitives on specs: shape, type and known elements of a result, before there are numbers.

This is the namespace with which every node's type is found when it is made. An argument that is
unknown (a `TensorSpec` where a size or an axis should stand, or None inside a tuple of sizes) makes
a primitive say what it still can. Where all operands are known, NumPy computes the result on the
spot.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tensorslow.arrays.abstract.contraction import (
    conv,
    conv_filter,
    conv_input,
    einsum,
    matmul,
    window_max,
    window_max_gather,
    window_max_scatter,
    window_mean,
    window_mean_input,
)
from tensorslow.arrays.abstract.control import (
    cond,
    require,
    while_loop,
)
from tensorslow.arrays.abstract.indexing import (
    add_flat,
    argsort,
    gather_nd,
    last_places,
    scatter_add,
    scatter_nd_add,
    scatter_update,
    take,
    take_along_axis,
    take_flat,
)
from tensorslow.arrays.abstract.reduction import (
    all,
    any,
    argmax,
    argmin,
    cumprod,
    cumsum,
    max,
    mean,
    min,
    prod,
    sum,
)
from tensorslow.arrays.abstract.shape import (
    arange,
    bitcast,
    broadcast_like,
    broadcast_to,
    cast,
    concat,
    expand_dims,
    expand_reduced,
    flip,
    full,
    ndim,
    pad,
    reshape,
    shape,
    size,
    slice_,
    slice_adjoint,
    squeeze,
    stack,
    sum_to,
    swap_last_two,
    transpose,
    zeros,
)
from tensorslow.arrays.spec import TensorSpec, elementwise


def _elementwise(name: str) -> Callable[..., TensorSpec]:
    return partial(elementwise, name)


negative, abs, sign, sqrt, conj = map(_elementwise, ("negative", "abs", "sign", "sqrt", "conj"))
exp, log, log1p, expm1 = map(_elementwise, ("exp", "log", "log1p", "expm1"))
sin, cos, tan, asin, acos, atan = map(_elementwise, ("sin", "cos", "tan", "asin", "acos", "atan"))
sinh, cosh, tanh, asinh, acosh, atanh = map(
    _elementwise, ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh")
)
erf, erfc, lgamma, digamma, zeta = map(_elementwise, ("erf", "erfc", "lgamma", "digamma", "zeta"))
floor, ceil, rint = map(_elementwise, ("floor", "ceil", "rint"))
isnan, isinf, isfinite = map(_elementwise, ("isnan", "isinf", "isfinite"))
logical_not, logical_and, logical_or = map(
    _elementwise, ("logical_not", "logical_and", "logical_or")
)
bitwise_and, bitwise_or, bitwise_xor = map(
    _elementwise, ("bitwise_and", "bitwise_or", "bitwise_xor")
)
bitwise_not, left_shift, right_shift = map(
    _elementwise, ("bitwise_not", "left_shift", "right_shift")
)
add, subtract, multiply, divide = map(_elementwise, ("add", "subtract", "multiply", "divide"))
floor_divide, mod, power, atan2 = map(_elementwise, ("floor_divide", "mod", "power", "atan2"))
maximum, minimum, where = map(_elementwise, ("maximum", "minimum", "where"))
equal, not_equal, less, less_equal = map(_elementwise, ("equal", "not_equal", "less", "less_equal"))
greater, greater_equal = map(_elementwise, ("greater", "greater_equal"))
