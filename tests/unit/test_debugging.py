"""Session(debug=True): the first nan or infinity ends the run, before any variable has changed."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import ExecutionError


def message(fetches, feeds=None):
    with ts.Session(debug=True) as session, pytest.raises(ExecutionError) as caught:
        session.run(fetches, feeds)
    return str(caught.value).splitlines()


def test_the_message_names_node_line_and_ranges():
    x = ts.placeholder(ts.float32, [None, 2], name="x")
    y = ts.reduce_sum(ts.log(x, name="logs"))
    what, where, operand, hint = message(y, {x: [[0, 1], [2, 0]]})
    assert what == "Log: the first inf: log of 0: 2 of 4 elements of its operand"
    assert where.startswith("  node  'logs' (Log), created at test_debugging.py:")
    assert where.endswith('y = ts.reduce_sum(ts.log(x, name="logs"))')
    assert operand == "  x     'x'  float32[2, 2]  0 … 2"
    assert hint.startswith("  hint  for the log of a softmax use nn.log_softmax")


def test_counts_of_what_is_not_finite_are_in_the_range():
    x = ts.Variable(np.array([1.0, np.inf, np.inf, -3.0]), name="x")
    what, *_, operand, _ = message(x - x)
    assert "inf − inf" in what
    assert operand == "  y  'x'  float64[4]  -3 … 1, 2 of 4 inf".replace("  y  ", "  y     ")


def test_in_a_gradient_it_names_whose():
    x = ts.Variable(np.zeros(2), name="x")
    gradient = ts.gradients(ts.reduce_sum(ts.sqrt(x, name="root")), x)
    lines = message(gradient)
    assert any(line.startswith("  gradient of  'root' (Sqrt), created at") for line in lines)
    assert lines[-1].endswith("its slope at 0 is infinite")


def test_no_variable_has_changed():
    w = ts.Variable(1.0, name="w")
    other = ts.Variable(5.0, name="other")
    x = ts.placeholder(ts.float32, [], name="x")
    step = ts.assign(w, w / x)
    both = ts.group(ts.assign_add(other, 1.0), step)
    with ts.Session(debug=True) as session:
        session.run(both, {x: 2.0})
        with pytest.raises(ExecutionError, match="x / 0"):
            session.run(both, {x: 0.0})
        assert session.run([w, other]) == [0.5, 6.0]
        session.run(both, {x: 2.0})
        assert session.run([w, other]) == [0.25, 7.0]


def test_what_is_finite_is_as_without_debugging():
    from tests.inspector.networks import xor

    results = []
    for debug in (False, True):
        network = xor()
        with ts.Session(graph=network.graph, engine="numpy", debug=debug) as session:
            for _ in range(5):
                session.run(network.step, network.feeds)
            results.append(session.run([network.loss, network.w, network.v], network.feeds))
    for plain, checked in zip(*results, strict=True):
        np.testing.assert_array_equal(plain, checked)


def test_what_is_fed_must_be_finite():
    x = ts.placeholder(ts.float32, [3], name="x")
    what, tensor, _ = message(ts.square(x), {x: [1, np.nan, 2]})
    assert what == "feed: nan was fed for 'x:0': 1 … 2, 1 of 3 nan"
    assert "'x'  float32[3]" in tensor


def test_an_infinity_of_the_program_is_meant_so():
    mask = ts.constant([0.0, -np.inf], name="mask")
    best = ts.Variable(np.inf, name="best")
    x = ts.placeholder(ts.float64, [2], name="x")
    with ts.Session(debug=True) as session:
        softmax = session.run(ts.nn.softmax(x + ts.cast(mask, ts.float64)), {x: [1, 2]})
        assert session.run(ts.minimum(best, 3.0)) == 3
    np.testing.assert_array_equal(softmax, [1, 0])


def test_what_constants_make_is_found_too():
    zero = ts.constant(0.0, name="zero")
    logs = ts.log(zero, name="logs")
    x = ts.placeholder(ts.float32, [], name="x")
    for fetch, feeds in ((logs, {}), (logs * x, {x: 2.0}), (ts.exp(-logs) + x, {x: 1.0})):
        what, where, *_ = message(fetch, feeds)
        assert what == "Log: the first inf: log of 0: its operand"
        assert where.startswith("  node  'logs' (Log)")


def test_in_branches_and_loops_it_names_the_step_inside():
    x = ts.placeholder(ts.float32, [], name="x")
    looped = ts.while_loop(
        lambda a: a < 1e38, lambda a: ts.multiply(a, a, name="squared"), [x], name="growing"
    )
    what, where, *_ = message(looped, {x: 1e10})
    assert what.startswith("Mul: the first inf: numbers up to 1e+20")
    assert where.startswith("  node  'squared' (Mul), created at test_debugging.py:")
    chosen = ts.cond(
        x > 0, lambda: ts.cond(x > 1, lambda: ts.log(-x, name="deep"), lambda: x), lambda: x
    )
    what, where, *_ = message(chosen, {x: 2.0})
    assert what == "Log: the first nan: log of a number below 0: -2"
    assert where.startswith("  node  'deep' (Log)")
    gradient = ts.gradients(ts.cond(x > -1, lambda: ts.sqrt(x, name="root"), lambda: x), x)
    assert any("gradient of  'root' (Sqrt)" in line for line in message(gradient, {x: 0.0}))


def test_the_branch_that_is_not_taken_does_not_count():
    x = ts.placeholder(ts.float32, [], name="x")
    y = ts.cond(x > 0, lambda: x, lambda: ts.log(0.0) * x)
    with ts.Session(debug=True) as session:
        assert session.run(y, {x: 2.0}) == 2
    assert message(y, {x: -1.0})[0] == "Log: the first inf: log of 0: its operand"


def test_a_mask_of_infinities_may_be_in_a_branch():
    x = ts.placeholder(ts.float32, [2], name="x")
    masked = ts.cond(x[0] > 0, lambda: ts.where(x > 1.5, x, ts.fill([2], -np.inf)), lambda: x)
    with ts.Session(debug=True) as session:
        assert session.run(ts.nn.softmax(masked), {x: [1, 2]}).tolist() == [0, 1]


def test_a_variable_that_holds_nan_is_named_when_something_computes_with_it():
    w = ts.Variable([1.0, np.nan], name="w")
    assert message(w * 2.0)[0] == "variable: 'w:0' held nan before the run: 1, 1 of 2 nan"
    with ts.Session(debug=True) as session:
        assert np.isnan(session.run(w)).tolist() == [False, True]  # to look at it is no harm
        session.run(ts.assign(w, [1.0, 2.0]))
        assert session.run(w * 2.0).tolist() == [2, 4]


def test_the_maximum_of_nothing_is_told():
    x = ts.placeholder(ts.float32, [None])
    assert message(ts.reduce_max(x), {x: []})[0] == "Max: the first inf: Max of no elements"


def test_other_errors_are_worded_as_always():
    x = ts.placeholder(ts.float32, [None], name="x")
    y = ts.add(x, ts.placeholder(ts.float32, [None], name="z"), name="y")
    texts = []
    for debug in (False, True):
        with ts.Session(debug=debug) as session, pytest.raises(ValueError) as caught:  # noqa: PT011
            session.run(y, {x: [1, 2], "z:0": [1, 2, 3]})
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_python_functions_run_once():
    calls = []
    x = ts.py_func(lambda: calls.append(1) or np.float32(2), [], ts.float32)
    with ts.Session(debug=True) as session:
        assert session.run(ts.assign_add(ts.Variable(1.0), x)) == 3
    assert calls == [1]


def test_it_looks_at_steps_and_so_needs_numpy(monkeypatch):
    with pytest.raises(ValueError, match="leave engine='llvm' out"):
        ts.Session(engine="llvm", debug=True)
    monkeypatch.setenv("TENSORSLOW_ENGINE", "llvm")
    assert ts.Session(debug=True).engine.name == "numpy"
    session = ts.InteractiveSession(debug=True)
    with pytest.raises(ExecutionError, match="log of 0"):
        ts.log(ts.placeholder_with_default(0.0, [])).eval()
    session.close()
