"""Branches and loops in machine code: as many iterations as there is room for, fewer, and more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.engines.llvm import compile as compiling
from tensorslow.engines.llvm.executable import ROWS, Growing, compile_plan
from tensorslow.engines.llvm.pieces import Pieces
from tests.engines.llvm.compiled import Question, assert_agree, owned
from tests.ops.laws import assert_all_near

COUNTS = [0, ROWS + 1]
MANY = [1, 2, ROWS - 1, ROWS, 2 * ROWS, 2 * ROWS + 1, 200, 1000]
COUNTED = [*COUNTS, *(pytest.param(n, marks=pytest.mark.slow) for n in MANY)]
NEAR = {"float64": 1e-9}  # the same formulas, but iterations let rounding grow


@pytest.fixture(autouse=True)
def several_threads(monkeypatch):
    """However little there is to do."""
    monkeypatch.setattr(compiling, "SHORT", -1.0)


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def loop(body: Callable[..., Any], *carried: Any, count: Any) -> Any:
    """What `body` makes of the values after so many iterations."""
    return ts.while_loop(
        lambda i, *_: i < count, lambda i, *values: (i + 1, *body(i, *values)), [0, *carried]
    )[1:]


def with_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """The results, and the gradient of their sum in the first argument."""

    def run(x, count):
        ys = function(x, count)
        return [*ys, *ts.gradients(ts.add_n([ts.reduce_sum(y) for y in ys]), [x])]

    return run


def nested(x, count):
    def body(i, v):
        (inner,) = loop(lambda _, u: [ts.sin(u + x)], v, count=i % 5)
        return [inner * 0.5]

    return loop(body, x, count=count)


def branching(x, count):
    def body(i, v):
        return [ts.cond(ts.equal(i % 3, 0), lambda: ts.sin(v) * 0.9, lambda: v * 0.5 + x)]

    return loop(body, x, count=count)


def by_rows(x, count):
    rows = ts.stack([x, x * 2, x - 1])
    return loop(lambda i, v: [ts.tanh(v) + ts.gather(rows, i % 3)], x * 0, count=count)


LOOPS: dict[str, Callable[..., Any]] = {
    "value": lambda x, n: loop(lambda i, v: [ts.sin(v) + 0.1 * v], x, count=n),
    "gradient": with_gradient(lambda x, n: loop(lambda i, v: [ts.sin(v) + 0.1 * x], x, count=n)),
    "stops early": lambda x, n: ts.while_loop(
        lambda i, v: ts.logical_and(i < n, ts.reduce_sum(ts.abs(v)) < 1e3),
        lambda i, v: (i + 1, v + ts.abs(v) * 0.1),
        [0, x],
    ),
    "swaps": lambda x, n: loop(lambda i, a, b: [b, a], x, x * 2, count=n),
    "rotates": with_gradient(
        lambda x, n: loop(lambda i, a, b, c: [b, c * 0.9, a], x, x * 2, x - 1, count=n)
    ),
    "transposes": lambda x, n: loop(
        lambda i, a: [ts.transpose(a)], ts.matmul(x, x, transpose_b=True), count=n
    ),
    "shifts": lambda x, n: loop(lambda i, a: [ts.concat([a[1:], a[:1]], 0)], x, count=n),
    "keeps one": lambda x, n: loop(lambda i, a, b: [a, b + a], x, x, count=n),
    "twice the same": lambda x, n: loop(lambda i, a, b: [b + 1, b + 1], x, x * 2, count=n),
    "a constant": lambda x, n: loop(lambda i, a: [ts.ones([5, 7], ts.float64)], x, count=n),
    "nested": with_gradient(nested),
    "branching": with_gradient(branching),
    "rows": with_gradient(by_rows),
}


@pytest.mark.parametrize("count", COUNTED)
def test_loops_of_unknown_length(count: int):
    asked = [Question.of(f, numbers(5, 7), np.int32(count)) for f in LOOPS.values()]
    assert_agree(asked, NEAR)


@pytest.mark.slow
def test_second_gradients_of_loops():
    def function(x, count):
        (y,) = loop(lambda i, v: [ts.tanh(v * ts.reduce_sum(x, 0))], x, count=count)
        (dx,) = ts.gradients(y, [x])
        return [y, dx, *ts.gradients(ts.reduce_sum(dx * dx), [x])]

    assert_agree([Question.of(function, numbers(5, 7), np.int32(n)) for n in (0, 1, 5)], NEAR)


@pytest.mark.parametrize("length", [1, 5, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reverse", [False, True])
def test_scans(length: int, reverse: bool):
    def function(xs, start):
        ys = ts.scan(lambda a, b: ts.sin(a) + b, xs, start, reverse=reverse)
        return [ys, *ts.gradients(ys, [xs, start])]

    assert_agree([Question.of(function, numbers(length, 3, 8), numbers(3, 8))], NEAR)


def test_both_branches():
    def function(x, chosen):
        y = ts.cond(chosen, lambda: ts.exp(x) * 2, lambda: ts.transpose(ts.transpose(x) - 1))
        return [y, ts.reduce_sum(y), *ts.gradients(y * y, [x])]

    assert_agree([Question.of(function, numbers(5, 7), np.bool_(b)) for b in (True, False)])


def test_room_is_made_for_more_iterations():
    function = with_gradient(lambda x, n: loop(lambda i, v: [ts.sin(v) + x], x, count=n))
    asked = Question.of(function, numbers(4), np.int32(0))
    executable = compile_plan(asked.plan, asked.specs)
    assert isinstance(executable, Growing)
    for count in (3, 100, 5, 33, 0):
        asked.arrays = (numbers(4), np.array(count, np.int32))
        assert_all_near(executable(list(asked.arrays)), asked.expected(), NEAR)


def test_a_loop_that_depends_on_a_failed_check_ends():
    """Out of range, an index is bounded: followed on and on, it might lead nowhere."""

    def function(following, first):
        return ts.while_loop(
            lambda at, n: ts.not_equal(at, 0),
            lambda at, n: (ts.gather(following, at), n + 1),
            [first, 0],
        )

    asked = Question.of(function, np.array([0, 0, 1, 2, 9], np.int32), np.int32(3))
    executable = compile_plan(asked.plan, asked.specs)
    assert_all_near(executable(owned(asked.arrays)), asked.expected())
    assert executable([asked.arrays[0], np.array(4, np.int32)]) is None
    assert_all_near(executable(owned(asked.arrays)), asked.expected())


def test_python_between_compiled_pieces():
    def function(x):
        y = ts.py_func(lambda a: np.sort(a, -1), [ts.exp(x)], ts.float64)
        y = ts.reshape(y, [4, 6]) * 2
        return [y, ts.reduce_sum(ts.tanh(y), 0)]

    asked = Question.of(function, numbers(4, 6))
    executable = compile_plan(asked.plan, asked.specs)
    assert isinstance(executable, Pieces)
    for seed in range(3):
        asked.arrays = (numbers(4, 6, seed=seed),)
        assert_all_near(executable(owned(asked.arrays)), asked.expected())


def test_shapes_that_only_the_run_knows():
    def function(x, rows):
        y = ts.reshape(ts.exp(x), ts.stack([rows, -1]))
        return [y, ts.reduce_sum(y, 0) + 1]

    asked = Question.of(function, numbers(4, 6), np.int32(3))
    executable = compile_plan(asked.plan, asked.specs)
    for rows in (3, 8, 3, 12):
        asked.arrays = (numbers(4, 6), np.array(rows, np.int32))
        assert_all_near(executable(owned(asked.arrays)), asked.expected())
