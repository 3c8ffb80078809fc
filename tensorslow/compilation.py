"""Compilations: each done once, in the background or by whoever needs the result first."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

PATIENCE = 10  # seconds that the end of the program waits for a compilation at most


class Compilation:
    """A function without arguments, called once; its result or its error is kept."""

    def __init__(self, compile: Callable[[], Any]) -> None:
        self._compile: Callable[[], Any] | None = compile
        self._result: Any = None
        self._error: Exception | None = None
        self._lock, self._process = threading.Lock(), os.getpid()

    def result(self) -> Any:
        """What the function returned: waits for the thread that is at it, or calls it now.

        Raises:
            Exception: what the function raised.
        """
        if self._compile is not None:
            if self._process != os.getpid():  # a fork, whose parent's threads are not here
                self._lock, self._process = threading.Lock(), os.getpid()
            with self._lock:
                if self._compile is not None:
                    self._call(self._compile)
        if self._error is not None:
            raise self._error
        return self._result

    def _call(self, compile: Callable[[], Any]) -> None:
        try:
            self._result = compile()
        except Exception as error:  # Ctrl-C leaves all as it was: the next one begins again
            self._error = error
        self._compile = None

    def begin(self) -> None:
        """Has it done in the background, where there are threads."""
        _background.add(self)

    def cancel(self) -> None:
        """Takes it out of the queue, if nobody began it."""
        _background.remove(self)


class Background:
    """A thread that works through a queue, and ends with it."""

    def __init__(self) -> None:
        self._queue: deque[Compilation] = deque()
        self._thread: threading.Thread | None = None
        self._paused = False
        self._guard = threading.Lock()  # of all three

    def add(self, compilation: Compilation) -> None:
        """Appends to the queue, and starts the thread if there is none."""
        with self._guard:
            self._queue.append(compilation)
            self._start()

    def remove(self, compilation: Compilation) -> None:
        """Takes out what was not begun."""
        with self._guard:
            if compilation in self._queue:
                self._queue.remove(compilation)

    def _start(self) -> None:
        if self._thread is None and self._queue and not self._paused:
            thread = threading.Thread(target=self._work, name="compilation", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # there are no threads here: who needs the result first compiles
                self._queue.clear()
            else:
                self._thread = thread

    def _work(self) -> None:
        while True:
            with self._guard:
                if self._paused or not self._queue:
                    self._thread = None
                    return
                compilation = self._queue.popleft()
            with contextlib.suppress(BaseException):  # an error is kept for who asks
                compilation.result()
            del compilation

    def pause(self, patience: float | None = None) -> None:
        """Lets what was begun come to its end, and begins nothing more."""
        with self._guard:
            self._paused = True
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(patience)

    def go_on(self) -> None:
        """Takes up the queue again."""
        with self._guard:
            self._paused = False
            self._start()

    def forget(self) -> None:
        """What a child process does, which has no thread: who needs a result there compiles."""
        self.__init__()  # type: ignore[misc]


_background = Background()
# Compiled code must not outlive the compiler, nor be half made when the program ends.
atexit.register(_background.pause, PATIENCE)
if hasattr(os, "register_at_fork"):
    # A fork copies locks as they are, the compiler's too, but not the threads that hold them.
    os.register_at_fork(
        before=_background.pause,
        after_in_parent=_background.go_on,
        after_in_child=_background.forget,
    )
