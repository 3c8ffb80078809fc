"""Convolutions and their two gradients: contractions over windows, never written out as matrices.

A window is a few contiguous runs of numbers, so a micro-kernel reads it where it lies; only what
has zeros around it is copied, an image at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.contractions.phases import (
    Convolution,
    Part,
    in_tiles,
    parts,
    schemes,
)
from tensorslow.engines.llvm.contractions.walk import Walk
from tensorslow.engines.llvm.contractions.winograd_filter import FilterWriter, WinogradFilter
from tensorslow.engines.llvm.contractions.winograd_images import ImagesWriter
from tensorslow.engines.llvm.text.ir import Function, Module, type_of
from tensorslow.engines.llvm.text.spmd import kernel_function, meet, shared_loop, unravel
from tensorslow.engines.llvm.text.target import Target


def emit_convolution(
    module: Module, target: Target, name: str, v: Convolution, epilogue: Epilogue, extra: int
) -> None:
    """Adds a kernel to a module: `@name(i64 tid, i64 nt, ptr sync, ptr scratch, ptr p0, …)`.

    %p0 and %p1 point to x and kernel; for "input" to kernel and dy; for "filter" to x and dy.

    To the epilogue the result is a matrix without batch axes: a row for each position of each
    image, a column for each channel. For "filter" a row is a place in a window and a channel of x.

    Args:
        module: where it is put.
        target: the processor.
        name: of the kernel.
        v: what it computes.
        epilogue: what becomes of the result.
        extra: how many more pointers, %p2 and so on, the epilogue uses.
    """
    f = kernel_function(module, name, 2 + extra)
    a, b = ("%p1", "%p0") if v.kind == "input" else ("%p0", "%p1")
    fast = in_tiles(v, target)
    walks, place, kind = [], fast.plain if fast else 0, type_of(v.dtype)
    for part, s in zip(parts(v), schemes(v, target), strict=False):
        placed = _Placed(part, epilogue)
        walks.append(Walk(f, target, s, a, f.gep(b, part.b, kind), placed, place))
        place += s.scratch_bytes(1)
    if isinstance(fast, WinogradFilter):
        FilterWriter(f, target, fast, walks[0], epilogue, a, b).write()
    elif fast:
        ImagesWriter(f, target, fast, walks[0], epilogue, a).write()
    elif walks:
        _compute(f, target, walks)
    f.finish()


def _compute(f: Function, target: Target, walks: list[Walk]) -> None:
    """Copies operands, and computes all parts."""
    last = walks[-1]
    copied = [walk.copy() for walk in walks]
    if any(copied):
        meet(f, target)
    if not last.s.lead:
        for walk in walks:
            walk.operands = replace(walk.operands, a=last.operands.a)
            walk.compute()
        return

    def image(index: str) -> None:
        last.copy_alone([index])
        for walk in walks:
            walk.operands = replace(walk.operands, a=last.operands.a)
            walk.matrix([index])

    shared_loop(f, last.s.c.outer[0].size, image)


class _Placed(Epilogue):
    """Tells an epilogue where the rows and columns of a part lie in the whole result."""

    def __init__(self, part: Part, epilogue: Epilogue) -> None:
        self.part, self.epilogue = part, epilogue
        self.m = part.m[: len(part.n)]
        inner = part.m[len(part.n) :]
        steps = [math.prod(part.rows[i + 1 :]) * inner[-1] for i in range(len(inner))]
        # Whether the flat index of a row is that within the part, times a step.
        self.linear = all(
            size == 1 or step == goal
            for size, step, goal in zip(part.rows, steps, inner, strict=True)
        )
        self.inner = inner

    def columns(
        self, f: Function, batch: Sequence[str], n: str, lanes: int, mask: str | None
    ) -> Any:
        """Passes it on."""
        return self.epilogue.columns(f, [], self._column(f, batch, n), lanes, mask)

    def store(
        self,
        f: Function,
        batch: Sequence[str],
        m: str,
        n: str,
        value: str,
        lanes: int,
        mask: str | None,
        columns: Any,
    ) -> None:
        """Passes it on."""
        row = str(self.part.first)
        for index, step in zip(batch, self.m, strict=True):
            row = f.add(row, f.mul(index, step))
        places, steps = ([m], [self.inner[-1]])
        if not self.linear:
            places, steps = unravel(f, m, self.part.rows), list(self.inner)
        for index, step in zip(places, steps, strict=True):
            row = f.add(row, f.mul(index, step))
        column = self._column(f, batch, n)
        self.epilogue.store(f, [], row, column, value, lanes, mask, columns)

    def _column(self, f: Function, batch: Sequence[str], n: str) -> str:
        for index, step in zip(batch, self.part.n, strict=True):
            n = f.add(n, f.mul(index, step))
        return n


__all__ = ["Convolution", "emit_convolution"]
