"""The numbers of an optimizer: checked when given or, if need be, in each run before its step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import ExecutionError
from tests.unit.optimizers import ALL, assert_same_state, every_optimizer, state


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with ts.Graph().as_default() as graph:
        yield graph


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, np.float32("nan")])
def test_a_learning_rate_that_is_not_finite_is_refused_at_once(bad: Any) -> None:
    for make in ALL:
        with pytest.raises(ValueError, match=r"learning_rate must be finite, not .*(nan|inf)"):
            make(bad)


def test_a_learning_rate_from_a_function_or_constant_is_refused_when_it_is_used() -> None:
    w = ts.Variable(1.0)
    for bad in (lambda: np.nan, ts.constant(np.inf)):
        with pytest.raises(ValueError, match="learning_rate must be finite"):
            ts.train.GradientDescentOptimizer(bad).minimize(w * w)
    with pytest.raises(ValueError, match="must be a scalar"):
        ts.train.GradientDescentOptimizer(ts.placeholder(ts.float32, [2])).minimize(w * w)
    with pytest.raises(ValueError, match="must be one number"):
        ts.train.GradientDescentOptimizer([0.1, 0.2])


@every_optimizer
def test_a_fed_learning_rate_that_is_not_finite_changes_nothing(make: Callable[..., Any]) -> None:
    rate = ts.placeholder(ts.float32, [])
    w = ts.Variable([1.0, 2.0])
    step = make(rate).minimize(ts.reduce_sum(ts.square(w)))
    with ts.Session() as session:
        session.run(step, {rate: 0.1})
        before = state(session)
        for bad in (np.nan, np.inf):
            with pytest.raises(ExecutionError, match=r"(learning_rate|lr) is not finite"):
                session.run(step, {rate: bad})
        assert_same_state(session, before)


def test_a_learning_rate_can_be_a_schedule_or_a_function() -> None:
    w = ts.Variable(1.0)
    steps = ts.train.create_global_step()
    rate = ts.train.exponential_decay(1.0, steps, 1, 0.5)
    step = ts.train.GradientDescentOptimizer(lambda: rate).minimize(w, steps)
    with ts.Session() as session:
        values = []
        for _ in range(3):
            session.run(step)
            values.append(float(session.run(w)))
    assert values == [0.0, -0.5, -0.75]


def test_numbers_take_the_type_of_the_variable() -> None:
    w = ts.Variable(np.float64(1.0))
    step = ts.train.GradientDescentOptimizer(0.1).minimize(w * 1.0)
    with ts.Session() as session:
        session.run(step)
        # As in TensorFlow, 0.1 is a float32 first.
        assert session.run(w) == 1.0 - np.float64(np.float32(0.1))
