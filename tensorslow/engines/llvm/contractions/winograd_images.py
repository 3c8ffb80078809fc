"""Winograd's convolution of images: what is decided, and the code.

Threads divide the images. One takes some at a time, transforms their tiles, multiplies them with
the transformed kernel at each pair of points, and transforms the products back.

Where numbers are not finite, or so large that a transformed one might not be, a tile would spoil
results that the plain sum gets right: such images are convolved plainly. So are whole numbers with
whole numbers, whose sums are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.contractions.microkernel import MicroKernel, most_rows_of
from tensorslow.engines.llvm.contractions.padding import Padding
from tensorslow.engines.llvm.contractions.products import constant_words
from tensorslow.engines.llvm.contractions.scheme import LINE, Scheme, lines
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
    pitched,
)
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.spmd import meet, quotient, remainder, shared_loop
from tensorslow.engines.llvm.text.target import Target

LARGEST = 2.0**45  # numbers up to this, of images and kernel, become no infinity on the way


@dataclass(frozen=True)
class WinogradImages:
    """How images are convolved with a kernel.

    Attributes:
        s: how they would be otherwise, and are where numbers are large.
        tiles: what is read.
        window: its sizes.
        sizes: of an image of results.
        rows: how many transformed tiles make one tile of a product.
    """

    s: Scheme
    tiles: Tiles
    window: tuple[int, int]
    sizes: tuple[int, int]
    rows: int

    @classmethod
    def of(
        cls, s: Scheme, around: Padding, windows: Sequence[int], sizes: Sequence[int],
        target: Target,
    ) -> WinogradImages | None:  # fmt: skip
        """Decides; None if the kernel would not be packed, or much memory is needed."""
        if s.b is None or s.b.single:
            return None
        size, steps, out = (COUNT, COUNT), [step(r) for r in windows], s.t.every * s.t.lanes
        read = Tiles.of(around, s.start, size, steps, tiles(sizes, windows), out)
        most = most_rows_of(target, s.t.vectors)
        rows = -(-read.rows // -(-read.rows // most))
        w = cls(s, read, (windows[0], windows[1]), (sizes[0], sizes[1]), rows)
        return w if w.shared <= MOST_SHARED and w.alone <= MOST_ALONE else None

    @property
    def width(self) -> int:
        """Bytes of a row of a panel."""
        return self.s.t.width * SIZE

    @property
    def kernel(self) -> int:
        """Bytes of the transformed kernel at one pair of points: panels, one after the other."""
        return pitched(self.s.t.panels * self.tiles.channels * self.width)

    @property
    def product(self) -> int:
        """Bytes of the products at one pair of points: panels, one after the other."""
        return pitched(self.s.t.panels * self.tiles.rows * self.width)

    @property
    def half(self) -> int:
        """Bytes of a row of tiles that is transformed back along the first axis, at one point."""
        return pitched(self.tiles.counts[1] * self.width)

    @property
    def halves(self) -> int:
        """Bytes of what is transformed along one axis: of a row of tiles, or a row of a kernel."""
        row = self.window[1] * self.width
        return max(self.tiles.steps[0] * COUNT * self.half, lines(COUNT * row))

    @property
    def pixel(self) -> int:
        """Bytes from one position of the results to the next."""
        return self.s.t.every * self.s.t.lanes * SIZE

    @property
    def result(self) -> int:
        """Bytes of the results of a band of an image."""
        tiles = self.tiles
        return tiles.band * tiles.steps[0] * tiles.counts[1] * tiles.steps[1] * self.pixel

    @property
    def shared(self) -> int:
        """Bytes of scratch memory that all threads share: flags, and the transformed kernel."""
        return LINE + POINTS * self.kernel

    @property
    def plain(self) -> int:
        """Where the scratch memory of the plain sum begins: its packed kernel is read, too."""
        return self.shared

    @property
    def alone(self) -> int:
        """Bytes that each of them has alone."""
        return self.tiles.bytes + POINTS * self.product + self.halves + lines(self.result)

    def scratch_bytes(self, threads: int) -> int:
        """How much scratch memory so many threads need."""
        return self.shared + self.s.scratch_bytes(threads) + threads * self.alone


class ImagesWriter:
    """Writes the code.

    Args:
        f: the function.
        target: the processor.
        w: what was decided.
        walk: the plain convolution; its scratch memory begins at `w.shared`.
        epilogue: what becomes of the result, a matrix with a row for each position of each image.
        images: pointer to them.
    """

    def __init__(
        self,
        f: Function,
        target: Target,
        w: WinogradImages,
        walk: Walk,
        epilogue: Epilogue,
        images: str,
    ) -> None:
        self.f, self.target, self.w, self.walk, self.epilogue = f, target, w, walk, epilogue
        self.dtype, self.t = w.s.c.dtype, w.s.t
        self.vector = type_of(self.dtype, self.t.lanes)
        self.large, self.broken = "%scratch", f.gep("%scratch", 8, "i8")  # what the kernel holds
        self.kernel = f.gep("%scratch", LINE, "i8")
        place = f.mul("%nt", w.s.size(alone=True))
        place = f.add(place, w.shared + w.s.size(alone=False))
        own = f.gep("%scratch", f.add(place, f.mul("%tid", w.alone)), "i8")
        self.reader = Reader(f, target, w.tiles, [tile()] * 2, images, own)
        self.products = f.gep(own, w.tiles.bytes, "i8")
        self.half = f.gep(self.products, POINTS * w.product, "i8")
        self.results = f.gep(self.half, w.halves, "i8")

    def write(self) -> None:
        """All of it."""
        f, tiles = self.f, self.w.tiles
        shared_loop(f, 1, lambda _: f.store("<2 x i64>", "zeroinitializer", self.large, 8))
        self.walk.copy()
        meet(f, self.target)
        self._transform_kernel()
        meet(f, self.target)
        large, broken = (
            f.op(f"icmp ne i64 {f.load('i64', flag, 8)}, 0") for flag in (self.large, self.broken)
        )
        beyond, fraction = self._searches()

        def group(index: str) -> None:
            first = f.mul(index, tiles.together)
            self.reader.copy(first)
            finite = f.op(f"xor i1 {self.reader.search(beyond, first, large)}, true")
            fit = f.op(f"and i1 {finite}, {self.reader.search(fraction, first, broken)}")
            unfit = f.op(f"xor i1 {fit}, true")
            f.when(fit, lambda: self._images(first))
            f.when(unfit, lambda: self._plainly(first))

        shared_loop(f, self.w.s.c.outer[0].size // tiles.together, group)

    def _searches(self) -> tuple[str, str]:
        """The functions that look for large numbers, and for fractions."""
        module = self.f.module
        beyond = emit_beyond(module, self.target, self.dtype, LARGEST)
        return beyond, emit_fraction(module, self.target, self.dtype)

    def _transform_kernel(self) -> None:
        """Threads divide the rows of all panels; they look what numbers there are, too."""
        f, w, t = self.f, self.w, self.t
        channels, (down, across) = w.tiles.channels, w.window
        names = [
            emit_transform(f.module, self.target, self.dtype, *window(r)) for r in (down, across)
        ]
        packed, row = self.walk.operands.b, channels * w.width

        def look(i: str) -> None:
            place = f.gep(packed, f.mul(i, row), "i8")
            size = ("i64", str(channels * t.width))
            large, broken = (f.call("i1", s, ("ptr", place), size) for s in self._searches())
            f.when(large, lambda: f.store("i64", "1", self.large, 8))
            f.when(broken, lambda: f.store("i64", "1", self.broken, 8))

        shared_loop(f, t.panels * down * across, look)

        def one(index: str) -> None:
            panel, channel = quotient(f, index, channels), remainder(f, index, channels)
            place = f.add(f.mul(panel, down * across * row), f.mul(channel, w.width))
            sizes = (across, t.vectors, w.width, row, across * w.width, across * row)
            apply(f, names[0], self.half, f.gep(packed, place, "i8"), *sizes)
            goal = f.gep(self.kernel, f.mul(index, w.width), "i8")
            sizes = (COUNT, t.vectors, COUNT * w.kernel, across * w.width, w.kernel, w.width)
            apply(f, names[1], goal, self.half, *sizes)

        shared_loop(f, t.panels * channels, one)

    def _plainly(self, first: str) -> None:
        def image(i: str, _: list[str]) -> None:
            index = self.f.add(first, i)
            self.walk.copy_alone([index])
            self.walk.matrix([index])

        self.f.loop(self.w.tiles.together, image)

    def _images(self, first: str) -> None:
        """Computes the images that go together, band by band."""
        f, tiles = self.f, self.w.tiles

        def band(number: str, _: list[str]) -> None:
            self.reader.transform(first, number)
            f.loop(POINTS, lambda point, _: self._multiply(point))
            f.loop(tiles.together, lambda i, _: self._finish(first, i, number))

        f.loop(tiles.counts[0] // tiles.band, band)

    def _multiply(self, point: str) -> None:
        """The products of all tiles with the kernel at one pair of points."""
        f, w, t, tiles = self.f, self.w, self.t, self.w.tiles
        rows = constant_words(f, [i * tiles.row for i in range(w.rows)], "rows")
        nest = constant_words(f, [tiles.channels, SIZE, w.width], "nest")
        kernel = MicroKernel(self.dtype, w.rows, t.vectors).emit(f.module, self.target)
        images = f.gep(self.reader.goal, f.mul(point, tiles.point), "i8")
        windows = f.gep(self.kernel, f.mul(point, w.kernel), "i8")
        goals = f.gep(self.products, f.mul(point, w.product), "i8")

        def panel(number: str, _: list[str]) -> None:
            b = f.gep(windows, f.mul(number, tiles.channels * w.width), "i8")
            goal = f.gep(goals, f.mul(number, tiles.rows * w.width), "i8")

            def tile(m: str, _: list[str]) -> None:
                if tiles.rows % w.rows:  # the last one begins earlier
                    m = f.minimum(m, tiles.rows - w.rows)
                a, c = (
                    f.gep(p, f.mul(m, n), "i8") for p, n in ((images, tiles.row), (goal, w.width))
                )
                f.do(
                    f"call void @{kernel}(ptr {a}, ptr {b}, ptr {c}, ptr {rows}, ptr {nest}, "
                    f"i64 {tiles.channels}, i64 {t.lanes})"
                )

            f.loop(tiles.rows, tile, step=w.rows)

        f.loop(t.panels, panel)

    def _finish(self, first: str, i: str, band: str) -> None:
        """Transforms the products of one image back, and hands them to the epilogue."""
        f, w, t, tiles = self.f, self.w, self.t, self.w.tiles

        def row(index: str, _: list[str]) -> None:
            y, panel = quotient(f, index, t.panels), remainder(f, index, t.panels)
            place = f.add(
                f.mul(f.add(f.mul(i, tiles.band), y), tiles.counts[1]), f.mul(panel, tiles.rows)
            )
            column = f.mul(panel, t.vectors)
            if t.every % t.vectors:  # the last panel begins earlier
                column = f.minimum(column, t.every - t.vectors)
            down = tiles.steps[0] * tiles.counts[1] * tiles.steps[1] * w.pixel
            goal = f.add(f.mul(y, down), f.mul(column, t.lanes * SIZE))
            source = f.gep(self.products, f.mul(place, w.width), "i8")
            self._back(source, f.gep(self.results, goal, "i8"))

        f.loop(tiles.band * t.panels, row)
        self._hand_over(f.add(first, i), band)

    def _back(self, source: str, goal: str) -> None:
        """Transforms one row of tiles of one panel back, along one axis after the other."""
        f, w, t, tiles = self.f, self.w, self.t, self.w.tiles
        down, across = tiles.steps
        names = [
            emit_transform(f.module, self.target, self.dtype, *result(m)) for m in (down, across)
        ]

        def point(j: str, _: list[str]) -> None:
            here = f.gep(source, f.mul(j, w.product), "i8")
            there = f.gep(self.half, f.mul(j, w.half), "i8")
            sizes = (1, tiles.counts[1] * t.vectors, 0, 0, COUNT * w.half, COUNT * w.product)
            apply(f, names[0], there, here, *sizes)

        f.loop(COUNT, point)

        def line(y: str, _: list[str]) -> None:
            here = f.gep(self.half, f.mul(y, COUNT * w.half), "i8")
            there = f.gep(goal, f.mul(y, tiles.counts[1] * across * w.pixel), "i8")
            sizes = (tiles.counts[1], t.vectors, across * w.pixel, w.width, w.pixel, w.half)
            apply(f, names[1], there, here, *sizes)

        f.loop(down, line)

    def _hand_over(self, image: str, band: str) -> None:
        """Hands the results of a band of an image to the epilogue."""
        f, w, t, tiles = self.f, self.w, self.t, self.w.tiles
        height, width = w.sizes
        begin = f.mul(band, tiles.band * tiles.steps[0])
        left = f.op(f"sub i64 {height}, {begin}") if tiles.band < tiles.counts[0] else str(height)
        here = f.minimum(left, tiles.band * tiles.steps[0])
        pitch = tiles.counts[1] * tiles.steps[1] * w.pixel
        first = f.mul(f.add(f.mul(image, height), begin), width)

        def column(j: str, mask: str | None) -> None:
            n = f.mul(j, t.lanes)
            ready = self.epilogue.columns(f, [], n, t.lanes, mask)

            def line(y: str, _: list[str]) -> None:
                start = f.gep(self.results, f.add(f.mul(y, pitch), f.mul(n, SIZE)), "i8")
                m = f.add(first, f.mul(y, width))

                def position(x: str, _: list[str]) -> None:
                    value = f.load(self.vector, f.gep(start, f.mul(x, w.pixel), "i8"), SIZE)
                    self.epilogue.store(f, [], f.add(m, x), n, value, t.lanes, mask, ready)

                f.loop(width, position)

            f.loop(here, line)

        whole = t.every - t.ragged
        if whole:
            f.loop(whole, lambda j, _: column(j, None))
        if t.ragged:
            lanes = ", ".join(f"i1 {str(i < t.last_lanes).lower()}" for i in range(t.lanes))
            column(str(whole), f"<{lanes}>")
