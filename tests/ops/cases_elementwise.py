"""Rows of arithmetic, comparisons, choices, rounding, casts and bounds."""

import numpy as np

from tensorslow import dtypes
from tensorslow.ops.casting import (
    bitcast,
    cast,
    to_double,
    to_float,
    to_int32,
    to_int64,
)
from tensorslow.ops.clipping import (
    clip_by_average_norm,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    global_norm,
    saturate_cast,
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
from tensorslow.ops.division import (
    div,
    divide,
    floor_div,
    floordiv,
    floormod,
    realdiv,
    reciprocal,
    truediv,
    truncatediv,
    truncatemod,
)
from tensorslow.ops.elementwise import (
    accumulate_n,
    add,
    add_n,
    multiply,
    negative,
    ones_like,
    scalar_mul,
    subtract,
    zeros_like,
)
from tensorslow.ops.identity import check_numerics, identity, identity_n, stop_gradient
from tensorslow.ops.logical import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    invert,
    left_shift,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    right_shift,
)
from tensorslow.ops.rounding import abs, ceil, floor, rint, round, sign
from tensorslow.ops.selection import maximum, minimum, where, where_v2
from tests.ops.case import Case, between, boolean, distinct, integers, normal, positive

X = normal(4)
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -1.5, 2.5, np.inf, -np.inf, np.nan])
SPECIAL_PAIR = tuple(a.ravel() for a in np.meshgrid(SPECIAL, SPECIAL + 0))
TIES = np.array([1.0, 2.0, 2.0, -1.0, 0.0]), np.array([2.0, 2.0, 1.0, -1.0, -0.0])
QUOTIENTS = (
    np.array([1.0, 1.0, 0.6, -1.0, 5.5, -5.5, 7.0]),
    np.array([0.1, 0.2, 0.2, 0.2, -2.0, 2.0, 1.0]),
)
SIGNS = np.array([7, -7, 7, -7, 6, -6, 0], np.int32), np.array([2, 2, -2, -2, 3, 3, 5], np.int32)
BYTES = np.array([100, -128, 127, -1], np.int8), np.array([3, 2, -2, 7], np.int8)
HOST = "a result whose size depends on values: the host's"

ARITHMETIC = [
    Case(add, [normal(4, 3), normal(3)]),
    Case(add, [normal(2, 1, 3), normal(4, 1)]),
    Case(add, [normal(2, 0), normal(1)]),
    Case(add, [X, X]),
    Case(add, [normal(), 2.0]),
    Case(add, [integers(-9, 9, 3), integers(-9, 9, 2, 3)]),
    Case(subtract, [normal(4, 3), normal(4, 1)]),
    Case(subtract, [1, X], tf=None),  # TensorFlow makes 1 an int32, except in `1 - x`
    Case(subtract, [X, X]),
    Case(multiply, [normal(4, 3), normal(3)]),
    Case(multiply, [X, X]),
    Case(multiply, [normal(3, dtype=np.float32), normal(1, dtype=np.float32)]),
    Case(multiply, [*SPECIAL_PAIR], kinks=True),
    Case(scalar_mul, [0.5, normal(2, 3)]),
    Case(negative, [normal(3, 1)]),
    Case(negative, [normal(0)]),
    Case(add_n, [[normal(2, 3)]]),
    Case(add_n, [[normal(2, 3), normal(2, 3, seed=1), normal(2, 3, seed=2)]]),
    Case(add_n, [[X, X]]),
    Case(accumulate_n, [[normal(2, 3), normal(2, 3, seed=1)]]),
    Case(zeros_like, [normal(2, 3)], gradient=False),
    Case(zeros_like, [normal(2, 0)], dtype=dtypes.int32, gradient=False),
    Case(ones_like, [integers(0, 5, 2)], gradient=False),
    Case(ones_like, [normal(2, 3)], dtype=dtypes.bool_, gradient=False),
]

