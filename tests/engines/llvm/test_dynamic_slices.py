"""Parts of arrays whose beginning only a run knows are compiled, and are what NumPy cuts out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.engines.llvm.explain.explanation import Explanation
from tensorslow.engines.llvm.pieces import PiecesExplanation

X = np.arange(60, dtype=np.float32).reshape(3, 4, 5) + 1
PARTS: dict[str, Callable[[Any, Any], Any]] = {
    "x[i]": lambda x, i: x[i],
    "x[-i]": lambda x, i: x[-i - 1],
    "x[:, i]": lambda x, i: x[:, i],
    "x[..., i]": lambda x, i: x[..., i],
    "x[i, :, i]": lambda x, i: x[i, :, i],
    "x[i, i, i]": lambda x, i: x[i, i, i],
    "x[i, None, 1:3, ::-2]": lambda x, i: x[i, None, 1:3, ::-2],
    "x[0, i, ..., None]": lambda x, i: x[0, i, ..., None],
    "slice": lambda x, i: ts.slice(x, [i, 0, 1], [1, -1, 3]),
    "slice of two": lambda x, i: ts.slice(x, ts.stack([i, i, 0]), [1, 2, 5]),
    "slice of nothing": lambda x, i: ts.slice(x, [0, i, 0], [3, 0, 5]),
}


def question(part: str, wide: bool = False) -> tuple[list[ts.Tensor], list[ts.Tensor]]:
    """What is fed, and what is asked: a part, and gradients of its squares."""
    x, i = ts.placeholder(ts.float32, X.shape), ts.placeholder(ts.int64 if wide else ts.int32, [])
    y = PARTS[part](x, i)
    (dx,) = ts.gradients(ts.reduce_sum(y * y), x)
    (second,) = ts.gradients(ts.reduce_sum(dx * dx), x)
    return [x, i], [y, dx, second]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("wide", [False, True])
def test_parts_and_their_gradients_are_compiled(part: str, wide: bool):
    (x, i), fetches = question(part, wide)
    session, numpy = ts.Session(engine="llvm"), ts.Session(engine="numpy")
    assert isinstance(session.explain(fetches, {x: X, i: 0}), Explanation)
    for place in range(3):
        feeds = {x: X, i: place}
        for one, other in zip(session.run(fetches, feeds), numpy.run(fetches, feeds), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("engine", ["llvm", "numpy"])
@pytest.mark.parametrize(
    ("part", "place", "message"),
    [
        ("x[i]", 3, "index 3 is outside axis 0, which has 3 elements"),
        ("x[i]", -4, "index -4 is outside axis 0"),
        ("x[:, i]", 4, "index 4 is outside axis 1"),
        ("slice", 3, "axis 0 has 3 elements, so a slice of 1 from 3 is not inside"),
        ("slice", -1, "axis 0: begin -1 or size 1 is negative"),
        ("slice of nothing", 5, "a slice of 0 from 5 is not inside"),
    ],
)
def test_what_is_outside_is_said_as_numpy_says_it(part: str, place: int, message: str, engine: str):
    (x, i), (y, dx, _) = question(part)
    session = ts.Session(engine=engine)
    for fetch in (y, dx):
        with pytest.raises(ts.errors.GraphError, match=message):
            session.run(fetch, {x: X, i: place})


def test_only_the_gradient_says_that_its_part_is_outside():
    i, x = ts.placeholder(ts.int32, []), ts.placeholder(ts.float32, [3, 2])
    (dx,) = ts.gradients(x[i], x)
    session = ts.Session(engine="llvm")
    np.testing.assert_array_equal(
        session.run(dx, {i: -1, x: X[0, :3, :2]}), [[0, 0]] * 2 + [[1, 1]]
    )
    with pytest.raises(ts.errors.GraphError, match="index 3 is outside axis 0"):
        session.run(dx, {i: 3, x: X[0, :3, :2]})


def test_a_loop_that_reads_row_after_row_is_compiled():
    x, w = ts.placeholder(ts.float32, [6, 4]), ts.Variable(np.full(4, 0.5, np.float32))
    _, y = ts.while_loop(
        lambda i, _: i < 6, lambda i, h: (i + 1, ts.tanh(h * w + x[i])), [0, ts.zeros([4])]
    )
    fetches = [y, *ts.gradients(ts.reduce_sum(y), [x, w])]
    session, numpy = ts.Session(engine="llvm"), ts.Session(engine="numpy")
    feeds = {x: np.linspace(-1, 1, 24).reshape(6, 4)}
    explanation = session.explain(fetches, feeds)
    assert isinstance(explanation, Explanation)
    # That its rows are inside is known, and so there is no check.
    assert "check_" not in explanation.program
    for one, other in zip(session.run(fetches, feeds), numpy.run(fetches, feeds), strict=True):
        np.testing.assert_allclose(one, other, 1e-5)


def test_crops_are_compiled_with_the_same_choice():
    x, crops = ts.placeholder(ts.float32, X.shape), []
    for engine in ("llvm", "numpy"):
        crop = ts.random_crop(x, [2, 2, 3], seed=7)
        session = ts.Session(engine=engine)
        crops.append([session.run(crop, {x: X}) for _ in range(4)])
        kind = session.explain(crop, {x: X})
        assert isinstance(kind, Explanation) == (engine == "llvm")
    np.testing.assert_array_equal(*crops)


@pytest.mark.parametrize("part", [lambda x, i: x[i:], lambda x, i: ts.slice(x, [i], [-1])])
def test_a_part_of_unknown_length_is_left_to_numpy(part: Callable[[Any, Any], Any]):
    x, i = ts.placeholder(ts.float32, [5]), ts.placeholder(ts.int32, [])
    y = ts.exp(part(x, i))
    session = ts.Session(engine="llvm")
    for place in (1, 3):
        feeds = {x: np.zeros(5), i: place}
        np.testing.assert_array_equal(session.run(y, feeds), np.ones(5 - place))
    explanation = session.explain(y, feeds)
    assert isinstance(explanation, PiecesExplanation)
    assert "depends on values" in str(explanation)


@pytest.mark.parametrize("read", [lambda x, i: x[i], ts.gather], ids=["x[i]", "gather"])
@pytest.mark.parametrize("first", [0, 2])
def test_a_loop_of_any_length_keeps_its_places(read: Callable[[Any, Any], Any], first: int):
    """There is room for 16 iterations at first, and whether it is enough must be looked at."""
    x, limit = ts.placeholder(ts.float32, [40]), ts.placeholder(ts.int32, [])
    _, y = ts.while_loop(
        lambda i, total: i < limit,
        lambda i, total: (i + 1, total + read(x, i)),
        [ts.constant(first), ts.constant(0.0)],
    )
    session, values = ts.Session(engine="llvm"), np.arange(40, dtype=np.float32)
    (slope,) = ts.gradients(y, x)
    for stop in (3, 16, 17, 20, 35, 4):
        total, dx = session.run([y, slope], {x: values, limit: stop})
        assert total == values[first:stop].sum()
        inside = (first <= values) & (values < stop)
        np.testing.assert_array_equal(dx, inside.astype(np.float32))
