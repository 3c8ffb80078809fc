"""erf, lgamma, digamma and their kin, which NumPy does not have."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_erf = np.frompyfunc(math.erf, 1, 1)
_erfc = np.frompyfunc(math.erfc, 1, 1)


def _float_type(x: Any) -> np.dtype[Any]:
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)


def erf(x: Any) -> Any:
    """The error function 2/√π ∫₀ˣ exp(-t²) dt."""
    x = np.asarray(x)
    return np.asarray(_erf(x)).astype(_float_type(x))[()]


def erfc(x: Any) -> Any:
    """1 - erf(x), of which the subtraction would leave nothing from x = 6 on."""
    x = np.asarray(x)
    return np.asarray(_erfc(x)).astype(_float_type(x))[()]


@np.vectorize
def _lgamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # the poles at 0, -1, -2, …; and from 2.6e305 on
        return math.inf


def lgamma(x: Any) -> Any:
    """log |Γ(x)|, which is infinite where x is 0, -1, -2 and so on, and above 2.55998e305."""
    x = np.asarray(x)
    with np.errstate(over="ignore"):
        return (np.asarray(_lgamma(x)) if x.size else x).astype(_float_type(x))[()]


# B₂, B₄, …, B₂₄ (Abramowitz & Stegun, table 23.2)
_BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730,
    7 / 6, -3617 / 510, 43867 / 798, -174611 / 330, 854513 / 138, -236364091 / 2730,
)  # fmt: skip

# The asymptotic series ψ(x) ~ log x - 1/2x - Σ B₂ₖ / (2k x²ᵏ) (Abramowitz & Stegun 6.3.18); from
# x = 8 on the terms left out are below 1e-16.
_DIGAMMA_SERIES = [b / (2 * k) for k, b in enumerate(_BERNOULLI[:8], 1)]


def digamma(x: Any) -> Any:
    """ψ(x), the derivative of log Γ(x); nan where x is 0, -1, -2 and so on."""
    x = np.asarray(x)
    y = x.astype(np.float64)
    pole = (y <= 0) & (y == np.floor(y))
    reflected = y < 0
    z = np.where(reflected, 1 - y, y)
    with np.errstate(all="ignore"):
        # ψ(1 - x) - ψ(x) = π / tan(πx); what rounding leaves keeps tan exact for large and tiny x.
        correction = np.where(reflected, np.pi / np.tan(np.pi * (y - np.rint(y))), 0.0)
        for _ in range(8):  # ψ(x) = ψ(x + 1) - 1/x
            small = z < 8
            correction = correction + np.where(small, 1 / z, 0.0)
            z = np.where(small, z + 1, z)
        inverse_square = 1 / (z * z)
        series = np.zeros_like(z)
        for coefficient in reversed(_DIGAMMA_SERIES):
            series = inverse_square * (coefficient + series)
        result = np.log(z) - 0.5 / z - series - correction
    return np.where(pole, np.nan, result).astype(_float_type(x))[()]


def zeta(s: Any, q: Any) -> Any:
    """Hurwitz's ζ(s, q) = Σ (q + k)⁻ˢ over k = 0, 1, 2, …, for s > 1.

    Infinite at s = 1 and, for even s, at q = 0, -1, -2, …; nan wherever else the sum is no real
    number.
    """
    dtype = np.result_type(s, q)
    s, q = np.asarray(s, np.float64), np.asarray(q, np.float64)
    with np.errstate(all="ignore"):
        pole = (q <= 0) & (q == np.floor(q))
        even = np.remainder(s, 2) == 0
        result = np.where(q > 0, _zeta_right(s, q), _zeta_left(s, q, even))
        result = np.where(pole, np.where(even, np.inf, np.nan), result)
        result = np.where(s > 1, result, np.where(s == 1, np.inf, np.nan))
    return result.astype(dtype if dtype.kind == "f" else np.float64)[()]


_DIRECT = 10  # terms added one by one; after them the series below is exact to 1e-16


def _zeta_right(s: Any, q: Any) -> Any:
    """ζ for q > 0: some terms of the sum, and the Euler-Maclaurin formula for the rest of it.

    Σ (a + k)⁻ˢ ~ a¹⁻ˢ / (s - 1) + a⁻ˢ / 2 + Σ B₂ⱼ / (2j)! · s (s + 1) … (s + 2j - 2) · a⁻ˢ⁻²ʲ⁺¹
    (Abramowitz & Stegun 23.1.30).
    """
    total = sum(np.power(q + k, -s) for k in range(_DIRECT))
    a = q + _DIRECT
    last = np.power(a, -s)
    total = total + np.power(a, 1 - s) / (s - 1) + last / 2
    factor = last * s / a
    for j, b in enumerate(_BERNOULLI, 1):
        total = total + b / math.factorial(2 * j) * factor
        factor = factor * (s + 2 * j - 1) * (s + 2 * j) / (a * a)
    return total


def _zeta_left(s: Any, q: Any, even: Any) -> Any:
    """ζ for q < 0 and whole s: the terms left of 0 are the first ones of a sum the other way."""
    left = _zeta_right(s, np.ceil(q) - q) - _zeta_right(s, 1 - q)
    right = _zeta_right(s, q - np.floor(q))
    return np.where(s == np.floor(s), right + np.where(even, left, -left), np.nan)
