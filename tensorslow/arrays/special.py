"""erf, lgamma and digamma, which NumPy does not have."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_erf = np.frompyfunc(math.erf, 1, 1)


def _float_type(x: Any) -> np.dtype[Any]:
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)


def erf(x: Any) -> Any:
    """The error function 2/√π ∫₀ˣ exp(-t²) dt."""
    x = np.asarray(x)
    return np.asarray(_erf(x)).astype(_float_type(x))[()]


@np.vectorize
def _lgamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except ValueError:  # the poles at 0, -1, -2, …
        return math.inf


def lgamma(x: Any) -> Any:
    """log |Γ(x)|; infinite at 0, -1, -2, …"""
    x = np.asarray(x)
    return (np.asarray(_lgamma(x)) if x.size else x).astype(_float_type(x))[()]


# B₂ₖ / 2k of the asymptotic series ψ(x) ~ log x - 1/2x - Σ B₂ₖ / (2k x²ᵏ)
# (Abramowitz & Stegun 6.3.18); at x ≥ 8 the terms left out are below 1e-16.
_DIGAMMA_SERIES = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)


def digamma(x: Any) -> Any:
    """ψ(x), the derivative of log Γ(x); nan at 0, -1, -2, …"""
    x = np.asarray(x)
    y = x.astype(np.float64)
    pole = (y <= 0) & (y == np.floor(y))
    reflected = y < 0
    z = np.where(reflected, 1 - y, y)
    with np.errstate(all="ignore"):
        # ψ(1 - x) - ψ(x) = π / tan(πx); the remainder keeps tan exact for large x.
        correction = np.where(reflected, np.pi / np.tan(np.pi * np.remainder(y, 1.0)), 0.0)
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
