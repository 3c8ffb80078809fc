"""The threads that run compiled programs: one pool a process.

Workers are threads of the C library. They run machine code only, never need Python's lock, and
sleep when there is nothing to do. The caller is the first thread of its run. A second caller that
finds the pool taken runs alone, so programs must give the same result on any number of threads.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from tensorslow.engines.llvm.runtime import pool_ir
from tensorslow.engines.llvm.runtime.quota import processors as quota_of_container
from tensorslow.engines.llvm.text.barrier import SYNC_BYTES, emit_barrier, emit_breathe

__all__ = ["Program", "caller", "emit_barrier", "emit_breathe", "run", "shared", "thread_count"]

MAX_THREADS = 64
_SPIN_SECONDS = 100e-6  # how long a worker looks for work before it sleeps; waking takes about 50
_POOL_BYTES = pool_ir.POOL_MAILBOXES + MAX_THREADS * pool_ir.MAILBOX_BYTES

Program = Callable[[int, int, int, int], None]

_ADDRESS = ctypes.c_void_p
_PROGRAM = ctypes.PYFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, _ADDRESS, _ADDRESS)


def run(address: int, table: int, threads: int, long: bool = False) -> None:
    """Runs a program, and returns when it is done.

    Args:
        address: of `void fn(i64 tid, i64 nt, ptr sync, ptr table)`.
        table: address that it gets.
        threads: how many shall run it.
        long: whether other Python threads may go on meanwhile. That is worth it from about 1 ms
            on: beside a busy Python thread it takes 5 ms until the caller is let back in.

    Raises:
        KeyboardInterrupt: or whatever else the handler of a signal raised while a program that
            calls `@breathe` was running. The program has then returned early.
    """
    shared().run(address, table, threads, long)


@functools.lru_cache(maxsize=4096)
def caller(address: int) -> Program:
    """A program as a Python function, for the shortest way to run it on one thread.

    Call it with 0, 1, `ALONE`, and the table's address. It holds Python's lock, runs in the
    caller's floating-point mode, and must not `@breathe`. `pointers.bind` is shorter still.
    """
    return _PROGRAM(address)


def _aligned(size: int) -> int:
    """Zeroed memory for the life of the process: workers may look at it to the very end."""
    buffer = ctypes.create_string_buffer(size + 128)
    _kept.append(buffer)
    return -(-ctypes.addressof(buffer) // 128) * 128


_kept: list[Any] = []
ALONE = _aligned(SYNC_BYTES)  # the sync block of whoever runs on one thread and holds Python's lock


class Pool:
    """Threads, and what it takes to give them work.

    Attributes:
        address: of its memory, as pool_ir.py lays it out; the same in a child.
        entry: address of the machine code that `run` calls.
    """

    def __init__(self) -> None:
        self._library = _runtime()
        self.entry = self._library.address("run")
        self._run = ctypes.PYFUNCTYPE(
            None, _ADDRESS, _ADDRESS, _ADDRESS, ctypes.c_int64, ctypes.c_int64
        )(self.entry)
        self._hire = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(self.hire)
        self.address = _aligned(_POOL_BYTES)
        self.reset()

    def reset(self) -> None:
        """Begins anew without workers, as in a child, which has none of its parent's threads."""
        ctypes.memset(self.address, 0, _POOL_BYTES)
        self._word(pool_ir.HIRED).value = 1
        self._word(pool_ir.HIRE).value = ctypes.cast(self._hire, _ADDRESS).value or 0
        self._workers: list[ctypes.c_void_p] = []  # the C library's handles
        self._hiring = threading.Lock()
        self.closed = False

    def run(self, address: int, table: int, threads: int, long: bool) -> None:
        """See the function of this name."""
        self._run(self.address, address, table, threads, long)

    def hire(self, threads: int) -> int:
        """Starts the workers that so many threads need, and says how many threads there are."""
        with self._hiring:
            hired = self._word(pool_ir.HIRED)
            while hired.value < min(threads, MAX_THREADS) and not self.closed:
                worker = self._start(hired.value)
                if worker is None:
                    break  # the system gives us no more
                self._workers.append(worker)
                hired.value += 1
            return min(threads, hired.value)

    def _word(self, offset: int) -> ctypes.c_int64:
        return ctypes.c_int64.from_address(self.address + offset)

    def close(self) -> None:
        """Sends the workers home, unless they are at work; from now on everybody runs alone."""
        with self._hiring:
            self.closed = True
            workers, self._workers = self._workers, []
            self._word(pool_ir.HIRED).value = 1
        post = ctypes.CFUNCTYPE(None, _ADDRESS, _ADDRESS, ctypes.c_int64, _ADDRESS, _ADDRESS)(
            self._library.address("post")
        )
        if self._word(pool_ir.BUSY).value:
            return  # a daemon thread is in the middle of a run: the process' end will stop it
        for place in range(len(workers)):
            post(self._mailbox(place + 1), None, 0, None, None)
        for worker in workers:
            _libc().pthread_join(worker, None)

    def _mailbox(self, tid: int) -> int:
        start = self.address + pool_ir.POOL_MAILBOXES
        return start + (tid - 1) * pool_ir.MAILBOX_BYTES

    def _start(self, tid: int) -> ctypes.c_void_p | None:
        """Starts the worker that is to be thread `tid`."""
        box = self._mailbox(tid)
        ctypes.c_int64.from_address(box + pool_ir.TID).value = tid
        ctypes.c_int64.from_address(box + pool_ir.SPINS).value = _spins()
        _libc().pthread_mutex_init(_ADDRESS(box + pool_ir.MUTEX), None)
        _libc().pthread_cond_init(_ADDRESS(box + pool_ir.CONDITION), None)
        handle = ctypes.c_void_p()
        # Signals are for Python's threads: a new thread inherits what is blocked.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            failed = _libc().pthread_create(
                ctypes.byref(handle), None, _ADDRESS(self._library.address("worker")), _ADDRESS(box)
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        return None if failed else handle


@functools.cache
def _runtime() -> Any:
    """The pool's machine code."""
    from tensorslow.engines.llvm.runtime import jit
    from tensorslow.engines.llvm.text import target

    exports = ["run", "worker", "post", "pauses"]
    return jit.compile_module(pool_ir.runtime(target.host()), target.host(), exports)


@functools.cache
def _libc() -> Any:
    return ctypes.CDLL(None)


@functools.cache
def _spins() -> int:
    """How many looks a worker takes before it sleeps: the processors' pauses differ much."""
    pauses = ctypes.CFUNCTYPE(None, ctypes.c_int64)(_runtime().address("pauses"))
    fastest = min(_timed(pauses, 1000) for _ in range(3))
    return int(1000 * _SPIN_SECONDS / fastest) + 1


def _timed(function: Callable[[int], None], count: int) -> float:
    start = time.perf_counter()
    function(count)
    return max(time.perf_counter() - start, 1e-9)


@functools.cache
def shared() -> Pool:
    """This process' pool."""
    pool = Pool()
    atexit.register(pool.close)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=pool.reset)
    return pool


@functools.cache
def thread_count() -> int:
    """How many threads to use: `TENSORSLOW_NUM_THREADS`, else the processors this process may use.

    Those are what its affinity and its container's quota leave it, at most 64.
    """
    chosen = os.environ.get("TENSORSLOW_NUM_THREADS", "").strip()
    if chosen.isdigit() and int(chosen) > 0:
        return min(int(chosen), MAX_THREADS)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = quota_of_container()
    if quota is not None:
        allowed = min(allowed or 1, max(1, round(quota)))
    return max(1, min(allowed or 1, MAX_THREADS))
