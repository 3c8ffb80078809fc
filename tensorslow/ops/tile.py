"""A tensor repeated along its axes, and the repetitions summed up: each is the other's adjoint."""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.shapes import show


def _tile_compute(xp: Any, x: Any, multiples: Any) -> Any:
    if isinstance(multiples, TensorSpec):
        return TensorSpec(x.shape and (None,) * len(x.shape), x.dtype)
    if x.shape is None:
        return TensorSpec((None,) * len(multiples), x.dtype)
    if len(multiples) != len(x.shape):
        raise ShapeError(
            f"{len(multiples)} multiples for the {len(x.shape)} axes of {show(x.shape)}"
        )
    if any(n is not None and n < 0 for n in multiples):
        raise ShapeError(f"multiples cannot be negative: {list(multiples)}")
    # [n] becomes [1, n], then [multiple, n], and that is what it looks like.
    pairs = list(zip(multiples, x.shape, strict=True))
    apart = xp.reshape(x, [size for _, n in pairs for size in (1, n)])
    repeated = xp.broadcast_to(apart, [size for pair in pairs for size in pair])
    return xp.reshape(repeated, [None if None in pair else pair[0] * pair[1] for pair in pairs])


TILE = OpDef(
    "Tile",
    operands=("input: T", "multiples: index"),
    known=("multiples",),
    compute=_tile_compute,
    grad=lambda op, dy: [SUM_TILES(dy, op.inputs[1], op.inputs[0]), None],
)


def tile(input: Any, multiples: Any, name: str | None = None) -> Tensor:
    """A tensor repeated along each of its axes.

    TensorFlow: tf.tile.

    Args:
        input: any tensor.
        multiples: vector, how often it stands along each axis.
        name: name of the node.

    Raises:
        ShapeError: there is not one number an axis, or one is negative.

    Gradient: dy, summed over the repetitions.
    """
    return TILE(input, multiples, name=name)


def _sum_tiles_compute(xp: Any, dy: Any, multiples: Any, like: Any) -> Any:
    pairs = list(zip(multiples, like.shape, strict=True))
    apart = xp.reshape(dy, [size for pair in pairs for size in pair])
    return xp.sum(apart, tuple(range(0, 2 * len(pairs), 2)))


def _sum_tiles_grad(op: Operation, ddy: Tensor) -> list[Tensor | None]:
    return [TILE(ddy, op.inputs[1]), None, None]


# Ours: TensorFlow computes the shape of a reshape in the graph, and the axes of the sum.
SUM_TILES: OpDef = OpDef(
    "SumTiles",
    operands=("dy: T", "multiples: index", "like"),
    known=("multiples",),
    compute=_sum_tiles_compute,
    infer=lambda dy, multiples, like: TensorSpec(like.shape, dy.dtype),
    grad=_sum_tiles_grad,
)
