"""Variables whose shape the graph does not know: a run knows it, and so does its machine code."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.engines.llvm.explain.explanation import Explanation


@pytest.mark.parametrize("shape", [(3,), (2, 1), (2, 2), (4,)])
def test_a_new_value_may_have_another_shape(shape: tuple[int, ...]):
    v, total = ts.Variable(np.ones((2, 2), np.float32), validate_shape=False), ts.Variable(0.0)
    x = ts.placeholder(ts.float32)
    step = [ts.assign(v, 2 * x), total.assign_add(ts.reduce_sum(v))]
    session = ts.Session(engine="llvm")
    session.run(ts.global_variables_initializer())
    new = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    for before in (4, 4 + 2 * new.sum()):
        assert isinstance(session.explain(step, {x: new}), Explanation)
        found, seen = session.run(step, {x: new})
        np.testing.assert_array_equal(found, 2 * new)
        assert seen == before
    np.testing.assert_array_equal(session.run(v), 2 * new)


def test_a_training_step_that_assigns_is_compiled_whole():
    def var(value: np.ndarray) -> ts.Variable:
        return ts.Variable(value.astype(np.float32), validate_shape=False)

    x = ts.placeholder(ts.float32, [8, 4])
    w, mean, calls = var(np.ones((4, 3))), var(np.zeros(3)), var(np.zeros(()))
    y = ts.nn.relu(ts.matmul(x, w) - mean)
    loss = ts.reduce_mean(ts.square(y))
    fetches = [
        loss,
        ts.train.AdamOptimizer(0.1).minimize(loss, var_list=[w]),
        ts.assign(mean, 0.9 * mean + 0.1 * ts.reduce_mean(y, 0)),
        calls.assign_add(1.0),
    ]
    feeds = {x: np.linspace(-1, 2, 32).reshape(8, 4)}
    sessions = [ts.Session(engine=engine) for engine in ("llvm", "numpy")]
    assert isinstance(sessions[0].explain(fetches, feeds), Explanation)
    for _ in range(3):
        runs = [session.run(fetches, feeds) for session in sessions]
        for i in (0, 2, 3):
            np.testing.assert_allclose(runs[0][i], runs[1][i], 1e-5)
