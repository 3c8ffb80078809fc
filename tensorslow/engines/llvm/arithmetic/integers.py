"""Integer arithmetic in registers: it wraps around, and never traps."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from tensorslow.engines.llvm.arithmetic.lanes import FLOAT32, FLOAT64, Lanes

_LITERAL = re.compile(r"(?:splat \(i\d+ )?(-?\d+)\)?")


def value_of(x: str) -> int | None:
    """The number that a literal stands for; None for a register."""
    if x.startswith("%"):
        return None
    if x == "zeroinitializer":
        return 0
    match = _LITERAL.fullmatch(x)
    return int(match[1]) if match else None


def _instruction(name: str) -> Callable[..., str]:
    return lambda v, a, b: v.f.op(f"{name} {v.type} {a}, {b}")


def _negative(v: Lanes, x: str) -> str:
    return v("sub", v.number(0), x)


def _signed(v: Lanes) -> str:
    return "s" if v.dtype.kind == "i" else "u"


def _extreme(name: str) -> Callable[..., str]:
    return lambda v, a, b: v.intrinsic(f"{_signed(v)}{name}", a, b)


def _abs(v: Lanes, x: str) -> str:
    """The least integer is its own negative."""
    return v.intrinsic("smax", x, _negative(v, x)) if v.dtype.kind == "i" else x


def _sign(v: Lanes, x: str) -> str:
    x = v.intrinsic(f"{_signed(v)}min", x, v.number(1))
    return v.intrinsic("smax", x, v.number(-1)) if v.dtype.kind == "i" else x


def _shift(name: str) -> Callable[..., str]:
    """A shift by as much as the width or more (or by a negative number) leaves 0, or the sign."""

    def write(v: Lanes, a: str, b: str) -> str:
        known = value_of(b)
        if known is not None and 0 <= known < 8 * v.dtype.itemsize:
            how = "shl" if name == "left" else "ashr" if v.dtype.kind == "i" else "lshr"
            return v(how, a, b)
        width = v.number(8 * v.dtype.itemsize)
        last = v.number(8 * v.dtype.itemsize - 1)
        if name == "right" and v.dtype.kind == "i":
            return v("ashr", a, v.intrinsic("umin", b, last))
        inside = v.compare("ult", b, width)
        shifted = v("shl" if name == "left" else "lshr", a, v.intrinsic("umin", b, last))
        return v.select(inside, shifted, v.number(0))

    return write


def _divided(v: Lanes, a: str, b: str) -> tuple[str, str]:
    """The quotient rounded towards minus infinity, and what it leaves; by 1 instead of by 0."""
    known = value_of(b)
    signed = v.dtype.kind == "i"
    if known == -1 and signed:
        return _negative(v, a), v.number(0)
    if known is None:
        one = v.number(1)
        bad = v.compare("eq", b, v.number(0))
        # The least integer by -1 has no quotient; one of 16 bits has as a float.
        if signed and (v.dtype.itemsize >= 4 or v.lanes == 1):
            least = v.compare("eq", a, v.number(np.iinfo(v.dtype).min))
            minus = v.compare("eq", b, v.number(-1))
            both = v.f.op(f"and {v.bool} {least}, {minus}")
            bad = v.f.op(f"or {v.bool} {bad}, {both}")
        b = v.select(bad, one, b)
    elif known == 0:
        return a, v.number(0)
    quotient = _towards_zero(v, a, b, known)
    left = v("sub", a, v("mul", quotient, b))
    if not signed:
        return quotient, left
    # Where something is left whose sign is not the divisor's, the quotient is one less.
    zero = v.number(0)
    some = v.compare("ne", left, zero)
    other = v.compare("slt", v("xor", left, b), zero)
    over = v.f.op(f"and {v.bool} {some}, {other}")
    return (
        v("add", quotient, v.convert_bool("sext", over)),
        v("add", left, v.select(over, b, zero)),
    )


def _towards_zero(v: Lanes, a: str, b: str, known: int | None) -> str:
    """a / b without its fraction.

    Vectors of integers cannot be divided. Up to 32 bits the quotient of floating-point numbers with
    more than that is right: a / b is either whole, and exact, or at least 1 / b away from a whole
    number, which is more than it is rounded by.
    """
    signed = v.dtype.kind == "i"
    if v.dtype.itemsize == 8 or known is not None or v.lanes == 1:
        return v("sdiv" if signed else "udiv", a, b)
    w = v.like(FLOAT64 if v.dtype.itemsize == 4 else FLOAT32)
    to, back = ("sitofp", "fptosi") if signed else ("uitofp", "fptoui")
    quotient = w.div(v.convert(to, a, w), v.convert(to, b, w))
    if v.dtype.itemsize == 4:
        return w.convert(back, quotient, v)
    wide = v.like(np.dtype(np.int32))
    return wide.convert("trunc", w.convert("fptosi", quotient, wide), v)


def _power(v: Lanes, a: str, b: str) -> str:
    """By squaring, as long as some lane's exponent has bits left; negative exponents give
    nonsense, which `check` reports.
    """
    one, zero = v.number(1), v.number(0)

    def step(carried: list[str]) -> tuple[str, list[str]]:
        result, base, left = carried
        odd = v.compare("ne", v("and", left, one), zero)
        result = v.select(odd, v("mul", result, base), result)
        left = v("lshr", left, one)
        return v.any(v.compare("ne", left, zero)), [result, v("mul", base, base), left]

    return v.f.repeat(step, [(v.type, one), (v.type, a), (v.type, b)])[0]


def _half_of_product(high: bool) -> Callable[..., str]:
    """The upper or the lower half of a product of unsigned words by a known one."""

    def write(v: Lanes, a: str, b: str) -> str:
        width, factor = 8 * v.dtype.itemsize, value_of(b)
        assert factor is not None
        if v.lanes == 1 or not v.target.triple.startswith("x86"):
            w = v.like(np.dtype(f"u{2 * v.dtype.itemsize}"))
            product = w("mul", v.convert("zext", a, w), w.number(factor))
            if high:
                product = w("lshr", product, w.number(width))
            return w.convert("trunc", product, v)
        # x86 multiplies every other word.
        w = Lanes(v.f, v.target, np.dtype(f"u{2 * v.dtype.itemsize}"), v.lanes // 2)
        pairs = v.f.op(f"bitcast {v.type} {a} to {w.type}")
        words = w("and", pairs, w.number(2**width - 1)), w("lshr", pairs, w.number(width))
        even, odd = (
            v.f.op(f"bitcast {w.type} {w('mul', x, w.number(factor))} to {v.type}") for x in words
        )
        places = [k // 2 * 2 + high + k % 2 * v.lanes for k in range(v.lanes)]
        return v.f.shuffle(v.type, even, odd, places)

    return write


INLINE: dict[str, Callable[..., str]] = {
    "add": _instruction("add"),
    "subtract": _instruction("sub"),
    "multiply": _instruction("mul"),
    "fma": lambda v, a, b, c: v("add", v("mul", a, b), c),
    "floor_divide": lambda v, a, b: _divided(v, a, b)[0],
    "mod": lambda v, a, b: _divided(v, a, b)[1],
    "negative": _negative,
    "abs": _abs,
    "sign": _sign,
    "maximum": _extreme("max"),
    "minimum": _extreme("min"),
    "bitwise_and": _instruction("and"),
    "bitwise_or": _instruction("or"),
    "bitwise_xor": _instruction("xor"),
    "bitwise_not": lambda v, x: v("xor", x, v.number(-1)),
    "left_shift": _shift("left"),
    "right_shift": _shift("right"),
    "multiply_low": _half_of_product(False),
    "multiply_high": _half_of_product(True),
}
SHARED: dict[str, Callable[..., str]] = {"power": _power}
