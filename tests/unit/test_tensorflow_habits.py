"""What programs written for TensorFlow do in passing, each once seen to fail here."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts


def test_a_size_taken_from_the_graph_goes_wherever_a_number_does() -> None:
    x = ts.placeholder(ts.float32, [None, 4])
    n = ts.shape(x)[0]
    tensors = [
        ts.range(n),
        ts.one_hot([1], n),
        ts.linspace(0.0, 1.0, n),
        ts.gather(ts.range(9), n),
        ts.gather(ts.range(9), ts.shape(x)),
        ts.argmax(ts.constant([1.0, 3.0, 2.0]), n - 2),
    ]
    assert [t.shape.ndims for t in tensors[:5]] == [1, 2, 1, 0, 1]
    values = ts.Session().run(tensors, {x: np.zeros((2, 4))})
    wanted = [[0, 1], [[0, 1]], [0, 1], 2, [2, 4], 1]
    for value, want in zip(values, wanted, strict=True):
        np.testing.assert_array_equal(value, want)


def test_slices_of_a_gradient_are_stacked_as_the_array_they_stand_for() -> None:
    v = ts.Variable(np.ones((4, 5), np.float32))
    (g,) = ts.gradients(ts.gather(v, [1]) ** 2, v)
    both = ts.stack([g, g])
    assert both.shape.as_list() == [2, 4, 5]
    np.testing.assert_array_equal(ts.Session().run(both).sum(axis=(0, 2)), [0, 20, 0, 0])


@pytest.mark.parametrize("value", [object(), {"a": 1}])
def test_what_is_no_array_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="is not a value that a tensor can hold"):
        ts.constant(value)


def test_a_body_counts_its_random_operations_for_itself() -> None:
    # The numbers are TensorFlow 2.21's, in its v1 mode.
    ts.set_random_seed(3)
    ts.random_uniform([2])
    inside = ts.map_fn(lambda row: row + ts.random_uniform([]), ts.zeros([1]))
    after = ts.random_uniform([2])
    branch = ts.cond(
        ts.constant(True), lambda: ts.random_uniform([1]), lambda: ts.random_uniform([1])
    )
    last = ts.random_uniform([2])
    values = ts.Session().run([inside, after, branch, last])
    wanted = [[0.1274], [0.7781, 0.5053], [0.1274], [0.8510, 0.1455]]
    for value, want in zip(values, wanted, strict=True):
        np.testing.assert_allclose(value, want, atol=5e-5)


@pytest.mark.parametrize("function", [ts.nn.relu, ts.nn.relu6, ts.nn.leaky_relu])
def test_the_second_gradient_of_a_kinked_line_is_zero_not_none(function) -> None:
    x = ts.constant([1.0, -1.0])
    (g,) = ts.gradients(function(x) * 3.0, x)
    (second,) = ts.gradients(ts.reduce_sum(g**2), x)
    np.testing.assert_array_equal(ts.Session().run(second), [0.0, 0.0])


def test_static_shapes_that_do_not_depend_on_what_is_unknown() -> None:
    assert ts.reduce_mean(ts.placeholder(ts.float32)).shape.as_list() == []
    assert ts.scan(lambda a, x: a + x, ts.zeros([4, 5])).shape.as_list() == [4, 5]
    assert ts.scan(lambda a, x: a + x, ts.zeros([4, 5]), ts.zeros([5])).shape.as_list() == [4, 5]


def test_a_variable_takes_its_session_first() -> None:
    variable, session = ts.Variable(2.0), ts.Session()
    assert variable.eval(session) == variable.eval(session=session) == 2.0


def test_print_writes_whole_floats_as_tensorflow_does(capsys: pytest.CaptureFixture[str]) -> None:
    x = ts.constant([1.0, 2.5])
    ts.Session().run(ts.Print(x, [x, ts.shape(x)], "msg "))
    assert capsys.readouterr().err == "msg [1 2.5][2]\n"


def test_numpys_words_come_with_the_node() -> None:
    x = ts.placeholder()
    with pytest.raises(RuntimeError, match=r"Sub: numpy boolean subtract(.|\n)*node  'sub'"):
        ts.Session().run(x - x, {x: True})
