"""sin, cos, tan and their inverses in registers; see functions.py for how, and where the
coefficients come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from tensorslow.engines.llvm.arithmetic.calls import Writer, in_float64, library
from tensorslow.engines.llvm.arithmetic.lanes import Lanes, rarely

# π/2 as a sum; a product of the first or the second with 20 bits is exact.
_HALF_PI = (6746518852 / 2**32, 6.077100506303966e-11, 2.0222662487959506e-21)
# Up to here the quarter that x lies in has 20 bits.
_FAR = 1e6

# (sin r - r) / r³ and (cos r - 1 + r²/2) / r⁴ in r², on ± π/4; right to 2⁻⁵⁷ and 2⁻⁶³.
_SIN = (
    -0.1666666666666663, 0.0083333333333220922, -0.00019841269829565993, 2.7557313612610364e-06,
    -2.5050746316653367e-08, 1.5896142958330371e-10,
)  # fmt: skip
_COS = (
    0.041666666666666595, -0.0013888888888873028, 2.480158728883106e-05, -2.7557314172838193e-07,
    2.0875699908401237e-09, -1.1358485735349652e-11,
)  # fmt: skip
# The same for float32, right to 2⁻²⁷ and 2⁻³³.
_SIN_SHORT = (-0.16666654591366584, 0.0083321595870817881, -0.00019515120537634285)
_COS_SHORT = (0.041666645679729768, -0.0013887315559724955, 2.443303833603537e-05)


def _quarter(v: Lanes, x: str) -> tuple[str, str, str]:
    """x = k · π/2 + r + low, with |r| at most π/4: (k in the last bits of an integer, r, low)."""
    whole = v.number(1.5 * 2.0**52)
    shifted = v.fma(x, v.number(2 / math.pi), whole)
    n = v.sub(shifted, whole)
    first, second, third = (v.mul(n, v.number(part)) for part in _HALF_PI)
    a = v.sub(x, first)
    b = v.sub(a, second)
    lost = v.sub(third, v.sub(v.sub(a, b), second))
    r = v.sub(b, lost)
    return v.bits(shifted), r, v.sub(v.sub(b, r), lost)


def _sine(v: Lanes, r: str, low: str, short: bool) -> tuple[str, str]:
    """sin (r + low) as a sum of which the second is much smaller."""
    z = v.mul(r, r)
    p = v.mul(v.mul(r, z), v.polynomial(z, _SIN_SHORT if short else _SIN))
    if not short:
        p = v.add(p, v.mul(low, v.fma(z, v.number(-0.5), v.number(1))))
    return r, p


def _cosine(v: Lanes, r: str, low: str, short: bool) -> tuple[str, str]:
    """cos (r + low) as such a sum."""
    z, one = v.mul(r, r), v.number(1)
    half = v.mul(z, v.number(0.5))
    p = v.mul(v.mul(z, z), v.polynomial(z, _COS_SHORT if short else _COS))
    first = v.sub(one, half)
    if not short:
        p = v.sub(p, v.mul(r, low))
        p = v.add(p, v.sub(v.sub(one, first), half))
    return first, p


def _wave(name: str, turn: int) -> Writer:
    """sin, or cos, which is a quarter ahead (`turn` = 1)."""
    far = library(name)

    def near(v: Lanes, x: str, short: bool) -> str:
        i = v.integer
        k, r, low = _quarter(v, x)
        k = i("add", k, i.number(turn)) if turn else k
        odd = i.compare("ne", i("and", k, i.number(1)), i.number(0))
        cosine, sine = _cosine(v, r, low, short), _sine(v, r, low, short)
        value = v.select(odd, v.add(*cosine), v.add(*sine))
        sign = i("shl", i("and", k, i.number(2)), i.number(62))
        value = v.from_bits(i("xor", v.bits(value), sign))
        return value if turn else v.select(v.compare("oeq", x, v.number(0)), x, value)

    return _near_or_far(near, far)


def _near_or_far(near: Callable[[Lanes, str, bool], str], far: Writer) -> Writer:
    """In float64; where some lane is too far from 0 for the reduction, the C library does all."""

    def write(v: Lanes, x: str) -> str:
        short = v.dtype.itemsize == 4
        usual = in_float64(lambda w, y: near(w, y, short))(v, x)
        near_all = v.all(v.compare("ule", v.abs(x), v.number(_FAR)))
        return rarely(v, near_all, usual, lambda: far(v, x))

    return write


def _tan(v: Lanes, x: str, short: bool) -> str:
    i = v.integer
    k, r, low = _quarter(v, x)
    sine, cosine = _sine(v, r, low, short), _cosine(v, r, low, short)
    odd = i.compare("ne", i("and", k, i.number(1)), i.number(0))
    top, top_low = (v.select(odd, v.neg(b), a) for a, b in zip(sine, cosine, strict=True))
    bottom, bottom_low = (v.select(odd, a, b) for a, b in zip(sine, cosine, strict=True))
    sums = v.add(top, top_low), v.add(bottom, bottom_low)
    value = v.div(*sums)
    if not short and v.fused:  # what the sums lost, and the quotient left
        minus = v.neg(value)
        lost = v.sub(top_low, v.sub(sums[0], top))
        lost = v.fma(minus, v.sub(bottom_low, v.sub(sums[1], bottom)), lost)
        value = v.add(value, v.div(v.add(v.fma(minus, sums[1], sums[0]), lost), sums[1]))
    return v.select(v.compare("oeq", x, v.number(0)), x, value)


# (asin x - x) / x³ in x², up to |x| = ½; right to 2⁻²⁷ and 2⁻⁵⁵.
_ASIN = {
    4: (0.166667521, 0.0749528632, 0.0454719327, 0.0241710879, 0.0421817414),
    8: (
        0.16666666666666094, 0.075000000002082665, 0.044642856911242937, 0.03038195653787179,
        0.022371803611700759, 0.017359233591053194, 0.013888062373334844, 0.012160961497153488,
        0.006525196167855663, 0.019626967467779623, -0.016503285936402025, 0.032177678487233838,
    ),
}  # fmt: skip
# (atan t - t) / t³ in t², up to |t| = √2 - 1; right to 2⁻³⁰ and 2⁻⁵⁹.
_ATAN = {
    4: (-0.333333164, 0.199984685, -0.142434776, 0.105933703, -0.0607703887),
    8: (
        -0.33333333333333198, 0.19999999999953036, -0.14285714280144196, 0.1111111078098779,
        -0.090908976904312294, 0.076920590778390349, -0.066630917236550818, 0.058478034382596411,
        -0.05038932947430165, 0.038055458047672845, -0.017897577837173845,
    ),
}  # fmt: skip
# π/2 rounded to the type, and what the rounding took away
_RIGHT_ANGLE = {
    4: (1.5707963705062866, -4.3711390001862286e-08),
    8: (1.5707963267948966, 6.123233995736766e-17),
}


def _arc(v: Lanes, x: str) -> tuple[str, str, str]:
    """The arc whose sine is s, as s and what is to be added.

    s is |x|, or where that is above ½, √((1 - |x|) / 2), the sine of half of the complement.

    Returns:
        s, what is to be added, and whether |x| is above ½.
    """
    a = v.abs(x)
    large = v.compare("ogt", a, v.number(0.5))
    rest = v.mul(v.sub(v.number(1), a), v.number(0.5))
    z = v.select(large, rest, v.mul(a, a))
    s = v.select(large, v.intrinsic("sqrt", z), a)
    return s, v.mul(v.mul(s, z), v.polynomial(z, _ASIN[v.dtype.itemsize])), large


def asin(v: Lanes, x: str) -> str:
    """The arc whose sine is x; nan where |x| is above 1."""
    right, rest = _RIGHT_ANGLE[v.dtype.itemsize]
    s, more, large = _arc(v, x)
    angle, minus = v.number(right), v.number(-2)
    rough = v.fma(s, minus, angle)
    lost = v.fma(s, minus, v.sub(angle, rough))  # by the rounding
    complement = v.add(rough, v.add(v.fma(more, minus, v.number(rest)), lost))
    return v.copysign(v.select(large, complement, v.add(s, more)), x)


def acos(v: Lanes, x: str) -> str:
    """The arc whose cosine is x; nan where |x| is above 1."""
    right, rest = _RIGHT_ANGLE[v.dtype.itemsize]
    s, more, large = _arc(v, x)
    arc = v.add(s, more)
    middle = v.add(v.number(right), v.sub(v.number(rest), v.copysign(arc, x)))
    double = v.add(arc, arc)
    other = v.add(v.number(2 * right), v.sub(v.number(2 * rest), double))
    side = v.select(v.compare("olt", x, v.number(0)), other, double)
    return v.select(large, side, middle)


def _angle(v: Lanes, a: str, b: str) -> str:
    """The angle whose tangent is a / b, both not negative: that of a / b, of (a - b) / (a + b)
    beside π/4, or of -b / a beside π/2, whichever is small.
    """
    right, rest = _RIGHT_ANGLE[v.dtype.itemsize]
    steep = v.compare("ogt", a, v.mul(b, v.number(1 + math.sqrt(2))))
    middle = v.compare("ogt", a, v.mul(b, v.number(math.sqrt(2) - 1)))

    def choose(first: str, second: str, third: str) -> str:
        return v.select(steep, first, v.select(middle, second, third))

    top = choose(v.neg(b), v.sub(a, b), a)
    bottom = choose(a, v.add(a, b), b)
    t = v.div(top, bottom)
    z = v.mul(t, t)
    zero = v.number(0)
    base = choose(v.number(right), v.number(right / 2), zero)
    tail = choose(v.number(rest), v.number(rest / 2), zero)
    p = v.fma(v.mul(t, z), v.polynomial(z, _ATAN[v.dtype.itemsize]), tail)
    return v.add(base, v.add(t, p))


def atan(v: Lanes, x: str) -> str:
    """The angle whose tangent is x."""
    return v.copysign(_angle(v, v.abs(x), v.number(1)), x)


def atan2(v: Lanes, y: str, x: str) -> str:
    """The angle of the point (x, y), with C's special cases."""
    right, rest = _RIGHT_ANGLE[v.dtype.itemsize]
    a, b, one, infinite = v.abs(y), v.abs(x), v.number(1), v.number(math.inf)
    # inf beside inf counts as 45°; numbers whose sum overflows are made smaller.
    both = v.f.op(f"and {v.bool} {v.compare('oeq', a, infinite)}, {v.compare('oeq', b, infinite)}")
    quarter = v.number(0.25)
    huge = v.compare("ogt", v.select(v.compare("ogt", a, b), a, b), v.number(2.0**100))
    a = v.select(both, one, v.select(huge, v.mul(a, quarter), a))
    b = v.select(both, one, v.select(huge, v.mul(b, quarter), b))
    angle = _angle(v, a, b)
    # 0 beside 0 is 0.
    origin = v.compare("oeq", v.select(v.compare("ogt", a, b), a, b), v.number(0))
    origin = v.f.op(f"and {v.bool} {origin}, {v.compare('ord', a, b)}")
    angle = v.select(origin, v.number(0), angle)
    behind = v.integer.compare("slt", v.bits(x), v.integer.number(0))  # -0 as well
    other = v.add(v.number(2 * right), v.sub(v.number(2 * rest), angle))
    return v.copysign(v.select(behind, other, angle), y)


SHARED: dict[str, Writer] = {
    "sin": _wave("sin", 0),
    "cos": _wave("cos", 1),
    "tan": _near_or_far(_tan, library("tan")),
    "asin": asin,
    "acos": acos,
    "atan": atan,
    "atan2": atan2,
}
