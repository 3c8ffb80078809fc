"""meshgrid: coordinates of all points of a grid."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.join import stack
from tensorslow.ops.shape import broadcast_to, reshape, size
from tensorslow.scopes import name_scope


def meshgrid(*args: Any, indexing: str = "xy", name: str | None = None) -> list[Tensor]:
    """For each vector of coordinates, its coordinate of every point of the grid that all span.

    TensorFlow: tf.meshgrid.

    Args:
        args: vectors.
        indexing: "ij": an axis for each vector, in order; "xy": the first two axes are exchanged.
        name: name of the scope of its nodes.

    Raises:
        ValueError: there is no such indexing.

    Gradient: dy, summed over the other axes.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij', not {indexing!r}")
    with name_scope(name, "meshgrid", args):
        vectors = [as_tensor(x) for x in args]
        # The place of each vector's axis in the grid.
        places = list(range(len(vectors)))
        if indexing == "xy" and len(vectors) > 1:
            places[:2] = [1, 0]
        lines = [
            reshape(x, [-1 if i == place else 1 for i in range(len(vectors))])
            for x, place in zip(vectors, places)
        ]
        sizes = [size(vectors[place]) for place in places]
        return [broadcast_to(line, stack(sizes)) for line in lines] if lines else []
