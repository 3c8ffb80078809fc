"""How long a run that let Python's lock go waits for it at its end.

A thread that wants the lock asks for it after `sys.getswitchinterval()`, 5 ms unless somebody has
changed it: beside a busy Python thread (one that loads data, or draws a progress bar) every step
would take 5 ms longer. While such runs are under way, threads ask sooner.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

SOON = 5e-5  # seconds; a change of threads takes about a tenth of it


class _Patience:
    """The interval, shortened as long as anybody needs it."""

    def __init__(self) -> None:
        self._usual = sys.getswitchinterval()
        self._running = 0
        self._lock = threading.Lock()

    def forget(self) -> None:
        """In a forked process nothing is under way, and nobody will open the lock."""
        self._lock = threading.Lock()
        if self._running:
            self._restore()
        self._running = 0

    def __enter__(self) -> None:
        with self._lock:
            self._running += 1
            if self._running == 1:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(min(SOON, self._usual))

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0:
                self._restore()

    def _restore(self) -> None:
        if sys.getswitchinterval() <= SOON:  # else somebody has set it meanwhile, and may keep it
            sys.setswitchinterval(self._usual)


_short = _Patience()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_short.forget)


def impatient(run: Callable[[list[Any]], bool]) -> Callable[[list[Any]], bool]:
    """The same run, at whose end the lock is asked for soon."""

    def hurried(arrays: list[Any]) -> bool:
        with _short:
            return run(arrays)

    return hurried
