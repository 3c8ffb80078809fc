"""Updates in place while other threads read and write: nobody sees half of one, and all get on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.state import State, Turn
from tests.unit.compiler import NAME, Engine, pretended_engine
from tests.unit.test_in_place import counters
from tests.unit.test_threads import together

LONG = 20  # seconds after which a thread that still waits is taken to be stuck


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from pretended_engine(monkeypatch)


def in_thread(function: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Calls it in a thread; the list gets what it returns."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(function()), daemon=True)
    thread.start()
    return thread, found


def test_updates_in_place_from_many_threads_are_not_lost(engine: Engine) -> None:
    (v, w), step = counters(2, 10)
    n = ts.Variable(0)
    other = ts.group(step, n.assign_add(1))
    session = ts.Session(engine=NAME)

    def work() -> None:
        for i in range(50):
            session.run(step if i % 2 else other)

    together(*[work] * 6)
    assert {*session.run(v), *session.run(w)} == {300}
    assert session.run(n) == 150
    assert session.state._active == session.state._queue == []


def pausing(engine: Engine, place: int = 0) -> tuple[threading.Event, threading.Event]:
    """Makes an engine stop in the middle of writing: it tells so, and waits to be told to go on."""
    reached, go_on = threading.Event(), threading.Event()

    def pause() -> None:
        reached.set()
        assert go_on.wait(LONG)

    engine.made[place].after = pause
    return reached, go_on


def test_who_reads_waits_for_an_update_in_place_and_nobody_else_does(engine: Engine) -> None:
    (v, w), step = counters()
    free = ts.Variable(1.0)
    bump, both = free.assign_add(1.0), [v, w]
    session = ts.Session(engine=NAME)
    session.run(step)
    session.run(both)
    session.run(bump)
    reached, go_on = pausing(engine)
    writer, _ = in_thread(lambda: session.run(step))
    assert reached.wait(LONG)
    assert session.run(bump) == 3  # other variables are free
    reader, found = in_thread(lambda: session.run(both))
    reader.join(0.1)
    assert reader.is_alive()
    go_on.set()
    reader.join(LONG)
    writer.join(LONG)
    assert {*found[0][0], *found[0][1]} == {2}


def test_a_reader_keeps_what_it_has_while_others_update_in_place(engine: Engine) -> None:
    (v, w), step = counters()
    reached, go_on = threading.Event(), threading.Event()

    def wait(x: Any) -> Any:
        reached.set()
        assert go_on.wait(LONG)
        return x

    slow = ts.py_func(wait, [ts.constant(0.0)], ts.float32)
    slow.set_shape([])
    with ts.control_dependencies([slow]):
        late = ts.stack([v + 0.0, w + 0.0])
    session = ts.Session()
    for _ in range(3):
        session.run(step)
    reader, found = in_thread(lambda: session.run(late))
    assert reached.wait(LONG)
    for _ in range(3):
        session.run(step)
    go_on.set()
    reader.join(LONG)
    assert {*found[0].ravel()} == {3}
    assert {*session.run(v)} == {6}
    assert engine.runs == 4


def test_a_run_with_host_functions_sees_that_its_variables_were_updated_in_place(
    engine: Engine,
) -> None:
    (v,), step = counters(1, 3)
    session = ts.Session()
    for _ in range(3):
        session.run(step)
    calls: list[int] = []

    def inner() -> Any:
        calls.append(1)
        session.run(step)
        return np.float32(10)

    total = v.assign_add(ts.ones([3]) * ts.py_func(inner, [], ts.float32))
    np.testing.assert_array_equal(session.run(total), [14, 14, 14])
    np.testing.assert_array_equal(session.run(v), [14, 14, 14])
    assert len(calls) == 1


def test_readers_see_all_of_a_run_or_nothing_and_are_not_starved(engine: Engine) -> None:
    (v, w), step = counters(2, 50)
    session = ts.Session(engine=NAME)
    session.run(step)
    session.run([v, w])
    stop = threading.Event()
    torn: list[Any] = []

    def write() -> int:
        count = 0
        while not stop.is_set():
            session.run(step)
            count += 1
        return count

    def read(fetches: Any) -> None:
        for _ in range(100):
            left, right = session.run(fetches)
            if len({*left, *right}) > 1:
                torn.append((left, right))

    views = [v[:], ts.reshape(w, [-1])]
    writer, written = in_thread(write)
    together(lambda: read([v, w]), lambda: read(views))
    stop.set()
    writer.join(LONG)
    assert torn == []
    assert {*session.run(v)} == {written[0] + 1}


def test_turns_are_taken_in_the_order_of_arrival() -> None:
    state, order = State(), list[str]()
    a, b = ts.Variable(1.0), ts.Variable(2.0)
    first = Turn([a], [a], in_place=True)

    def run(name: str, reads: Any, writes: Any, in_place: bool) -> threading.Thread:
        def work() -> None:
            turn = Turn(reads, writes, in_place)
            with state.mutex:
                state.take(turn)
                order.append(name)
            state.give(turn)

        count = len(state._queue)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        for _ in range(1000):
            if len(state._queue) > count or not thread.is_alive():
                break
            threading.Event().wait(0.001)
        return thread

    with state.mutex:
        state.take(first)
    threads = [
        run("reads a", [a], [], False),
        run("writes both", [a, b], [a, b], False),
        run("writes b", [b], [b], False),  # could begin, but "writes both" was there before
        run("reads b", [b], [], False),  # sees what was there before: waits for nobody
        run("in b", [b], [b], True),
        run("reads b later", [b], [], False),  # waits for those in place only
    ]
    assert order == ["reads b"]
    state.give(first)
    for thread in threads:
        thread.join(LONG)
    order.remove("reads a")  # as soon as nobody overwrites it, beside those that replace it
    assert order[1:] == ["writes both", "writes b", "in b", "reads b later"]
    assert state._active == state._queue == []


def test_a_run_inside_a_run_does_not_wait_for_it() -> None:
    state = State()
    a = ts.Variable(1.0)
    state.begin(a, np.float32(1))
    outer, inner = Turn([a], [a], in_place=False), Turn([a], [a], in_place=True)
    with state.mutex:
        state.take(outer)
    waiting, _ = in_thread(lambda: state.read([a]) and wait_for_turn(state, a))
    waiting.join(0.05)
    with state.mutex:
        state.take(inner)  # though another thread was there before
    state.give(inner)
    state.give(outer)
    waiting.join(LONG)
    assert not waiting.is_alive()
    assert state._active == state._queue == []


def wait_for_turn(state: State, cell: Any) -> None:
    turn = Turn([cell], [cell], in_place=True)
    with state.mutex:
        state.take(turn)
    state.give(turn)
