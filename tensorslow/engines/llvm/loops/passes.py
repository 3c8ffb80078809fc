"""Passes: the innermost loops of a kernel, one walk after another, and what they add up.

A reduction is known when its pass is over; what needs it is computed in a later pass, or behind the
last one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorslow.engines.llvm.arithmetic.reducing import Reducing
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.nests import Store, Value
from tensorslow.engines.llvm.loops.interleave import grouped, store_in_turn
from tensorslow.engines.llvm.loops.kept import KeptRows
from tensorslow.engines.llvm.loops.order import Loops, Pass
from tensorslow.engines.llvm.loops.points import Points, Scope, edge
from tensorslow.engines.llvm.text.ir import type_of


class Passes:
    """Writes all passes of a kernel.

    Args:
        points: writes into the kernel's function.
        loops: how the kernel walks.
        reducing: what adds up.
    """

    def __init__(self, points: Points, loops: Loops, reducing: Reducing) -> None:
        self.points, self.loops, self.reducing = points, loops, reducing
        self.f, self.nest = points.f, loops.nest
        self.rows = KeptRows(points, loops)

    def hoist(self, scope: Scope) -> None:
        """Computes here what needs no more axes than are open here, for use deeper down."""
        points = self.points
        for x in self.nest.values:
            if self._ready(scope, x):
                points.compute(scope, [x])
        accesses = [x for x in self.nest.values if x.op == "load"]
        points.prepare(scope, [*accesses, *self.nest.stores])

    def _ready(self, scope: Scope, x: Value) -> bool:
        if x.op in ("literal", "reduce") or any(
            varies and i not in scope.indices for i, varies in enumerate(x.free)
        ):
            return False
        if x.op == "load" and self.nest.sequential and self._is_written(x.buffer):
            return False
        return all(
            a.op == "literal" or scope.find(a) is not None or self._ready(scope, a) for a in x.args
        )

    def _is_written(self, buffer: Buffer | None) -> bool:
        return any(s.buffer is buffer for s in self.nest.stores)

    def write(self, scope: Scope) -> None:
        """All walks over the inner axes, and what is stored after them."""
        f, rows = self.f, self.loops.beside
        if rows < 0:
            self._write(scope)
            return

        def one(k: int) -> str:
            index = f.op(f"add i64 0, {k}", "i")  # not a number, or statements would fall away
            row = scope.deeper({rows: index})
            self.hoist(row)
            self._write(row)
            return index

        f.side_by_side(one, self.nest.sizes[rows])

    def _write(self, scope: Scope) -> None:
        loops, points = self.loops, self.points
        if loops.flat:
            cells = self._cells(scope)
            for walk in loops.passes:
                for cell in cells:
                    self._point(cell, walk)
                for x in walk.reductions:
                    self._finish(scope, x, self._over_cells(cells, x))
                self.hoist(scope)
        else:
            for walk in loops.passes:
                self._walk(scope, walk)
                self.hoist(scope)
        for s in loops.last:
            for x in (s.value, *(v for v, _ in s.indirect)):
                points.compute(scope, [x])
        self._store(scope, loops.last)

    def _store(self, scope: Scope, stores: Sequence[Store]) -> None:
        for group in grouped(stores, self.loops.vector if self.loops.lanes > 1 else -1):
            if len(group) > 1:
                store_in_turn(self.points, scope, group)
            else:
                self.points.store(scope, group[0], "%flags")

    def _finish(self, scope: Scope, x: Value, registers: list[str]) -> None:
        """Notes the result of a reduction."""
        loops = self.loops
        if loops.vector_inside and loops.vector in x.axes:
            whole = self.reducing.pairwise(x.detail, x.dtype, registers)
            registers = [self.reducing.across(x.detail, x.dtype, whole)]
        scope.known[x] = registers

    def _cells(self, scope: Scope) -> list[Scope]:
        """All points of the inner axes, one by one; the vector's axis in one go."""
        loops, sizes = self.loops, self.nest.sizes
        if loops.vector_inside:
            size, lanes = sizes[loops.vector], loops.lanes
            parts = [(k * lanes, edge(size - k * lanes, loops.lanes)) for k in range(loops.unroll)]
            return [scope.deeper({loops.vector: "0"}, parts)]
        cells: list[dict[int, str]] = [{}]
        for axis in loops.inner:
            cells = [{**cell, axis: str(i)} for cell in cells for i in range(sizes[axis])]
        return [scope.deeper(cell) for cell in cells]

    def _over_cells(self, cells: Sequence[Scope], x: Value) -> list[str]:
        points, loops = self.points, self.loops
        (arg,) = x.args
        if loops.vector_inside:
            first, *rest = self._masked(cells[0], x)
            return [self.reducing.begun(x.detail, x.dtype, first, loops.lanes), *rest]
        wide = points.is_vector(x)
        lanes = loops.lanes if wide else 1
        total = None
        for cell in cells:
            found = points.vectors(cell, arg) if wide else points.registers(cell, arg)[:1]
            total = found if total is None else [
                self.reducing.combine(x.detail, x.dtype, a, b, lanes)
                for a, b in zip(total, found, strict=True)
            ]  # fmt: skip
        assert total is not None
        return [self.reducing.begun(x.detail, x.dtype, register, lanes) for register in total]

    def _masked(self, scope: Scope, x: Value) -> list[str]:
        """The vectors of a reduction's argument, without what is beyond the edge."""
        (arg,) = x.args
        return [
            self.reducing.masked(x.detail, arg.dtype, register, mask)
            for register, (_, mask) in zip(
                self.points.vectors(scope, arg), scope.parts, strict=True
            )
        ]

    def _point(self, scope: Scope, walk: Pass) -> None:
        """Computes and stores at one point of a pass (or at several vectors of points)."""
        self.points.compute(scope, walk.values)
        self._store(scope, walk.stores)

    def _walk(self, scope: Scope, walk: Pass) -> None:
        """One pass, with its loops."""
        loops = self.loops
        wide = [loops.vector_inside or self.points.is_vector(x) for x in walk.reductions]
        count = loops.unroll if loops.vector_inside else len(scope.parts)
        totals = [
            [self.reducing.identity(x.detail, x.dtype, loops.lanes if w else 1)]
            * (count if w else 1)
            for x, w in zip(walk.reductions, wide, strict=True)
        ]
        for x, total in zip(
            walk.reductions, self._nested(scope, walk, list(loops.inner), totals), strict=True
        ):
            self._finish(scope, x, total)

    def _nested(
        self, scope: Scope, walk: Pass, axes: list[int], totals: list[list[str]]
    ) -> list[list[str]]:
        """Opens the loops over some axes, and carries what is added up through them."""
        f, loops = self.f, self.loops
        if not axes:
            self.rows.restore(scope, walk)
            self._point(scope, walk)
            self.rows.keep(scope, walk)
            return self._added(scope, walk, totals)
        axis, *deeper = axes
        shape = [len(t) for t in totals]
        kinds = [
            type_of(x.dtype, loops.lanes if loops.vector_inside or self.points.is_vector(x) else 1)
            for x in walk.reductions
        ]
        kinds = [kind for kind, n in zip(kinds, shape, strict=True) for _ in range(n)]

        def body(inner: Scope, carried: list[str]) -> list[str]:
            if deeper:
                self.hoist(inner)
            result = self._nested(inner, walk, deeper, _grouped(carried, shape))
            return [r for group in result for r in group]

        flat = [r for group in totals for r in group]

        def run(start: int, stop: int, step: int, parts: Any, now: list[str]) -> list[str]:
            carried = list(zip(kinds, now, strict=True))
            return f.loop(
                stop,
                lambda i, c: body(scope.deeper({axis: i}, parts), c),
                carried,
                start=start,
                step=step,
            )

        if axis != loops.vector:
            return _grouped(run(0, self.nest.sizes[axis], 1, scope.parts, flat), shape)
        return _grouped(self._in_blocks(scope, axis, run, body, flat), shape)

    def _in_blocks(
        self, scope: Scope, axis: int, run: Callable[..., Any], body: Callable[..., Any], now: Any
    ) -> list[str]:
        """Goes along an axis some vectors at a time: whole blocks in a loop, then the rest."""
        loops, size = self.loops, self.nest.sizes[axis]
        lanes, block = loops.lanes, loops.unroll * loops.lanes
        whole = size // block * block
        parts = [(k * lanes, None) for k in range(loops.unroll)]
        if whole:
            now = run(0, whole, block, parts, now)
        if size > whole:
            # The last, shorter block; masks say which of its lanes there are.
            rest = range(loops.unroll)
            edges = [(k * lanes, edge(max(0, size - whole - k * lanes), loops.lanes)) for k in rest]
            now = body(scope.deeper({axis: str(whole)}, edges), now)
        return now

    def _added(self, scope: Scope, walk: Pass, totals: list[list[str]]) -> list[list[str]]:
        points, loops = self.points, self.loops
        added = []
        for x, total in zip(walk.reductions, totals, strict=True):
            (arg,) = x.args
            if loops.vector_inside:
                found, lanes = self._masked(scope, x), loops.lanes
            elif points.is_vector(x):
                found, lanes = points.vectors(scope, arg), loops.lanes
            else:
                found, lanes = points.registers(scope, arg)[:1], 1
            pairs = zip(total, found, strict=True)
            added.append([self.reducing.combine(x.detail, x.dtype, a, b, lanes) for a, b in pairs])
        return added


def _grouped(flat: Sequence[str], shape: Sequence[int]) -> list[list[str]]:
    groups, at = [], 0
    for n in shape:
        groups.append(list(flat[at : at + n]))
        at += n
    return groups
