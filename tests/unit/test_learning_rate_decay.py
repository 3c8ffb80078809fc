"""Decays take numbers, tensors and variables, and refuse the rest; test_train has their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with ts.Graph().as_default() as graph:
        yield graph


DECAYS: list[Callable[[Any, Any], Any]] = [
    lambda rate, step: ts.train.exponential_decay(rate, step, 10, 0.5),
    lambda rate, step: ts.train.natural_exp_decay(rate, step, 10, 0.5),
    lambda rate, step: ts.train.inverse_time_decay(rate, step, 10, 0.5),
    lambda rate, step: ts.train.polynomial_decay(rate, step, 10),
    lambda rate, step: ts.train.cosine_decay(rate, step, 10),
    lambda rate, step: ts.train.cosine_decay_restarts(rate, step, 10),
    lambda rate, step: ts.train.linear_cosine_decay(rate, step, 10),
]
every_decay = pytest.mark.parametrize("decay", DECAYS)


@every_decay
def test_the_rate_has_the_type_of_its_beginning(decay: Callable[[Any, Any], Any]) -> None:
    step = ts.train.create_global_step()
    values = [decay(0.5, step), decay(np.float64(0.5), step), decay(ts.Variable(0.5), 3)]
    assert [value.dtype for value in values] == [ts.float32, ts.float64, ts.float32]
    with ts.Session() as session:
        single, double, at_three = session.run(values)
        np.testing.assert_allclose(single, double, 1e-6)
        assert at_three < single


@every_decay
def test_a_decay_needs_a_global_step(decay: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(ValueError, match="needs a global_step"):
        decay(0.5, None)


def test_a_rate_that_decays_must_have_a_type() -> None:
    with pytest.raises(ValueError, match="type of a learning rate that decays must be known"):
        ts.train.exponential_decay(ts.placeholder(), 1, 10, 0.5)


def test_names_are_those_of_tensorflow() -> None:
    step = ts.train.create_global_step()
    assert ts.train.exponential_decay(0.1, step, 10, 0.5).name == "ExponentialDecay:0"
    assert ts.train.exponential_decay(0.1, step, 10, 0.5).name == "ExponentialDecay_1:0"
    assert ts.train.natural_exp_decay(0.1, step, 10, 0.5, name="rate").name == "rate:0"
    assert ts.train.polynomial_decay(0.1, step, 10).name == "PolynomialDecay:0"


def test_pieces_end_at_their_boundary() -> None:
    x = ts.placeholder(ts.float32, [])
    rate = ts.train.piecewise_constant(x, [1.0, 2.0], [10.0, 20.0, 30.0])
    with ts.Session() as session:
        found = [session.run(rate, {x: value}) for value in (-5.0, 1.0, 1.001, 2.0, 2.5)]
    assert found == [10.0, 10.0, 20.0, 20.0, 30.0]


def test_pieces_may_be_tensors_or_a_single_one() -> None:
    step = ts.train.create_global_step()
    base = ts.Variable(4.0)
    halves = ts.train.piecewise_constant(step, [0], [base, base / 2.0])
    always = ts.train.piecewise_constant(step, [], [7.0])
    with ts.Session() as session:
        assert session.run([halves, always], {step: 0}) == [4.0, 7.0]
        assert session.run([halves, always], {step: 1}) == [2.0, 7.0]


def test_pieces_must_fit_their_boundaries() -> None:
    step = ts.train.create_global_step()
    with pytest.raises(ValueError, match="2 boundaries need one value more, not 2"):
        ts.train.piecewise_constant(step, [1, 2], [0.1, 0.2])
    with pytest.raises(ValueError, match=r"boundary 1\.5 is float32\[\], x is int64\[\]"):
        ts.train.piecewise_constant(step, [1.5], [0.1, 0.2])
    with pytest.raises(ValueError, match=r"the values must be of one type"):
        ts.train.piecewise_constant(step, [1], [0.1, 2])
