"""Powers whose exponent is known: products for whole numbers, roots for halves and quarters."""

from __future__ import annotations

import functools
import math

import numpy as np

from tensorslow.engines.llvm.simplify.builder import Builder, Value
from tensorslow.engines.llvm.simplify.elementwise import call, elementwise

MOST = 8  # up to which exponent


def power(b: Builder, x: Value, y: Value) -> Value | None:
    """x to the power of y; products and roots round once each."""
    if not (isinstance(y, np.generic) and abs(float(y)) <= MOST):  # or nan
        return None
    quarters = 4 * float(y)
    if quarters % 4 == 0:
        return _whole(b, x, int(y))
    roots = x.dtype.kind == "f" and x.dtype.itemsize > 2 and quarters == int(quarters)
    return _quarters(b, x, int(quarters)) if roots else None


def _whole(b: Builder, x: Value, n: int) -> Value | None:
    """x^n as products of squares."""
    if n == 0:
        return b.literal(1, x.dtype)
    if n < 0:
        if n != -1 or x.dtype.kind in "iu":
            return None
        return call(b, "divide", b.literal(1, x.dtype), x)
    square, result = x, None
    while n:
        if n % 2:
            result = square if result is None else call(b, "multiply", result, square)
        n //= 2
        square = call(b, "multiply", square, square) if n else square
    return result


def _quarters(b: Builder, x: Value, n: int) -> Value:
    """x^(n/4), as local response normalisation has it: square roots of x, and of these."""
    root = call(b, "sqrt", x)
    if n == 2:
        return root  # as NumPy computes it
    factors = [root] * (abs(n) % 4 // 2)
    factors += [call(b, "sqrt", root)] * (n % 2)
    if abs(n) >= 4:
        factors.append(_whole(b, x, abs(n) // 4))
    result = functools.reduce(lambda u, v: call(b, "multiply", u, v), factors)
    # (If x is so large that 1 divided by the power is denormal, the power may be infinite.)
    # A power of -0 is 0, and one of -inf is inf, where roots are -0 and nan.
    positive = call(b, "add", result, b.literal(0, x.dtype))
    lowest, highest = b.literal(-math.inf, x.dtype), b.literal(math.inf, x.dtype)
    is_lowest = elementwise(b, "equal", (x, lowest), x.shape, np.dtype(bool))
    result = call(b, "where", is_lowest, highest, positive)
    return call(b, "divide", b.literal(1, x.dtype), result) if n < 0 else result
