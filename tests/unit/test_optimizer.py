"""What all optimizers share: what a step changes, when it changes nothing, what users can add."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import DTypeError, ExecutionError, FeedError, ShapeError
from tests.unit.optimizers import ALL, assert_same_state, every_optimizer, state


@pytest.fixture(autouse=True)
def graph() -> Iterator[Any]:
    with ts.Graph().as_default() as graph:
        yield graph


# What a step changes


@every_optimizer
def test_a_run_reports_the_loss_before_its_step(make: Callable[..., Any]) -> None:
    w = ts.Variable([1.0, -2.0])
    loss = ts.reduce_sum(ts.square(w))
    step = make().minimize(loss)
    with ts.Session() as session:
        expected = session.run(loss)
        for _ in range(3):
            found, value, nothing = session.run([loss, w, step])
            assert nothing is None
            assert found == expected
            np.testing.assert_allclose(np.sum(value**2), found, 1e-6)
            expected = session.run(loss)
            assert expected < found


@every_optimizer
def test_a_failing_run_changes_nothing(make: Callable[..., Any]) -> None:
    w = ts.Variable([[1.0, -2.0], [3.0, 4.0]], name="w")
    x = ts.placeholder(ts.float32, [None, 2])
    rows = ts.placeholder(ts.int32, [None])
    steps = ts.train.create_global_step()
    loss = ts.reduce_sum(ts.square(ts.matmul(x, w))) + ts.reduce_sum(ts.square(ts.gather(w, rows)))
    step = make().minimize(loss, steps)
    with ts.control_dependencies([step]):
        failing = ts.Assert(ts.less(loss, -1.0), [loss])
    with ts.Session() as session:
        session.run(step, {x: [[1.0, 2.0]], rows: [0]})
        before = state(session)
        with pytest.raises(FeedError, match="was not fed"):
            session.run(step, {x: [[1.0, 2.0]]})
        with pytest.raises(ExecutionError, match="not in"):
            session.run(step, {x: [[1.0, 2.0]], rows: [2]})
        with pytest.raises(ExecutionError, match="assertion failed"):
            session.run([step, failing], {x: [[1.0, 2.0]], rows: [1]})
        assert_same_state(session, before)
        session.run(step, {x: [[1.0, 2.0]], rows: [1]})
        assert session.run(steps) == 2


def test_only_the_listed_variables_change() -> None:
    a, b = ts.Variable(1.0, name="a"), ts.Variable(1.0, name="b")
    frozen = ts.Variable(1.0, trainable=False, name="frozen")
    loss = ts.square(a) + ts.square(b) + ts.square(frozen)
    optimizer = ts.train.GradientDescentOptimizer(0.25)
    only_b, trainable, only_frozen = (
        optimizer.minimize(loss, var_list=v) for v in ([b], None, (frozen,))
    )
    with ts.Session() as session:
        session.run(only_b)
        assert session.run([a, b, frozen]) == [1.0, 0.5, 1.0]
        session.run(trainable)
        assert session.run([a, b, frozen]) == [0.5, 0.25, 1.0]
        session.run(only_frozen)
        assert session.run([a, b, frozen]) == [0.5, 0.25, 0.5]


def test_variables_on_which_the_loss_does_not_depend_stay() -> None:
    a, b = ts.Variable(1.0, name="a"), ts.Variable(1.0, name="b")
    optimizer = ts.train.AdamOptimizer(0.1)
    pairs = optimizer.compute_gradients(ts.square(a))
    assert pairs[1] == (None, b)
    step = optimizer.apply_gradients(pairs)
    assert optimizer.get_slot(b, "m") is None
    with ts.Session() as session:
        session.run(step)
        assert session.run(b) == 1.0


def test_the_global_step_counts_once_for_each_step() -> None:
    a, b = ts.Variable(1.0), ts.Variable([1.0, 2.0])
    steps = ts.train.get_or_create_global_step()
    step = ts.train.AdamOptimizer().minimize(ts.reduce_sum(a * b), steps)
    assert steps.dtype is ts.int64
    with ts.Session() as session:
        for number in range(3):
            assert ts.train.global_step(session, steps) == number
            assert session.run([steps, step]) == [number, None]


def test_optimizers_on_one_graph_keep_apart() -> None:
    w = ts.Variable([1.0, 2.0], name="w")
    loss = ts.reduce_sum(ts.square(w))
    first, second = ts.train.AdamOptimizer(0.1), ts.train.AdamOptimizer(0.1)
    steps = [first.minimize(loss), second.minimize(loss)]
    assert [step.name for step in steps] == ["Adam", "Adam_1"]
    assert [v.op.name for v in first.variables()] == [
        "beta1_power",
        "beta2_power",
        "w/Adam",
        "w/Adam_1",
    ]
    assert [v.op.name for v in second.variables()] == [
        "beta1_power_1",
        "beta2_power_1",
        "w/Adam_2",
        "w/Adam_3",
    ]
    with ts.Session() as session:
        session.run(steps[0])
        np.testing.assert_array_equal(session.run(second.get_slot(w, "m")), [0.0, 0.0])
        # Both in one run: each computes its gradient before the run, and moves on from where the
        # other left.
        before, step = session.run(w), 0.1
        session.run(steps)
        np.testing.assert_allclose(session.run(w), before - 2 * step, 1e-3)


def test_one_optimizer_shares_its_slots_between_losses() -> None:
    w = ts.Variable([1.0, 2.0], name="w")
    optimizer = ts.train.MomentumOptimizer(0.1, 0.5)
    step = optimizer.minimize(ts.reduce_sum(w))
    other = optimizer.minimize(ts.reduce_sum(2.0 * w))
    assert [v.op.name for v in optimizer.variables()] == ["w/Momentum"]
    with ts.Session() as session:
        session.run(step)
        session.run(other)
        np.testing.assert_allclose(session.run(optimizer.get_slot(w, "momentum")), [2.5, 2.5])


def test_gradients_can_be_changed_before_they_are_applied() -> None:
    w = ts.Variable([3.0, -4.0])
    optimizer = ts.train.GradientDescentOptimizer(1.0)
    pairs = optimizer.compute_gradients(ts.reduce_sum(ts.square(w)))
    clipped = [(ts.clip_by_value(grad, -1.0, 1.0), variable) for grad, variable in pairs]
    step = optimizer.apply_gradients(clipped, name="clipped_step")
    assert step.name == "clipped_step"
    with ts.Session() as session:
        session.run(step)
        np.testing.assert_array_equal(session.run(w), [2.0, -3.0])


def test_gradients_may_be_plain_arrays() -> None:
    w = ts.Variable(np.array([1.0, 2.0]))
    step = ts.train.GradientDescentOptimizer(1.0).apply_gradients([([0.5, 0.25], w)])
    with ts.Session() as session:
        session.run(step)
        np.testing.assert_array_equal(session.run(w), [0.5, 1.75])


def test_a_gradient_penalty_is_trained_through_the_gradient() -> None:
    w = ts.Variable(2.0)
    optimizer = ts.train.GradientDescentOptimizer(0.01)
    (grad, _), *_ = optimizer.compute_gradients(w * w * w)
    step = optimizer.minimize(ts.square(grad))  # (3w²)², whose slope is 36w³
    with ts.Session() as session:
        session.run(step)
        np.testing.assert_allclose(session.run(w), 2.0 - 0.01 * 36 * 8, 1e-6)


def test_a_loss_with_axes_counts_as_its_sum_and_grad_loss_weighs_it() -> None:
    w = ts.Variable([1.0, 2.0])
    optimizer = ts.train.GradientDescentOptimizer(1.0)
    plain, weighted = optimizer.minimize(3.0 * w), optimizer.minimize(3.0 * w, grad_loss=[1.0, 0.0])
    with ts.Session() as session:
        session.run(plain)
        np.testing.assert_array_equal(session.run(w), [-2.0, -1.0])
        session.run(weighted)
        np.testing.assert_array_equal(session.run(w), [-5.0, -1.0])


def test_a_constraint_holds_after_each_step() -> None:
    w = ts.Variable([0.5, 0.5], constraint=lambda value: ts.clip_by_value(value, 0.0, 1.0))
    step = ts.train.GradientDescentOptimizer(1.0).minimize(ts.reduce_sum(w * [3.0, -0.25]))
    with ts.Session() as session:
        session.run(step)
        np.testing.assert_array_equal(session.run(w), [0.0, 0.75])


def test_a_step_can_stand_in_a_branch() -> None:
    w, train = ts.Variable([1.0, 2.0], name="w"), ts.placeholder(ts.bool, [])
    loss = ts.reduce_sum(ts.square(w))
    optimizer = ts.train.MomentumOptimizer(0.25, 0.5)
    done = ts.cond(train, lambda: ts.group(optimizer.minimize(loss)), ts.no_op)
    with ts.Session() as session:
        session.run(done, {train: False})
        np.testing.assert_array_equal(session.run(w), [1.0, 2.0])
        session.run(done, {train: True})
        np.testing.assert_array_equal(session.run(w), [0.5, 1.0])
        np.testing.assert_array_equal(session.run(optimizer.get_slot(w, "momentum")), [2.0, 4.0])


@every_optimizer
def test_placeholders_without_a_type_leave_a_variable_its_own(make: Callable[..., Any]) -> None:
    w = ts.Variable(np.ones((2, 1), np.float32))
    x = ts.placeholder()
    step = make().minimize(ts.reduce_sum(ts.square(ts.matmul(x, w))))
    with ts.Session() as session:
        session.run(step, {x: np.eye(2)})
        kept = state(session)
        assert {value.dtype.name for value in kept.values()} == {"float32"}
        assert np.all(session.run(w) < 1)


@every_optimizer
def test_variables_of_unknown_shape_have_slots_of_theirs(make: Callable[..., Any]) -> None:
    first = ts.placeholder(ts.float32, [None])
    w = ts.Variable(first, validate_shape=False, name="w")
    step = make().minimize(ts.reduce_sum(ts.square(w)))
    with ts.Session() as session:
        session.run(w.initializer, {first: [1.0, 2.0, 3.0]})
        session.run(step)
        assert session.run(w).shape == (3,)
        assert np.all(session.run(w) < [1.0, 2.0, 3.0])


# Rows


def test_rows_without_a_gradient_stay_except_with_adam() -> None:
    for make in ALL:
        with ts.Graph().as_default(), ts.Session() as session:
            w = ts.Variable(np.ones((3, 2), np.float32))
            rows = ts.placeholder(ts.int32, [None])
            step = make().minimize(ts.reduce_sum(ts.square(ts.gather(w, rows))))
            session.run(step, {rows: [0]})
            before = session.run(w)
            session.run(step, {rows: [1, 1]})
            moved = np.any(session.run(w) != before, axis=1)
            adam = isinstance(make(), ts.train.AdamOptimizer)
            assert list(moved) == [adam, True, False], make()


@every_optimizer
def test_rows_named_twice_count_twice(make: Callable[..., Any]) -> None:
    values = []
    for weight, indices in ((1.0, [2, 0, 2]), (2.0, [2])):
        with ts.Graph().as_default(), ts.Session() as session:
            w = ts.Variable(np.ones((3, 2), np.float32))
            step = make().minimize(weight * ts.reduce_sum(ts.square(ts.gather(w, indices))))
            for _ in range(2):
                session.run(step)
            values.append(session.run(w)[2])
    np.testing.assert_allclose(values[0], values[1], 1e-6)


def test_a_users_optimizer_gets_each_row_once() -> None:
    seen: list[Any] = []

    class Rows(ts.train.Optimizer):
        def _apply_sparse(self, grad: Any, var: Any) -> Any:
            seen.append(grad)
            return ts.no_op()

    w = ts.Variable(np.ones((3, 2), np.float32))
    Rows(False, "Rows").minimize(ts.reduce_sum(2.0 * ts.gather(w, [2, 0, 2])))
    with ts.Session() as session:
        values, indices = session.run([seen[0].values, seen[0].indices])
    assert dict(zip(indices, values[:, 0], strict=True)) == {2: 4.0, 0: 2.0}


def test_a_constraint_refuses_rows() -> None:
    w = ts.Variable(np.ones((3, 2), np.float32), constraint=lambda value: value)
    with pytest.raises(RuntimeError, match="constraint"):
        ts.train.GradientDescentOptimizer(0.1).minimize(ts.reduce_sum(ts.gather(w, [0])))


# A user's own


class PowerSign(ts.train.Optimizer):
    """As programs write it: slots, hyperparameters as tensors, assignments."""

    def __init__(
        self, learning_rate: float = 0.1, use_locking: bool = False, name: str = "PowerSign"
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate

    def _prepare(self) -> None:
        self._lr_t = ts.convert_to_tensor(self._lr, name="learning_rate")

    def _create_slots(self, var_list: Any) -> None:
        for v in var_list:
            self._zeros_slot(v, "m", self._name)

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        lr_t = ts.cast(self._lr_t, var.dtype.base_dtype)
        m = self.get_slot(var, "m")
        m_t = m.assign(ts.maximum(0.9 * m, ts.abs(grad)))
        update = ts.assign_sub(var, lr_t * grad * ts.exp(ts.sign(grad) * ts.sign(m_t)))
        return ts.group(*[update, m_t])


def test_a_users_optimizer_has_slots_and_steps() -> None:
    w = ts.Variable([1.0, -2.0], name="w")
    optimizer = PowerSign()
    step = optimizer.minimize(ts.reduce_sum(ts.square(w)))
    assert optimizer.get_slot_names() == ["m"]
    assert optimizer.get_slot(w, "m").op.name == "w/PowerSign"
    with ts.Session() as session:
        session.run(step)
        np.testing.assert_allclose(session.run(w), [1 - 0.2 * np.e, -2 + 0.4 / np.e], 1e-6)
        np.testing.assert_array_equal(session.run(optimizer.get_slot(w, "m")), [2.0, 4.0])


def test_an_optimizer_may_be_written_for_resource_variables() -> None:
    class Halving(ts.train.Optimizer):
        def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
            return ts.assign_sub(handle, 0.5 * grad)

    w = ts.Variable(4.0)
    step = Halving(False, "Halving").minimize(0.5 * ts.square(w))
    with ts.Session() as session:
        session.run(step)
        assert session.run(w) == 2.0


def test_an_optimizer_without_a_rule_says_so() -> None:
    w = ts.Variable([1.0])
    optimizer = ts.train.Optimizer(False, "Nothing")
    with pytest.raises(NotImplementedError, match="_apply_dense"):
        optimizer.minimize(ts.reduce_sum(w))
    with pytest.raises(NotImplementedError, match="_apply_sparse"):
        optimizer.minimize(ts.reduce_sum(ts.gather(w, [0])))


# Mistakes


def test_a_loss_must_be_a_floating_tensor() -> None:
    w = ts.Variable(1.0)
    optimizer = ts.train.GradientDescentOptimizer(0.1)
    for bad in (None, 3.0, [w]):
        with pytest.raises(ValueError, match="the loss must be a tensor"):
            optimizer.minimize(bad)
    with pytest.raises(ValueError, match="'count' is int32"):
        optimizer.minimize(ts.constant(3, name="count"))


def test_there_must_be_something_to_optimize() -> None:
    optimizer = ts.train.GradientDescentOptimizer(0.1)
    with pytest.raises(ValueError, match="no variables to optimize"):
        optimizer.minimize(ts.constant(1.0))
    w, whole = ts.Variable(1.0, name="w"), ts.Variable(3, name="whole")
    with pytest.raises(ValueError, match="no variables to optimize"):
        optimizer.minimize(w * w, var_list=[])
    with pytest.raises(TypeError, match="only variables can be optimized"):
        optimizer.minimize(w * w, var_list=["w"])
    with pytest.raises(
        ValueError, match=r"no gradients for any variable: .*'loss:0'.* 'w', 'whole'"
    ):
        optimizer.minimize(ts.constant(1.0, name="loss"))
    with pytest.raises(ValueError, match=r"no gradients for any variable: .*'whole'"):
        optimizer.minimize(ts.cast(whole, ts.float32), var_list=[whole])


def test_apply_gradients_takes_pairs() -> None:
    optimizer = ts.train.GradientDescentOptimizer(0.1)
    w = ts.Variable([1.0, 2.0], name="w")
    with pytest.raises(ValueError, match="no variables"):
        optimizer.apply_gradients([])
    with pytest.raises(ValueError, match="all are None, for 'w'"):
        optimizer.apply_gradients([(None, w)])
    with pytest.raises(TypeError, match="list of pairs"):
        optimizer.apply_gradients([w])
    with pytest.raises(TypeError, match="only a variable can be changed"):
        optimizer.apply_gradients([(w, ts.constant(1.0))])
    with pytest.raises(ShapeError, match=r"delta must have shape \[2\], not \[3\]"):
        optimizer.apply_gradients([([1.0, 2.0, 3.0], w)])
    with pytest.raises(DTypeError, match="var is float32 but delta is float64"):
        optimizer.apply_gradients([(ts.constant(np.ones(2)), w)])


def test_arguments_are_checked() -> None:
    w = ts.Variable(1.0)
    with pytest.raises(ValueError, match="needs a name"):
        ts.train.GradientDescentOptimizer(0.1, name="")
    with pytest.raises(ValueError, match="gate_gradients"):
        ts.train.GradientDescentOptimizer(0.1).minimize(w * w, gate_gradients=7)
    with pytest.raises(ValueError, match="initial_accumulator_value must be positive"):
        ts.train.AdagradOptimizer(0.1, initial_accumulator_value=0.0)
    with pytest.raises(ValueError, match="learning_rate_power must not be positive"):
        ts.train.FtrlOptimizer(0.1, learning_rate_power=0.5)
    with pytest.raises(ValueError, match="l1_regularization_strength must not be negative"):
        ts.train.FtrlOptimizer(0.1, l1_regularization_strength=-1.0)
