"""map_fn, scan, foldl and foldr: values, structures and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import DTypeError, ShapeError
from tests.unit.differences import check_derivatives, derivatives


def vector() -> Any:
    return ts.placeholder(ts.float64, [None])


# Values


def test_map_fn() -> None:
    x = ts.placeholder(ts.float32, [None, 2])
    rows = ts.map_fn(lambda row: row * row, x)
    sums = ts.map_fn(ts.reduce_sum, x)
    assert rows.shape.as_list() == [None, 2]
    session = ts.Session()
    value = np.array([[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(session.run(rows, {x: value}), value**2)
    np.testing.assert_array_equal(session.run(sums, {x: value}), [3, 7, 11])
    assert session.run(rows, {x: np.zeros((0, 2))}).shape == (0, 2)


def test_map_fn_over_structures() -> None:
    a, b = ts.placeholder(ts.float32, [3]), ts.placeholder(ts.int32, [3, 2])
    found = ts.map_fn(
        lambda row: {
            "sum": row[0] + ts.cast(ts.reduce_sum(row[1]), ts.float32),
            "pair": [row[1], row[0] > 2.0],
        },
        (a, b),
        dtype={"sum": ts.float32, "pair": [ts.int32, ts.bool]},
    )
    values = ts.Session().run(found, {a: [1, 2, 3], b: [[1, 1], [2, 2], [3, 3]]})
    np.testing.assert_array_equal(values["sum"], [3, 6, 9])
    np.testing.assert_array_equal(values["pair"][0], [[1, 1], [2, 2], [3, 3]])
    np.testing.assert_array_equal(values["pair"][1], [False, False, True])
    assert found["sum"].shape == [3]


def test_map_fn_checks_types() -> None:
    x = ts.constant([1.0, 2.0])
    with pytest.raises(DTypeError, match=r"map_fn: fn returns int32\[\], dtype says float32"):
        ts.map_fn(lambda row: ts.cast(row, ts.int32), x, dtype=ts.float32)
    assert ts.map_fn(lambda row: ts.cast(row, ts.int32), x, dtype=ts.int32).dtype is ts.int32
    with pytest.raises(ValueError, match="there is nothing to go over"):
        ts.map_fn(lambda row: row, [])


def test_rows_that_do_not_pair_up() -> None:
    a, b = ts.placeholder(ts.float32, [None]), ts.placeholder(ts.float32, [None])
    y = ts.map_fn(lambda rows: rows[0] + rows[1], (a, b), dtype=ts.float32)
    with pytest.raises(ValueError, match="first axes differ: 3 rows and 2"):
        ts.Session().run(y, {a: [1, 2, 3], b: [1, 2]})
    with pytest.raises(ShapeError, match="first axes differ: 3 rows and 2"):
        ts.map_fn(lambda rows: rows[0] + rows[1], (ts.ones([3]), ts.ones([2])), dtype=ts.float32)


def test_a_scalar_has_no_rows() -> None:
    with pytest.raises(ShapeError, match="has no first axis to go over"):
        ts.map_fn(lambda row: row, ts.constant(1.0))
    with pytest.raises(ShapeError, match="has no first axis to go over"):
        ts.foldl(ts.add, ts.constant(1.0))


def test_folds_and_scans() -> None:
    x = vector()
    half = 0.5
    nodes = [
        ts.foldl(lambda a, row: half * a + row, x),
        ts.foldl(lambda a, row: half * a + row, x, ts.constant(8.0, ts.float64)),
        ts.foldr(lambda a, row: half * a + row, x),
        ts.foldr(lambda a, row: half * a + row, x, ts.constant(8.0, ts.float64)),
        ts.scan(lambda a, row: a * row, x),
        ts.scan(lambda a, row: a * row, x, ts.constant(2.0, ts.float64)),
        ts.scan(lambda a, row: a + row, x, reverse=True),
        ts.scan(lambda a, row: a + row, x, ts.constant(1.0, ts.float64), reverse=True),
    ]
    session = ts.Session()
    found = session.run(nodes, {x: [1, 2, 3]})
    expected = [4.25, 5.25, 2.75, 3.75, [1, 2, 6], [2, 4, 12], [6, 5, 3], [7, 6, 4]]
    for value, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(value, wanted)
    for value, wanted in zip(
        session.run(nodes, {x: [4]}), [4, 8, 4, 8, [4], [8], [4], [5]], strict=True
    ):
        np.testing.assert_array_equal(value, wanted)
    with_start = [nodes[i] for i in (1, 3, 5, 7)]
    for value, wanted in zip(session.run(with_start, {x: []}), [8, 8, [], []], strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_scan_over_structures() -> None:
    a, b = vector(), ts.placeholder(ts.float64, [None, 2])
    start = {"sum": ts.constant(0.0, ts.float64), "last": ts.zeros([2], ts.float64)}
    found = ts.scan(
        lambda s, rows: {"sum": s["sum"] + rows[0] * rows[1][0], "last": rows[1] + s["last"]},
        (a, b),
        start,
    )
    values = ts.Session().run(found, {a: [1, 2], b: [[1, 2], [3, 4]]})
    np.testing.assert_array_equal(values["sum"], [1, 7])
    np.testing.assert_array_equal(values["last"], [[1, 2], [4, 6]])


def test_a_carried_value_keeps_its_type() -> None:
    x = ts.constant([1.0, 2.0])
    with pytest.raises(
        DTypeError, match=r"(?s)scan: a loop variable begins as int32\[\] and becomes float32\[\]"
    ):
        ts.scan(lambda a, row: ts.cast(a, ts.float32) + row, x, initializer=0)
    with pytest.raises(
        ShapeError, match=r"foldl: a loop variable begins as float32\[\] and becomes float32\[1\]"
    ):
        ts.foldl(lambda a, row: a + row[None], x, initializer=0.0)


def test_a_recurrent_network_is_a_scan() -> None:
    steps = ts.placeholder(ts.float64, [None, 4, 2])
    w, u = ts.constant(np.full((3, 3), 0.2)), ts.constant(np.full((2, 3), 0.3))
    states = ts.scan(
        lambda h, x: ts.tanh(ts.matmul(h, w) + ts.matmul(x, u)), steps, ts.zeros([4, 3], ts.float64)
    )
    value = np.random.default_rng(0).standard_normal((5, 4, 2))
    h = np.zeros((4, 3))
    for x, found in zip(value, ts.Session().run(states, {steps: value}), strict=True):
        h = np.tanh(h @ np.full((3, 3), 0.2) + x @ np.full((2, 3), 0.3))
        np.testing.assert_allclose(found, h, rtol=1e-12)


def test_writes_and_draws_row_by_row() -> None:
    v = ts.Variable(0.0)
    x = ts.constant([1.0, 2.0, 3.0])
    grown = ts.map_fn(v.assign_add, x)
    drawn = ts.map_fn(lambda row: row * 0.0 + ts.random_uniform([], seed=2), x)
    session = ts.Session()
    np.testing.assert_array_equal(session.run(grown), [1, 3, 6])
    assert session.run(v) == 6
    single = ts.random_uniform([], seed=2)
    other = ts.Session()
    np.testing.assert_array_equal(session.run(drawn), [other.run(single) for _ in range(3)])


# Gradients


def test_map_fn_to_third_order() -> None:
    x = vector()
    cubes = derivatives(ts.map_fn(lambda row: row * row * row, x), x, 3)
    value = np.array([1.0, 2.0, -1.0])
    for found, expected in zip(
        ts.Session().run(cubes, {x: value}),
        [value**3, 3 * value**2, 6 * value, 6 + 0 * value],
        strict=True,
    ):
        np.testing.assert_allclose(found, expected)
    assert [found.shape for found in ts.Session().run(cubes, {x: []})] == [(0,)] * 4


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_to_third_order(reverse: bool) -> None:
    x = vector()
    y = ts.scan(lambda a, row: ts.sin(a) * row + row, x, reverse=reverse)
    check_derivatives(derivatives(y, x, 3), x, [0.5, -0.3, 0.8])


@pytest.mark.parametrize("fold", [ts.foldl, ts.foldr])
def test_folds_to_third_order(fold: Any) -> None:
    x = vector()
    y = fold(lambda a, row: a * row + ts.exp(row), x, ts.constant(0.5, ts.float64))
    check_derivatives(derivatives(y, x, 3), x, [0.5, -0.3, 0.8])


def test_gradients_of_what_is_captured_add_up() -> None:
    x, w = vector(), ts.placeholder(ts.float64, [2])
    y = ts.map_fn(lambda row: ts.reduce_sum(ts.tanh(w * row) * w), x)
    check_derivatives(derivatives(y, w, 3), w, [0.5, -0.7], {x: [0.1, 0.9, -0.4]})


def test_maps_in_scans_in_maps() -> None:
    x = ts.placeholder(ts.float64, [None, 3])

    def row(values: Any) -> Any:
        return ts.scan(lambda a, v: a * ts.reduce_sum(ts.map_fn(lambda u: u * v, values)), values)

    check_derivatives(derivatives(ts.map_fn(row, x), x, 2), x, [[0.5, -0.3, 0.8], [0.2, 0.9, 0.4]])