DIVISION = [
    Case(realdiv, [normal(4, 3), positive(3)]),
    Case(realdiv, [positive(4), 2.0]),
    Case(realdiv, [1.0, positive(4)], tf=None),  # as above
    Case(realdiv, [*SPECIAL_PAIR], kinks=True),
    Case(truediv, [X, positive(4)]),
    Case(truediv, [positive(2, 2), 3]),
    Case(truediv, [*SIGNS], gradient=False),
    # NumPy divides bytes as float16, TensorFlow as float32: the type must be known.
    Case(truediv, [*BYTES], gradient=False, needs="dtype"),
    Case(truediv, [integers(1, 9, 3, dtype=np.int64), 2], gradient=False),
    Case(divide, [positive(3), positive(3, seed=1)]),
    Case(div, [X, positive(4)]),
    Case(div, [*SIGNS], gradient=False, needs="dtype"),
    Case(floordiv, [*SIGNS], gradient=False),
    Case(floordiv, [*QUOTIENTS], gradient=False),
    Case(floordiv, [*SPECIAL_PAIR], gradient=False),
    Case(floor_div, [integers(-9, 9, 2, 3), 2], gradient=False),
    Case(floormod, [*SIGNS], gradient=False),
    Case(floormod, [normal(4, 3), positive(3)]),
    Case(floormod, [*SPECIAL_PAIR], kinks=True),
    Case(truncatediv, [*SIGNS], gradient=False),
    Case(truncatediv, [*BYTES], gradient=False),
    Case(truncatediv, [*QUOTIENTS], gradient=False),
    Case(truncatemod, [*SIGNS], gradient=False),
    Case(truncatemod, [normal(4, 3), positive(3)]),
    Case(reciprocal, [positive(4)]),
    Case(reciprocal, [SPECIAL], kinks=True),
]

TRUTH = [
    Case(equal, [*TIES], gradient=False),
    Case(equal, [boolean(2, 3), boolean(3)], gradient=False),
    Case(equal, [*SPECIAL_PAIR], gradient=False),
    Case(not_equal, [integers(0, 3, 4), 1], gradient=False),
    Case(less, [*TIES], gradient=False),
    Case(less, [normal(2, 3), 0.0], gradient=False),
    Case(less_equal, [*TIES], gradient=False),
    Case(greater, [*TIES], gradient=False),
    Case(greater, [normal(2, 3), normal(3)], gradient=False),
    Case(greater_equal, [*TIES], gradient=False),
    Case(greater_equal, [*SPECIAL_PAIR], gradient=False),
    Case(is_nan, [SPECIAL], gradient=False),
    Case(is_inf, [SPECIAL], gradient=False),
    Case(is_finite, [SPECIAL], gradient=False),
    Case(logical_and, [boolean(4), boolean(4, seed=1)], gradient=False),
    Case(logical_or, [boolean(2, 4), boolean(4)], gradient=False),
    Case(logical_xor, [boolean(4), boolean(4, seed=1)], gradient=False),
    Case(logical_not, [boolean(4)], gradient=False),
    Case(
        bitwise_and,
        [integers(-50, 50, 5), integers(0, 9, 5)],
        gradient=False,
        tf="bitwise.bitwise_and",
    ),
    Case(
        bitwise_or,
        [integers(-50, 50, 5), integers(0, 9, 5)],
        gradient=False,
        tf="bitwise.bitwise_or",
    ),
    Case(bitwise_xor, [integers(-50, 50, 5), 7], gradient=False, tf="bitwise.bitwise_xor"),
    Case(invert, [integers(0, 99, 5, dtype=np.uint8)], gradient=False, tf="bitwise.invert"),
    Case(
        left_shift,
        [integers(-50, 50, 5), integers(0, 9, 5)],
        gradient=False,
        tf="bitwise.left_shift",
    ),
    Case(
        right_shift,
        [integers(-50, 50, 5), integers(0, 9, 5)],
        gradient=False,
        tf="bitwise.right_shift",
    ),
]

CHOICES = [
    Case(where, [boolean(2, 3), normal(2, 3), normal(2, 3, seed=1)]),
    Case(where, [boolean(3), normal(3, 2, 2), normal(3, 2, 2, seed=1)]),  # a vector chooses rows
    Case(where, [boolean(3), normal(3, 3), normal(3, 3, seed=1)]),
    Case(where, [np.array(True), normal(2, 2), normal(2, 2, seed=1)]),
    Case(where, [np.array([True, False]), X[:2], np.array([np.nan, np.inf])], kinks=True),
    Case(where, [boolean(2, 3)], gradient=False, without_jax=HOST),
    Case(where, [integers(0, 2, 3, 2, 2)], gradient=False, without_jax=HOST),
    Case(where, [np.zeros((2, 0), bool)], gradient=False, without_jax=HOST),
    Case(where_v2, [boolean(3, 1), normal(2), normal(1)]),
    Case(where_v2, [boolean(3), normal(3, 3), 0.0]),
    Case(maximum, [distinct(4, 3), distinct(3)]),
    Case(maximum, [normal(4), 0.0]),
    Case(maximum, [*TIES], kinks=True),
    Case(maximum, [*SPECIAL_PAIR], kinks=True),
    Case(maximum, [integers(0, 9, 4), 5], gradient=False),
    Case(minimum, [distinct(4, 3), distinct(3)]),
    Case(minimum, [*TIES], kinks=True),
    Case(minimum, [*SPECIAL_PAIR], kinks=True),
]

