"""explain_gradient: the way of a gradient, or where it ends; held against `ts.gradients`."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.analysis import gradient_flow
from tensorslow.errors import GradientError
from tests.sampling import sampled


@pytest.fixture
def x():
    return ts.placeholder(ts.float32, [2, 3], name="x")


@pytest.fixture
def w():
    return ts.Variable(np.ones((3, 4), np.float32), name="w")


def only_break(y, x, **options):
    """The break of y with respect to x, after a look at whether `ts.gradients` says the same."""
    found = ts.explain_gradient(y, x, **options)
    assert not found.flows
    assert found.path == ()
    assert ts.gradients(y, x, **options) == [None]
    (stop,) = found.breaks
    return stop


# Where it flows


def test_the_path_goes_edge_by_edge(x, w):
    y = ts.reduce_sum(ts.sigmoid(ts.matmul(x, w)))
    found = ts.explain_gradient(y, w)
    assert found
    assert [(e.op.type, e.index, e.derivative) for e in found.path] == [
        ("Sum", 0, "dx_i = dy"),
        ("Sigmoid", 0, "dx = dy · y · (1 - y)"),
        ("MatMul", 1, "db = aᵀ dy"),
    ]
    assert found.path[-1].source is w
    assert (found.count, found.breaks, found.missing) == (1, (), "")


def test_it_prints_each_node_with_its_line(x, w):
    y = ts.reduce_sum(ts.matmul(x, w), name="total")
    lines = str(ts.explain_gradient(y, w)).splitlines()
    assert lines[0] == "gradient flows from 'total:0' to 'w:0': one way"
    assert re.fullmatch(
        r"  'total' \(Sum\), created at test_gradient_paths.py:\d+:  y = .*", lines[1]
    )
    assert lines[2] == "    ↓ dx_i = dy"
    assert lines[4] == "    ↓ db = aᵀ dy"
    assert lines[5].startswith("  'w' (VariableV2), created at test_gradient_paths.py:")


def test_ways_are_counted():
    a = ts.Variable(2.0, name="a")
    y = a
    for _ in range(40):
        y = y + y
    assert ts.explain_gradient(y, a).count == 2**40
    assert "1099511627776 ways, which add up; a shortest" in str(ts.explain_gradient(y, a))


def test_a_shortest_way_is_shown():
    a = ts.Variable(2.0, name="a")
    long = ts.square(ts.square(ts.square(a)))
    assert [e.op.type for e in ts.explain_gradient(long * a, a).path] == ["Mul"]


def test_a_long_way_shows_both_ends(x):
    y = x
    for _ in range(3000):
        y = ts.identity(y)
    found = ts.explain_gradient(y, x)
    assert len(found.path) == 3000
    assert "  … 2988 more nodes, in .path" in str(found)
    assert len(str(found).splitlines()) < 30


def test_another_way_that_breaks_is_told_too(x):
    y = ts.reduce_sum(x * ts.stop_gradient(x))
    found = ts.explain_gradient(y, x)
    assert found.flows
    assert [stop.edge.op.type for stop in found.breaks] == ["StopGradient"]
    assert "another way ends at 'StopGradient'" in str(found)


def test_through_branches_and_loops(x):
    y = ts.cond(ts.reduce_sum(x) > 0.0, lambda: x * 2.0, lambda: x)
    z = ts.while_loop(lambda a: ts.reduce_sum(a) < 100.0, lambda a: [a * 2.0], [y])
    assert ts.explain_gradient(z, x).flows
    assert ts.gradients(z, x) != [None]


def test_of_itself_it_is_one(x):
    assert "they are one, so it is 1" in str(ts.explain_gradient(x, x))


def test_a_constant_is_remarked():
    c = ts.constant(2.0, name="c")
    found = ts.explain_gradient(ts.square(c), c)
    assert found.flows
    assert "no optimizer changes it; ts.Variable makes what can be learned" in str(found)


def test_the_graph_stays_as_it_is(x, w):
    y = ts.reduce_sum(ts.nn.softmax(ts.matmul(x, w)))
    graph = ts.get_default_graph()
    graph.finalize()
    before = graph.version
    assert ts.explain_gradient(y, w).flows
    assert graph.version == before


# Where it breaks


def test_stop_gradient(x):
    stop = only_break(ts.reduce_sum(ts.stop_gradient(x * 2.0)), x)
    assert stop.reason == "stop_gradient makes it a constant for differentiation"
    assert stop.remedy == "take stop_gradient out, if the gradient is wanted"
    assert [edge.op.type for edge in stop.above] == ["Sum"]


def test_argmax(x):
    stop = only_break(ts.cast(ts.argmax(x, 1), ts.float32), x)
    assert stop.edge.op.type == "Cast"
    assert "int64 from ArgMax: it gives the place of an element" in stop.reason
    assert "softmax" in stop.remedy


def test_a_comparison(x):
    stop = only_break(ts.cast(x > 0.5, ts.float32), x)
    assert stop.reason == "bool from Greater: a comparison is true or false, and has no slope"
    assert "sigmoid" in stop.remedy


def test_integers():
    n = ts.placeholder(ts.int32, [3], name="n")
    stop = only_break(ts.cast(n, ts.float32) * 2.0, n)
    assert stop.reason == "int32 from Placeholder: only floating-point numbers can move a little"


def test_a_conversion_to_integers(x):
    stop = only_break(ts.cast(ts.cast(x, ts.int32), ts.float32), x)
    assert stop.reason == "int32 from Cast: the conversion cuts off what could move a little"


def test_a_step(x):
    stop = only_break(ts.floor(x) * 2.0, x)
    assert stop.edge.op.type == "Floor"
    assert "moves in steps" in stop.reason


def test_a_y_of_integers(x):
    stop = only_break(ts.argmax(x, 1, name="best"), x)
    assert stop.edge is None
    assert stop.reason.startswith("'best:0' is int64 from ArgMax")


@pytest.mark.parametrize(
    "build",
    [
        lambda x: ts.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * x), [0, x])[0],
        lambda x: ts.cond(x[0, 0] > 1.0, lambda: (1, x), lambda: (2, x))[0],
        lambda x: ts.nn.top_k(x, 1)[1],
    ],
    ids=["while_loop", "cond", "top_k"],
)
def test_integers_beside_floats(build, x):
    # The operation has floats among its results, but they are not what is differentiated.
    y = build(x)
    stop = only_break(y, x)
    assert stop.edge is None
    assert stop.reason.startswith(f"{y.name!r} is int32 from")
    # With something that arrives at the floats as well, that flows.
    (dx,) = ts.gradients([y, y.op.outputs[1 - y.value_index]], [x])
    assert dx is not None


def test_sizes(x):
    y = ts.cast(ts.shape(ts.placeholder(ts.float32, [None], name="v")), ts.float32)
    stop = only_break(y, ts.get_default_graph().get_tensor_by_name("v:0"))
    assert "sizes only" in stop.reason


def test_zeros_like(x):
    assert "the same for all numbers" in only_break(ts.zeros_like(x) + 1.0, x).reason


def test_stop_gradients_are_constants(x):
    h = ts.square(x, name="h")
    stop = only_break(ts.reduce_sum(h), x, stop_gradients=[h])
    assert stop.reason == "'h:0' is among stop_gradients, and so a constant"


def test_py_func_raises(x):
    y = ts.reduce_sum(ts.py_func(np.tanh, [x], ts.float32, name="call"))
    found = ts.explain_gradient(y, x)
    (stop,) = found.breaks
    assert not found.flows
    assert stop.fails
    assert stop.edge.op.name == "call"
    assert "RegisterGradient('PyFunc')" in stop.remedy
    assert "ts.gradients raises an error here" in str(found)
    with pytest.raises(GradientError):
        ts.gradients(y, x)


def test_one_way_that_raises_spoils_all(x):
    y = ts.reduce_sum(x) + ts.reduce_sum(ts.py_func(np.tanh, [x], ts.float32))
    assert not ts.explain_gradient(y, x).flows
    with pytest.raises(GradientError):
        ts.gradients(y, x)


def test_an_operation_of_ones_own(x):
    class Cube(ts.Operation):
        def __init__(self, x):
            super().__init__([x])

        def compute(self, x):
            return x**3

    y = Cube(x).output * 2.0
    (stop,) = ts.explain_gradient(y, x).breaks
    assert stop.fails
    assert stop.remedy.startswith("give it a rule with ts.RegisterGradient('Cube')")
    ts.RegisterGradient("Cube")(lambda op, grad: 3 * op.inputs[0] ** 2 * grad)
    assert ts.explain_gradient(y, x).flows


def test_a_write(x):
    v = ts.Variable(1.0, name="v")
    y = ts.assign(v, v * 2.0) * 1.0
    stop = ts.explain_gradient(y, v).breaks[0]
    assert stop.fails
    assert "writes a variable" in stop.reason
    with pytest.raises(GradientError):
        ts.gradients(y, v)


# Where there is no way


def test_no_path_at_all(x, w):
    other = ts.Variable(1.0, name="other")
    found = ts.explain_gradient(ts.matmul(x, w), other)
    assert not found
    assert found.missing.startswith("y does not depend on x; it depends on 'x', 'w'.")
    assert "put into the graph is a constant there" in str(found)


def test_the_wrong_way_round(x):
    found = ts.explain_gradient(x, ts.square(x))
    assert "perhaps explain_gradient(x, y) was meant" in found.missing


def test_two_graphs(x):
    with ts.Graph().as_default():
        other = ts.Variable(1.0)
    assert ts.explain_gradient(x, other).missing.startswith("they are of two graphs")


def test_a_number_is_no_tensor(x):
    with pytest.raises(TypeError, match=r"x is 3\.0 \(float\), not a tensor"):
        ts.explain_gradient(x, 3.0)


def test_branches_are_looked_into():
    x = ts.Variable([1.0, 2.0], name="x")
    yes = ts.constant(True)

    def both(first, second):
        return ts.explain_gradient(ts.cond(yes, first, second), x)

    assert both(lambda: x[0] * 2.0, lambda: ts.constant(2.0)).flows
    cut = both(lambda: ts.stop_gradient(x[0], name="cut"), lambda: ts.floor(x[1]))
    assert not cut.flows
    assert "inside it, 'cut' (StopGradient): stop_gradient makes it a constant" in str(cut)
    assert cut.breaks[0].remedy == "take stop_gradient out, if the gradient is wanted"


@pytest.mark.parametrize("loop", [False, True])
def test_what_fails_inside_is_an_error_of_gradients_too(loop):
    x = ts.Variable([1.0, 2.0], name="x")

    def python(y):
        return ts.reshape(ts.py_func(lambda a: a, [y], ts.float32), [2])

    if loop:
        y = ts.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, python(y)), [0, x])[1]
    else:
        y = ts.cond(ts.constant(True), lambda: python(x), lambda: x * 2.0)
    found = ts.explain_gradient(y, x)
    assert not found.flows
    assert found.breaks[0].fails
    with pytest.raises(ts.errors.GradientError, match="PyFunc has no gradient"):
        ts.gradients(y, x)


def test_a_tensor_that_is_stopped_itself_is_told():
    x = ts.Variable(1.0, name="x")
    y = ts.multiply(x, 2.0, name="y")
    assert "'y:0' is among stop_gradients" in str(ts.explain_gradient(y, x, [y]))
    assert ts.gradients(y, x, stop_gradients=[y]) == [None]


@sampled(("doublings", "digits"), [(2_000, 602), (20_000, 6021)], 2)
def test_ways_without_number_are_about_so_many(doublings, digits):
    x = ts.placeholder(ts.float32, [])
    y = x
    for _ in range(doublings):
        y = y + y
    assert f"about 10^{digits} ways" in str(ts.explain_gradient(y, x))


def test_a_rule_is_asked_once_about_operations_that_are_alike(monkeypatch):
    asked = []
    rule_gives = gradient_flow._rule_gives
    monkeypatch.setattr(
        gradient_flow, "_rule_gives", lambda op: asked.append(op.type) or rule_gives(op)
    )
    x = ts.placeholder(ts.float32, [4], name="x")
    y = x
    for i in range(500):
        y = ts.tanh(y) * 2.0
        y = ts.reshape(y, [2, 2] if i % 2 == 0 else [4])
    assert ts.explain_gradient(y, x).count == 1
    # Of the products, and of the tangents, there are those of four and those of two by two.
    assert sorted(asked) == ["Mul", "Mul", "Reshape", "Reshape", "Tanh", "Tanh"]


def test_what_is_alike_but_for_an_attribute_is_asked_again(x):
    @ts.RegisterGradient("TanhOfNothing")
    def _(op, dy):
        return [None]

    y = ts.tanh(x)
    with ts.get_default_graph().gradient_override_map({"Tanh": "TanhOfNothing"}):
        z = ts.tanh(x)
    found = ts.explain_gradient(y * z, x)
    assert found.count == 1
    assert [stop.edge.op for stop in found.breaks] == [z.op]
    assert ts.gradients(z, x) == [None]


@sampled("depth", [1200, 3000], 2)
def test_many_deep_breaks_are_found_in_time_that_is_no_product(depth):
    x = y = ts.placeholder(ts.float32, [])
    for _ in range(depth):
        y = y + ts.stop_gradient(y)
    found = ts.explain_gradient(y, x)
    assert len(found.breaks) == depth
    assert len(found.breaks[-1].above) == depth


def test_a_variable_begins_where_its_initial_value_ends():
    a = ts.Variable(1.0, name="a")
    w = ts.Variable(a * 2.0, name="w")
    assert "x is in the initial value of 'w'" in str(ts.explain_gradient(w * 3.0, a))


def test_to_wait_for_something_is_not_to_depend_on_it():
    a, w = ts.Variable(1.0), ts.Variable(1.0)
    with ts.control_dependencies([ts.assign(w, a * 2.0)]):
        y = ts.identity(w)
    assert "It only waits for it" in str(ts.explain_gradient(y, a))
    first, second = ts.unstack(ts.constant([1.0, 2.0]), name="parts")
    assert "another output of 'parts'" in str(ts.explain_gradient(first * 2.0, second))


def test_an_operation_without_output_is_refused():
    w = ts.Variable(1.0)
    step = ts.train.GradientDescentOptimizer(0.1).minimize(w * w)
    with pytest.raises(TypeError, match="such as the loss"):
        ts.explain_gradient(step, w)
