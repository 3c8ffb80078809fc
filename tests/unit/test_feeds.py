"""What may be fed, for which tensor, and what becomes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import FeedError, GraphError


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2]],
        ((1, 2),),
        [(1.0, 2)],
        [[True, False]],
        np.array([[1, 2]], np.int8),
        np.array([[1, 2]], np.float64),
        [[np.float32(1), np.int64(2)]],
        [np.array([1, 2])],
    ],
)
def test_anything_that_is_an_array_of_numbers(value: Any) -> None:
    x = ts.placeholder(ts.float32, [None, 2])
    found = ts.Session().run(x, {x: value})
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.asarray(value))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1.0, 2.0], r"a value of shape \[2\] does not fit \[\?, 2\]"),
        ([[1.0, 2.0, 3.0]], r"a value of shape \[1, 3\] does not fit \[\?, 2\]"),
        (1.0, r"a value of shape \[\] does not fit \[\?, 2\]"),
        (None, "None is not a value"),
        ([[1.0, None]], "None is not a value"),
        ([[1.0], [1.0, 2.0]], "the rows have different lengths"),
        ([["a", "b"]], r"\[\['a', 'b'\]\] is not a number"),
        ([[object(), 1]], "is not a number"),
        ([[1j, 2.0]], "cannot be float32 without loss"),
        ({1, 2}, "is not a number"),
    ],
)
def test_what_does_not_fit(value: Any, message: str) -> None:
    x = ts.placeholder(ts.float32, [None, 2], name="x")
    session = ts.Session()
    with pytest.raises(
        FeedError, match=f"(?s)feed: .*{message}.*tensor  'x'  float32.*x = ts.placeholder"
    ):
        session.run(x, {x: value})
    np.testing.assert_array_equal(session.run(x, {x: [[1, 2]]}), [[1, 2]])


@pytest.mark.parametrize(
    ("value", "dtype", "fits"),
    [
        ([1.0, 2.0], ts.int32, True),
        ([1.5, 2.0], ts.int32, False),
        ([2**40, 0], ts.int32, False),
        ([-1, 0], ts.uint8, False),
        ([1, 0], ts.bool, True),
        ([2, 0], ts.bool, False),
        ([1, 2], ts.complex64, True),
        ([1 + 0j, 2], ts.float32, True),
        (["a", "b"], ts.string, True),
        ([1, 2], ts.string, False),
    ],
)
def test_values_become_the_type_only_without_loss(value: Any, dtype: Any, fits: bool) -> None:
    x = ts.placeholder(dtype, [2])
    if fits:
        np.testing.assert_array_equal(ts.Session().run(x, {x: value}), np.array(value))
    else:
        with pytest.raises(FeedError, match="without loss|is not text"):
            ts.Session().run(x, {x: value})


def test_without_a_type_arrays_keep_their_own() -> None:
    x = ts.placeholder()
    session = ts.Session()
    for array in (np.ones(2, np.int8), np.ones((2, 2), np.float16), np.array(1), np.ones(0, bool)):
        assert np.asarray(session.run(x, {x: array})).dtype == array.dtype
    with pytest.raises(FeedError, match="'text' is not a number"):
        session.run(x, {x: "text"})


def test_integers_stay_integers() -> None:
    a = ts.Variable([[1, 0], [0, -1]])
    b = ts.Variable([1, 1])
    x = ts.placeholder()
    y = ts.matmul(a, x) + b
    found = ts.Session().run(y, {x: [1, 2]})
    assert found.tolist() == [2, -1]
    assert found.dtype.kind == "i"


# Which tensors


def test_any_tensor_can_be_fed() -> None:
    x = ts.placeholder(ts.float32, [2])
    doubled = x * 2.0
    w = ts.Variable([1.0, 1.0])
    one = ts.constant(1.0)
    total = ts.reduce_sum(doubled * w + one)
    session = ts.Session()
    assert session.run(total, {x: [1, 2]}) == 8
    assert session.run(total, {doubled: [10, 20]}) == 32  # x is not needed
    assert session.run(total, {x: [1, 2], w: [3, 3]}) == 20
    assert session.run(total, {x: [1, 2], one: 5}) == 16
    assert session.run(total, {total: -1}) == -1
    assert session.run([doubled, total], {x: [1, 2], doubled: [0, 0]})[1] == 2
    np.testing.assert_array_equal(session.run(w), [1, 1])


def test_a_variable_can_be_fed_before_it_has_a_value() -> None:
    w = ts.Variable(ts.py_func(lambda: pytest.fail("not needed"), [], ts.float32))
    assert ts.Session().run(w * 2.0, {w: 3}) == 6


def test_a_fed_shape_is_believed() -> None:
    sizes = ts.constant([2, 3])
    x = ts.placeholder(ts.float64, [6])
    matrix = ts.reshape(x, sizes)
    assert matrix.shape == [2, 3]
    means = ts.reduce_mean(matrix, axis=0)
    (dx,) = ts.gradients(means, x)
    found = ts.Session().run([matrix, means, dx], {x: range(6), sizes: [3, 2]})
    np.testing.assert_array_equal(found[0], [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_array_equal(found[1], [2, 3])
    np.testing.assert_allclose(found[2], np.full(6, 1 / 3))


def test_a_constant_is_fed_inside_bodies_too() -> None:
    c, p = ts.constant(2.0), ts.placeholder(ts.bool, [])
    chosen = ts.cond(p, lambda: c * c, lambda: -c)
    repeated = ts.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * c), [0, 1.0])[1]
    session = ts.Session()
    assert session.run([chosen, repeated], {p: True}) == [4, 8]
    assert session.run([chosen, repeated], {p: True, c: 3}) == [9, 27]
    assert session.run([chosen, repeated], {p: False, c: 3}) == [-3, 27]


def test_names_stand_for_tensors() -> None:
    x = ts.placeholder(ts.float32, [], name="x")
    session = ts.Session()
    assert session.run(x + 1.0, {"x:0": 2}) == 3
    for key, message in (
        ("x", "'x' is no tensor's name"),
        ("y:0", "no operation named 'y'"),
        ("x:1", "has 1 outputs"),
    ):
        with pytest.raises(FeedError, match=message):
            session.run(x, {key: 1})


def test_what_is_no_tensor() -> None:
    x = ts.placeholder(ts.float32, [], name="x")
    session = ts.Session()
    for key in (3, None, ts.no_op()):
        with pytest.raises(FeedError, match="a feed is a tensor or its name"):
            session.run(x, {key: 1})
    with pytest.raises(FeedError, match="a tensor cannot be fed"):
        session.run(x, {x: x})
    with pytest.raises(TypeError, match="feed_dict must be a dictionary"):
        session.run(x, [1])
    with ts.Graph().as_default():
        foreign = ts.placeholder(ts.float32, [])
    with pytest.raises(GraphError, match="is not a node of this graph"):
        session.run(x, {foreign: 1})


def test_a_placeholder_that_is_needed_must_be_fed() -> None:
    x, unused = ts.placeholder(ts.float32, [], name="x"), ts.placeholder(ts.float32, [])
    y = x + 1.0
    session = ts.Session()
    assert session.run(y, {x: 1, unused: 5}) == 2
    with pytest.raises(
        FeedError, match=r"placeholder 'x' was not fed\n.*x, unused = ts.placeholder(.*\n)*  hint"
    ):
        session.run(y)
    with pytest.raises(FeedError, match="placeholder 'x' was not fed"):
        session.run(x, {unused: 1})


# Whose array it is


def test_fed_arrays_may_be_changed_afterwards() -> None:
    x = ts.placeholder(ts.float32, [2])
    v = ts.Variable([0.0, 0.0])
    array = np.array([1, 2], np.float32)
    for keep in (
        v.assign(x),
        v.assign(ts.identity(x)),
        v.assign(ts.reshape(x, [2])),
        v.assign(x[::-1][::-1]),
    ):
        session = ts.Session()
        found = session.run([keep, x, ts.reshape(x, [2, 1])], {x: array})
        array[:] = 99
        np.testing.assert_array_equal(session.run(v), [1, 2])
        for fetched in found:
            np.testing.assert_array_equal(np.ravel(fetched), [1, 2])
        array[:] = [1, 2]
        assert array.flags.writeable


def test_fetched_arrays_may_be_changed() -> None:
    v = ts.Variable([1.0, 2.0])
    c = ts.constant([1.0, 2.0])
    x = ts.placeholder(ts.float32, [2])
    array = np.array([1, 2], np.float32)
    grown = ts.add(x, 0.0)
    fetches = [
        v,
        c,
        c + 0.0,
        ts.identity(v),
        ts.reshape(v, [2, 1])[:, 0],
        v.assign(grown),
        grown,
        x,
        v.assign_add([0.0, 0.0]),
    ]
    session = ts.Session()
    for _ in range(3):
        for found in session.run(fetches, {x: array}):
            np.testing.assert_array_equal(found, [1, 2])
            found[:] = 99
    np.testing.assert_array_equal(array, [1, 2])
    np.testing.assert_array_equal(session.run(v), [1, 2])
