"""Elementwise primitives in canonical form: operands of one type, no broadcast that NumPy makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.arrays import numeric
from tensorslow.arrays.spec import PREDICATES
from tensorslow.engines.llvm.programs.program import Symbol
from tensorslow.engines.llvm.simplify.builder import Builder, Value, defined_by
from tensorslow.engines.llvm.simplify.reshape import repeated_shape
from tensorslow.engines.llvm.simplify.views import broadcast_to, reshape, take_ranges

BOOL = np.dtype(bool)
FOLDED = 4096  # elements up to which what follows from constants is computed here
# By primitive: what it is for certain operands, or None. `rules.py` puts in those of `algebra.py`,
# which write elementwise primitives themselves.
ALGEBRA: dict[str, Callable[..., Value | None]] = {}
OF_BOOL = frozenset(("logical_not", "logical_and", "logical_or"))
SAME_OF_INTEGERS = frozenset(("floor", "ceil", "rint"))
# Canonical primitives that compute each element for itself, cast and where left aside.
ELEMENTWISE = frozenset(
    "negative abs sign sigmoid sqrt exp log log1p expm1 sin cos tan asin acos atan sinh cosh tanh "
    "asinh acosh atanh erf erfc lgamma digamma zeta floor ceil rint isnan isinf isfinite "
    "logical_not logical_and logical_or bitwise_and bitwise_or bitwise_xor bitwise_not left_shift "
    "right_shift add subtract multiply divide atan2 floor_divide mod power maximum minimum equal "
    "not_equal less less_equal greater greater_equal".split()
)
# What NumPy does with truth values under another name.
ON_BOOLS = {
    "add": "logical_or",
    "maximum": "logical_or",
    "bitwise_or": "logical_or",
    "multiply": "logical_and",
    "minimum": "logical_and",
    "bitwise_and": "logical_and",
    "bitwise_xor": "not_equal",
    "bitwise_not": "logical_not",
}


def apply(b: Builder, name: str, operands: Sequence[Any]) -> Value:
    """An elementwise primitive as a program has it: on operands of any types."""
    target = b.target
    dtype = target.dtype
    if dtype.kind == "f" and name != "where":
        values = tuple(
            [x if type(x) is Symbol and x.dtype is dtype else typed(b, x, dtype) for x in operands]
        )
        return elementwise(b, name, values, target.shape, dtype) if name != "conj" else values[0]
    if name in PREDICATES:
        if name in OF_BOOL:
            common = BOOL
        else:
            common = _common_type(operands)
            if name[:2] == "is" and common.kind != "f":  # integers are always finite
                return b.uniform(name == "isfinite", BOOL, target.shape)
    else:
        common = dtype
    if name == "where":
        types = (BOOL, dtype, dtype)
        values = tuple([typed(b, x, kind) for x, kind in zip(operands, types)])
    else:
        values = tuple([typed(b, x, common) for x in operands])
        if common.kind == "b":
            name = ON_BOOLS.get(name, name)
    if name in SAME_OF_INTEGERS and common.kind != "f" or name == "conj":
        return values[0]
    if name == "abs" and common.kind in "bu":
        return values[0]
    if common.kind in "iu":
        _check_integers(b, name, values)
    return elementwise(b, name, values, target.shape, dtype)


def typed(b: Builder, x: Any, dtype: Any) -> Value:
    """An operand as a value of some type."""
    if isinstance(x, (Symbol, np.generic, np.ndarray)):
        return x if x.dtype == dtype else cast(b, x, dtype)
    return b.literal(x, dtype)


def _common_type(operands: Sequence[Any]) -> np.dtype[Any]:
    """The type in which a comparison is made."""
    first = operands[0]
    if isinstance(first, (Symbol, np.ndarray, np.generic)):
        others = {x.dtype for x in operands[1:] if isinstance(x, (Symbol, np.ndarray, np.generic))}
        if others <= {first.dtype} and not any(type(x) is float for x in operands):
            return first.dtype
    kinds = [x.dtype if isinstance(x, (Symbol, np.ndarray, np.generic)) else x for x in operands]
    return np.result_type(*kinds)


def _check_integers(b: Builder, name: str, values: Sequence[Value]) -> None:
    """Writes the checks that NumPy makes for integers."""
    if name in ("floor_divide", "mod"):
        divisor = _repeated(values[1])
        if isinstance(divisor, Symbol) or not np.all(divisor):
            b.effect("check_nonzero", (divisor,), {})
    elif name == "power" and values[1].dtype.kind == "i":
        exponent = _repeated(values[1])
        if isinstance(exponent, Symbol) or np.any(exponent < 0):
            b.effect("check_indices", (exponent,), {"limit": None})


def _repeated(x: Value) -> Value:
    """The array that is repeated to give x, or x."""
    source = defined_by(x, "broadcast_to")
    return source.args[0] if source else x


def elementwise(
    b: Builder, name: str, values: tuple[Value, ...], shape: tuple[int, ...], dtype: Any
) -> Value:
    """A canonical primitive on operands of the right types.

    Args:
        shape: of the result.
        dtype: of the result.
    """
    if 0 in shape:
        return b.uniform(0, dtype, shape)
    # NumPy repeats operands by itself; where all are repeated, the result is, from less.
    joint, sources = shape, _source_names(values)
    if "broadcast_to" in sources:
        values = tuple([_repeated(y) for y in values])
        joint, sources = broadcast_shape([x.shape for x in values]), _source_names(values)
    value = None
    if "reshape" in sources:
        value = _before_reshape(b, name, values, joint, dtype)
    if value is None:
        value = _simplest(b, name, values, joint, dtype)
    return value if value.shape == shape else broadcast_to(b, value, shape)


def _source_names(values: tuple[Value, ...]) -> list[str]:
    """The primitives that define the symbols among these values."""
    return [x.source.name for x in values if type(x) is Symbol and x.source is not None]


def _before_reshape(
    b: Builder, name: str, values: tuple[Value, ...], shape: tuple[int, ...], dtype: Any
) -> Value | None:
    """The primitive on what was reshaped, with the reshape behind it, if that is possible."""
    goal: tuple[int, ...] | None = None
    for x in values:
        source = x.source if type(x) is Symbol else None
        if source is not None and source.name == "reshape" and x.shape == shape:
            before = source.args[0].shape
            if goal is None or len(before) < len(goal):
                goal = before
    if goal is None or len(goal) >= len(shape) and not _all_from(goal, values, shape):
        return None
    shapes = [repeated_shape(x.shape, shape, goal) for x in values]
    if None in shapes:
        return None
    moved = tuple([reshape(b, x, sizes) for x, sizes in zip(values, shapes) if sizes is not None])
    return reshape(b, elementwise(b, name, moved, goal, dtype), shape)


def _all_from(goal: tuple[int, ...], values: tuple[Value, ...], shape: tuple[int, ...]) -> bool:
    """Whether all arrays of a shape are reshaped ones of another, and all others are scalars."""
    for x in values:
        if x.shape == shape and not isinstance(x, np.generic):
            source = defined_by(x, "reshape")
            if source is None or source.args[0].shape != goal:
                return False
        elif x.shape:
            return False
    return True


def call(b: Builder, name: str, *values: Value) -> Value:
    """A primitive whose result has the type of its last operand."""
    shape = broadcast_shape([x.shape for x in values])
    return elementwise(b, name, values, shape, values[-1].dtype)


def _simplest(
    b: Builder, name: str, values: tuple[Value, ...], shape: tuple[int, ...], dtype: Any
) -> Value:
    """The value of this shape, or one that is repeated to it."""
    for x in values:
        if type(x) is Symbol:
            break
    else:
        if math.prod(shape) <= FOLDED or any(x.shape == shape for x in values):
            return b.constant(_computed(name, values, dtype))
    rule = ALGEBRA.get(name)
    if rule is not None:
        found = rule(b, *values)
        if found is not None:
            return found
    return b.write(name, values, {}, shape, dtype)


def _computed(name: str, values: tuple[Value, ...], dtype: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.asarray(getattr(numeric, name)(*values), dtype)


def broadcast_shape(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of what NumPy makes of arrays of these shapes."""
    largest = shapes[0]
    for shape in shapes[1:]:
        if shape == largest or not shape:
            continue
        if not largest:
            largest = shape
            continue
        return np.broadcast_shapes(*shapes)
    return largest


