"""Derivatives by central differences, for graphs of one floating input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import tensorslow as ts

STEP = 1e-5
# In float64 a difference errs by STEP² = 1e-10 times the third derivative, and by 1e-16 / STEP.
RTOL, ATOL = 1e-6, 1e-7


def derivatives(y: Any, x: Any, order: int) -> list[Any]:
    """y and its derivatives: each is the gradient of the sum of the one before."""
    found = [y]
    for _ in range(order):
        (dx,) = ts.gradients(found[-1], x)
        assert dx is not None, f"derivative {len(found)} is None"
        found.append(dx)
    return found


def numeric_gradient(session: Any, y: Any, x: Any, value: Any, feeds: dict[Any, Any]) -> Any:
    """The gradient of the sum of y, element by element of x."""
    value = np.asarray(value, np.float64)
    gradient = np.zeros_like(value)
    for place in np.ndindex(value.shape):
        step = np.zeros_like(value)
        step[place] = STEP
        above, below = (
            np.sum(session.run(y, {**feeds, x: value + sign * step})) for sign in (1, -1)
        )
        gradient[place] = (above - below) / (2 * STEP)
    return gradient


def check_derivatives(
    ys: Sequence[Any], x: Any, value: Any, feeds: dict[Any, Any] | None = None
) -> list[Any]:
    """Compares each of `ys` but the first with differences of the one before; gives the values."""
    session = ts.Session()
    found: list[Any] = session.run(list(ys), {**(feeds or {}), x: value})
    for y, derivative in zip(ys, found[1:], strict=False):
        expected = numeric_gradient(session, y, x, value, feeds or {})
        np.testing.assert_allclose(derivative, expected, rtol=RTOL, atol=ATOL)
    return found
