"""Compiled sessions among threads, processes and signals, as their users meet them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.engines.llvm.runtime import patience

SMALL = """
import os, signal, threading, time
import tensorslow as ts

v = ts.Variable([[1.0, 2.0], [3.0, 4.0]], name="v")
step = v.assign_sub(0.1 * ts.gradients(ts.reduce_sum(ts.square(v)), v)[0])
session = ts.Session(engine="llvm")
"""


def output(program: str) -> str:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", SMALL + program],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"TENSORSLOW_NUM_THREADS": "2"},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr


@pytest.mark.slow
def test_ctrl_c_ends_a_long_run_and_nothing_has_changed() -> None:
    program = """
def endless(i):
    with ts.control_dependencies([v]):
        return i + 1.0
end = ts.while_loop(lambda i: i >= 0.0, endless, [ts.reduce_sum(v)])
with ts.control_dependencies([end]):
    train = v.assign_add(ts.ones([2, 2]) * end)
session.run(step)
before = session.run(v).tolist()

def interrupt():
    time.sleep(2)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt).start()
start = time.perf_counter()
try:
    session.run(train)
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - start < 10)
print(session.run(v).tolist() == before, session.run(step).tolist() != before)
"""
    assert output(program) == "interrupted True\nTrue True\n"


def test_a_child_goes_on_where_its_parent_was() -> None:
    program = """
session.run(step)
read, write = os.pipe()
if os.fork() == 0:
    session.run(step)
    os.write(write, session.run(step).tobytes())
    os._exit(0)
own = [session.run(step) for _ in range(2)][1]
print(os.read(read, 100) == own.tobytes(), os.wait()[1])
"""
    assert output(program) == "True 0\n"


@pytest.mark.slow
def test_a_program_may_end_during_a_run() -> None:
    program = """
end = ts.while_loop(lambda i: i >= 0.0, lambda i: i + 1.0, [ts.reduce_sum(v)])
threading.Thread(target=session.run, args=[end], daemon=True).start()
time.sleep(1)
print("end")
"""
    assert output(program) == "end\n"


def layers(rows: int) -> tuple[ts.Graph, ts.Tensor, list[ts.Tensor]]:
    graph = ts.Graph()
    with graph.as_default():
        rng = np.random.default_rng(0)
        x = ts.placeholder(ts.float32, [rows, 256])
        y = x
        for size in (256, 256, 1):
            w = ts.Variable(rng.standard_normal((y.shape[1].value, size)) / 16, dtype=ts.float32)
            y = ts.tanh(ts.matmul(y, w))
        loss = ts.reduce_mean(ts.square(y - 0.5))
        train = ts.train.AdamOptimizer(1e-3).minimize(loss)
    return graph, x, [loss, train]


def test_sessions_in_several_threads_compute_what_one_does() -> None:
    """They share the pool: who finds it taken runs alone, with the same result."""
    graph, x, fetches = layers(64)
    fed = np.linspace(-1, 1, 64 * 256, dtype=np.float32).reshape(64, 256)

    def losses() -> list[float]:
        session = ts.Session(graph=graph, engine="llvm")
        return [session.run(fetches, {x: fed})[0] for _ in range(50)]

    expected = losses()
    found: list[list[float]] = []
    threads = [threading.Thread(target=lambda: found.append(losses())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4
    assert expected[-1] < expected[0] / 2


def test_long_steps_let_pythons_lock_go_and_want_it_back_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph, x, fetches = layers(1024)
    feed = {x: np.ones((1024, 256), np.float32)}
    with graph.as_default():
        short = ts.constant([1.0, 2.0]) + x[0, 0]
    set_by: list[float] = [0.005]
    monkeypatch.setattr(sys, "setswitchinterval", set_by.append)
    monkeypatch.setattr(sys, "getswitchinterval", lambda: set_by[-1])
    session = ts.Session(graph=graph, engine="llvm")
    session.run(short, feed)
    assert set_by == [0.005]
    session.run(fetches, feed)
    assert set_by[-2:] == [patience.SOON, 0.005]


def test_a_busy_python_thread_keeps_the_lock_no_longer_than_it_may() -> None:
    """Else every step would take the 5 ms longer after which Python's threads take turns."""
    done = False

    def busy() -> None:
        while not done:
            pass

    def run(arrays: list[object]) -> bool:
        time.sleep(0.001)  # without the lock, and without a processor
        return True

    def sorted_times(run: Callable[[list[object]], bool]) -> list[float]:
        times = []
        for _ in range(50):
            start = time.perf_counter()
            run([])
            times.append(time.perf_counter() - start)
        return sorted(times)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        # Some may be shorter, while `busy` waits for a processor, and some longer, while we do.
        assert sorted_times(run)[25] > sys.getswitchinterval()
        assert sorted_times(patience.impatient(run))[5] < sys.getswitchinterval() / 2
    finally:
        done = True
        thread.join()


@pytest.fixture
def interval() -> Callable[[], float]:
    return lambda: round(sys.getswitchinterval(), 9)


def test_the_interval_is_short_during_runs_and_then_as_before(
    interval: Callable[[], float],
) -> None:
    usual, seen = interval(), []

    def inner(arrays: list[object]) -> bool:
        seen.append(interval())
        return True

    def outer(arrays: list[object]) -> bool:
        assert patience.impatient(inner)(arrays)
        seen.append(interval())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        patience.impatient(outer)([])
    assert seen == [patience.SOON, patience.SOON]
    assert interval() == usual


def test_an_interval_that_the_user_sets_during_a_run_stays(interval: Callable[[], float]) -> None:
    usual = interval()

    def run(arrays: list[object]) -> bool:
        sys.setswitchinterval(0.02)
        return True

    try:
        patience.impatient(run)([])
        assert interval() == 0.02
    finally:
        sys.setswitchinterval(usual)
