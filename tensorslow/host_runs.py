"""Runs with host operations, which may wait for other runs and must not be made twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorslow.arrays.host import HostCalls, recorded
from tensorslow.compiled import Compiled
from tensorslow.engines.numpy import Program
from tensorslow.errors import GraphError
from tensorslow.fetches import own_values
from tensorslow.plan import RunPlan
from tensorslow.state import State, Turn, sealed


class HostRun:
    """A plan with host operations, and the state that it is run on.

    A host operation may wait for another run, so no turn is held while it does. If meanwhile
    another run replaced a variable that this one writes, it is repeated in turn, with the results
    that its host operations gave already.

    Args:
        run_plan: what is run.
        program: the NumPy engine's form of it.
        state: where the cells' values are.
        failed: is told of an error in an executable.
    """

    def __init__(
        self,
        run_plan: RunPlan,
        program: Program,
        state: State,
        failed: Callable[[Exception], None],
    ) -> None:
        self.reads, self.writes = run_plan.reads, run_plan.writes
        self.program, self.state, self.failed = program, state, failed
        self.count = len(run_plan.plan.outputs) - len(self.writes)
        self._turn = Turn(self.reads, self.writes, in_place=False)
        self._compared = [(i, x) for i, x in enumerate(self.reads) if x in self._turn.writes]

    def run(self, inputs: list[Any], compiled: Compiled | None = None) -> list[Any]:
        """The fetched values, their receiver's own."""
        calls, state, turn = HostCalls(), self.state, self._turn.of_this_thread()
        with recorded(calls):
            before, results, new = self._attempt(inputs, calls, compiled)
            try:
                with state.mutex:
                    state.take(turn)
                if any(state.values.get(cell) is not before[i] for i, cell in self._compared):
                    calls.replay()
                    before, results, new = self._attempt(inputs, calls, compiled)
                values = results[self.count :]
                if new and compiled is not None and compiled.fits(values):
                    state.replace(dict(zip(self.writes, map(sealed, values))))
                else:
                    state.commit(self.writes, values, inputs)
            finally:
                state.give(turn)
        results = results[: self.count]
        return results if new else own_values(results, inputs)

    def _attempt(
        self, inputs: list[Any], calls: HostCalls, compiled: Compiled | None
    ) -> tuple[list[Any], list[Any], bool]:
        """What the cells held, the outputs of the plan, and whether these are new arrays."""
        with self.state.mutex:
            self.state.wait_to_read(self.reads)
            if compiled is not None and not compiled.ready():
                compiled = None
            before = self.state.lend(self.reads)
        if compiled is not None:
            try:
                results = compiled.executable(inputs + before)
            except GraphError:
                raise
            except Exception as error:
                self.failed(error)
                results = None
            if results is not None:
                return before, results, True
            calls.replay()  # NumPy says what is wrong, without calling anybody a second time
        return before, self.program(inputs + before), False


class CompiledHostRun(Compiled):
    """The same with a compiled plan, as far as that goes."""

    def __init__(self, host_run: HostRun, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._host_run = host_run

    def run(self, inputs: list[Any]) -> list[Any] | None:
        """See `Compiled.run`."""
        return self.fetched(self._host_run.run(inputs, self))
