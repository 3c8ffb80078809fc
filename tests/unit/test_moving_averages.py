"""Moving averages begin where their variables do; test_train has their values, update by update."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with ts.Graph().as_default() as graph:
        yield graph


@pytest.mark.parametrize("initialize", [True, False])
def test_an_average_begins_at_the_same_random_numbers(initialize: bool) -> None:
    w = ts.Variable(ts.random_normal([4]), name="w")
    average = ts.train.ExponentialMovingAverage(0.9)
    average.apply([w])
    with ts.Session() as session:
        if initialize:
            session.run(ts.global_variables_initializer())
        np.testing.assert_array_equal(*session.run([w, average.average(w)]))


def test_an_average_made_late_begins_at_the_present_value() -> None:
    w = ts.Variable(1.0, name="w")
    change = ts.assign_add(w, 1.0)
    with ts.Session() as session:
        session.run(change)
        average = ts.train.ExponentialMovingAverage(0.9)
        average.apply([w])
        session.run(average.average(w).initializer)
        assert session.run(average.average(w)) == 2.0
        session.run(change)
        assert session.run([w, average.average(w)]) == [3.0, 2.0]


def test_an_average_after_a_step_takes_the_new_value() -> None:
    w = ts.Variable(1.0, name="w")
    step = ts.train.GradientDescentOptimizer(1.0).minimize(w)
    average = ts.train.ExponentialMovingAverage(0.5)
    with ts.control_dependencies([step]):
        train = average.apply()
    with ts.Session() as session:
        session.run(train)
        assert session.run([w, average.average(w)]) == [0.0, 0.5]
        session.run(train)
        assert session.run([w, average.average(w)]) == [-1.0, -0.25]


def test_variables_are_found_by_name_and_collection() -> None:
    w, b = ts.Variable(1.0, name="w"), ts.Variable(1.0, name="scope/b")
    steps = ts.train.create_global_step()
    average = ts.train.ExponentialMovingAverage(0.9, name="Mean")
    assert average.name == "Mean"
    assert average.average(w) is None
    assert average.average_name(w) == "w/Mean"
    average.apply([w])
    average.apply([w, b])
    assert average.average(b).op.name == average.average_name(b) == "scope/b/Mean"
    assert not average.average(w).trainable
    assert ts.get_collection(ts.GraphKeys.MOVING_AVERAGE_VARIABLES) == [w, b]
    restored = average.variables_to_restore()
    assert restored == {"w/Mean": w, "scope/b/Mean": b, "global_step": steps}


def test_only_floating_values_are_averaged() -> None:
    with pytest.raises(TypeError, match=r"not 'count' \(int32\)"):
        ts.train.ExponentialMovingAverage(0.9).apply([ts.Variable(1, name="count")])
