"""Rows of the reductions."""

from __future__ import annotations

import numpy as np

from tensorslow.ops.argmax import argmax, argmin
from tensorslow.ops.reduce import (
    reduce_all,
    reduce_any,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
)
from tensorslow.ops.statistics import (
    count_nonzero,
    reduce_euclidean_norm,
    reduce_logsumexp,
    reduce_std,
    reduce_variance,
    zero_fraction,
)
from tests.ops.case import Case, boolean, distinct, integers, normal

TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
ZEROS = np.array([[0.0, 0.5, 2.0], [0.0, 0.0, 0.8], [1.5, 0.6, -0.7]])
INFINITE = np.array([[-np.inf, -np.inf], [-np.inf, 1.0], [1000.0, 1001.0]])

CASES = [
    Case(reduce_sum, [normal(3, 4)]),
    Case(reduce_sum, [normal(3, 4)], axis=1),
    Case(reduce_sum, [normal(2, 3, 4)], axis=[0, -1], keepdims=True),
    Case(reduce_sum, [normal(2, 3)], reduction_indices=[0], keep_dims=True),
    Case(reduce_sum, [normal(2, 3)], axis=[]),
    Case(reduce_sum, [normal()]),
    Case(reduce_sum, [normal(1, 1)], axis=0),
    Case(reduce_sum, [normal(2, 0)], axis=1),  # the sum of nothing
    Case(reduce_sum, [integers(-5, 5, 3, 4)], axis=0),
    Case(reduce_mean, [normal(3, 4)]),
    Case(reduce_mean, [normal(3, 4)], axis=-1),
    Case(reduce_mean, [normal(2, 3, 4)], axis=[1, 2], keepdims=True),
    Case(reduce_mean, [normal()]),
    Case(reduce_mean, [normal(0, 2)], axis=1),
    Case(reduce_mean, [integers(-9, 9, 3, 4)], axis=0),  # rounded towards zero
    Case(reduce_max, [distinct(3, 4)]),
    Case(reduce_max, [distinct(2, 3, 4)], axis=[0, 2]),
    Case(reduce_max, [distinct(3, 4)], axis=1, keepdims=True),
    Case(reduce_max, [TIES], axis=1, kinks=True),
    Case(reduce_max, [normal(2, 0)], axis=1, kinks=True),  # the maximum of nothing
    Case(reduce_max, [integers(-5, 5, 3, 4)], axis=1),
    Case(reduce_min, [distinct(3, 4)], axis=0),
    Case(reduce_min, [distinct(1)]),
    Case(reduce_min, [TIES], axis=[0, 1], kinks=True),
    Case(reduce_min, [normal(0, 3)], axis=0, kinks=True),
    Case(reduce_prod, [normal(3, 4)]),
    Case(reduce_prod, [normal(2, 3, 4)], axis=[0, 2]),
    Case(reduce_prod, [normal(3, 4)], axis=1, keepdims=True),
    Case(reduce_prod, [ZEROS], axis=1),  # one zero, two, none
    Case(reduce_prod, [ZEROS], axis=[1, 0]),
    Case(reduce_prod, [normal(0, 3)], axis=0),
    Case(reduce_prod, [normal(1)]),
    Case(reduce_prod, [integers(1, 5, 3, 4)], axis=0),
    Case(reduce_any, [boolean(3, 4)], axis=1),
    Case(reduce_any, [boolean(2, 0)], axis=1),
    Case(reduce_all, [boolean(3, 4)], axis=0, keepdims=True),
    Case(reduce_all, [boolean(2, 0)]),
    Case(reduce_logsumexp, [normal(3, 4)]),
    Case(reduce_logsumexp, [normal(2, 3, 4)], axis=[0, 2]),
    Case(reduce_logsumexp, [1000 * normal(3, 4)], axis=1, keepdims=True),
    Case(reduce_logsumexp, [INFINITE], axis=1, kinks=True, second=False),
    Case(reduce_logsumexp, [normal(2, 0)], axis=1, kinks=True),
    Case(reduce_variance, [normal(3, 4)], tf="math.reduce_variance"),
    Case(reduce_variance, [normal(3, 4)], axis=0, keepdims=True, tf="math.reduce_variance"),
    Case(reduce_std, [normal(3, 4)], axis=1, tf="math.reduce_std"),
    Case(reduce_euclidean_norm, [normal(3, 4)], axis=1, tf="math.reduce_euclidean_norm"),
    Case(reduce_euclidean_norm, [normal(2, 3)], keepdims=True, tf="math.reduce_euclidean_norm"),
    Case(argmax, [distinct(3, 4)], gradient=False),
    Case(argmax, [distinct(3, 4)], axis=-1, output_type=np.int32, gradient=False),
    Case(argmax, [TIES], dimension=1, gradient=False),
    Case(argmin, [TIES], axis=1, gradient=False),
    Case(argmin, [integers(0, 9, 5, dtype=np.int64)], gradient=False),
    Case(count_nonzero, [integers(0, 2, 3, 4)], axis=1),
    Case(count_nonzero, [ZEROS], keepdims=True, dtype=np.int32, gradient=False),
    Case(count_nonzero, [boolean(5)]),
    Case(zero_fraction, [ZEROS], gradient=False),
]
