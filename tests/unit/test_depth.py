"""Graphs as deep as they come, and runs without end: nothing recurses, nothing piles up."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow import compilation
from tensorslow.errors import GradientError, GraphError
from tests.sampling import sampled

DEPTHS = [2_500, pytest.param(50_000, marks=pytest.mark.slow)]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Generous bounds: they catch what grows with the square of the size, on a busy machine too."""
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < seconds


# First, as long as there is little that the garbage collector has to look at


@sampled(
    ("way", "steps"),
    [("callable", 2_000), ("nested", 2_000), ("run", 20_000), ("run", 1_000_000)],
    4,
)
def test_memory_stays_flat(way: str, steps: int) -> None:
    w, x = ts.Variable([1.0, 2.0]), ts.placeholder(ts.float32, [2])
    loss = ts.reduce_sum(ts.square(w - x))
    train = ts.train.GradientDescentOptimizer(0.1).minimize(loss)
    session, value = ts.Session(), np.array([3, 4], np.float32)
    call = session.make_callable([loss, train], [x])
    step = {
        "run": lambda: session.run([loss, train], {x: value}),
        "callable": lambda: call(value),
        "nested": lambda: session.run({"loss": loss, "train": [train]}, {x: value}),
    }[way]
    for _ in range(100):
        step()
    compilation._background.pause()  # what other tests left to be compiled takes memory, too
    try:
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(steps):
            step()
        gc.collect()
        assert sys.getallocatedblocks() - before < 300
    finally:
        compilation._background.go_on()
    np.testing.assert_allclose(session.run(w), [3, 4], rtol=1e-6)


# Depth


@pytest.fixture(scope="module", params=DEPTHS)
def chain(request: pytest.FixtureRequest) -> Any:
    """(graph, its beginning, its end, how many operations are between, one after the other)."""
    depth = request.param
    with ts.Graph().as_default() as graph, within(60):
        x = ts.placeholder(ts.float64, [])
        y = x
        for _ in range(depth // 2):
            y = ts.sin(y) * 1.001
    return graph, x, y, depth


def test_a_long_chain_runs(chain: Any) -> None:
    graph, x, y, depth = chain
    session = ts.Session(graph=graph)
    with within(30):
        found = session.run(y, {x: 0.5})
    expected = 0.5
    for _ in range(depth // 2):
        expected = np.sin(expected) * 1.001
    assert found == expected
    with within(5):
        assert session.run(y, {x: 0.5}) == expected


def test_a_long_chain_is_differentiated(chain: Any) -> None:
    graph, x, y, depth = chain
    with within(120), graph.as_default():
        (dx,) = ts.gradients(y, x)
    value, expected = 0.5, 1.0
    for _ in range(depth // 2):
        expected *= 1.001 * np.cos(value)
        value = 1.001 * np.sin(value)
    assert ts.Session(graph=graph).run(dx, {x: 0.5}) == pytest.approx(expected, rel=1e-9)


def test_a_long_path_is_named_by_its_ends(chain: Any) -> None:
    graph, x, _, depth = chain
    with graph.as_default():
        y = ts.py_func(lambda a: a, [x], ts.float64, name="hidden")
        for _ in range(depth // 5):
            y = -y
        path = rf"path: Neg_{depth // 5 - 1} <- .* <- Neg <- hidden"
        with (
            within(20),
            pytest.raises(GradientError, match=path) as caught,
        ):
            ts.gradients(y, x)
    assert len(str(caught.value)) < 1000


@sampled("depth", [1_200, 2_000], 2)
def test_long_chains_of_everything_else(depth: int) -> None:
    session = ts.Session()
    v, last = ts.Variable(0), None
    for _ in range(depth):
        with ts.control_dependencies([last] if last is not None else []):
            last = v.assign_add(1)
    with within(20):
        assert session.run(last) == depth
    node: Any = ts.constant(1.0)
    for _ in range(depth):
        with ts.control_dependencies([node]):
            node = ts.no_op()
    with within(20):
        assert session.run(node) is None
    text = ts.placeholder(ts.float32, [])
    for _ in range(depth):
        text = ts.reshape(text, [1])[0]
    with within(20):
        assert session.run(text, {"Placeholder:0": 3}) == 3


def test_a_long_circle() -> None:
    x = ts.placeholder(ts.float32, [])
    first = last = ts.identity(x)
    for _ in range(2_000):
        last = ts.identity(last)
    first.op.add_control_input(last.op)
    with (
        within(10),
        pytest.raises(
            GraphError, match="2001 operations wait for each other in a circle"
        ) as caught,
    ):
        ts.Session().run(last, {x: 1})
    assert len(str(caught.value)) < 2000


def test_twenty_doublings_take_milliseconds() -> None:
    x = ts.placeholder(ts.float32, [])
    y = x
    for _ in range(20):
        y = y + y
    dx = ts.gradients(y, x)[0]
    session = ts.Session()
    session.run([y, dx], {x: 1})
    with within(0.05):
        assert session.run([y, dx], {x: 1}) == [2**20, 2**20]


def test_deeply_nested_bodies() -> None:
    x = ts.placeholder(ts.float64, [])

    def nested(levels: int, y: Any) -> Any:
        if not levels:
            return y * x
        return ts.cond(y > 0.0, lambda: nested(levels - 1, y * 1.01), lambda: y)

    y = nested(20, x)
    found = ts.Session().run([y, ts.gradients(y, x)[0]], {x: 2.0})
    np.testing.assert_allclose(found, [4 * 1.01**20, 4 * 1.01**20])


@sampled("width", [300, 3_000], 2)
def test_a_wide_sum(width: int) -> None:
    x = ts.placeholder(ts.float64, [])
    total = ts.add_n([x * float(i) for i in range(width)])
    with within(20):
        found = ts.Session().run([total, *ts.gradients(total, x)], {x: 2.0})
    assert found == [width * (width - 1), width * (width - 1) / 2]


def test_a_long_loop_and_its_gradient() -> None:
    x = ts.placeholder(ts.float64, [])
    y = ts.while_loop(lambda i, y: i < 20_000, lambda i, y: (i + 1, y * x), [0, ts.ones_like(x)])[1]
    (dx,) = ts.gradients(y, x)
    with within(60):
        found = ts.Session().run([y, dx], {x: 1.0001})
    np.testing.assert_allclose(found, [1.0001**20_000, 20_000 * 1.0001**19_999], rtol=1e-9)
