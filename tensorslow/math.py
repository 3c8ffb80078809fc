"""ts.math: the names of TensorFlow's tf.math."""

from tensorslow.ops.activations import (
    softsign,
)
from tensorslow.ops.argmax import (
    argmax,
    argmin,
)
from tensorslow.ops.comparison import (
    equal,
    greater,
    greater_equal,
    is_finite,
    is_inf,
    is_nan,
    less,
    less_equal,
    not_equal,
)
from tensorslow.ops.conjugate import (
    conj,
)
from tensorslow.ops.cumulative import (
    cumprod,
    cumsum,
)
from tensorslow.ops.division import (
    divide,
    floordiv,
    floormod,
    mod,
    reciprocal,
    truediv,
)
from tensorslow.ops.elementwise import (
    accumulate_n,
    add,
    add_n,
    multiply,
    negative,
    scalar_mul,
    subtract,
)
from tensorslow.ops.exponential import (
    exp,
    expm1,
    log,
    log1p,
    log_sigmoid,
    sigmoid,
    softplus,
)
from tensorslow.ops.hyperbolic import (
    acosh,
    asinh,
    atanh,
    cosh,
    sinh,
    tanh,
)
from tensorslow.ops.logical import (
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
)
from tensorslow.ops.no_nan import (
    multiply_no_nan,
    reciprocal_no_nan,
    xdivy,
    xlogy,
)
from tensorslow.ops.normalization import (
    l2_normalize,
)
from tensorslow.ops.powers import (
    pow,
    rsqrt,
    sqrt,
    square,
    squared_difference,
)
from tensorslow.ops.reduce import (
    reduce_all,
    reduce_any,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
)
from tensorslow.ops.rounding import (
    abs,
    ceil,
    floor,
    rint,
    round,
    sign,
)
from tensorslow.ops.selection import (
    maximum,
    minimum,
)
from tensorslow.ops.softmax import (
    log_softmax,
    softmax,
)
from tensorslow.ops.sorting import (
    in_top_k,
    top_k,
)
from tensorslow.ops.special import (
    digamma,
    erf,
    erfc,
    lgamma,
    polygamma,
    zeta,
)
from tensorslow.ops.statistics import (
    count_nonzero,
    reduce_euclidean_norm,
    reduce_logsumexp,
    reduce_std,
    reduce_variance,
    zero_fraction,
)
from tensorslow.ops.transpose import (
    invert_permutation,
)
from tensorslow.ops.trigonometric import (
    acos,
    asin,
    atan,
    atan2,
    cos,
    sin,
    tan,
)

__all__ = [
    "abs",
    "accumulate_n",
    "acos",
    "acosh",
    "add",
    "add_n",
    "argmax",
    "argmin",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "ceil",
    "conj",
    "cos",
    "cosh",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "digamma",
    "divide",
    "equal",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "floor",
    "floordiv",
    "floormod",
    "greater",
    "greater_equal",
    "in_top_k",
    "invert_permutation",
    "is_finite",
    "is_inf",
    "is_nan",
    "l2_normalize",
    "less",
    "less_equal",
    "lgamma",
    "log",
    "log1p",
    "log_sigmoid",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "multiply_no_nan",
    "negative",
    "not_equal",
    "polygamma",
    "pow",
    "reciprocal",
    "reciprocal_no_nan",
    "reduce_all",
    "reduce_any",
    "reduce_euclidean_norm",
    "reduce_logsumexp",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_std",
    "reduce_sum",
    "reduce_variance",
    "rint",
    "round",
    "rsqrt",
    "scalar_mul",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "squared_difference",
    "subtract",
    "tan",
    "tanh",
    "top_k",
    "truediv",
    "xdivy",
    "xlogy",
    "zero_fraction",
    "zeta",
]
