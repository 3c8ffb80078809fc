"""The special functions against closed forms."""

import math

import numpy as np
import pytest

from tensorslow.arrays.special import digamma, erf, erfc, lgamma, zeta

EULER = 0.5772156649015329
EXACT = 2e-15  # some roundings of 1e-16


def test_digamma_at_whole_and_half_numbers():
    actual = digamma(np.array([1.0, 2.0, 10.0, 0.5]))
    expected = [-EULER, 1 - EULER, 7129 / 2520 - EULER, -EULER - 2 * math.log(2)]
    np.testing.assert_allclose(actual, expected, rtol=EXACT)


@pytest.mark.parametrize("x", [-0.3, -1e-8, -7.75, -1e5 - 0.25])
def test_digamma_left_of_zero_satisfies_the_recurrence(x):
    np.testing.assert_allclose(digamma(x), digamma(x + 1) - 1 / x, rtol=1e-12)


def test_digamma_has_poles_at_0_and_below():
    assert np.isnan(digamma(np.array([0.0, -1.0, -2.0, -np.inf]))).all()


def test_lgamma_is_infinite_at_its_poles_and_keeps_float32():
    np.testing.assert_array_equal(lgamma(np.array([0.0, -1.0, 1.0, 2.0])), [np.inf, np.inf, 0, 0])
    assert lgamma(np.float32(3.5)).dtype == np.float32
    assert lgamma(np.zeros((0, 2))).shape == (0, 2)


def test_lgamma_of_the_largest_numbers():
    # log Γ(x) ~ x (log x - 1), which passes the largest double between the second and the third.
    x = np.array([1e300, 2.5599e305, 2.56e305, 1e307, np.finfo(np.float64).max, np.inf])
    expected = [n * (math.log(n) - 1) for n in x[:2]] + [np.inf] * 4
    np.testing.assert_allclose(lgamma(x), expected, rtol=EXACT)


def test_zeta_at_even_numbers():
    actual = zeta(np.array([2.0, 4.0, 12.0]), 1.0)
    expected = [math.pi**2 / 6, math.pi**4 / 90, 691 * math.pi**12 / 638512875]
    np.testing.assert_allclose(actual, expected, rtol=EXACT)


@pytest.mark.parametrize("s", [2.0, 3.0, 8.0])
@pytest.mark.parametrize("q", [0.25, 30.0, -0.75, -20.5, -1e-8])
def test_zeta_satisfies_the_recurrence(s, q):
    np.testing.assert_allclose(zeta(s, q), zeta(s, q + 1) + q**-s, rtol=1e-12, atol=1e-12)


def test_zeta_where_it_is_no_number():
    s = np.array([1.0, 0.5, 2.0, 3.0, 2.5, 2.0])
    q = np.array([2.0, 2.0, -1.0, -1.0, -1.5, np.inf])
    np.testing.assert_array_equal(zeta(s, q), [np.inf, np.nan, np.inf, np.nan, np.nan, 0.0])


def test_erfc_keeps_what_the_difference_from_1_would_lose():
    np.testing.assert_allclose(erfc(np.array([10.0])), 2.088487583762545e-45, rtol=EXACT)
    assert erf(np.array([10.0])) == 1.0
