"""The elementwise primitives in registers: what each of them is in LLVM's instructions.

The meaning is that of tensorslow/arrays/numeric.py, element by element. Nothing here traps: integer
divisors are guarded, and `check` says where one was bad.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tensorslow.engines.llvm.arithmetic import (
    functions,
    functions_exp,
    functions_special,
    functions_trig,
    integers,
    remainders,
)
from tensorslow.engines.llvm.arithmetic.calls import Writer, shared
from tensorslow.engines.llvm.arithmetic.casts import BOOL, bitcast, cast, truth
from tensorslow.engines.llvm.arithmetic.functions_special import erf
from tensorslow.engines.llvm.arithmetic.lanes import FLOAT32, Lanes
from tensorslow.engines.llvm.text.ir import Function
from tensorslow.engines.llvm.text.target import Target

# Comparisons: LLVM's condition for floats, and for integers (s or u goes in front of the latter)
_COMPARISONS = {
    "equal": ("oeq", "eq"),
    "not_equal": ("une", "ne"),
    "less": ("olt", "lt"),
    "less_equal": ("ole", "le"),
    "greater": ("ogt", "gt"),
    "greater_equal": ("oge", "ge"),
}
_LOGICAL = {"logical_and": "and", "logical_or": "or"}
_CLASSES = ("isnan", "isinf", "isfinite")


def emit(
    f: Function,
    target: Target,
    name: str,
    dtypes: Sequence[np.dtype],
    result: np.dtype,
    lanes: int,
    args: Sequence[str],
) -> str:
    """Writes one elementwise primitive over values in registers.

    Args:
        name: a primitive of tensorslow/arrays/numeric.py, or "fma" (a · b + c, rounded once where
            the processor can), "rsqrt" (1 / √x) or "sigmoid".
        dtypes: the operands' types; they are cast to what the primitive computes in.
        result: type of the result, as NumPy's promotion gives it.
        lanes: elements in a register; 1: scalars.
        args: names or literals.

    Returns:
        Name of the result, a register of type `result` (truth values: i1).
    """
    if name == "cast":
        return cast(f, target, dtypes[0], result, lanes, args[0])
    if name == "bitcast":
        return bitcast(f, target, dtypes[0], result, lanes, args[0])
    if name == "where":
        return _where(f, target, dtypes, result, lanes, args)
    if name in _COMPARISONS:
        return _comparison(f, target, name, dtypes, lanes, args)
    if name in _LOGICAL or name == "logical_not":
        bits = Lanes(f, target, BOOL, lanes)
        values = [
            truth(Lanes(f, target, dtype, lanes), x) for dtype, x in zip(dtypes, args, strict=True)
        ]
        if name == "logical_not":
            return bits("xor", values[0], bits.number(True))
        return bits(_LOGICAL[name], *values)
    if name in _CLASSES:
        return _class(f, target, name, dtypes[0], lanes, args[0])
    work = FLOAT32 if result == np.float16 else result
    v = Lanes(f, target, work, lanes)
    values = [cast(f, target, dtype, work, lanes, x) for dtype, x in zip(dtypes, args, strict=True)]
    value = _TABLES[work.kind][name](v, *values)
    return value if work == result else cast(f, target, work, result, lanes, value)


def supports(name: str, dtypes: Sequence[np.dtype], result: np.dtype) -> bool:
    """Whether `emit` can write this primitive for these types."""
    for dtype in (*dtypes, result):
        if dtype.kind not in "fiub" or dtype.itemsize > 8:
            return False
    if name == "bitcast":
        return dtypes[0].itemsize == result.itemsize
    return name in _ANY or name in _TABLES[result.kind]


def check(
    f: Function,
    target: Target,
    name: str,
    dtypes: Sequence[np.dtype],
    lanes: int,
    args: Sequence[str],
    mask: str | None = None,
) -> str | None:
    """Writes whether NumPy would raise for some lane, as an i1; None where it never does.

    Args:
        mask: the lanes that count (i1 each); None: all of them.
    """
    if name not in ("floor_divide", "mod", "power") or any(d.kind == "f" for d in dtypes):
        return None
    v = Lanes(f, target, dtypes[1], lanes)
    known = integers.value_of(args[1])
    if name == "power":
        if np.result_type(*dtypes).kind != "i" or known is not None and known >= 0:
            return None
        bad = v.compare("slt", args[1], v.number(0))
    elif known:
        return None
    else:
        bad = v.compare("eq", args[1], v.number(0))
    if mask is not None:
        bad = Lanes(f, target, BOOL, lanes)("and", bad, mask)
    return v.any(bad)


# Those with rules of their own


def _where(
    f: Function,
    target: Target,
    dtypes: Sequence[np.dtype],
    result: np.dtype,
    lanes: int,
    args: Sequence[str],
) -> str:
    condition = truth(Lanes(f, target, dtypes[0], lanes), args[0])
    a, b = (
        cast(f, target, dtype, result, lanes, x)
        for dtype, x in zip(dtypes[1:], args[1:], strict=True)
    )
    return Lanes(f, target, result, lanes).select(condition, a, b)


def _comparison(
    f: Function,
    target: Target,
    name: str,
    dtypes: Sequence[np.dtype],
    lanes: int,
    args: Sequence[str],
) -> str:
    floating, whole = _COMPARISONS[name]
    kinds = {dtype.kind for dtype in dtypes}
    if kinds == {"i", "u"} and np.dtype(np.uint64) in dtypes:
        return _mixed_comparison(f, target, name, dtypes, lanes, args)
    common = np.result_type(*dtypes)
    if common == np.float16:
        common = FLOAT32
    v = Lanes(f, target, common, lanes)
    a, b = (cast(f, target, dtype, common, lanes, x) for dtype, x in zip(dtypes, args, strict=True))
    if common.kind == "f":
        return v.compare(floating, a, b)
    sign = "" if whole in ("eq", "ne") else "s" if common.kind == "i" else "u"
    return v.compare(sign + whole, a, b)


def _mixed_comparison(
    f: Function,
    target: Target,
    name: str,
    dtypes: Sequence[np.dtype],
    lanes: int,
    args: Sequence[str],
) -> str:
    """uint64 beside a signed type: no type holds both; below 0 the answer is known."""
    unsigned = np.dtype(np.uint64)
    signed_at = 0 if dtypes[0].kind == "i" else 1
    v = Lanes(f, target, unsigned, lanes)
    bits = Lanes(f, target, BOOL, lanes)
    values = [
        cast(f, target, dtype, np.dtype(np.int64), lanes, x) if dtype.kind == "i" else
        cast(f, target, dtype, unsigned, lanes, x)
        for dtype, x in zip(dtypes, args, strict=True)
    ]  # fmt: skip
    condition = _COMPARISONS[name][1]
    sign = "" if condition in ("eq", "ne") else "u"
    result = v.compare(sign + condition, *values)
    below = v.compare("slt", values[signed_at], v.number(0))
    answer = {"equal": False, "not_equal": True}.get(
        name, name.startswith("less") == (signed_at == 0)
    )
    return bits.select(below, bits.number(answer), result)


def _class(f: Function, target: Target, name: str, dtype: np.dtype, lanes: int, x: str) -> str:
    """isnan, isinf, isfinite."""
    if dtype.kind != "f":
        return Lanes(f, target, BOOL, lanes).number(name == "isfinite")
    if dtype.itemsize == 2:
        x, dtype = cast(f, target, dtype, FLOAT32, lanes, x), FLOAT32
    v = Lanes(f, target, dtype, lanes)
    if name == "isnan":
        return v.is_nan(x)
    return v.compare("oeq" if name == "isinf" else "olt", v.abs(x), v.number(np.inf))


# Floating-point numbers


def _never_nan(x: str) -> bool:
    """Whether it is a literal that is a number."""
    text = x.removesuffix(")").rpartition(" ")[2]
    if not text.startswith("0x") or text[2] in "HKLMR":
        return x == "zeroinitializer"
    return int(text, 16) & 0x7FFFFFFFFFFFFFFF <= 0x7FF0000000000000


def _extreme(condition: str) -> Writer:
    """maximum or minimum; nan if either is.

    The select alone, one instruction on x86, is its second operand where one is nan.
    """

    def write(v: Lanes, a: str, b: str) -> str:
        if _never_nan(b):
            a, b = b, a
        best = v.select(v.compare(condition, a, b), a, b)
        return best if _never_nan(a) else v.select(v.is_nan(a), a, best)

    return write


def _sign(v: Lanes, x: str) -> str:
    """-1, 0 or 1; nan is nan, and 0 comes without a sign."""
    zero = v.number(0)
    positive = v.select(v.compare("ogt", x, zero), v.number(1), v.add(x, zero))
    return v.select(v.compare("olt", x, zero), v.number(-1), positive)


def _rsqrt(v: Lanes, x: str) -> str:
    return v.div(v.number(1), v.intrinsic("sqrt", x))


def _instruction(name: str) -> Writer:
    return lambda v, a, b: v.f.op(f"{name} {v.type} {a}, {b}")


def _intrinsic(name: str) -> Writer:
    return lambda v, x: v.intrinsic(name, x)


def _identity(v: Lanes, x: str) -> str:
    return x


def _shared(name: str, write: Writer) -> Writer:
    return lambda v, *args: shared(v, name, write, *args)


def _erf(v: Lanes, x: str) -> str:
    """Written out in float32, where it is short and gelu needs it; else a function of its own."""
    return erf(v, x) if v.dtype == FLOAT32 else shared(v, "erf", erf, x)


# Long ones, of which a module has one function for each type
_SHARED = (
    functions_exp.SHARED | functions_trig.SHARED | functions_special.SHARED | remainders.SHARED
)
_FLOATING: dict[str, Writer] = {
    "add": _instruction("fadd"),
    "subtract": _instruction("fsub"),
    "multiply": _instruction("fmul"),
    "divide": _instruction("fdiv"),
    "negative": lambda v, x: v.neg(x),
    "abs": _intrinsic("fabs"),
    "conj": _identity,
    "sign": _sign,
    "maximum": _extreme("ogt"),
    "minimum": _extreme("olt"),
    "sqrt": _intrinsic("sqrt"),
    "rsqrt": _rsqrt,
    "fma": lambda v, a, b, c: v.fma(a, b, c),
    "floor": _intrinsic("floor"),
    "ceil": _intrinsic("ceil"),
    "rint": _intrinsic("rint"),
    "exp": functions.exp,
    "log": functions.log,
    "tanh": functions.tanh,
    "sigmoid": functions.sigmoid,
    "erf": _erf,
    **{name: _shared(name, write) for name, write in _SHARED.items()},
    "expm1": functions_exp.expm1,
    "log1p": functions_exp.log1p,
}
_INTEGER: dict[str, Writer] = {
    **integers.INLINE,
    **{name: _shared(name, write) for name, write in integers.SHARED.items()},
    "conj": _identity,
    "floor": _identity,
    "ceil": _identity,
}
_BOOLEAN: dict[str, Writer] = {
    "add": _instruction("or"),
    "multiply": _instruction("and"),
    "maximum": _instruction("or"),
    "minimum": _instruction("and"),
    "bitwise_and": _instruction("and"),
    "bitwise_or": _instruction("or"),
    "bitwise_xor": _instruction("xor"),
    "bitwise_not": lambda v, x: v("xor", x, v.number(True)),
    **dict.fromkeys(("abs", "conj", "floor", "ceil"), _identity),
}
_TABLES = {"f": _FLOATING, "i": _INTEGER, "u": _INTEGER, "b": _BOOLEAN}
_ANY = frozenset(("cast", "where", "logical_not", *_COMPARISONS, *_LOGICAL, *_CLASSES))
SUPPORTED = frozenset((*_ANY, "bitcast", *_FLOATING, *_INTEGER, *_BOOLEAN))
