"""An explanation: what a plan became at every stage, and where its arrays lie in memory."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensorslow.engines.llvm.compile import Compiled, Recipe
from tensorslow.engines.llvm.explain.kernels import ExplainedKernels, ExplainedRegion
from tensorslow.engines.llvm.explain.table import quantity, table
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.memory import Layout
from tensorslow.engines.llvm.programs.program import Symbol
from tensorslow.engines.llvm.runtime.jit import assembly_for
from tensorslow.engines.llvm.stages import Stages
from tensorslow.plan import Plan

WIDTH = 79
MOST = 32  # lines of a stage that the overview shows
INPUTS = 4  # of these, those that show inputs
NAMES = 4  # variables that it names


class Explanation:
    """What the compiler made of a plan; `print` gives an overview.

    Attributes:
        program: the array primitives, as they are after `simplify`.
        kernels: what is computed, kernel by kernel; `print(kernels["k3"])` shows one.
        memory: where arrays lie.
        ir: the text that LLVM compiles.
        seconds: how long each stage took.
        run_seconds: how long a run took; None: it was not measured.
    """

    def __init__(self, compiled: Compiled, plan: Plan | None = None) -> None:
        """Runs the stages again if the program was found on disk.

        Args:
            compiled: the program.
            plan: what it was traced from, for the names of its inputs.
        """
        self._compiled = compiled
        made = compiled.assembled
        self.program = str(compiled.program)
        self.kernels = ExplainedKernels.of(
            compiled.items, made, compiled.recipe.target, lambda: self.assembly
        )
        self.memory = Memory.of(compiled.recipe, compiled.stages, plan)
        self.ir = str(made.module)
        self.seconds = compiled.seconds
        self.run_seconds: float | None = None
        self._unmeasured = False

    @property
    def loops(self) -> str:
        """All kernels with their loops, and the nodes that they came from."""
        return "\n\n".join(map(str, self.kernels))

    @functools.cached_property
    def assembly(self) -> str:
        """The machine code as the processor's manual writes it."""
        return assembly_for(self.ir, self._compiled.recipe.target)

    def measure(self, inputs: Sequence[Any], seconds: float = 0.5) -> None:
        """Notes how long each kernel takes.

        Args:
            inputs: arrays just as the program gets them; runs change them where variables are
                updated in place.
            seconds: how long to measure at most.
        """
        from tensorslow.engines.llvm.explain.times import times  # it needs what needs this

        self.run_seconds, found = times(self._compiled, inputs, seconds)
        self._unmeasured = self.run_seconds is None
        for row in self.kernels.rows:
            own = [row.region] if isinstance(row, ExplainedRegion) else row.kernels
            known = [found[item] for item in own if item in found]
            row.seconds = sum(known) if len(known) == len(own) else None

    def __str__(self) -> str:
        return "\n".join(
            [
                _title("primitives"),
                *self._primitives(),
                _title("kernels: between two levels the threads meet"),
                *self.kernels.lines(MOST),
                _title("memory"),
                self.memory.summary,
                _title("sizes and times"),
                self._sizes(),
                *self._times(),
                "more: .program, .kernels, .kernels['k0'] (its .loops, .ir, .assembly), .loops,",
                "      .memory, .ir, .assembly, .seconds of this explanation",
            ]
        )

    def _primitives(self) -> list[str]:
        """The program, or its beginning: a large one has many inputs, which say little."""
        lines = self.program.splitlines()
        if len(lines) <= MOST:
            return lines
        inputs = len(self._compiled.program.params)
        if inputs > INPUTS:
            lines[INPUTS - 1 : inputs] = [f"… {inputs - INPUTS + 1} more inputs"]
        left = len(lines) - MOST + 1
        return [*lines[: MOST - 1], f"… {left} more lines: print(explanation.program)"]

    def _sizes(self) -> str:
        compiled, codes = self._compiled, self._compiled.assembled.codes
        levels = len({item.level for item in compiled.items})
        primitives = sum(1 for _ in compiled.program.all_steps())
        return (
            f"{primitives} primitives, {self.kernels.count} kernels in {levels} levels, "
            f"{len(codes)} pieces of code, {self.ir.count(chr(10))} lines of IR"
        )

    def _times(self) -> list[str]:
        compiled = self._compiled
        stages = ", ".join(f"{name} {1e3 * s:.1f} ms" for name, s in self.seconds.items())
        how = "found on disk" if compiled.from_cache else "compiled"
        lines = [
            f"{how} in {1e3 * sum(self.seconds.values()):.0f} ms: {stages}",
        ]
        by = "1 thread" if compiled.threads == 1 else f"{compiled.threads} threads"
        if self.run_seconds is not None:
            micros = 1e6 * self.run_seconds
            return [*lines, f"a run on {by}: {micros:.1f} µs from its first kernel to its last"]
        how_long = "explain(fetches, feed_dict, times=True)"
        if self._unmeasured:
            how_long = "not measured, as a check fails or the processor has no clock for us"
        return [*lines, f"runs on {by}; how long each kernel takes: {how_long}"]


