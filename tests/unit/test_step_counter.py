"""The global step: one for each graph, wherever it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import tensorslow as ts


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with ts.Graph().as_default() as graph:
        yield graph


def test_there_is_one_for_each_graph(graph: Any) -> None:
    assert ts.train.get_global_step() is None
    with ts.name_scope("scope"):
        steps = ts.train.get_or_create_global_step()
    assert (steps.name, steps.dtype, steps.trainable) == ("global_step:0", ts.int64, False)
    assert ts.train.get_or_create_global_step() is steps
    assert ts.train.get_global_step(graph) is steps
    assert steps in ts.global_variables()
    with pytest.raises(ValueError, match="already"):
        ts.train.create_global_step()
    with ts.Graph().as_default():
        assert ts.train.get_global_step() is None
        assert ts.train.get_global_step(graph) is steps


def test_a_variable_of_that_name_is_it() -> None:
    steps = ts.Variable(5, name="global_step", trainable=False)
    assert ts.train.get_global_step() is steps
    with ts.Session() as session:
        assert ts.train.global_step(session, steps) == 5


def test_it_must_be_a_scalar_integer() -> None:
    for bad, match in (
        (1, "variable or tensor"),
        (ts.constant(1.0), "integer"),
        (ts.constant([1]), "scalar"),
    ):
        with pytest.raises(TypeError, match=match):
            ts.train.assert_global_step(bad)
    ts.Variable(1.0, name="global_step")
    with pytest.raises(TypeError, match="must be an integer, not float32"):
        ts.train.get_global_step()


def test_there_are_not_two() -> None:
    for _ in range(2):
        ts.add_to_collection(ts.GraphKeys.GLOBAL_STEP, ts.Variable(1))
    with pytest.raises(ValueError, match="2 global steps"):
        ts.train.get_global_step()
