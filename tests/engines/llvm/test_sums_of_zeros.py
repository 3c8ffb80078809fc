"""The sum of nothing but −0 is 0, as in NumPy and TensorFlow, however the loops are laid out."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.engines import ENGINES

SHAPES = [
    ((2,), 0), ((7,), 0), ((8,), 0), ((16,), 0), ((100,), 0), ((5000,), 0), ((2, 1000), 0),
    ((4, 3), 0), ((4, 3), 1), ((3, 8), 1), ((64, 64), 0), ((64, 64), 1), ((64, 64), None),
    ((3, 4, 5), (0, 2)),
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_a_sum_of_negative_zeros_is_zero(shape, axis, dtype, engine):
    zeros = np.full(shape, -0.0, dtype)
    with ts.Graph().as_default():
        x = ts.placeholder(dtype, shape)
        y = ts.reduce_sum(x, axis), ts.reduce_mean(x, axis)
        found = ts.Session(engine=engine).run([*y, ts.reduce_sum(x * 2.0, axis)], {x: zeros})
    for value in found:
        assert np.all(value == 0)
        np.testing.assert_array_equal(np.signbit(value), np.signbit(np.sum(zeros, axis)))
