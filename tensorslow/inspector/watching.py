"""Watching a program: its runs are noted as they are made, so that each can be made again later.

`Session.run` is replaced while the program runs. That is done from here, and only for `tensorslow
inspect`, so that other programs do not pay for a question at every run.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorslow import nest, origin
from tensorslow.errors import GraphError
from tensorslow.graph import Graph
from tensorslow.inspector.building import document_of_graph
from tensorslow.inspector.document import Document
from tensorslow.inspector.inspection import inspect_run
from tensorslow.plan import Cell
from tensorslow.session import Session

LAST = 8  # runs that are kept whatever they fetch
KINDS = 24  # kinds of runs of which the last is kept


@dataclass
class WatchedRun:
    """A run as it was made.

    Attributes:
        number: counted from 1.
        graph, fetches, feeds: what was run.
        state: what variables and counters held before.
        label: the fetches, and the line that asked for them.
        kind: equal for runs of the same session with the same fetches.
        error: what the program was told, if the run failed.
    """

    number: int
    graph: Graph
    fetches: Any
    feeds: dict[Any, Any]
    state: dict[Cell, Any]
    label: str
    kind: Any
    error: str | None = None

    def document(self, title: str) -> Document:
        """Makes the run again, step by step, in a session of its own; of a run that could not
        begin there is the graph.
        """
        session = Session(graph=self.graph)
        session.state.replace(dict(self.state))
        try:
            return inspect_run(self.fetches, self.feeds, session, title=title).document
        except (GraphError, TypeError) as error:
            return document_of_graph(self.graph, title, self.error or str(error))


@dataclass
class Watch:
    """The runs of a program: the last ones, the last of each kind, and the one that was asked for.

    Attributes:
        wanted: the number of a run to keep, if any.
        count: how many runs there were.
        runs: those that were kept, by number.
        status: what the program's process would have ended with; 0 where all went well.
    """

    wanted: int | None = None
    count: int = 0
    runs: dict[int, WatchedRun] = field(default_factory=dict)
    status: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def noting(
        self, session: Session, fetches: Any, feed_dict: Mapping[Any, Any] | None
    ) -> Iterator[None]:
        """Keeps what a run begins with; the run is made inside."""
        run = self.note(session, fetches, feed_dict)
        try:
            yield
        except Exception as error:
            run.error = str(error)
            raise

    def note(
        self, session: Session, fetches: Any, feed_dict: Mapping[Any, Any] | None
    ) -> WatchedRun:
        """Keeps what a run begins with."""
        state = session.state
        cells = list(state.values)
        with self._lock:
            self.count += 1
            run = WatchedRun(
                self.count,
                session.graph,
                fetches,
                {key: _own(value) for key, value in dict(feed_dict or {}).items()},
                dict(zip(cells, state.read(cells))),
                _label(fetches),
                (id(session), _names(fetches)),
            )
            self.runs[run.number] = run
            self._forget()
        return run

    def _forget(self) -> None:
        newest: dict[Any, int] = {run.kind: number for number, run in self.runs.items()}
        kept = {*sorted(self.runs)[-LAST:], *sorted(newest.values())[-KINDS:], self.wanted}
        for number in [number for number in self.runs if number not in kept]:
            del self.runs[number]

    @property
    def shown(self) -> int | None:
        """The run to show first: the one that was asked for, else the last one."""
        if self.wanted in self.runs:
            return self.wanted
        return max(self.runs, default=None)


@contextmanager
def watching(wanted: int | None = None) -> Iterator[Watch]:
    """Inside, every `Session.run`, and every call of a callable, is noted before it is made."""
    watch = Watch(wanted)
    plain, plain_callable = Session.run, Session.make_callable

    def run(
        self: Session,
        fetches: Any,
        feed_dict: Any = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        if feed_dict is not None and not hasattr(feed_dict, "keys"):  # the run says what is wrong
            return plain(self, fetches, feed_dict, options, run_metadata)
        with watch.noting(self, fetches, feed_dict):
            return plain(self, fetches, feed_dict, options, run_metadata)

    def make_callable(
        self: Session, fetches: Any, feed_list: Any = None, accept_options: bool = False
    ) -> Any:
        call = plain_callable(self, fetches, feed_list, accept_options)
        fed = list(feed_list or ())

        def call_with(*values: Any) -> Any:
            if len(values) != len(fed):  # the call says what is wrong
                return call(*values)
            with watch.noting(self, fetches, dict(zip(fed, values))):
                return call(*values)

        return call_with

    Session.run, Session.make_callable = run, make_callable  # type: ignore[method-assign]
    try:
        yield watch
    finally:
        Session.run, Session.make_callable = plain, plain_callable  # type: ignore[method-assign]


def _own(value: Any) -> Any:
    """A copy of what the program may write into later."""
    return value.copy() if isinstance(value, np.ndarray) else value


def _names(fetches: Any) -> str:
    leaves = nest.flatten(fetches)
    names = [str(getattr(leaf, "name", leaf)) for leaf in leaves]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _label(fetches: Any) -> str:
    line = origin.here()
    return f"{_names(fetches)}, from {str(line).partition(': ')[0]}"
