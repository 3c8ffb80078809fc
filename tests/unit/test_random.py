"""The numbers that random operations draw are TensorFlow's, run after run."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import ShapeError
from tests.reference.record_random import GOLDEN, build, described
from tests.sampling import sampled

# Uniform numbers and integers are exact. Normal ones come out of log, sin and cos, whose last bits
# differ from library to library.
NORMAL_TOLERANCE = {"float16": 1e-3, "float32": 1e-6, "float64": 1e-14}

PROGRAMS = json.loads(GOLDEN.read_text())["programs"]


@pytest.fixture
def graph() -> Any:
    with ts.Graph().as_default() as graph:
        yield graph


@sampled("program", PROGRAMS, 3, ids=lambda program: f"seed {program['graph_seed']}")
def test_numbers_are_those_of_tensorflow(program: dict[str, Any], graph: Any) -> None:
    if program["graph_seed"] is not None:
        ts.set_random_seed(program["graph_seed"])
    tensors = [build(ts, call) for call in program["calls"]]
    assert [tensor.name for tensor in tensors] == program["names"]
    with ts.Session() as session:
        for number, expected in enumerate(program["runs"]):
            for call, found, wanted in zip(
                program["calls"], session.run(tensors), expected, strict=True
            ):
                _check_same(found, wanted, f"{call}, run {number}")


def _check_same(array: Any, wanted: dict[str, Any], label: str) -> None:
    found = described(array)
    assert (found["dtype"], found["shape"]) == (wanted["dtype"], wanted["shape"]), label
    if "normal" in label:
        tolerance = NORMAL_TOLERANCE[wanted["dtype"]]
        np.testing.assert_allclose(
            found["some"], wanted["some"], tolerance, tolerance, err_msg=label
        )
    else:
        assert (found["some"], found["digest"]) == (wanted["some"], wanted["digest"]), label


def test_each_operation_counts_for_itself(graph: Any) -> None:
    a, b = ts.random_uniform([4], seed=1), ts.random_uniform([4], seed=1)
    with ts.Session() as session:
        first, second = session.run(a), session.run(a)
        np.testing.assert_array_equal(session.run(b), first)
        np.testing.assert_array_equal(session.run(b), second)
        assert not np.array_equal(first, second)
    with ts.Session() as session:
        np.testing.assert_array_equal(session.run(a), first)


def test_without_seeds_numbers_differ(graph: Any) -> None:
    a, b = ts.random_uniform([4]), ts.random_uniform([4])
    with ts.Session() as session:
        one, other = session.run([a, b])
    assert not np.array_equal(one, other)


def test_seeds(graph: Any) -> None:
    assert ts.get_seed(None) == (None, None)
    assert ts.get_seed(7) == (87654321, 7)
    ts.set_random_seed(0)
    assert ts.get_seed(None) == (0, 2**31 - 1)  # (0, 0) would mean "no seeds"
    assert ts.get_seed(None) == (0, 1)
    assert ts.get_seed(-1) == (0, 2**31 - 2)
    assert ts.get_seed(None) == (0, 2)
    with pytest.raises(TypeError, match=r"a seed is a whole number, not 1\.5"):
        ts.set_random_seed(1.5)


def test_bodies_of_branches_count_for_themselves(graph: Any) -> None:
    # As TensorFlow's do where control flow is functional: each body is a graph, with its seed.
    ts.set_random_seed(3)
    inside = ts.cond(
        ts.constant(True), lambda: ts.random_uniform([2]), lambda: ts.random_uniform([2])
    )
    after = ts.random_uniform([2])
    with ts.Session() as session:
        found = session.run([inside, after])
    with ts.Graph().as_default():
        expected = [ts.random_uniform([2], seed=seed) for seed in (0, 0)]
        for tensor in expected:
            tensor.op.attrs["seed"] = 3
        with ts.Session() as session:
            np.testing.assert_array_equal(found, session.run(expected))


def test_each_iteration_draws_the_next_numbers(graph: Any) -> None:
    looped = ts.while_loop(
        lambda i, x: i < 3,
        lambda i, x: (i + 1, x + ts.random_uniform([2], seed=5)),
        (0, ts.zeros([2])),
    )[1]
    single = ts.random_uniform([2], seed=5)
    with ts.Session() as session:
        total = session.run(looped)
        parts = [session.run(single) for _ in range(3)]
    np.testing.assert_array_equal(total, parts[0] + parts[1] + parts[2])


def test_gradients_flow_to_the_parameters(graph: Any) -> None:
    low, high = ts.placeholder(ts.float64, []), ts.placeholder(ts.float64, [3])
    mean, deviation = ts.placeholder(ts.float64, []), ts.placeholder(ts.float64, [3])
    uniform = ts.random_uniform([2, 3], low, high, ts.float64, seed=1)
    normal = ts.truncated_normal([2, 3], mean, deviation, ts.float64, seed=2)
    fetches = ts.gradients(uniform, [low, high]) + ts.gradients(normal, [mean, deviation])
    feeds = {low: 2.0, high: [3.0, 4.0, 5.0], mean: 1.0, deviation: [1.0, 2.0, 3.0]}
    with ts.Session() as session:
        u, z, *found = session.run([uniform, normal, *fetches], feeds)
    unit = (u - 2.0) / (np.array(feeds[high]) - 2.0)
    np.testing.assert_allclose(found[0], np.sum(1 - unit))
    np.testing.assert_allclose(found[1], unit.sum(0))
    np.testing.assert_allclose(found[2], 6.0)
    np.testing.assert_allclose(found[3], ((z - 1.0) / np.array(feeds[deviation])).sum(0))


def test_shape_may_be_known_late(graph: Any) -> None:
    x = ts.placeholder(ts.float32, [None, 2])
    drawn = ts.random_uniform(ts.shape(x), seed=1)
    assert drawn.shape.as_list() == [None, 2]
    anything = ts.truncated_normal(ts.placeholder(ts.int32), seed=1)
    assert anything.shape.ndims is None
    fixed = ts.random_uniform(ts.TensorShape([3, 2]), seed=1)
    with ts.Session() as session:
        np.testing.assert_array_equal(*session.run([drawn, fixed], {x: np.zeros((3, 2))}))


def test_truncated_normals_stay_within_two_deviations(graph: Any) -> None:
    with ts.Session() as session:
        x = session.run(ts.truncated_normal([50000], dtype=ts.float64, seed=1))
    assert np.abs(x).max() < 2
    np.testing.assert_allclose([x.mean(), x.std()], [0, 0.8796], atol=0.01)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ts.random_uniform([2], 5, 5, ts.int32), "there is no integer from 5 up to 5"),
        (
            lambda: ts.random_uniform([2], [1, 2], 5, ts.int32),
            r"minval must be a single number, not int32\[2\]",
        ),
        (
            lambda: ts.random_uniform([2], dtype=ts.int64),
            "random_uniform needs maxval for integers",
        ),
        (lambda: ts.random_uniform([2], dtype=ts.bool), "random numbers cannot be ts.bool"),
        (lambda: ts.random_normal(3), r"shape must be a list of sizes, not int32\[\]"),
        (lambda: ts.random_normal([3, -1]), r"a size is negative in \[3, -1\]"),
        (lambda: ts.random_normal([3, None]), r"\[3, None\] is no list of sizes"),
        (lambda: ts.truncated_normal([3], dtype=ts.int32), "random numbers cannot be ts.int32"),
        (
            lambda: ts.multinomial([1.0, 2.0], 3),
            r"logits must be \[batch, classes\], not float32\[2\]",
        ),
        (
            lambda: ts.multinomial([[1.0, 2.0]], -1),
            "num_samples must be a number of at least 0, not -1",
        ),
        (
            lambda: ts.random.categorical([[1.0, 2.0]], 1, dtype=ts.float32),
            "classes cannot be ts.float32",
        ),
    ],
)
def test_errors(make: Any, message: str, graph: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_an_empty_range_found_at_run_time(graph: Any) -> None:
    high = ts.placeholder(ts.int32, [])
    drawn = ts.random_uniform([2], 5, high, ts.int32, seed=1)
    with ts.Session() as session:
        assert session.run(drawn, {high: 6}).tolist() == [5, 5]
        with pytest.raises(ShapeError, match="there is no integer from 5 up to 3"):
            session.run(drawn, {high: 3})
