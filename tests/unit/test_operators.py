"""Python's operators make TensorFlow's nodes, under TensorFlow 1.15's names."""

import operator

import numpy as np
import pytest

import tensorslow as ts

BINARY = [
    (operator.add, "add", "AddV2"),
    (operator.sub, "sub", "Sub"),
    (operator.mul, "mul", "Mul"),
    (operator.truediv, "truediv", "RealDiv"),
    (operator.floordiv, "floordiv", "FloorDiv"),
    (operator.mod, "mod", "FloorMod"),
    (operator.pow, "pow", "Pow"),
    (operator.lt, "Less", "Less"),
    (operator.le, "LessEqual", "LessEqual"),
    (operator.gt, "Greater", "Greater"),
    (operator.ge, "GreaterEqual", "GreaterEqual"),
]
MIRRORED = {
    operator.lt: "Greater",
    operator.le: "GreaterEqual",
    operator.gt: "Less",
    operator.ge: "LessEqual",
}


@pytest.fixture(autouse=True)
def graph():
    with ts.Graph().as_default() as graph:
        yield graph


def value(tensor):
    with ts.Session() as session:
        return session.run(tensor)


@pytest.mark.parametrize(("function", "name", "kind"), BINARY)
def test_a_binary_operator(function, name, kind):
    x = ts.placeholder(ts.float32, [2], name="x")
    y = function(x, 2)
    assert (y.op.name, y.op.type) == (name, kind)
    assert y.op.inputs[0] is x
    assert y.op.inputs[1].op.name == f"{name}/y"
    assert y.op.inputs[1].dtype == ts.float32


@pytest.mark.parametrize(("function", "name", "kind"), BINARY)
def test_its_reflected_form(function, name, kind):
    x = ts.placeholder(ts.float32, [2], name="x")
    y = function(3.0, x)
    if function in MIRRORED:  # Python asks `x > 3` instead of `3 < x`
        assert (y.op.name, y.op.inputs[0]) == (MIRRORED[function], x)
    else:
        assert (y.op.name, y.op.type) == (name, kind)
        assert y.op.inputs[0].op.name == f"{name}/x"
        assert y.op.inputs[1] is x


@pytest.mark.parametrize("function", [operator.add, operator.mul, operator.truediv, operator.pow])
def test_an_array_on_the_left_leaves_the_operator_to_the_tensor(function):
    array, x = np.array([1.0, 2.0]), ts.constant(np.array([3.0, 4.0]))
    np.testing.assert_array_equal(value(function(array, x)), function(array, np.array([3.0, 4.0])))


def test_one_operand():
    x, b = ts.constant([-1.0]), ts.constant([True])
    assert [y.op.name for y in (-x, abs(x), ~b)] == ["Neg", "Abs", "LogicalNot"]


@pytest.mark.parametrize(
    ("function", "name"), [(operator.and_, "and"), (operator.or_, "or"), (operator.xor, "xor")]
)
def test_logic_of_truth_values_and_of_bits(function, name):
    a, b = np.array([True, True, False]), np.array([True, False, False])
    y = function(ts.constant(a), ts.constant(b))
    assert (y.op.name, y.dtype) == (name, ts.bool)
    np.testing.assert_array_equal(value(y), function(a, b))
    np.testing.assert_array_equal(
        value(function(ts.constant([6, 3]), 5)), function(np.array([6, 3]), 5)
    )


def test_integers_divide_to_fractions():
    y = ts.constant([1, 2]) / 2
    assert y.dtype == ts.float64
    assert [x.op.name for x in y.op.inputs] == ["truediv/Cast", "truediv/Cast_1"]
    np.testing.assert_array_equal(value(y), [0.5, 1.0])


def test_equality_asks_whether_two_are_one():
    x, y = ts.constant([1.0]), ts.constant([1.0])
    assert x == x
    assert x != y
    assert {x: 1}[x] == 1


def test_a_number_takes_the_type_that_is_fed():
    x = ts.placeholder()
    with ts.Session() as session:
        for dtype in (np.float32, np.float64):
            fed = np.array([1.0, 2.0], dtype)
            power = 2.0**x + x**2 - 1.0
            slope = ts.gradients(power, x)[0]
            for result in session.run([power, slope], {x: fed}):
                assert result.dtype == dtype


def test_types_do_not_mix():
    x, y = ts.constant([1.0], ts.float32), ts.constant([1.0], ts.float64)
    with pytest.raises(TypeError, match="x is float32 but y is float64"):
        x + y
    with pytest.raises(TypeError, match=r"0\.5 is not int32"):
        ts.constant([1]) * 0.5
