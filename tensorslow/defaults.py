"""The default graph and the default session, which each thread has for itself."""

from __future__ import annotations

import threading
from typing import Any

from tensorslow.errors import GraphError

_of_thread = threading.local()
# The graph of every thread that has chosen none. `graph.py` puts the first one here.
_of_process: list[Any] = []


def graph_stack() -> list[Any]:
    """The graphs that this thread has made its default, the innermost last."""
    if not hasattr(_of_thread, "graphs"):
        _of_thread.graphs = []
    return _of_thread.graphs


def get_default_graph() -> Any:
    """The graph that new nodes go into. TensorFlow: tf.get_default_graph."""
    stack = graph_stack()
    return stack[-1] if stack else _of_process[0]


def begin_default_graph(graph: Any) -> None:
    """Forgets this thread's default graphs and makes `graph` that of the process."""
    graph_stack().clear()
    _of_process[:] = [graph]


def session_stack() -> list[Any]:
    """The sessions that this thread has made its default, the innermost last."""
    if not hasattr(_of_thread, "sessions"):
        _of_thread.sessions = []
    return _of_thread.sessions


def default_session() -> Any:
    """The default session.

    Raises:
        GraphError: there is none.
    """
    if not session_stack():
        raise GraphError(
            "there is no default session", hint="use `with Session():`, or pass session="
        )
    return session_stack()[-1]
