"""What is decided about a contraction before its code is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tensorslow.engines.llvm.contractions.contraction import Contraction, merge
from tensorslow.engines.llvm.contractions.copied import CopiedA
from tensorslow.engines.llvm.contractions.operands import FEW_READERS, copies, must_pack, packs
from tensorslow.engines.llvm.contractions.packed import PackedB, packed
from tensorslow.engines.llvm.contractions.padding import Padding
from tensorslow.engines.llvm.contractions.streaming import StreamedB
from tensorslow.engines.llvm.contractions.tiling import L2_PART, Tiling, steps_in_cache, tiling
from tensorslow.engines.llvm.text.ir import Function
from tensorslow.engines.llvm.text.target import Target

LINE = 64  # bytes of a cache line: what is in scratch memory begins at one

# From so many matrices on, each thread computes whole ones. From so many tiles on, it packs panels
# of B itself, if enough of them lie below each other.
PLENTY = 16

# Pieces of a sum over images, how many positions each has at least, so that adding up the pieces
# counts for little, and the most memory that their tiles may take, in bytes.
PIECES = 16
PIECE = 128
PIECES_BYTES = 16 << 20

SMALL_IMAGE = 256  # positions: of smaller ones, several are taken at a time


class Copy(Protocol):
    """An operand that is copied to scratch memory before it is read."""

    @property
    def count(self) -> int:
        """In how many parts."""

    @property
    def bytes(self) -> int:
        """Its size there."""

    def at(self, f: Function, lead: Sequence[str]) -> str:
        """Where its source begins for one index of the leading axes, in elements."""

    def emit(self, f: Function, target: Target, index: str, source: str, goal: str) -> None:
        """Writes the code that copies the part of that number."""


@dataclass(frozen=True)
class Scheme:
    """How a contraction is computed.

    Attributes:
        c: the contraction.
        t: how its result is cut up.
        a: how A is copied, if it is.
        b: how B is packed, if it is.
        lead: how many of the outer axes are divided among the threads; else the tiles are.
        walks: the outermost axis of the sum is walked along outside of all tiles: the images, for
            the gradient of a filter.
        start: where A begins in its copy, in elements.
        alone: "a", "b" or "ab" is copied bit by bit (of `lead`, or of that axis), by the thread
            that reads it; a single panel of B, too.
        ready: whether B is given in panels.
    """

    c: Contraction
    t: Tiling
    a: Copy | None = None
    b: PackedB | None = None
    lead: int = 0
    walks: bool = False
    start: int = 0
    alone: str = ""
    ready: bool = False

    def prepacked(self) -> Scheme:
        """The same where B is given in panels; as it is if no single kernel could pack them."""
        if self.b is None or self.lead or self.walks or self.c.turned:
            return self
        return replace(self, b=packed(self.c, self.t, self.b.first), alone="", ready=True)

    @property
    def copied(self) -> dict[str, Copy]:
        """The operands that are copied first, by name."""
        copies: dict[str, Copy | None] = {"a": self.a, "b": None if self.ready else self.b}
        return {name: copy for name, copy in copies.items() if copy}

    @property
    def inner(self) -> Contraction:
        """The contraction as its operands lie in memory when they are read."""
        c = self.b.packed() if self.b else self.c
        if isinstance(self.a, CopiedA):
            c = replace(self.a, c=c).copied()
        return replace(c, dtype=self.c.computed)

    @property
    def tile_bytes(self) -> int:
        """Size of a tile in memory."""
        return self.t.rows * self.t.width * self.c.computed.itemsize

    @property
    def adds(self) -> bool:
        """Whether tiles are computed bit by bit, and wait in memory in between."""
        return self.walks or self.t.pieces * self.t.step < self.c.nest[0].size

    @property
    def tiles_bytes(self) -> int:
        """Memory for the tiles that wait."""
        if not self.adds and self.t.pieces == 1:
            return 0
        return self.t.pieces * self.c.batch * self.t.items * self.tile_bytes

    def size(self, alone: bool) -> int:
        """Bytes of what all threads share in scratch memory, or each of them has alone."""
        kept = [copy for name, copy in self.copied.items() if (name in self.alone) == alone]
        return sum(lines(copy.bytes) for copy in kept) + (0 if alone else lines(self.tiles_bytes))

    def scratch_bytes(self, threads: int) -> int:
        """How much scratch memory so many threads need."""
        return self.size(alone=False) + threads * self.size(alone=True)


def lines(size: int) -> int:
    """A number of bytes rounded up to whole cache lines."""
    return -(-size // LINE) * LINE


def scheme(c: Contraction, target: Target) -> Scheme:
    """Decides how a matmul is computed that has at least one element."""
    c = c.merged()
    t = tiling(c, target)
    if c.k == 0:
        return Scheme(c, t)
    pack, copy = packs(c, t, target), copies(c, t)
    streamed = StreamedB.of(c, t) if pack and t.pieces == 1 else None
    if streamed:
        t = replace(t, step=c.nest[0].size)
        return Scheme(c, t, CopiedA(c, t) if copy else None, replace(streamed, t=t), alone="b")
    alone = "a" * (copy and any(axis.a for axis in c.outer))
    alone += "b" * (pack and any(axis.b for axis in c.outer))
    simple = t.pieces == 1 and t.step == c.nest[0].size
    lead = len(c.outer) if alone and c.batch >= PLENTY and simple else 0
    alone = alone if lead else ""
    a = CopiedA(c, t, lead * ("a" in alone)) if copy else None
    b = packed(c, t, lead * ("b" in alone)) if pack else None
    if b and simple and c.batch == 1 and t.items >= PLENTY and t.tiles > FEW_READERS:
        b, alone = replace(b, single=True), "b"
    return Scheme(c, t, a, b, lead, alone=alone)


def scheme_of_images(c: Contraction, target: Target, padding: Padding) -> Scheme:
    """The same for a convolution: its first outer axis are the images."""
    images, *outer = c.outer
    c = replace(c, rows=merge(c.rows), nest=merge(c.nest))
    t = tiling(c, target)
    lead = int(padding.needed and images.size >= PLENTY)
    if lead:
        c = replace(c, outer=(replace(images, a=0), *outer))
        t = replace(t, pieces=1, step=c.nest[0].size)
    b = packed(c, t) if c.k and packs(c, t, target) else None
    a = replace(padding, count=1 if lead else images.size) if padding.needed else None
    return Scheme(c, t, a, b, lead, alone="a" * lead)


def scheme_of_filter(c: Contraction, target: Target, padding: Padding) -> Scheme:
    """The same for the gradient of a filter: the outermost loop of its sum are the images."""
    if not c.k or (not padding.needed and len(merge(c.nest)) == 1):
        return scheme(c, target)
    images, *nest = c.nest
    c = replace(c, rows=merge(c.rows), nest=merge(tuple(nest)))
    t = tiling(c, target, images.size)
    pieces = min(PIECES, images.size, max(1, images.size * c.k // PIECE))
    if pieces * c.batch * t.items * t.rows * t.width * c.computed.itemsize > PIECES_BYTES:
        pieces = 1
    pieces = -(-images.size // -(-images.size // pieces))
    alone, walks = padding.needed and pieces > 1, pieces > 1 or c.k > SMALL_IMAGE
    # Tiles that wait in a distant cache are worth the way for many products only.
    step = _rows_at_a_time(c, t) if walks else max(1, SMALL_IMAGE // c.k)
    t = replace(t, pieces=pieces, step=step)
    c = replace(c, nest=(replace(images, a=0) if alone else images, *c.nest))
    b = packed(c, t) if must_pack(c, t, target) else None
    a = replace(padding, count=1 if alone else images.size) if padding.needed else None
    return Scheme(c, t, a, b, walks=walks, alone="a" * alone)


def _rows_at_a_time(c: Contraction, t: Tiling) -> int:
    """How many steps of the outermost loop go together, so that A and B stay in the cache."""
    axis, size = c.nest[0], c.computed.itemsize
    inner = math.prod(axis.size for axis in c.nest[1:])
    steps = steps_in_cache(axis.size, inner * t.width * size)
    return min(steps, max(1, L2_PART // max(1, axis.a * size)))
