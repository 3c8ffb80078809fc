"""Compiled programs, ready to run on arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.interpret import NeedsValue
from tensorslow.engines.llvm.collection import uncollected
from tensorslow.engines.llvm.compile import Compiled, compile_program
from tensorslow.engines.llvm.laps import Laps
from tensorslow.engines.llvm.pieces import Pieces
from tensorslow.engines.llvm.programs.program import NeedsRows, NotCompiled, Program, Symbol
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.llvm.runtime.artifact import (
    ARENA,
    CLOCK,
    FIRST,
    FLAGS,
    NEEDS_ROWS,
    SCHEDULE,
)
from tensorslow.engines.llvm.runtime.outputs import maker
from tensorslow.engines.llvm.runtime.patience import impatient
from tensorslow.engines.llvm.runtime.pointers import bind
from tensorslow.engines.llvm.runtime.team import Team
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.plan import Plan

if TYPE_CHECKING:
    from tensorslow.engines.llvm.explain.explanation import Explanation

ROWS = 16  # iterations that a loop of unknown length has room for at first
LONG = 2e-4  # seconds from which on other Python threads may run meanwhile


class Executable:
    """A compiled program.

    Attributes:
        compiled: what it was compiled to.
        plan: what it was traced from, if it was a whole plan.
        in_place: outputs that are written over the inputs that they update.
    """

    def __init__(self, compiled: Compiled, plan: Plan | None = None) -> None:
        self.compiled, self.plan = compiled, plan
        program = compiled.program
        self.in_place = frozenset(compiled.in_place)
        self._inputs = [(x.dtype, tuple(x.shape)) for x in program.params]
        self._outputs: list[tuple[tuple[int, ...], np.dtype, int | None]] = []
        for number, x in enumerate(program.results):
            shape, dtype = (
                (x.shape, x.dtype) if isinstance(x, Symbol) else (np.shape(x), np.asarray(x).dtype)
            )
            self._outputs.append((tuple(shape), dtype, compiled.in_place.get(number)))
        self._makers = [(maker(shape, dtype), old) for shape, dtype, old in self._outputs]
        self._idle: list[_Step] = []

    def __call__(self, inputs: list[Any]) -> list[Any] | None:
        """The outputs; None if a check failed, and then nothing was written.

        Args:
            inputs: C-contiguous arrays of just the shapes and types that were compiled for.

        Raises:
            NeedsRows: a loop made more iterations than the program has room for.
        """
        try:
            step = self._idle.pop()
        except IndexError:
            step = _Step(self.compiled, self._inputs, self._outputs)
        outputs = [make() if old is None else inputs[old] for make, old in self._makers]
        if not step.run(inputs + outputs):
            arrays = [np.ascontiguousarray(x).reshape(np.shape(x)) for x in inputs]
            outputs = [
                y if old is None else arrays[old]
                for y, (_, _, old) in zip(outputs, self._outputs, strict=True)
            ]
            if not step.run(arrays + outputs):
                raise ValueError(f"inputs are not as compiled for: {self._inputs}")
        flag = step.flags[0]
        self._idle.append(step)
        if flag:
            step.flags[0] = 0
            if flag == NEEDS_ROWS:
                raise NeedsRows
            return None
        return outputs

    def explain(self, inputs: list[Any] | None = None) -> Explanation:
        """What was made of the program, with times if there are inputs to measure it with."""
        # All stages are behind it, and a run needs none.
        from tensorslow.engines.llvm.explain.explanation import Explanation

        explanation = Explanation(self.compiled, self.plan)
        if inputs is not None:
            explanation.measure(inputs)
        return explanation

    def clocks(self) -> list[int]:
        """What the processor's clock showed in the last run, if the program notes it: at its
        beginning, and after each call of `Assembled.calls`.
        """
        flags = self._idle[-1].flags
        words = (ctypes.c_int64 * (ctypes.sizeof(flags) // 8)).from_buffer(flags)
        return words[CLOCK : CLOCK + self.compiled.artifact.clocks]


class _Step:
    """The memory of one run, and the function that makes it."""

    def __init__(self, compiled: Compiled, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        made = compiled.artifact
        self._memory = np.empty(made.arena + 64, np.uint8)
        start = self._memory.ctypes.data
        arena = -(-start // 64) * 64
        for offset, data in made.constants:
            at = arena - start + offset
            self._memory[at : at + len(data)] = np.frombuffer(data, np.uint8)
        self.flags = (ctypes.c_int32 * (16 + 2 * made.clocks))()
        table = (ctypes.c_void_p * (FIRST + len(inputs) + len(outputs)))()
        schedule = np.frombuffer(made.schedule, np.int64)
        table[ARENA], table[FLAGS] = arena, ctypes.addressof(self.flags)
        table[SCHEDULE] = schedule.ctypes.data
        specs = [*inputs, *((dtype, shape) for shape, dtype, _ in outputs)]
        keep = (compiled.library, self._memory, self.flags, schedule)
        places = [(FIRST + i, spec) for i, spec in enumerate(specs)]
        threads = compiled.threads
        ways = []
        for n in [threads, 1] if threads > 1 else [1]:
            long = made.endless or made.work > LONG * n
            run = bind(compiled.address, table, places, n, long, keep)
            ways.append(impatient(run) if long else run)
        self.run = Team(*ways) if len(ways) > 1 else ways[0]


class Growing:
    """A plan with loops, compiled again with more room whenever a run needs it.

    Args:
        build: from a number of iterations to an `Executable` with room for so many.
    """

    def __init__(self, build: Callable[[int], Executable]) -> None:
        self._build = build
        self._rows, self._now = self._built(ROWS)
        self.in_place = self._now.in_place

    def __call__(self, inputs: list[Any]) -> list[Any] | None:
        """The outputs; see `Executable`."""
        while True:
            rows, now = self._rows, self._now
            try:
                return now(inputs)
            except NeedsRows:
                if rows == self._rows:
                    self._rows, self._now = self._built(2 * rows)

    def _built(self, rows: int) -> tuple[int, Executable]:
        """The number of iterations that there is room for, at least so many, and the program."""
        while True:
            try:
                return rows, self._build(rows)
            except NeedsRows as reason:  # it is known before the run
                rows = max(2 * rows, reason.rows)

    def explain(self, inputs: list[Any] | None = None) -> Explanation:
        """What was made of the plan; see `Executable`."""
        if inputs is not None:
            self([x.copy() for x in inputs])  # until there is room for so many iterations
        return self._now.explain(inputs)


def compile_plan(
    plan: Plan, specs: Sequence[TensorSpec], updates: Sequence[tuple[int, int]] = ()
) -> Executable | Growing | Pieces:
    """Compiles a plan for inputs of known shapes and types; see `tensorslow.engines`."""
    failed = None
    if not plan.has_host:
        try:
            return Growing(lambda rows: _whole(plan, specs, updates, rows))
        except NeedsValue as reason:
            failed = reason.step
        except NotCompiled:
            pass
    pieces = Pieces(plan, specs, _grown_piece)
    pieces.sizes.note(failed)
    return pieces


def _whole(
    plan: Plan, specs: Sequence[TensorSpec], updates: Sequence[tuple[int, int]], rows: int
) -> Executable:
    laps = Laps()
    with uncollected():  # once for all stages: whenever it ends, there is a search
        traced = trace(plan, specs, rows)
        laps.end("trace")
        program = simplify(traced)
        del traced
        laps.end("simplify")
        compiled = compile_program(program, updates)
    compiled.seconds = laps.seconds | compiled.seconds
    return Executable(compiled, plan)


def _grown_piece(build: Callable[[int], Program]) -> Growing:
    return Growing(lambda rows: Executable(compile_program(simplify(build(rows)))))
