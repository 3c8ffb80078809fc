"""Variables and random numbers in the bodies of branches and loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import ExecutionError


def counted(body: Any, times: Any = 3) -> Any:
    """A loop that runs `body(i)` so many times; gives the number of iterations."""

    def step(i: Any) -> Any:
        with ts.control_dependencies([body(i)]):
            return i + 1

    return ts.while_loop(lambda i: i < times, step, [0])


# State in bodies


def test_writes_in_branches() -> None:
    v, p = ts.Variable(1.0), ts.placeholder(ts.bool, [])
    y = ts.cond(p, lambda: v.assign(10.0), lambda: v.assign_sub(1.0))
    with ts.control_dependencies([y]):
        after = v + 0.0
    session = ts.Session()
    assert session.run([y, after, v], {p: False}) == [0, 0, 1]
    assert session.run([y, after, v], {p: True}) == [10, 10, 0]


def test_a_branch_returns_a_variable_as_it_was_before_the_branch_wrote_it() -> None:
    v, p = ts.Variable(2.0), ts.placeholder(ts.bool, [])
    both = ts.cond(p, lambda: (v.assign_add(1.0), v), lambda: (v, v))
    session = ts.Session()
    assert session.run(both, {p: True}) == (3, 2)
    assert session.run(both, {p: False}) == (3, 3)


def test_writes_in_loops_are_read_after_them() -> None:
    v = ts.Variable(1.0)
    loop = counted(lambda i: v.assign_add(2.0 * ts.cast(i, ts.float32)))
    with ts.control_dependencies([loop]):
        after = v + 0.0
    session = ts.Session()
    assert session.run([loop, after, v]) == [3, 7, 1]
    assert session.run(v) == 7


def test_a_loop_continues_from_the_last_write_and_others_from_the_loop() -> None:
    v = ts.Variable(0)
    first = v.assign(100)
    loop = counted(lambda i: v.assign_add(1), times=5)
    last = v.assign_add(1000)
    session = ts.Session()
    assert session.run([last, loop, first]) == [1105, 5, 100]
    assert session.run(v) == 1105


def test_nested_loops_write() -> None:
    v = ts.Variable(0)
    loop = counted(lambda i: counted(lambda j: v.assign_add(1), times=3), times=4)
    session = ts.Session()
    assert [session.run(loop), session.run(v)] == [4, 12]


def test_the_condition_sees_what_the_body_wrote() -> None:
    v = ts.Variable(0)

    def body(i: Any) -> Any:
        with ts.control_dependencies([v.assign_add(2)]):
            return i + 1

    loop = ts.while_loop(lambda i: v < 5, body, [0])
    session = ts.Session()
    assert [session.run(loop), session.run(v), session.run(loop)] == [3, 6, 0]


def test_a_write_in_the_condition_happens_once_more_than_the_body() -> None:
    v = ts.Variable(0)

    def condition(i: Any) -> Any:
        with ts.control_dependencies([v.assign_add(1)]):
            return v.read_value() < 5

    session = ts.Session()
    assert [session.run(ts.while_loop(condition, lambda i: i + 1, [0])), session.run(v)] == [4, 5]


def test_control_dependencies_across_bodies() -> None:
    v, p = ts.Variable(1.0), ts.placeholder(ts.bool, [])
    write = v.assign(5.0)

    def branch() -> Any:
        with ts.control_dependencies([write]):
            return v.read_value()

    y = ts.cond(p, branch, lambda: v * 1.0)
    session = ts.Session()
    assert session.run([y, v], {p: True}) == [5, 1]
    assert session.run(v) == 5


def test_control_dependencies_on_a_loop_variable_and_on_a_placeholder() -> None:
    x = ts.placeholder(ts.float32, [])
    with ts.control_dependencies([x]):
        y = counted(lambda i: i)
    assert ts.Session().run([y, ts.group(x)], {x: 0}) == [3, None]


def test_a_failure_in_a_body_changes_nothing() -> None:
    v, draw = ts.Variable(0.0), ts.random_uniform([], seed=1)

    def body(i: Any) -> Any:
        with ts.control_dependencies([v.assign_add(draw), ts.Assert(i < 2, [i])]):
            return ts.no_op()

    session = ts.Session()
    with pytest.raises(ExecutionError, match=r"assertion failed: \[2\]"):
        session.run(counted(body, times=4))
    assert session.run(v) == 0
    assert session.run(draw) == ts.Session().run(draw)


# Random numbers in bodies


def blocks(count: int, **options: Any) -> list[float]:
    """The numbers that one random operation with that seed draws one after the other."""
    with ts.Graph().as_default():
        draw = ts.random_uniform([], **options)
        session = ts.Session()
        return [float(session.run(draw)) for _ in range(count)]


def test_each_iteration_draws_the_next_block() -> None:
    drawn = ts.while_loop(
        lambda i, a: i < 4,
        lambda i, a: (i + 1, ts.concat([a, [ts.random_uniform([], seed=5)]], 0)),
        [0, ts.zeros([0])],
        shape_invariants=[ts.TensorShape([]), ts.TensorShape([None])],
    )[1]
    session = ts.Session()
    assert [*session.run(drawn), *session.run(drawn)] == blocks(8, seed=5)


def test_each_evaluation_of_a_condition_draws_the_next_block() -> None:
    loop = ts.while_loop(lambda i: ts.random_uniform([], seed=5) < 0.8, lambda i: i + 1, [0])
    session = ts.Session()
    found = [int(session.run(loop)) for _ in range(5)]
    numbers = iter(blocks(sum(found) + 5, seed=5))
    assert found == [next(k for k in range(100) if next(numbers) >= 0.8) for _ in range(5)]


def test_only_the_branch_that_runs_draws() -> None:
    p = ts.placeholder(ts.bool, [])
    y = ts.cond(p, lambda: ts.random_uniform([], seed=5), lambda: ts.constant(-1.0))
    session = ts.Session()
    first, second = blocks(2, seed=5)
    assert [session.run(y, {p: value}) for value in (True, False, False, True)] == [
        np.float32(first),
        -1,
        -1,
        np.float32(second),
    ]


def test_a_draw_captured_from_outside_is_one_number() -> None:
    draw = ts.random_uniform([], seed=5)
    total = ts.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a + draw), [0, 0.0])[1]
    number, found = ts.Session().run([draw, total])
    assert found == pytest.approx(3 * number)
