"""Reductions: their arguments, means of integers, derivatives of products beyond the second."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import DTypeError, ShapeError


def test_old_names_are_taken_but_not_beside_the_new_ones():
    with ts.Graph().as_default():
        x = ts.zeros([2, 3])
        assert ts.reduce_sum(x, reduction_indices=1, keep_dims=True).shape.as_list() == [2, 1]
        with pytest.raises(ValueError, match="axis or reduction_indices"):
            ts.reduce_sum(x, 1, reduction_indices=1)
        with pytest.raises(ValueError, match="keepdims or keep_dims"):
            ts.reduce_max(x, 1, keepdims=True, keep_dims=True)


def test_axes_and_types_that_are_refused():
    with ts.Graph().as_default():
        x = ts.zeros([2, 3])
        with pytest.raises(ShapeError, match="axis 2 does not exist: there are 2 axes"):
            ts.reduce_mean(x, 2)
        with pytest.raises(ShapeError, match="an axis is named twice"):
            ts.reduce_mean(x, [1, -1])
        with pytest.raises(ShapeError, match="axis 0 has no elements"):
            ts.argmax(ts.zeros([0, 3]))
        with pytest.raises(DTypeError, match="input must be bool"):
            ts.reduce_any(x)
        with pytest.raises(DTypeError, match="the variance of int32"):
            ts.math.reduce_variance(ts.zeros([2], ts.int32))


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint8])
def test_the_mean_of_integers_does_not_overflow(dtype):
    large = np.full(3, np.iinfo(dtype).max, dtype)
    with ts.Graph().as_default(), ts.Session() as session:
        assert session.run(ts.reduce_mean(large)) == large[0]
        assert session.run(ts.reduce_mean(np.array([-7, 2]))) == -2  # towards zero
        assert session.run(ts.reduce_mean(large[:0])) == 0


def test_a_product_has_its_third_derivative_where_factors_are_0():
    with ts.Graph().as_default(), ts.Session() as session:
        x = ts.constant(np.array([0.0, 0.0, 0.0, 5.0]))
        derivative = ts.reduce_prod(x)
        for i in range(3):
            derivative = ts.gradients(derivative, x)[0][i]
        assert session.run(derivative) == 5  # d³(x₀ x₁ x₂ x₃) / dx₀ dx₁ dx₂


def test_empty_strings_are_not_counted():
    with ts.Graph().as_default(), ts.Session() as session:
        assert session.run(ts.count_nonzero(ts.constant(["", "a", "b"]))) == 2