ROUNDING = [
    Case(floor, [SPECIAL], gradient=False),
    Case(ceil, [SPECIAL], gradient=False),
    Case(rint, [SPECIAL], gradient=False),
    Case(round, [SPECIAL], gradient=False),
    Case(round, [integers(-9, 9, 3)], gradient=False, needs="dtype"),
    Case(sign, [normal(4)]),
    Case(sign, [SPECIAL], kinks=True),
    Case(sign, [integers(-2, 3, 4)], gradient=False),
    Case(abs, [normal(2, 3)]),
    Case(abs, [SPECIAL], kinks=True),
    Case(abs, [integers(-9, 9, 4)], gradient=False),
]

CASTS = [
    Case(cast, [normal(3), dtypes.float32], kinks=True),  # differences need float64 throughout
    Case(cast, [between(-9, 9, 5), dtypes.int32], gradient=False),
    Case(cast, [integers(-2, 3, 4), dtypes.float64], gradient=False),
    Case(cast, [np.array([0.0, 0.5, np.nan]), dtypes.bool_], gradient=False),
    Case(cast, [boolean(4), dtypes.float32], gradient=False),
    Case(to_float, [integers(0, 9, 3)], gradient=False),
    Case(to_double, [normal(3)]),
    Case(to_int32, [between(-9, 9, 3)], gradient=False),
    Case(to_int64, [between(-9, 9, 3)], gradient=False),
    Case(
        saturate_cast,
        [np.array([1.9, -1.9, 300, -300, np.inf]), dtypes.uint8],
        gradient=False,
        needs="dtype",
    ),
    Case(
        saturate_cast,
        [np.array([3e9, -3e9, 1.0], np.float32), dtypes.int32],
        gradient=False,
        needs="dtype",
    ),
    Case(saturate_cast, [integers(-300, 300, 6), dtypes.int8], gradient=False, needs="dtype"),
    Case(bitcast, [normal(2, 3), dtypes.int64], gradient=False),
    Case(bitcast, [normal(3, dtype=np.float32), dtypes.uint8], gradient=False),
    Case(bitcast, [integers(0, 99, 2, 2), dtypes.int64], gradient=False),
]

NODES = [
    Case(identity, [normal(2, 3)]),
    Case(identity_n, [[normal(2, 3), normal(2)]]),
    Case(stop_gradient, [normal(2, 3)], gradient=False),
    Case(check_numerics, [normal(3), "finite"]),
]

BOUNDS = [
    Case(clip_by_value, [distinct(4, 3), -0.4, 0.4]),
    Case(clip_by_value, [distinct(4, 3), np.array([-0.43, -0.3, -0.2]), np.array(0.37)]),
    Case(clip_by_value, [np.array([1.0, 2.0, 3.0, 0.0, np.nan]), 1.0, 2.0], kinks=True),
    Case(clip_by_norm, [normal(2, 3), 1.0]),
    Case(clip_by_norm, [normal(2, 3), 9.0]),
    Case(clip_by_norm, [normal(2, 3), 0.5], axes=[1]),
    Case(clip_by_norm, [np.zeros(3), 1.0], kinks=True),
    Case(global_norm, [[normal(2, 3), normal(2)]]),
    Case(clip_by_global_norm, [[normal(2, 3), normal(2)], 1.0]),
    Case(clip_by_global_norm, [[normal(2, 3), normal(2)], 9.0]),
    Case(clip_by_global_norm, [[np.array([np.inf, 1.0])], 1.0], kinks=True),
    Case(clip_by_average_norm, [normal(2, 3, dtype=np.float32), 0.1]),
]

CASES = [*ARITHMETIC, *DIVISION, *TRUTH, *CHOICES, *ROUNDING, *CASTS, *NODES, *BOUNDS]
