"""Where nan and infinity come from: the first operation that makes one of finite operands, and why.

The reason is told from the ranges of the operands, and for the operations that usually do it in a
sentence of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.nodes import Operation


def kind_of(arrays: Sequence[Any]) -> str | None:
    """What there is among the elements: "nan", else "inf", else None."""
    found = None
    for x in arrays:
        x = np.asarray(x)
        if x.dtype.kind in "fc" and not np.isfinite(x).all():
            if np.isnan(x).any():
                return "nan"
            found = "inf"
    return found


def is_origin(arguments: Sequence[Any], results: Sequence[Any]) -> str | None:
    """What an operation made anew: "nan" of operands without, "inf" of finite ones, or None."""
    found = kind_of(results)
    if found is None:
        return None
    given = kind_of([x for x in arguments if x is not None])
    return found if given is None or (found, given) == ("nan", "inf") else None


def operand_lines(op: Operation, arguments: Sequence[Any]) -> list[tuple[str, str]]:
    """Label and range of each operand: "x", "'softmax'  float64[50, 2]  0.0 … 0.9"."""
    labels = op.opdef.each_label(len(op.inputs))
    lines = []
    for label, tensor, x in zip(labels, op.inputs, arguments):
        if x is None:
            lines.append((label, f"{tensor.op.name!r}  not read"))
        else:
            lines.append((label, f"{tensor.op.name!r}  {TensorSpec.of(x)}  {range_of(x)}"))
    return lines


def range_of(array: Any) -> str:
    """Smallest and largest finite element, and how many are not finite."""
    x = np.asarray(array)
    if x.dtype.kind not in "biuf":
        return "" if x.dtype.kind != "c" else f"magnitudes {range_of(np.abs(x))}"
    if not x.size:
        return "no elements"
    plain = x[np.isfinite(x)] if x.dtype.kind == "f" else x
    parts = []
    if plain.size:
        low, high = _short(plain.min()), _short(plain.max())
        parts.append(low if low == high else f"{low} … {high}")
    if x.dtype.kind == "f":
        for count, what in ((np.isnan(x).sum(), "nan"), (np.isinf(x).sum(), "inf")):
            if count:
                parts.append(f"{count} of {x.size} {what}")
    return ", ".join(parts)


def why(op: Operation, arguments: Sequence[Any], kind: str) -> str:
    """Why an operation made nan or infinity of these operands, which had none, in a sentence."""
    arrays = [np.asarray(x) for x in arguments if x is not None]
    if kind_of(arrays) == "inf":
        return "its operands have infinities, and inf − inf, inf / inf and 0 · inf are nan"
    rule = _REASONS.get(op.type)
    with np.errstate(all="ignore"):
        reason = rule(*arrays) if rule is not None and _are_numbers(arrays) else None
        reason = reason or _too_large(op, arrays, kind)
    if reason is None and op.opdef.bodies:
        return f"a step inside made {kind}; Session(debug=True) names it"
    return reason or f"{op.type} made {kind} of finite operands"


def remedy(op: Operation, arguments: Sequence[Any], kind: str) -> str:
    """What to do about it."""
    forward = op if op.gradient_of is None else op.gradient_of
    return _REMEDIES.get(forward.type) or _REMEDIES.get(op.type) or _ANY


def _are_numbers(arrays: Sequence[Any]) -> bool:
    return bool(arrays) and all(x.dtype.kind in "biuf" and x.size for x in arrays)


def _short(x: Any) -> str:
    return f"{float(x):.4g}" if np.asarray(x).dtype.kind == "f" else str(x)


def _log(x: Any, *_: Any) -> str | None:
    return _below(x, 0, "log")


def _log1p(x: Any) -> str | None:
    return _below(x, -1, "log1p")


def _below(x: Any, limit: float, name: str) -> str | None:
    if x.min() < limit:
        count = int((x < limit).sum())
        if x.size == 1:
            return f"{name} of a number below {limit}: {_short(x.min())}"
        return f"{name} of a number below {limit}: {_count(count, x)} down to {_short(x.min())}"
    if (x == limit).any():
        return f"{name} of {limit}: {_count(int((x == limit).sum()), x)}"
    return None


def _count(count: int, x: Any) -> str:
    return f"{count} of {x.size} elements of its operand" if x.size > 1 else "its operand"


def _divide(a: Any, b: Any) -> str | None:
    if not (b == 0).any():
        return None
    both = (a == 0) & (b == 0)
    what = "0 / 0" if both.any() else "x / 0"
    return f"{what}: {_zeros(b)} of the divisor"


def _zeros(b: Any) -> str:
    return f"{int((b == 0).sum())} of {b.size} elements" if b.size > 1 else "the only element"


def _reciprocal(x: Any) -> str | None:
    return f"1 / 0: {_zeros(x)} of its operand" if (x == 0).any() else None


def _exp(x: Any) -> str | None:
    limit = np.log(np.finfo(x.dtype).max) if x.dtype.kind == "f" else np.inf
    if x.max() > limit:
        return f"exp of {_short(x.max())}: {x.dtype} holds no more than exp of {_short(limit)}"
    return None


def _sqrt(x: Any) -> str | None:
    return f"square root of {_short(x.min())}" if x.min() < 0 else None


def _rsqrt(x: Any) -> str | None:
    at_zero = f"1 / square root of 0: {_zeros(x)} of its operand" if (x == 0).any() else None
    return _sqrt(x) or at_zero


def _power(a: Any, b: Any) -> str | None:
    if ((a < 0) & (b != np.round(b))).any():
        return f"a negative number ({_short(a.min())}) to a power that is no integer"
    if ((a == 0) & (b < 0)).any():
        return f"0 to a negative power ({_short(b.min())})"
    return None


def _outside(low: float, high: float, name: str) -> Callable[[Any], str | None]:
    def reason(x: Any) -> str | None:
        if x.min() < low or x.max() > high:
            return f"{name} outside [{low}, {high}]: {range_of(x)}"
        edge = (x == low) | (x == high)
        return f"{name} at the edge of [{low}, {high}]" if edge.any() else None

    return reason


_ANY = "no variable has changed; ts.inspect shows what led to it"
_EXP = "subtract the largest element before exp, or use softmax, log_softmax or reduce_logsumexp"
_ROOT = "add a small constant under the root: its slope at 0 is infinite"
_LOG = (
    "for the log of a softmax use nn.log_softmax or "
    "nn.softmax_cross_entropy_with_logits_v2, which cannot meet 0; else ts.maximum(x, 1e-12)"
)
_REMEDIES = {
    "Log": _LOG,
    "Log1p": _LOG,
    "RealDiv": "ts.div_no_nan gives 0 where the divisor is 0",
    "Reciprocal": "ts.div_no_nan(1.0, x) gives 0 where x is 0",
    "Exp": _EXP,
    "Expm1": _EXP,
    "Sqrt": _ROOT,
    "Rsqrt": _ROOT,
}
_REASONS: dict[str, Callable[..., str | None]] = {
    "Log": _log,
    "Log1p": _log1p,
    "RealDiv": _divide,
    "FloorDiv": _divide,
    "FloorMod": _divide,
    "TruncateDiv": _divide,
    "TruncateMod": _divide,
    "Reciprocal": _reciprocal,
    "Exp": _exp,
    "Expm1": _exp,
    "Sinh": _exp,
    "Cosh": _exp,
    "Sqrt": _sqrt,
    "Rsqrt": _rsqrt,
    "Pow": _power,
    "Acos": _outside(-1, 1, "acos"),
    "Asin": _outside(-1, 1, "asin"),
    "Atanh": _outside(-1, 1, "atanh"),
    "Acosh": _outside(1, np.inf, "acosh"),
}


def _too_large(op: Operation, arrays: Sequence[Any], kind: str) -> str | None:
    """An overflow: numbers that are finite, but whose result is not."""
    if any(x.size == 0 for x in arrays):
        return f"{op.type} of no elements" + (": 0 / 0" if kind == "nan" else "")
    floats = [x for x in arrays if x.dtype.kind == "f" and x.size]
    if not floats:
        return None
    dtype = max((x.dtype for x in floats), key=lambda d: d.itemsize)
    largest = max(float(np.abs(x).max()) for x in floats)
    if largest > float(np.finfo(dtype).max) ** 0.25:
        return (
            f"numbers up to {largest:.4g} in size: the result is beyond {dtype}, "
            f"which ends at {float(np.finfo(dtype).max):.3g}"
        )
    return None
