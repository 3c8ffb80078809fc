"""How a contraction is cut up: into tiles, panels, and pieces of its sum.

All of it follows from shapes and the processor, never from the number of threads: so neither does
the result.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from tensorslow.engines.llvm.contractions.contraction import Contraction
from tensorslow.engines.llvm.contractions.dots import as_dots
from tensorslow.engines.llvm.contractions.microkernel import most_rows, most_vectors
from tensorslow.engines.llvm.contractions.narrow import along, narrow_tile
from tensorslow.engines.llvm.text.target import Target

# What part of the second cache, in bytes, one operand may fill, and how much of B is a good step.
L2_PART = 512 << 10
L2_STEP = 128 << 10

# Fewer pieces of work than this are too few for many threads.
FEW = 24

# A sum is cut into pieces no shorter than this.
SHORTEST_PIECE = 256


@dataclass(frozen=True)
class Tiling:
    """How the result of a contraction is cut up.

    All tiles have the same size, so that one micro-kernel does. Where that does not divide the
    matrix, the last tile, or panel, begins earlier, and what it has in common with the one before
    is computed twice, but finished once.

    Attributes:
        m: rows of the matrix.
        n: its columns.
        lanes: length of a vector.
        rows: of a tile.
        vectors: width of a tile, and of a panel of B.
        block: how many tiles go through all panels together, while A's part stays in the cache.
        step: how many steps of the outermost loop of the sum are made at a time, so that what B
            has for them stays in the cache.
        pieces: into how many sums the sum is cut, which are added up at the end.
        along: what vectors run along, see `narrow.py`.
    """

    m: int
    n: int
    lanes: int
    rows: int
    vectors: int
    block: int
    step: int
    pieces: int
    along: str = "row"

    @property
    def every(self) -> int:
        """The vectors of a whole row."""
        return -(-self.n // self.lanes)

    @property
    def tiles(self) -> int:
        """How many tiles lie below each other."""
        return -(-self.m // self.rows)

    @property
    def panels(self) -> int:
        """How many panels lie side by side."""
        return -(-self.every // self.vectors)

    @property
    def items(self) -> int:
        """The number of tiles of one matrix."""
        return self.tiles * self.panels

    @property
    def width(self) -> int:
        """The columns of a panel."""
        return self.vectors * self.lanes

    @property
    def last_lanes(self) -> int:
        """How much of the last vector of a row exists."""
        return self.n - (self.every - 1) * self.lanes

    @property
    def ragged(self) -> bool:
        """Whether a vector reaches over the edge."""
        return self.last_lanes < self.lanes


def tiling(c: Contraction, target: Target, images: int = 1) -> Tiling:
    """Cuts a contraction, which has at least one element, and is added up over so many images."""
    lanes = target.lanes(c.computed)
    every = -(-c.n // lanes)
    way = along(c, target, images)
    if way == "row":
        rows, vectors = _tile(c.m, every, target, c.columns.a != 0)
    else:
        rows, vectors = narrow_tile(c, target, way), 1
    tiles, panels = -(-c.m // rows), -(-every // vectors)
    inner = max(1, math.prod(axis.size for axis in c.nest[1:]))
    row_bytes = inner * (vectors * lanes if way == "row" else c.n) * c.computed.itemsize
    pieces = _pieces(c, tiles * panels * c.batch, inner, row_bytes)
    step = steps_in_cache(c.nest[0].size, row_bytes)
    if pieces > 1 or as_dots(c, target):
        step = -(-c.nest[0].size // pieces)
    block = _block(c, tiles, rows * step * inner * c.computed.itemsize)
    return Tiling(c.m, c.n, lanes, rows, vectors, block, step, pieces, way)


def _block(c: Contraction, tiles: int, tile_bytes: int) -> int:
    """How many tiles go through all panels together, of that many bytes of A each."""
    if c.k * c.n * c.computed.itemsize <= L2_PART:
        return min(tiles, 2)  # all of B stays in the cache: better finish rows of the result
    fits = max(1, L2_PART // max(1, tile_bytes))
    return tiles if 2 * fits >= tiles else fits


@functools.lru_cache(1024)
def _tile(m: int, every: int, target: Target, apart: bool) -> tuple[int, int]:
    """Rows and vectors of the tile that takes the least time for the whole matrix."""
    choices = [
        (rows, vectors)
        for rows in range(min(m, most_rows(target, apart)), 0, -1)
        for vectors in range(1, min(every, most_vectors(target, rows, apart)) + 1)
    ]

    def time(choice: tuple[int, int]) -> float:
        rows, vectors = choice
        return -(-m // rows) * -(-every // vectors) * _time_of_step(rows, vectors)

    best, usual = min(choices, key=time), _usual(target, apart)
    usual = min(m, usual[0]), min(every, usual[1])
    # One micro-kernel for many shapes is worth a little of the time.
    return usual if time(usual) <= 1.04 * time(best) else best


@functools.lru_cache
def _usual(target: Target, apart: bool) -> tuple[int, int]:
    """Rows and vectors of the tile that is best for a matrix without end."""

    def time(choice: tuple[int, int]) -> float:
        return _time_of_step(*choice) / math.prod(choice)

    rows = range(1, most_rows(target, apart) + 1)
    return min(((i, most_vectors(target, i, apart)) for i in rows), key=time)


def _time_of_step(rows: int, vectors: int) -> float:
    """About how long a tile takes for each step of its sum, in multiplications of vectors.

    Two of them are begun at a time, and each takes the time of four. B comes from the second
    cache, at about half a vector at a time. What is loaded costs its share beside that: so it was
    measured for tiles of 13 · 2 to 6 · 4, which differ by an eighth, and more where another
    program runs on the same core.
    """
    return max(rows * vectors, 4 * vectors, 8) + 0.8 * (rows + vectors)


def steps_in_cache(size: int, panel_bytes: int) -> int:
    """Of a loop of that size, how many steps go together, each with so many bytes of B."""
    if size * panel_bytes <= L2_PART:
        return size
    steps = -(-size * panel_bytes // L2_STEP)
    return -(-size // steps)


def _pieces(c: Contraction, items: int, inner: int, panel_bytes: int) -> int:
    """How many pieces of the sum make work for all threads, and are worth adding up."""
    size = c.nest[0].size
    if items >= FEW or c.k < 2 * SHORTEST_PIECE:
        return 1
    most = size // -(-SHORTEST_PIECE // inner)
    pieces = max(-(-2 * FEW // items), -(-size * panel_bytes // L2_PART))
    return -(-size // -(-size // max(1, min(pieces, most))))