def cast(b: Builder, x: Value, dtype: Any) -> Value:
    """The elements in another type."""
    old = x.dtype
    if old == dtype:
        return x
    if isinstance(x, (np.generic, np.ndarray)):
        with np.errstate(all="ignore"):
            return b.constant(np.asarray(x).astype(dtype))
    if dtype.kind == "b":
        return elementwise(b, "not_equal", (x, b.literal(0, old)), x.shape, dtype)
    source = x.source
    if source is not None:
        if source.name == "broadcast_to":
            return broadcast_to(b, cast(b, source.args[0], dtype), x.shape)
        if source.name == "reshape":
            return reshape(b, cast(b, source.args[0], dtype), x.shape)
        if source.name == "cast" and _is_one_cast(source.args[0].dtype, old, dtype):
            return cast(b, source.args[0], dtype)
        if source.name == "iota" and dtype.kind in "iu" and max(x.shape) <= np.iinfo(old).max:
            return b.write("iota", (), {**source.options, "dtype": dtype}, x.shape, dtype)
    return b.write("cast", (x,), {"dtype": dtype}, x.shape, dtype)


def _is_one_cast(first: Any, between: Any, last: Any) -> bool:
    """Whether a cast by way of a type gives what the direct one gives."""
    if np.can_cast(first, between, "safe"):
        return True
    integers = all(dtype.kind in "iu" for dtype in (first, between, last))
    return integers and last.itemsize <= between.itemsize


