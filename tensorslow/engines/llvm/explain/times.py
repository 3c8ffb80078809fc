"""How long each kernel takes: a program compiled once more, to note the time on its way."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.compile import Compiled, compile_program
from tensorslow.engines.llvm.executable import Executable
from tensorslow.engines.llvm.kernels.items import Item, Kernel, Region
from tensorslow.engines.llvm.programs.program import NeedsRows

ENOUGH = 200  # runs
FEWEST = 3  # runs, whatever the time


def times(
    compiled: Compiled, inputs: Sequence[Any], seconds: float
) -> tuple[float | None, dict[Item, float]]:
    """How many seconds a run takes, and each of its kernels, branches and loops.

    Of many runs the lower quartile counts, since what else the machine does can only add to it.

    The first thread's clock counts: a kernel's time ends when that thread is done with its share,
    and what it then waits for the others counts for the next one. Kernels inside a branch or a loop
    have no time of their own. None, and nothing else, if a check fails or the clock stands still.

    Args:
        compiled: the program.
        inputs: arrays as it gets them; runs change what is updated in place.
        seconds: how long to measure at most.
    """
    recipe = compiled.recipe
    executable = Executable(
        compile_program(recipe.program, recipe.updates, recipe.target, timed=True)
    )
    begun: list[float] = []
    clocks: list[list[int]] = []
    end = time.perf_counter() + seconds
    while len(clocks) < FEWEST or (len(clocks) <= ENOUGH and time.perf_counter() < end):
        begun.append(time.perf_counter())
        try:
            if executable(list(inputs)) is None:
                return None, {}
        except NeedsRows:  # a later run makes more iterations than the first
            break
        clocks.append(executable.clocks())
    if len(clocks) < FEWEST:
        return None, {}
    ticks = clocks[-1][0] - clocks[0][0]
    if ticks <= 0:
        return None, {}
    tick = (begun[len(clocks) - 1] - begun[0]) / ticks
    # [run, call]; the first run takes longer, as it finds nothing in the caches.
    shown: Any = (np.array(clocks[1:]) - clocks[0][0]) * tick
    places = {kernel: i for i, kernel in enumerate(compiled.assembled.calls, 1)}
    before, found = shown[:, 0], {}
    for item in sorted(compiled.items, key=lambda item: item.level):
        stamps = [shown[:, places[kernel]] for kernel in _kernels([item])]
        # In a branch that was not taken, the clock shows an earlier run.
        after = np.maximum(before, np.max(stamps, axis=0)) if stamps else before
        found[item] = _quartile(after - before)
        before = after
    return _quartile(before - shown[:, 0]), found


def _quartile(durations: Any) -> float:
    return float(np.quantile(durations, 0.25))


def _kernels(items: Sequence[Item]) -> Iterator[Kernel]:
    for item in items:
        if isinstance(item, Region):
            for part in item.detail.parts:
                yield from _kernels(part.items)
        else:
            yield item
