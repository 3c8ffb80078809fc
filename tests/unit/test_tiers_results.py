"""What runs give and sessions explain, whichever engine it was."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow import tiers
from tensorslow.engines import Unavailable
from tests.unit.compiler import NAME, Engine, pretended_engine
from tests.unit.test_threads import together


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from pretended_engine(monkeypatch)


# The same numbers


def test_results_are_the_receivers_own(engine: Engine) -> None:
    x, v = ts.placeholder(ts.float32, [2]), ts.Variable([1.0, 2.0])
    doubled = x * 2.0
    running, array = ts.Session(), np.array([1, 2], np.float32)
    for _ in range(5):
        results = running.run([x, doubled, doubled, v, v], {x: array})
        for result in results:
            result[:] = -1
        found = running.run((x, doubled, v), {x: array})
        for value, expected in zip(found, ([1, 2], [2, 4], [1, 2]), strict=True):
            np.testing.assert_array_equal(value, expected)
    assert engine.runs == 6


def test_scalars_are_numpy_scalars_on_every_engine(engine: Engine) -> None:
    v = ts.Variable(1.0)
    doubled, grow, negative = v * 2.0, v.assign_add(1.0), ts.less(v, 0.0)
    running = ts.Session()
    for _ in range(5):
        found = running.run([doubled, grow.op, negative])
        assert [type(x) for x in found] == [np.float32, type(None), np.bool_]
        assert running.run(doubled, {v: 3.0}) == 6
        assert type(running.run(grow)) is np.float32
    assert engine.runs == 9


def test_random_numbers_and_updates_go_on_across_the_change(engine: Engine) -> None:
    ts.set_random_seed(1)
    draw = ts.random_uniform([3])
    v = ts.Variable(np.zeros(3, np.float32))
    noisy = v.assign_add(draw)
    sessions = [ts.Session(engine=name) for name in ("numpy", "auto", NAME)]
    sequences = []
    for running in sessions:
        found = [running.run([noisy, draw]) for _ in range(4)]
        found += [[running.run(draw)] for _ in range(4)]  # another call, the same counter
        found += [running.run([noisy, draw]), [running.run(v)]]
        sequences.append([x.tolist() for values in found for x in values])
    assert sequences[0] == sequences[1] == sequences[2]


def test_the_time_that_runs_take_decides_nothing(engine: Engine) -> None:
    x = ts.placeholder(ts.float32, [])
    y = x * 2.0
    patterns = []
    for delay in (0.0, 0.02):
        running, first = ts.Session(), len(engine.made)
        pattern = []
        for _ in range(6):
            before = engine.runs
            running.run(y, {x: 1.0})
            pattern.append(engine.runs - before)
            threading.Event().wait(delay)
        patterns.append(pattern)
        assert len(engine.made) == first + 1
    assert patterns == [[0, 0, 1, 1, 1, 1]] * 2


# Explanations


def test_explaining_a_compiled_plan(engine: Engine) -> None:
    v = ts.Variable(ts.ones([2]))
    x = ts.placeholder(ts.float32, [None, 2])
    y = ts.reduce_sum(x * v)
    running = ts.Session()
    text = str(running.explain(y, {x: [[1, 2]]}))
    assert text == "pretended: 2 steps for [TensorSpec(float32[1, 2]), TensorSpec(float32[2])]"
    assert running.state.values == {}  # nothing was run
    assert [running.run(y, {x: [[1, 2]]}) for _ in range(3)] == [3, 3, 3]
    assert (len(engine.made), engine.runs) == (1, 1)


def test_explaining_what_numpy_does(engine: Engine) -> None:
    x = ts.placeholder(ts.float32, [2], name="x")
    v = ts.Variable([1.0, 2.0], name="v")
    y = ts.cond(ts.reduce_sum(x) > 0.0, lambda: x * v, lambda: x + ts.random_uniform([2]))
    session = ts.Session(engine="numpy")
    text = str(session.explain([y, v.assign_add(x)], {x: [1, 2]}))
    for part in ("%0 = Placeholder 'x'  float32[2]", "VariableV2 'v'", "counter of", "AssignAdd("):
        assert part in text, text
    assert "true_fn" in text or "then" in text or ":\n    " in text
    assert text.splitlines()[-1].startswith("return %")
    with pytest.raises(TypeError, match="feed_dict must be a dictionary"):
        session.explain(y, [x])
    engine.fails = Unavailable("not here")
    with pytest.warns(RuntimeWarning, match="not here"):
        assert "Mul" in str(ts.Session(engine=NAME).explain(x * 2.0, {x: [1, 2]}))


# The engines that there are


@pytest.fixture(params=[name for name, module in tiers.ENGINES.items() if module])
def compiler(request: pytest.FixtureRequest) -> Any:
    """The name of an engine that compiles and works here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = ts.Session(engine=request.param)
        assert running.run(ts.constant(1.0) * ts.placeholder_with_default(2.0, [])) == 2
    if not running.engine.compiles:
        pytest.skip(f"{request.param} is not available: {tiers._unavailable}")
    return request.param


def network() -> tuple[Any, Any, Any]:
    """A small network with a step of Adam, its loss, and its variables."""
    ts.set_random_seed(1)
    x, y = ts.placeholder(ts.float32, [None, 4]), ts.placeholder(ts.float32, [None, 3])
    w, b = ts.Variable(ts.random_normal([4, 3])), ts.Variable(ts.zeros([3]))
    loss = ts.reduce_mean(ts.square(ts.nn.softmax(ts.matmul(x, w) + b) - y))
    train = ts.train.AdamOptimizer(0.05).minimize(loss)
    return (x, y), [loss, train], [w, b]


def test_engines_train_as_numpy_does(compiler: str) -> None:
    (x, y), fetches, variables = network()
    random = np.random.default_rng(0)
    batches = [
        {x: random.normal(size=(rows, 4)), y: random.uniform(size=(rows, 3))}
        for rows in [8, 8, 5] * 10
    ]
    found = {}
    for name in ("numpy", compiler, "auto", "auto "):
        running = ts.Session(engine=name.strip())
        losses = [running.run(fetches, feeds)[0] for feeds in batches]
        found[name] = np.concatenate([losses, *map(np.ravel, running.run(variables))])
    for name in (compiler, "auto"):
        np.testing.assert_allclose(found[name], found["numpy"], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found["auto"], found["auto "])


def test_engines_may_be_used_from_many_threads(compiler: str) -> None:
    a, b = ts.Variable(np.zeros(5000, np.float32)), ts.Variable(np.zeros(5000, np.float32))
    step = ts.group(a.assign_add(np.ones(5000, "f")), b.assign_sub(np.ones(5000, "f")))
    running = ts.Session(engine=compiler)
    torn: list[Any] = []

    def write() -> None:
        for _ in range(100):
            running.run(step)

    def read() -> None:
        for _ in range(100):
            left, right = running.run([a, b])
            if len({*left, *-right}) > 1:
                torn.append((left, right))

    together(write, read, write, read)
    assert torn == []
    assert {*running.run(a)} == {200}
