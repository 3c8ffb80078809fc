"""Loops: in which order a kernel walks through its axes, and what is done at which depth.

    parallel for i in 1024:                      items, divided among the threads
      pass 1 for j in 96 by 6 vectors of 16:     reduced axes, the vector's innermost
        v0 = input0[96·i + j]
        v1 += max of v0
      pass 2 …
      store what has one value an item

If the axis along which vectors lie is not reduced, its loop is around the passes. A row of few
vectors, or a window of few cells, is written out: there are then no loops, and what one pass has
computed is still in registers in the next.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tensorslow.engines.llvm.kernels.inverses import multiply_by_inverses
from tensorslow.engines.llvm.kernels.joins import WINDOW
from tensorslow.engines.llvm.kernels.nests import (
    CHEAP,
    Nest,
    Store,
    Value,
    letter,
    show_store,
    show_value,
)
from tensorslow.engines.llvm.kernels.wide_products import narrow_products
from tensorslow.engines.llvm.loops.interleave import grouped
from tensorslow.engines.llvm.loops.squares import tile_of, turned_loads, turns
from tensorslow.engines.llvm.text.target import Target

ROW_VECTORS = 8  # a row of so many vectors is written out
BESIDE = 4  # rows that are, at most, side by side
PLENTY = 64  # pieces of work for the threads, if there are so many
LITTLE = 8000  # computations that are done before another thread has its part of the data


@dataclass(slots=True)
class Pass:
    """One walk over the reduced axes.

    Attributes:
        values: what is computed at each point, in order.
        reductions: whose argument is added up on the way.
        stores: what is written at each point.
        kept: values that a later pass needs and that are kept in a buffer of their own.
    """

    values: list[Value] = field(default_factory=list)
    reductions: list[Value] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    kept: list[Value] = field(default_factory=list)


@dataclass(slots=True)
class Loops:
    """A kernel with its loops.

    Attributes:
        nest: its values and stores.
        outer: axes that are divided among the threads, from outside to inside.
        vector: the axis along which vectors lie; -1: there is none.
        inner: axes that the passes go over; the vector's, if it is among them, is the last.
        lanes: elements of a vector.
        unroll: how many vectors are computed side by side.
        passes: the walks over the inner axes.
        last: stores of what has one value for all inner axes.
        flat: whether inner axes are written out instead of looped over.
        beside: the axis of short rows that are computed side by side, statement by statement: what
            is added up across a vector is waited for; -1: there is none.
        any_size: whether the code serves every length of its only axis.
        turned: loads that lie along another axis than the vector's: they are read in squares.
        across: that other axis.
        tile: how much of the vector's axis and of the other one is one piece of work.
    """

    nest: Nest
    outer: list[int]
    vector: int
    inner: list[int]
    lanes: int
    unroll: int
    passes: list[Pass]
    last: list[Store]
    flat: bool
    any_size: bool
    beside: int = -1
    turned: list[Value] = field(default_factory=list)
    across: int = -1
    tile: tuple[int, int] = (0, 0)

    @property
    def vector_inside(self) -> bool:
        """Whether the vector's axis is one of those that the passes go over."""
        return self.vector in self.inner

    @property
    def shared(self) -> list[int]:
        """The first of the outer axes: so many that all threads have enough of them to share."""
        count = 0 if self.turned else PLENTY
        for number, axis in enumerate(self.outer, 1):
            count = -(-count // self.nest.sizes[axis])
            if count == 1:
                return self.outer[:number]
        return self.outer

    @property
    def items(self) -> int:
        """How many pieces of work the threads share."""
        return math.prod(self.nest.sizes[i] for i in self.shared)

    @property
    def alone(self) -> bool:
        """Whether it is so little that one thread does it all."""
        work = sum(1 if _is_cheap(x) else 10 for x in self.nest.values if x.op != "literal")
        work = max(work, len(self.nest.stores))
        return not self.any_size and work * math.prod(self.nest.sizes) < LITTLE

    def __str__(self) -> str:
        sizes, names = self.nest.sizes, {x: f"v{i}" for i, x in enumerate(self.nest.values)}
        lines, indent = [], ""
        if self.outer:
            axes = ", ".join(f"{letter(i)} in {sizes[i]}" for i in self.outer)
            lines.append(f"parallel for {axes}:")
            indent += "  "
        if self.vector >= 0 and not self.vector_inside:
            word = "for" if self.outer else "parallel for"
            size = "any length" if self.any_size else sizes[self.vector]
            vectors = f"by {self.unroll} vectors of {self.lanes}"
            lines.append(f"{indent}{word} {letter(self.vector)} in {size} {vectors}:")
            indent += "  "
        if self.beside >= 0:
            lines.append(f"{indent}{letter(self.beside)} in {sizes[self.beside]}, side by side:")
            indent += "  "
        if self.turned:
            loads = ", ".join(names[x] for x in self.turned)
            place = f"{letter(self.across)} in {sizes[self.across]}"
            lines.append(f"{indent}for {place}, in squares, where {loads} is transposed:")
            indent += "  "
        for number, walk in enumerate(self.passes, 1):
            deeper = indent
            if self.inner:
                axes = ", ".join(f"{letter(i)} in {sizes[i]}" for i in self.inner)
                how = f" by {self.unroll} vectors of {self.lanes}" if self.vector_inside else ""
                word = "written out" if self.flat else "for"
                lines.append(f"{indent}pass {number}: {word} {axes}{how}:")
                deeper += "  "
            lines += [f"{deeper}{names[x]} = {show_value(x, names)}" for x in walk.values]
            lines += [f"{deeper}keep {names[x]}" for x in walk.kept]
            lines += [f"{deeper}{names[x]} = {show_value(x, names)}" for x in walk.reductions]
            lines += [f"{deeper}{show_store(s, names)}" for s in walk.stores]
        shown = {x for walk in self.passes for x in (*walk.values, *walk.reductions)}
        rest = [x for x in self.nest.values if x not in shown and x.op != "literal"]
        lines += [f"{indent}{names[x]} = {show_value(x, names)}" for x in rest]
        lines += [f"{indent}{show_store(s, names)}" for s in self.last]
        return "\n".join(lines)


def make_loops(nest: Nest, target: Target, any_size: bool = False) -> Loops:
    """Decides how a kernel without a contraction walks through its axes.

    Args:
        any_size: whether the code shall serve every length of the only axis.
    """
    multiply_by_inverses(nest)
    narrow_products(nest)
    vector = _vector_axis(nest, target)
    inner = _inner_axes(nest, vector)
    lanes = _lanes(nest, vector, target)
    across, turned = turned_loads(nest, vector, lanes)
    if vector >= 0 and vector not in inner and not turned:
        vector = _shared_out(nest, vector, inner, lanes)
        inner = _inner_axes(nest, vector)
    vectors = -(-nest.sizes[vector] // lanes) if vector >= 0 else 1
    points = math.prod(nest.sizes[i] for i in inner if i != vector)
    outer, beside = _outer_axes(nest, (*inner, vector, across)), -1
    if vector in inner:
        flat = vectors <= ROW_VECTORS and points == 1
        if flat and (rows := _rows_beside(nest, outer, vector, lanes, target)) > 1:
            nest.refine(outer[-1], rows)
            beside = outer[-1] + 1
            vector += beside <= vector
            inner = _inner_axes(nest, vector)
            outer = _outer_axes(nest, (*inner, beside))
    else:
        flat = points <= WINDOW and bool(inner) and not nest.sequential
    if flat and vector in inner:
        unroll = vectors
    else:
        shared = not outer and vector not in inner
        unroll = _unroll(nest, target, vectors, shared, any_size) if vector >= 0 else 1
    passes, last = _passes(nest, inner, vector, flat)
    loops = Loops(nest, outer, vector, inner, lanes, unroll, passes, last, flat, any_size)
    loops.beside = beside
    if turned:
        loops.unroll, loops.turned, loops.across = 1, turned, across
        loops.tile = tile_of(loops.items, nest.sizes[vector], nest.sizes[across], lanes)
    return loops


def _outer_axes(nest: Nest, others: Sequence[int]) -> list[int]:
    """All axes but those, from outside to inside."""
    axes = [i for i, n in enumerate(nest.sizes) if i not in others and n > 1]
    return sorted(axes, key=lambda i: -max((abs(s.strides[i]) for s in nest.stores), default=0))


def _rows_beside(nest: Nest, outer: Sequence[int], vector: int, lanes: int, target: Target) -> int:
    """How many short rows are computed side by side: as many as half of the registers hold.

    Only those that compute much: of others the processor sees enough ahead by itself.
    """
    if not outer or not any(x.free[vector] and not _is_cheap(x) for x in nest.values):
        return 1
    items = math.prod(nest.sizes[i] for i in outer)
    vectors = -(-nest.sizes[vector] // lanes)
    most = min(BESIDE, target.registers // 2 // vectors, items // 16)
    return next((n for n in range(most, 1, -1) if nest.sizes[outer[-1]] % n == 0), 1)


def _vector_axis(nest: Nest, target: Target) -> int:
    """The axis along which vectors cost least: steps of one in memory, and few empty lanes."""
    best, found = math.inf, -1
    for i, size in enumerate(nest.sizes):
        if i in nest.sequential or size == 1:
            continue
        lanes = _lanes(nest, i, target)
        cost = 0.0
        for x in nest.values:
            if x.op == "load":
                direct = x.strides[i] in (0, 1) and not any(a.free[i] for a in x.args)
                cost += 1 if direct else 3 if turns(nest, x, i) >= 0 else lanes
            elif x.op not in ("literal", "index"):
                cost += 1 if _is_cheap(x) else _DEAR.get(x.op, 12)
        for group in grouped([s for s in nest.stores if s.buffer is not None], i):
            direct = all(
                s.strides[i] in (0, 1) and not any(v.free[i] for v, _ in s.indirect) for s in group
            )
            cost += 1 if direct else 2 * (lanes if len(group) == 1 else len(group))
        cost *= -(-size // lanes) / size
        if cost < best:
            best, found = cost, i
    return found


_DEAR = {"divide": 4, "sqrt": 4}  # what others cost beside a load, where it is not 12


_ONE = CHEAP | set(  # as good as one instruction
    "reduce bitwise_and bitwise_or bitwise_xor bitwise_not left_shift right_shift "
    "multiply_low multiply_high".split()
)


def _is_cheap(x: Value) -> bool:
    return x.op in _ONE


def _inner_axes(nest: Nest, vector: int) -> list[int]:
    """Reduced and sequential axes, from outside to inside."""
    axes = [i for i in sorted(nest.reduced | nest.sequential) if nest.sizes[i] > 1]
    if not nest.sequential:
        loads = [x for x in nest.values if x.op == "load"]
        axes.sort(key=lambda i: -max((abs(x.strides[i]) for x in loads), default=0))
    if vector in axes:
        axes.remove(vector)
        axes.append(vector)
    return axes


def _lanes(nest: Nest, vector: int, target: Target) -> int:
    """How many elements a vector has: as many as fit of the widest floats that vary along it."""
    if vector < 0:
        return 1
    varying = [x.dtype for x in nest.values if x.free[vector]]
    floats = [d.itemsize for d in varying if d.kind == "f"]
    widest = max(floats, default=0) or min(max((d.itemsize for d in varying), default=4), 8)
    return max(1, target.vector_bytes // max(widest, 4))


def _shared_out(nest: Nest, vector: int, inner: Sequence[int], lanes: int) -> int:
    """Splits a long vector axis where the axes around it give the threads too little to share."""
    items = math.prod(n for i, n in enumerate(nest.sizes) if i not in inner and i != vector)
    size = nest.sizes[vector]
    if 1 < items < 16 and size >= 256 * lanes:
        for parts in (32, 16, 8, 4):
            if size % (parts * lanes) == 0:
                nest.refine(vector, size // parts)
                return vector + 1
    return vector


def _unroll(nest: Nest, target: Target, vectors: int, shared: bool, any_size: bool) -> int:
    """How many vectors are computed side by side.

    Args:
        vectors: how many there are.
        shared: whether they are all that the threads have to share.
        any_size: whether there may be any number of them.
    """
    work = sum(1 if _is_cheap(x) else 8 for x in nest.values if x.op != "literal")
    most = 4 if work <= 64 else 2 if work <= 200 else 1
    if 8 < work <= 24 and target.registers >= 32:
        most = 8  # a long computation or two, each step of which waits for the one before
    if any_size:
        return most
    if shared:
        most = max(1, min(most, vectors // 4))  # leave blocks for several threads
    for unroll in range(most, 1, -1):
        if vectors % unroll == 0 or vectors > 4 * unroll:
            return unroll
    return 1


def _passes(
    nest: Nest, inner: Sequence[int], vector: int, flat: bool
) -> tuple[list[Pass], list[Store]]:
    """What is done in each walk over the inner axes, and what after them."""

    def inside(x: Value) -> bool:
        return any(x.free[i] for i in inner)

    def is_inside(s: Store) -> bool:
        return (
            any(s.strides[i] for i in inner)
            or inside(s.value)
            or any(inside(v) for v, _ in s.indirect)
            or bool(nest.sequential)
        )

    stores = [s for s in nest.stores if is_inside(s)]
    last = [s for s in nest.stores if not is_inside(s)]
    if not inner:
        return [], last
    reductions = [x for x in nest.values if x.op == "reduce"]
    stages = {x.args[0].stage for x in reductions} | {_stage(s) for s in stores}
    passes = []
    for stage in sorted(stages):
        walk = Pass()
        walk.reductions = [x for x in reductions if x.args[0].stage == stage]
        walk.stores = [s for s in stores if _stage(s) == stage]
        roots = [x.args[0] for x in walk.reductions]
        roots += [v for s in walk.stores for v in (s.value, *(i for i, _ in s.indirect))]
        walk.values = _closure(nest, roots, inside, set())
        passes.append(walk)
    if vector in inner and not flat:
        _keep(nest, passes, inside)
    return passes, last


def _stage(s: Store) -> int:
    return max(s.value.stage, *(v.stage for v, _ in s.indirect), 0) if s.indirect else s.value.stage


def _closure(nest: Nest, roots: Iterable[Value], inside: object, known: set[Value]) -> list[Value]:
    """The values inside that roots depend on, in order, except those that are known."""
    needed = set(roots)
    for x in reversed(nest.values):
        if x in needed and x not in known and x.op != "reduce":
            needed.update(x.args)
    return [x for x in nest.values if x in needed and inside(x) and x.op != "reduce"]  # type: ignore[operator]


def _keep(nest: Nest, passes: list[Pass], inside: object) -> None:
    """Keeps what would be dear to compute again in a later pass."""
    kept: set[Value] = set()
    for number, walk in enumerate(passes):
        earlier = {x: p for p in passes[:number] for x in p.values if x not in kept}
        for x in walk.values:
            if x in earlier and x.op not in CHEAP and x not in kept:
                kept.add(x)
                earlier[x].kept.append(x)
        if kept:
            roots = [x.args[0] for x in walk.reductions]
            roots += [v for s in walk.stores for v in (s.value, *(i for i, _ in s.indirect))]
            ready = {x for p in passes[:number] for x in p.kept}
            walk.values = _closure(nest, roots, inside, ready)
