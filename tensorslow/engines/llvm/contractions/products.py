"""Writes the code of a contraction: which thread computes which tile, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorslow.engines.llvm.contractions.contraction import Axis, Contraction, offsets
from tensorslow.engines.llvm.contractions.dots import TOGETHER, Dots, as_dots
from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.contractions.microkernel import MicroKernel, most_rows
from tensorslow.engines.llvm.contractions.narrow import NarrowKernel
from tensorslow.engines.llvm.contractions.tiling import Tiling
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.spmd import quotient, remainder
from tensorslow.engines.llvm.text.target import Target


def constant_words(f: Function, words: Sequence[int], hint: str) -> str:
    """A constant array of 64-bit integers; equal ones of a module are one."""
    text = f"internal constant [{len(words)} x i64] [{', '.join(f'i64 {word}' for word in words)}]"
    constants = f.module.constants
    for name, definition in constants.items():
        if definition.partition(" = ")[2] == text:
            return f"@{name}"
    name = f"{hint}.{len(constants)}"
    constants[name] = f"@{name} = {text}"
    return f"@{name}"


@dataclass(frozen=True)
class Operands:
    """Where A and B are.

    Attributes:
        a: pointer to A.
        b: pointer to B.
        packed: whether B is.
        panel: from one packed panel to the next, in elements.
        tile: from one tile's A to the next, where each has its own; else 0.
        partial: whether B begins with the steps of the sum that a tile is to be computed from.
    """

    a: str
    b: str
    packed: bool
    panel: int
    tile: int
    partial: bool = False


@dataclass(frozen=True)
class Item:
    """One tile of one matrix, while its code is written.

    Attributes:
        outer: the index of each outer axis.
        tile: its number from above.
        m: its first row.
        done_rows: how many of its rows belong to the tile above.
        panel: the number of its panel.
        vector: its first vector.
        done_vectors: how many of its vectors belong to the panel before.
    """

    outer: list[str]
    tile: str
    m: str
    done_rows: str
    panel: str
    vector: str
    done_vectors: str


class Products:
    """Writes what computes the tiles of one contraction, in a function that every thread runs.

    Args:
        f: the function, with `spmd.PARAMETERS` as its first parameters.
        target: the processor.
        c: sizes, and the strides as micro-kernels are to see them.
        t: how it is cut up.
        epilogue: what becomes of the result.
        walks: the outermost axis of the sum is no part of a tile's loops.
        start: where A begins, in elements.
    """

    def __init__(
        self,
        f: Function,
        target: Target,
        c: Contraction,
        t: Tiling,
        epilogue: Epilogue,
        walks: bool = False,
        start: int = 0,
    ) -> None:
        self.f, self.target, self.c, self.t, self.epilogue = f, target, c, t, epilogue
        self.nest = c.nest[walks:]
        self.start = str(start)
        self.image = c.nest[0] if walks else Axis(1, 0, 0)
        self.one, self.vector = type_of(c.computed), type_of(c.computed, t.lanes)
        self.size = c.computed.itemsize
        self._tables()

    def _tables(self) -> None:
        """The lists that micro-kernels read."""
        c, f, size = self.c, self.f, self.size
        self.uniform = len(c.rows) == 1
        rows = [i * c.rows[0].a for i in range(most_rows(self.target))]
        rows = rows if self.uniform else offsets(c.rows)
        self.rows = constant_words(f, [place * size for place in rows], "rows")
        nest = [x for axis in self.nest for x in (axis.size, axis.a * size, axis.b * size)]
        self.loops = constant_words(f, nest, "nest")

    @property
    def nest_size(self) -> int:
        """How many steps a tile's outermost loop has."""
        return self.nest[0].size

    @property
    def tile_elements(self) -> int:
        """Size of a tile in memory."""
        return self.t.rows * self.t.width

    def item(self, outer: list[str], index: str) -> Item:
        """Which tile the `index`-th of a matrix is: panel by panel within a block of tiles."""
        f, t = self.f, self.t
        if t.block == t.tiles:
            panel, tile = quotient(f, index, t.tiles), remainder(f, index, t.tiles)
        else:
            number = quotient(f, index, t.block * t.panels)
            first = f.mul(number, t.block)
            left = f.op(f"sub i64 {t.tiles}, {first}")
            here = f.minimum(t.block, left)
            index = remainder(f, index, t.block * t.panels)
            panel = quotient(f, index, here)
            tile = f.add(first, remainder(f, index, here))
        return self.item_at(outer, tile, panel)

    def item_at(self, outer: list[str], tile: str, panel: str) -> Item:
        """The tile with that number from above, and that number of a panel."""
        t = self.t
        m, done_rows = self._within(tile, t.rows, t.m)
        vector, done_vectors = self._within(panel, t.vectors, t.every)
        return Item(outer, tile, m, done_rows, panel, vector, done_vectors)

    def _within(self, index: str, size: int, whole: int) -> tuple[str, str]:
        """Where the `index`-th of some parts begins, so that it ends within the whole.

        And how much of it the one before has, too.
        """
        f = self.f
        start = f.mul(index, size)
        if whole % size == 0:
            return start, "0"
        moved = f.minimum(start, whole - size)
        return moved, f.op(f"sub i64 {start}, {moved}", "i")

    def compute(
        self,
        item: Item,
        operands: Operands,
        tile: str,
        image: str = "0",
        first: str = "0",
        count: str | None = None,
        adds: bool = False,
    ) -> None:
        """Computes one tile, or a part of its sum: `count` steps of the outermost loop.

        Args:
            item: which.
            operands: from what.
            tile: pointer to memory for it.
            image: index of the axis that is walked along.
            first: where the outermost loop of the sum begins.
            count: how many steps it makes, if not all.
            adds: what the tile holds is added to.
        """
        f, c, t = self.f, self.c, self.t
        if c.k == 0:
            self.clear(tile)
            return
        if count is None and not c.turned:
            first_column = f.mul(item.vector, t.lanes)
            self.epilogue.ahead(f, item.outer, item.m, first_column, t.rows, t.width)
        a, b = self._begin(item, operands, image, first)
        if as_dots(c, self.target) and not operands.packed:
            self._dots(item, f.gep(operands.a, a, self.one), operands.b, b, tile, count)
            return
        if t.along == "column":
            pointers = f.gep(operands.a, a, self.one), f.gep(operands.b, b, self.one)
            self._down(item, pointers, tile, count, adds)
            return
        rows = self.rows
        if operands.tile:
            a = f.add(a, f.mul(item.tile, operands.tile))
        elif self.uniform:
            a = f.add(a, f.mul(item.m, c.rows[0].a))
        else:
            rows = f.gep(rows, item.m, "i64")
        name, last = self._kernel(item, operands, adds)
        a, b = f.gep(operands.a, a, self.one), f.gep(operands.b, b, self.one)
        f.do(
            f"call void @{name}(ptr {a}, ptr {b}, ptr {tile}, "
            f"ptr {rows}, ptr {self.loops}, i64 {count or self.nest_size}, i64 {last})"
        )

    def _kernel(self, item: Item, operands: Operands, adds: bool) -> tuple[str, str]:
        """The micro-kernel for a tile, and what its last argument is."""
        f, c, t = self.f, self.c, self.t
        if t.along == "sum":
            narrow = NarrowKernel(c.computed, t.rows, c.n, len(self.nest), adds)
            return narrow.emit(f.module, self.target), str(c.columns.b * self.size)
        apart = c.columns.a != 0
        masked = t.ragged and (apart or not operands.packed)
        lanes = str(t.lanes)
        if masked:
            ragged = f.op(f"icmp eq i64 {item.panel}, {t.panels - 1}")
            lanes = f.op(f"select i1 {ragged}, i64 {t.last_lanes}, i64 {t.lanes}")
        kernel = MicroKernel(c.computed, t.rows, t.vectors, len(self.nest), adds, masked, apart)
        return kernel.emit(f.module, self.target), lanes

    def _down(
        self, item: Item, ab: tuple[str, str], tile: str, count: str | None, adds: bool
    ) -> None:
        """Computes a tile whose vectors run along columns: A and B change places."""
        f, c, t, size = self.f, self.c, self.t, self.size
        if self.uniform:
            row = f.mul(item.m, c.rows[0].a * size)
        else:
            row = f.load("i64", f.gep(self.rows, item.m, "i64"), 8)
        columns = constant_words(f, [j * c.columns.b * size for j in range(c.n)], "rows")
        words = [x for axis in self.nest for x in (axis.size, axis.b * size, axis.a * size)]
        kernel = MicroKernel(c.computed, c.n, t.rows // t.lanes, len(self.nest), adds)
        f.do(
            f"call void @{kernel.emit(f.module, self.target)}(ptr {ab[1]}, "
            f"ptr {f.gep(ab[0], row, 'i8')}, ptr {tile}, ptr {columns}, "
            f"ptr {constant_words(f, words, 'nest')}, i64 {count or self.nest_size}, i64 {t.lanes})"
        )

    def _begin(self, item: Item, operands: Operands, image: str, first: str) -> tuple[str, str]:
        """Where a tile's part of A and of B begins, before its rows are counted."""
        f, c, t = self.f, self.c, self.t
        a, b = self.start, "0"
        places, axes = (image, first, *item.outer), (self.image, self.nest[0], *c.outer)
        for i, (index, axis) in enumerate(zip(places, axes, strict=True)):
            a = f.add(a, f.mul(index, axis.a))
            if not (operands.partial and i == 1):
                b = f.add(b, f.mul(index, axis.b))
        if operands.packed:
            b = f.add(b, f.mul(item.panel, operands.panel))
        else:
            b = f.add(b, f.mul(item.vector, t.lanes * c.columns.b))
        return f.add(a, f.mul(item.vector, t.lanes * c.columns.a)), b

    def _dots(self, item: Item, a: str, base: str, b: str, tile: str, count: str | None) -> None:
        """Computes a tile of one row as dot products."""
        f, t, step = self.f, self.t, self.c.columns.b * self.size
        together = min(TOGETHER, t.width - t.lanes + t.last_lanes)
        name = Dots(self.c.computed, together).emit(f.module, self.target)
        left = f.op(f"sub i64 {t.n}, {f.mul(item.vector, t.lanes)}")
        n = f.minimum(t.width, left)
        f.do(
            f"call void @{name}(ptr {a}, ptr {f.gep(base, b, self.one)}, ptr {tile}, i64 {step}, "
            f"i64 {count or self.nest_size}, i64 {n})"
        )

    def clear(self, tile: str) -> None:
        """Fills a tile with zeros."""
        f, size = self.f, self.size

        def vector(i: str, _: list[str]) -> None:
            f.store(self.vector, "zeroinitializer", f.gep(tile, i, self.one), size)

        f.loop(self.tile_elements, vector, step=self.t.lanes)

    def add_up(self, first: str, items: int, pieces: int, goal: str) -> None:
        """Adds up one tile of each piece of a sum: every `items`-th from the first."""
        f, step = self.f, items * self.tile_elements
        add = "fadd" if self.c.computed.kind == "f" else "add"

        def vector(i: str, _: list[str]) -> None:
            pointer = f.gep(first, i, self.one)
            total = f.load(self.vector, pointer, self.size)

            def piece(_: str, state: list[str]) -> list[str]:
                pointer = f.gep(state[0], step, self.one)
                value = f.load(self.vector, pointer, self.size)
                return [pointer, f.op(f"{add} {self.vector} {state[1]}, {value}")]

            total = f.loop(pieces - 1, piece, [("ptr", pointer), (self.vector, total)])[1]
            f.store(self.vector, total, f.gep(goal, i, self.one), self.size)

        f.loop(self.tile_elements, vector, step=self.t.lanes)

    def finish(self, item: Item, tile: str) -> None:
        """Hands a computed tile to the epilogue."""
        if self.c.turned:
            self._finish_turned(item, tile)
            return
        if self.t.along == "column":
            self._finish_columns(item, tile)
            return
        f, t = self.f, self.t

        def column(j: str, mask: str | None) -> None:
            n = f.mul(f.add(item.vector, j), t.lanes)
            ready = self.epilogue.columns(f, item.outer, n, t.lanes, mask)
            start = f.gep(
                tile, f.mul(f.add(f.mul(item.done_rows, t.vectors), j), t.lanes), self.one
            )

            def row(i: str, state: list[str]) -> Sequence[str]:
                value = f.load(self.vector, state[0], self.size)
                m = f.add(item.m, i)
                self.epilogue.store(f, item.outer, m, n, value, t.lanes, mask, ready)
                return [f.gep(state[0], t.width, self.one)]

            f.loop(t.rows, row, [("ptr", start)], start=item.done_rows)

        if not t.ragged:
            f.loop(t.vectors, lambda j, _: column(j, None), start=item.done_vectors)
            return
        last = f.op(f"icmp eq i64 {item.panel}, {t.panels - 1}")
        whole = f.op(f"select i1 {last}, i64 {t.vectors - 1}, i64 {t.vectors}")
        if t.every > 1:
            f.loop(whole, lambda j, _: column(j, None), start=item.done_vectors, may_be_empty=True)
        lanes = ", ".join(f"i1 {str(i < t.last_lanes).lower()}" for i in range(t.lanes))
        f.when(last, lambda: column(str(t.vectors - 1), f"<{lanes}>"))

    def _finish_columns(self, item: Item, tile: str) -> None:
        """The same for a tile that lies column by column, element by element."""
        f, t = self.f, self.t

        def column(j: str, _: list[str]) -> None:
            ready = self.epilogue.columns(f, item.outer, j, 1, None)
            start = f.gep(tile, f.mul(j, t.rows), self.one)

            def element(i: str, _: list[str]) -> None:
                value = f.load(self.one, f.gep(start, i, self.one), self.size)
                m = f.add(item.m, i)
                self.epilogue.store(f, item.outer, m, j, value, 1, None, ready)

            f.loop(t.rows, element, start=item.done_rows)

        f.loop(t.n, column)

    def _finish_turned(self, item: Item, tile: str) -> None:
        """The same for a tile of one row, which is a piece of the result's only column."""
        f, t = self.f, self.t
        ready = self.epilogue.columns(f, item.outer, "0", 1, None)
        n0 = f.mul(item.vector, t.lanes)
        there = f.op(f"sub i64 {t.n}, {n0}")
        count = f.minimum(t.width, there)

        def element(i: str, _: list[str]) -> None:
            value = f.load(self.one, f.gep(tile, i, self.one), self.size)
            self.epilogue.store(f, item.outer, f.add(n0, i), "0", value, 1, None, ready)

        f.loop(count, element, start=f.mul(item.done_vectors, t.lanes))
