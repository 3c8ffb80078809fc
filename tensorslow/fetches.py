"""What a user fetches: the nodes that it needs, and their values in the form that was asked for."""

from __future__ import annotations

from typing import Any

from tensorslow import nest
from tensorslow.errors import GraphError
from tensorslow.graph import Graph, Operation
from tensorslow.nodes import Node
from tensorslow.ops.indexed_slices import IndexedSlices, IndexedSlicesValue


def fetched_nodes(graph: Graph, leaf: Any) -> list[Node]:
    """The nodes that one fetch needs.

    Raises:
        TypeError: it is nothing that can be fetched.
        GraphError: it is not in the graph.
    """
    if isinstance(leaf, IndexedSlices):
        parts = [
            leaf.values,
            leaf.indices,
            *([] if leaf.dense_shape is None else [leaf.dense_shape]),
        ]
        return [graph.as_graph_element(part) for part in parts]
    try:
        node = graph.as_graph_element(leaf)
    except KeyError as error:
        hint = "the name of a tensor ends in the number of an output, as 'y:0'"
        raise GraphError(f"cannot fetch {leaf!r}: {error.args[0]}", hint) from None
    except TypeError:
        raise TypeError(
            f"cannot fetch {leaf!r} ({type(leaf).__name__}): "
            "a fetch is a tensor, an operation or the name of one"
        ) from None
    if type(node) is not Operation and isinstance(node, Operation):
        return [node.output]  # a user's own operation stands for its value
    return [node]


def pack_results(fetches: Any, results: Any) -> Any:
    """Results in the form of the fetches; IndexedSlices take two or three of them."""
    leaves = []
    for leaf in nest.flatten(fetches):
        if isinstance(leaf, IndexedSlices):
            leaves.append(
                IndexedSlicesValue(
                    next(results),
                    next(results),
                    None if leaf.dense_shape is None else next(results),
                )
            )
        else:
            leaves.append(next(results))
    return nest.pack_like(fetches, leaves)
