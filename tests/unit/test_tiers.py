"""Tiers: which engine makes a run is a matter of counting, and no time decides it."""

from __future__ import annotations

import sys
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow import session, tiers
from tests.unit.compiler import NAME, Engine, ones, pretended_engine, product, settled


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from pretended_engine(monkeypatch)


# Which engine


def test_engines_are_named(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = product()
    for name, compiled in [("numpy", 0), (NAME, 1), ("auto", 0), (None, 0)]:
        made = len(engine.made)
        assert ts.Session(engine=name).run(y, {x: ones(2)}) == 4
        assert len(engine.made) - made == compiled
    monkeypatch.setenv("TENSORSLOW_ENGINE", NAME)
    assert ts.Session().run(y, {x: ones(2)}) == 4
    assert len(engine.made) == 2
    assert ts.Session(engine="numpy").run(y, {x: ones(2)}) == 4
    assert len(engine.made) == 2
    monkeypatch.setenv("TENSORSLOW_ENGINE", "abacus")
    with pytest.raises(
        ValueError, match=f"there is no engine 'abacus'; there is auto, numpy, {NAME}"
    ):
        ts.Session()


def test_without_an_engine_that_compiles_numpy_runs_everything(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(tiers.ENGINES, NAME)
    x, y = product()
    with ts.Session() as session:
        assert [session.run(y, {x: ones(2)}) for _ in range(20)] == [4] * 20
    with pytest.raises(ValueError, match="there is auto, numpy"):
        ts.Session(engine=NAME)


# Counting


def test_the_third_run_of_a_tiny_plan_is_compiled(engine: Engine) -> None:
    x, y = product()
    session = ts.Session()
    made, runs = [], []
    for _ in range(5):
        assert session.run(y, {x: ones(2)}) == 4
        settled()
        made.append(len(engine.made))
        runs.append(engine.runs)
    assert made == [0, 1, 1, 1, 1]
    assert runs == [0, 0, 1, 2, 3]
    assert engine.threads == ["compilation"]


def test_an_engine_that_was_asked_for_compiles_at_once(engine: Engine) -> None:
    x, y = product()
    session = ts.Session(engine=NAME)
    for run in range(1, 4):
        assert session.run(y, {x: ones(2)}) == 4
        assert (len(engine.made), engine.runs) == (1, run)
    assert engine.threads == ["MainThread"]


def test_larger_plans_change_later_and_none_after_the_sixteenth_run(engine: Engine) -> None:
    for steps, expected in [(1, 3), (63, 3), (64, 4), (200, 6), (832, 16), (2000, 16)]:
        x = y = ts.placeholder(ts.float32, [])
        for _ in range(steps):
            y = ts.negative(y)
        session, before, run = ts.Session(), engine.runs, 0
        while engine.runs == before:
            run += 1
            session.run(y, {x: 1.0})
        assert run == expected, steps


def test_steps_of_bodies_count(engine: Engine) -> None:
    def body(i: Any) -> Any:
        for _ in range(100):
            i = i + 1
        return i

    loop = ts.while_loop(lambda i: i < 200, body, [0])
    call = ts.Session()._call(loop, ())
    assert tiers.steps_in(call.plan) >= 102
    assert tiers.switch_after(call.plan) == 4


def test_a_run_waits_for_its_compilation(engine: Engine) -> None:
    x, y = product()
    session = ts.Session()
    engine.gate.clear()
    for _ in range(2):
        session.run(y, {x: ones(2)})
    assert engine.begun.wait(20)
    timer = threading.Timer(0.1, engine.gate.set)
    timer.start()
    assert session.run(y, {x: ones(2)}) == 4
    assert engine.runs == 1
    timer.join()


def test_who_needs_a_compilation_does_not_wait_for_those_before_it(engine: Engine) -> None:
    x, y = product()
    w = y + 1.0
    session = ts.Session()
    engine.gate.clear()
    for _ in range(2):
        session.run(y, {x: ones(2)})
    assert engine.begun.wait(20)
    for _ in range(2):
        session.run(w, {x: ones(2)})
    real = sys.modules[NAME].compile_plan
    sys.modules[NAME].compile_plan = lambda *arguments: engine.gate.set() or real(*arguments)  # type: ignore[attr-defined]
    assert session.run(w, {x: ones(2)}) == 5
    assert "MainThread" in engine.threads


def test_shapes_and_types_are_counted_apart(engine: Engine) -> None:
    x = ts.placeholder(name="x")
    y = ts.reduce_sum(x * x)
    session = ts.Session()
    feeds = [ones(2), ones(3), np.ones((2, 2)), np.ones((2, 2), np.int32), np.float32(1)]
    for expected in [[], [0] * 5, [1] * 5, [2] * 5]:
        for value in feeds:
            found = session.run(y, {x: value})
            assert found == value.size
            assert found.dtype == value.dtype
        settled()
        assert [made.runs for made in engine.made] == expected


def test_what_is_fed_may_have_any_form(engine: Engine) -> None:
    x = ts.placeholder(ts.float32, [None, 2])
    y = ts.concat([x, x * 2.0], 1)
    session = ts.Session()
    array = np.array([[1, 2], [3, 4]], np.float32)
    record = np.zeros(2, np.dtype([("pad", "i1"), ("x", np.float32, 2)]))
    record["x"] = array
    for _ in range(3):
        for value in (
            array, array.tolist(), np.asfortranarray(array), array[::-1][::-1], array.astype(">f4"),
            np.repeat(array, 2, 1)[:, ::2], array.astype(np.float64), np.array(array)[:, :],
            record["x"], array.astype(np.int8), [array[0], (3, 4)],
        ):  # fmt: skip
            found = session.run(y, {x: value})
            np.testing.assert_array_equal(found, [[1, 2, 2, 4], [3, 4, 6, 8]])
    assert len(engine.made) == 1
    assert engine.runs == 31
    z = ts.placeholder()
    assert ts.Session().run(z * 2, {z: np.array([1, 2], ">f8")}).dtype == np.float64


def test_callables_and_nested_fetches_count_with_the_others(engine: Engine) -> None:
    x, y = product()
    session = ts.Session()
    call = session.make_callable([y], [x])
    assert session.run([y], {x: ones(2)}) == [4]
    assert call(ones(2)) == [4]
    assert session.run({"y": y}, {x: ones(2)}) == {"y": 4}
    assert engine.runs == 1
    twice = session.make_callable(y, [x])
    with pytest.raises(TypeError, match="takes 1 values, not 0"):
        twice()


def test_variables_of_unknown_shape_are_part_of_a_specialisation(engine: Engine) -> None:
    v = ts.Variable([1.0], validate_shape=False)
    x = ts.placeholder(ts.float32)
    session, twice = ts.Session(), v * 2.0
    put = ts.assign(v, x)
    for shape in [(1,), (2,), (2, 2), (2,)]:
        session.run(put, {x: np.ones(shape)})
        for _ in range(5):
            np.testing.assert_array_equal(session.run(twice), np.full(shape, 2.0))
    reads = [made for made in engine.made if made.plan.steps[0].op.type == "Mul"]
    assert [made.runs for made in reads] == [3, 8, 3]


def test_plans_without_steps_and_texts_are_not_compiled(engine: Engine) -> None:
    v, text = ts.Variable(1.0), ts.placeholder(ts.string, [])
    session = ts.Session()
    for _ in range(5):
        assert session.run(v) == 1
        assert session.run([text, v * 2.0], {text: "a"}) == ["a", 2]
    assert engine.made == []


# Not without end


def test_a_signature_that_keeps_changing_is_compiled_ever_more_rarely(engine: Engine) -> None:
    x, y = product()
    session = ts.Session()
    lengths = range(1, 101)
    for length in lengths:
        for _ in range(3):
            assert session.run(y, {x: ones(length)}) == 2 * length
    settled()
    assert len(engine.made) == tiers.FREE
    for _ in range(8):  # they come again: 4 runs are needed now, then 8, then 16
        for length in lengths:
            assert session.run(y, {x: ones(length)}) == 2 * length
        settled()
    assert len(engine.made) == tiers.FREE + 2


@pytest.mark.slow
def test_two_thousand_signatures_leave_the_memory_flat(engine: Engine) -> None:
    x, y = product()
    session = ts.Session()

    def work(first: int, count: int) -> None:
        for length in range(first, first + count):
            for _ in range(3):
                session.run(y, {x: ones(length % 3000 + 1)})
        settled()

    engine.made = Forgetful()  # type: ignore[assignment]
    tracemalloc.start()
    try:
        work(0, 2100)
        before = tracemalloc.get_traced_memory()[0]
        work(2100, 2000)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 20_000
    (call,) = {*session._calls.values()}
    assert len(call._specialisations._found) == tiers.COUNTED


class Forgetful(list[Any]):
    """A list of the last few."""

    def append(self, value: Any) -> None:
        self[:] = [value]


def test_what_was_not_used_lately_is_given_up(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "COMPILED", 3)
    x, y = product()
    session = ts.Session(engine=NAME)

    def compiled(*lengths: int) -> int:
        before = len(engine.made)
        for length in lengths:
            assert session.run(y, {x: ones(length)}) == 2 * length
        return len(engine.made) - before

    assert compiled(1, 2, 3, 1, 2, 3) == 3
    assert compiled(4) == 1
    assert len(session.engine._compiled) == 3
    assert compiled(2, 3, 4) == 0  # 1 had to go
    assert compiled(1) == 1
    assert len(session.engine._compiled) == 3


def test_calls_that_were_not_used_lately_are_forgotten(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CALLS", 6)
    x, y = product()
    running = ts.Session()
    for i in range(50):
        running.run(y, {x: ones(2)})
        assert running.run(y + float(i), {x: ones(2)}) == 4 + i
        assert len(running._calls) <= 6
    assert engine.made[0].runs == 48  # the one that was used all the time was kept
    assert len(engine.made) == 1
