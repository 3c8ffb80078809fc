"""Rows: what an iteration reads of arrays that have a row for each of them, without copies.

An iteration gets rows of arrays from around the loop. What was computed from arrays row by row (a
slice, a cheap function of them) is computed from their rows: then nobody has to make it whole. And
an element or a row that is named by the number of the iteration is such a row, too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorslow.engines.llvm.programs.program import Instruction, Symbol
from tensorslow.engines.llvm.simplify import joins, views
from tensorslow.engines.llvm.simplify.builder import Builder, Scope, Value
from tensorslow.engines.llvm.simplify.elementwise import cast, elementwise

# Elementwise primitives that are computed again rather than kept: none makes nan of zeros.
CHEAP = frozenset("add subtract multiply negative abs maximum minimum where cast".split())
DEEP = 6  # primitives that are followed back


class Rows:
    """The rows that an iteration reads.

    Attributes:
        number: of the iteration.
        trips: how many there are; None: it is not known.
        reverse: whether the first iteration gets the last row.
        arrays: by parameter of the body, the array whose row it is.
    """

    def __init__(self, number: Symbol, trips: int | None, reverse: bool) -> None:
        self.number, self.trips, self.reverse = number, trips, reverse
        self.arrays: dict[Symbol, Value] = {}
        self._params: dict[int, Symbol] = {}

    def row(self, scope: Scope, x: Value) -> Symbol:
        """The parameter of the body that is a row of an array."""
        param = self._params.get(id(x))
        if param is None:
            param = self._params[id(x)] = Symbol(x.shape[1:], x.dtype)
            scope.block.params.append(param)
            scope.own.add(param)
            self.arrays[param] = x
        return param


def row_of(b: Builder, x: Value, depth: int = DEEP) -> Value:
    """The row of an array for the iteration that is being written."""
    scope = b.scopes[-1]
    rows, source = scope.rows, x.source if type(x) is Symbol else None
    assert rows is not None
    if source is not None and depth:
        rule = _RULES.get(source.name) or (_elementwise if source.name in CHEAP else None)
        found = rule(b, x, source, depth - 1) if rule is not None else None
        if found is not None:
            return found
    return rows.row(scope, x)


def _has_rows(x: Value, like: Value) -> bool:
    return len(x.shape) > 0 and x.shape[0] == like.shape[0]


def _broadcast(b: Builder, x: Value, source: Instruction, depth: int) -> Value:
    inner = source.args[0]
    if len(inner.shape) == len(x.shape):
        if inner.shape[0] == x.shape[0] > 1:
            return views.broadcast_to(b, row_of(b, inner, depth), x.shape[1:])
        inner = views.reshape(b, inner, inner.shape[1:])
    return views.broadcast_to(b, inner, x.shape[1:])


def _slice(b: Builder, x: Value, source: Instruction, depth: int) -> Value | None:
    inner = source.args[0]
    if not _has_rows(inner, x):
        return None
    ranges = [range(*r) for r in zip(*[source.options[k] for k in ("begin", "end", "strides")])]
    return views.take_ranges(b, row_of(b, inner, depth), ranges[1:])


def _transpose(b: Builder, x: Value, source: Instruction, depth: int) -> Value | None:
    first, *perm = source.options["perm"]
    if first:
        return None
    return views.transpose(b, row_of(b, source.args[0], depth), [i - 1 for i in perm])


def _reshape(b: Builder, x: Value, source: Instruction, depth: int) -> Value | None:
    inner = source.args[0]
    if not _has_rows(inner, x):
        return None
    return views.reshape(b, row_of(b, inner, depth), x.shape[1:])


def _concat(b: Builder, x: Value, source: Instruction, depth: int) -> Value | None:
    axis = source.options["axis"]
    if not axis:
        return None
    return joins.join(b, [row_of(b, part, depth) for part in source.args], axis - 1)


def _iota(b: Builder, x: Value, source: Instruction, depth: int) -> Value | None:
    rows, axis = b.scopes[-1].rows, source.options["axis"]
    assert rows is not None
    if axis:
        shape = x.shape[1:]
        options = {"shape": shape, "axis": axis - 1, "dtype": x.dtype}
        return b.write("iota", (), options, shape, x.dtype)
    place: Value = rows.number
    if rows.reverse:
        if rows.trips is None:
            return None
        last = b.literal(rows.trips - 1, place.dtype)
        place = elementwise(b, "subtract", (last, place), (), place.dtype)
    return views.broadcast_to(b, cast(b, place, x.dtype), x.shape[1:])


def _elementwise(b: Builder, x: Value, source: Instruction, depth: int) -> Value:
    values = []
    for y in source.args:
        if len(y.shape) == len(x.shape):
            y = row_of(b, y, depth) if y.shape[0] > 1 else views.reshape(b, y, y.shape[1:])
        values.append(y)
    if source.name == "cast":
        return cast(b, values[0], x.dtype)
    return elementwise(b, source.name, tuple(values), x.shape[1:], x.dtype)


_RULES: dict[str, Any] = {
    "broadcast_to": _broadcast,
    "slice_": _slice,
    "transpose": _transpose,
    "reshape": _reshape,
    "concat": _concat,
    "iota": _iota,
}


# What follows from the number of an iteration


class Affine(NamedTuple):
    """factor · number + constant, where `number` is a symbol."""

    number: Symbol
    factor: int
    constant: int


def affine(x: Value) -> Affine | None:
    """An integer as a multiple of a symbol, plus a constant."""
    factor, constant = 1, 0
    if type(x) is not Symbol or x.size != 1 or x.dtype.kind not in "iu":
        return None
    for _ in range(DEEP):
        source = x.source
        if source is None:
            return Affine(x, factor, constant)
        first, *rest = source.args
        known = rest and isinstance(rest[0], np.generic)
        if source.name in ("reshape", "broadcast_to") or (
            source.name == "cast" and first.dtype.kind == "i" and x.dtype.itemsize >= 4
        ):
            x = first
        elif source.name == "add" and known:
            x, constant = first, constant + factor * int(rest[0])
        elif source.name == "multiply" and known:
            x, factor = first, factor * int(rest[0])
        elif source.name == "negative":
            x, factor = first, -factor
        elif source.name == "subtract" and isinstance(first, np.generic):
            x, constant, factor = rest[0], constant + factor * int(first), -factor
        else:
            return None
        if type(x) is not Symbol:
            return None
    return None


def bounds(b: Builder, x: Value) -> tuple[int, int] | None:
    """The least and the greatest that an index can be which follows from the number of a loop."""
    found = affine(x)
    rows = _rows_of(b, found.number) if found else None
    if found is None or rows is None or rows.trips is None:
        return None
    ends = [found.constant, found.constant + found.factor * (rows.trips - 1)]
    return min(ends), max(ends)


def _rows_of(b: Builder, number: Symbol) -> Rows | None:
    for scope in b.scopes:
        if scope.rows is not None and scope.rows.number is number:
            return scope.rows
    return None


def named_row(b: Builder, x: Value, index: Value, axis: int) -> Value | None:
    """What an index names along an axis, if that is another row in each iteration."""
    found = affine(index)
    if found is None or abs(found.factor) != 1:
        return None
    numbers = [scope.rows.number if scope.rows else None for scope in b.scopes]
    if found.number not in numbers:
        return None
    at = numbers.index(found.number)
    inner = b.scopes[at:]
    rows = inner[0].rows
    assert rows is not None
    if rows.trips is None or not all(scope.loop for scope in inner):
        return None
    if type(x) is Symbol and any(x in scope.own for scope in inner):
        return None
    least, most = sorted([found.constant, found.constant + found.factor * (rows.trips - 1)])
    if least < 0 or most >= x.shape[axis]:
        return None
    order = [axis, *[i for i in range(len(x.shape)) if i != axis]]
    del b.scopes[at:]
    array = views.transpose(b, x, order)
    ranges = [range(least, most + 1), *[range(n) for n in array.shape[1:]]]
    array = views.take_ranges(b, array, ranges)
    if (found.factor > 0) == rows.reverse:
        array = views.flip(b, array, 0)
    b.scopes.append(inner[0])
    row = row_of(b, array)
    b.scopes += inner[1:]
    return row
