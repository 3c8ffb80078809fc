"""cond, case and while_loop: what they compute and return, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import DTypeError, ShapeError

# Branches


def test_cond_runs_one_branch_only() -> None:
    calls: list[str] = []
    p, x = ts.placeholder(ts.bool, []), ts.placeholder(ts.float32, [])
    note = {name: lambda x, name=name: (calls.append(name), x)[1] for name in ("true", "false")}
    y = ts.cond(
        p,
        lambda: ts.py_func(note["true"], [x * 2.0], ts.float32),
        lambda: ts.py_func(note["false"], [x], ts.float32),
    )
    session = ts.Session()
    assert [session.run(y, {p: p_value, x: 3}) for p_value in (True, False, True)] == [6, 3, 6]
    assert calls == ["true", "false", "true"]


def test_cond_returns_what_the_functions_return() -> None:
    p, x = ts.placeholder(ts.bool, []), ts.placeholder(ts.float32, [])
    session = ts.Session()
    for make, expected in [
        (lambda: x, 3),
        (lambda: [x], 3),
        (lambda: (x, x + 1.0), (3, 4)),
        (lambda: {"a": x, "b": [x, 2.0]}, {"a": 3, "b": [3, 2]}),
        (lambda: 1.5, 1.5),
        (lambda: [x, [1, True]], [3, [1, True]]),
    ]:
        assert session.run(ts.cond(p, make, make), {p: True, x: 3}) == expected
    assert session.run(ts.cond(p, lambda: [x], lambda: [x], strict=True), {p: True, x: 3}) == [3]
    assert session.run(ts.cond(p, fn1=lambda: x, fn2=lambda: -x), {p: False, x: 3}) == -3


def test_branches_may_differ_in_size() -> None:
    p, x = ts.placeholder(ts.bool, []), ts.placeholder(ts.float32, [4])
    y = ts.cond(p, lambda: x[:3], lambda: x[1:3])
    z = ts.cond(p, lambda: x, lambda: x[:, None])
    assert y.shape.as_list() == [None]
    assert z.shape.ndims is None
    session = ts.Session()
    assert session.run(y, {p: False, x: [1, 2, 3, 4]}).tolist() == [2, 3]
    assert session.run(z, {p: False, x: [1, 2, 3, 4]}).shape == (4, 1)


def test_a_predicate_that_is_computed_constant_or_fed() -> None:
    x = ts.placeholder(ts.float32, [])
    positive = x > 0.0
    y = ts.cond(positive, lambda: x, lambda: -x)
    session = ts.Session()
    assert [session.run(y, {x: value}) for value in (2, -3)] == [2, 3]
    assert session.run(y, {x: 2, positive: False}) == -2
    assert session.run(ts.cond(ts.constant(True), lambda: x, lambda: -x), {x: 2}) == 2


def test_nested_conds_capture_from_all_around() -> None:
    p, q = ts.placeholder(ts.bool, []), ts.placeholder(ts.bool, [])
    v, c, x = ts.Variable(10.0), ts.constant(2.0), ts.placeholder(ts.float32, [])
    y = ts.cond(
        p,
        lambda: ts.cond(q, lambda: v * x, lambda: c * x + v),
        lambda: ts.cond(q, lambda: x, lambda: c),
    )
    session = ts.Session()
    found = [session.run(y, {p: a, q: b, x: 3}) for a in (True, False) for b in (True, False)]
    assert found == [30, 16, 3, 2]


def test_case_takes_the_first_that_is_true() -> None:
    x = ts.placeholder(ts.int32, [])
    pairs = [(x < 0, lambda: ts.constant("negative")), (x < 10, lambda: ts.constant("small"))]
    y = ts.case(pairs, default=lambda: ts.constant("large"))
    last = ts.case(pairs)  # without a default the last one stands for all the rest
    by_predicate = ts.case(dict(pairs), default=lambda: ts.constant("large"))
    session = ts.Session()
    assert [session.run(y, {x: value}) for value in (-1, 5, 50)] == ["negative", "small", "large"]
    assert [session.run(last, {x: value}) for value in (-1, 5, 50)] == [
        "negative",
        "small",
        "small",
    ]
    assert session.run(by_predicate, {x: 5}) == "small"
    with pytest.raises(ValueError, match="case needs at least one pair"):
        ts.case([])


def test_branches_that_do_not_fit() -> None:
    p, x = ts.placeholder(ts.bool, []), ts.placeholder(ts.float32, [2], name="x")
    with pytest.raises(
        DTypeError,
        match=r"(?s)result 0 is float32\[2\] in one branch and int32\[\].*true_fn.*'x'.*false_fn",
    ):
        ts.cond(p, lambda: x, lambda: 1)
    for other in (lambda: [x], lambda: (x, x), lambda: {"a": x}):
        with pytest.raises(TypeError, match="the branches return different structures"):
            ts.cond(p, lambda: x, other)
    with pytest.raises(TypeError, match="true_fn must be a function without arguments"):
        ts.cond(p, x, lambda: x)
    with pytest.raises(TypeError, match="pred must be a tensor, not a Python bool"):
        ts.cond(True, lambda: x, lambda: x)
    with pytest.raises(ShapeError, match=r"pred must be a scalar, not \[2\]"):
        ts.cond(x > 0.0, lambda: x, lambda: x)


# Loops


def test_while_loop_of_several_variables() -> None:
    n = ts.placeholder(ts.int32, [])
    start = {"i": 0, "pair": (ts.constant(0), ts.constant(1))}
    fibonacci = ts.while_loop(
        lambda s: s["i"] < n,
        lambda s: {"i": s["i"] + 1, "pair": (s["pair"][1], s["pair"][0] + s["pair"][1])},
        start,
    )
    session = ts.Session()
    assert [session.run(fibonacci, {n: k})["pair"][0] for k in (0, 1, 2, 10)] == [0, 1, 1, 55]


def test_a_single_loop_variable_comes_back_alone() -> None:
    loop = ts.while_loop(lambda i: i < 5, lambda i: [i + 2], [0])
    same = ts.while_loop(lambda i: i < 5, lambda i: i + 2, [0], return_same_structure=True)
    assert ts.Session().run([loop, same]) == [6, [6]]


def test_maximum_iterations() -> None:
    most = ts.placeholder(ts.int32, [])
    loop = ts.while_loop(lambda i: i < 5, lambda i: i + 1, [0], maximum_iterations=most)
    fixed = ts.while_loop(lambda i: i < 5, lambda i: i + 1, [0], maximum_iterations=2)
    session = ts.Session()
    assert [session.run(loop, {most: k}) for k in (-1, 0, 3, 100)] == [0, 0, 3, 5]
    assert session.run(fixed) == 2


def test_shapes_that_change_need_an_invariant() -> None:
    grown = ts.while_loop(
        lambda i, rows: i < 3,
        lambda i, rows: (i + 1, ts.concat([rows, rows[-1:] * 2.0], 0)),
        [0, ts.constant([[1.0, 2.0]])],
        shape_invariants=[ts.TensorShape([]), ts.TensorShape([None, 2])],
    )[1]
    assert grown.shape.as_list() == [None, 2]
    np.testing.assert_array_equal(ts.Session().run(grown), [[1, 2], [2, 4], [4, 8], [8, 16]])
    ranks = ts.while_loop(
        lambda i, a: i < 2, lambda i, a: (i + 1, a[None]), [0, ts.constant(1.0)],
        shape_invariants=[ts.TensorShape([]), ts.TensorShape(None)],
    )[1]  # fmt: skip
    assert ts.Session().run(ranks).shape == (1, 1)


def test_loops_that_do_not_fit() -> None:
    x = ts.ones([2], name="x")
    with pytest.raises(
        ShapeError,
        match=r"(?s)begins as float32\[2\] and becomes float32\[4\].*before.*'x'.*after.*concat",
    ):
        ts.while_loop(lambda a: ts.reduce_sum(a) < 9.0, lambda a: ts.concat([a, a], 0), [x])
    with pytest.raises(
        DTypeError, match=r"(?s)begins as int32\[\] and becomes float32\[\].*cast it inside"
    ):
        ts.while_loop(lambda i: i < 3, lambda i: ts.cast(i, ts.float32), [1])
    with pytest.raises(DTypeError, match="body takes 1 loop variables but returns 2"):
        ts.while_loop(lambda i: i < 3, lambda i: [i, i], [1])
    with pytest.raises(DTypeError, match="cond must return one bool scalar"):
        ts.while_loop(lambda i: i, lambda i: i, [1])
    with pytest.raises(ShapeError, match=r"cond must return a scalar, not \[2\]"):
        ts.while_loop(lambda a: a < 1.0, lambda a: a, [x])
    with pytest.raises(ShapeError, match=r"begins as float32\[2\], its invariant is \[3\]"):
        ts.while_loop(lambda a: True, lambda a: a, [x], shape_invariants=[ts.TensorShape([3])])
    with pytest.raises(ValueError, match="needs at least one loop variable"):
        ts.while_loop(lambda: True, lambda: (), [])


def test_loops_and_branches_in_each_other() -> None:
    n = ts.placeholder(ts.int32, [])

    def collatz(count: Any, value: Any) -> Any:
        return count + 1, ts.cond(ts.equal(value % 2, 0), lambda: value // 2, lambda: 3 * value + 1)

    def longest(i: Any, best: Any) -> Any:
        steps = ts.while_loop(lambda c, v: v > 1, collatz, [0, i])[0]
        return i + 1, ts.cond(steps > best, lambda: steps, lambda: best)

    found = ts.while_loop(lambda i, best: i <= n, longest, [1, 0])[1]
    assert ts.Session().run(found, {n: 30}) == 111
