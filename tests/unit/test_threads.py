"""Several threads on one session: no update is lost, and no two wait for each other."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import ExecutionError

LONG = 20  # seconds after which a thread that still waits is taken to be stuck


def together(*functions: Callable[[], Any]) -> list[Any]:
    """Calls all at once, each in a thread of its own; what they return, or the first error."""
    results: list[Any] = [None] * len(functions)
    errors: list[BaseException] = []

    def call(place: int, function: Callable[[], Any]) -> None:
        try:
            results[place] = function()
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=call, args=pair, daemon=True) for pair in enumerate(functions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert not any(thread.is_alive() for thread in threads), "a thread is stuck"
    if errors:
        raise errors[0]
    return results


def test_a_counter_ends_exactly_at_the_number_of_runs() -> None:
    v, w = ts.Variable(0), ts.Variable(0)
    both = ts.group(v.assign_add(1), w.assign_sub(v + 1))
    session = ts.Session()

    def work() -> None:
        for _ in range(100):
            session.run(both)

    together(*[work] * 8)
    # w fell by 1 + 2 + … + 800: each run saw what the one before had left.
    assert session.run([v, w]) == [800, -800 * 801 // 2]


def test_updates_with_host_functions_are_not_lost_and_each_function_is_called_once() -> None:
    v = ts.Variable(0.0)
    calls: list[float] = []
    one = ts.py_func(lambda x: calls.append(float(x)) or np.float32(1), [v], ts.float32)
    step = v.assign_add(one)
    session = ts.Session()
    together(*[lambda: [session.run(step) for _ in range(25)]] * 8)
    assert session.run(v) == len(calls) == 200


def test_a_run_sees_all_of_another_run_or_nothing() -> None:
    a, b = ts.Variable(np.zeros(50)), ts.Variable(np.zeros(50))
    step = ts.group(a.assign_add(np.ones(50)), b.assign_add(np.ones(50)))
    session = ts.Session()
    torn: list[Any] = []

    def write() -> None:
        for _ in range(200):
            session.run(step)

    def read() -> None:
        for _ in range(200):
            left, right = session.run([a, b])
            if not np.array_equal(left, right) or len(set(left)) > 1:
                torn.append((left, right))

    together(write, write, read, read)
    assert torn == []
    assert session.run(a)[0] == 400


def test_every_run_draws_its_own_numbers() -> None:
    draw = ts.random_uniform([], seed=1, dtype=ts.float64)
    session = ts.Session()
    found = together(*[lambda: [session.run(draw) for _ in range(50)]] * 4)
    assert len({number for numbers in found for number in numbers}) == 200


def test_an_initial_value_is_computed_once() -> None:
    calls: list[int] = []
    v = ts.Variable(ts.py_func(lambda: calls.append(1) or np.float32(5), [], ts.float32))
    session = ts.Session()
    assert together(*[lambda: session.run(v)] * 8) == [5] * 8
    assert len(calls) == 1


def test_runs_that_begin_each_others_variables() -> None:
    started = threading.Barrier(2)

    def begin() -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            started.wait(0.2)  # so that both runs are at it, each with what the other needs next
        return np.float32(1)

    v, w = (ts.Variable(ts.py_func(begin, [], ts.float32), validate_shape=False) for _ in range(2))
    session = ts.Session()
    steps = v.assign_add(w), w.assign_add(v)
    together(*[lambda step=step: session.run(step) for step in steps])
    # Each reads what only the other writes, so they may also run side by side.
    assert sorted(session.run([v, w])) in ([2, 3], [2, 2])


def test_a_host_function_that_waits_for_another_run() -> None:
    items: queue.Queue[float] = queue.Queue()
    calls: list[int] = []

    def take() -> Any:
        calls.append(1)
        return np.float32(items.get(timeout=LONG / 2))

    v, x = ts.Variable(1.0), ts.placeholder(ts.float32, [])
    consume = v.assign_add(ts.py_func(take, [], ts.float32))
    produce = ts.py_func(lambda x: items.put(x) or x, [v.assign_add(x)], ts.float32)
    session = ts.Session()
    session.run(v)
    consumed, produced = together(
        lambda: session.run(consume), lambda: session.run(produce, {x: 10})
    )
    assert produced == 11
    assert consumed in (12, 22)  # 11 more than before the other run's commit, or after it
    assert session.run(v) == 22
    assert len(calls) == 1


def test_a_function_in_a_loop_is_not_called_again_when_its_run_is_repeated() -> None:
    v = ts.Variable(0)
    calls: list[int] = []
    session = ts.Session()
    bump = v.assign_add(100)

    def note(i: Any) -> Any:
        calls.append(int(i))
        if i == 2:
            session.run(bump)  # another run changes v, so this one is repeated
        return np.int32(10 * i)

    def step(i: Any) -> Any:
        with ts.control_dependencies([v.assign_add(ts.py_func(note, [i], ts.int32))]):
            return i + 1

    loop = ts.while_loop(lambda i: i < 4, step, [0])
    assert session.run(loop) == 4
    assert session.run(v) == 160
    assert calls == [0, 1, 2, 3]


def test_functions_of_an_inner_run_are_not_mistaken_for_the_outer_ones() -> None:
    v = ts.Variable(0.0)
    session = ts.Session()
    numbers = iter(range(1, 10))

    def inner() -> Any:
        session.run(number)  # 1, which is no result of the outer run
        session.run(bump)  # for which the outer run is repeated
        return np.float32(0)

    first = ts.py_func(inner, [], ts.float32)
    number = ts.py_func(lambda: np.float32(next(numbers)), [], ts.float32)
    bump = v.assign_add(100.0)
    assert session.run(v.assign_add(first + number)) == 102


def test_an_error_in_one_thread_leaves_the_others_alone() -> None:
    v, x = ts.Variable(0.0), ts.placeholder(ts.float32, [])
    with ts.control_dependencies([ts.Assert(x > 0.0, [x])]):
        step = v.assign_add(x)
    session = ts.Session()

    def work(value: float) -> int:
        failed = 0
        for _ in range(50):
            try:
                session.run(step, {x: value})
            except ExecutionError:
                failed += 1
        return failed

    assert together(lambda: work(1), lambda: work(-1), lambda: work(2)) == [0, 50, 0]
    assert session.run(v) == 150


def test_graphs_are_built_while_others_run() -> None:
    v = ts.Variable(0.0)
    step = v.assign_add(1.0)
    graph, session = ts.get_default_graph(), ts.Session()

    def build() -> Any:
        with graph.as_default():
            nodes = [v * float(i) for i in range(100)]
        assert len({node.name for node in nodes}) == 100
        return session.run([node - node for node in nodes])

    found = together(lambda: [session.run(step) for _ in range(100)], build, build)
    assert found[1] == found[2] == [0] * 100
    assert session.run(v) == 100
    names = [op.name for op in graph.get_operations()]
    assert len(set(names)) == len(names)


def test_default_session_is_each_threads_own() -> None:
    with ts.Session() as session:
        x = ts.constant(1.0)
        assert together(ts.get_default_session, lambda: session.run(x)) == [None, 1]
        with pytest.raises(ValueError, match="there is no default session"):
            together(x.eval)
