"""OpDef: how operands become tensors, of which types, and what is known of the result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.opdef import OpDef, as_tensor, not_differentiable


def opdef(*operands: str, **fields: Any) -> OpDef:
    fields.setdefault("compute", lambda xp, *arrays: arrays[0])
    return OpDef("Try", operands=operands, grad=not_differentiable, **fields)


# Operands


def test_constants_are_named_after_node_and_operand() -> None:
    x = ts.placeholder(ts.float32, [2])
    node = opdef("a: T", "b: T").node(x, 2.0, name="here")
    assert [operand.name for operand in node.inputs] == ["Placeholder:0", "here/b:0"]
    again = opdef("a: T", "b: T").node(3.0, x, name="here")
    assert again.name == "here_1"
    assert again.inputs[0].name == "here_1/a:0"


def test_plain_values_take_the_type_of_the_other_operands() -> None:
    x = ts.placeholder(ts.float64, [2])
    node = opdef("a: T", "b: T").node([1, 2], x)
    assert [operand.dtype for operand in node.inputs] == [ts.float64, ts.float64]
    free = opdef("a: T", "b: index").node(x, 1)
    assert free.inputs[1].dtype is ts.int32
    alone = opdef("a: T", "b: T").node(np.float64(1), 2)
    assert [operand.dtype for operand in alone.inputs] == [ts.float64, ts.float64]


def test_a_list_operand() -> None:
    joined = opdef(
        "values*: T", "axis: index", compute=lambda xp, values, axis: xp.stack(values, 0)
    )
    node = joined.node([ts.ones([2]), [3.0, 4.0], ts.zeros([2])], 0)
    assert list(joined.each_label(4)) == ["values", "values", "values", "axis"]
    assert node.outputs[0].shape == [3, 2]
    np.testing.assert_array_equal(ts.Session().run(node.outputs[0]), [[1, 1], [3, 4], [0, 0]])


@pytest.mark.parametrize(
    ("kind", "good", "bad", "needs"),
    [
        ("floating", ts.float16, ts.int32, "a floating-point type"),
        ("real", ts.int8, ts.complex64, "a real number type"),
        ("numeric", ts.complex64, ts.bool, "a number type"),
        ("integer", ts.uint8, ts.float32, "an integer type"),
        ("index", ts.int64, ts.float32, "int32 or int64"),
        ("bool", ts.bool, ts.int32, "bool"),
    ],
)
def test_types_of_operands(kind: str, good: Any, bad: Any, needs: str) -> None:
    kinds = opdef(f"x: {kind}")
    assert kinds.node(ts.placeholder(good)).outputs[0].dtype is good
    assert kinds.node(ts.placeholder()).outputs[0].dtype is None
    with pytest.raises(DTypeError, match=f"Try: x must be {needs}, not {bad.name}"):
        kinds.node(ts.placeholder(bad))


def test_operands_of_one_letter_have_one_type() -> None:
    same = opdef("a: T", "b: U", "c: T")
    assert same.node(ts.ones([]), ts.constant(1), ts.ones([])).outputs[0].dtype is ts.float32
    with pytest.raises(DTypeError, match="a is float32 but c is int32"):
        same.node(ts.ones([]), ts.constant(1), ts.constant(1))


def test_operands_that_are_no_arrays() -> None:
    x = ts.placeholder(ts.float32, [2])
    with pytest.raises(DTypeError, match="Try: None is not a value"):
        opdef("a: T", "b: T").node(x, None)
    with pytest.raises(ShapeError, match="has rows of different lengths"):
        opdef("a: T").node([[1.0], [2.0, 3.0]])
    with pytest.raises(DTypeError, match="'text' is not float32"):
        opdef("a: T", "b: T").node(x, "text")


# Results


def test_check_is_asked_when_the_node_is_made_and_the_graph_is_as_before() -> None:
    def check(x: Any, *, least: int) -> None:
        if x.ndim is not None and x.ndim < least:
            raise ShapeError(f"x has {x.ndim} axes, not {least}", hint="more axes")

    checked = opdef("x", check=check, compute=lambda xp, x, *, least: x)
    assert checked(ts.ones([2, 2]), least=2).shape == [2, 2]
    before = ts.get_default_graph().version
    x = ts.placeholder(ts.float32, [2], name="flat")
    with pytest.raises(
        ShapeError,
        match="Try: x has 1 axes, not 2\n  node  'Try'.*\n  x     'flat'.*\n  hint  more axes",
    ):
        checked(x, least=2)
    assert ts.get_default_graph().version == before + 1


def test_check_is_asked_again_with_the_real_shapes() -> None:
    x, y = ts.placeholder(ts.float32), ts.placeholder(ts.float32)
    with pytest.raises(
        ShapeError,
        match=r"a has 3 columns, b has 2 rows\n(.*\n)* +a +'Placeholder'  float32\[2, 3\]",
    ):
        ts.Session().run(ts.matmul(x, y), {x: np.ones((2, 3)), y: np.ones((2, 3))})


def test_known_operands_arrive_as_plain_numbers() -> None:
    seen = []

    def compute(xp: Any, x: Any, sizes: Any) -> Any:
        seen.append(sizes)
        return xp.reshape(x, sizes)

    shaped = opdef("x", "shape: index", known=("shape",), compute=compute)
    x = ts.placeholder(ts.float32, [6])
    size = ts.placeholder(ts.int32, [])
    assert shaped(x, [2, 3]).shape == [2, 3]
    y = shaped(x, ts.stack([2, size]))
    assert y.shape.as_list() in ([2, None], [2, 3])  # 3 is what is left of 6
    assert ts.Session().run(y, {x: np.arange(6), size: 3}).shape == (2, 3)
    assert seen == [(2, 3), (2, None), (2, 3)]


def test_shapes_computed_in_the_graph_stay_known() -> None:
    x = ts.placeholder(ts.float32, [None, 7, 7, 64])
    flat = ts.reshape(x, ts.stack([ts.shape(x)[0], 7 * 7 * 64]))
    assert flat.shape.as_list() == [None, 3136]
    rows = ts.placeholder(ts.float32, [4, 2])
    assert ts.zeros([ts.shape(rows)[0], 5]).shape == [4, 5]
    assert ts.zeros(ts.shape(rows)[1:] * 3).shape == [6]


def test_nothing_is_claimed_of_a_constant_that_is_fed() -> None:
    scale, x = ts.constant(2.0), ts.placeholder(ts.float32, [3])
    y = ts.reduce_sum(x * (scale * scale))
    session = ts.Session()
    assert session.run(y, {x: [1, 1, 1]}) == 12
    assert session.run(y, {x: [1, 1, 1], scale: 3.0}) == 27
    assert session.run(y, {x: [1, 1, 1]}) == 12


# as_tensor


def test_as_tensor() -> None:
    x = ts.placeholder(ts.float32, [])
    assert as_tensor(x) is x
    assert as_tensor(x.op) is x
    stacked = as_tensor([x, 2.0, [x][0] * 3.0])
    assert stacked.shape == [3]
    np.testing.assert_array_equal(ts.Session().run(stacked, {x: 4}), [4, 2, 12])
    nested = as_tensor([[x, 1.0], [2.0, x]])
    np.testing.assert_array_equal(ts.Session().run(nested, {x: 4}), [[4, 1], [2, 4]])
    with pytest.raises(DTypeError, match="tensor 'Placeholder:0' is float32, not int32"):
        as_tensor(x, np.dtype(np.int32))


@pytest.mark.parametrize(
    ("value", "dtype", "fits"),
    [
        (1, "float32", True),
        (1, "complex64", True),
        (255, "uint8", True),
        (1.0, "int32", False),
        (True, "int32", False),
        (1, "bool", False),
        (1j, "float32", False),
        ("a", "float32", False),
        (300, "uint8", False),
        (-1, "uint8", False),
    ],
)
def test_values_become_a_type_only_without_loss(value: Any, dtype: str, fits: bool) -> None:
    if fits:
        assert ts.Session().run(ts.constant(value, dtype)) == value
    else:
        with pytest.raises(DTypeError, match=f"is not {dtype}"):
            ts.constant(value, dtype)


def test_a_constant_does_not_follow_its_array() -> None:
    array = np.array([1.0, 2.0])
    constant = ts.constant(array)
    variable = ts.Variable(array)
    array[0] = 99
    session = ts.Session()
    for node in (constant, variable, constant + 0.0):
        np.testing.assert_array_equal(session.run(node), [1, 2])
