"""A graph as a drawing: in Graphviz's language, and as a picture that its program `dot` makes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from tensorslow.analysis.phases import phases
from tensorslow.analysis.summary import forward_ops
from tensorslow.errors import ExecutionError
from tensorslow.graph import Graph, Operation
from tensorslow.order import needed

PATIENCE = 120  # seconds that `dot` may take
# Fill of a node by what it is for; told apart by lightness as well as by hue, for print.
_FILLS = {"forward": "#ffffff", "backward": "#f6d5c3", "update": "#cfe3f5", "start": "#e6e6e6"}
_SHAPES = {"VariableV2": "cylinder", "Const": "note"}
_FONT = 'fontname="sans-serif"'


def to_dot(graph: Graph, everything: bool = False) -> str:
    """The graph in Graphviz's language, see `Graph.to_dot`."""
    ops = needed(graph.get_operations(), ())
    kind = phases(ops)
    if not everything:
        forward = set(forward_ops(graph))
        read = {x.op for op in forward for x in op.inputs if x.op.type == "Const"}
        ops = [op for op in ops if op in forward or op in read]
    lines = [
        "digraph {",
        "  rankdir=BT",
        f"  node [shape=box style=filled {_FONT} fontsize=11]",
        f"  edge [{_FONT} fontsize=9]",
        *_clusters(ops, kind),
        *_edges(ops),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _clusters(ops: Sequence[Operation], kind: dict[Operation, str]) -> list[str]:
    """The nodes, those of a scope in a box."""
    inside: dict[str, list[Operation]] = {}
    for op in ops:
        inside.setdefault(op.name.rpartition("/")[0], []).append(op)
    for scope in list(inside):  # scopes that hold scopes only
        while scope:
            scope = scope.rpartition("/")[0]
            inside.setdefault(scope, [])
    lines: list[str] = []
    opened: list[str] = []
    for scope in sorted(inside, key=lambda name: name.split("/")):
        while opened and not f"{scope}/".startswith(f"{opened[-1]}/"):
            opened.pop()
            lines.append(f"{'  ' * (len(opened) + 1)}}}")
        if scope:
            indent = "  " * (len(opened) + 1)
            opened.append(scope)
            lines.append(f"{indent}subgraph {quoted('cluster ' + scope)} {{")
            label = quoted(scope.rpartition("/")[2])
            lines.append(f"{indent}  label={label} style=rounded {_FONT} fontsize=11")
        indent = "  " * (len(opened) + 1)
        lines += [indent + _node(op, kind[op]) for op in inside[scope]]
    while opened:
        opened.pop()
        lines.append(f"{'  ' * (len(opened) + 1)}}}")
    return lines


def _node(op: Operation, kind: str) -> str:
    short = op.name.rpartition("/")[2]
    label = short if short == op.type else f"{short}\n{op.type}"
    shape = "ellipse" if op.type.startswith("Placeholder") else _SHAPES.get(op.type)
    extra = f" shape={shape}" if shape else ""
    tip = quoted(f"{op.name}, created at {op.created_at}")
    return f'n{op.id} [label={quoted(label)} tooltip={tip} fillcolor="{_FILLS[kind]}"{extra}]'


def _edges(ops: Sequence[Operation]) -> list[str]:
    known = set(ops)
    lines = []
    for op in ops:
        for x in op.inputs:
            if x.op in known:
                label = quoted(str(x.spec))
                lines.append(f"  n{x.op.id} -> n{op.id} [label={label}]")
        for other in op.control_inputs:
            if other in known:
                lines.append(f"  n{other.id} -> n{op.id} [style=dashed]")
    return lines


def quoted(text: str) -> str:
    r"""A text as DOT takes it.

    >>> print(quoted('a "name"\nbelow'))
    "a \"name\"\nbelow"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\r", "").replace("\n", "\\n").replace("\0", "") + '"'


def to_svg(graph: Graph, everything: bool = False) -> str:
    """The graph as a picture, see `Graph.to_svg`."""
    program = shutil.which("dot")
    if program is None:
        raise ExecutionError(
            "the program dot, which lays graphs out, is not installed",
            hint="install Graphviz (apt install graphviz, brew install graphviz, or "
            "graphviz.org/download); to_dot() needs nothing, and ts.inspect draws in the browser",
        )
    done = subprocess.run(
        [program, "-Tsvg"],
        input=to_dot(graph, everything),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise ExecutionError(f"dot could not draw the graph: {done.stderr.strip()}")
    return done.stdout
