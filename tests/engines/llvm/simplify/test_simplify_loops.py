"""What simplified loops count, read, keep and add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm.programs.program import NeedsRows, Program
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.numpy import compile_plan
from tensorslow.plan import plan_run
from tests.engines.llvm.simplify.canonical import rewritten


def simplified(fetches: Any, *placeholders: Any, rows: int = 16) -> Program:
    """The simplified program for some tensors; it computes what NumPy's engine does."""
    fetches = fetches if isinstance(fetches, list) else [fetches]
    plan = plan_run(fetches, placeholders).plan
    specs = [TensorSpec(x.spec.shape, x.spec.dtype) for x in placeholders]
    program = rewritten(simplify)(trace(plan, specs, rows))
    random = np.random.default_rng(0)
    arrays = [
        random.integers(0, 4, s.shape).astype(s.dtype)
        if s.dtype.kind == "i"
        else random.standard_normal(s.shape).astype(s.dtype)
        for s in specs
    ]
    for actual, expected in zip(program.run(arrays), compile_plan(plan)(arrays), strict=True):
        np.testing.assert_allclose(actual, expected, 1e-11, 1e-11)
    return program


def loops(program: Program) -> list[Any]:
    return [step for step in program.steps if step.name == "while_loop"]


def names(block: Any) -> list[str]:
    return [step.name for step in block.steps]


@pytest.fixture
def x():
    return ts.placeholder(ts.float64, [7, 3, 4])


@pytest.mark.parametrize(
    ("first", "by", "goes_on", "trips"),
    [
        (0, 1, lambda i: i < 7, 7),
        (2, 3, lambda i: i <= 8, 3),
        (9, -2, lambda i: i > 0, 5),
        (9, -2, lambda i: i >= 1, 5),
        (3, 1, lambda i: i < 3, 0),
        (0, 2, lambda i: 2 * i + 1 < 9, 2),
    ],
)
def test_a_loop_that_counts_has_no_condition(first, by, goes_on, trips):
    s = ts.placeholder(ts.float64, [3])

    def body(i: Any, s: Any) -> Any:
        return i + by, ts.tanh(s) + ts.cast(i, ts.float64)

    results = list(ts.while_loop(lambda i, s: goes_on(i), body, [first, s]))
    program = simplified(results, s)
    assert program.results[0] == first + by * trips
    if not trips:
        assert not program.steps
        return
    (loop,) = loops(program)
    assert loop.args[0] == trips
    assert loop.blocks[0] is None
    assert loop.options["carries"] == 1


def test_a_limit_that_comes_earlier_ends_it():
    s = ts.placeholder(ts.float64, [3])
    results = ts.while_loop(
        lambda i, s: i < 9, lambda i, s: (i + 1, ts.tanh(s)), [0, s], maximum_iterations=4
    )
    program = simplified(list(results), s)
    assert loops(program)[0].args[0] == 4
    assert program.results[0] == 4


def test_what_is_asked_may_follow_from_data():
    s = ts.placeholder(ts.float64, [3])
    results = ts.while_loop(
        lambda i, s: ts.reduce_sum(s) < 50, lambda i, s: (i + 1, ts.abs(s) * 2 + 1), [0, s]
    )
    (loop,) = loops(simplified(list(results), s))
    assert loop.blocks[0] is not None


def test_too_many_iterations_are_found_before_the_run(x):
    def step(i: Any, s: Any) -> Any:
        return i + 1, ts.tanh(s)

    y = ts.while_loop(lambda i, s: i < 40, step, [0, x])[1]
    with pytest.raises(NeedsRows) as raised:
        simplified(ts.gradients(y, [x]), x)
    assert raised.value.rows == 40
    assert loops(simplified(ts.gradients(y, [x]), x, rows=40))[0].options["rows"] == 40


@pytest.mark.parametrize(
    "index", [lambda i: i, lambda i: 6 - i, lambda i: i + 2], ids=["up", "down", "later"]
)
def test_what_the_counter_names_is_a_row(x, index):
    def step(i: Any, s: Any) -> Any:
        return i + 1, ts.tanh(s + ts.gather(x, index(i)))

    y = ts.while_loop(lambda i, s: i < 5, step, [0, ts.zeros([3, 4], ts.float64)])[1]
    program = simplified(y, x)
    (loop,) = loops(program)
    assert "take" not in names(loop.blocks[1])
    assert "check_indices" not in names(loop.blocks[1])
    assert loop.args[-1].shape == (5, 3, 4)


