"""Gradients of branches and loops, of any order, against closed forms and central differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import GradientError
from tests.unit.differences import check_derivatives, derivatives


def scalar() -> Any:
    return ts.placeholder(ts.float64, [])


def repeat(times: Any, step: Any, start: Any, **options: Any) -> Any:
    """`step(i, y)` so many times."""
    return ts.while_loop(
        lambda i, y: i < times, lambda i, y: (i + 1, step(i, y)), [0, start], **options
    )[1]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_powers_of_unknown_trip_count_to_fourth_order(count: int) -> None:
    x, n = scalar(), ts.placeholder(ts.int32, [])
    power = repeat(n, lambda i, y: y * x, ts.ones_like(x))
    expected, factor = [], 1.0
    for order in range(5):
        expected.append(factor * 1.3 ** (count - order) if factor else 0)
        factor *= count - order
    found = ts.Session().run(derivatives(power, x, 4), {x: 1.3, n: count})
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_condition_on_the_value_decides_how_often() -> None:
    x = scalar()
    y = ts.while_loop(lambda y: y < 100.0, lambda y: y * x, [x])
    session = ts.Session()
    dy = derivatives(y, x, 2)
    for value in (1.5, 3.0, 200.0):
        power = next(k for k in range(1, 99) if value**k >= 100)
        expected = [
            value**power,
            power * value ** (power - 1),
            power * (power - 1) * value ** max(0, power - 2),
        ]
        np.testing.assert_allclose(session.run(dy, {x: value}), expected, rtol=1e-12)


def test_maximum_iterations() -> None:
    x, most = scalar(), ts.placeholder(ts.int32, [])
    y = ts.while_loop(lambda y: y < 100.0, lambda y: y * x, [x], maximum_iterations=most)
    dy = derivatives(y, x, 1)
    session = ts.Session()
    for k in (0, 1, 3):
        np.testing.assert_allclose(
            session.run(dy, {x: 1.5, most: k}), [1.5 ** (k + 1), (k + 1) * 1.5**k]
        )


def test_loops_in_conds_in_loops() -> None:
    x = scalar()

    def inner(y: Any) -> Any:
        return repeat(2, lambda j, z: z * ts.sin(x) + y, y)

    y = repeat(4, lambda i, y: ts.cond(ts.equal(i % 2, 0), lambda: inner(y), lambda: y * x), x)
    for value in (0.7, 1.1):
        check_derivatives(derivatives(y, x, 3), x, value)


def test_conds_in_conds() -> None:
    x = scalar()

    def steep(x: Any) -> Any:
        return ts.cond(x > 1.0, lambda: ts.exp(x) * x, lambda: x * x * x)

    y = ts.cond(x > 0.0, lambda: steep(x) * 2.0, lambda: ts.sin(x))
    for value in (-0.5, 0.6, 1.7):
        check_derivatives(derivatives(y, x, 3), x, value)


def test_shapes_that_change_from_iteration_to_iteration() -> None:
    x = ts.placeholder(ts.float64, [None])
    grown = repeat(
        3, lambda i, a: ts.concat([a, ts.reduce_sum(a * a, keepdims=True)], 0), x,
        shape_invariants=[ts.TensorShape([]), ts.TensorShape([None])],
    )  # fmt: skip
    found = check_derivatives(derivatives(ts.sin(grown), x, 2), x, [0.3, 0.4])
    assert [each.shape for each in found] == [(5,), (2,), (2,)]


def test_ranks_that_change() -> None:
    x = ts.placeholder(ts.float64)
    invariants = [ts.TensorShape([]), ts.TensorShape(None)]
    y = repeat(2, lambda i, a: ts.stack([a, a * a]), x, shape_invariants=invariants)
    check_derivatives(derivatives(y, x, 2), x, [1.1, 1.2])


def test_captured_tensors_constants_and_variables() -> None:
    x, c = scalar(), ts.constant(1.5, ts.float64)
    v = ts.Variable(0.5, dtype=ts.float64)
    y = repeat(3, lambda i, y: ts.tanh(y * v + x * c), x * 0.0)
    z = ts.cond(y > 0.0, lambda: y * v * x, lambda: c * v)
    check_derivatives(derivatives(z, x, 2), x, 0.4)
    (dv,) = ts.gradients(z, v)
    (d2v,) = ts.gradients(dv, v)
    session = ts.Session()
    near = [session.run([z, dv], {x: 0.4, v: 0.5 + step}) for step in (1e-5, -1e-5)]
    np.testing.assert_allclose(
        session.run([dv, d2v], {x: 0.4}), (np.array(near[0]) - near[1]) / 2e-5, rtol=1e-6
    )


def test_several_outputs_of_which_some_are_used() -> None:
    p, x = ts.placeholder(ts.bool, []), scalar()
    a, b = ts.cond(p, lambda: (x, x * x), lambda: (x * 3.0, ts.constant(2.0, ts.float64)))
    wanted = [ts.gradients(a, x)[0], ts.gradients(b, x)[0], ts.gradients([a, b], x)[0]]
    wanted.append(ts.gradients(wanted[1], x)[0])
    session = ts.Session()
    np.testing.assert_allclose(session.run(wanted, {p: True, x: 3}), [1, 6, 7, 2])
    np.testing.assert_allclose(session.run(wanted, {p: False, x: 3}), [3, 0, 3, 0])


def test_what_only_one_branch_uses_has_gradient_zero_in_the_other() -> None:
    p, x, w = (
        ts.placeholder(ts.bool, []),
        ts.placeholder(ts.float64, [2]),
        ts.placeholder(ts.float64, [3]),
    )
    y = ts.cond(p, lambda: ts.reduce_sum(x), lambda: ts.constant(1.0, ts.float64))
    (dx,) = ts.gradients(y, x)
    session = ts.Session()
    np.testing.assert_array_equal(session.run(dx, {p: True, x: [1, 2]}), [1, 1])
    np.testing.assert_array_equal(session.run(dx, {p: False, x: [1, 2]}), [0, 0])
    assert ts.gradients(y, w) == [None]


def test_the_number_of_the_iteration_and_integers_carried_along() -> None:
    x = scalar()
    y = ts.while_loop(
        lambda i, k, y: i < 3,
        lambda i, k, y: (i + 1, k * 2, y * x * ts.cast(k + i, ts.float64)),
        [0, 1, x],
    )[2]
    np.testing.assert_allclose(
        ts.Session().run(derivatives(y, x, 2), {x: 1.1}),
        18 * np.array([1.1**4, 4 * 1.1**3, 12 * 1.1**2]),
    )


def test_rows_read_by_number() -> None:
    x = ts.placeholder(ts.float64, [None, 2])
    y = repeat(
        ts.shape(x)[0],
        lambda i, total: total * total + ts.reduce_sum(ts.gather(x, i)),
        ts.constant(0.1, ts.float64),
    )
    check_derivatives(derivatives(y, x, 2), x, [[0.1, 0.2], [0.3, -0.4], [0.5, 0.1]])


def test_back_prop_false_cuts_the_gradient() -> None:
    x = scalar()
    y = ts.while_loop(lambda y: y < 9.0, lambda y: y * y, [x], back_prop=False)
    np.testing.assert_allclose(ts.Session().run(ts.gradients(y * x, x)[0], {x: 2.0}), 16)


def test_random_numbers_of_the_forward_run_are_used_again() -> None:
    x = scalar()
    y = repeat(3, lambda i, y: y * ts.random_uniform([], 1.0, 2.0, dtype=ts.float64, seed=4), x)
    found = ts.Session().run([y, *ts.gradients(y, x)], {x: 2.0})
    np.testing.assert_allclose(found[0], 2 * found[1])
    assert found[1] > 1


def test_an_operation_without_a_gradient_inside_a_loop() -> None:
    x = scalar()
    y = repeat(3, lambda i, y: ts.reshape(ts.py_func(np.sin, [y], ts.float64, name="sine"), []), x)
    with pytest.raises(GradientError, match="(?s)PyFunc has no gradient.*'sine'"):
        ts.gradients(y, x)


# Variables that a body writes


def test_every_iteration_is_differentiated_with_the_value_that_it_saw() -> None:
    v, x = ts.Variable(2.0, dtype=ts.float64), scalar()

    def step(i: Any, y: Any) -> Any:
        before = y * v
        with ts.control_dependencies([before]):
            write = v.assign_add(1.0)
        with ts.control_dependencies([write]):
            return before * v  # the new value

    y = repeat(2, step, x)  # (2·3)(3·4) x
    z = y * y
    session = ts.Session()
    np.testing.assert_allclose(
        session.run(derivatives(z, x, 2), {x: 0.5}), [72**2 / 4, 72**2, 2 * 72**2]
    )
    assert session.run(v) == 4


def test_branches_are_differentiated_with_the_value_that_they_saw() -> None:
    v, x, p = ts.Variable(2.0, dtype=ts.float64), scalar(), ts.placeholder(ts.bool, [])

    def branch() -> Any:
        with ts.control_dependencies([v.assign(7.0)]):
            return x * x * v.read_value() + x * v

    y = ts.cond(p, branch, lambda: x * v)
    found = derivatives(y, x, 2)
    session = ts.Session()
    np.testing.assert_allclose(session.run(found, {p: False, x: 3.0}), [6, 2, 0])
    np.testing.assert_allclose(session.run(found, {p: True, x: 3.0}), [84, 49, 14])
    np.testing.assert_allclose(session.run(found, {p: False, x: 3.0}), [21, 7, 0])


# Gradients asked for inside a body


def test_gradients_inside_a_loop() -> None:
    x = scalar()
    y = repeat(2, lambda i, y: ts.gradients(y * y * y, y)[0], x)  # 3 (3 x²)²
    np.testing.assert_allclose(
        ts.Session().run(derivatives(y, x, 2), {x: 1.1}), [27 * 1.1**4, 108 * 1.1**3, 324 * 1.1**2]
    )


def test_gradients_of_a_loop_inside_a_loop() -> None:
    x = scalar()
    y = repeat(2, lambda i, y: ts.gradients(repeat(2, lambda j, z: z * y, y), y)[0], x)
    np.testing.assert_allclose(
        ts.Session().run(derivatives(y, x, 1), {x: 1.1}), [27 * 1.1**4, 108 * 1.1**3]
    )


def test_gradients_inside_a_body_with_respect_to_what_is_outside() -> None:
    p, x, w = ts.placeholder(ts.bool, []), scalar(), ts.Variable(3.0, dtype=ts.float64)
    square = x * x
    session = ts.Session()
    for inside, expected in [
        (lambda: ts.gradients(square, x)[0], 4),  # all of it outside
        (lambda: ts.gradients(square * square + x, x)[0], 33),  # partly inside
        (lambda: ts.gradients(w * w * x, w)[0], 12),  # a variable
        (
            lambda: ts.cond(p, lambda: ts.gradients(w * square, [w, x])[1], lambda: x),
            12,
        ),  # two bodies deep
        (lambda: repeat(2, lambda i, y: y + ts.gradients(square * w, x)[0], x), 26),
        (
            lambda: ts.gradients(
                square * w, x, stop_gradients=[square], unconnected_gradients="zero"
            )[0],
            0,
        ),
    ]:
        assert session.run(ts.cond(p, inside, lambda: x), {p: True, x: 2.0}) == expected


def test_a_training_loop_in_the_graph() -> None:
    w = ts.Variable(3.0)
    optimizer = ts.train.MomentumOptimizer(0.1, 0.9)

    def step(i: Any) -> Any:
        with ts.control_dependencies([optimizer.minimize(w * w)]):
            return i + 1

    inside = ts.while_loop(lambda i: i < 5, step, [0])
    outside = ts.Variable(3.0)
    train = ts.train.MomentumOptimizer(0.1, 0.9).minimize(outside * outside, var_list=[outside])
    session = ts.Session()
    assert session.run(inside) == 5
    for _ in range(5):
        session.run(train)
    assert session.run(w) == session.run(outside) != 3
