"""Reductions in canonical form: axes given, none of size 1, and the result without them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.arrays import numeric as _numeric
from tensorslow.engines.llvm.simplify.builder import Builder, Value, defined_by
from tensorslow.engines.llvm.simplify.elementwise import FOLDED, cast, elementwise
from tensorslow.engines.llvm.simplify.reshape import moved_axes
from tensorslow.engines.llvm.simplify.views import broadcast_to, reshape, transpose
from tensorslow.engines.llvm.simplify.windows import summed_scatter

numeric: Any = _numeric  # a namespace: what it has is known when it runs
OF_BOOL = {"sum": "any", "max": "any", "prod": "all", "min": "all"}
IDENTITY: dict[str, Any] = {
    "sum": lambda dtype: 0,
    "prod": lambda dtype: 1,
    "max": numeric.lowest,
    "min": numeric.highest,
    "any": lambda dtype: False,
    "all": lambda dtype: True,
}
OF_ONE_VALUE = frozenset("max min any all".split())  # of many equal elements: the element


def reduction(name: str) -> Any:
    """The rule of a reduction of that name."""

    def rule(b: Builder, x: Value, axis: Any = None, keepdims: bool = False) -> Value:
        axes = _axes(axis, len(x.shape))
        if name in ("any", "all"):
            x = cast(b, x, np.dtype(bool))
        value = reduce(b, name, x, axes)
        return reshape(b, value, b.target.shape)

    return rule


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    chosen = range(rank) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(sorted({int(i) % rank for i in chosen})) if rank else ()


def reduce(b: Builder, name: str, x: Value, axes: Sequence[int]) -> Value:
    """x without these axes."""
    if x.dtype.kind == "b":
        name = OF_BOOL.get(name, name)
    shape = x.shape
    goal = tuple([n for i, n in enumerate(shape) if i not in axes])
    if 0 in shape:
        return b.uniform(IDENTITY[name](x.dtype), x.dtype, goal)
    left = tuple([i for i in axes if shape[i] != 1])
    if not left:
        return reshape(b, x, goal)
    if len(left) < len(axes):
        return reshape(b, reduce(b, name, x, left), goal)
    if isinstance(x, np.ndarray) and x.size <= FOLDED:
        return b.constant(np.asarray(getattr(numeric, name)(x, tuple(axes)), x.dtype))
    if source := defined_by(x, "broadcast_to"):
        found = _of_repeated(b, name, source.args[0], shape, left)
        if found is not None:
            return found
    if name == "sum" and (source := defined_by(x, "negative")):
        total = reduce(b, "sum", source.args[0], left)
        return elementwise(b, "negative", (total,), goal, x.dtype)
    if name == "sum" and (same := summed_scatter(x, left)) is not None:
        return reduce(b, "sum", same, axes)
    if source := defined_by(x, "transpose"):
        return _of_transposed(b, name, source, left)
    if source := defined_by(x, "reshape"):
        before = moved_axes(left, shape, source.args[0].shape)
        if before is not None:
            return reshape(b, reduce(b, name, source.args[0], before), goal)
    return b.write(name, (x,), {"axis": left}, goal, x.dtype)


def _of_repeated(
    b: Builder, name: str, inner: Value, shape: tuple[int, ...], axes: tuple[int, ...]
) -> Value | None:
    """The reduction of an array that is repeated, where it follows from what is repeated."""
    goal = tuple([n for i, n in enumerate(shape) if i not in axes])
    full = (1,) * (len(shape) - len(inner.shape)) + inner.shape
    along = [i for i in axes if full[i] == 1]
    if name in OF_ONE_VALUE and along:
        rest = tuple([i for i in axes if full[i] != 1])
        value = reduce(b, name, reshape(b, inner, full), rest)
        kept = tuple([n for i, n in enumerate(full) if i not in axes])
        return broadcast_to(b, reshape(b, value, kept), goal)
    if isinstance(inner, np.generic):
        count = math.prod(shape[i] for i in axes)
        if count <= FOLDED:
            with np.errstate(all="ignore"):
                many = np.broadcast_to(inner, (count,))
                return b.uniform(getattr(numeric, name)(many), inner.dtype, goal)
    return None


def _of_transposed(b: Builder, name: str, source: Any, axes: tuple[int, ...]) -> Value:
    """The same over the axes as they were before a transpose."""
    perm = source.options["perm"]
    before = tuple(sorted(perm[i] for i in axes))
    value = reduce(b, name, source.args[0], before)
    kept = [i for i in range(len(perm)) if i not in before]
    order = [kept.index(perm[i]) for i in range(len(perm)) if i not in axes]
    return transpose(b, value, order)


def mean(b: Builder, x: Value, axis: Any = None, keepdims: bool = False) -> Value:
    """The mean as numeric.py computes it: integers in 64 bits, divided towards zero."""
    axes, dtype, target = _axes(axis, len(x.shape)), x.dtype, b.target
    wide = {"i": np.dtype(np.int64), "u": np.dtype(np.uint64)}.get(dtype.kind, dtype)
    total = reduce(b, "sum", cast(b, x, wide), axes)
    shape = total.shape
    count = x.size // max(1, total.size)
    if dtype.kind == "f":
        with np.errstate(all="ignore"):
            divisor = b.literal(dtype.type(count), dtype)
        value = elementwise(b, "divide", (total, divisor), shape, dtype)
        return reshape(b, value, target.shape)
    divisor = b.literal(max(1, count), wide)
    if wide.kind == "u":
        value = elementwise(b, "floor_divide", (total, divisor), shape, wide)
    else:
        size = elementwise(b, "abs", (total,), shape, wide)
        size = elementwise(b, "floor_divide", (size, divisor), shape, wide)
        sign = elementwise(b, "sign", (total,), shape, wide)
        value = elementwise(b, "multiply", (sign, size), shape, wide)
    return reshape(b, cast(b, value, dtype), target.shape)


def sum_to(b: Builder, x: Value, like: Any) -> Value:
    """`x` summed where something of the result's shape was repeated to give its shape."""
    goal = b.target.shape
    extra = len(x.shape) - len(goal)
    axes = [
        *range(extra),
        *[i + extra for i, n in enumerate(goal) if n == 1 and x.shape[i + extra] != 1],
    ]
    return reshape(b, reduce(b, "sum", x, axes), goal)


