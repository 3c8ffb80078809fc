"""Updates in place: nobody sees an array change, and a run still commits or leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import GraphError
from tensorslow.state import aligned
from tests.unit.compiler import NAME, Engine, Pretended, pretended_engine

SIZE = 1000


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from pretended_engine(monkeypatch)


def counters(count: int = 2, size: int = SIZE) -> tuple[list[Any], Any]:
    """Variables of zeros, and an operation that adds 1 to all."""
    variables = [ts.Variable(np.zeros(size, np.float32), name=f"v{i}") for i in range(count)]
    return variables, ts.group(*[v.assign_add(np.ones(size, np.float32)) for v in variables])


def stored(session: Any, variable: Any) -> Any:
    return session.state.values[variable]


# Whose arrays these are


def test_a_loop_of_updates_stays_in_one_array(engine: Engine) -> None:
    (v, w), step = counters()
    session = ts.Session(engine=NAME)
    session.run(step)
    arrays = [stored(session, v), stored(session, w)]
    places = [array.ctypes.data for array in arrays]
    del arrays
    for _ in range(5):
        session.run(step)
    assert [stored(session, x).ctypes.data for x in (v, w)] == places
    assert all(place % 64 == 0 for place in places)
    assert (session.run(v)[0], session.run(w)[0]) == (6, 6)
    assert [stored(session, x).ctypes.data for x in (v, w)] == places
    session.run(step)  # reading them in between costs no copy either
    assert [stored(session, x).ctypes.data for x in (v, w)] == places


def test_what_was_fetched_stays_as_it_is(engine: Engine) -> None:
    (v, w), step = counters()
    grow = v.assign_add(np.ones(SIZE, np.float32))
    session = ts.Session()
    kept = []
    for _ in range(6):
        session.run(step)
        kept.append(session.run([v, v[:], ts.reshape(w, [10, -1]), grow, v.value()]))
    for i, (a, b, c, d, e) in enumerate(kept, 1):
        expected = 2 * i - 1
        assert {*a, *b, *e} == {expected}
        assert {*c.ravel()} == {i}
        assert {*d} == {expected + 1}
    assert engine.runs > 0


def test_the_users_arrays_stay_as_they_are(engine: Engine) -> None:
    initial, fed = np.zeros(SIZE, np.float32), np.full(SIZE, 5, np.float32)
    v, x = ts.Variable(initial), ts.placeholder(ts.float32, [SIZE])
    step, put = v.assign_add(np.ones(SIZE, np.float32)), v.assign(x)
    session = ts.Session(engine=NAME)
    for _ in range(2):
        session.run(step.op)
    session.run(put.op, {x: fed})
    for _ in range(2):
        session.run(step.op)
    assert {*initial} == {0}
    assert {*fed} == {5}
    assert {*session.run(v)} == {7}


@pytest.mark.parametrize("name", [NAME, "auto"])
def test_variables_that_took_their_value_from_another_are_apart(engine: Engine, name: str) -> None:
    v = ts.Variable(np.zeros(SIZE, np.float32))
    w = ts.Variable(v.initialized_value())
    step, follow = v.assign_add(np.ones(SIZE, np.float32)), w.assign(v)
    session = ts.Session(engine=name)
    session.run(ts.global_variables_initializer())
    for i in range(1, 8):
        session.run(step.op)
        assert ({*session.run(v)}, {*session.run(w)}) == ({i}, {i - 1})
        session.run(follow.op)
    assert engine.runs > 0


def test_somebody_who_holds_an_array_or_a_view_of_it_keeps_its_values(engine: Engine) -> None:
    (v,), step = counters(1)
    session = ts.Session(engine=NAME)
    session.run(step)
    for part in (lambda x: x, lambda x: x[10:], lambda x: x.reshape(10, -1).T, memoryview):
        (lent,) = session.state.read([v])
        held, before = part(lent), lent[0]
        del lent
        session.run(step)
        assert np.asarray(held).flat[0] == before
        assert session.run(v)[0] == before + 1
    (lent,) = session.state.read([v])
    with pytest.raises(ValueError, match="read-only"):
        lent[0] = 3


def test_arrays_that_begin_at_a_cache_line() -> None:
    for value in (np.arange(6.0).reshape(2, 3).T, np.float32(3), np.zeros((0, 3)), np.ones(100)):
        copy = aligned(value)
        np.testing.assert_array_equal(copy, value)
        assert (copy.shape, copy.dtype) == (np.shape(value), value.dtype)
        assert copy.ctypes.data % 64 == 0
        assert copy.flags.c_contiguous
        assert not copy.flags.writeable
        assert copy[...].base is copy  # or holding a view would not be holding it
        assert copy.reshape(-1)[:0].base is copy


def test_numpy_goes_on_from_what_was_updated_in_place(engine: Engine) -> None:
    v, n, draw = ts.Variable(0.5), ts.Variable(7), ts.random_uniform([], seed=3)
    step = ts.group(v.assign_add(draw), n.assign_add(1))
    session, plain = ts.Session(engine=NAME), ts.Session(engine="numpy")
    nodes = [v * 1.0, n % 3, draw, ts.cast(n, ts.float64) / 2.0]
    for _ in range(3):
        session.run(step)
        plain.run(step)
    assert all(type(x) is np.ndarray for x in session.state.values.values())
    session.engine.module = ""  # from now on it interprets
    for node in nodes:
        expected, found = plain.run(node), session.run(node)
        assert (found, type(found)) == (expected, type(expected))
    assert engine.runs == 3


# Commit or no trace


def test_a_run_that_is_stopped_before_it_writes_changes_nothing(engine: Engine) -> None:
    (v, w), step = counters()
    session = ts.Session(engine=NAME)
    session.run(step)

    def interrupt() -> None:
        raise KeyboardInterrupt

    engine.made[0].before = interrupt
    with pytest.raises(KeyboardInterrupt):
        session.run(step)
    assert (session.run(v)[0], session.run(w)[0]) == (1, 1)
    engine.made[0].before = lambda: None
    session.run(step)
    assert (session.run(v)[0], session.run(w)[0]) == (2, 2)


def test_ctrl_c_during_machine_code_finds_all_of_the_run_or_nothing(engine: Engine) -> None:
    """It is raised as soon as the call returns, before Python can do anything with the results."""
    (v, w), step = counters()
    n, other = ts.Variable(0), ts.Variable(np.zeros(3))
    steps = {
        "all in place": ts.group(step, n.assign_add(1)),
        "one replaced": ts.group(step, n.assign_add(1), other.assign(np.ones(3))),
    }
    for whole in steps.values():
        session = ts.Session(engine=NAME)
        session.run(whole)
        made = engine.made[-1]

        def interrupt() -> None:
            raise KeyboardInterrupt

        made.after = interrupt
        with pytest.raises(KeyboardInterrupt):
            session.run(whole)
        found = session.run([v, w, n])
        assert (found[0][0], found[1][0], found[2]) in ((1, 1, 1), (2, 2, 2))
        made.after = lambda: None
        session.run(whole)
        assert session.run(n) == found[2] + 1
        assert session.run(v)[0] == found[0][0] + 1


def test_a_failed_check_changes_nothing(engine: Engine) -> None:
    (v,), step = counters(1)
    x = ts.placeholder(ts.int32, [])
    y = ts.gather(v, x)
    session = ts.Session(engine=NAME)
    for i in range(3):
        assert session.run([y, step], {x: 0})[0] == i
        with pytest.raises(GraphError, match="Gather"):
            session.run([y, step], {x: SIZE})
    assert {*session.run(v)} == {3}


@pytest.mark.parametrize("chosen", ["first", "none", "all"])
def test_updates_may_be_in_place_or_not(engine: Engine, chosen: str) -> None:
    def in_place(made: Pretended) -> frozenset[int]:
        outputs = sorted(made.updates.values())
        return frozenset({"first": outputs[:1], "none": [], "all": outputs}[chosen])

    engine.in_place = in_place
    (v, w), step = counters()
    x = ts.placeholder(ts.float32, [])
    fetches = [ts.reduce_sum(v) * x, v, step]
    session, plain = ts.Session(), ts.Session(engine="numpy")
    for _ in range(6):
        found, expected = (s.run(fetches, {x: 2.0}) for s in (session, plain))
        assert found[0] == expected[0]
        np.testing.assert_array_equal(found[1], expected[1])
    assert engine.runs == 4
    assert {*session.run(w)} == {6}


def test_a_cell_that_is_only_overwritten_or_fed(engine: Engine) -> None:
    (v,), step = counters(1, 3)
    w = ts.Variable([1.0, 2.0, 3.0])
    put = w.assign([4.0, 5.0, 6.0])
    session = ts.Session(engine=NAME)
    for _ in range(3):
        session.run([put, step])
        session.run(step, {v: [10.0, 20.0, 30.0]})
    np.testing.assert_array_equal(session.run(v), [11, 21, 31])
    np.testing.assert_array_equal(session.run(w), [4, 5, 6])


def test_a_value_of_the_wrong_shape_is_refused_in_numpys_words(engine: Engine) -> None:
    v = ts.Variable(ts.placeholder_with_default([1.0, 2.0], [None]), name="v")
    x = ts.placeholder(ts.float32, name="x")
    put = v.assign(x)
    session, plain = ts.Session(engine=NAME), ts.Session(engine="numpy")
    messages = []
    for running in (session, plain):
        for value in ([3.0], [4.0, 5.0, 6.0]):
            np.testing.assert_array_equal(running.run(put, {x: value}), value)
        with pytest.raises(GraphError, match="has shape") as caught:
            running.run(put, {x: [[1.0]]})
        messages.append(str(caught.value))
        np.testing.assert_array_equal(running.run(v), [4, 5, 6])
    assert messages[0] == messages[1]
    assert engine.runs == 3
