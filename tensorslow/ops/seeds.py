"""Seeds: from which numbers a random operation starts."""

from __future__ import annotations

import operator
import os
from typing import Any

from tensorslow.graph import get_default_graph

DEFAULT_GRAPH_SEED = 87654321  # TensorFlow's, of graphs without one
LIMIT = 2**31 - 1


def set_random_seed(seed: int | None) -> None:
    """Makes the numbers of the random operations that follow in this graph repeatable.

    TensorFlow: tf.set_random_seed. The n-th operation without a seed of its own takes n, from 0.

    Args:
        seed: whole number; None: each new operation without a seed of its own starts anywhere.
    """
    get_default_graph().seed = None if seed is None else _whole(seed)


def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """The two seeds of a new random operation, from the graph's and its own.

    TensorFlow: tf.get_seed. Asking counts: the next operation without a seed gets the next one.

    Returns:
        (graph seed, operation seed), or (None, None) when neither is given.
    """
    # A body inherits the seed of the graph around it, and counts for itself: so does TensorFlow.
    graph = get_default_graph()
    if graph.seed is None and op_seed is None:
        return None, None
    if op_seed is None:
        op_seed = graph.random_ops
        graph.random_ops += 1
    seed = DEFAULT_GRAPH_SEED if graph.seed is None else graph.seed
    seeds = seed % LIMIT, _whole(op_seed) % LIMIT
    # TensorFlow's kernels take (0, 0) for "no seeds".
    return (0, LIMIT) if seeds == (0, 0) else seeds


def seed_attrs(op_seed: int | None) -> dict[str, Any]:
    """The attributes `seed` and `seed2` of a node; where none are given, the system draws them."""
    seed, seed2 = get_seed(op_seed)
    if seed is None or seed2 is None:
        # The system's bytes themselves: importing `secrets` takes as long as ten modules of ours.
        seed, seed2 = (int.from_bytes(os.urandom(8), "little") >> 1 for _ in range(2))
    return {"seed": seed, "seed2": seed2}


def _whole(seed: Any) -> int:
    try:
        return operator.index(seed)
    except TypeError:
        raise TypeError(f"a seed is a whole number, not {seed!r}") from None
