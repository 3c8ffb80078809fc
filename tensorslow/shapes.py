"""Shapes whose sizes, or even rank, may be unknown.

Inside the library a shape is a plain value: a tuple of sizes where None is an unknown size, or None
when even the rank is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from tensorslow.errors import ShapeError

Size = int | None
Shape = tuple[Size, ...] | None


def show(shape: Shape) -> str:
    """`[2, ?]`, or `[...]` for an unknown rank.

    >>> show((2, None)), show(None)
    ('[2, ?]', '[...]')
    """
    if shape is None:
        return "[...]"
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def is_known(shape: Shape) -> TypeGuard[tuple[int, ...]]:
    """Whether the rank and every size are known."""
    return shape is not None and None not in shape


def may_be_equal(a: Size, b: Size) -> bool:
    """Whether two sizes can turn out equal; an unknown one equals anything."""
    return a is None or b is None or a == b


def compatible(a: Shape, b: Shape) -> bool:
    """Whether two shapes can turn out equal."""
    if a is None or b is None:
        return True
    return len(a) == len(b) and all(may_be_equal(m, n) for m, n in zip(a, b, strict=True))


def merge(a: Shape, b: Shape) -> Shape:
    """What both shapes say together about one array.

    Raises:
        ShapeError: they contradict each other.
    """
    if a is None or b is None:
        return b if a is None else a
    if not compatible(a, b):
        raise ShapeError(f"shapes {show(a)} and {show(b)} are not compatible")
    return tuple(n if m is None else m for m, n in zip(a, b, strict=True))


def relax(a: Shape, b: Shape) -> Shape:
    """The most that can be said of an array that has one shape or the other."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(m if m == n else None for m, n in zip(a, b, strict=True))


def broadcast(a: Shape, b: Shape) -> Shape:
    """The shape of an elementwise result: NumPy's rule, with unknown sizes.

    Raises:
        ShapeError: two sizes differ and neither is one.
    """
    if a == b or b == ():
        return a
    if a == ():
        return b
    if a is None or b is None:
        return None
    rank = max(len(a), len(b))
    left, right = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    return tuple(_broadcast_size(m, n, a, b) for m, n in zip(left, right, strict=True))


def _broadcast_size(m: Size, n: Size, a: Shape, b: Shape) -> Size:
    if m == 1:
        return n
    if n == 1 or m == n:
        return m
    if m is None or n is None:
        return n if m is None else m  # an unknown size beside 5 is 1 or 5: the result has 5
    raise ShapeError(
        f"shapes {show(a)} and {show(b)} do not broadcast: {m} meets {n}",
        hint="sizes, counted from the right, must be equal or one of them 1",
    )


def normalize_axis(axis: int, rank: int) -> int:
    """The axis counted from the front.

    Raises:
        ShapeError: there is no such axis.
    """
    if not -rank <= axis < rank:
        raise ShapeError(
            f"axis {axis} does not exist: there are {rank} axes",
            hint=f"use a number from {-rank} to {rank - 1}" if rank else "a scalar has no axes",
        )
    return axis + rank if axis < 0 else axis


def normalize_axes(axes: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """Several axes counted from the front, in order; None means all."""
    if axes is None:
        return tuple(range(rank))
    if isinstance(axes, int):
        axes = (axes,)
    normal = sorted(normalize_axis(axis, rank) for axis in axes)
    if len(set(normal)) < len(normal):
        raise ShapeError(f"an axis is named twice in {list(axes)}")
    return tuple(normal)
