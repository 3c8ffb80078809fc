"""A large B that few tiles read: packed some steps of the sum at a time, by who reads it.

Packed as a whole, B would be written to memory and come back from there. So each thread takes some
panels, packs a few steps of all of them, row by row as they lie in memory, adds what these give to
all its tiles, and goes on: B is read once, and what is packed stays in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorslow.engines.llvm.contractions.contraction import Contraction
from tensorslow.engines.llvm.contractions.packed import PackedB
from tensorslow.engines.llvm.contractions.tiling import L2_PART, Tiling
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.target import Target

# Steps at a time: enough that fetching tiles and putting them back counts for little.
STEPS = 128

# More tiles than these leave no room in the cache for panels side by side; a smaller B than this is
# better packed as a whole; and fewer panels are too few for many threads. In tiles, bytes, panels.
MOST_TILES, LARGE, FEWEST_PANELS = 24, 2 * L2_PART, 16


@dataclass(frozen=True)
class StreamedB(PackedB):
    """B as panels of `STEPS` steps in scratch memory, with tiles that wait for the next.

    Attributes:
        together: how many panels are packed at a time, at most.
    """

    together: int = 1

    @classmethod
    def of(cls, c: Contraction, t: Tiling) -> StreamedB | None:
        """Decides; None if another way is better."""
        large = c.k * c.n * c.dtype.itemsize > LARGE
        rows = len(c.nest) == 1 and c.columns.b == 1 and not c.columns.a and c.batch == 1
        if not (large and rows and t.tiles <= MOST_TILES and t.panels >= FEWEST_PANELS):
            return None
        bytes_ = (STEPS + t.tiles * t.rows) * t.width * c.computed.itemsize
        return cls(c, t, together=max(1, 2 * L2_PART // bytes_))

    @property
    def part(self) -> int:
        """Elements of a panel, at a time."""
        return STEPS * self.t.width

    @property
    def packed_bytes(self) -> int:
        """Size of all of them."""
        return self.together * self.part * self.c.computed.itemsize

    @property
    def bytes(self) -> int:
        """Size of that and of the tiles."""
        tiles = self.t.tiles * self.t.rows * self.t.width
        return self.packed_bytes + self.together * tiles * self.c.computed.itemsize

    def pack(
        self, f: Function, target: Target, panel: str, part: tuple[str, str], source: str, goal: str
    ) -> None:
        """Writes the code that packs a part of a panel: from where on, and how many steps."""
        first, count = part
        place = f.add(self.begin(f, panel), f.mul(first, self.c.nest[0].b))
        source = f.gep(source, place, type_of(self.c.dtype))
        self.columns(f, target, source, goal, panel, count)
