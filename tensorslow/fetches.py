"""What a user fetches: the nodes that it needs, and their values in the form that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow import nest
from tensorslow.arrays.memory import is_view
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


def own_values(values: Sequence[Any], foreign: Sequence[Any]) -> list[Any]:
    """Values as their receiver may keep and change them: scalars as NumPy scalars, and copies of
    arrays that are stored, lent (both read-only), or among the `foreign` ones.
    """
    results: list[Any] = []
    taken = list(foreign)  # arrays that have an owner already
    for value in values:
        if type(value) is not np.ndarray:
            value = np.asarray(value)
        if value.ndim == 0:
            value = value[()]
        elif (
            (value.base is not None and is_view(value))  # most calls are saved
            or not value.flags.writeable
            or is_one_of(value, taken)
        ):
            value = value.copy()
        else:
            taken.append(value)  # two nodes may have one array
        results.append(value)
    return results


def is_one_of(value: Any, arrays: Sequence[Any]) -> bool:
    """Whether `value` is the very same object as one of `arrays`."""
    for array in arrays:  # noqa: SIM110 - a generator would take longer than the whole loop
        if array is value:
            return True
    return False


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
