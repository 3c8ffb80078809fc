"""Looking up rows in tables, which may be in several parts."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.clipping import clip_by_norm
from tensorslow.ops.cumulative import cumsum
from tensorslow.ops.division import floordiv, floormod
from tensorslow.ops.elementwise import add
from tensorslow.ops.gather import gather
from tensorslow.ops.identity import identity
from tensorslow.ops.indexing import getitem
from tensorslow.ops.join import concat, stack
from tensorslow.ops.ranges import range
from tensorslow.ops.reduce import reduce_sum
from tensorslow.ops.shape import shape
from tensorslow.scopes import name_scope


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: float | None = None,
) -> Tensor:
    """The rows of a table that are named by number.

    TensorFlow: tf.nn.embedding_lookup.

    Args:
        params: tensor [rows, ...]; or a list of such tensors, the parts of one table.
        ids: int32 or int64 tensor of any shape.
        partition_strategy: which part has row i. "mod": part i % parts, as its row i // parts;
            "div": the parts stand one behind another.
        name: name of the scope of its nodes.
        validate_indices: accepted: ids are always checked.
        max_norm: rows whose 2-norm is larger are scaled down to it; None: none.

    Returns:
        Tensor with the shape of `ids`, then that of a row.

    Raises:
        ValueError: the list is empty, or there is no such strategy.
        ExecutionError: when it runs, a number is out of range.

    Gradient: `IndexedSlices` for a single table.
    """
    parts = list(params) if isinstance(params, (list, tuple)) else [params]
    if not parts:
        raise ValueError("embedding_lookup needs at least one table")
    if partition_strategy not in ("mod", "div"):
        raise ValueError(f"partition_strategy must be 'mod' or 'div', not {partition_strategy!r}")
    with name_scope(name, "embedding_lookup", [*parts, ids]) as scope:
        numbers = as_tensor(ids, None, "ids")
        table, places = (
            (parts[0], None) if len(parts) == 1 else _in_one_table(parts, partition_strategy)
        )
        if places is not None:
            numbers = gather(places, numbers)
        rows = gather(table, numbers, name=scope)
        return identity(rows if max_norm is None else _bounded(rows, numbers, max_norm))


def _in_one_table(parts: Sequence[Any], strategy: str) -> tuple[Tensor, Tensor | None]:
    """The parts one behind another, and where in there each row stands; None: in order."""
    table = concat(parts, 0)
    if strategy == "div":
        return table, None
    sizes = stack([getitem(shape(part), 0) for part in parts])
    numbers = range(reduce_sum(sizes))
    first_of_part = gather(cumsum(sizes, exclusive=True), floormod(numbers, len(parts)))
    return table, add(first_of_part, floordiv(numbers, len(parts)))


def _bounded(rows: Tensor, ids: Tensor, max_norm: float) -> Tensor:
    """Each row scaled down to a norm."""
    if rows.spec.ndim is None or ids.spec.ndim is None:
        raise ValueError("max_norm needs ids and params of known rank; set_shape tells it")
    return clip_by_norm(rows, max_norm, [*builtins.range(ids.spec.ndim, rows.spec.ndim)])
