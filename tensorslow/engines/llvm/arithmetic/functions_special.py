"""erf, erfc, lgamma, digamma and zeta in registers.

erf and erfc as functions.py does it; the others follow tensorslow/arrays/special.py step by step.
"""

from __future__ import annotations

import math

from tensorslow.arrays import special
from tensorslow.engines.llvm.arithmetic.calls import Writer, in_float64, library, shared
from tensorslow.engines.llvm.arithmetic.functions import (
    EXP,
    FORMATS,
    exp_parts,
    log,
    power_of_two,
    reduced,
)
from tensorslow.engines.llvm.arithmetic.functions_trig import SHARED as _TRIGONOMETRIC
from tensorslow.engines.llvm.arithmetic.lanes import Lanes, rarely

# erf x / x - 1 in x² up to 1, right to 2⁻⁵⁷
_ERF = (
    0.12837916709551259, -0.37612638903183793, 0.11283791670956302, -0.026866170645276834,
    0.0052239776263952918, -0.00085483270578137272, 0.00012055333568694334,
    -1.4925648023986434e-05, 1.6461768241356633e-06, -1.6357781824027695e-07,
    1.4706290819195066e-08, -1.1540516021865823e-09, 6.22320717408931e-11,
)  # fmt: skip
# -log(erfc x) / x - 1 up to 3.93, right to 2⁻²⁷ of erf x
_ERFC_LOG = (
    0.128379166, 0.636619568, 0.102776304, -0.0191478264, -0.000169484512, 0.00167563884,
    -0.000637330755, 0.000118848155, -9.38597259e-06,
)  # fmt: skip
# (1 + 2x) · exp(x²) · erfc x - 1 in (x - 4) / (x + 4), from ½ to 28, right to 2⁻⁵⁸ of erfc x
_ERFC = (
    0.2329951186255526, -0.1396211168405625, 0.015379652102618912, 0.068097054254689746,
    -0.1010390660362461, 0.093732834998474138, -0.06633036581379996, 0.037167515535026889,
    -0.016197734035840117, 0.0050319700050896433, -0.00075777346597140284, -0.0001992568788009393,
    0.00015062256940185999, -2.439840173116998e-05, -1.1224928013418496e-05, 5.7073473465059802e-06,
    2.9986751928254885e-07, -8.2078963412490615e-07, 6.6755012380579177e-08, 1.0432511609507783e-07,
    -1.2124828912224779e-08, -1.0031476937529759e-08,
)  # fmt: skip


def erf(v: Lanes, x: str) -> str:
    """The error function: an odd polynomial, and from 1 on 1 - erfc; in float32 see below."""
    if v.dtype.itemsize == 4:
        return _short_erf(v, x)
    a = v.abs(x)
    small = v.fma(a, v.polynomial(v.mul(a, a), _ERF), a)
    large = v.sub(v.number(1), _erfc_beyond(v, v.at_most(a, v.number(7))))
    return v.copysign(v.select(v.compare("olt", a, v.number(1)), small, large), x)


def _short_erf(v: Lanes, x: str) -> str:
    """erf x = 1 - 2ⁿ (1 + p), where log erfc x = n · log 2 + r and p = eʳ - 1, in float32."""
    a = v.at_most(v.abs(x), v.number(3.93))  # from there on it is 1
    logarithm = v.neg(v.fma(a, v.polynomial(a, _ERFC_LOG), a))
    shifted, _, r = reduced(v, logarithm, 1, FORMATS[4].bias)
    p = v.fma(v.mul(r, r), v.polynomial(r, EXP[4]), r)
    power = power_of_two(v, shifted)
    return v.copysign(v.fma(v.neg(power), p, v.sub(v.number(1), power)), x)


def _erfc_beyond(v: Lanes, a: str) -> str:
    """erfc from ½ on: exp(-a²) · (1 + polynomial) / (1 + 2a)."""
    one, two, four = v.number(1), v.number(2), v.number(4)
    t = v.quotient(v.sub(a, four), v.add(a, four))
    square = v.mul(a, a)
    if v.fused:
        lost = v.fma(a, a, v.neg(square))
    else:  # the upper half of the digits has an exact square
        upper = v.from_bits(v.integer("and", v.bits(a), v.integer.number(-(1 << 27))))
        square = v.mul(upper, upper)
        lost = v.mul(v.sub(a, upper), v.add(a, upper))
    # (1 + e)(1 + w) = 1 + y
    r, p, scale = exp_parts(v, v.neg(square), v.neg(lost))
    e, w = v.mul(r, p), v.polynomial(t, _ERFC)
    y = v.fma(e, w, v.add(e, w))
    top, bottom = v.add(y, one), v.fma(a, two, one)
    inverse = v.div(one, bottom)
    result = v.mul(top, inverse)
    # What the last roundings took away, so that they count once.
    top_lost = v.sub(y, v.sub(top, one))
    bottom_lost = v.sub(v.add(a, a), v.sub(bottom, one))
    minus = v.neg(result)
    left = v.fma(minus, bottom, top) if v.fused else v.number(0)
    left = v.add(left, v.fma(minus, bottom_lost, top_lost))
    return scale(v.fma(left, inverse, result))


