"""Shapes that follow from fed integers: a plan is compiled for their values, if these are few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.engines.llvm import fed_sizes
from tensorslow.engines.llvm.pieces import PiecesExplanation


class Network:
    """A training step whose graph makes arrays of a fed size, in both engines."""

    def __init__(self) -> None:
        self.x, self.n = ts.placeholder(ts.float32, [None, 6]), ts.placeholder(ts.int32, [])
        w = ts.Variable(np.linspace(-1, 1, 36, dtype=np.float32).reshape(6, 6))
        state = ts.zeros(ts.stack([self.n, 6]))
        h = ts.tanh(ts.matmul(self.x, w) + state)
        h = ts.reduce_sum(ts.reshape(h, [self.n, 2, 3]), 2)
        loss = ts.reduce_mean(ts.square(h)) + ts.reduce_sum(ts.cast(ts.range(self.n), ts.float32))
        self.fetches = [loss, h, ts.train.AdamOptimizer(0.1).minimize(loss)]
        self.sessions = [ts.Session(engine=engine) for engine in ("llvm", "numpy")]

    def check(self, rows: int) -> None:
        """A step in each engine."""
        feeds = self.feeds(rows)
        found, expected = (session.run(self.fetches, feeds) for session in self.sessions)
        for i in range(2):
            np.testing.assert_allclose(found[i], expected[i], 1e-4)

    def feeds(self, rows: int) -> dict[Any, Any]:
        """Some numbers, and how many rows they are."""
        return {self.x: np.arange(6 * rows).reshape(rows, 6) / 10, self.n: rows}

    def explained(self, rows: int) -> PiecesExplanation:
        """What was made of the step."""
        return self.sessions[0].explain(self.fetches, self.feeds(rows))


def test_a_step_with_a_fed_size_is_one_piece():
    network = Network()
    for _ in range(3):
        network.check(4)
        explanation = network.explained(4)
        assert explanation.host == []
        assert len(explanation.pieces) == 1


def test_a_second_size_is_found_in_the_first_run():
    x, n, m = ts.placeholder(ts.float32, [6]), *[ts.placeholder(ts.int32, []) for _ in range(2)]
    y = ts.exp(ts.reshape(x, [n, -1])) * ts.sqrt(ts.ones([m, 1, 1]))
    session, feeds = ts.Session(engine="llvm"), {x: np.zeros(6), n: 2, m: 4}
    hosts = []
    for _ in range(3):
        np.testing.assert_array_equal(session.run(y, feeds), np.ones((4, 2, 3)))
        hosts.append(session.explain(y, feeds).host)
    assert hosts == [["Fill: int32[3] is not known while the program is written"], [], []]


def test_other_sizes_are_other_pieces():
    network = Network()
    for rows in (4, 4, 3, 4, 5, 3):
        network.check(rows)
    assert [len(network.explained(rows).pieces) for rows in (3, 4, 5)] == [1, 1, 1]


def test_values_that_do_not_stay_are_not_compiled_for():
    """Of one shape, as it is not the size of the input that changes."""
    x, n = ts.placeholder(ts.float32, [20]), ts.placeholder(ts.int32, [])
    y = ts.exp(ts.zeros([n])) + ts.reduce_sum(x)
    session = ts.Session(engine="llvm")

    def in_numpy(size: int) -> int:
        """How many operations of a run."""
        feeds = {x: np.zeros(20), n: size}
        np.testing.assert_array_equal(session.run(y, feeds), np.ones(size))
        return len(session.explain(y, feeds).host)

    assert [in_numpy(size) for size in (1, 1, 2, 3, 1, 4, 4, 4, 5, 4)] == [
        0,
        0,
        1,
        1,
        0,
        1,
        0,
        0,
        1,
        0,
    ]
    for size in range(5, 3 + fed_sizes.TRIES):
        assert [in_numpy(size), in_numpy(size)] == [1, 0]
    assert [in_numpy(30), in_numpy(30), in_numpy(1)] == [1, 1, 0]


@pytest.mark.parametrize("change", ["value", "array"])
def test_values_are_compared_not_arrays(change: str):
    x, shape = ts.placeholder(ts.float32, [6]), ts.placeholder(ts.int64, [2])
    y = 2 * ts.reshape(x, shape)
    session, sizes = ts.Session(engine="llvm"), np.array([2, 3])
    for _ in range(3):
        assert session.run(y, {x: np.zeros(6), shape: sizes}).shape == (2, 3)
    if change == "value":
        sizes[:] = 3, 2
    else:
        sizes = np.array([3, 2])
    assert session.run(y, {x: np.zeros(6), shape: sizes}).shape == (3, 2)


def test_labels_are_not_sizes():
    labels, x = ts.placeholder(ts.int32, [4]), ts.placeholder(ts.float32, [4, 3])
    chosen = ts.boolean_mask(x, ts.equal(labels, 1))
    y = ts.reduce_sum(chosen) + ts.reduce_sum(ts.one_hot(labels, 3) * x)
    session = ts.Session(engine="llvm")
    for i in range(3):
        numbers = np.arange(i, i + 4) % 3
        found = session.run(y, {labels: numbers, x: np.ones((4, 3))})
        assert found == 3 * np.sum(numbers == 1) + 4
    pieces = session.explain(y, {labels: numbers, x: np.ones((4, 3))}).pieces
    assert any("equal(a, 1)" in piece.program for piece in pieces)
