"""Calls out to the user's Python functions, which a run makes once and cannot undo."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_of_thread = threading.local()


class HostCalls:
    """What the host functions of one run returned, so that a second attempt at it need not call
    them again.
    """

    def __init__(self) -> None:
        self._made: list[tuple[Callable[..., Any], Any]] = []
        self._waiting: dict[Callable[..., Any], deque[Any]] = {}

    def replay(self) -> None:
        """From now on, gives the recorded results again, in their order; new calls are made as
        usual.
        """
        self._waiting = defaultdict(deque)
        for function, result in self._made:
            self._waiting[function].append(result)
        self._made = []

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """The recorded result, or that of calling now."""
        waiting = self._waiting.get(function)
        result = waiting.popleft() if waiting else function(*arguments)
        self._made.append((function, result))
        return result


@contextmanager
def recorded(calls: HostCalls) -> Iterator[None]:
    """Inside, host calls of this thread go through `calls`."""
    outer = getattr(_of_thread, "calls", None)
    _of_thread.calls = calls
    try:
        yield
    finally:
        _of_thread.calls = outer


def require(x: Any, good: Any, complain: Callable[[Any], Any]) -> Any:
    """`x`, after a check: `complain(x)` raises unless `good` holds everywhere."""
    if not np.all(good):
        complain(x)
    return x


def host(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls the user's function, or gives what it returned in this run's first attempt."""
    calls = getattr(_of_thread, "calls", None)
    return function(*arguments) if calls is None else calls.call(function, arguments)
