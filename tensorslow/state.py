"""State: the values that variables and random counters have in one session."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.errors import ShapeError
from tensorslow.nodes import Operation, Tensor
from tensorslow.plan import Cell
from tensorslow.shapes import compatible, show


class State:
    """The values that variables and random counters have in one session.

    A run reads them all at once and replaces them all at once, when it has succeeded. Runs that
    write the same variable take turns; stored arrays are read-only, so they can be shared.
    """

    def __init__(self) -> None:
        self.values: dict[Cell, Any] = {}
        self.mutex = threading.Lock()  # held only while values are looked up or replaced
        self._turns: dict[Cell, threading.RLock] = {}
        self._beginnings: dict[Cell, threading.RLock] = {}

    def turn(self, cell: Cell) -> threading.RLock:
        """The lock that a run holds which writes the cell."""
        with self.mutex:
            return self._turns.setdefault(cell, threading.RLock())

    def beginning(self, cell: Cell) -> threading.RLock:
        """The lock of whoever computes the initial value; nobody waits for it while it is their
        turn.
        """
        with self.mutex:
            return self._beginnings.setdefault(cell, threading.RLock())

    def begin(self, cell: Cell, value: Any) -> None:
        """Gives a cell its first value, unless a run was quicker and wrote one."""
        kept = _kept(cell, value, ())
        with self.mutex:
            self.values.setdefault(cell, kept)

    def commit(self, cells: Sequence[Cell], values: Sequence[Any], foreign: Sequence[Any]) -> None:
        """Replaces the values of some cells; arrays that others can write into are copied first."""
        kept = {cell: _kept(cell, value, foreign) for cell, value in zip(cells, values)}
        with self.mutex:
            self.values.update(kept)


def _kept(cell: Cell, value: Any, foreign: Sequence[Any]) -> Any:
    """A value as it can be stored: of the cell's type, nobody else's array, and read-only."""
    if isinstance(cell, Operation):
        return value  # a counter
    spec = cell.spec
    if type(value) is not np.ndarray or value.dtype != spec.dtype:
        value = np.array(value, spec.dtype)
    elif value.base is not None or is_one_of(value, foreign):
        value = value.copy()
    if value.shape != spec.shape:
        _check_shape(cell, value)
    value.setflags(False)  # read-only; `flags.writeable` would take four times as long
    return value


def _check_shape(cell: Tensor, value: Any) -> None:
    shape = cell.spec.shape
    if not compatible(value.shape, shape):
        raise ShapeError(
            f"variable {cell.op.name!r} has shape {show(shape)}, the new value {show(value.shape)}",
            hint="a variable keeps its shape, unless made with validate_shape=False",
        ).locate("Assign", [("variable", cell.describe())])


def is_one_of(value: Any, arrays: Sequence[Any]) -> bool:
    """Whether `value` is the very same object as one of `arrays`."""
    for array in arrays:  # noqa: SIM110 - a generator would take longer than the whole loop
        if array is value:
            return True
    return False
