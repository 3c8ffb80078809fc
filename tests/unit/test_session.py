"""Sessions: what is fetched comes back in its own form, and whose values they are."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import GraphError

Pair = namedtuple("Pair", ["left", "right"])


@pytest.fixture
def nodes() -> tuple[Any, Any]:
    x = ts.placeholder(ts.float32, [], name="x")
    return x, ts.multiply(x, 2.0, name="y")


# Fetches


def test_any_nesting_comes_back_as_it_was(nodes: Any) -> None:
    x, y = nodes
    session, feeds = ts.Session(), {x: 3.0}
    for fetches, expected in [
        (y, 6),
        ([x, y], [3, 6]),
        ((x, y), (3, 6)),
        ([x], [3]),
        ([], []),
        ((), ()),
        ({}, {}),
        ({"b": y, "a": [x, (y,)]}, {"b": 6, "a": [3, (6,)]}),
        (Pair(x, {"deep": Pair([y], x)}), Pair(3, {"deep": Pair([6], 3)})),
        (OrderedDict(b=y, a=x), OrderedDict(b=6, a=3)),
        (defaultdict(list, a=y), defaultdict(list, a=6)),
        ({1: x, "mixed": y}, {1: 3, "mixed": 6}),
        ([[], [x, []]], [[], [3, []]]),
        ([y, y, x, y], [6, 6, 3, 6]),
        (["y:0", x, "x:0"], [6, 3, 3]),
        ([y.op, "y", y], [None, None, 6]),
        ({"only": x.op}, {"only": None}),
    ]:
        for _ in range(2):  # the second time from the cache
            found = session.run(fetches, feeds)
            assert found == expected
            assert type(found) in (type(expected), np.float32)
    assert list(session.run(OrderedDict(b=y, a=x), feeds)) == ["b", "a"]


def test_scalars_are_numpy_scalars_and_arrays_are_arrays(nodes: Any) -> None:
    x, y = nodes
    session = ts.Session()
    assert type(session.run(y, {x: 3})) is np.float32
    assert type(session.run(ts.stack([y]), {x: 3})) is np.ndarray
    assert type(session.run(ts.Variable(1.0))) is np.float32
    assert type(session.run(ts.constant(True))) is np.bool_
    assert session.run(ts.constant("text")) == "text"


@pytest.mark.parametrize(
    ("fetch", "error", "message"),
    [
        (None, TypeError, r"None \(NoneType\): a fetch is a tensor, an operation or the name"),
        (3, TypeError, r"cannot fetch 3 \(int\)"),
        ([None], TypeError, "cannot fetch None"),
        ({"a": np.ones(2)}, TypeError, "cannot fetch array"),
        ("nope", GraphError, "cannot fetch 'nope': the graph has no operation named 'nope'"),
        ("nope:0", ValueError, "cannot fetch 'nope:0': the graph has no operation named 'nope'"),
        ("x:1", GraphError, "operation 'x' has 1 outputs, so there is no 'x:1'"),
    ],
)  # fmt: skip
def test_what_cannot_be_fetched(nodes: Any, fetch: Any, error: Any, message: str) -> None:
    x, y = nodes
    session = ts.Session()
    with pytest.raises(error, match=message):
        session.run([y, fetch] if not isinstance(fetch, dict) else fetch, {x: 3})
    assert session.run(y, {x: 3}) == 6


def test_nodes_of_another_graph_or_of_a_body() -> None:
    x = ts.placeholder(ts.float32, [], name="x")
    inner: list[Any] = []
    ts.cond(x > 0.0, lambda: inner.append(x * 5.0) or inner[0], lambda: x)
    with pytest.raises(
        GraphError,
        match=r"(?s)mul:0.* is not a node of this graph.*inner.append.*return it from the function",
    ):
        ts.Session().run(inner[0], {x: 3})
    with pytest.raises(
        GraphError,
        match=r"(?s)tensor 'mul:0' cannot be used here.*inside the body of a branch or loop",
    ):
        inner[0] + x
    with ts.Graph().as_default():
        foreign = ts.constant(1.0, name="foreign")
        assert ts.Session().run(foreign) == 1
    with pytest.raises(
        GraphError,
        match=r"(?s)'foreign:0'.* is not a node of this graph.*foreign = .*graph=x.graph",
    ):
        ts.Session().run(foreign)
    assert ts.Session(graph=foreign.graph).run(foreign) == 1


# State


def test_every_session_has_its_own_variables() -> None:
    v = ts.Variable(1.0)
    grow = v.assign_add(1.0)
    one, two = ts.Session(), ts.Session()
    assert [one.run(grow), one.run(grow), two.run(grow)] == [2, 3, 2]
    assert (one.run(v), two.run(v), ts.Session().run(v)) == (3, 2, 1)


def test_every_session_draws_the_same_numbers() -> None:
    ts.set_random_seed(3)
    draw = ts.random_uniform([2])
    runs = [
        [session.run(draw).tolist() for _ in range(2)] for session in (ts.Session(), ts.Session())
    ]
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[0][1]


def test_closed_sessions_refuse(nodes: Any) -> None:
    x, y = nodes
    session = ts.Session()
    call = session.make_callable(y, [x])
    assert session.run(y, {x: 1}) == call(1) == 2
    session.close()
    session.close()
    for use in (lambda: session.run(y, {x: 1}), lambda: call(1), lambda: session.run([])):
        with pytest.raises(RuntimeError, match=r"(?s)this session is closed.*open a new one"):
            use()
    assert ts.Session().run(y, {x: 1}) == 2


# Default sessions


def test_with_block() -> None:
    graph = ts.Graph()
    with ts.Session(graph=graph) as session:
        assert ts.get_default_graph() is graph
        assert ts.get_default_session() is session
        v = ts.Variable([1.0, 2.0])
        grow = v.assign_add([1.0, 1.0])
        grow.op.run()
        np.testing.assert_array_equal(v.eval(), [2, 3])
        x = ts.placeholder(ts.float32)
        assert (x * 2.0).eval({x: 4}) == 8
        assert (x * 2.0).eval(feed_dict={x: 5}, session=session) == 10
    assert ts.get_default_session() is None
    assert ts.get_default_graph() is not graph
    with pytest.raises(RuntimeError, match="this session is closed"):
        session.run(v)
    with pytest.raises(ValueError, match="there is no default session"):
        v.eval()


def test_default_sessions_nest() -> None:
    one, two = ts.Session(), ts.Session()
    with one.as_default() as found:
        assert found is one
        with two.as_default():
            with one.as_default():
                assert ts.get_default_session() is one
            assert ts.get_default_session() is two
        assert ts.get_default_session() is one
    assert ts.get_default_session() is None
    assert one.run(ts.constant(1)) == 1  # as_default closes nothing


def test_a_with_block_ends_after_an_error() -> None:
    def fail() -> None:
        with ts.Session():
            raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        fail()
    assert ts.get_default_session() is None


def test_interactive_session() -> None:
    session = ts.InteractiveSession()
    v = ts.Variable(2.0)
    assert v.eval() == 2
    assert (v * 3.0).eval() == 6
    session.close()
    assert ts.get_default_session() is None


# Callables and arguments


def test_make_callable(nodes: Any) -> None:
    x, y = nodes
    v = ts.Variable(0.0)
    session = ts.Session()
    step = session.make_callable({"sum": v.assign_add(y), "y": [y]}, feed_list=[x])
    assert step(1.0) == {"sum": 2, "y": [2]}
    assert step(2.0) == {"sum": 6, "y": [4]}
    assert session.make_callable(v)() == 6
    assert session.make_callable(v.initializer)() is None
    with pytest.raises(TypeError, match="this callable takes 1 values, not 2"):
        step(1.0, 2.0)


def test_run_takes_tensorflows_arguments(nodes: Any) -> None:
    x, y = nodes
    session = ts.Session("", ts.get_default_graph(), None)
    assert session.run(y, {x: 1}) == session.run(
        fetches=y, feed_dict={x: 1}, options=None, run_metadata=None
    )
    assert session.run(y, OrderedDict({x: 1})) == 2
    with pytest.raises(ValueError, match="there is no engine 'abacus'; there is .*numpy"):
        ts.Session(engine="abacus")


def test_plans_are_kept_for_nested_fetches_too(nodes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = nodes
    session = ts.Session()
    fetches = {"x": x, "more": [y, (y, "y:0")]}
    first = session.run(fetches, {x: 1})
    monkeypatch.setattr(
        "tensorslow.calls.plan_run", lambda *arguments: pytest.fail("planned again")
    )
    assert session.run(fetches, {x: 1}) == session.run(dict(fetches), {x: 1}) == first


def test_indexed_slices_are_fetched_in_parts() -> None:
    v = ts.Variable([[1.0, 2.0], [3.0, 4.0]])
    (dv,) = ts.gradients(ts.reduce_sum(ts.gather(v, [1, 1])), v)
    assert isinstance(dv, ts.IndexedSlices)
    found, total = ts.Session().run([dv, ts.reduce_sum(v)])
    np.testing.assert_array_equal(found.values, np.ones((2, 2)))
    np.testing.assert_array_equal(found.indices, [1, 1])
    assert (found.dense_shape.tolist(), total) == ([2, 2], 10)


def test_feeding_the_same_tensor_by_name_and_as_node_is_one_feed(nodes: Any) -> None:
    x, y = nodes
    assert ts.Session().run([x, y], {x: 1, "x:0": 5}) == [5, 10]


def test_running_an_iterator_of_feeds_is_an_error(nodes: Any) -> None:
    x, y = nodes

    def pairs() -> Iterator[Any]:
        yield x, 1

    with pytest.raises(TypeError, match="feed_dict must be a dictionary from tensors to values"):
        ts.Session().run(y, pairs())


def test_an_interactive_session_puts_the_default_graph_back() -> None:
    outside, graph = ts.get_default_graph(), ts.Graph()
    session = ts.InteractiveSession(graph=graph)
    assert ts.get_default_graph() is graph
    session.close()
    session.close()  # nothing more to put back
    assert ts.get_default_graph() is outside


def test_an_interactive_session_of_no_graph_leaves_the_default_graph_alone() -> None:
    session, later = ts.InteractiveSession(), ts.Graph()
    later.as_default()
    session.close()
    assert ts.get_default_graph() is later


def test_an_interactive_session_may_be_closed_inside_its_with_block() -> None:
    outside = ts.get_default_graph()
    with ts.InteractiveSession(graph=ts.Graph()) as session:
        session.close()
    assert ts.get_default_graph() is outside
    assert ts.get_default_session() is None
