"""A document made of a graph, and of a recording of one run."""

from __future__ import annotations

from collections.abc import Sequence

from tensorslow.analysis.nonfinite import is_origin, operand_lines, why
from tensorslow.graph import Graph, Operation, Tensor
from tensorslow.inspector.document import (
    VERSION,
    Culprit,
    Document,
    Failure,
    Gradient,
    Place,
)
from tensorslow.inspector.lines import program_of
from tensorslow.inspector.nodes import nodes_of, place_of
from tensorslow.inspector.recording import Recording
from tensorslow.inspector.sources import operation_types
from tensorslow.inspector.values import norm_of
from tensorslow.nodes import Node


def document_of(recording: Recording, title: str | None = None) -> Document:
    """What the page shows of a run."""
    ops = recording.ops
    document = _document(ops, title or _title(recording.fetches), recording)
    document["fetches"] = [_fetched(x) for x in recording.fetches]
    document["feeds"] = [place_of(x) for x in recording.feeds]
    document["gradients"] = gradients_of(recording)
    document["culprit"] = culprit_of(recording)
    document["error"] = failure_of(recording)
    return document


def document_of_graph(
    graph: Graph, title: str | None = None, refused: str | None = None
) -> Document:
    """What the page shows of a graph that was not run.

    Args:
        graph: the graph.
        title: of the page.
        refused: the error of a run that could not begin, if one was wanted.
    """
    ops = graph.get_operations()
    document = _document(ops, title or "a graph", Recording(graph, [], [], ops), ran=False)
    document["error"] = None if refused is None else {"node": None, "text": refused}
    return document


def _document(
    ops: Sequence[Operation], title: str, recording: Recording, ran: bool = True
) -> Document:
    steps = _steps(recording) if ran else []
    return {
        "version": VERSION,
        "title": title,
        "program": program_of(ops),
        "nodes": nodes_of(ops, recording.values, steps, recording.feeds),
        "steps": [op.id for op in steps],
        "fetches": [],
        "feeds": [],
        "operations": operation_types(ops),
        "gradients": [],
        "culprit": None,
        "error": None,
        "runs": None,
    }


def _title(fetches: Sequence[Node]) -> str:
    names = [x.name for x in fetches]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _fetched(node: Node) -> Place:
    return place_of(node) if isinstance(node, Tensor) else [node.id, -1]


def _steps(recording: Recording) -> list[Operation]:
    """What ran, up to the operation that failed."""
    steps = recording.ops
    if recording.failed is not None and recording.failed in steps:
        return steps[: steps.index(recording.failed) + 1]
    return steps


def gradients_of(recording: Recording) -> list[Gradient]:
    """The gradients that the run computed, of the forward tensors that they belong to."""
    known = set(recording.ops)
    found: list[Gradient] = []
    for x, dx in _pairs(recording.ops):
        if dx.op in known and x.op in known:
            value = recording.values.get(dx)
            norm = None if value is None else norm_of(value)
            found.append({"of": place_of(x), "gradient": place_of(dx), "norm": norm})
    return found


def _pairs(ops: Sequence[Operation]) -> list[tuple[Tensor, Tensor]]:
    """Pairs of a tensor and its gradient, as far as the nodes show which is which.

    The gradient of a tensor is what its own operation's rule read: of the nodes that differentiate
    an operation, the input that none of them made. For variables it is what an update reads.
    """
    found: dict[Tensor, Tensor] = {}
    for op in ops:
        forward = op.gradient_of
        if forward is None or len(forward.outputs) != 1:
            continue
        for dy in op.inputs:
            if _arrives_at(dy, forward):
                found.setdefault(forward.outputs[0], dy)
    for op in ops:
        labels = op.opdef.each_label(len(op.inputs))
        for label, x in zip(labels, op.inputs):
            if label in ("grad", "delta") and op.opdef.updates and op.inputs[0].op.opdef.variable:
                found[op.inputs[0]] = x
    return list(found.items())


def _arrives_at(dy: Tensor, forward: Operation) -> bool:
    """Whether a tensor that a gradient's node reads is what came from outside its rule."""
    if dy.op.gradient_of is forward or dy in forward.inputs or dy in forward.outputs:
        return False
    y = forward.outputs[0].spec
    same = y.shape is None or dy.spec.shape is None or y.shape == dy.spec.shape
    is_late = dy.op.gradient_of is not None or dy.op.id > forward.id
    return same and is_late and dy.op.type not in ("Const", "VariableV2")


def culprit_of(recording: Recording) -> Culprit | None:
    """The first operation that made nan or infinity of finite operands."""
    values = recording.values
    for op in recording.ops:
        results = [values[x] for x in op.outputs if x in values]
        arguments = [values.get(x) for x in op.inputs]
        kind = is_origin(arguments, results)
        meant = kind == "inf" and op.type == "Const"  # as masks have it
        if kind is not None and not meant:
            sentence = why(op, arguments, kind) if arguments else _given(op, kind)
            return {
                "node": op.id,
                "what": "nan" if kind == "nan" else "inf",
                "why": sentence,
                "operands": [f"{label}  {text}" for label, text in operand_lines(op, arguments)],
            }
    return None


def _given(op: Operation, kind: str) -> str:
    if op.opdef.variable:
        return f"the variable held {kind} before the run"
    return f"{kind} was given as {op.name!r}"


def failure_of(recording: Recording) -> Failure | None:
    """What ended the run."""
    if recording.error is None:
        return None
    failed = recording.failed
    known = failed is not None and failed in set(recording.ops)
    return {
        "node": failed.id if failed is not None and known else None,
        "text": str(recording.error),
    }
