"""Winograd's gradient of a kernel: what is decided, and the code.

The gradient is a convolution, too: tiles of x with the windows that the tiles of dy are. So both
are transformed, their products are summed over all tiles and images at each pair of points, and
only the sums are transformed back. Threads divide the images into pieces as for the plain sum.

Where the sums are not finite, or all numbers are whole, the plain sum decides what the gradient is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tensorslow.engines.llvm.contractions.contraction import Axis, Contraction
from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.contractions.microkernel import MicroKernel
from tensorslow.engines.llvm.contractions.padding import Padding
from tensorslow.engines.llvm.contractions.products import Item, Products, constant_words
from tensorslow.engines.llvm.contractions.scheme import (
    LINE,
    PIECES,
    PIECES_BYTES,
    Scheme,
    lines,
)
from tensorslow.engines.llvm.contractions.tiling import Tiling, tiling
from tensorslow.engines.llvm.contractions.transforms import (
    apply,
    emit_beyond,
    emit_fraction,
    emit_transform,
)
from tensorslow.engines.llvm.contractions.walk import Walk
from tensorslow.engines.llvm.contractions.winograd import COUNT, result, step, tile, tiles, window
from tensorslow.engines.llvm.contractions.winograd_tiles import (
    MOST_ALONE,
    MOST_SHARED,
    POINTS,
    SIZE,
    Reader,
    Tiles,
)
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.spmd import meet, quotient, remainder, shared_loop
from tensorslow.engines.llvm.text.target import Target

FEWEST_PIECES = 8  # threads divide them
LARGEST = 2.0**100  # sums up to this become no infinity on the way back


@dataclass(frozen=True)
class WinogradFilter:
    """How the gradient of a kernel is computed.

    Attributes:
        s: how it would be otherwise, and is where sums are not finite.
        x: its tiles.
        dy: its tiles.
        window: the sizes of the kernel.
        t: how the matrix [channels of x, channels of dy] is cut up, which is summed at each pair of
            points.
        groups: of images that go together.
        pieces: into how many sums the sum over the groups is cut.
    """

    s: Scheme
    x: Tiles
    dy: Tiles
    window: tuple[int, int]
    t: Tiling
    groups: int
    pieces: int

    @classmethod
    def of(
        cls, s: Scheme, around: Padding, dy: Padding, windows: Sequence[int], target: Target
    ) -> WinogradFilter | None:
        """Decides; None if too few sums fit into memory."""
        steps, counts = [step(r) for r in windows], tiles(dy.sizes, windows)
        channels, out = around.channels, dy.channels
        x = Tiles.of(around, s.start, (COUNT, COUNT), steps, counts, out)
        y = replace(Tiles.of(dy, 0, steps, steps, counts, channels), band=x.band)
        y = replace(y, together=x.together)
        rows, columns = (Axis(channels, 1, 0),), Axis(out, 0, 1)
        nest = (Axis(x.rows, x.row // SIZE, y.row // SIZE),)
        t = tiling(Contraction(s.c.dtype, (), rows, columns, nest), target)
        groups = around.count // x.together
        pieces = min(PIECES, groups, PIECES_BYTES // (POINTS * t.items * t.rows * t.width * SIZE))
        if pieces < FEWEST_PIECES:
            return None
        pieces = -(-groups // -(-groups // pieces))
        w = cls(s, x, y, (windows[0], windows[1]), t, groups, pieces)
        return w if w.shared <= MOST_SHARED and w.alone <= MOST_ALONE else None

    @property
    def tile(self) -> int:
        """Bytes of a tile of a sum."""
        return self.t.rows * self.width

    @property
    def width(self) -> int:
        """Bytes of a row of it."""
        return self.t.width * SIZE

    @property
    def point(self) -> int:
        """Bytes of the sums at one pair of points, and of the gradient at one place in a window."""
        return self.t.items * self.tile

    @property
    def shared(self) -> int:
        """Bytes that all threads share: flags, the sums of all pieces, the gradient."""
        places = self.window[0] * self.window[1]
        return LINE + lines((self.pieces * POINTS + places) * self.point)

    @property
    def plain(self) -> int:
        """Where the scratch memory of the plain sum begins: nothing else is needed then."""
        return LINE

    @property
    def alone(self) -> int:
        """Bytes that each of them has alone."""
        back = (POINTS + self.window[0] * COUNT) * self.width
        return self.x.bytes + self.dy.bytes + lines(back)

    def scratch_bytes(self, threads: int) -> int:
        """How much scratch memory so many threads need."""
        plain = self.plain + self.s.scratch_bytes(threads)
        return max(plain, self.shared + threads * self.alone)


class FilterWriter:
    """Writes the code.

    Args:
        f: the function.
        target: the processor.
        w: what was decided.
        walk: the plain sum; its scratch memory begins behind the flags.
        epilogue: what becomes of the result, a matrix with a row for each place in a window and
            channel of x.
        x: pointer to the images.
        dy: pointer to the gradient of what they were convolved to.
    """

    def __init__(
        self,
        f: Function,
        target: Target,
        w: WinogradFilter,
        walk: Walk,
        epilogue: Epilogue,
        x: str,
        dy: str,
    ) -> None:
        self.f, self.target, self.w, self.walk = f, target, w, walk
        self.dtype = w.s.c.dtype
        inner = replace(w.s.inner, outer=(), rows=(Axis(w.x.channels, 1, 0),))
        self.products = Products(f, target, inner, w.t, epilogue)
        self.infinite, self.broken = "%scratch", f.gep("%scratch", 8, "i8")  # what was found
        self.sums = f.gep("%scratch", LINE, "i8")
        self.gradient = f.gep(self.sums, w.pieces * POINTS * w.point, "i8")
        own = f.gep("%scratch", f.add(w.shared, f.mul("%tid", w.alone)), "i8")
        windows = [window(m) for m in w.dy.steps]
        self.x = Reader(f, target, w.x, [tile()] * 2, x, own)
        self.dy = Reader(f, target, w.dy, windows, dy, f.gep(own, w.x.bytes, "i8"))
        self.whole = f.gep(own, w.x.bytes + w.dy.bytes, "i8")
        self.half = f.gep(self.whole, POINTS * w.width, "i8")

    def write(self) -> None:
        """All of it."""
        f, w = self.f, self.w
        shared_loop(f, 1, lambda _: f.store("<2 x i64>", "zeroinitializer", self.infinite, 8))
        meet(f, self.target)
        shared_loop(f, w.pieces, self._piece)
        meet(f, self.target)
        shared_loop(f, w.t.items * w.t.rows, self._back)
        meet(f, self.target)
        finite = f.op(f"icmp eq i64 {f.load('i64', self.infinite, 8)}, 0")
        fit = f.op(f"and i1 {finite}, {self._any_broken()}")
        unfit = f.op(f"xor i1 {fit}, true")
        places = w.window[0] * w.window[1]
        f.when(fit, lambda: shared_loop(f, places * w.t.items, self._finish))
        f.when(unfit, self._plainly)

    def _plainly(self) -> None:
        if self.walk.copy():
            meet(self.f, self.target)
        self.walk.compute()

    def _any_broken(self) -> str:
        """Whether anybody has found a number that is not whole (i1)."""
        return self.f.op(f"icmp ne i64 {self.f.load('i64', self.broken, 8)}, 0")

    def _look(self, image: str) -> None:
        """Looks for such a number in images that go together, unless one is known."""
        f, name = self.f, emit_fraction(self.f.module, self.target, self.dtype)
        found = self.dy.search(name, image, self._any_broken())
        found = self.x.search(name, image, found)
        f.when(found, lambda: f.store("i64", "1", self.broken, 8))

    def _piece(self, number: str) -> None:
        """Sums the products of some groups of images."""
        f, w = self.f, self.w
        length = -(-w.groups // w.pieces)
        sums = f.gep(self.sums, f.mul(number, POINTS * w.point), "i8")
        size = ("i64", str(POINTS * w.point))
        f.call("void", "llvm.memset.p0.i64", ("ptr", sums), ("i8", "0"), size, ("i1", "false"))
        first = f.mul(number, length)
        stop = f.add(first, length)
        last = f.minimum(stop, w.groups)

        def group(index: str, _: list[str]) -> None:
            image = f.mul(index, w.x.together)
            self.x.copy(image)
            self.dy.copy(image)
            self._look(image)

            def band(number: str, _: list[str]) -> None:
                self.x.transform(image, number)
                self.dy.transform(image, number)
                f.loop(POINTS, lambda point, _: self._multiply(point, sums))

            f.loop(w.x.counts[0] // w.x.band, band)

        f.loop(last, group, start=first)

    def _multiply(self, point: str, sums: str) -> None:
        """Adds the products of the tiles that go together at one pair of points."""
        f, w, t = self.f, self.w, self.w.t
        rows = constant_words(f, [i * SIZE for i in range(t.rows)], "rows")
        nest = constant_words(f, [w.x.rows, w.x.row, w.dy.row], "nest")
        kernel = MicroKernel(self.dtype, t.rows, t.vectors, adds=True).emit(f.module, self.target)
        a = f.gep(self.x.goal, f.mul(point, w.x.point), "i8")
        b = f.gep(self.dy.goal, f.mul(point, w.dy.point), "i8")
        c = f.gep(sums, f.mul(point, w.point), "i8")

        def one(index: str, _: list[str]) -> None:
            item = self._item(index)
            left = f.gep(a, f.mul(item.m, SIZE), "i8")
            right = f.gep(b, f.mul(item.vector, t.lanes * SIZE), "i8")
            goal = f.gep(c, f.mul(index, w.tile), "i8")
            f.do(
                f"call void @{kernel}(ptr {left}, ptr {right}, ptr {goal}, ptr {rows}, ptr {nest}, "
                f"i64 {w.x.rows}, i64 {t.lanes})"
            )

        f.loop(t.items, one)

    def _item(self, index: str) -> Item:
        f, tiles_ = self.f, self.w.t.tiles
        return self.products.item_at([], remainder(f, index, tiles_), quotient(f, index, tiles_))

    def _back(self, index: str) -> None:
        """Adds up the pieces of one row of a tile, and transforms it back."""
        f, w = self.f, self.w
        (down, across), place = w.window, f.mul(index, w.width)
        self._add_up(f.gep(self.sums, place, "i8"))
        name = emit_beyond(f.module, self.target, self.dtype, LARGEST)
        infinite = f.call("i1", name, ("ptr", self.whole), ("i64", str(POINTS * w.t.width)))
        f.when(infinite, lambda: f.store("i64", "1", self.infinite, 8))
        first, second = (
            emit_transform(f.module, self.target, self.dtype, *result(r)) for r in (down, across)
        )
        row, vectors = COUNT * w.width, w.t.vectors
        apply(f, first, self.half, self.whole, 1, COUNT * vectors, 0, 0, row, row)
        goal = f.gep(self.gradient, place, "i8")
        apply(f, second, goal, self.half, down, vectors, across * w.point, row, w.point, w.width)

    def _add_up(self, first: str) -> None:
        """Adds up the pieces of one row of a tile, at all pairs of points."""
        f, w = self.f, self.w
        vector = type_of(self.dtype, w.t.lanes)

        def point(i: str, _: list[str]) -> None:
            def one(j: str, _: list[str]) -> None:
                column = f.mul(j, w.t.lanes * SIZE)
                start = f.gep(first, f.add(f.mul(i, w.point), column), "i8")
                total = f.load(vector, start, SIZE)

                def piece(_: str, state: list[str]) -> list[str]:
                    place = f.gep(state[0], POINTS * w.point, "i8")
                    value = f.load(vector, place, SIZE)
                    return [place, f.op(f"fadd {vector} {state[1]}, {value}")]

                total = f.loop(w.pieces - 1, piece, [("ptr", start), (vector, total)])[1]
                goal = f.gep(self.whole, f.add(f.mul(i, w.width), column), "i8")
                f.store(vector, total, goal, SIZE)

            f.loop(w.t.vectors, one)

        f.loop(POINTS, point)

    def _finish(self, index: str) -> None:
        """Hands one tile of the gradient to the epilogue."""
        f, w = self.f, self.w
        place, number = quotient(f, index, w.t.items), remainder(f, index, w.t.items)
        item = self._item(number)
        item = replace(item, m=f.add(item.m, f.mul(place, w.x.channels)))
        self.products.finish(item, f.gep(self.gradient, f.mul(index, w.tile), "i8"))
