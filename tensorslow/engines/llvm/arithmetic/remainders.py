"""floor_divide and mod of floating-point numbers, in registers."""

from __future__ import annotations

import math
from collections.abc import Callable

from tensorslow.engines.llvm.arithmetic.functions import FORMATS
from tensorslow.engines.llvm.arithmetic.lanes import Lanes, rarely


def _divided(v: Lanes, a: str, b: str, part: int) -> str:
    """The quotient rounded down (part 0), or what it leaves (part 1).

    Quotients of a few digits are found in registers: a - q·b is exact if q is the quotient rounded
    down, or one more, which its sign tells. For all others there is fmod.
    """
    if not v.fused:
        return _by_fmod(v, a, b, part)
    ratio = v.div(a, b)
    q = v.intrinsic("floor", ratio)
    left = v.fma(v.neg(q), b, a)
    zero = v.number(0)
    over = _signs_differ(v, left, b)
    if part == 0:
        usual = v.select(over, v.sub(q, v.number(1)), q)
    else:
        usual = v.select(over, v.add(left, b), left)
        usual = v.select(v.compare("oeq", usual, zero), v.copysign(zero, b), usual)
    few = v.compare("olt", v.abs(ratio), v.number(2.0 ** (FORMATS[v.dtype.itemsize].digits - 1)))
    finite = v.compare("olt", v.abs(b), v.number(math.inf))
    all_few = v.all(v.f.op(f"and {v.bool} {few}, {finite}"))
    return rarely(v, all_few, usual, lambda: _by_fmod(v, a, b, part))


def _signs_differ(v: Lanes, left: str, b: str) -> str:
    """Whether there is something left, with a sign that is not the divisor's."""
    some = v.compare("one", left, v.number(0))
    below = v.compare("olt", left, v.number(0))
    other = v.f.op(f"xor {v.bool} {below}, {v.compare('olt', b, v.number(0))}")
    return v.f.op(f"and {v.bool} {some}, {other}")


def _by_fmod(v: Lanes, a: str, b: str, part: int) -> str:
    """As NumPy finds them, which took it from Python."""
    zero, one = v.number(0), v.number(1)
    left = v("frem", a, b)
    over = _signs_differ(v, left, b)
    if part == 1:
        fixed = v.select(over, v.add(left, b), left)
        result = v.select(v.compare("oeq", left, zero), v.copysign(zero, b), fixed)
        return result
    ratio = v.div(a, b)
    quotient = v.div(v.sub(a, left), b)
    quotient = v.select(over, v.sub(quotient, one), quotient)
    down = v.intrinsic("floor", quotient)
    far = v.compare("ogt", v.sub(quotient, down), v.number(0.5))
    down = v.select(far, v.add(down, one), down)
    down = v.select(v.compare("oeq", quotient, zero), v.copysign(zero, ratio), down)
    return v.select(v.compare("oeq", b, zero), ratio, down)


SHARED: dict[str, Callable[..., str]] = {
    "floor_divide": lambda v, a, b: _divided(v, a, b, 0),
    "mod": lambda v, a, b: _divided(v, a, b, 1),
}
