"""Compiled plans at work: what they are given of the state, and how they change it.

Each kind of run is a class of its own: one that only reads, one that puts new arrays in the place
of the old ones, and the quickest, which updates arrays in place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from tensorslow.engines import Executable
from tensorslow.nodes import Operation
from tensorslow.plan import Cell, RunPlan
from tensorslow.shapes import compatible
from tensorslow.state import State, Turn, aligned, sealed


class Compiled(ABC):
    """A compiled plan, and the state that it is run on.

    Args:
        executable: the compiled plan.
        run_plan: what it was compiled from.
        specs: shape and type of each cell that is read.
        state: where the cells' values are.
    """

    def __init__(
        self, executable: Executable, run_plan: RunPlan, specs: Sequence[Any], state: State
    ) -> None:
        self.executable, self.state = executable, state
        self.reads, self.writes = run_plan.reads, run_plan.writes
        self.count = len(run_plan.plan.outputs) - len(self.writes)  # of fetched tensors
        self._specs = specs
        self._changes = -1  # what the state had counted when the cells were last looked at
        self._turn = Turn(self.reads, self.writes, in_place=isinstance(self, InPlace))
        self._fits: bool | None = None
        self._scalars: list[int] | None = None  # places of results that are arrays without axes

    @abstractmethod
    def run(self, inputs: list[Any]) -> list[Any] | None:
        """The fetched values, their receiver's own; None: NumPy must make this run."""

    def ready(self) -> bool:
        """Brings cells into the form that compiled code reads, if their shapes are those that it
        was made for. The mutex is held.
        """
        state = self.state
        if state.changes != self._changes:
            state.arrange(self.reads)
            found = [state.values[cell] for cell in self.reads]
            if [(x.shape, x.dtype) for x in found] != self._specs:
                return False
            self._changes = state.changes
        return True

    def fits(self, values: Sequence[Any]) -> bool:
        """Whether new values are of the cells' shapes and types, so that nothing but NumPy's words
        for it is missing. They are the same in every run.
        """
        if self._fits is None:
            self._fits = all(
                isinstance(cell, Operation)
                or compatible(x.shape, cell.spec.shape)
                and cell.spec.dtype in (None, x.dtype)
                for cell, x in zip(self.writes, values)
            )
        return self._fits

    def _my_turn(self) -> Turn:
        """The turn that this thread takes."""
        self._turn = turn = self._turn.of_this_thread()
        return turn

    def fetched(self, results: list[Any]) -> list[Any]:
        """Results with NumPy scalars in place of arrays without axes."""
        if self._scalars is None:
            self._scalars = [
                i for i, x in enumerate(results) if type(x) is np.ndarray and x.ndim == 0
            ]
        for i in self._scalars:
            results[i] = results[i][()]
        return results


class Reading(Compiled):
    """A run that writes nothing."""

    def run(self, inputs: list[Any]) -> list[Any] | None:
        """See `Compiled.run`."""
        state = self.state
        if self.reads:
            with state.mutex:
                state.wait_to_read(self.reads)
                if not self.ready():
                    return None
                inputs = inputs + state.lend(self.reads)
        results = self.executable(inputs)
        return results and self.fetched(results)


class Replacing(Compiled):
    """A run that puts new arrays in the place of the old ones, all at one moment.

    Where the machine code updates some arrays in place and leaves new ones for others, Ctrl-C might
    come between the two. So it is given copies of the former, which then are the new ones.
    """

    def __init__(
        self, executable: Executable, run_plan: RunPlan, specs: Sequence[Any], state: State
    ) -> None:
        super().__init__(executable, run_plan, specs, state)
        self._copied = [i for i, output in updates(run_plan) if output in executable.in_place]

    def run(self, inputs: list[Any]) -> list[Any] | None:
        """See `Compiled.run`."""
        state, turn = self.state, self._my_turn()
        try:
            with state.mutex:
                state.take(turn)
                if not self.ready():
                    return None
                arguments = inputs + state.lend(self.reads)
            for i in self._copied:
                arguments[i] = aligned(arguments[i])
            results = self.executable(arguments)
            if results is None or not self.fits(results[self.count :]):
                return None
            self._commit(results[self.count :])
        finally:
            state.give(turn)
        return self.fetched(results[: self.count])

    def _commit(self, values: Sequence[Any]) -> None:
        state = self.state
        with state.mutex:
            undisturbed = state.changes == self._changes
            state.replace(dict(zip(self.writes, map(sealed, values))))
            if undisturbed:  # what is new is in order
                self._changes = state.changes


class InPlace(Compiled):
    """A run that updates all that it writes in place.

    The machine code does so at one moment, when nothing can fail any more, and there is nothing to
    commit afterwards; so Ctrl-C finds the old state or the new one.
    """

    def __init__(
        self, executable: Executable, run_plan: RunPlan, specs: Sequence[Any], state: State
    ) -> None:
        super().__init__(executable, run_plan, specs, state)
        self._events = -1
        self._lent = not set(self.writes).issuperset(self.reads)
        self._values = _getter(self.reads)

    def run(self, inputs: list[Any]) -> list[Any] | None:
        """See `Compiled.run`."""
        state, turn = self.state, self._my_turn()
        try:
            with state.mutex:
                state.take(turn)
                if state.events != self._events and not self._own():
                    return None
                if self._lent:  # what is only read here may be what another run overwrites
                    self._events = state.events = state.events + 1
                arguments = [*inputs, *self._values(state.values)]
            results = self.executable(arguments)
            if results is None:
                return None
            del results[self.count :]
        finally:
            arguments = []  # nothing holds the arrays when the next turn begins
            state.give(turn)
        return self.fetched(results)

    def _own(self) -> bool:
        """Makes sure that nobody else has what will be overwritten. If nothing was replaced or lent
        since the last time, as in a loop of these runs alone, that is so.
        """
        if not self.ready():
            return False
        self.state.own(self.writes)
        self._events = self.state.events
        return True


def compiled_run(
    executable: Executable, run_plan: RunPlan, specs: Sequence[Any], state: State
) -> Compiled:
    """The compiled plan as the kind of run that it allows."""
    first = len(run_plan.plan.outputs) - len(run_plan.writes)
    places = range(first, first + len(run_plan.writes))
    if not places:
        return Reading(executable, run_plan, specs, state)
    kind = InPlace if executable.in_place.issuperset(places) else Replacing
    return kind(executable, run_plan, specs, state)


def updates(run_plan: RunPlan) -> list[tuple[int, int]]:
    """Pairs (input, output) of the plan that are the value of one cell before and after."""
    plan, reads, writes = run_plan.plan, run_plan.reads, run_plan.writes
    inputs = {cell: i for i, cell in enumerate(reads, len(plan.inputs) - len(reads))}
    outputs = enumerate(writes, len(plan.outputs) - len(writes))
    return [(inputs[cell], i) for i, cell in outputs if cell in inputs]


def _getter(cells: Sequence[Cell]) -> Callable[[dict[Cell, Any]], tuple[Any, ...]]:
    """A quick function from all values to those of `cells`."""
    if len(cells) > 1:
        return itemgetter(*cells)
    return lambda values: tuple(values[cell] for cell in cells)
