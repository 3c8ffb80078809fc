"""Images cut into tiles and transformed for Winograd's convolutions: memory, and the code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tensorslow.engines.llvm.contractions.operands import TRAP
from tensorslow.engines.llvm.contractions.padding import Padding
from tensorslow.engines.llvm.contractions.scheme import lines
from tensorslow.engines.llvm.contractions.transforms import apply, emit_transform
from tensorslow.engines.llvm.contractions.winograd import COUNT, FEWEST_IMAGES, Matrix
from tensorslow.engines.llvm.text.ir import Function
from tensorslow.engines.llvm.text.spmd import quotient, remainder
from tensorslow.engines.llvm.text.target import Target

SIZE = 4  # bytes of a float32
POINTS = COUNT**2

# Tiles that go together: fewer do not pay for reading the kernel once more, and more bytes of them
# than this leave the second cache.
FEW_TILES, BAND_BYTES = 24, 1 << 20

# The most scratch memory of all threads together, and of each, beside what the plain sum has.
MOST_SHARED, MOST_ALONE = 64 << 20, 16 << 20

Pair = tuple[int, int]


def _pair(sizes: Sequence[int]) -> Pair:
    return sizes[0], sizes[1]


def pitched(size: int) -> int:
    """A number of bytes rounded up to whole lines that do not all fall into few sets of a cache."""
    size = lines(size)
    return size + 64 * (size % TRAP == 0)


@dataclass(frozen=True)
class Tiles:
    """Images cut into overlapping tiles, which are transformed.

    Attributes:
        images: the zeros around them.
        start: where the first tile begins, on each axis.
        size: of a tile along each axis.
        steps: from one tile to the next.
        counts: of tiles along each axis.
        band: how many rows of tiles are transformed at a time.
        together: how many images are.
    """

    images: Padding
    start: Pair
    size: Pair
    steps: Pair
    counts: Pair
    band: int
    together: int

    @classmethod
    def of(
        cls, around: Padding, start: int, size: Sequence[int], steps: Sequence[int],
        counts: Sequence[int], out: int,
    ) -> Tiles:  # fmt: skip
        """Decides which tiles are taken together, and how many zeros they need.

        Args:
            around: images, with the zeros that the plain sum needs.
            start: where the first tile begins, in elements of the padded image.
            size: of a tile.
            steps: from one to the next.
            counts: how many there are.
            out: how many numbers each tile has beside its channels, at each pair of points.
        """
        along, channels = around.strides[0], around.channels
        begin = (start // along, start % along // channels)
        ends = [b + (n - 1) * m + k for b, n, m, k in zip(begin, counts, steps, size, strict=True)]
        after = [
            a + max(0, end - whole)
            for a, end, whole in zip(around.after, ends, around.padded, strict=True)
        ]
        images = replace(around, after=tuple(after), count=1)
        row = counts[1] * POINTS * (channels + out) * SIZE
        fits = [n for n in range(1, counts[0] + 1) if counts[0] % n == 0 and n * row <= BAND_BYTES]
        band = max(fits, default=1)
        together = 1
        if band == counts[0]:
            most, here = around.count // FEWEST_IMAGES, math.prod(counts)
            many = [n for n in range(1, most + 1) if around.count % n == 0]
            many = [n for n in many if n * band * row <= BAND_BYTES]
            together = next((n for n in many if n * here >= FEW_TILES), max(many, default=1))
        return cls(images, begin, _pair(size), _pair(steps), _pair(counts), band, together)

    @property
    def channels(self) -> int:
        """Of the images."""
        return self.images.channels

    @property
    def rows(self) -> int:
        """How many tiles go together."""
        return self.together * self.band * self.counts[1]

    @property
    def row(self) -> int:
        """Bytes from one transformed tile to the next, at one pair of points."""
        size = self.channels * SIZE
        return size + 64 * (size % TRAP == 0)

    @property
    def point(self) -> int:
        """Bytes from one pair of points to the next."""
        return pitched(self.rows * self.row)

    @property
    def width(self) -> int:
        """How many positions a row of tiles covers."""
        return (self.counts[1] - 1) * self.steps[1] + self.size[1]

    @property
    def strip(self) -> int:
        """Bytes of a row of tiles that is transformed along the first axis, at one point."""
        return pitched(self.width * self.channels * SIZE)

    @property
    def image(self) -> int:
        """Bytes of an image's copy."""
        return lines(self.images.bytes) if self.images.needed else 0

    @property
    def bytes(self) -> int:
        """Of all that `Reader` needs."""
        return self.together * self.image + COUNT * self.strip + POINTS * self.point


