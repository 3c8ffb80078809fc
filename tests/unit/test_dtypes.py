"""Element types: TensorFlow's names, over NumPy's types, and which of them mix."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow import dtypes


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=lambda dtype: dtype.name)
def test_every_type_is_found_by_every_name(dtype: Any) -> None:
    assert ts.as_dtype(dtype) is dtype
    assert ts.as_dtype(dtype.name) is dtype
    assert ts.as_dtype(dtype.name + "_ref") is dtype
    assert ts.as_dtype(dtype.enum) is dtype
    assert ts.as_dtype(dtype.numpy) is dtype
    assert ts.as_dtype(dtype.as_numpy_dtype) is dtype
    assert getattr(ts, dtype.name) is dtype


def test_pythons_types_and_other_names() -> None:
    assert ts.as_dtype(float) is ts.float32
    assert ts.as_dtype(bool) is ts.bool
    assert ts.as_dtype("float") is ts.float32
    assert (ts.half, ts.double) == (ts.float16, ts.float64)
    assert ts.as_dtype(str) is ts.string
    assert ts.as_dtype("S5") is ts.string


@pytest.mark.parametrize("value", ["flaot32", 999, np.void, "M8", object(), [1]])
def test_what_is_no_type(value: Any) -> None:
    with pytest.raises(TypeError, match="is not an element type; try ts.float32 or 'int64'"):
        ts.as_dtype(value)


def test_equal_to_all_that_has_its_name() -> None:
    assert ts.float32 == "float32"
    assert ts.float32 == np.float32
    assert ts.float32 == np.dtype("float32")
    assert ts.float32 != ts.float64
    assert ts.float32 != None  # noqa: E711 - what is asked here
    assert ts.float32 != "no type"
    assert {ts.float32: 1}[ts.as_dtype("float32")] == 1
    assert ts.placeholder(ts.int32).dtype is ts.int32


def test_copies_are_the_type_itself() -> None:
    assert copy.deepcopy(ts.int64) is ts.int64
    assert pickle.loads(pickle.dumps(ts.int64)) is ts.int64


def test_properties() -> None:
    assert (ts.float32.is_floating, ts.int8.is_floating, ts.complex64.is_floating) == (
        True,
        False,
        False,
    )
    assert (ts.uint8.is_integer, ts.uint8.is_unsigned, ts.bool.is_integer) == (True, True, False)
    assert (ts.bool.is_bool, ts.complex128.is_complex) == (True, True)
    assert (ts.complex64.real_dtype, ts.float64.real_dtype) == (ts.float32, ts.float64)
    assert (ts.int8.min, ts.int8.max, ts.uint8.limits) == (-128, 127, (0, 255))
    assert ts.float32.max == np.finfo(np.float32).max
    assert ts.float64.size == 8
    assert repr(ts.float32) == "ts.float32"
    assert str(ts.float32) == "<dtype: 'float32'>"
    assert ts.float32.as_numpy_dtype(1.5) == np.float32(1.5)
    with pytest.raises(TypeError, match="string has no smallest and largest value"):
        assert ts.string.min


# Which types nodes have


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, ts.int32),
        (2**31, ts.int64),
        (1.5, ts.float32),
        (True, ts.bool),
        (1j, ts.complex128),
        ("text", ts.string),
        ([1, 2.5], ts.float32),
        (np.float64(1), ts.float64),
        (np.int16(1), ts.int16),
        (np.ones(2), ts.float64),
    ],
)
def test_constants_have_tensorflows_types(value: Any, dtype: Any) -> None:
    assert ts.constant(value).dtype is dtype


def test_python_numbers_take_the_type_beside_them() -> None:
    x = ts.placeholder(ts.float64, [2])
    for y in (x + 1, 1 - x, x * 2.5, x / 3, 2**x, ts.maximum(x, 0), ts.add(1.5, x)):
        assert y.dtype is ts.float64
    half = ts.placeholder(ts.float16, [])
    assert ts.Session().run(half * 0.1, {half: 1}).dtype == np.float16


def test_unknown_type_follows_numpy_when_it_is_fed() -> None:
    x, y = ts.placeholder(), ts.placeholder()
    assert x.dtype is None
    total, scaled, whole = x + y, 2.0 * x, 3 * x
    assert total.dtype is None
    session = ts.Session()
    for a, b in (
        ("int32", "float32"),
        ("uint8", "int8"),
        ("float32", "float64"),
        ("int64", "int64"),
    ):
        feeds = {x: np.ones(2, a), y: np.ones(2, b)}
        expected = np.ones(2, a) + np.ones(2, b)
        assert session.run(total, feeds).dtype == expected.dtype
    # A Python number never decides: as in NumPy 2, it takes the type of the array.
    assert session.run(scaled, {x: np.ones(2, np.float32)}).dtype == np.float32
    assert session.run(scaled, {x: np.ones(2, np.int64)}).dtype == np.float64
    assert session.run(whole, {x: np.ones(2, np.int16)}).dtype == np.int16


def test_known_types_do_not_mix() -> None:
    x, y = ts.placeholder(ts.float32, [2]), ts.placeholder(ts.float64, [2])
    with pytest.raises(TypeError, match="AddV2: x is float32 but y is float64"):
        x + y
    with pytest.raises(TypeError, match="x is float32 but y is int32"):
        ts.multiply(x, ts.constant([1, 2]))
    with pytest.raises(TypeError, match=r"1\.5 is not int32"):
        ts.constant([1, 2]) + 1.5
    assert (x + ts.cast(y, ts.float32)).dtype is ts.float32


def test_reductions_of_integers_keep_their_type() -> None:
    x = np.array([100, 100], np.int8)
    for reduce, expected in ((ts.reduce_sum, -56), (ts.reduce_prod, 16), (ts.reduce_max, 100)):
        y = reduce(ts.constant(x))
        assert y.dtype is ts.int8
        assert ts.Session().run(y) == expected
