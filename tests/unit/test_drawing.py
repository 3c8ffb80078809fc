"""to_dot and to_svg: graphs as drawings."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET

import pytest

import tensorslow as ts
from tensorslow.analysis.drawing import quoted
from tensorslow.errors import ExecutionError


def network():
    with ts.name_scope("outer"):
        x = ts.placeholder(ts.float32, [None, 2], name="x")
        with ts.name_scope("inner"):
            y = ts.square(x, name="y")
        z = ts.negative(y, name="z")
    w = ts.Variable(1.0, name="w")
    with ts.control_dependencies([z.op]):
        ts.identity(w, name="late")
    ts.train.GradientDescentOptimizer(0.1).minimize(ts.reduce_sum(z * w, name="loss"))
    return ts.get_default_graph()


def nodes_in(text):
    return {int(number) for number in re.findall(r"^ *n(\d+) \[label", text, re.MULTILINE)}


def test_scopes_are_clusters_inside_each_other():
    text = network().to_dot()
    outer, inner = text.index('subgraph "cluster outer" {'), text.index('"cluster outer/inner"')
    assert outer < inner
    between = text[outer:inner]
    assert between.count("{") - between.count("}") == 1
    assert text.count("{") == text.count("}")
    assert re.search(r'^    n\d+ \[label="x\\nPlaceholder"', text, re.MULTILINE)
    assert re.search(r'^      n\d+ \[label="y\\nSquare"', text, re.MULTILINE)


def test_edges_are_the_inputs():
    graph = network()
    text = graph.to_dot(everything=True)
    found = set(re.findall(r"n(\d+) -> n(\d+) \[label", text))
    expected = {(str(x.op.id), str(op.id)) for op in graph.get_operations() for x in op.inputs}
    assert found == expected
    assert nodes_in(text) == {op.id for op in graph.get_operations()}
    late, z = graph.get_operation_by_name("late"), graph.get_operation_by_name("outer/z")
    assert f"n{z.id} -> n{late.id} [style=dashed]" in text
    assert 'label="float32[?, 2]"' in text


def test_gradients_and_updates_are_left_out_unless_asked_for():
    graph = network()
    drawn = {graph.get_operations()[i].name for i in nodes_in(graph.to_dot())}
    assert {"outer/x", "outer/inner/y", "outer/z", "w", "loss"} <= drawn
    assert [name for name in drawn if "grad" in name.lower() or name.startswith("w/")] == []


def test_names_are_text():
    assert quoted('"]; evil [') == '"\\"]; evil ["'
    assert quoted("a\\") == '"a\\\\"'
    assert quoted("a\nb\0") == '"a\\nb"'
    graph = ts.Graph()
    with graph.as_default():
        ts.placeholder(ts.float32, [1], name="back\\slash")
    assert 'label="back\\\\slash\\nPlaceholder"' in graph.to_dot()


def test_an_empty_graph_is_drawn():
    assert ts.Graph().to_dot().startswith("digraph {")


def test_without_graphviz_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExecutionError, match="apt install graphviz"):
        network().to_svg()


def test_the_picture_is_what_dot_makes(tmp_path, monkeypatch):
    """With a program in place of dot, which shows what it was given."""
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\necho \"<svg>$1\"\n/bin/cat\necho '</svg>'\n")
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    graph = network()
    assert graph.to_svg() == f"<svg>-Tsvg\n{graph.to_dot()}</svg>\n"
    dot.write_text("#!/bin/sh\necho 'syntax error' >&2\nexit 1\n")
    with pytest.raises(ExecutionError, match="dot could not draw the graph: syntax error"):
        graph.to_svg()


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_dot_draws_it():
    graph = network()
    root = ET.fromstring(graph.to_svg())
    titles = [t.text for t in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "cluster outer/inner" in titles
    assert {f"n{i}" for i in nodes_in(graph.to_dot())} <= set(titles)
