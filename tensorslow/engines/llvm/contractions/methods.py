"""How a product or a convolution is computed, in words: for people who read of a kernel."""

from __future__ import annotations

from typing import Any

from tensorslow.engines.llvm.contractions.matmul import Matmul
from tensorslow.engines.llvm.contractions.phases import Convolution, in_tiles, schemes
from tensorslow.engines.llvm.contractions.streaming import StreamedB
from tensorslow.engines.llvm.contractions.winograd import step
from tensorslow.engines.llvm.text.target import Target


def method(shape: Any, target: Target) -> str:
    """What is special about the way that a kernel's root is computed, or nothing.

    Winograd's F(m × m, r × r) has tiles of m × m results, of windows of r × r.
    """
    if isinstance(shape, Convolution) and in_tiles(shape, target):
        windows, tiles = shape.window, [step(r) for r in shape.window]
        pair = (windows, tiles) if shape.kind == "filter" else (tiles, windows)
        results, read = ("×".join(map(str, sizes)) for sizes in pair)
        return f"by Winograd's F({results}, {read})"
    if isinstance(shape, Matmul):
        decided = shape.scheme(target)
        if decided and isinstance(decided.b, StreamedB) and not decided.ready:
            return "B streamed"
        ways = {decided.t.along} if decided else set()
    elif isinstance(shape, Convolution):
        ways = {s.t.along for s in schemes(shape, target)}
    else:
        return ""
    return "".join(f"vectors along the {way}" for way in sorted(ways - {"row"})[:1])
