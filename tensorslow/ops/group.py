"""Operations without a value: they only gather what must run."""

from __future__ import annotations

from typing import Any

from tensorslow import nest
from tensorslow.graph import Operation, Tensor, get_default_graph
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.identity import identity
from tensorslow.ops.indexed_slices import IndexedSlices

NO_OP = OpDef("NoOp", compute=lambda xp: (), infer=lambda: (), grad=not_differentiable)


def no_op(name: str | None = None) -> Operation:
    """Does nothing; a place for control dependencies. TensorFlow: tf.no_op."""
    return NO_OP.node(name=name)


def group(*inputs: Any, name: str | None = None) -> Operation:
    """An operation that has run when all of `inputs` have. TensorFlow: tf.group.

    Args:
        inputs: tensors and operations, also in lists.
        name: name of the node.
    """
    nodes = [node for node in nest.flatten(list(inputs)) if node is not None]
    for node in nodes:
        if not isinstance(node, (Tensor, Operation, IndexedSlices)):
            raise TypeError(f"group takes tensors and operations, not {node!r}")
    operations = [node if isinstance(node, Operation) else node.op for node in nodes]
    graph = (
        operations[0].graph
        if operations and not get_default_graph().waits_for(operations[0])
        else get_default_graph()
    )
    with graph.as_default(), graph.control_dependencies(operations):
        return no_op(name or "group_deps")


def tuple_(tensors: Any, name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """The tensors, each available only when all are. TensorFlow: tf.tuple."""
    graph = get_default_graph()
    with graph.name_scope(name or "tuple"):
        gates = [t.op for t in tensors if t is not None]
        gates += [node if isinstance(node, Operation) else node.op for node in control_inputs or ()]
        with graph.control_dependencies(gates):
            return [
                None if t is None else identity(as_tensor(t), name="control_dependency")
                for t in tensors
            ]
