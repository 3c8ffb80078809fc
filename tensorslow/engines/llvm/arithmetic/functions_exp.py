"""The kin of exp and log: expm1, log1p, the hyperbolic functions, power.

Written for float32 and float64 alike; see functions.py for how, and where the coefficients come
from.
"""

from __future__ import annotations

import math

from tensorslow.engines.llvm.arithmetic.calls import Writer, in_float64, library
from tensorslow.engines.llvm.arithmetic.functions import (
    FORMATS,
    exp,
    log,
    log_of_sum,
    power_of_two,
    special_logarithms,
)
from tensorslow.engines.llvm.arithmetic.lanes import FLOAT64, Lanes

# (eʳ - 1 - r) / r² on ± log 2, right to 2⁻²⁴ and 2⁻⁵⁵ of eʳ - 1.
_EXPM1 = {
    4: (0.500000298, 0.166666463, 0.0416617244, 0.00833429396, 0.00140982377, 0.000198551686),
    8: (
        0.49999999999999956, 0.16666666666666752, 0.041666666666692768, 0.0083333333333101105,
        0.0013888888884448975, 0.00019841269861376536, 2.4801590485013579e-05,
        2.7557311984250234e-06, 2.7556218696114989e-07, 2.505310539180083e-08,
        2.1058432710371179e-09, 1.6060896785674118e-10,
    ),
}  # fmt: skip


def expm1(v: Lanes, x: str) -> str:
    """eˣ - 1, with all its digits where x is small.

    x = n · log 2 + r with n rounded towards 0: where n is 0, r is exact.
    """
    size = v.dtype.itemsize
    known = FORMATS[size]
    bounded = v.between(x, -20.0 if size == 4 else -40.0, known.highest)
    # The power is half of 2ⁿ, or else it would overflow before the result does.
    whole = v.number(known.whole + known.bias - 1)
    towards_zero = v.copysign(v.number(0.498), bounded)
    shifted = v.sub(v.mul(bounded, v.number(1 / math.log(2))), towards_zero)
    shifted = v.add(shifted, whole)
    n = v.sub(shifted, whole)
    r = v.fma(n, v.number(-known.log2[0]), bounded)
    r = v.fma(n, v.number(-known.log2[1]), r)
    p = v.fma(v.mul(r, r), v.polynomial(r, _EXPM1[size]), r)
    power = power_of_two(v, shifted)
    half = v.fma(power, p, v.sub(power, v.number(0.5)))
    tiny = v.compare("olt", v.abs(x), v.number(2.0 ** -(known.digits + 2)))
    return v.select(tiny, x, v.add(half, half))


def log1p(v: Lanes, x: str) -> str:
    """log(1 + x): the logarithm of the rounded sum, and what the rounding took away, over it."""
    one = v.number(1)
    total = v.add(x, one)
    # The larger one is taken from the sum first: that is exact.
    swap = v.compare("olt", v.abs(x), one)
    larger, smaller = v.select(swap, one, x), v.select(swap, x, one)
    lost = v.sub(smaller, v.sub(total, larger))
    result = special_logarithms(v, total, log_of_sum(v, total, v.div(lost, total)))
    return v.copysign(result, x)


# (sinh x - x) / x³ in x², up to |x| = 1; right to 2⁻⁶³ of sinh x.
_SINH = (
    0.16666666666666669, 0.0083333333333331476, 0.00019841269841432268, 2.7557319156935887e-06,
    2.5052123159641062e-08, 1.6057257901545299e-10, 7.7588075767233601e-13,
)  # fmt: skip


def sinh(v: Lanes, x: str) -> str:
    """(eˣ - e⁻ˣ) / 2."""
    a = v.abs(x)
    half = exp(v, a, halved=True)
    large = v.sub(half, v.div(v.number(0.25), half))
    square = v.mul(a, a)
    small = v.fma(v.mul(square, a), v.polynomial(square, _SINH), a)
    return v.copysign(v.select(v.compare("olt", a, v.number(1)), small, large), x)


