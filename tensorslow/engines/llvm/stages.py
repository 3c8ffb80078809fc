"""The stages between a simplified program and the text that LLVM compiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorslow.engines.llvm.assembly.assemble import Assembled, assemble
from tensorslow.engines.llvm.collection import uncollected
from tensorslow.engines.llvm.kernels.beside import merge_beside
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.fuse import fuse
from tensorslow.engines.llvm.kernels.in_place import (
    move_updates,
    place_updates,
    still_needed,
)
from tensorslow.engines.llvm.kernels.items import Item
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering
from tensorslow.engines.llvm.kernels.lower.rules import lower_block
from tensorslow.engines.llvm.kernels.prepack import prepack
from tensorslow.engines.llvm.kernels.recompute import recompute
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.laps import Laps
from tensorslow.engines.llvm.programs.program import Program, Symbol
from tensorslow.engines.llvm.text.target import Target


@dataclass(frozen=True)
class Stages:
    """What a program is on the way to machine code.

    Attributes:
        items: its kernels.
        assembled: its text.
        in_place: by number of an output, the input that it is written over.
        seconds: how long each stage took.
    """

    items: list[Item]
    assembled: Assembled
    in_place: dict[int, int]
    seconds: dict[str, float]


def run_stages(
    program: Program,
    updates: Sequence[tuple[int, int]],
    target: Target,
    threads: int,
    timed: bool = False,
) -> Stages:
    """Goes through all of them; the same again gives the same text, in every process.

    Args:
        program: what `simplify` gave.
        updates: pairs of an input and the output that may be written over it.
        target: the processor.
        threads: how many may run it at most.
        timed: whether it notes when each kernel is done.

    Raises:
        NotCompiled: a primitive has no compiled form.
    """
    laps = Laps()
    with uncollected():
        low, inputs, outputs = _lowered(program)
        laps.end("lower")
        items = fuse(low.nests, set(outputs))
        recompute(items, set(outputs))
        items = prepack(merge_beside(items), target, low)
        laps.end("fuse")
        pairs = [
            (inputs[i], outputs[j])
            for i, j in updates
            if program.params[i].shape == np.shape(program.results[j])
        ]
        by_output = place_updates(items, pairs)
        items = still_needed(items)
        by_output |= move_updates(items, pairs, low)
        assembled = assemble(items, low, low.constants, len(inputs), target, threads, timed)
        laps.end("emit")
        low.forget()
        numbers = {old: i for i, old in enumerate(inputs)}
        in_place = {new.number: numbers[old] for new, old in by_output.items()}
        return Stages(items, assembled, in_place, laps.seconds)


def _lowered(program: Program) -> tuple[Lowering, list[Buffer], list[Buffer]]:
    """The nests of a program, and the buffers of its inputs and outputs."""
    inputs, views = [], {}
    for number, symbol in enumerate(program.params):
        buffer = Buffer(symbol.size, symbol.dtype, "input", number)
        inputs.append(buffer)
        views[symbol] = View.whole(buffer, symbol.shape)
    low = lower_block(program, views)
    outputs = [_output(low, number, result) for number, result in enumerate(program.results)]
    return low, inputs, outputs


def _output(low: Lowering, number: int, result: Any) -> Buffer:
    """Makes a temporary array an output, or copies into one."""
    view = low.view(result)
    buffer = view.buffer
    if isinstance(result, Symbol) and buffer.is_free and view.is_whole:
        buffer.kind, buffer.number = "output", number
        return buffer
    output = Buffer(view.size, buffer.dtype, "output", number)
    low.copy(view, View.whole(output, view.shape))
    return output
