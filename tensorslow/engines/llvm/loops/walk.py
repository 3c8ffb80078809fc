"""Walking: the loops around the passes of a kernel, and which thread makes which iterations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tensorslow.engines.llvm.arithmetic.reducing import Reducing
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.loops.order import Loops
from tensorslow.engines.llvm.loops.passes import Passes
from tensorslow.engines.llvm.loops.points import Points, Scope, edge
from tensorslow.engines.llvm.loops.tiles import Tiles
from tensorslow.engines.llvm.text.ir import Function
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
        self.passes = Passes(self.points, loops, Reducing(f, target, loops.lanes))

    def write(self) -> None:
        """The whole function."""
        f, loops, sizes = self.f, self.loops, self.nest.sizes
        self.passes.rows.reserve()
        top = Scope({})
        for axis, n in enumerate(sizes):
            if n == 1:
                top.indices[axis] = "0"
        self.passes.hoist(top)
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
            f.when(some, lambda: self.passes.write(top.deeper({})))

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
        self.passes.hoist(scope)
        return scope

    def _around(self, scope: Scope, axes: Sequence[int]) -> None:
        """The loops around the vectors, beyond those that the threads share."""
        loops, sizes = self.loops, self.nest.sizes
        if axes:
            axis, *deeper = axes

            def body(index: str, _: list[str]) -> None:
                inner = scope.deeper({axis: index})
                self.passes.hoist(inner)
                self._around(inner, deeper)

            self.f.loop(sizes[axis], body)
        elif loops.vector >= 0 and not loops.vector_inside:
            self._vectors(scope, sizes[loops.vector], self.block)
        else:
            self.passes.write(scope)

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
            masks = [
                (k * lanes, edge(size - whole - k * lanes, lanes)) for k in range(loops.unroll)
            ]
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
            body(scope.deeper({axis: at}, [(0, edge(rest, lanes))]))

    def block(self, scope: Scope) -> None:
        """What is done for some vectors, when their axis is not reduced."""
        self.passes.hoist(scope)
        self.passes.write(scope)

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


def void(_: object) -> None:
    """Drops a result."""
