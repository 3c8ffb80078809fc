"""A call: one combination of fetches and fed tensors, ready to run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tensorslow.compiled import Compiled, compiled_run
from tensorslow.engines import Executable
from tensorslow.engines.numpy import compile_plan
from tensorslow.errors import GraphError
from tensorslow.feeds import Feed
from tensorslow.fetches import own_values
from tensorslow.graph import Operation, Tensor
from tensorslow.host_runs import CompiledHostRun, HostRun
from tensorslow.listing import Listing
from tensorslow.nodes import Node
from tensorslow.plan import Cell, plan_run
from tensorslow.state import PLAIN, State, Turn, aligned
from tensorslow.tiers import Engine, Specialisation, Specialisations

COUNTER = np.dtype(np.uint64)  # of a random operation


class Call:
    """One combination of fetches and fed tensors, ready to run.

    The way of a feed: `resolve_feed` finds its tensor, `Feed.convert` makes an array of the value,
    the array is in one of the first slots when the NumPy engine's program begins, and kernels (each
    an operation's `OpDef.compute`, bound to NumPy) take it from there. A compiled plan takes the
    array itself.

    Args:
        fetches: nodes.
        fed: tensors.
        state, engine: the session's.
        ensure: gives a cell its first value.
        debug: whether a run shall end at the first nan or infinity.
    """

    def __init__(
        self,
        fetches: Sequence[Node],
        fed: Sequence[Tensor],
        state: State,
        engine: Engine,
        ensure: Callable[[Cell], None],
        debug: bool = False,
    ) -> None:
        self.feeds = [Feed(tensor) for tensor in fed]
        self.run_plan = run_plan = plan_run(fetches, fed)
        self.plan, self.reads, self.writes = run_plan.plan, run_plan.reads, run_plan.writes
        self.program = compile_plan(self.plan)  # the NumPy engine's
        if debug:
            from tensorslow.debugging import checked_program  # few programs need it

            self.program = checked_program(self.plan, fetches, len(fed))
        self.state, self.engine, self._ensure = state, engine, ensure
        self.used = True  # since the session last looked for one to forget
        self._begun = False  # whether all it reads has a value
        # Tensors have a value to return; operations are run for what they do, and give None.
        self._places = [i for i, node in enumerate(fetches) if isinstance(node, Tensor)]
        self._count, self._nothing = len(self._places), [None] * len(fetches)
        self._turn = Turn(self.reads, self.writes, in_place=False)
        host_run = HostRun(run_plan, self.program, state, self._failed)
        self._host_run = host_run if self.plan.has_host else None
        text = any(map(_holds_text, [*fed, *self.reads]))
        self._interpreted = text or not (self.plan.steps and engine.compiles)
        self._varying = not all(map(_is_known, self.reads))
        self._specialisations = Specialisations(engine, run_plan)
        # The specialisation of the last run; no feeds are as those before the first one.
        self._last = Specialisation([(None, None)] * len(fed), ())
        if not (fed or self._interpreted or self._varying):
            self._last = self._specialisation([])

    def run(self, values: Iterable[Any]) -> list[Any]:
        """The fetched values, one for each fetch; the new state is committed if all went well."""
        self.used = True
        inputs, found = [*values], self._last
        for value, (shape, dtype) in zip(inputs, found.feeds):
            if (
                type(value) is not np.ndarray
                or value.dtype is not dtype
                or value.shape != shape
                or value.flags.num & PLAIN != PLAIN
            ):
                inputs, found = self._prepared(inputs)
                break
        compiled = found.compiled or (None if self._interpreted else self._advanced(inputs, found))
        if compiled is not None:
            found.used = True
            try:
                results = compiled.run(inputs)
            except (GraphError, Warning):  # a warning of ours, where warnings are errors
                raise
            except Exception as error:
                self._failed(error)
                results = None
            if results is not None:
                return self._returned(results)
        return self._returned(self._interpret(inputs))

    def run_once(self) -> list[Any]:
        """The same without feeds, for what is run only once and so is not worth compiling."""
        return self._returned(self._interpret([]))

    def _returned(self, results: list[Any]) -> list[Any]:
        if len(self._nothing) == self._count:
            return results
        returned: list[Any] = self._nothing.copy()
        for place, value in zip(self._places, results):
            returned[place] = value
        return returned

    def _begin(self) -> None:
        """Initial values are computed before any turn is taken, since another run may be at it
        already.
        """
        for cell in self.reads:
            self._ensure(cell)
        self._begun = True

    # With NumPy

    def _interpret(self, inputs: list[Any]) -> list[Any]:
        if not self._begun:
            self._begin()
        state = self.state
        if self._host_run is not None:
            return self._host_run.run(inputs)
        if not self.writes:
            return own_values(self.program(inputs + state.read(self.reads)), inputs)
        turn = self._turn = self._turn.of_this_thread()
        try:
            with state.mutex:
                state.take(turn)
                arguments = inputs + state.lend(self.reads)
            results = self.program(arguments)
            state.commit(self.writes, results[self._count :], inputs)
        finally:
            state.give(turn)
        return own_values(results[: self._count], inputs)

    # Compiled

    def _prepared(self, values: Sequence[Any]) -> tuple[list[Any], Specialisation]:
        """Values as arrays, and the specialisation that they ask for."""
        inputs = [feed.convert(value) for feed, value in zip(self.feeds, values)]
        feeds = [(x.shape, x.dtype) for x in inputs]
        if not self._interpreted:
            inputs = [x if x.flags.num & PLAIN == PLAIN else np.array(x, order="C") for x in inputs]
        last = self._last
        if feeds != last.feeds:
            if self._interpreted or self._varying:
                last = Specialisation(feeds, ())
            else:
                last = self._specialisation(feeds)
            self._last = last
        return inputs, last

    def _advanced(self, inputs: list[Any], found: Specialisation) -> Compiled | None:
        """Counts a run; the compiled plan, if it shall make it."""
        if not self._begun:
            self._begin()
        if not self.engine.compiles:
            self._interpreted = True
            return None
        if self._varying:
            found = self._specialisation(found.feeds)
        if found.compiled is None:
            try:
                executable = self._specialisations.advance(found)
            except Exception as error:
                self._failed(error)
                return None
            if executable is not None:
                found.compiled = self._at_work(executable, found)
        found.used = True
        return found.compiled

    def _specialisation(self, feeds: Sequence[Any]) -> Specialisation:
        return self._specialisations.find(feeds, [self._spec(cell) for cell in self.reads])

    def _spec(self, cell: Cell) -> tuple[Any, Any]:
        """Shape and type of what a cell holds."""
        if isinstance(cell, Operation):
            return (), COUNTER
        if _is_known(cell):
            return cell.spec.shape, cell.spec.dtype
        value = self.state.values[cell]
        return value.shape, value.dtype

    def _at_work(self, executable: Executable, found: Specialisation) -> Compiled:
        arguments = executable, self.run_plan, found.cells, self.state
        if self._host_run is not None:
            return CompiledHostRun(self._host_run, *arguments)
        return compiled_run(*arguments)

    def _failed(self, error: Exception) -> None:
        """From now on NumPy makes its runs."""
        self._interpreted = True
        self._last = Specialisation(self._last.feeds, ())
        self._specialisations = Specialisations(self.engine, self.run_plan)
        self.engine.failed(self.plan, error)

    def explain(self, values: Iterable[Any], times: bool = False) -> Any:
        """What an engine made of the plan for feeds of these shapes and types.

        Args:
            times: whether it shall run on copies of them, and of the state, to measure its parts.
        """
        inputs = [feed.convert(value) for feed, value in zip(self.feeds, values)]
        if self.engine.compiles and not self._interpreted:
            if self._varying:
                self._begin()
            found = self._specialisation([(x.shape, x.dtype) for x in inputs])
            try:
                executable = self._specialisations.executable(found)
            except Exception as error:
                self._failed(error)
            else:
                if executable is not None:
                    if times:
                        return executable.explain(self._copies(inputs))
                    return executable.explain()
        return Listing(self.plan)

    def _copies(self, inputs: Sequence[Any]) -> list[Any]:
        """The inputs of a run, which nobody else has."""
        self._begin()
        return [aligned(x) for x in (*inputs, *self.state.read(self.reads))]


def _is_known(cell: Cell) -> bool:
    """Whether a cell's shape and type are the same in all runs."""
    if isinstance(cell, Operation):
        return True  # a counter
    shape = cell.spec.shape
    return shape is not None and None not in shape and cell.spec.dtype is not None


def _holds_text(cell: Cell) -> bool:
    return isinstance(cell, Tensor) and cell.spec.dtype is not None and cell.spec.dtype.kind == "O"