def place_of(name: str) -> Any:
    """The rule of argmax or argmin."""

    def rule(b: Builder, x: Value, axis: int) -> Value:
        axis, target = int(axis) % len(x.shape), b.target
        if x.shape[axis] == 1 or target.size == 0:
            return b.uniform(0, target.dtype, target.shape)
        if x.dtype.kind == "b":
            x = cast(b, x, np.dtype(np.uint8))
        if source := defined_by(x, "reshape"):
            before = moved_axes([axis], x.shape, source.args[0].shape)
            if before is not None and len(before) == 1:
                x, axis = source.args[0], before[0]
        shape = x.shape[:axis] + x.shape[axis + 1 :]
        value = b.write(name, (x,), {"axis": axis}, shape, target.dtype)
        return reshape(b, value, target.shape)

    return rule


def running(name: str) -> Any:
    """The rule of cumsum or cumprod."""

    def rule(b: Builder, x: Value, axis: int) -> Value:
        axis = int(axis) % len(x.shape)
        if x.shape[axis] <= 1 or x.size == 0:
            return x
        return b.write(name, (x,), {"axis": axis}, x.shape, x.dtype)

    return rule


def argsort(b: Builder, x: Value, axis: int = -1, descending: bool = False) -> Value:
    """The order that sorts."""
    axis, target = int(axis) % len(x.shape), b.target
    if x.shape[axis] <= 1 or x.size == 0:
        return b.uniform(0, target.dtype, target.shape)
    if x.dtype.kind == "b":
        x = cast(b, x, np.dtype(np.uint8))
    options = {"axis": axis, "descending": bool(descending), "count": x.shape[axis]}
    return b.write("argsort", (x,), options, target.shape, target.dtype)
