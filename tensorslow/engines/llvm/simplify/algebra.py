"""Algebra of elementwise primitives: what is exact, nan, infinities and -0 included.

Each rule gets operands of the right types and returns what the primitive is for them, or None.
The result may have a smaller shape that is then repeated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorslow.engines.llvm.programs.program import Symbol
from tensorslow.engines.llvm.simplify.builder import Builder, Value, defined_by
from tensorslow.engines.llvm.simplify.elementwise import broadcast_shape, call, elementwise
from tensorslow.engines.llvm.simplify.powers import power
from tensorslow.engines.llvm.simplify.rows import bounds
from tensorslow.engines.llvm.simplify.windows import masked_scatter

# By primitive; `_rule` adds those below.
RULES: dict[str, Callable[..., Value | None]] = {"power": power}


def _rule(*names: str) -> Callable[[Callable[..., Value | None]], Callable[..., Value | None]]:
    def register(function: Callable[..., Value | None]) -> Callable[..., Value | None]:
        for name in names:
            RULES[name] = function
        return function

    return register


def _is(x: Value, number: float) -> bool:
    """Whether x is this number everywhere; 0 is not -0."""
    return (
        isinstance(x, np.generic)
        and bool(x == number)
        and (number != 0 or math.copysign(1, x) == math.copysign(1, number))
    )


def _is_integer(x: Value) -> bool:
    return x.dtype.kind in "iu"


def _sorted(x: Value, y: Value) -> tuple[Value, Value]:
    """Two operands whose order does not matter: a literal comes last."""
    return (y, x) if isinstance(x, np.generic) else (x, y)


@_rule("add")
def _add(b: Builder, x: Value, y: Value) -> Value | None:
    u, v = _sorted(x, y)
    if _is_integer(u):
        if _is(v, 0):
            return u
        if isinstance(v, np.generic) and (s := defined_by(u, "add")):
            inner, c = s.args
            if isinstance(c, np.generic):
                return call(b, "add", inner, _folded(b, np.add, c, v))
    elif isinstance(v, np.generic) and v == 0 and math.copysign(1, v) < 0:
        return u
    if (s := defined_by(v, "negative")) and (t := defined_by(u, "negative")):
        return call(b, "negative", call(b, "add", t.args[0], s.args[0]))
    if s := defined_by(v, "negative"):
        return call(b, "subtract", u, s.args[0])
    if s := defined_by(u, "negative"):
        return call(b, "subtract", v, s.args[0])
    return None if u is x else call(b, "add", u, v)


def _folded(b: Builder, function: Any, *literals: Any) -> Value:
    with np.errstate(all="ignore"):
        return b.literal(function(*literals), literals[0].dtype)


@_rule("subtract")
def _subtract(b: Builder, x: Value, y: Value) -> Value | None:
    if isinstance(y, np.generic) and y == 0 and not np.signbit(y):
        return x
    if _is_integer(x):
        if x is y:
            return b.literal(0, x.dtype)
        if _is(x, 0):
            return call(b, "negative", y)
        if isinstance(y, np.generic):
            return call(b, "add", x, _folded(b, np.negative, y))
    if s := defined_by(y, "negative"):
        return call(b, "add", x, s.args[0])
    return None


@_rule("multiply")
def _multiply(b: Builder, x: Value, y: Value) -> Value | None:
    u, v = _sorted(x, y)
    if isinstance(v, np.generic):
        if v == 1:
            return u
        if v == -1 and u.dtype.kind != "u":
            return call(b, "negative", u)
        if _is_integer(u):
            if v == 0:
                return v
            if (s := defined_by(u, "multiply")) and isinstance(s.args[1], np.generic):
                return call(b, "multiply", s.args[0], _folded(b, np.multiply, s.args[1], v))
        elif s := defined_by(u, "negative"):
            return call(b, "multiply", s.args[0], _folded(b, np.negative, v))
    elif (s := defined_by(u, "negative")) and (t := defined_by(v, "negative")):
        return call(b, "multiply", s.args[0], t.args[0])
    return None if u is x else call(b, "multiply", u, v)


@_rule("divide")
def _divide(b: Builder, x: Value, y: Value) -> Value | None:
    if not isinstance(y, np.generic):
        if (s := defined_by(x, "negative")) and (t := defined_by(y, "negative")):
            return call(b, "divide", s.args[0], t.args[0])
        return _sigmoid(b, y) if _is(x, 1) else None
    if y == 1:
        return x
    number = float(y)
    if number != 0 and math.isfinite(number) and abs(math.frexp(number)[0]) == 0.5:
        inverse, info = 1 / number, np.finfo(x.dtype)
        if float(info.tiny) <= abs(inverse) <= float(info.max):  # a power of two: exact
            return call(b, "multiply", x, b.literal(inverse, x.dtype))
    return None


def _sigmoid(b: Builder, y: Value) -> Value | None:
    """1 / y where y is exp(-x) + 1."""
    s = defined_by(y, "add")
    if s is None or not _is(s.args[1], 1):
        return None
    power = defined_by(s.args[0], "exp")
    x = power.args[0] if power else None
    negated = defined_by(x, "negative") or defined_by(x, "multiply")
    if negated is None:
        return None
    if negated.name == "multiply" and not (
        isinstance(negated.args[1], np.generic) and float(negated.args[1]) < 0
    ):
        return None
    return call(b, "sigmoid", call(b, "negative", x))


@_rule("floor_divide")
def _floor_divide(b: Builder, x: Value, y: Value) -> Value | None:
    return x if _is_integer(x) and _is(y, 1) else None


@_rule("mod")
def _mod(b: Builder, x: Value, y: Value) -> Value | None:
    return b.literal(0, x.dtype) if _is_integer(x) and _is(y, 1) else None


@_rule("negative")
def _negative(b: Builder, x: Value) -> Value | None:
    if s := defined_by(x, "negative"):
        return s.args[0]
    s = None if _is_integer(x) else defined_by(x, "multiply")
    if s is not None and isinstance(s.args[1], np.generic):
        return call(b, "multiply", s.args[0], _folded(b, np.negative, s.args[1]))
    return None


@_rule("abs")
def _abs(b: Builder, x: Value) -> Value | None:
    if defined_by(x, "abs"):
        return x
    if s := defined_by(x, "negative"):
        return call(b, "abs", s.args[0])
    return None


def _idempotent(name: str) -> Callable[..., Value | None]:
    """The rule of maximum or minimum."""
    sign = 1 if name == "maximum" else -1

    def rule(b: Builder, x: Value, y: Value) -> Value | None:
        if x is y:
            return x
        u, v = _sorted(x, y)
        if isinstance(v, np.generic) and u.dtype.kind == "f" and v == -sign * np.inf:
            return u
        return None if u is x else call(b, name, u, v)

    return rule


RULES["maximum"] = _idempotent("maximum")
RULES["minimum"] = _idempotent("minimum")


@_rule("where")
def _where(b: Builder, condition: Value, x: Value, y: Value) -> Value | None:
    if x is y:
        return x
    if isinstance(condition, np.generic):
        return x if condition else y
    if s := defined_by(condition, "logical_not"):
        return call(b, "where", s.args[0], y, x)
    if x.dtype.kind == "b" and isinstance(x, np.generic) and isinstance(y, np.generic):
        return condition if x else call(b, "logical_not", condition)
    return masked_scatter(b, condition, x, y)


# Truth values and comparisons


@_rule("logical_not")
def _logical_not(b: Builder, x: Value) -> Value | None:
    if s := defined_by(x, "logical_not"):
        return s.args[0]
    s = x.source if isinstance(x, Symbol) else None
    if s is None or s.name not in _OPPOSITES:
        return None
    exact = s.name in ("equal", "not_equal") or s.args[0].dtype.kind != "f"
    return _compare(b, _OPPOSITES[s.name], *s.args) if exact else None


_OPPOSITES = {
    "equal": "not_equal",
    "not_equal": "equal",
    "less": "greater_equal",
    "less_equal": "greater",
    "greater": "less_equal",
    "greater_equal": "less",
}


def _compare(b: Builder, name: str, x: Value, y: Value) -> Value:
    shape = broadcast_shape([x.shape, y.shape])
    return elementwise(b, name, (x, y), shape, np.dtype(bool))


def _junction(name: str, neutral: bool) -> Callable[..., Value | None]:
    """The rule of a logical operation that `neutral` leaves as it is."""

    def rule(b: Builder, x: Value, y: Value) -> Value | None:
        if x is y:
            return x
        u, v = _sorted(x, y)
        if isinstance(v, np.generic):
            return u if bool(v) == neutral else v
        return None

    return rule


RULES["logical_and"] = _junction("logical_and", True)
RULES["logical_or"] = _junction("logical_or", False)


def _equality(name: str) -> Callable[..., Value | None]:
    """The rule of equal or not_equal."""
    same = name == "equal"

    def rule(b: Builder, x: Value, y: Value) -> Value | None:
        if x is y and x.dtype.kind != "f":
            return b.literal(same, np.dtype(bool))
        u, v = _sorted(x, y)
        if isinstance(v, np.generic) and isinstance(u, Symbol):
            if u.dtype.kind == "b":
                return u if bool(v) == same else call(b, "logical_not", u)
            s = defined_by(u, "cast")
            if s and s.args[0].dtype.kind == "b" and v in (0, 1):
                keep = bool(v) == same
                return s.args[0] if keep else call(b, "logical_not", s.args[0])
        return None if u is x else _compare(b, name, u, v)

    return rule


RULES["equal"] = _equality("equal")
RULES["not_equal"] = _equality("not_equal")


def _order(name: str) -> Callable[..., Value | None]:
    """The rule of a comparison that asks which one is larger."""
    compare, of_equals = getattr(np, name), name.endswith("_equal")

    def rule(b: Builder, x: Value, y: Value) -> Value | None:
        if x is y and not (of_equals and x.dtype.kind == "f"):
            return b.literal(of_equals, np.dtype(bool))
        ends = _ends(b, x), _ends(b, y)
        if ends[0] is None or ends[1] is None:
            return None
        truths = {bool(compare(u, v)) for u in ends[0] for v in ends[1]}
        return b.literal(truths.pop(), np.dtype(bool)) if len(truths) == 1 else None

    return rule


def _ends(b: Builder, x: Value) -> tuple[int, int] | None:
    """The least and the greatest that an integer can be: one that is known, or counts a loop."""
    if not _is_integer(x):
        return None
    return (int(x), int(x)) if isinstance(x, np.generic) else bounds(b, x)


for _name in ("less", "less_equal", "greater", "greater_equal"):
    RULES[_name] = _order(_name)


# Bits


def _bits(name: str) -> Callable[..., Value | None]:
    """The rule of an operation on bits."""

    def rule(b: Builder, x: Value, y: Value) -> Value | None:
        if x is y:
            return b.literal(0, x.dtype) if name == "bitwise_xor" else x
        u, v = _sorted(x, y)
        if isinstance(v, np.generic):
            if v == 0:
                return v if name == "bitwise_and" else u
            if v == np.invert(v.dtype.type(0)) and name != "bitwise_xor":
                return u if name == "bitwise_and" else v
        return None if u is x else call(b, name, u, v)

    return rule


for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    RULES[_name] = _bits(_name)


@_rule("left_shift", "right_shift")
def _shift(b: Builder, x: Value, y: Value) -> Value | None:
    return x if _is(y, 0) else None