def bitcast(b: Builder, x: Value, dtype: Any) -> Value:
    """The same bytes read as another type; where sizes differ, by shifts of unsigned integers."""
    old, shape = x.dtype, x.shape
    if old == dtype:
        return x
    if isinstance(x, (np.generic, np.ndarray)):
        return b.constant(numeric.bitcast(x, dtype))
    if dtype.kind == "b":
        return cast(b, bitcast(b, x, np.dtype(np.uint8)), dtype)
    if old.kind == "b":
        return bitcast(b, cast(b, x, np.dtype(np.uint8)), dtype)
    if old.itemsize == dtype.itemsize:
        if source := defined_by(x, "bitcast"):
            return bitcast(b, source.args[0], dtype)
        return b.write("bitcast", (x,), {"dtype": dtype}, shape, dtype)
    narrow, wide = sorted([old.itemsize, dtype.itemsize])
    small, large, count = np.dtype(f"u{narrow}"), np.dtype(f"u{wide}"), wide // narrow
    shifts = [b.literal(8 * narrow * i, large) for i in range(count)]
    if old.itemsize > dtype.itemsize:
        bits = reshape(b, bitcast(b, x, large), (*shape, 1))
        joint = b.constant(np.array(shifts))
        parts = elementwise(b, "right_shift", (bits, joint), (*shape, count), large)
        return bitcast(b, cast(b, parts, small), dtype)
    bits = cast(b, bitcast(b, x, small), large)
    total: Value = b.literal(0, large)
    for i, shift in enumerate(shifts):
        whole = [range(n) for n in shape[:-1]]
        part = reshape(b, take_ranges(b, bits, [*whole, range(i, i + 1)]), shape[:-1])
        moved = elementwise(b, "left_shift", (part, shift), shape[:-1], large)
        total = elementwise(b, "bitwise_or", (total, moved), shape[:-1], large)
    return bitcast(b, total, dtype)