class Reader:
    """Writes the code that transforms tiles.

    Args:
        f: the function.
        target: the processor.
        tiles: how images are cut.
        matrices: that tiles are multiplied with along each axis, and their names.
        source: pointer to the images.
        own: pointer to `tiles.bytes` of this thread's scratch memory.
    """

    def __init__(
        self,
        f: Function,
        target: Target,
        tiles: Tiles,
        matrices: Sequence[tuple[str, Matrix]],
        source: str,
        own: str,
    ) -> None:
        self.f, self.target, self.tiles, self.source = f, target, tiles, source
        self.copies = own
        self.strip = f.gep(own, tiles.together * tiles.image, "i8")
        self.goal = f.gep(self.strip, COUNT * tiles.strip, "i8")
        dtype = tiles.images.dtype
        self.names = [emit_transform(f.module, target, dtype, *matrix) for matrix in matrices]
        self.vectors = tiles.channels // target.lanes(dtype)

    def copy(self, first: str) -> None:
        """Copies the images that go together from that number on, if they need zeros around."""
        f, images = self.f, self.tiles.images

        def image(i: str, _: list[str]) -> None:
            source = f.gep(self.source, images.at(f, [f.add(first, i)]), "float")
            images.emit(f, self.target, "0", source, self._image(first, i))

        if images.needed:
            f.loop(self.tiles.together, image)

    def search(self, name: str, first: str, known: str = "false") -> str:
        """Whether these images hold a number that a function looks for (i1).

        Args:
            name: of the function (`emit_beyond`, `emit_fraction`).
            first: of the images that go together.
            known: whether one has been found before, so that nobody needs to look.
        """
        f, size = self.f, self.tiles.images.image

        def image(i: str, found: list[str]) -> list[str]:
            place = self._image(first, i)
            here = f.call("i1", name, ("ptr", place), ("i64", str(size)))
            return [f.op(f"or i1 {found[0]}, {here}")]

        count = f.op(f"select i1 {known}, i64 0, i64 {self.tiles.together}")
        return f.loop(count, image, [("i1", known)], may_be_empty=True)[0]

    def _image(self, first: str, i: str) -> str:
        """Where the i-th of the images that go together is read."""
        f, tiles = self.f, self.tiles
        if tiles.images.needed:
            return f.gep(self.copies, f.mul(i, tiles.image), "i8")
        return f.gep(self.source, tiles.images.at(f, [f.add(first, i)]), "float")

    def transform(self, first: str, band: str) -> None:
        """Transforms a band of tiles of all images that go together."""
        f, tiles = self.f, self.tiles
        along = tiles.images.strides[0]
        start = tiles.start[0] * along + tiles.start[1] * tiles.channels

        def row(index: str, _: list[str]) -> None:
            image, y = quotient(f, index, tiles.band), remainder(f, index, tiles.band)
            down = f.mul(f.add(f.mul(band, tiles.band), y), tiles.steps[0] * along)
            source = f.gep(self._image(first, image), f.add(start, down), "float")
            self._row(source, f.gep(self.goal, f.mul(index, tiles.counts[1] * tiles.row), "i8"))

        f.loop(tiles.together * tiles.band, row)

    def _row(self, source: str, goal: str) -> None:
        """Transforms one row of tiles, along the first axis and then along the second."""
        f, tiles = self.f, self.tiles
        pixel, along = tiles.channels * SIZE, tiles.images.strides[0] * SIZE
        vectors = tiles.width * self.vectors
        apply(f, self.names[0], self.strip, source, 1, vectors, 0, 0, tiles.strip, along)

        def point(i: str, _: list[str]) -> None:
            there = f.gep(goal, f.mul(i, COUNT * tiles.point), "i8")
            here = f.gep(self.strip, f.mul(i, tiles.strip), "i8")
            steps = (tiles.row, tiles.steps[1] * pixel, tiles.point, pixel)
            apply(f, self.names[1], there, here, tiles.counts[1], self.vectors, *steps)

        f.loop(COUNT, point)
