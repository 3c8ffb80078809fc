"""exp, log and tanh in registers: the functions that training spends its time in.

The method is the textbook's. The argument is reduced to a short interval around 0 (x = n·log 2 + r,
with log 2 in two parts so that no bit of r is lost: Cody and Waite), a polynomial is right there to
more bits than the type has, and the result is put together with the power of two. Coefficients are
minimax, found by Remez' exchange in 60 digits for the relative error of the whole function, with
the first ones fixed so that it is exact near 0, and rounded to the type.

None of them branches: what is special (nan, infinities, numbers too small or too large) falls out
of the arithmetic, or is put right by a select.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from tensorslow.engines.llvm.arithmetic.lanes import Lanes


@dataclass(frozen=True)
class Format:
    """What the functions need to know of a floating-point type.

    Attributes:
        digits: bits of the fraction, without the leading one.
        bias: what is added to the exponent.
        log2: log 2 as a sum: a product of the first with any exponent is exact.
        lowest, highest: e to these is 0 and infinite.
    """

    digits: int
    bias: int
    log2: tuple[float, float]
    lowest: float
    highest: float

    @property
    def whole(self) -> float:
        """A number so large that adding it rounds to a whole number, in its last bits."""
        return 1.5 * 2.0**self.digits


# log 2 is cut after 16 and after 32 bits; the second part is what is left of it.
FORMATS = {
    4: Format(23, 127, (45426 / 65536, 1.4286068203094173e-06), -104.0, 89.0),
    8: Format(52, 1023, (2977044471 / 2**32, 1.9082149292705877e-10), -746.0, 710.0),
}


def reduced(v: Lanes, x: str, step: int, offset: int) -> tuple[str, str, str]:
    """x = n · step · log 2 + r, with |r| at most step · log 2 / 2.

    Returns:
        A number whose last bits are n + offset, n as a number, and r.
    """
    known = FORMATS[v.dtype.itemsize]
    whole = v.number(known.whole + offset)
    shifted = v.fma(x, v.number(1 / (step * math.log(2))), whole)
    n = v.sub(shifted, whole)
    r = v.fma(n, v.number(-step * known.log2[0]), x)
    return shifted, n, v.fma(n, v.number(-step * known.log2[1]), r)


def power_of_two(v: Lanes, shifted: str) -> str:
    """2ⁿ, from the number whose last bits are n + bias."""
    digits = v.integer.number(FORMATS[v.dtype.itemsize].digits)
    return v.from_bits(v.integer("shl", v.bits(shifted), digits))


# (eʳ - 1 - r) / r² on ± log 2 / 2, right to 2⁻²⁸ and 2⁻⁵⁸ of eʳ,
EXP = {
    4: (0.49999994, 0.166665211, 0.041668389, 0.00836871658, 0.00138145965),
    8: (
        0.50000000000000111, 0.1666666666666641, 0.041666666666530246, 0.0083333333334951708,
        0.0013888888943615185, 0.00019841269505222546, 2.4801493108771916e-05,
        2.7557587438885218e-06, 2.7630246255598786e-07, 2.4999764054774563e-08,
    ),
}  # fmt: skip
# and on ± log 2 for float32, right to 2⁻²⁶.
_EXP_WIDE = (0.500000358, 0.166666135, 0.0416612774, 0.00833610818, 0.00141042809, 0.000196107008)


def exp(v: Lanes, x: str, halved: bool = False, most: float | None = None) -> str:
    """eˣ, or eˣ / 2, which overflows later; x counts as no more than `most`."""
    r, p, scale = exp_parts(v, x, None, halved, most)
    return scale(v.fma(r, p, v.number(1)))


def exp_parts(
    v: Lanes, x: str, low: str | None, halved: bool = False, most: float | None = None
) -> tuple[str, str, Callable[[str], str]]:
    """r, p and a function such that eˣ is that function of 1 + r·p.

    It multiplies by a power of two, of which overflow and lost bits come in the end, and once. If
    no instruction does that, there are two factors. In float32 they are equal: r is taken twice as
    wide and n even. Where the result is 0 nothing is rounded to it: that takes processors a
    hundred times as long, and masked scores are full of it.

    Args:
        low: a number much smaller than `x` that is to be added to it.
        halved: whether it is to be eˣ / 2.
        most: what is above counts as this; by default as what has no finite power.
    """
    size = v.dtype.itemsize
    known = FORMATS[size]
    zero, some = v.number(0), v.compare("uge", x, v.number(known.lowest))
    x = v.at_most(x, v.number(most or known.highest + (2 if halved else 0)))
    if not v.avx512:
        x = v.at_least(x, v.number(known.lowest))
    wide = size == 4 and not v.avx512
    shifted, n, r = reduced(v, x, *((2, known.bias) if wide else (1, 0)))
    r = r if low is None else v.add(r, low)
    p = v.polynomial(r, (1.0, *(_EXP_WIDE if wide else EXP[size])))
    if wide:
        root = power_of_two(v, shifted)
        first = v.mul(root, v.number(0.5)) if halved else root
        last = v.select(some, root, zero)
        return r, p, lambda value: v.mul(v.mul(value, first), last)
    n = v.sub(n, v.number(1)) if halved else n
    if v.avx512:
        return r, p, lambda value: v.select(some, v.scale(value, n), zero)  # one instruction
    whole = v.number(known.whole + known.bias)
    first = v.fma(n, v.number(0.5), whole)
    second = v.add(v.sub(n, v.sub(first, whole)), whole)
    factors = power_of_two(v, first), v.select(some, power_of_two(v, second), zero)
    return r, p, lambda value: v.mul(v.mul(value, factors[0]), factors[1])


def tanh(v: Lanes, x: str) -> str:
    """tanh x = e / (e + 1) with e = (e²ˣ - 1) / 2, of |x|: e has all digits of small ones."""
    size = v.dtype.itemsize
    known = FORMATS[size]
    a = v.at_most(v.abs(x), v.number(10.0 if size == 4 else 20.0))  # from there on it is 1
    whole = v.number(known.whole + known.bias)
    shifted = v.fma(a, v.number(2 / math.log(2)), whole)  # 2a = n · log 2 + 2h
    n = v.sub(shifted, whole)
    if v.fused:  # n is small, and what h loses hardly counts where it is not 0
        h = v.fma(n, v.number(-math.log(2) / 2), a)
    else:
        h = v.fma(n, v.number(-known.log2[0] / 2), a)
        h = v.fma(n, v.number(-known.log2[1] / 2), h)
    # e = 2ⁿ p + (2ⁿ - 1) / 2 with p = (e²ʰ - 1) / 2
    doubled = [c * 2 ** (k + 1) for k, c in enumerate(EXP[size])]
    p = v.fma(v.mul(h, h), v.polynomial(h, doubled), h)
    power, half = power_of_two(v, shifted), v.number(0.5)
    e = v.fma(power, p, v.fma(power, half, v.number(-0.5)))
    # What the rounded sum and quotient lost: e - q (e + 1), where q is nearly e if e is small.
    inverse = v.inverse(v.add(e, v.number(1)), size // 4 - 1)
    q = v.mul(e, inverse)
    lost = v.fma(v.neg(q), e, v.sub(e, q))
    return v.copysign(v.fma(lost, inverse, q), x)


def sigmoid(v: Lanes, x: str) -> str:
    """eˣ / (eˣ + 1), without the powers that are so large that it is 1."""
    power = exp(v, x, most=17.4 if v.dtype.itemsize == 4 else 37.5)
    return v.quotient(power, v.add(power, v.number(1)))


def _split(v: Lanes, x: str) -> tuple[str, str]:
    """x = m · 2ᵉ with m between √½ and √2; e is a number. Not for zeros, infinities, nan."""
    size, i = v.dtype.itemsize, v.integer
    known = FORMATS[size]
    if v.avx512:
        m, e = v.abs(v.mantissa(x)), v.exponent(x)  # that of -0 is -1
        large = v.compare("ogt", m, v.number(math.sqrt(2)))
        m = v.select(large, v.mul(m, v.number(0.5)), m)
        return m, v.select(large, v.add(e, v.number(1)), e)
    small = v.compare("olt", x, v.number(2.0 ** (1 - known.bias)))  # it has no leading one
    x = v.select(small, v.mul(x, v.number(2.0**known.digits)), x)
    one, root = known.bias << known.digits, _bits_of_root(size)
    lifted = i("add", v.bits(x), i.number(one - root))  # the fraction carries from √2 on
    fraction = i("and", lifted, i.number((1 << known.digits) - 1))
    m = v.from_bits(i("add", fraction, i.number(root)))
    # An integer in the last bits of a large number is that number plus the integer.
    large_number = (known.bias + known.digits) << known.digits
    biased = i("or", i("lshr", lifted, i.number(known.digits)), i.number(large_number))
    shift = 2.0**known.digits + known.bias
    e = v.select(small, v.number(-shift - known.digits), v.number(-shift))
    return m, v.add(v.from_bits(biased), e)


def _bits_of_root(size: int) -> int:
    """The bits of √½."""
    return 0x3F3504F3 if size == 4 else 0x3FE6A09E667F3BCD


# (log(1 + r) - r + r²/2) / r³ between √½ - 1 and √2 - 1, right to 2⁻²⁷ of the logarithm.
_LOG4 = (
    0.333333313, -0.250008196, 0.200012267, -0.166233584, 0.142017514, -0.131601721, 0.127616122,
    -0.0763456002,
)  # fmt: skip
# log(1 + r) = 2s + s·z·q(z) for s = r / (2 + r), z = s²; right to 2⁻⁵⁸.
_LOG8 = (
    0.6666666666666734, 0.3999999999941492, 0.28571428742376714, 0.22222198571109822,
    0.18183564548233722, 0.15314042867254068, 0.14796040373229277,
)  # fmt: skip


def log(v: Lanes, x: str) -> str:
    """The natural logarithm; -inf at 0 and nan below."""
    result = log_of_sum(v, x, None)
    if v.avx512:  # its instructions know what is special
        return result
    return special_logarithms(v, x, result)


def special_logarithms(v: Lanes, x: str, result: str) -> str:
    """The logarithms of numbers not above 0, infinity and nan put right."""
    zero, infinite = v.number(0), v.number(math.inf)
    special = v.select(v.compare("oeq", x, zero), v.number(-math.inf), v.number(math.nan))
    result = v.select(v.compare("ogt", x, zero), result, special)
    return v.select(v.compare("ult", x, infinite), result, x)


def log_of_sum(v: Lanes, x: str, low: str | None) -> str:
    """log x, or log x + low for a small `low`. Right for positive finite numbers."""
    high, rest = (v.number(part) for part in FORMATS[v.dtype.itemsize].log2)
    m, e = _split(v, x)
    r = v.sub(m, v.number(1))
    rest = v.mul(e, rest) if low is None else v.fma(e, rest, low)
    if v.dtype.itemsize == 4:
        z = v.mul(r, r)
        y = v.fma(v.mul(z, r), v.polynomial(r, _LOG4), rest)
        y = v.fma(z, v.number(-0.5), y)
        return v.fma(e, high, v.add(r, y))
    # r = 2s + s·r, so log(1 + r) = r - r²/2 + s (r²/2 + z·q): r itself enters exactly.
    s = v.quotient(r, v.add(r, v.number(2)))
    z, half = v.mul(s, s), v.mul(v.mul(r, r), v.number(0.5))
    y = v.fma(s, v.fma(z, v.polynomial(z, _LOG8), half), rest)
    return v.fma(e, high, v.add(r, v.sub(y, half)))
