"""summary_of: a table of a graph."""

from __future__ import annotations

import numpy as np

import tensorslow as ts


def network():
    x = ts.placeholder(ts.float32, [None, 3], name="x")
    with ts.name_scope("layer"):
        w = ts.Variable(np.ones((3, 4), np.float32), name="w")
        b = ts.Variable(np.zeros(4), name="b", trainable=False)
        y = ts.matmul(x, w, name="y")
    loss = ts.reduce_sum(y, name="loss")
    ts.train.GradientDescentOptimizer(0.1).minimize(loss)
    return b


def test_the_rows_are_what_computes_forward():
    network()
    rows = ts.summary_of().rows
    assert [(r.name, r.type, r.shape, r.dtype, r.parameters) for r in rows] == [
        ("x", "Placeholder", "[?, 3]", "float32", 0),
        ("layer/w", "VariableV2", "[3, 4]", "float32", 12),
        ("layer/b", "VariableV2", "[4]", "float64", 4),
        ("layer/y", "MatMul", "[?, 4]", "float32", 0),
        ("loss", "Sum", "[]", "float32", 0),
    ]


def test_totals_and_scopes():
    network()
    graph = ts.get_default_graph()
    found = ts.summary_of(graph)
    assert (found.parameters, found.trainable, found.bytes) == (16, 12, 80)
    assert found.nodes == len(graph.get_operations())
    layer = next(scope for scope in found.scopes if scope.name == "layer")
    inside = [op for op in graph.get_operations() if op.name.startswith("layer/")]
    assert (layer.nodes, layer.parameters) == (len(inside), 16)
    assert sum(scope.nodes for scope in found.scopes) == found.nodes


def test_everything_has_a_row_if_asked():
    network()
    graph = ts.get_default_graph()
    rows = ts.summary_of(graph, everything=True).rows
    assert sorted(r.name for r in rows) == sorted(op.name for op in graph.get_operations())


def test_what_an_optimizer_keeps_for_itself_counts_but_has_no_row():
    v = ts.Variable(np.ones(3), name="v")
    ts.train.AdamOptimizer(0.1).minimize(ts.reduce_sum(ts.square(v)))
    found = ts.summary_of()
    assert [row.name for row in found.rows] == ["v", "Square", "Sum"]
    assert (found.parameters, found.trainable) == (3 + 2 * 3 + 2, 3)


def test_it_prints_as_a_table():
    network()
    lines = str(ts.summary_of()).splitlines()
    assert lines[0].split() == ["name", "type", "shape", "dtype", "parameters"]
    assert lines[4] == "layer/b  VariableV2   [4]     float64  4 (not trained)"
    assert "16 parameters, 12 trainable, 80 B" in lines[7]
    assert lines[0].index("shape") == lines[3].index("[3, 4]")


def test_a_variable_of_any_shape_is_not_counted():
    ts.Variable(ts.placeholder(ts.float32, None), validate_shape=False, name="v")
    row = next(r for r in ts.summary_of().rows if r.name == "v")
    assert (row.parameters, row.bytes, row.shape) == (None, None, "[...]")
    assert "  ?" in str(ts.summary_of())


def test_an_empty_graph_has_a_table_too():
    assert "0 nodes, 0 shown; 0 parameters" in str(ts.summary_of(ts.Graph()))


def test_a_notebook_gets_it_escaped():
    ts.placeholder(ts.float32, [1], name="a>b")
    assert "a&gt;b" in ts.summary_of()._repr_html_()


def test_a_name_stays_in_its_row():
    with ts.Graph().as_default() as graph:
        ts.identity(1.0).op.name = "two\nlines\tand é"  # no graph takes it; a table survives it
    assert "two\\nlines\\tand é  Identity" in str(ts.summary_of(graph))
