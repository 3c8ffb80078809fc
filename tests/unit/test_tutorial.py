"""The tutorial "Deep learning from scratch", chapter by chapter, as its reader types it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts


def clouds(centers: Any, count: int = 50, seed: int = 0) -> tuple[Any, list[list[int]]]:
    """Points around each of the centers, and one-hot classes: the centers' numbers."""
    rng = np.random.default_rng(seed)
    points = [rng.standard_normal((count, 2)) * 0.7 + center for _, center in centers]
    classes = [[int(k == 0), int(k == 1)] for k, _ in centers for _ in range(count)]
    return np.concatenate(points), classes


RATE = 2.0**-7  # as near to the tutorial's 0.01 as float32 can say exactly, in which a rate is kept
PERCEPTRON = [(0, [2, 2]), (1, [-2, -2])]
XOR = [(0, [2, 2]), (0, [-2, -2]), (1, [2, -2]), (1, [-2, 2])]


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_1_computational_graphs() -> None:
    graph = ts.Graph()
    graph.as_default()
    A = ts.Variable([[1, 0], [0, -1]])
    b = ts.Variable([1, 1])
    x = ts.placeholder()
    y = ts.matmul(A, x)
    z = ts.add(y, b)
    session = ts.Session()
    output = session.run(z, {x: [1, 2]})
    assert output.tolist() == [2, -1]
    assert np.issubdtype(output.dtype, np.integer)
    assert session.run(z, feed_dict={x: np.array([0.5, 2])}).tolist() == [1.5, -1]
    assert session.run(A).tolist() == [[1, 0], [0, -1]]
    assert session.run([x, y], {x: [1, 2]})[1].tolist() == [1, -2]
    assert graph.placeholders == [x]
    assert graph.variables == [A, b]
    assert [op for op in graph.operations if op in (y.op, z.op)] == [y.op, z.op]


def test_a_graph_can_be_walked() -> None:
    ts.Graph().as_default()
    A, b, x = ts.Variable([[1, 0], [0, -1]]), ts.Variable([1, 1]), ts.placeholder()
    y = ts.matmul(A, x)
    z = ts.add(y, b)
    order: list[Any] = []

    def traverse_postorder(node: Any) -> None:
        for input_node in node.input_nodes:
            traverse_postorder(input_node)
        order.append(node)

    traverse_postorder(z)
    assert order == [A, x, y, b, z]
    for node in order:
        for consumer in node.consumers:
            assert node in consumer.input_nodes


def test_2_perceptrons() -> None:
    points, _ = clouds(PERCEPTRON)
    ts.Graph().as_default()
    X = ts.placeholder()
    W = ts.Variable([[1, -1], [1, -1]])
    b = ts.Variable([0, 0])
    p = ts.softmax(ts.add(ts.matmul(X, W), b))
    found = ts.Session().run(p, {X: points})
    np.testing.assert_allclose(found, softmax(points @ [[1, -1], [1, -1]]))
    assert found.dtype == np.float64


def test_3_training_criterion() -> None:
    points, classes = clouds(PERCEPTRON)
    ts.Graph().as_default()
    X, c = ts.placeholder(), ts.placeholder()
    W, b = ts.Variable([[1, -1], [1, -1]]), ts.Variable([0, 0])
    p = ts.softmax(ts.add(ts.matmul(X, W), b))
    J = ts.negative(ts.reduce_sum(ts.reduce_sum(ts.multiply(c, ts.log(p)), axis=1)))
    found = ts.Session().run(J, {X: points, c: classes})
    expected = -np.sum(np.array(classes) * np.log(softmax(points @ [[1, -1], [1, -1]])))
    assert found == pytest.approx(expected, rel=1e-12)


def test_4_gradient_descent() -> None:
    points, classes = clouds(PERCEPTRON)
    rng = np.random.default_rng(1)
    W_start, b_start = rng.standard_normal((2, 2)), rng.standard_normal(2)
    ts.Graph().as_default()
    X, c = ts.placeholder(), ts.placeholder()
    W, b = ts.Variable(W_start), ts.Variable(b_start)
    p = ts.softmax(ts.add(ts.matmul(X, W), b))
    J = ts.negative(ts.reduce_sum(ts.reduce_sum(ts.multiply(c, ts.log(p)), axis=1)))
    minimization_op = ts.train.GradientDescentOptimizer(learning_rate=RATE).minimize(J)
    session = ts.Session()
    feed_dict = {X: points, c: classes}
    losses = []
    for _ in range(100):
        losses.append(session.run(J, feed_dict))
        session.run(minimization_op, feed_dict)
    # The same by hand: the gradient of the loss is X'(p − c).
    Wn, bn = W_start, b_start
    for loss in losses:
        q = softmax(points @ Wn + bn)
        assert loss == pytest.approx(-np.sum(np.array(classes) * np.log(q)), rel=1e-9)
        Wn, bn = Wn - RATE * points.T @ (q - classes), bn - RATE * (q - classes).sum(axis=0)
    np.testing.assert_allclose(session.run(W), Wn, rtol=1e-9)
    np.testing.assert_allclose(session.run(b), bn, rtol=1e-9)
    assert losses[-1] < 1 < losses[0]
    assert np.array_equal(session.run(p, feed_dict).argmax(axis=1), np.argmax(classes, axis=1))


