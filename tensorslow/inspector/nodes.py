"""Operations as the nodes of a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorslow.analysis.gradient_flow import Flow
from tensorslow.analysis.phases import phases
from tensorslow.graph import Operation, Tensor
from tensorslow.inspector.document import Node, Output, Place
from tensorslow.inspector.lines import line_of
from tensorslow.inspector.sources import type_of
from tensorslow.inspector.values import name_of, side_for, value_of


def nodes_of(
    ops: Sequence[Operation],
    values: Mapping[Tensor, Any],
    steps: Sequence[Operation],
    fed: Sequence[Tensor],
) -> list[Node]:
    """The nodes of a document.

    Args:
        ops: the operations, each after what it needs.
        values: of tensors, as far as they were computed.
        steps: the operations that ran, in order.
        fed: tensors that were given, and so read nothing.
    """
    place = {op: i for i, op in enumerate(steps)}
    phase, known = phases(ops), set(ops)
    given = {x.op for x in fed if not any(y not in fed for y in x.op.outputs)}
    side = side_for(sum(1 for x in values.values() if x.ndim))
    flow, found = Flow(), []
    for op in ops:
        inputs = [] if op in given else op.inputs
        node: Node = {
            "id": op.id,
            "name": op.name,
            "type": type_of(op),
            "scope": op.name.rpartition("/")[0],
            "phase": phase[op],  # type: ignore[typeddict-item]
            "inputs": [place_of(x) for x in inputs],
            "controls": [other.id for other in op.control_inputs if other in known],
            "outputs": [_output(x, values.get(x), side) for x in op.outputs],
            "line": line_of(op),
            "step": place.get(op),
            "gradient": [stop and stop.reason for stop in flow.stops(op)] if inputs else [],
            "of": _forward_of(op, known),
            "engine": None,
        }
        found.append(node)
    return found


def place_of(tensor: Tensor) -> Place:
    """A tensor as a document names it."""
    return [tensor.op.id, tensor.value_index]


def _output(tensor: Tensor, value: Any, side: int) -> Output:
    shape = tensor.spec.shape
    if value is not None and value.dtype.kind == "O" and not _is_text(value):
        value = None  # what a user's class keeps for its gradient
    return {
        "dtype": name_of(tensor.spec.dtype),
        "static_shape": None if shape is None else list(shape),
        "shape": None if value is None else list(value.shape),
        "value": None if value is None else value_of(value, side),
    }


def _is_text(value: Any) -> bool:
    return all(isinstance(x, (str, bytes)) for x in value.ravel()[:32])


def _forward_of(op: Operation, known: set[Operation]) -> int | None:
    while op.gradient_of is not None:
        op = op.gradient_of
        if op in known and op.gradient_of is None:
            return op.id
    return None
