"""State: the values that variables and random counters have in one session."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Sequence
from threading import get_ident
from typing import Any

import numpy as np

from tensorslow.arrays.memory import CACHE_LINE, aligned_empty, is_aligned_empty, is_view
from tensorslow.errors import ShapeError
from tensorslow.fetches import is_one_of
from tensorslow.nodes import Operation, Tensor
from tensorslow.plan import Cell
from tensorslow.shapes import compatible, show

LARGE = 4096  # bytes from which on it pays to begin at a cache line
PLAIN = 0x101  # of `flags.num`: in C order, and aligned for its type


class Turn:
    """What a run holds while it writes: nobody else writes these cells meanwhile.

    Attributes:
        reads, writes: cells.
        in_place: whether it changes the very arrays of `writes`, so that nobody may read them.
        thread: whose run it is; runs inside it do not wait for it.
    """

    __slots__ = ("reads", "writes", "in_place", "thread")

    def __init__(self, reads: Iterable[Cell], writes: Iterable[Cell], in_place: bool) -> None:
        self.reads, self.writes = frozenset(reads), frozenset(writes)
        self.in_place = in_place
        self.thread = get_ident()

    def of_this_thread(self) -> Turn:
        """The same for a run of the thread that asks."""
        if self.thread == get_ident():
            return self
        return Turn(self.reads, self.writes, self.in_place)

    def keeps_out(self, other: Turn) -> bool:
        """Whether the other, who comes later, must wait for it to end."""
        return self.thread != other.thread and (
            not self.writes.isdisjoint(other.writes)
            or (self.in_place and not self.writes.isdisjoint(other.reads))
        )

    def comes_before(self, other: Turn) -> bool:
        """Whether the other, who comes later, must wait for it to begin."""
        return self.keeps_out(other) or (other.in_place and not other.writes.isdisjoint(self.reads))


class State:
    """The values that variables and random counters have in one session.

    A run reads them all at once and replaces them all at once, when it has succeeded. Runs that
    write the same variable take turns. Stored arrays are flagged read-only, so they can be lent; a
    run that updates one in place first makes sure that nobody else holds it.

    Attributes:
        values: what each cell holds.
        mutex: held only while values are looked up or replaced.
        changes: how often arrays were replaced by others.
        events: how often that happened, or arrays were lent to a reader.
    """

    def __init__(self) -> None:
        self.values: dict[Cell, Any] = {}
        self.mutex = threading.RLock()
        self.changes = self.events = 0
        self._changed = threading.Condition(self.mutex)
        self._active: list[Turn] = []
        self._queue: list[Turn] = []  # who waits, in the order of arrival
        self._beginnings: dict[Cell, threading.RLock] = {}

    # Turns

    def take(self, turn: Turn) -> None:
        """Waits until the turn may begin, and begins it; the mutex is held."""
        if self._active or self._queue:
            self._wait(turn)
        self._active.append(turn)

    def give(self, turn: Turn) -> None:
        """Ends a turn, if it began.

        This needs no mutex: who waits joins the queue before it looks at who is active, so it sees
        that this turn is over, or is seen here.
        """
        if turn in self._active:
            self._active.remove(turn)
        if self._queue:
            with self.mutex:
                self._changed.notify_all()

    def _wait(self, turn: Turn) -> None:
        # A run inside a run passes those that wait, for they may wait for the outer one.
        inside = any(held.thread == turn.thread for held in self._active.copy())
        self._queue.append(turn)
        try:
            while self._must_wait(turn, inside):
                self._changed.wait()
        finally:
            self._queue.remove(turn)
            if self._queue:
                self._changed.notify_all()

    def _must_wait(self, turn: Turn, inside: bool) -> bool:
        earlier = [] if inside else self._queue[: self._queue.index(turn)]
        return any(held.keeps_out(turn) for held in self._active.copy()) or any(
            waiting.comes_before(turn) for waiting in earlier
        )

    # Values

    def read(self, cells: Sequence[Cell]) -> list[Any]:
        """What cells hold, all at one moment."""
        with self.mutex:
            self.wait_to_read(cells)
            return self.lend(cells)

    def wait_to_read(self, cells: Sequence[Cell]) -> None:
        """Waits until nobody is at overwriting what cells hold; the mutex is held."""
        if self._active or self._queue:
            self._wait(Turn(cells, (), in_place=False))

    def lend(self, cells: Sequence[Cell]) -> list[Any]:
        """What cells hold; nothing is written into it while somebody has it. The mutex is held."""
        self.events += 1
        return [self.values[cell] for cell in cells]

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
        self.replace({cell: _kept(cell, value, foreign) for cell, value in zip(cells, values)})

    def replace(self, kept: dict[Cell, Any]) -> None:
        """Replaces the values of some cells by read-only arrays that nobody else has."""
        with self.mutex:
            self.changes += 1
            self.events += 1
            self.values.update(kept)  # one step, which no Ctrl-C divides

    def arrange(self, cells: Sequence[Cell]) -> None:
        """Brings what cells hold into the form that compiled code reads; the mutex is held."""
        for cell in cells:
            if not _is_plain(self.values[cell]):
                self.values[cell] = aligned(self.values[cell])

    def own(self, cells: Sequence[Cell]) -> None:
        """Makes sure that what cells hold may be overwritten: it is of our own making, and nobody
        else has it. The mutex is held.
        """
        values = self.values
        for cell in cells:
            if not _is_ours(values[cell]):
                values[cell] = aligned(values[cell])
        for cell, references in zip(cells, _references(values, cells)):
            if references > _OURS:
                values[cell] = aligned(values[cell])


def aligned(value: Any) -> Any:
    """A copy of an array, in C order and at the beginning of a cache line.

    Whoever holds some of it is counted, see `aligned_empty`.
    """
    value = np.asarray(value)
    copy = aligned_empty(value.shape, value.dtype)
    copy[...] = value
    return sealed(copy)


def _is_ours(value: Any) -> bool:
    return type(value) is np.ndarray and is_aligned_empty(value)


def _is_plain(value: Any) -> bool:
    return _is_ours(value) or (
        type(value) is np.ndarray
        and value.flags.num & PLAIN == PLAIN
        and (value.nbytes < LARGE or value.ctypes.data % CACHE_LINE == 0)
    )


def _references(values: dict[Cell, Any], cells: Iterable[Cell]) -> list[int]:
    return list(map(sys.getrefcount, map(values.__getitem__, cells)))


_ME: Any = object()
(_OURS,) = _references({_ME: np.empty(1)}, [_ME])  # of an array that only a dictionary holds


def _kept(cell: Cell, value: Any, foreign: Sequence[Any]) -> Any:
    """A value as it can be stored: of the cell's type, nobody else's array, and read-only."""
    if isinstance(cell, Operation):
        return value  # a counter
    spec = cell.spec
    if type(value) is not np.ndarray or value.dtype != spec.dtype:
        value = np.array(value, spec.dtype)
    elif (value.base is not None and is_view(value)) or is_one_of(value, foreign):
        value = value.copy()
    if value.shape != spec.shape:
        _check_shape(cell, value)
    value.setflags(False)  # read-only; `flags.writeable` would take four times as long
    return value


def sealed(value: Any) -> Any:
    """The value as an array that is flagged read-only."""
    value = np.asarray(value)
    value.setflags(False)
    return value


def _check_shape(cell: Tensor, value: Any) -> None:
    shape = cell.spec.shape
    if not compatible(value.shape, shape):
        raise ShapeError(
            f"variable {cell.op.name!r} has shape {show(shape)}, the new value {show(value.shape)}",
            hint="a variable keeps its shape, unless made with validate_shape=False",
        ).locate("Assign", [("variable", cell.describe())])
