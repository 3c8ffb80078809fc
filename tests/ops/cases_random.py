"""Rows of random numbers and choices; more of TensorFlow's numbers are in `test_random.py`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tensorslow import dtypes
from tensorslow.graph import Tensor
from tensorslow.ops.random import random_normal, random_uniform, truncated_normal
from tensorslow.ops.random_choice import categorical, multinomial, random_crop, random_shuffle
from tests.ops.case import Case, integers, normal, positive

FED = "what is fed decides the shape"
HOST = "the order is drawn in Python"
PLACE = "a slice from a place that is drawn"


def scaled(draw: Callable[..., Tensor], low: Tensor, high: Tensor) -> Tensor:
    """Random numbers with parameters of the type that is fed."""
    return draw([2, 3], low, high, dtype=low.dtype, seed=1)


CASES = [
    Case(random_uniform, [[2, 3]], seed=1),
    Case(random_uniform, [[]], dtype=dtypes.float64),
    Case(random_uniform, [[0, 3]], dtype=dtypes.float16, seed=1),
    Case(random_uniform, [integers(1, 5, 2)], seed=1, without_jax=FED),
    Case(random_uniform, [[5], 0, 100], dtype=dtypes.int32, seed=1),
    Case(random_uniform, [[5], np.array(-7), np.array(2**40)], dtype=dtypes.int64, seed=1),
    Case(random_normal, [[7]], dtype=dtypes.float16, seed=2),
    Case(truncated_normal, [[100]], seed=1),
    Case(truncated_normal, [[0]], seed=1),
    # TensorFlow draws the same, and then multiplies and adds as we do.
    Case(scaled, [random_uniform, normal(3), normal(2, 1)], needs="dtype", tf=None),
    Case(scaled, [random_normal, normal(2, 1), positive(3)], needs="dtype", tf=None),
    Case(scaled, [truncated_normal, normal(), positive(3)], needs="dtype", tf=None),
    Case(random_shuffle, [integers(0, 100, 9)], seed=1, gradient=False, without_jax=HOST),
    Case(random_shuffle, [normal(4, 2)], seed=1, gradient=False, without_jax=HOST),
    Case(multinomial, [normal(2, 4), 5], seed=1, gradient=False),
    Case(categorical, [normal(2, 4), 5], seed=1, tf="random.categorical", gradient=False),
    # TensorFlow was asked for the gradient in a second run, which draws another place.
    Case(random_crop, [normal(4, 5, 3), [2, 2, 3]], seed=1, without_jax=PLACE, tf=None),
    Case(random_crop, [normal(4, 5, 3), [2, 2, 3]], seed=2, without_jax=PLACE, wrt=[]),
]