@dataclass(frozen=True)
class Memory:
    """The arrays of a program.

    Attributes:
        arena: bytes of the memory for temporary arrays, constants and copies.
        needed: the most that is alive at one time, in bytes: no layout can do with less.
        updated: the inputs that are overwritten by the outputs that replace them.
        text: all arrays.
    """

    arena: int
    needed: int
    updated: tuple[str, ...]
    text: str

    @classmethod
    def of(cls, recipe: Recipe, stages: Stages, plan: Plan | None) -> Memory:
        """That of a program; the plan knows the names of its inputs."""
        layout, in_place = stages.assembled.layout, stages.in_place
        params = recipe.program.params
        names = [f"input{i}" for i in range(len(params))]
        if plan is not None:
            names = [str(getattr(cell, "op", cell).name) for cell in plan.inputs]
        new = {old: output for output, old in in_place.items()}
        rows = [["array", "offset", "bytes", "", ""]]
        for i, (name, x) in enumerate(zip(names, params, strict=True)):
            note = f", overwritten by output{new[i]}" if i in new else ""
            rows.append([f"input{i}", "", f"{_bytes(x)}", str(x), f"{name}{note}"])
        for i, x in enumerate(recipe.program.results):
            if i not in in_place and isinstance(x, Symbol):
                rows.append([f"output{i}", "", f"{_bytes(x)}", str(x), ""])
        rows += _places(layout)
        return cls(
            layout.size,
            layout.needed,
            tuple(names[old] for old, output in recipe.updates if output in in_place),
            "\n".join(table(rows, right={"offset", "bytes"})),
        )

    @property
    def ratio(self) -> float:
        """How many times as large the arena is as it must be."""
        return self.arena / self.needed if self.needed else 1.0

    @property
    def summary(self) -> str:
        """In a few lines."""
        lines = [
            f"arena of {quantity(self.arena, 'B')}: {self.ratio:.2f} × the "
            f"{quantity(self.needed, 'B')} that are alive at one time"
        ]
        names = self.updated
        if names:
            more = f" +{len(names) - NAMES}" if len(names) > NAMES else ""
            lines.append(f"{len(names)} updated in place: {', '.join(names[:NAMES])}{more}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{self.summary}\n{self.text}"


def _places(layout: Layout) -> list[list[str]]:
    rows = []
    for key, offset in sorted(layout.offsets.items(), key=lambda pair: pair[1]):
        if isinstance(key, Buffer):
            kind = f"{key.dtype}[{key.size}]"
            rows.append([str(key), f"{offset}", f"{key.bytes}", kind, ""])
        else:
            rows.append(["scratch", f"{offset}", "", "", f"of a kernel of level {key.level}"])
    return rows


def _bytes(x: Symbol) -> int:
    return x.size * x.dtype.itemsize


def _title(text: str) -> str:
    return f"── {text} {'─' * (WIDTH - len(text) - 4)}"
