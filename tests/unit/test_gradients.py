"""gradients: which paths count, how they add up, and gradients of gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import GradientError, ShapeError
from tests.unit.differences import check_derivatives, derivatives


def values(nodes: Any, feeds: Any = None) -> Any:
    return ts.Session().run(nodes, feeds)


# Paths


def test_one_input_used_twice() -> None:
    a = ts.placeholder(ts.float64, [2, 2])
    value = np.array([[1.0, 2.0], [3.0, 5.0]])
    check_derivatives(derivatives(ts.matmul(a, a), a, 2), a, value)
    check_derivatives(derivatives(a * a * a, a, 3), a, value)
    (da,) = ts.gradients(ts.matmul(a, a), a)
    ones = np.ones((2, 2))
    np.testing.assert_allclose(values(da, {a: value}), ones @ value.T + value.T @ ones)


def test_skip_connections() -> None:
    x = ts.placeholder(ts.float64, [3])
    y = x
    for _ in range(3):
        y = ts.tanh(y) + x
    y = y * x + y
    check_derivatives(derivatives(y, x, 3), x, [0.2, -0.5, 0.9])


def test_consumers_that_nobody_needs_do_not_count() -> None:
    x = ts.placeholder(ts.float64, [])
    y = x * 2.0
    unused = [y * 100.0, ts.py_func(np.sin, [y], ts.float64), ts.unstack(ts.stack([y, x]))]
    z = y * y
    assert values(ts.gradients(z, x)[0], {x: 3}) == 24
    assert len(unused) == 3


def test_doublings() -> None:
    x = ts.placeholder(ts.float64, [])
    y = x
    for _ in range(20):
        y = y + y
    assert values(ts.gradients(y, x)[0], {x: 1}) == 2**20


@pytest.mark.parametrize(
    ("a", "b"), [((3, 1), (4,)), ((), (2, 3)), ((2, 1, 3), (4, 1)), ((1, 1), (1,)), ((0, 3), (3,))]
)
@pytest.mark.parametrize("known", [True, False])
def test_broadcasting(a: Any, b: Any, known: bool) -> None:
    rng = np.random.default_rng(0)
    x, y = (ts.placeholder(ts.float64, shape if known else None) for shape in (a, b))
    feeds = {x: rng.standard_normal(a), y: rng.standard_normal(b) + 3}
    z = x * x * y + x / y - y
    check_derivatives(derivatives(z, x, 2), x, feeds[x], feeds)
    check_derivatives(derivatives(z, y, 2), y, feeds[y], feeds)


def test_only_some_outputs_of_an_operation_are_used() -> None:
    x = ts.placeholder(ts.float64, [4])
    first, second = ts.split(x, 2)
    (dx,) = ts.gradients(second * second, x)
    np.testing.assert_array_equal(values(dx, {x: [1, 2, 3, 4]}), [0, 0, 6, 8])
    assert ts.gradients(second, first) == [None]


# Arguments


def test_several_ys_and_xs() -> None:
    x, y, z = (ts.placeholder(ts.float64, []) for _ in range(3))
    found = ts.gradients([x * y, x * x], [x, y, z])
    assert found[2] is None
    np.testing.assert_array_equal(values(found[:2], {x: 3, y: 5}), [5 + 6, 3])
    (dz,) = ts.gradients(x * y, z, unconnected_gradients="zero")
    assert values(dz, {z: 7}) == 0


def test_grad_ys() -> None:
    x = ts.placeholder(ts.float64, [2])
    v = ts.placeholder(ts.float64, [2])
    (dx,) = ts.gradients([x * x, x * 3.0], x, grad_ys=[v, None])
    np.testing.assert_array_equal(values(dx, {x: [1, 2], v: [10, 100]}), [2 * 10 + 3, 4 * 100 + 3])
    (dv,) = ts.gradients(dx, v)
    np.testing.assert_array_equal(values(dv, {x: [1, 2]}), [2, 4])
    np.testing.assert_array_equal(
        values(ts.gradients(x * x, x, grad_ys=[[1.0, 0.0]]), {x: [1, 2]}), [[2, 0]]
    )
    with pytest.raises(ShapeError, match=r"(?s)grad_ys\[0\] has shape \[3\], its y \[2\].*x \* x"):
        ts.gradients(x * x, x, grad_ys=[np.ones(3)])


def test_stop_gradients() -> None:
    x = ts.placeholder(ts.float64, [])
    a = x * 2.0
    b = a * a
    y = b + a * 3.0 + x
    assert values(ts.gradients(y, x, stop_gradients=[a]), {x: 5}) == [1]
    assert values(ts.gradients(y, [x, a], stop_gradients=a), {x: 5}) == [1, 2 * 10 + 3]
    assert values(ts.gradients(y, [x, b], stop_gradients=[b]), {x: 5}) == [7, 1]
    assert ts.gradients(b, x, stop_gradients=[b]) == [None]
    assert values(ts.gradients(a * ts.stop_gradient(a), x), {x: 5}) == [20]


def test_stopped_tensors_stay_stopped_when_something_waits_for_them() -> None:
    x = ts.placeholder(ts.float64, [])
    stopped = x * 2.0
    with ts.control_dependencies([stopped]):
        other = x * 3.0
    assert values(ts.gradients(stopped + other, x, stop_gradients=[stopped]), {x: 1}) == [3]


def test_a_y_that_is_an_x() -> None:
    x = ts.placeholder(ts.float64, [2])
    y = x * 3.0
    np.testing.assert_array_equal(
        values(ts.gradients([x, y], [x, y]), {x: [1, 2]}), [[4, 4], [1, 1]]
    )


def test_with_respect_to_what_lies_between() -> None:
    x = ts.placeholder(ts.float64, [])
    y = ts.exp(x)
    z = y * y + x
    found = values(ts.gradients(z, [x, y]), {x: 1.0})
    np.testing.assert_allclose(found, [2 * np.e**2 + 1, 2 * np.e])


def test_integers_let_nothing_through() -> None:
    x, i = ts.placeholder(ts.float64, [3]), ts.placeholder(ts.int32, [])
    rounded = ts.cast(ts.cast(x, ts.int32), ts.float64)
    y = rounded * 2.0 + ts.gather(x, i)
    (dx,) = ts.gradients(y, x)
    np.testing.assert_array_equal(values(ts.convert_to_tensor(dx), {x: [1, 2, 3], i: 1}), [0, 3, 0])
    assert ts.gradients(rounded, x) == [None]
    assert ts.gradients(y, i) == [None]


# Results


def test_sparse_gradients() -> None:
    v = ts.Variable(np.arange(6.0).reshape(3, 2))
    rows = ts.gather(v, [2, 0, 2])
    (once,) = ts.gradients(rows * rows, v)
    (twice,) = ts.gradients(ts.reduce_sum(rows) + ts.reduce_sum(ts.gather(v, [1])), v)
    (mixed,) = ts.gradients(ts.reduce_sum(rows) + ts.reduce_sum(v), v)
    assert isinstance(once, ts.IndexedSlices)
    assert isinstance(twice, ts.IndexedSlices)
    np.testing.assert_array_equal(values(ts.convert_to_tensor(once)), [[0, 2], [0, 0], [16, 20]])
    np.testing.assert_array_equal(values(ts.convert_to_tensor(twice)), [[1, 1], [1, 1], [2, 2]])
    np.testing.assert_array_equal(values(ts.convert_to_tensor(mixed)), [[2, 2], [1, 1], [3, 3]])


def test_names_are_tensorflows() -> None:
    x = ts.placeholder(ts.float32, [])
    assert ts.gradients(x * 2.0, x)[0].name == "gradients/mul_grad/Mul:0"
    assert ts.gradients(x * x, x, name="mine")[0].op.name.startswith("mine/")
    assert ts.gradients(x * x, x)[0].op.name.startswith("gradients_1/")


def test_compute_gradients_is_a_dictionary_of_all_nodes() -> None:
    register = ts.RegisterGradient("Square")

    class Square(ts.Operation):
        def __init__(self, x: Any) -> None:
            super().__init__([x])

        def compute(self, x: Any) -> Any:
            return x * x

    register(lambda op, grad: 2 * grad * op.inputs[0])
    x, w = ts.placeholder(ts.float64, [2]), ts.Variable([3.0, 4.0], dtype=ts.float64)
    unrelated = ts.Variable(1.0)
    product = x * w
    square = Square(product)
    loss = ts.reduce_sum(square)
    found = ts.compute_gradients(loss)
    assert unrelated not in found
    expected = {loss: 1, square: [1, 1], product: [6, 16], w: [6, 32], x: [18, 64]}
    for node, gradient in expected.items():
        np.testing.assert_array_equal(values(found[node], {x: [1, 2]}), gradient)


def test_unknown_types_and_shapes() -> None:
    x, w = ts.placeholder(), ts.placeholder()
    loss = ts.reduce_sum(ts.sigmoid(ts.matmul(x, w)))
    dx, dw = ts.gradients(loss, [x, w])
    rng = np.random.default_rng(1)
    for a, b in [((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3, 4))]:
        feeds = {x: rng.standard_normal(a), w: rng.standard_normal(b)}
        session = ts.Session()
        assert [found.shape for found in session.run([dx, dw], feeds)] == [a, b]
        check_derivatives([loss, dx], x, feeds[x], feeds)
        check_derivatives([loss, dw], w, feeds[w], feeds)


# Errors


def test_an_operation_without_a_gradient_names_the_path() -> None:
    x = ts.placeholder(ts.float32, [2], name="x")
    hidden = ts.py_func(lambda a: a, [x], ts.float32, name="hidden")
    loss = ts.reduce_sum(ts.exp(hidden), name="loss")
    with pytest.raises(
        GradientError,
        match=r"(?s)PyFunc has no gradient.*hidden = ts.py_func.*path: loss <- Exp <- hidden;",
    ):
        ts.gradients(loss, x)
    # Where nothing asks for it, nothing is missing.
    assert values(
        ts.gradients(loss + ts.reduce_sum(x), x, stop_gradients=[hidden])[0], {x: [1, 2]}
    ).tolist() == [1, 1]


def test_a_gradient_function_with_the_wrong_number_of_results() -> None:
    ts.RegisterGradient("OneTooMany")(lambda op, dy: [dy, dy, dy])
    x = ts.placeholder(ts.float32, [2])
    with ts.get_default_graph().gradient_override_map({"Mul": "OneTooMany"}):
        y = x * x
    with pytest.raises(
        GradientError, match="(?s)the gradient of Mul gave 3 values for 2 inputs.*y = x . x"
    ):
        ts.gradients(y, x)


def test_asking_fails_without_leaving_anything_behind() -> None:
    x = ts.placeholder(ts.float32, [])
    y = x * ts.py_func(lambda a: a, [x], ts.float32)
    with pytest.raises(GradientError, match="PyFunc has no gradient"):
        ts.gradients(y, x)
    assert ts.constant(1).name == "Const:0"  # the name scope is closed
    assert ts.get_default_graph().differentiated is None
    assert values(ts.gradients(x * x, x), {x: 3}) == [6]
