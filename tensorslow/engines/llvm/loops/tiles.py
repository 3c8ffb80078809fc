"""Walking through two axes in squares, where some arrays lie along one and some along the other.

The vector's axis is the one along which results lie. What lies along the other is read in squares
that are transposed into a small buffer (see turn.py); the rows of that are then worked on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorslow.engines.llvm.kernels.nests import Store, Value
from tensorslow.engines.llvm.loops.points import Mask, Scope, edge
from tensorslow.engines.llvm.loops.turn import emit_turn
from tensorslow.engines.llvm.text.ir import stored_type

if TYPE_CHECKING:
    from tensorslow.engines.llvm.loops.walk import LoopWriter

FAR = 1 << 19  # bytes of results that are not in the nearer caches when they are written


class Tiles:
    """Writes the loops of a kernel that has `turned` loads.

    Args:
        writer: of the kernel.
    """

    def __init__(self, writer: LoopWriter) -> None:
        self.writer, self.loops = writer, writer.loops
        self.f, self.points = writer.f, writer.points
        self.lanes, self.vector, self.across = (
            self.loops.lanes, self.loops.vector, self.loops.across
        )  # fmt: skip
        self.height, self.width = self.loops.tile
        self.rows, self.columns = (self.loops.nest.sizes[i] for i in (self.vector, self.across))
        self.squares: dict[Value, tuple[str, str]] = {}  # by load: its function, its buffer

    def write(self, top: Scope) -> None:
        """All of it; the threads share blocks of several squares."""
        f, lanes = self.f, self.lanes
        for x in self.loops.turned:
            turn = emit_turn(f.module, x.dtype, lanes)
            buffer = f.op(f"alloca [{lanes * lanes} x {stored_type(x.dtype)}], align 64")
            self.squares[x] = turn, buffer
        down, right = -(-self.rows // self.height), -(-self.columns // self.width)
        start, stop = self.writer.share(str(self.loops.items * down * right))

        def block(item: str, _: list[str]) -> None:
            item, j = self._divided(item, down)
            item, i = self._divided(item, right)
            self._block(self.writer.at_item(top, item), j, i, down)

        f.loop(stop, block, start=start, may_be_empty=True)

    def _divided(self, number: str, by: int) -> tuple[str, str]:
        if by == 1:
            return number, "0"
        return self.f.op(f"udiv i64 {number}, {by}"), self.f.op(f"urem i64 {number}, {by}")

    def _block(self, scope: Scope, j: str, i: str, down: int) -> None:
        """Goes down the squares of some columns."""
        f, lanes = self.f, self.lanes
        first, column = f.mul(j, self.height), f.mul(i, self.width)
        whole = self.rows // lanes * lanes
        last = f.minimum(f.add(first, self.height), whole)
        end = f.minimum(f.add(column, self.width), self.columns)

        def squares(row: str, mask: Mask, rows: int) -> None:
            inner = scope.deeper({self.vector: row}, [(0, mask)])
            self.writer.passes.hoist(inner)
            f.loop(end, lambda c, _: self._square(inner, c, rows), start=column, step=lanes)

        if whole:
            f.loop(
                last, lambda row, _: squares(row, None, lanes), start=first, step=lanes,
                may_be_empty=down > 1,
            )  # fmt: skip
        rest = self.rows - whole
        if rest:
            is_last = f.op(f"icmp eq i64 {j}, {down - 1}", "c")
            f.when(is_last, lambda: squares(str(whole), edge(rest, lanes), rest))

    def _square(self, scope: Scope, column: str, rows: int) -> None:
        """Transposes a square of each array, and works on its columns, which are vectors now."""
        f, lanes, points = self.f, self.lanes, self.points
        count = str(lanes)
        if self.columns % lanes:
            count = f.minimum(f.op(f"sub i64 {self.columns}, {column}"), lanes)
        corner = scope.deeper({self.across: column})
        for x, (turn, buffer) in self.squares.items():
            f.call(
                "void", turn, ("ptr", points.pointer(corner, x)),
                ("i64", str(x.strides[self.vector])), ("ptr", buffer), ("i64", str(rows)),
                ("i64", count),
            )  # fmt: skip
        together = next(n for n in (4, 2, 1) if self.columns % n == lanes % n == 0)

        def some(k: str, _: list[str]) -> None:
            for each in range(together):
                self._column(scope, column, f.add(k, each))

        f.loop(count, some, step=together)

    def _column(self, scope: Scope, column: str, k: str) -> None:
        f, lanes, points = self.f, self.lanes, self.points
        cell = scope.deeper({self.across: f.add(column, k)})
        for x, (_, buffer) in self.squares.items():
            kind = stored_type(x.dtype)
            at = f.gep(buffer, f.mul(k, lanes), kind)
            vector = f.load(stored_type(x.dtype, lanes), at, x.dtype.itemsize * lanes)
            cell.known[x] = [points.truth(vector, x, lanes)]
        for s in self.loops.nest.stores:
            self._ask(cell, s)
        self.writer.block(cell)

    def _ask(self, cell: Scope, s: Store) -> None:
        """Asks for what the square below writes: no processor guesses lines so far apart."""
        if s.buffer is None or s.buffer.bytes < FAR or s in self.points.past:
            return
        f = self.f
        below = f.gep(self.points.pointer(cell, s), self.lanes, stored_type(s.buffer.dtype))
        f.call("void", "llvm.prefetch.p0", ("ptr", below), ("i32", "1"), ("i32", "3"), ("i32", "1"))
