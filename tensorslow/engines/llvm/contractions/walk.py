"""How threads go through a contraction, from its operands in memory to the epilogue."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from tensorslow.engines.llvm.contractions.copied import CopiedA
from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.contractions.packed import PackedB
from tensorslow.engines.llvm.contractions.products import Item, Operands, Products
from tensorslow.engines.llvm.contractions.scheme import LINE, Copy, Scheme, lines
from tensorslow.engines.llvm.contractions.streaming import STEPS, StreamedB
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.spmd import (
    meet,
    quotient,
    remainder,
    share,
    shared_loop,
    unravel,
)
from tensorslow.engines.llvm.text.target import Target

Each = Callable[[int, Callable[[str], None]], None]  # runs something for 0, 1, …, count - 1


def emit_contraction(
    f: Function, target: Target, s: Scheme, a: str, b: str, epilogue: Epilogue
) -> None:
    """Writes the code of a contraction into a kernel's function.

    Args:
        f: the function.
        target: the processor.
        s: what was decided.
        a: pointer to A.
        b: pointer to B.
        epilogue: what becomes of the result.
    """
    walk = Walk(f, target, s, a, b, epilogue)
    if walk.copy():
        meet(f, target)
    walk.compute()


class Walk:
    """Writes the code of one contraction: first `copy`, then `compute`.

    Args:
        f: the function.
        target: the processor.
        s: what was decided.
        a: pointer to A.
        b: pointer to B.
        epilogue: what becomes of the result.
        scratch: where in scratch memory it has its place, in bytes.
    """

    def __init__(
        self,
        f: Function,
        target: Target,
        s: Scheme,
        a: str,
        b: str,
        epilogue: Epilogue,
        scratch: int = 0,
    ) -> None:
        self.f, self.target, self.s = f, target, s
        self.products = Products(f, target, s.inner, s.t, epilogue, s.walks, s.start)
        self.given = {"a": a, "b": b}
        self.kind = type_of(s.c.dtype)
        panel = s.b.panel if s.b and not s.b.single else 0
        tile = s.a.tile if isinstance(s.a, CopiedA) else 0
        self.operands = Operands(a, b, s.b is not None, panel, tile)
        self.scratch = f.gep("%scratch", scratch, "i8")
        count = self.products.tile_elements
        self.tile = f.op(f"alloca [{count} x {self.products.one}], align {LINE}", "tile")

    def copy(self) -> bool:
        """All threads copy what all of them will read; they must meet if there was anything."""
        return self._copy(None, self.scratch, self._shared)

    def _shared(self, count: int, one: Callable[[str], None]) -> None:
        shared_loop(self.f, count, one)

    def _alone(self, count: int, one: Callable[[str], None]) -> None:
        self.f.loop(count, lambda i, _: one(i))

    def _copy(self, lead: list[str] | None, place: str, each: Each) -> bool:
        """Copies operands: all that are copied together, or the part of one index alone."""
        f, some = self.f, False
        for name, copy in self.s.copied.items():
            if (name in self.s.alone) == (lead is not None):
                source = f.gep(self.given[name], copy.at(f, lead or []), self.kind)
                self._copy_one(name, copy, source, place, each)
                place, some = f.gep(place, lines(copy.bytes), "i8"), True
        return some

    def _copy_one(self, name: str, copy: Copy, source: str, goal: str, each: Each) -> None:
        each(copy.count, lambda i: copy.emit(self.f, self.target, i, source, goal))
        if name == "a":
            self.operands = replace(self.operands, a=goal)
        else:
            self.operands = replace(self.operands, b=goal)

    def _own(self) -> str:
        """This thread's own scratch memory."""
        f, size = self.f, self.s.size(alone=True)
        if not size:
            return self.scratch
        place = f.add(str(self.s.size(alone=False)), f.mul("%tid", size))
        return f.gep(self.scratch, place, "i8")

    @property
    def _waiting(self) -> str:
        """Where tiles wait in scratch memory."""
        size = self.s.size(alone=False) - lines(self.s.tiles_bytes)
        return self.f.gep(self.scratch, size, "i8")

    def compute(self) -> None:
        """Threads compute tiles, and hand them to the epilogue."""
        if isinstance(self.s.b, StreamedB) and not self.s.ready:
            self._streams(self.s.b)
        elif self.s.b and self.s.b.single:
            self._panels(self.s.b)
        elif self.s.lead:
            self._matrices()
        elif self.s.t.pieces == 1 and self.s.adds:
            self._bit_by_bit()
        elif self.s.t.pieces == 1:
            self._tiles([], self._shared)
        else:
            shared_loop(self.f, *(self._images() if self.s.walks else self._pieces()))
            meet(self.f, self.target)
            shared_loop(self.f, self._count([]), self._finish_pieces)

    def _count(self, lead: list[str]) -> int:
        rest = self.s.c.outer[len(lead) :]
        return math.prod(axis.size for axis in rest) * self.s.t.items

    def _item(self, lead: list[str], index: str) -> Item:
        """The tile of that number, of all that the leading axes leave."""
        f, rest = self.f, self.s.c.outer[len(lead) :]
        *outer, place = unravel(f, index, [*(axis.size for axis in rest), self.s.t.items])
        return self.products.item([*lead, *outer], place)

    def _matrices(self) -> None:
        """Threads divide matrices; each copies what it needs for one, and computes all of it."""
        sizes = [axis.size for axis in self.s.c.outer[: self.s.lead]]

        def one(index: str) -> None:
            lead = unravel(self.f, index, sizes)
            self.copy_alone(lead)
            self.matrix(lead)

        shared_loop(self.f, math.prod(sizes), one)

    def copy_alone(self, lead: list[str]) -> None:
        """This thread copies what it alone will read, for one index of the leading axes."""
        self._copy(lead, self._own(), self._alone)

    def matrix(self, lead: list[str]) -> None:
        """This thread computes and finishes all tiles for one index of the leading axes."""
        self._tiles(lead, self._alone)

    def _tiles(self, lead: list[str], each: Each) -> None:
        """Computes and finishes every tile."""

        def one(index: str) -> None:
            item = self._item(lead, index)
            self.products.compute(item, self.operands, self.tile)
            self.products.finish(item, self.tile)

        each(self._count(lead), one)

    def _panels(self, b: PackedB) -> None:
        """Threads divide the only matrix, panel by panel; each packs every panel it has tiles of.

        Where the share of one thread ends within a panel, two threads pack it. That costs less
        than to wait for each other, and what a thread has packed itself is in its own cache.
        """
        f, t = self.f, self.s.t
        own, outer = self._own(), ["0"] * len(self.s.c.outer)
        operands = replace(self.operands, b=own)
        first, stop = share(f, t.items)

        def panel(number: str, _: list[str]) -> None:
            b.emit(f, self.target, number, self.given["b"], own)
            begin = f.mul(number, t.tiles)

            def tile(index: str, _: list[str]) -> None:
                item = self.products.item_at(outer, f.op(f"sub i64 {index}, {begin}"), number)
                self.products.compute(item, operands, self.tile)
                self.products.finish(item, self.tile)

            end = f.minimum(f.add(begin, t.tiles), stop)
            f.loop(end, tile, start=f.maximum(begin, first), may_be_empty=True)

        after = quotient(f, f.add(stop, t.tiles - 1), t.tiles)
        f.loop(after, panel, start=quotient(f, first, t.tiles), may_be_empty=True)

    def _streams(self, b: StreamedB) -> None:
        """Threads divide panels of the only matrix; each packs parts of some as it goes along."""
        f, c, t, own = self.f, self.s.c, self.s.t, self._own()
        tiles = f.gep(own, b.packed_bytes, "i8")
        first, stop = share(f, t.panels)

        def group(begin: str, _: list[str]) -> None:
            left = f.op(f"sub i64 {stop}, {begin}")
            panels = f.minimum(left, b.together)
            items = f.mul(panels, t.tiles)
            f.loop(items, lambda i, _: self.products.clear(self._tile(tiles, i)))

            def step(k: str, _: list[str]) -> None:
                count = f.minimum(f.op(f"sub i64 {c.k}, {k}"), STEPS)
                self._part(b, (begin, panels), (k, count), own, tiles)

            f.loop(c.k, step, step=STEPS)

            def finish(i: str, _: list[str]) -> None:
                panel, number = quotient(f, i, t.tiles), remainder(f, i, t.tiles)
                item = self.products.item_at(["0"] * len(c.outer), number, f.add(begin, panel))
                self.products.finish(item, self._tile(tiles, i))

            f.loop(items, finish)

        f.loop(stop, group, start=first, step=b.together, may_be_empty=True)

    def _part(
        self, b: StreamedB, panels: tuple[str, str], part: tuple[str, str], own: str, tiles: str
    ) -> None:
        """Packs a part of some panels, and adds what it gives to their tiles."""
        f, t, size = self.f, self.s.t, b.part * self.s.c.computed.itemsize
        (begin, count), (first, steps) = panels, part

        def pack(i: str, _: list[str]) -> None:
            goal = f.gep(own, f.mul(i, size), "i8")
            b.pack(f, self.target, f.add(begin, i), part, self.given["b"], goal)

        f.loop(count, pack)

        def panel(i: str, _: list[str]) -> None:
            here = f.gep(own, f.mul(i, size), "i8")
            operands = replace(self.operands, b=here, panel=0, partial=True)

            def tile(number: str, _: list[str]) -> None:
                outer = ["0"] * len(self.s.c.outer)
                item = self.products.item_at(outer, number, f.add(begin, i))
                place = self._tile(tiles, f.add(f.mul(i, t.tiles), number))
                self.products.compute(item, operands, place, "0", first, steps, adds=True)

            f.loop(t.tiles, tile)

        f.loop(count, panel)

    def _bit_by_bit(self) -> None:
        """Threads divide tiles, which wait in memory while the sum is walked along."""
        f, c = self.f, self.s.c
        first, stop = share(f, self._count([]))
        tiles = self._waiting

        def every(one: Callable[[str], None]) -> None:
            f.loop(stop, lambda i, _: one(i), start=first, may_be_empty=True)

        every(lambda i: self.products.clear(self._tile(tiles, i)))

        def image(i: str, _: list[str]) -> None:
            self._steps(i, every, lambda j: self._tile(tiles, j))

        f.loop(c.nest[0].size if self.s.walks else 1, image)
        every(lambda i: self.products.finish(self._item([], i), self._tile(tiles, i)))

    def _steps(
        self,
        image: str,
        every: Callable[[Callable[[str], None]], None],
        tile: Callable[[str], str],
    ) -> None:
        """Adds what one image (or all there is) gives to tiles, some steps of a sum at a time."""
        f, t, size = self.f, self.s.t, self.products.nest_size

        def step(first: str, _: list[str]) -> None:
            left = f.op(f"sub i64 {size}, {first}")
            count = f.minimum(t.step, left)
            count = count if size % t.step else str(t.step)

            def one(index: str) -> None:
                item = self._item([], index)
                self.products.compute(
                    item, self.operands, tile(index), image, first, count, adds=True
                )

            every(one)

        f.loop(size, step, step=t.step)

    def _images(self) -> tuple[int, Callable[[str], None]]:
        """Threads divide groups of images; each adds up what all of a group give to all tiles."""
        f, s = self.f, self.s
        size, items = s.c.nest[0].size, self._count([])
        length = -(-size // s.t.pieces)

        def every(one: Callable[[str], None]) -> None:
            f.loop(items, lambda i, _: one(i))

        def piece(index: str) -> None:
            tiles = self._tile(self._waiting, f.mul(index, items))
            every(lambda i: self.products.clear(self._tile(tiles, i)))
            first = f.mul(index, length)
            last = f.minimum(f.add(first, length), size)

            def image(i: str, _: list[str]) -> None:
                self.copy_alone([i])
                self._steps(i, every, lambda j: self._tile(tiles, j))

            f.loop(last, image, start=first)

        return s.t.pieces, piece

    def _pieces(self) -> tuple[int, Callable[[str], None]]:
        """Threads divide pieces of the sums of all tiles."""
        f, s = self.f, self.s
        items, size = self._count([]), s.c.nest[0].size
        length = -(-size // s.t.pieces)

        def one(index: str) -> None:
            piece, place = unravel(f, index, [s.t.pieces, items])
            first = f.mul(piece, length)
            left = f.op(f"sub i64 {size}, {first}")
            count = f.minimum(length, left)
            tile = self._tile(self._waiting, index)
            item = self._item([], place)
            self.products.compute(item, self.operands, tile, "0", first, count)

        return s.t.pieces * items, one

    def _tile(self, tiles: str, index: str) -> str:
        return self.f.gep(tiles, self.f.mul(index, self.s.tile_bytes), "i8")

    def _finish_pieces(self, index: str) -> None:
        """Adds up the tiles of all pieces."""
        self.products.add_up(
            self._tile(self._waiting, index), self._count([]), self.s.t.pieces, self.tile
        )
        self.products.finish(self._item([], index), self.tile)