def test_what_the_counter_names_is_checked_where_it_may_be_outside(x):
    def step(i: Any, s: Any) -> Any:
        return i + 1, ts.tanh(s + ts.gather(x, i))

    y = ts.while_loop(lambda i, s: i < 9, step, [0, ts.zeros([3, 4], ts.float64)])[1]
    plan = plan_run([y], [x]).plan
    program = rewritten(simplify)(trace(plan, [TensorSpec((7, 3, 4), np.dtype(np.float64))]))
    assert "check_indices" in names(loops(program)[0].blocks[1])


def gru(x: Any, h: Any, k: Any, c: Any, trips: Any) -> Any:
    """A small recurrent network."""

    def step(i: Any, h: Any) -> Any:
        row = ts.gather(x, i)
        r, u = ts.split(ts.sigmoid(ts.concat([row, h], 1) @ k), 2, axis=1)
        new = ts.tanh(ts.concat([row, r * h], 1) @ c)
        return i + 1, u * h + (1 - u) * new

    return ts.while_loop(lambda i, h: i < trips, step, [0, h])[1]


@pytest.fixture
def weights():
    return ts.placeholder(ts.float64, [9, 10]), ts.placeholder(ts.float64, [9, 5])


def test_of_what_follows_only_the_source_is_kept(x, weights):
    h = ts.placeholder(ts.float64, [3, 5])
    y = gru(x, h, *weights, 7)
    forward, backward = loops(simplified(ts.gradients(y, list(weights)), x, h, *weights))
    # Both gates in one, what is new, and the two concatenated arrays, of which h is a part.
    assert sorted(t.shape[1:] for t in forward.targets[2:]) == [(3, 5), (3, 9), (3, 9), (3, 10)]
    assert backward.args[0] == 7


def test_gradients_of_weights_are_one_product_behind_the_loop(x, weights):
    h = ts.placeholder(ts.float64, [3, 5])
    y = gru(x, h, *weights, 7)
    program = simplified(ts.gradients(y, list(weights)), x, h, *weights)
    _, backward = loops(program)
    assert backward.options["carries"] == 1  # the gradient of h
    shapes = [step.args[0].shape for step in program.steps if step.name == "matmul"]
    assert shapes == [(9, 21), (9, 21)]
    assert names(backward.blocks[1]).count("matmul") == 2


def test_they_stay_inside_where_the_number_of_iterations_is_not_known(x, weights):
    h, n = ts.placeholder(ts.float64, [3, 5]), ts.placeholder(ts.int32, [])
    y = gru(x, h, *weights, n)
    program = simplified(ts.gradients(y, list(weights)), x, h, n, *weights)
    _, backward = loops(program)
    assert backward.options["carries"] == 3
    assert "matmul" not in names(program)


def test_a_product_that_is_read_in_between_stays_inside():
    a, b = ts.placeholder(ts.float64, [4, 4]), ts.placeholder(ts.float64, [4, 4])

    def step(i: Any, s: Any, total: Any) -> Any:
        return i + 1, ts.tanh(s + total), total + (a * s) @ (b + ts.transpose(s))

    start = [0, ts.zeros([4, 4], ts.float64), ts.zeros([4, 4], ts.float64)]
    y = ts.while_loop(lambda i, *_: i < 5, step, start)[2]
    program = simplified(y, a, b)
    assert "matmul" in names(loops(program)[0].blocks[1])


@pytest.mark.parametrize("turned_a", [False, True])
@pytest.mark.parametrize("turned_b", [False, True])
def test_products_of_all_orientations_are_joined(turned_a, turned_b):
    a = ts.placeholder(ts.float64, [6, 2, 5] if turned_a else [6, 5, 2])
    b = ts.placeholder(ts.float64, [6, 7, 2] if turned_b else [6, 2, 7])

    def step(i: Any, total: Any) -> Any:
        left, right = ts.tanh(ts.gather(a, i)), ts.sigmoid(ts.gather(b, i))
        return i + 1, total + ts.matmul(left, right, turned_a, turned_b)

    y = ts.while_loop(lambda i, _: i < 6, step, [0, ts.ones([5, 7], ts.float64)])[1]
    program = simplified(y, a, b)
    (loop,) = loops(program)
    assert "matmul" not in names(loop.blocks[1])
    assert loop.options["carries"] == 0