def cosh(v: Lanes, x: str) -> str:
    """(eˣ + e⁻ˣ) / 2."""
    half = exp(v, v.abs(x), halved=True)
    return v.add(half, v.div(v.number(0.25), half))


def asinh(v: Lanes, x: str) -> str:
    """log(x + √(x² + 1)), of |x|, as log1p of what is small where x is."""
    one, a = v.number(1), v.abs(x)
    square = v.mul(a, a)
    root = v.intrinsic("sqrt", v.add(square, one))
    result = log1p(v, v.add(a, v.div(square, v.add(root, one))))
    return v.copysign(_logarithm_of_double(v, a, result), x)


def acosh(v: Lanes, x: str) -> str:
    """log(x + √(x² - 1)) in terms of x - 1."""
    t = v.sub(x, v.number(1))
    root = v.intrinsic("sqrt", v.fma(t, t, v.add(t, t)))
    result = _logarithm_of_double(v, x, log1p(v, v.add(t, root)))
    return v.select(v.compare("oge", t, v.number(0)), result, v.number(math.nan))


def _logarithm_of_double(v: Lanes, x: str, result: str) -> str:
    """`result`, or where x is so large that its square may overflow, log 2x."""
    far = v.add(log(v, x), v.number(math.log(2)))
    return v.select(v.compare("ogt", x, v.number(2.0**30)), far, result)


def atanh(v: Lanes, x: str) -> str:
    """log((1 + x) / (1 - x)) / 2, of |x|."""
    a = v.abs(x)
    double, rest = v.add(a, a), v.sub(v.number(1), a)
    # 2a / (1 - a) = 2a + 2a · a / (1 - a), where the first is exact and more than the second.
    small = v.fma(double, v.div(a, rest), double)
    ratio = v.select(v.compare("olt", a, v.number(0.5)), small, v.div(double, rest))
    return v.copysign(v.mul(log1p(v, ratio), v.number(0.5)), x)


_pow = library("pow")


def power(v: Lanes, x: str, y: str) -> str:
    """xʸ with C's special cases; float64 by the C library, since y · log x needs more digits."""
    return _pow(v, x, y) if v.dtype == FLOAT64 else in_float64(_power)(v, x, y)


def _power(v: Lanes, x: str, y: str) -> str:
    """In float64, to float32's digits."""
    one, zero, infinite = v.number(1), v.number(0), v.number(math.inf)
    a = v.abs(x)
    result = exp(v, v.mul(y, log(v, a)))
    half = v.mul(y, v.number(0.5))
    whole = v.compare("oeq", v.intrinsic("floor", y), y)
    odd = v.compare("one", v.intrinsic("floor", half), half)
    odd = v.f.op(f"and {v.bool} {whole}, {odd}")
    result = v.copysign(result, v.select(odd, x, one))
    # Numbers below 0 have whole powers only; infinity has all.
    below = v.compare("olt", x, zero)
    finite = v.compare("olt", a, infinite)
    no_number = v.f.op(f"and {v.bool} {below}, {finite}")
    fraction = v.compare("one", v.intrinsic("floor", y), y)
    no_number = v.f.op(f"and {v.bool} {no_number}, {fraction}")
    result = v.select(no_number, v.number(math.nan), result)
    # 1 to anything, anything to 0, -1 to what is infinite
    endless = v.compare("oeq", v.abs(y), infinite)
    flat = v.f.op(f"and {v.bool} {endless}, {v.compare('oeq', a, one)}")
    flat = v.f.op(f"or {v.bool} {flat}, {v.compare('oeq', x, one)}")
    flat = v.f.op(f"or {v.bool} {flat}, {v.compare('oeq', y, zero)}")
    return v.select(flat, one, result)


SHARED: dict[str, Writer] = {
    "expm1": expm1,
    "log1p": log1p,
    "sinh": in_float64(sinh),
    "cosh": in_float64(cosh),
    "asinh": in_float64(asinh),
    "acosh": in_float64(acosh),
    "atanh": in_float64(atanh),
    "power": power,
}
