"""Python functions in the graph: py_func, Print, Assert and a user's own operations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import ExecutionError, GradientError


class Scale(ts.Operation):
    """y = x · factor, with the factor kept as an attribute."""

    def __init__(self, x: Any, factor: float) -> None:
        super().__init__([x])
        self.factor = factor

    def compute(self, x: Any) -> Any:
        self.inputs = [x]  # as the tutorial does
        self.seen = x.sum()
        return x * self.factor


class Product(ts.Operation):
    def __init__(self, x: Any, y: Any) -> None:
        super().__init__([x, y])

    def compute(self, x: Any, y: Any) -> Any:
        self.inputs = [x, y]
        return x * y


def register_gradients() -> None:
    ts.RegisterGradient("Scale")(lambda op, grad: grad * op.factor)
    ts.RegisterGradient("Product")(lambda op, grad: [grad * op.inputs[1], grad * op.inputs[0]])


# py_func


def test_py_func_gets_and_gives_arrays() -> None:
    x, n = ts.placeholder(ts.float32, [2]), ts.constant(3)
    total, texts = ts.py_func(
        lambda x, n: (x.sum() * n, [f"{v:.0f}" for v in x]), [x, n], [ts.float32, ts.string]
    )
    session = ts.Session()
    found = session.run([total, texts], {x: [1, 2]})
    assert found[0] == 9
    assert found[1].tolist() == ["1", "2"]
    assert session.run(ts.py_func(lambda: [1, 2], [], [ts.int32, ts.int64])) == [1, 2]
    assert session.run(ts.py_func(lambda x: x.dtype.name, [x], ts.string), {x: [1, 2]}) == "float32"
    single = ts.py_func(lambda x: x * 2, [x], ts.float32)
    assert single.shape.ndims is None
    single.set_shape([2])
    assert (single + x).shape == [2]
    nothing = ts.py_func(lambda: None, [], [])
    assert session.run(nothing) is None


@pytest.mark.parametrize(
    ("function", "kind", "message"),
    [
        (lambda: np.ones(2), ts.float32, "the function returned float64, Tout says float32"),
        (lambda: "text", ts.float32, "the function returned 'text', Tout says float32"),
        (lambda: None, ts.float32, "the function returned None, Tout says float32"),
        (lambda: [[1], [1, 2]], ts.float32, "the function returned rows of different lengths"),
        (lambda: (1, 2, 3), [ts.int32, ts.int32], "the function returned 3 values, Tout names 2"),
        (lambda: {}["missing"], ts.float32, "'missing'"),
    ],
)
def test_py_func_that_fails(function: Any, kind: Any, message: str) -> None:
    y = ts.py_func(function, [], kind, name="mine")
    with pytest.raises(ExecutionError, match=f"(?s)PyFunc: {message}.*'mine'.*y = ts.py_func"):
        ts.Session().run(y)


def test_the_cause_of_a_failure_is_kept() -> None:
    def fail() -> None:
        raise KeyError("inside")

    with pytest.raises(ExecutionError, match="PyFunc: 'inside'") as caught:
        ts.Session().run(ts.py_func(fail, [], ts.float32))
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_function_is_called_once_in_each_run_that_needs_it() -> None:
    calls: list[int] = []

    def count() -> Any:
        calls.append(1)
        return np.float32(len(calls))

    y = ts.py_func(count, [], ts.float32)
    v = ts.Variable(0.0)
    session = ts.Session()
    assert session.run([y, y + y, v.assign_add(y), v.assign_add(y)])[:2] == [1, 2]
    assert session.run(v) == 2
    with ts.control_dependencies([y]):
        after = v + 0.0
    assert session.run(after) == 2
    assert len(calls) == 2
    session.run(v)
    assert len(calls) == 2


def test_a_function_may_write_into_what_it_gets_and_what_it_gave() -> None:
    given: list[Any] = []

    def scribble(a: Any) -> Any:
        result = a * 2
        given.append(result)
        a[:] = -1
        return result

    c, v, x = ts.constant([1.0, 2.0]), ts.Variable([1.0, 2.0]), ts.placeholder(ts.float32, [2])
    session = ts.Session()
    array = np.array([1, 2], np.float32)
    for source in (c, v, x, x + 0.0):
        y = ts.py_func(scribble, [source], ts.float32)
        y.set_shape([2])
        kept, found, same = session.run([v.assign(y), y, source], {x: array})
        given[-1][:] = -2
        for result in (kept, found, session.run(v)):
            np.testing.assert_array_equal(result, [2, 4])
        np.testing.assert_array_equal(same, [1, 2])
        session.run(v.initializer)
    np.testing.assert_array_equal(array, [1, 2])
    np.testing.assert_array_equal(session.run(c), [1, 2])


def test_a_run_inside_a_run() -> None:
    v = ts.Variable(1.0)
    bump = v.assign_add(10.0)
    session = ts.Session()
    y = ts.py_func(lambda: session.run(bump), [], ts.float32)
    total = v.assign_add(y)
    assert session.run(total) == 22  # the inner run came first
    assert session.run(v) == 22


# Print and Assert


def test_print(capsys: pytest.CaptureFixture[str]) -> None:
    x = ts.placeholder(ts.float32, [None])
    y = ts.Print(x * 2.0, [x, ts.constant("a")], message="x: ", first_n=2)
    wide = ts.Print(x, [x], summarize=-1)
    session = ts.Session()
    for _ in range(3):
        np.testing.assert_array_equal(session.run(y, {x: [1, 2, 3, 4]}), [2, 4, 6, 8])
    session.run(wide, {x: [1, 2, 3, 4]})
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["x: [1 2 3...][a]"] * 2 + ["[1 2 3 4]"]
    np.testing.assert_array_equal(session.run(ts.gradients(y, x)[0], {x: [1, 2]}), [2, 2])


def test_assert() -> None:
    x = ts.placeholder(ts.float32, [None], name="x")
    check = ts.Assert(ts.reduce_all(x > 0.0), [x, ts.constant("must be positive")])
    with ts.control_dependencies([check]):
        y = ts.log(x)
    session = ts.Session()
    np.testing.assert_array_equal(session.run(y, {x: [1, 1]}), [0, 0])
    assert session.run(check, {x: [1]}) is None
    for fetch in (y, check):
        with pytest.raises(
            ExecutionError,
            match=r"(?s)assertion failed: \[1 -1\] \[must be positive\].*check = ts.Assert",
        ):
            session.run(fetch, {x: [1, -1]})
    assert session.run(x, {x: [-1]}) == -1  # nothing waits for the check


# A user's own operations


def test_users_operations_compute_and_are_nodes_like_all_others() -> None:
    x = ts.placeholder(ts.float32, [2], name="x")
    y = Scale(x, 3.0)
    z = Product(y, ts.add(y, 1.0))
    session = ts.Session()
    np.testing.assert_array_equal(session.run(z, {x: [1, 2]}), [12, 42])
    np.testing.assert_array_equal(
        session.run([y, z.output, ts.reduce_sum(y)], {x: [1, 2]})[0], [3, 6]
    )
    assert session.run(ts.reduce_sum(z), {x: [1, 2]}) == 54
    assert (y.type, y.name, Scale(x, 1.0).name) == ("Scale", "Scale", "Scale_1")
    assert y.input_nodes == [x]
    assert y in x.consumers
    assert z in y.consumers
    assert y in ts.get_default_graph().operations
    # What compute wrote to self is no part of the graph.
    assert y.inputs == [x]
    assert not hasattr(y, "seen")
    np.testing.assert_array_equal(session.run(z, {y: [1, 1]}), [2, 2])


def test_users_gradients() -> None:
    register_gradients()
    x, w = ts.placeholder(ts.float64, [2]), ts.Variable([3.0, 4.0], dtype=ts.float64)
    y = Product(Scale(x, 3.0), w)
    z = ts.reduce_sum(ts.multiply(y, y))  # Σ 9 x² w²
    dx, dw = ts.gradients(z, [x, w])
    found = ts.Session().run([z, dx, dw], {x: [1.0, 2.0]})
    np.testing.assert_allclose(found[0], 657)
    np.testing.assert_allclose(found[1], 18 * np.array([1, 2]) * [9, 16])
    np.testing.assert_allclose(found[2], 18 * np.array([1, 4]) * [3, 4])
    w_after = ts.train.GradientDescentOptimizer(0.01).minimize(z)
    session = ts.Session()
    session.run(w_after, {x: [1.0, 2.0]})
    np.testing.assert_allclose(session.run(w), [3 - 0.54, 4 - 2.88])


def test_gradient_functions_may_return_none_and_see_the_output() -> None:
    @ts.RegisterGradient("Product")
    def gradient(op: Any, grad: Any) -> Any:
        op.inputs[0][:] = -1  # its own copies
        return [grad * op.output, None]

    x, y = ts.placeholder(ts.float64, [2]), ts.placeholder(ts.float64, [2])
    dx, dy = ts.gradients(Product(x, y), [x, y])
    found = ts.Session().run([dx, dy, x], {x: [1, 2], y: [5, 6]})
    np.testing.assert_array_equal(found, [[5, 12], [0, 0], [1, 2]])


def test_users_operations_in_bodies_and_inside_each_other() -> None:
    register_gradients()
    p, x = ts.placeholder(ts.bool, []), ts.placeholder(ts.float64, [2])
    y = ts.cond(p, lambda: Scale(x, 2.0), lambda: Product(x, x))
    (dx,) = ts.gradients(y, x)
    session = ts.Session()
    np.testing.assert_array_equal(session.run([y, dx], {p: True, x: [1, 2]}), [[2, 4], [2, 2]])
    np.testing.assert_array_equal(session.run([y, dx], {p: False, x: [1, 2]}), [[1, 4], [2, 4]])


def test_a_class_may_be_called_like_an_operation_of_the_library() -> None:
    class Relu(ts.Operation):
        def __init__(self, x: Any) -> None:
            super().__init__([x])

        def compute(self, x: Any) -> Any:
            return np.maximum(x, 0)

    class Const(ts.Operation):
        def compute(self) -> Any:
            return np.float32(7)

    @ts.RegisterGradient("Relu")
    def gradient(op: Any, grad: Any) -> Any:
        return grad * 100.0 * (op.inputs[0] > 0)

    x = ts.placeholder(ts.float32, [2])
    mine, library = ts.gradients(Relu(x), x)[0], ts.gradients(ts.nn.relu(x), x)[0]
    session = ts.Session()
    np.testing.assert_array_equal(session.run(mine, {x: [-1, 2]}), [0, 100])
    np.testing.assert_array_equal(session.run(library, {x: [-1, 2]}), [0, 1])
    assert session.run(Const()) == 7
    assert "Const" in [op.type for op in ts.get_default_graph().operations]


def test_what_users_operations_get_wrong() -> None:
    class Silent(ts.Operation):
        pass

    x = ts.placeholder(ts.float32, [2], name="x")
    with pytest.raises(
        TypeError, match=r"Silent needs a method compute\(self, \*values\) over NumPy arrays"
    ):
        Silent([x])
    y = Scale(x, 2.0)
    with pytest.raises(
        GradientError,
        match=r"(?s)Scale has no gradient.*y = Scale\(x, 2.0\).*RegisterGradient\('Scale'\)",
    ):
        ts.gradients(y, x)
    ts.RegisterGradient("Product")(lambda op, grad: [grad])
    (dx,) = ts.gradients(Product(x, x), x)
    with pytest.raises(
        ExecutionError, match="the gradient of Product returned 1 values for 2 inputs"
    ):
        ts.Session().run(dx, {x: [1, 2]})
    bad = Product(x, ts.ones([3]))
    with pytest.raises(ExecutionError, match=r"(?s)Product: .*broadcast.*bad = Product"):
        ts.Session().run(bad, {x: [1, 2]})
    assert ts.Session().run(Scale(x, 2.0), {x: [1, 2]}).tolist() == [2, 4]


def test_graph_level_gradients_by_type() -> None:
    @ts.RegisterGradient("PyFunc")
    def gradient(op: Any, dy: Any) -> Any:
        return dy * ts.cos(op.inputs[0])

    x = ts.placeholder(ts.float64, [])
    y = ts.py_func(np.sin, [x], ts.float64)
    (dx,) = ts.gradients(y, x)
    (d2x,) = ts.gradients(dx, x)
    np.testing.assert_allclose(ts.Session().run([dx, d2x], {x: 0.5}), [np.cos(0.5), -np.sin(0.5)])
    with pytest.raises(TypeError, match="the name of an operation type is a string, not 3"):
        ts.RegisterGradient(3)
