"""Graphs: nodes, their names, who feeds whom, and what surrounds a node that is made."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import GraphError


def test_names_are_tensorflows() -> None:
    x = ts.placeholder(ts.float32, [2, 2])
    nodes = [
        x,
        ts.placeholder(ts.float32),
        x + 1.0,
        ts.add(x, x),
        x * x,
        ts.matmul(x, x),
        ts.matmul(x, x),
    ]
    nodes += [
        ts.reduce_mean(x),
        ts.Variable(1.0),
        ts.Variable(1.0),
        ts.constant(1.0, name="C"),
        ts.constant(1),
    ]
    assert [node.name for node in nodes] == [
        "Placeholder:0", "Placeholder_1:0", "add:0", "Add_1:0", "mul:0", "MatMul:0", "MatMul_1:0",
        "Mean:0", "Variable:0", "Variable_1:0", "C:0", "Const_1:0",
    ]  # fmt: skip
    assert nodes[2].op.inputs[1].name == "add/y:0"


def test_name_scopes() -> None:
    with ts.name_scope("a") as scope:
        assert scope == "a/"
        assert ts.constant(1, name="c").name == "a/c:0"
        assert ts.constant(1, name="c").name == "a/c_1:0"
        with ts.name_scope("b"):
            assert ts.no_op(name="d").name == "a/b/d"
    with ts.name_scope("a"):
        assert ts.constant(1).name == "a_1/Const:0"
    with ts.name_scope(scope):
        assert ts.constant(1, name="c").name == "a/c_2:0"
        with ts.name_scope(None):
            assert ts.constant(1, name="c").name == "c:0"
    assert ts.constant(1).name == "Const:0"


@pytest.mark.parametrize("name", ["a<b", "b c", "b c/", "a:0", "a\n", "é", "_a", "/a"])
def test_a_name_is_checked_wherever_one_is_given(name: str) -> None:
    with ts.Graph().as_default() as graph:
        for give in (
            lambda: ts.constant(1.0, name=name),
            lambda: ts.placeholder(ts.float32, name=name),
            lambda: ts.no_op(name=name),
            lambda: ts.identity(1.0, name=name),  # makes a constant, named after the node
            lambda: ts.identity([ts.constant(1.0)], name=name),
            lambda: ts.convert_to_tensor([ts.constant(1.0), 2.0], name=name),
            lambda: ts.Variable(1.0, name=name),
            lambda: ts.cond(ts.constant(True), lambda: 1.0, lambda: 2.0, name=name),
            lambda: ts.name_scope(name).__enter__(),
        ):
            with pytest.raises(GraphError, match="is no name for a node or a scope") as caught:
                give()
            assert "test_graph.py" in str(caught.value)
    assert {op.name.rpartition("_")[0] or op.name for op in graph.get_operations()} == {"Const"}


def test_a_name_that_is_none_meets_a_better_one() -> None:
    with pytest.raises(
        GraphError, match=r"'2 \* x \+ y' .* it has ' ', '\*', '\+' in it"
    ) as caught:
        ts.no_op(name="2 * x + y")
    assert "call it '2___x___y', or use letters, digits" in str(caught.value)
    with pytest.raises(GraphError, match="'_loss' .* it begins with '_'") as caught:
        ts.no_op(name="_loss")
    assert "call it 'loss', or" in str(caught.value)
    with pytest.raises(TypeError, match="a name is a string, not int"):
        ts.no_op(name=1)


def test_inside_a_scope_a_name_may_begin_with_a_line() -> None:
    # The rule is about the whole name, as TensorFlow's.
    with ts.name_scope("s"):
        x = ts.constant(2.0, name="_x")
        with ts.name_scope("_t"):
            assert ts.no_op(name="-y").name == "s/_t/-y"
    assert x.name == "s/_x:0"
    assert ts.Session().run(ts.cond(x > 1.0, lambda: x * 3.0, lambda: x)) == 6.0  # captures x


def test_names_differ_when_only_their_case_does() -> None:
    # Files are named after nodes, and not all file systems tell cases apart.
    assert ts.no_op(name="W").name == "W"
    assert ts.no_op(name="w").name == "w_1"
    assert ts.no_op(name="w_1").name == "w_1_1"


def test_every_node_knows_its_neighbours() -> None:
    x = ts.placeholder(ts.float32, [2], name="x")
    w = ts.Variable([1.0, 2.0], name="w")
    product = x * w
    total = ts.reduce_sum(product)
    assert product.input_nodes == [x, w]
    assert product.op.input_nodes == [x, w]
    assert x.input_nodes == []
    assert [op.type for op in product.consumers] == ["Sum"]
    assert product.op.consumers == product.consumers == [total.op]
    assert x.consumers() == [product.op]
    assert total.consumers == []
    assert product.op in w.consumers


def test_lists_of_a_graphs_nodes() -> None:
    graph = ts.get_default_graph()
    x = ts.placeholder(ts.float32, [2])
    y = ts.placeholder()
    w = ts.Variable([1.0, 2.0])
    total = ts.reduce_sum(x * w)
    assert graph.placeholders == [x, y]
    assert graph.variables == [w]
    kinds = [op.type for op in graph.operations]
    assert kinds.count("Mul") == 1
    assert not {"Placeholder", "VariableV2", "Const"} & set(kinds)
    assert set(graph.operations) < set(graph.get_operations())
    assert graph.version == len(graph.get_operations())
    assert total.op is graph.get_operations()[-1]


def test_default_graph_with_and_without_with() -> None:
    outer = ts.get_default_graph()
    with ts.Graph().as_default() as inner:
        assert ts.get_default_graph() is inner is not outer
        assert ts.constant(1).graph is inner
    assert ts.get_default_graph() is outer
    # The tutorial's way: at once, and for good.
    graph = ts.Graph()
    block = graph.as_default()
    assert ts.get_default_graph() is graph
    with ts.Graph().as_default():
        ts.Graph().as_default()
    assert ts.get_default_graph() is graph
    with block:
        assert ts.constant(1).graph is graph
    assert ts.get_default_graph() is outer
    ts.reset_default_graph()
    assert ts.get_default_graph() is not outer


def test_default_graph_is_each_threads_own() -> None:
    seen: list[Any] = []
    with ts.Graph().as_default() as graph:
        thread = threading.Thread(target=lambda: seen.append(ts.get_default_graph()))
        thread.start()
        thread.join()
    assert seen[0] is not graph


def test_nodes_by_name() -> None:
    graph = ts.get_default_graph()
    first, second = ts.split(ts.constant([1, 2]), 2, name="halves")
    assert graph.get_tensor_by_name("halves:1") is second
    assert graph.get_operation_by_name("halves") is first.op
    assert graph.as_graph_element("halves:0") is first
    assert graph.as_graph_element(first) is first
    with pytest.raises(KeyError, match="no operation named 'quarters'"):
        graph.get_operation_by_name("quarters")
    with pytest.raises(
        KeyError, match="operation 'halves' has 2 outputs, so there is no 'halves:2'"
    ):
        graph.get_tensor_by_name("halves:2")
    with pytest.raises(ValueError, match="'halves' is no tensor's name"):
        graph.get_tensor_by_name("halves")
    with pytest.raises(TypeError, match="a name is a string, not int"):
        graph.get_tensor_by_name(3)
    with pytest.raises(TypeError, match=r"3 \(int\) is not a tensor or an operation"):
        graph.as_graph_element(3)


def test_attributes() -> None:
    x = ts.placeholder(ts.float32, [2], name="x")
    assert x.op.get_attr("dtype") is ts.float32
    with pytest.raises(ValueError, match="operation 'x' .Placeholder. has no attribute 'colour'"):
        x.op.get_attr("colour")
    with pytest.raises(AttributeError, match="colour"):
        assert x.colour
    assert (x.device, x.op.device) == ("", "")


def test_control_dependencies() -> None:
    a, b, c = (ts.no_op(name=name) for name in "abc")
    x = ts.constant(1.0)
    with ts.control_dependencies([a]):
        with ts.control_dependencies([b, x, a]):
            inner = ts.no_op()
            with ts.control_dependencies(None):
                free = ts.no_op()
        outer = ts.no_op()
    outer.add_control_input(c)
    assert inner.control_inputs == [a, b, x.op]
    assert free.control_inputs == []
    assert outer.control_inputs == [a, c]


def test_collections() -> None:
    graph = ts.get_default_graph()
    w = ts.Variable(1.0, name="model/w")
    b = ts.Variable(1.0, name="b", trainable=False)
    assert ts.get_collection(ts.GraphKeys.GLOBAL_VARIABLES) == [w, b]
    assert ts.get_collection(ts.GraphKeys.TRAINABLE_VARIABLES) == [w]
    assert ts.get_collection("variables", scope="model") == [w]
    ts.add_to_collections(["p", "q", "p"], 1)
    ts.add_to_collection("q", 2)
    assert (ts.get_collection("p"), ts.get_collection("q"), ts.get_collection("r")) == (
        [1],
        [1, 2],
        [],
    )
    ts.get_collection("q").append(3)
    assert ts.get_collection("q") == [1, 2]
    ts.get_collection_ref("q").append(3)
    assert ts.get_collection("q") == [1, 2, 3]
    graph.clear_collection("q")
    assert "q" not in graph.get_all_collection_keys()


def test_finalized_graph_takes_nothing_but_runs() -> None:
    y = ts.Variable(2.0) * 3.0
    ts.get_default_graph().finalize()
    with pytest.raises(RuntimeError, match="the graph is finalized"):
        ts.constant(1)
    assert ts.Session().run(y) == 6


def test_nodes_of_two_graphs_do_not_meet() -> None:
    x = ts.placeholder(ts.float32, [2], name="x")
    with ts.Graph().as_default():
        other = ts.placeholder(ts.float32, [2], name="other")
        # A node goes where its inputs are, also while another graph is the default.
        assert (x + 1.0).graph is x.graph
    with pytest.raises(
        GraphError, match="(?s)tensor 'x:0' is from another graph.*x = ts.placeholder"
    ):
        x + other


def test_a_tensor_is_no_value() -> None:
    x = ts.placeholder(ts.float32, [2], name="x")
    with pytest.raises(TypeError, match=r"<ts.Tensor 'x:0' .* has no truth value .* use ts.cond"):
        assert x
    with pytest.raises(TypeError, match="cannot be iterated over; use ts.unstack or ts.map_fn"):
        list(x)
    with pytest.raises(TypeError, match=r"has no len\(\)"):
        len(x)
    with pytest.raises(TypeError, match="is not an array yet; Session.run gives its value"):
        np.asarray(x)
    assert {x: 1}[x] == 1


def test_array_beside_tensor() -> None:
    x = ts.placeholder(ts.float32, [2])
    y = np.array([1, 2], np.float32) - x
    assert isinstance(y, ts.Tensor)
    np.testing.assert_array_equal(ts.Session().run(y, {x: [5, 5]}), [-4, -3])


def test_the_users_line_is_kept() -> None:
    x = ts.placeholder(ts.float32, [2])
    y = x * 2.0  # this very line
    assert str(y.op.created_at).endswith("y = x * 2.0  # this very line")
    assert str(y.op.created_at).startswith("test_graph.py:")


def test_gradient_override_map() -> None:
    @ts.RegisterGradient("Straight")
    def straight(op: Any, dy: Any) -> Any:
        return dy

    x = ts.placeholder(ts.float32, [2])
    with ts.get_default_graph().gradient_override_map({"Sign": "Straight"}):
        y = ts.sign(x)
    flat = ts.sign(x)
    np.testing.assert_array_equal(ts.Session().run(ts.gradients(y, x)[0], {x: [3, -3]}), [1, 1])
    assert (
        ts.gradients(flat, x) == [None]
        or not ts.Session().run(ts.gradients(flat, x)[0], {x: [3, -3]}).any()
    )
