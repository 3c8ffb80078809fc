"""Plans: what a run must do, in which order, and what it need not do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import FeedError, GraphError
from tensorslow.order import needed
from tensorslow.plan import plan_run


def steps(fetches: Any, fed: Any = ()) -> list[str]:
    """The kinds of the steps, in order."""
    return [step.op.type for step in plan_run(fetches, fed).plan.steps]


def test_only_what_is_needed() -> None:
    x, y = ts.placeholder(ts.float32, [2]), ts.placeholder(ts.float32, [2])
    product, total = x * y, ts.reduce_sum(x)
    sine = ts.sin(product)
    assert steps([product], [x, y]) == ["Mul"]
    assert steps([total], [x]) == ["Sum"]
    assert steps([sine], [x, y]) == ["Mul", "Sin"]
    assert steps([sine, total], [x, product]) == ["Sum", "Sin"]
    assert steps([sine], [sine]) == []
    assert needed([sine.op], [product]) == [sine.op]


def test_the_order_of_creation_unless_something_must_be_earlier() -> None:
    x = ts.placeholder(ts.float32, [])
    a, b, c = ts.sin(x), ts.cos(x), ts.tan(x)
    assert steps([c, a, b], [x]) == ["Sin", "Cos", "Tan"]
    a.op.add_control_input(c.op)
    assert steps([a, b], [x]) == ["Cos", "Tan", "Sin"]
    assert ts.Session().run([a, b], {x: 0}) == [0, 1]


def test_what_is_known_is_computed_once() -> None:
    x = ts.placeholder(ts.float32, [2, 3])
    size = ts.cast(ts.reduce_prod(ts.shape(x)), ts.float32)
    mean = ts.reduce_sum(x) / (size * (1.0 + 1.0))
    assert steps([mean], [x]) == ["Sum", "RealDiv"]
    assert ts.Session().run(mean, {x: np.ones((2, 3))}) == 0.5
    # Fed with another value, a constant is none.
    c = ts.constant([1.0, 2.0])
    total = ts.reduce_sum(c * c)
    assert steps([total]) == []
    assert steps([total], [c]) == ["Mul", "Sum"]


def test_nothing_with_an_effect_is_left_out_or_computed_beforehand() -> None:
    calls: list[int] = []
    c = ts.constant(1.0)
    quiet = ts.py_func(lambda a: calls.append(1) or a, [c], ts.float32)
    with ts.control_dependencies([quiet]):
        y = c + 1.0
    run_plan = plan_run([y], [])
    assert [step.op.type for step in run_plan.plan.steps] == ["PyFunc", "AddV2"]
    assert run_plan.plan.has_host
    assert calls == []
    session = ts.Session()
    assert [session.run(y), session.run(y), len(calls)] == [2, 2, 2]


def test_checks_that_something_waits_for_run() -> None:
    x = ts.placeholder(ts.float32, [])
    checked = ts.check_numerics(1.0 / x, "inverse")
    with ts.control_dependencies([checked]):
        y = x + 1.0
    session = ts.Session()
    assert session.run(y, {x: 1}) == 2
    with pytest.raises(GraphError, match="inverse : Tensor had Inf values"):
        session.run(y, {x: 0})


def test_a_division_that_fails_only_fails_where_it_runs() -> None:
    bad = ts.constant(1) // ts.constant(0)
    p = ts.placeholder(ts.bool, [])
    y = ts.cond(p, lambda: bad + 1, lambda: ts.constant(5))
    session = ts.Session()
    with pytest.raises(
        GraphError, match="(?s)division of integers by zero|by zero.*bad = ts.constant"
    ):
        session.run(bad)
    inside = ts.cond(p, lambda: ts.constant(1) // ts.constant(0), lambda: ts.constant(5))
    assert session.run(inside, {p: False}) == 5
    with pytest.raises(GraphError, match="by zero"):
        session.run([inside, y], {p: True})


def test_state_is_written_out() -> None:
    v, w = ts.Variable(1.0), ts.Variable(2.0)
    draw = ts.random_uniform([], seed=1)
    grown = v.assign_add(w * draw)
    run_plan = plan_run([grown], [])
    assert set(run_plan.reads) == {v, w, draw.op}
    assert set(run_plan.writes) == {v, draw.op}
    assert len(run_plan.plan.outputs) == 3
    overwritten = plan_run([w.assign(5.0)], [])
    assert (overwritten.reads, overwritten.writes) == ([], [w])


def test_bodies_carry_the_state_that_they_use() -> None:
    v, w = ts.Variable(1.0), ts.Variable(2.0)

    def step(i: Any) -> Any:
        with ts.control_dependencies([v.assign_add(w * ts.random_uniform([], seed=1))]):
            return i + 1

    loop = ts.while_loop(lambda i: i < 3, step, [0])
    run_plan = plan_run([loop], [])
    (drawn,) = [cell for cell in run_plan.writes if cell is not v]
    assert set(run_plan.writes) == {v, drawn}
    assert set(run_plan.reads) == {v, w, drawn}


def test_a_loop_keeps_values_only_if_the_gradient_is_wanted() -> None:
    x = ts.placeholder(ts.float64, [])
    y = ts.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, ts.sin(y) * x), [0, x])[1]
    (dx,) = ts.gradients(y, x)

    def kept(fetches: Any) -> list[int]:
        return [
            len(step.attrs["kept"])
            for step in plan_run(fetches, [x]).plan.steps
            if step.op.type == "While"
        ]

    assert kept([y]) == [0]
    assert kept([y, dx])[0] > 0


def test_placeholders() -> None:
    x, y = ts.placeholder(ts.float32, [], name="x"), ts.placeholder(ts.float32, [])
    with pytest.raises(FeedError, match="placeholder 'x' was not fed"):
        plan_run([x + y], [y])
    assert steps([x + y], [x, y]) == ["AddV2"]


def test_a_circle() -> None:
    x = ts.placeholder(ts.float32, [])
    first = ts.identity(x, name="first")
    second = ts.identity(first, name="second")
    fine = ts.identity(x, name="fine")
    first.op.add_control_input(second.op)
    session = ts.Session()
    with pytest.raises(
        GraphError,
        match=r"(?s)2 operations wait for each other in a circle.*first = ts.id.*second = ts.id",
    ):
        session.run(second, {x: 1})
    assert session.run(fine, {x: 1}) == 1
    assert session.run(second, {first: 3}) == 3