def erfc(v: Lanes, x: str) -> str:
    """1 - erf x, with its digits also where it is small."""
    a = v.abs(x)
    one = v.number(1)
    middle = v.fma(v.neg(x), v.polynomial(v.mul(x, x), _ERF), v.sub(one, x))
    beyond = _erfc_beyond(v, v.at_most(a, v.number(28)))
    left = v.compare("olt", x, v.number(0))
    beyond = v.select(left, v.sub(v.number(2), beyond), beyond)
    return v.select(v.compare("olt", a, v.number(0.75)), middle, beyond)


def digamma(v: Lanes, x: str) -> str:
    """ψ(x); see special.digamma."""
    zero, one, half = v.number(0), v.number(1), v.number(0.5)
    reflected = v.compare("olt", x, zero)
    z = v.select(reflected, v.sub(one, x), x)
    near = v.mul(v.number(math.pi), v.sub(x, v.intrinsic("rint", x)))
    tangent = shared(v, "tan", _TRIGONOMETRIC["tan"], near)
    correction = v.select(reflected, v.div(v.number(math.pi), tangent), zero)
    for _ in range(8):
        small = v.compare("olt", z, v.number(8))
        correction = v.add(correction, v.select(small, v.div(one, z), zero))
        z = v.select(small, v.add(z, one), z)
    inverse_square = v.div(one, v.mul(z, z))
    series = zero
    for coefficient in reversed(special._DIGAMMA_SERIES):
        series = v.mul(inverse_square, v.add(v.number(coefficient), series))
    result = v.sub(v.sub(v.sub(log(v, z), v.div(half, z)), series), correction)
    whole = v.compare("oeq", x, v.intrinsic("floor", x))
    pole = v.f.op(f"and {v.bool} {v.compare('ole', x, zero)}, {whole}")
    return v.select(pole, v.number(math.nan), result)


def zeta(v: Lanes, s: str, q: str) -> str:
    """Hurwitz's ζ(s, q); see special.zeta."""
    zero, one, nan = v.number(0), v.number(1), v.number(math.nan)
    infinite = v.number(math.inf)
    right = v.compare("ogt", q, zero)
    sum_ = shared(v, "zeta_right", _zeta_right, s, q)
    half = v.mul(s, v.number(0.5))
    even = v.compare("oeq", v.sub(half, v.intrinsic("floor", half)), zero)
    none_left = v.all(v.compare("ugt", q, zero))
    result = rarely(v, none_left, sum_, lambda: v.select(right, sum_, _zeta_left(v, s, q, even)))
    whole = v.compare("oeq", v.intrinsic("floor", q), q)
    pole = v.f.op(f"and {v.bool} {v.compare('ole', q, zero)}, {whole}")
    result = v.select(pole, v.select(even, infinite, nan), result)
    outside = v.select(v.compare("oeq", s, one), infinite, nan)
    return v.select(v.compare("ogt", s, one), result, outside)


def _zeta_right(v: Lanes, s: str, q: str) -> str:
    def power(x: str, y: str) -> str:
        return shared(v, "pow", library("pow"), x, y)

    minus, one = v.neg(s), v.number(1)
    total = power(q, minus)
    for k in range(1, special._DIRECT):
        total = v.add(total, power(v.add(q, v.number(k)), minus))
    a = v.add(q, v.number(special._DIRECT))
    last = power(a, minus)
    rest = v.div(power(a, v.sub(one, s)), v.sub(s, one))
    total = v.add(v.add(total, rest), v.mul(last, v.number(0.5)))
    factor, square = v.div(v.mul(last, s), a), v.mul(a, a)
    for j, b in enumerate(special._BERNOULLI, 1):
        total = v.add(total, v.mul(v.number(b / math.factorial(2 * j)), factor))
        grown = v.mul(factor, v.add(s, v.number(2 * j - 1)))
        factor = v.div(v.mul(grown, v.add(s, v.number(2 * j))), square)
    return total


def _zeta_left(v: Lanes, s: str, q: str, even: str) -> str:
    def right(q: str) -> str:
        return shared(v, "zeta_right", _zeta_right, s, q)

    left = v.sub(right(v.sub(v.intrinsic("ceil", q), q)), right(v.sub(v.number(1), q)))
    beyond = right(v.sub(q, v.intrinsic("floor", q)))
    result = v.add(beyond, v.select(even, left, v.neg(left)))
    whole = v.compare("oeq", s, v.intrinsic("floor", s))
    return v.select(whole, result, v.number(math.nan))


SHARED: dict[str, Writer] = {
    "erfc": in_float64(erfc),
    "lgamma": library("lgamma"),
    "digamma": in_float64(digamma),
    "zeta": in_float64(zeta),
}
