"""Walking: the loops of a kernel, as LLVM's statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorslow.engines.llvm.arithmetic.reducing import Reducing
from tensorslow.engines.llvm.kernels.nests import Buffer, Store, Value
from tensorslow.engines.llvm.loops.interleave import grouped, store_in_turn
from tensorslow.engines.llvm.loops.kept import KeptRows
from tensorslow.engines.llvm.loops.order import Loops, Pass
from tensorslow.engines.llvm.loops.points import Points, Scope
from tensorslow.engines.llvm.loops.tiles import Tiles
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.target import Target


class LoopWriter:
    """Writes the loops of one kernel into its function.

    Args:
        f: the function.
        loops: how the kernel walks.
        pointers: by place, the parameter that points there.
    """

    def __init__(
        self, f: Function, target: Target, loops: Loops, pointers: dict[tuple[Buffer, int], str]
    ) -> None:
        self.f, self.loops, self.nest = f, loops, loops.nest
        self.points = Points(f, target, pointers, loops.vector, loops.lanes)
        self.reducing = Reducing(f, target, loops.lanes)
        self.rows = KeptRows(self.points, loops)

    def write(self) -> None:
        """The whole function."""
        f, loops, sizes = self.f, self.loops, self.nest.sizes
        self.rows.reserve()
        top = Scope({})
        for axis, n in enumerate(sizes):
            if n == 1:
                top.indices[axis] = "0"
        self.hoist(top)
        if loops.turned:
            Tiles(self).write(top)
        elif loops.outer:
            start, stop = self.share(str(loops.items))
            rest = loops.outer[len(loops.shared) :]
            f.loop(
                stop, lambda i, _: self._around(self.at_item(top, i), rest), start=start,
                may_be_empty=True,
            )  # fmt: skip
        elif loops.vector >= 0 and not loops.vector_inside:
            self._vectors_in_parallel(top)
        else:
            start, stop = self.share("1")
            some = f.op(f"icmp slt i64 {start}, {stop}", "c")
            f.when(some, lambda: self._passes(top.deeper({})))

    def share(self, count: str) -> tuple[str, str]:
        """From where to where this thread's part of the work goes."""
        f = self.f
        if self.loops.alone:
            first = f.op("icmp eq i64 %tid, 0", "c")
            return "0", f.op(f"select i1 {first}, i64 {count}, i64 0", "i")
        following = f.op("add i64 %tid, 1")
        products = [f.mul("%tid", count), f.mul(following, count)]
        if not count.isdigit() or int(count) >= 1 << 22:
            start, stop = (f.op(f"udiv i64 {x}, %nt", "i") for x in products)
            return start, stop
        # Divisions of 32 bits are faster, and LLVM need not look whether they would do.
        threads = f.op("trunc i64 %nt to i32")
        short = [f.op(f"trunc i64 {x} to i32") for x in products]
        parts = [f.op(f"udiv i32 {x}, {threads}") for x in short]
        start, stop = (f.op(f"zext i32 {x} to i64", "i") for x in parts)
        return start, stop

    def at_item(self, top: Scope, item: str) -> Scope:
        """The scope of one of the pieces of work that the threads share."""
        f, sizes = self.f, self.nest.sizes
        first, *others = self.loops.shared or [-1]
        indices = {}
        for axis in reversed(others):
            indices[axis] = f.op(f"urem i64 {item}, {sizes[axis]}", "i")
            item = f.op(f"udiv i64 {item}, {sizes[axis]}", "i")
        if first >= 0:
            indices[first] = item
        scope = top.deeper(indices)
        self.hoist(scope)
        return scope

    def _around(self, scope: Scope, axes: Sequence[int]) -> None:
        """The loops around the vectors, beyond those that the threads share."""
        loops, sizes = self.loops, self.nest.sizes
        if axes:
            axis, *deeper = axes

            def body(index: str, _: list[str]) -> None:
                inner = scope.deeper({axis: index})
                self.hoist(inner)
                self._around(inner, deeper)

            self.f.loop(sizes[axis], body)
        elif loops.vector >= 0 and not loops.vector_inside:
            self._vectors(scope, sizes[loops.vector], self.block)
        else:
            self._passes(scope)

    # The vector's axis

    def _vectors(
        self, scope: Scope, size: int, body: Callable[[Scope], None], start: int = 0
    ) -> None:
        """Runs over the vector's axis: blocks of several vectors, then what is left."""
        loops, lanes = self.loops, self.loops.lanes
        block = loops.unroll * lanes
        whole = size // block * block
        parts: list[tuple[int, str | None]] = [(k * lanes, None) for k in range(loops.unroll)]
        axis = loops.vector
        if whole:
            self.f.loop(whole, lambda i, _: body(scope.deeper({axis: i}, parts)), step=block)
        if size - whole > block - lanes and size - whole < block:
            # Nearly a block: all its vectors, the last with a mask.
            masks = [(k * lanes, self.edge(size - whole - k * lanes)) for k in range(loops.unroll)]
            body(scope.deeper({axis: str(whole)}, masks))
            return
        vectors = (size - whole) // lanes
        if vectors > 1:
            middle = whole + vectors * lanes
            self.f.loop(
                middle,
                lambda i, _: body(scope.deeper({axis: i}, [(0, None)])),
                start=whole,
                step=lanes,
            )
        elif vectors:
            body(scope.deeper({axis: str(whole)}, [(0, None)]))
        rest = (size - whole) % lanes
        if rest:
            at = str(whole + vectors * lanes)
            body(scope.deeper({axis: at}, [(0, self.edge(rest))]))

    def edge(self, count: int) -> str | None:
        """The mask of the first `count` lanes."""
        if count >= self.loops.lanes:
            return None
        lanes = (f"i1 {'true' if k < count else 'false'}" for k in range(self.loops.lanes))
        return f"<{', '.join(lanes)}>" if self.loops.lanes > 1 else None

    def block(self, scope: Scope) -> None:
        """What is done for some vectors, when their axis is not reduced."""
        self.hoist(scope)
        self._passes(scope)

    def _vectors_in_parallel(self, top: Scope) -> None:
        """Divides the blocks of the only axis that is not reduced among the threads."""
        f, loops, lanes = self.f, self.loops, self.loops.lanes
        block, axis = loops.unroll * lanes, loops.vector
        parts: list[tuple[int, str | None]] = [(k * lanes, None) for k in range(loops.unroll)]
        if loops.any_size:
            size = f.op("ptrtoint ptr %size to i64")
            blocks = f.op(f"udiv i64 {size}, {block}")
            whole = f.mul(blocks, block)
        else:
            count = self.nest.sizes[axis]
            size, blocks, whole = str(count), str(count // block), str(count // block * block)
        if blocks != "0":
            start, stop = self.share(blocks)
            first, last = f.mul(start, block), f.mul(stop, block)
            f.loop(
                last,
                lambda i, _: self.block(top.deeper({axis: i}, parts)),
                start=first,
                step=block,
                may_be_empty=True,
            )
        if whole == size:
            return
        # The last thread does what is left, vector by vector, the last one with a mask.
        which = "0" if loops.alone else f.op("add i64 %nt, -1")
        mine = f.op(f"icmp eq i64 %tid, {which}", "c")

        def rest(i: str, _: list[str]) -> None:
            left = f.op(f"sub i64 {size}, {i}")
            self.block(top.deeper({axis: i}, [(0, self._lanes_below(left))]))

        f.when(mine, lambda: void(f.loop(size, rest, start=whole, step=lanes, may_be_empty=True)))

    def _lanes_below(self, count: str) -> str | None:
        """The mask of the lanes before a number that is known at run time."""
        f, lanes = self.f, self.loops.lanes
        if lanes == 1:
            return None
        kind = f"<{lanes} x i64>"
        numbers = ", ".join(f"i64 {k}" for k in range(lanes))
        return f.op(f"icmp slt {kind} <{numbers}>, {f.splat('i64', lanes, count)}")

    # Passes

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

    def _passes(self, scope: Scope) -> None:
        """All walks over the inner axes, and what is stored after them."""
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
            parts = [(k * lanes, self.edge(size - k * lanes)) for k in range(loops.unroll)]
            return [scope.deeper({loops.vector: "0"}, parts)]
        cells: list[dict[int, str]] = [{}]
        for axis in loops.inner:
            cells = [{**cell, axis: str(i)} for cell in cells for i in range(sizes[axis])]
        return [scope.deeper(cell) for cell in cells]

    def _over_cells(self, cells: Sequence[Scope], x: Value) -> list[str]:
        points, loops = self.points, self.loops
        (arg,) = x.args
        if loops.vector_inside:
            return self._masked(cells[0], x)
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
        return total

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
        size = self.nest.sizes[axis]

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
            return _grouped(run(0, size, 1, scope.parts, flat), shape)
        lanes, block = loops.lanes, loops.unroll * loops.lanes
        whole = size // block * block
        parts = [(k * lanes, None) for k in range(loops.unroll)]
        if whole:
            flat = run(0, whole, block, parts, flat)
        if size > whole:
            # The last, shorter block; masks say which of its lanes there are.
            rest = range(loops.unroll)
            edges = [(k * lanes, self.edge(max(0, size - whole - k * lanes))) for k in rest]
            flat = body(scope.deeper({axis: str(whole)}, edges), flat)
        return _grouped(flat, shape)

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


def void(_: object) -> None:
    """Drops a result."""


def _grouped(flat: Sequence[str], shape: Sequence[int]) -> list[list[str]]:
    groups, at = [], 0
    for n in shape:
        groups.append(list(flat[at : at + n]))
        at += n
    return groups
