"""Conversions between element types in registers, with the results of NumPy's astype."""

from __future__ import annotations

import numpy as np

from tensorslow.engines.llvm.arithmetic.lanes import FLOAT32, Lanes, has_half
from tensorslow.engines.llvm.text.ir import Function
from tensorslow.engines.llvm.text.target import Target

BOOL = np.dtype(np.bool_)


def cast(f: Function, target: Target, source: np.dtype, goal: np.dtype, lanes: int, x: str) -> str:
    """The value in another element type."""
    if source == goal:
        return x
    v, w = Lanes(f, target, source, lanes), Lanes(f, target, goal, lanes)
    if goal.kind == "b":
        return truth(v, x)
    if source.kind == "b":
        return _integer_to_float(v, x, w) if goal.kind == "f" else v.convert("zext", x, w)
    if source.kind == "f":
        if source.itemsize == 2 and goal != FLOAT32:
            return cast(f, target, FLOAT32, goal, lanes, cast(f, target, source, FLOAT32, lanes, x))
        return _float_to_float(v, x, w) if goal.kind == "f" else _float_to_integer(v, x, w)
    if goal.kind == "f":
        return _integer_to_float(v, x, w)
    if goal.itemsize == source.itemsize:
        return x
    if goal.itemsize < source.itemsize:
        return v.convert("trunc", x, w)
    return v.convert("sext" if source.kind == "i" else "zext", x, w)


def truth(v: Lanes, x: str) -> str:
    """Whether it is not 0 (nan is not)."""
    if v.dtype.kind == "b":
        return x
    if v.dtype == np.float16:  # its bits without the sign: not every processor compares float16
        i = v.integer
        return i.compare("ne", i("and", v.bits(x), i.number(0x7FFF)), i.number(0))
    return v.compare("une" if v.dtype.kind == "f" else "ne", x, v.number(0))


def _float_to_float(v: Lanes, x: str, w: Lanes) -> str:
    if v.dtype.itemsize == 2:
        return v.convert("fpext", x, w) if has_half(v.target) else _half_to_float(v, x, w)
    if w.dtype.itemsize > v.dtype.itemsize:
        return v.convert("fpext", x, w)
    if w.dtype.itemsize == 2:
        if v.dtype.itemsize == 8:
            x, v = _rounded_to_odd(v, x), v.like(FLOAT32)
        return v.convert("fptrunc", x, w) if has_half(v.target) else _float_to_half(v, x, w)
    return v.convert("fptrunc", x, w)


def _integer_to_float(v: Lanes, x: str, w: Lanes) -> str:
    how = "sitofp" if v.dtype.kind == "i" else "uitofp"
    if w.dtype.itemsize > 2:
        return v.convert(how, x, w)
    middle = v.like(FLOAT32)
    return _float_to_float(middle, v.convert(how, x, middle), w)


def _float_to_integer(v: Lanes, x: str, w: Lanes) -> str:
    """Towards 0. Of what does not fit the processor's instruction makes something (the least
    integer on x86, as in NumPy there): `freeze` tells LLVM that it is to be that, whatever it is.
    """
    size = w.dtype.itemsize
    if size < 4:  # NumPy goes through int32
        wide = v.like(np.dtype(np.int32))
        return wide.convert("trunc", _truncated(v, x, wide), w)
    if w.dtype.kind == "i":
        return _truncated(v, x, w)
    # From half of the range on, the half is taken off before and put back after.
    half = v.number(2.0 ** (8 * size - 1))
    large = v.compare("oge", x, half)
    signed = _truncated(v, v.select(large, v.sub(x, half), x), w)
    top = w.number(1 << (8 * size - 1))
    return w.select(large, w("xor", signed, top), signed)


def _truncated(v: Lanes, x: str, w: Lanes) -> str:
    return w("freeze", v.convert("fptosi", x, w))


# float16 where there is no instruction for it, and from float64, where LLVM would call a function
# that not every system has.


def _rounded_to_odd(v: Lanes, x: str) -> str:
    """float64 as float32 such that rounding once more gives what rounding once would.

    What is not exact gets an odd last bit, so that it never looks like the middle between two
    numbers of a shorter type.
    """
    narrow = v.like(FLOAT32)
    y = v.convert("fptrunc", x, narrow)
    back = narrow.convert("fpext", y, v)
    bits, one = narrow.bits(y), narrow.integer.number(1)
    # Towards 0 first: one step back where the rounding went away from it.
    away = v.compare("ogt", v.abs(back), v.abs(x))
    toward = narrow.integer.select(away, narrow.integer("sub", bits, one), bits)
    inexact = v.compare("one", back, x)
    return narrow.from_bits(
        narrow.integer.select(inexact, narrow.integer("or", toward, one), toward)
    )


def _half_to_float(v: Lanes, x: str, w: Lanes) -> str:
    """The exponent and fraction shifted into place; a product puts the bias right, and gives those
    without a leading one theirs.
    """
    i = w.integer
    wide = v.integer.convert("zext", v.bits(x), i)
    size = w.from_bits(i("shl", i("and", wide, i.number(0x7FFF)), i.number(13)))
    scaled = w.bits(w.mul(size, w.number(2.0**112)))
    special = w.compare("oge", size, w.number(2.0**-96))  # exponent 31: inf and nan
    scaled = i.select(special, i("or", scaled, i.number(0x7F800000)), scaled)
    sign = i("shl", i("and", wide, i.number(0x8000)), i.number(16))
    return w.from_bits(i("or", scaled, sign))


def _float_to_half(v: Lanes, x: str, w: Lanes) -> str:
    """Rounded to the nearest, to even between two."""
    i = v.integer
    bits = v.bits(x)
    size = i("and", bits, i.number(0x7FFFFFFF))
    # Normal ones: half of the last place is added, less one where the last bit is even; the
    # exponent is 112 less. What becomes too large is infinite.
    odd = i("and", i("lshr", size, i.number(13)), i.number(1))
    rounded = i("add", i("add", size, i.number(0xFFF - (112 << 23))), odd)
    normal = i("lshr", rounded, i.number(13))
    normal = i.select(i.compare("ugt", size, i.number(0x477FEFFF)), i.number(0x7C00), normal)
    # Small ones: adding a number whose last place is float16's smallest number rounds to that.
    half = v.bits(v.add(v.from_bits(size), v.number(0.5)))
    small = i("sub", half, i.number(0x3F000000))
    result = i.select(i.compare("ult", size, i.number(0x38800000)), small, normal)
    result = i.select(i.compare("ugt", size, i.number(0x7F800000)), i.number(0x7E00), result)
    sign = i("lshr", i("and", bits, i.number(0x80000000)), i.number(16))
    return w.from_bits(i.convert("trunc", i("or", result, sign), w.integer))


def bitcast(
    f: Function, target: Target, source: np.dtype, goal: np.dtype, lanes: int, x: str
) -> str:
    """The same bytes read as another type of the same size."""
    if source == goal:
        return x
    v, w = Lanes(f, target, source, lanes), Lanes(f, target, goal, lanes)
    if source.kind == "b":
        return bitcast(f, target, np.dtype(np.int8), goal, lanes, v.convert("zext", x, v.integer))
    if goal.kind == "b":
        return v.compare("ne", x, v.number(0))
    return x if v.type == w.type else f.op(f"bitcast {v.type} {x} to {w.type}")
