"""The arithmetic of the independent check: NumPy, for real numbers and for complex ones.

A derivative is read off a complex number: for an analytic f, f(x + ih) = f(x) + ih f'(x) up to h²,
and with
h = 1e-30 the square is nothing beside the rest. No subtraction cancels, so the derivative is exact
to
rounding, which no difference quotient is, and no differentiation rule is involved that could be
wrong. What
is not analytic (a maximum, a branch) decides by the real part, and is unfit where a decision is
close.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

STEP = 1e-30
MARGIN = 1e-3  # how far from a tie or a kink every decision must be
LARGEST = 100.0


class Unfit(Exception):
    """A step is no good for a comparison: too large, undefined, or close to a decision."""


def fit(value: Any) -> Any:
    """The value itself.

    Raises:
        Unfit: it is infinite, not a number, or so large that little is left of its digits.
    """
    if not np.all(np.abs(value.real) < LARGEST):  # false for nan too
        raise Unfit("too large")
    return value


def decided(difference: Any) -> Any:
    """Whether something is positive, element by element.

    Raises:
        Unfit: it is so nearly 0 that rounding may decide.
    """
    if np.any(np.abs(difference.real) < MARGIN):
        raise Unfit("nearly a tie")
    return difference.real > 0


def away(x: Any, limit: float) -> Any:
    """The value itself, which must be greater than the limit everywhere."""
    if np.any(x.real < limit):
        raise Unfit(f"below {limit}")
    return x


def softplus(x: Any) -> Any:
    return np.log1p(np.exp(x))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def relu(x: Any) -> Any:
    return np.where(decided(x), x, 0)


def absolute(x: Any) -> Any:
    return np.where(decided(x), x, -x)


def erf(x: Any) -> Any:
    """Its value by the standard library, its slope 2/√π exp(-x²) from the definition."""
    real = np.vectorize(math.erf, otypes=[np.float64])(x.real)
    if not np.iscomplexobj(x):
        return real
    return real + 1j * x.imag * (2 / math.sqrt(math.pi)) * np.exp(-(x.real**2))


def softmax(x: Any) -> Any:
    weights = np.exp(x)
    return weights / weights.sum(axis=-1, keepdims=True)


def log_softmax(x: Any) -> Any:
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def chosen(a: Any, b: Any, c: Any, d: Any) -> Any:
    """c where a > b, else d."""
    return np.where(decided(a - b), c, d)


def largest(x: Any, axis: Any, keepdims: bool) -> Any:
    """The maximum along some axes, by pairwise decisions."""
    axes = tuple(range(x.ndim)) if axis is None else tuple(axis)
    kept = [i for i in range(x.ndim) if i not in {a % x.ndim for a in axes}]
    rows = x.transpose(*kept, *[i for i in range(x.ndim) if i not in kept])
    rows = rows.reshape(*rows.shape[: len(kept)], -1)
    order = np.sort(rows.real, axis=-1)
    if rows.shape[-1] > 1:
        decided(order[..., -1] - order[..., -2])
    best = np.take_along_axis(rows, np.argmax(rows.real, axis=-1)[..., None], axis=-1)[..., 0]
    shape = [n if i in kept else 1 for i, n in enumerate(x.shape)]
    return best.reshape(shape) if keepdims else best