def test_5_multi_layer_perceptrons() -> None:
    points, classes = clouds(XOR, count=25)
    rng = np.random.default_rng(0)  # others end in the valley that two hidden units have
    ts.Graph().as_default()
    X, c = ts.placeholder(), ts.placeholder()
    W_hidden, b_hidden = (
        ts.Variable(rng.standard_normal((2, 2))),
        ts.Variable(rng.standard_normal(2)),
    )
    p_hidden = ts.sigmoid(ts.add(ts.matmul(X, W_hidden), b_hidden))
    W_output, b_output = (
        ts.Variable(rng.standard_normal((2, 2))),
        ts.Variable(rng.standard_normal(2)),
    )
    p_output = ts.softmax(ts.add(ts.matmul(p_hidden, W_output), b_output))
    J = ts.negative(ts.reduce_sum(ts.reduce_sum(ts.multiply(c, ts.log(p_output)), axis=1)))
    minimization_op = ts.train.GradientDescentOptimizer(learning_rate=0.03).minimize(J)
    session = ts.Session()
    feed_dict = {X: points, c: classes}
    losses = [session.run([J, minimization_op], feed_dict)[0] for _ in range(1000)]
    assert losses[0] > 50
    assert losses[-1] < 5
    predictions = session.run(p_output, {X: [[2, 2], [-2, -2], [2, -2], [-2, 2]]}).argmax(axis=1)
    assert predictions.tolist() == [0, 0, 1, 1]


# The chapters in which the reader writes the operations and their gradients


class matmul(ts.Operation):  # noqa: N801 - the tutorial's names
    def __init__(self, x: Any, y: Any) -> None:
        super().__init__([x, y])

    def compute(self, x_value: Any, y_value: Any) -> Any:
        self.inputs = [x_value, y_value]
        return x_value.dot(y_value)


class sigmoid(ts.Operation):  # noqa: N801
    def __init__(self, a: Any) -> None:
        super().__init__([a])

    def compute(self, a_value: Any) -> Any:
        return 1 / (1 + np.exp(-a_value))


class log(ts.Operation):  # noqa: N801
    def __init__(self, x: Any) -> None:
        super().__init__([x])

    def compute(self, x_value: Any) -> Any:
        self.inputs = [x_value]
        return np.log(x_value)


class reduce_sum(ts.Operation):  # noqa: N801
    def __init__(self, A: Any, axis: Any = None) -> None:
        super().__init__([A])
        self.axis = axis

    def compute(self, A_value: Any) -> Any:
        return np.sum(A_value, self.axis)


def register_gradients() -> None:
    @ts.RegisterGradient("matmul")
    def _matmul_gradient(op: Any, grad: Any) -> Any:
        A, B = op.inputs[0], op.inputs[1]
        return [grad.dot(B.T), A.T.dot(grad)]

    @ts.RegisterGradient("sigmoid")
    def _sigmoid_gradient(op: Any, grad: Any) -> Any:
        return grad * op.output * (1 - op.output)

    @ts.RegisterGradient("log")
    def _log_gradient(op: Any, grad: Any) -> Any:
        return grad / op.inputs[0]

    @ts.RegisterGradient("reduce_sum")
    def _reduce_sum_gradient(op: Any, grad: Any) -> Any:
        A = op.inputs[0]
        output_shape = np.array(A.shape)
        output_shape[op.axis] = 1
        tile_scaling = A.shape // output_shape
        return np.tile(np.reshape(grad, output_shape), tile_scaling)


def loss(operations: Any) -> tuple[Any, Any, Any]:
    """(loss, its input, the variables) of a small network of these operations."""
    X = ts.placeholder()
    rng = np.random.default_rng(5)
    W, b = ts.Variable(rng.standard_normal((2, 3))), ts.Variable(rng.standard_normal(3))
    hidden = operations.sigmoid(ts.add(operations.matmul(X, W), b))
    J = operations.reduce_sum(operations.reduce_sum(operations.log(hidden), axis=1), axis=0)
    return J, X, [W, b]


class Mine:
    """The reader's operations, called as the library's."""

    matmul, sigmoid, log, reduce_sum = matmul, sigmoid, log, reduce_sum


def test_6_the_readers_own_operations_train_like_the_librarys() -> None:
    register_gradients()
    points, _ = clouds(PERCEPTRON, count=5)
    mine, mine_X, mine_variables = loss(Mine)
    library, library_X, library_variables = loss(ts)
    session = ts.Session()
    mine_step = ts.train.GradientDescentOptimizer(0.01).minimize(mine, var_list=mine_variables)
    library_step = ts.train.GradientDescentOptimizer(0.01).minimize(
        library, var_list=library_variables
    )
    for _ in range(5):
        feeds = {mine_X: points, library_X: points}
        found = session.run([mine, library, mine_step, library_step], feeds)
        assert found[0] == pytest.approx(found[1], rel=1e-12)
    for one, other in zip(mine_variables, library_variables, strict=True):
        np.testing.assert_allclose(session.run(one), session.run(other), rtol=1e-12)


def test_7_compute_gradients() -> None:
    register_gradients()
    points, _ = clouds(PERCEPTRON, count=5)
    J, X, (W, b) = loss(Mine)
    grad_table = ts.compute_gradients(J)
    session = ts.Session()
    found = session.run([grad_table[J], grad_table[W], grad_table[b]], {X: points})
    s = 1 / (1 + np.exp(-(points @ session.run(W) + session.run(b))))
    assert found[0] == 1
    np.testing.assert_allclose(found[1], points.T @ (1 - s), rtol=1e-9)
    np.testing.assert_allclose(found[2], (1 - s).sum(axis=0), rtol=1e-9)
    # Every node on the way has its gradient: here those of the reader's own operations.
    hidden = [op for op in ts.get_default_graph().operations if op.type == "sigmoid"]
    np.testing.assert_allclose(session.run(grad_table[hidden[0]], {X: points}), 1 / s, rtol=1e-9)
