"""Rows of powers, exponentials, trigonometric and special functions."""

import numpy as np

from tensorslow.ops.exponential import exp, expm1, log, log1p, log_sigmoid, sigmoid, softplus
from tensorslow.ops.hyperbolic import acosh, asinh, atanh, cosh, sinh, tanh
from tensorslow.ops.no_nan import div_no_nan, multiply_no_nan, reciprocal_no_nan, xdivy, xlogy
from tensorslow.ops.powers import pow, rsqrt, sqrt, square, squared_difference
from tensorslow.ops.special import digamma, erf, erfc, lgamma, polygamma, zeta
from tensorslow.ops.trigonometric import acos, asin, atan, atan2, cos, sin, tan
from tests.ops.case import Case, between, integers, normal, positive

X = positive(4)
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -1.5, 2.5, np.inf, -np.inf, np.nan])
SPECIAL_PAIR = tuple(a.ravel() for a in np.meshgrid(SPECIAL, SPECIAL + 0))
LARGE = np.array([-1000.0, -100.0, -30.0, 30.0, 100.0, 1000.0])

POWERS = [
    Case(square, [normal(2, 3)]),
    Case(square, [integers(-9, 9, 4)], gradient=False),
    Case(square, [SPECIAL], kinks=True),
    Case(sqrt, [positive(2, 3)]),
    Case(sqrt, [SPECIAL], kinks=True),
    Case(rsqrt, [positive(2, 3)]),
    Case(rsqrt, [SPECIAL], kinks=True),
    Case(squared_difference, [normal(4, 3), normal(3)]),
    Case(squared_difference, [X, X]),
    Case(pow, [positive(4, 3), normal(3)]),
    Case(pow, [X, X]),
    Case(pow, [normal(4), 2.0]),
    Case(pow, [normal(4), 3]),
    Case(pow, [2.0, normal(4)], tf=None),  # TensorFlow makes 2.0 a float32, except in `2.0**x`
    Case(pow, [normal(3, dtype=np.float32), 2]),
    Case(pow, [np.float32(2.0), normal(3, dtype=np.float32)]),
    Case(pow, [*SPECIAL_PAIR], kinks=True),
    Case(pow, [integers(-9, 9, 4), integers(0, 4, 4)], gradient=False),
]

EXPONENTIALS = [
    Case(exp, [normal(2, 3)]),
    Case(exp, [normal(2, 0)]),
    Case(exp, [SPECIAL], kinks=True),
    Case(exp, [normal(2, dtype=np.float16)]),
    Case(expm1, [normal(4)]),
    Case(expm1, [np.array([1e-12, -1e-9])]),
    Case(expm1, [SPECIAL], kinks=True),
    Case(log, [positive(4)]),
    Case(log, [SPECIAL], kinks=True),
    Case(log1p, [positive(4)]),
    Case(log1p, [np.array([1e-12, -1e-9])]),
    Case(log1p, [SPECIAL], kinks=True),
    Case(sigmoid, [normal(2, 3)]),
    Case(sigmoid, [SPECIAL], kinks=True),
    Case(sigmoid, [LARGE], kinks=True),
    Case(softplus, [normal(2, 3)]),
    Case(softplus, [LARGE]),
    Case(softplus, [SPECIAL], kinks=True),
    Case(log_sigmoid, [normal(2, 3)]),
    Case(log_sigmoid, [LARGE]),
]

ANGLES = [
    Case(sin, [normal(2, 3)]),
    Case(sin, [SPECIAL], kinks=True),
    Case(cos, [normal(2, 3)]),
    Case(tan, [between(-1, 1, 4)]),
    Case(asin, [between(-0.9, 0.9, 4)]),
    Case(asin, [SPECIAL], kinks=True),
    Case(acos, [between(-0.9, 0.9, 4)]),
    Case(acos, [SPECIAL], kinks=True),
    Case(atan, [normal(4)]),
    Case(atan, [SPECIAL], kinks=True),
    Case(atan2, [normal(4, 3), positive(3)]),
    Case(atan2, [X, X]),
    Case(atan2, [*SPECIAL_PAIR], kinks=True),
    Case(sinh, [normal(4)]),
    Case(cosh, [normal(4)]),
    Case(tanh, [normal(2, 3)]),
    Case(tanh, [normal(3, dtype=np.float32)]),
    Case(tanh, [SPECIAL], kinks=True),
    Case(asinh, [normal(4)]),
    Case(asinh, [SPECIAL], kinks=True),
    Case(acosh, [between(1.2, 3, 4)]),
    Case(acosh, [SPECIAL], kinks=True),
    Case(atanh, [between(-0.9, 0.9, 4)]),
    Case(atanh, [SPECIAL], kinks=True),
]

SPECIAL_FUNCTIONS = [
    Case(erf, [normal(2, 3)]),
    Case(erf, [normal(3, dtype=np.float32)]),
    Case(erf, [SPECIAL], kinks=True, tf=None),  # TensorFlow 2.21 says nan at infinity
    Case(erf, [normal(0)]),
    Case(erfc, [normal(2, 3)]),
    Case(erfc, [between(3, 20, 4)]),
    Case(lgamma, [positive(2, 3)]),
    Case(lgamma, [between(-0.9, -0.1, 4)]),
    Case(lgamma, [between(2, 30, 4, dtype=np.float32)]),
    Case(digamma, [positive(2, 3)]),
    Case(digamma, [between(-3.9, -3.1, 3)]),
    Case(
        polygamma,
        [np.array([0.0, 1.0, 2.0, 3.0]), positive(2, 4)],
        wrt=[1],
        without_jax="it multiplies by 0 the infinite slope of zeta(1, x), which is not taken",
    ),
    Case(polygamma, [1.0, between(-1.9, -1.1, 3)], tf=None),  # as pow
    Case(
        polygamma,
        [np.array([1.0, 2.0, -1.0, 1.5]), np.array([0.0, -1.0, 1.0, 1.0])],
        kinks=True,
        wrt=[1],
    ),
    Case(zeta, [np.array([1.5, 2.0, 3.0, 7.5]), positive(2, 4)], wrt=[1]),
    Case(
        zeta,
        [np.array([2.0, 3.0, 2.5, 1.0, 0.5]), np.array([-1.5, -2.0, -1.5, 2.0, 2.0])],
        kinks=True,
        wrt=[1],
    ),
]

ZEROS = [
    Case(div_no_nan, [normal(4, 3), positive(3)]),
    Case(div_no_nan, [*SPECIAL_PAIR], kinks=True),
    Case(reciprocal_no_nan, [SPECIAL], kinks=True, tf="math.reciprocal_no_nan"),
    Case(multiply_no_nan, [normal(4, 3), positive(3)], tf="math.multiply_no_nan"),
    Case(multiply_no_nan, [*SPECIAL_PAIR], kinks=True, tf="math.multiply_no_nan"),
    Case(xlogy, [normal(4, 3), positive(3)], tf="math.xlogy"),
    Case(xlogy, [*SPECIAL_PAIR], kinks=True, tf="math.xlogy"),
    Case(xdivy, [normal(4, 3), positive(3)], tf="math.xdivy"),
    Case(xdivy, [*SPECIAL_PAIR], kinks=True, tf="math.xdivy"),
]

CASES = [*POWERS, *EXPONENTIALS, *ANGLES, *SPECIAL_FUNCTIONS, *ZEROS]
