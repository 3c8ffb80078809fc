"""Variables: what a use sees, in which order writes happen; a run commits or leaves no trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import DTypeError, ExecutionError, ShapeError


def fail(*_: Any) -> Any:
    raise RuntimeError("on purpose")


# What a use sees


def test_a_use_sees_the_value_from_before_the_run() -> None:
    v = ts.Variable(1.0)
    grow = v.assign_add(10.0)
    use = v * 2.0
    session = ts.Session()
    assert session.run([use, grow, v]) == [2, 11, 1]
    assert session.run([grow, v, use]) == [21, 11, 22]
    assert session.run(v) == 21


def test_loss_and_train_give_the_loss_before_the_step() -> None:
    w = ts.Variable(3.0)
    loss = w * w
    train = ts.train.GradientDescentOptimizer(0.25).minimize(loss)
    session = ts.Session()
    assert [session.run([loss, train])[0] for _ in range(3)] == [9, 2.25, 0.5625]
    assert [session.run([train, loss])[1] for _ in range(2)] == [0.140625, 0.03515625]


def test_a_use_sees_writes_that_data_or_control_dependencies_put_before_it() -> None:
    v = ts.Variable(1.0)
    write = v.assign(5.0)
    with ts.control_dependencies([write]):
        read, doubled = v.read_value(), v * 2.0
    by_data = write + v
    far = ts.add(ts.identity(read), v)
    session = ts.Session()
    assert session.run([read, doubled, by_data, far, write, v]) == [5, 10, 10, 10, 5, 1]


def test_a_use_between_two_writes() -> None:
    v = ts.Variable(1.0)
    first = v.assign_add(1.0)
    with ts.control_dependencies([first]):
        between = v + 0.0
        with ts.control_dependencies([between]):
            second = v.assign_add(1.0)
    with ts.control_dependencies([second]):
        after = v + 0.0
    session = ts.Session()
    assert session.run([v, between, after, first, second]) == [1, 2, 3, 2, 3]
    assert session.run([between, v]) == [4, 3]  # the second write is not needed
    assert session.run(v) == 4


def test_unordered_writes_happen_in_the_order_of_creation() -> None:
    v = ts.Variable(1.0)
    assign, add, triple = v.assign(10.0), v.assign_add(5.0), v.assign(v * 3.0)
    again = v.assign_sub(1.0)
    for fetches, results, left in [
        ([assign, add, triple], [10, 15, 3], 3),
        ([triple, add], [3, 6], 3),
        ([add, assign], [15, 10], 15),
        ([again, assign], [9, 10], 9),
        ([again, triple, add, v], [2, 3, 6, 1], 2),
    ]:
        session = ts.Session()
        assert session.run(fetches) == results
        assert session.run(v) == left


def test_control_inputs_outrank_the_order_of_creation() -> None:
    v = ts.Variable(1.0)
    add, assign = v.assign_add(5.0), v.assign(10.0)
    add.op.add_control_input(assign.op)
    session = ts.Session()
    assert session.run([add, assign, v]) == [15, 10, 1]
    assert session.run(v) == 15


def test_assign_add_adds_to_the_last_write() -> None:
    v = ts.Variable([0, 0])
    session = ts.Session()
    session.run(ts.group(*[v.assign_add([1, 2]) for _ in range(10)]))
    np.testing.assert_array_equal(session.run(v), [10, 20])
    chain = ts.assign_sub(ts.assign_add(v.assign([5, 5]), [1, 1]), [2, 2])
    np.testing.assert_array_equal(session.run(chain), [4, 4])


def test_a_fed_variable_counts_from_what_was_fed() -> None:
    v = ts.Variable(1.0)
    grow = v.assign_add(10.0)
    with ts.control_dependencies([grow]):
        after = v + 0.0
    session = ts.Session()
    assert session.run([v * 2.0, after], {v: 3.0}) == [6, 13]
    assert session.run(v) == 13
    assert session.run(v * 2.0, {v: 4.0}) == 8
    assert session.run(v) == 13


def test_gradients_see_the_variables_that_their_operations_saw() -> None:
    v = ts.Variable(2.0)
    x = ts.placeholder(ts.float32, [None])
    y = x * v
    with ts.control_dependencies([y]):
        write = v.assign(5.0)
    with ts.control_dependencies([write]):
        z = ts.reduce_sum(y * y * v)  # 5 (2 x)²
    (dx,) = ts.gradients(z, x)
    (d2x,) = ts.gradients(dx, x)
    found = ts.Session().run([z, dx, d2x], {x: [1.0, 3.0]})
    np.testing.assert_array_equal(found[0], 200)
    np.testing.assert_array_equal(found[1], [40, 120])
    np.testing.assert_array_equal(found[2], [40, 40])


# Commit or no trace


@pytest.mark.parametrize("host", ["assert", "py_func", "check_numerics", "shape"])
def test_a_failing_run_changes_nothing(host: str) -> None:
    ts.set_random_seed(1)
    draw = ts.random_uniform([2])
    v, w = ts.Variable([1.0, 2.0]), ts.Variable(0.0)
    writes = [v.assign(draw), w.assign_add(1.0)]
    bad = ts.placeholder(ts.float32)
    with ts.control_dependencies(writes):
        last: Any = {
            "assert": lambda: ts.Assert(ts.reduce_sum(v) < 0.0, [v]),
            "py_func": lambda: ts.py_func(fail, [v], ts.float32),
            "check_numerics": lambda: ts.check_numerics(bad / bad, "bad"),
            "shape": lambda: ts.matmul([[1.0, 2.0]], bad),
        }[host]()
    session, other = ts.Session(), ts.Session()
    for _ in range(2):
        with pytest.raises(
            (ExecutionError, ShapeError), match="assertion failed|on purpose|NaN|inner dimensions"
        ):
            session.run(last, {bad: np.zeros((3, 3))})
        np.testing.assert_array_equal(session.run(v), [1, 2])
        assert session.run(w) == 0
    # The numbers that the failing runs drew are still to come.
    np.testing.assert_array_equal(session.run(draw), other.run(draw))
    assert session.run(writes)[1] == 1


def test_a_run_that_fails_while_it_commits_changes_nothing() -> None:
    x = ts.placeholder(ts.float32)
    first, second = ts.Variable(0.0), ts.Variable([1.0, 2.0], name="second")
    both = [first.assign_add(1.0), second.assign(x)]
    session = ts.Session()
    with pytest.raises(
        ShapeError,
        match=r"(?s)variable 'second' has shape \[2\], the new value \[3\].*first, second = ",
    ):
        session.run(both, {x: [1.0, 2.0, 3.0]})
    assert session.run(first) == 0
    session.run(both, {x: [7.0, 8.0]})
    np.testing.assert_array_equal(session.run(second), [7, 8])


def test_a_feed_that_does_not_fit_changes_nothing() -> None:
    v, x = ts.Variable(0.0), ts.placeholder(ts.float32, [])
    session = ts.Session()
    with pytest.raises(TypeError, match="feed: a value of shape"):
        session.run(v.assign_add(x), {x: [1.0]})
    assert session.run(v) == 0


# Initial values


def test_a_variable_needs_no_initializer() -> None:
    for value, expected in [
        (2.5, 2.5),
        ([[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        (np.ones(2), [1, 1]),
        (ts.constant([1.0, 2.0]) * 2.0, [2, 4]),
        (lambda: ts.zeros([2]), [0, 0]),
        (ts.Variable(3.0) + 1.0, 4),
        (ts.Variable([5.0]), [5]),
        (ts.Variable([6.0]).initialized_value(), [6]),
    ]:
        np.testing.assert_array_equal(ts.Session().run(ts.Variable(value)), expected)


def test_initializers_run_as_in_tensorflow() -> None:
    v = ts.Variable(ts.random_normal([3]), name="v")
    w = ts.Variable(1.0, trainable=False)
    local = ts.Variable(2.0, collections=[ts.GraphKeys.LOCAL_VARIABLES], trainable=False)
    session = ts.Session()
    assert session.run(ts.global_variables_initializer()) is None
    first = session.run(v)
    session.run([w.assign_add(5.0), local.assign_add(5.0)])
    np.testing.assert_array_equal(session.run(v), first)
    session.run(ts.global_variables_initializer())
    assert not np.array_equal(session.run(v), first)
    assert session.run([w, local]) == [1, 7]
    session.run(ts.local_variables_initializer())
    assert session.run(local) == 2
    session.run(ts.variables_initializer([w]))
    assert session.run(w.initializer) is None
    assert ts.global_variables() == [v, w]
    assert ts.trainable_variables() == [v]
    assert ts.local_variables() == [local]


def test_initial_values_are_drawn_once() -> None:
    v = ts.Variable(ts.random_normal([3]))
    session = ts.Session()
    np.testing.assert_array_equal(session.run(v), session.run(v * 1.0))


def test_initial_value_of_a_variable_made_in_a_body() -> None:
    p = ts.placeholder(ts.bool, [])
    y = ts.cond(p, lambda: ts.Variable(2.0, name="inner") * 3.0, lambda: ts.constant(1.0))
    assert ts.Session().run(y, {p: True}) == 6
    assert (
        ts.global_variables()[0].name == "cond/inner:0"
        or ts.global_variables()[0].name == "inner:0"
    )


# The object


def test_types_and_shapes() -> None:
    assert ts.Variable(1, dtype=ts.float64).dtype is ts.float64
    assert ts.Variable(np.ones((2, 3))).shape == [2, 3]
    free = ts.Variable([1.0], validate_shape=False)
    assert free.shape.ndims is None
    session = ts.Session()
    session.run(ts.assign(free, [[1.0, 2.0]]))
    np.testing.assert_array_equal(session.run(free), [[1, 2]])
    with pytest.raises(ValueError, match="a variable needs an initial value"):
        ts.Variable()


def test_writes_are_checked_when_they_are_made() -> None:
    v, x = ts.Variable([1.0, 2.0], name="v"), ts.placeholder(ts.float32, [3])
    with pytest.raises(
        ShapeError,
        match=r"(?s)Assign: the variable has shape \[2\], the value \[3\].*ref .*'v'.*value",
    ):
        v.assign(x)
    with pytest.raises(
        ShapeError, match=r"AssignAdd: the variable has shape \[2\], the change \[3\]"
    ):
        v.assign_add(x)
    with pytest.raises(DTypeError, match="ref is float32 but value is int32"):
        v.assign(ts.constant([1, 2]))
    with pytest.raises(
        DTypeError, match="only a variable can be assigned to, not <ts.Tensor 'Placeholder:0'"
    ):
        ts.assign(x, x)
    np.testing.assert_array_equal(ts.Session().run(v.assign([3, 4])), [3, 4])


def test_load_value_and_reads() -> None:
    v = ts.Variable([1.0, 2.0])
    with ts.Session() as session:
        v.load([3.0, 4.0], session)
        np.testing.assert_array_equal(v.eval(), [3, 4])
        v.load([5.0, 6.0])
        for read in (v.value(), v.read_value(), ts.identity(v), v[:]):
            np.testing.assert_array_equal(read.eval(), [5, 6])
        np.testing.assert_array_equal(v.initial_value.eval(), [1, 2])
    assert repr(v) == "<ts.Variable 'Variable:0' shape=(2,) dtype=float32>"
    assert {v: "key"}[v] == "key"
