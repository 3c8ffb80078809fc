"""Parts of arrays that begin where only the run knows; how long they are is known before.

In NumPy every beginning is a number. A compiler sees symbols instead: with these functions a part
of known size is compiled all the same, as what is read at places that are computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorslow.arrays.spec import known_tuple
from tensorslow.errors import ShapeError

Scalar = Any  # an int, or an array without axes
Bounds = tuple[int | None, ...]


def elements_of(xp: Any, vector: Any) -> list[Scalar]:
    """The elements of a vector: those that are known as ints, the others as arrays."""
    if isinstance(vector, tuple):
        return list(vector)
    parts = [xp.slice_(vector, [i], [i + 1], [1]) for i in range(vector.shape[0])]
    return [_number(xp.squeeze(part, 0)) for part in parts]


def _number(x: Any) -> Scalar:
    try:
        return known_tuple(x)
    except TypeError:  # NumPy asked a symbol for its value
        return x


def numbers_in(elements: Sequence[Scalar]) -> Bounds:
    """The elements that are known, and None for the others."""
    return tuple(x if isinstance(x, int) else None for x in elements)


def read_at(xp: Any, x: Any, firsts: Mapping[int, Scalar], counts: Mapping[int, int]) -> Any:
    """Of some axes of `x`, so many elements from a place on; the others stay as they are."""
    for axis, first in firsts.items():
        count = counts[axis]
        if count == 0:  # there is nothing to read that would be outside
            first = _inside(xp, first, x.shape[axis])
        x = xp.take(x, xp.add(xp.arange(0, count, 1, first.dtype), first), axis)
    return x


def zeros_around(xp: Any, dy: Any, firsts: Mapping[int, Scalar], sizes: Sequence[int]) -> Any:
    """`dy` from a place on along some axes, with zeros before and after it: the other's adjoint."""
    for axis, first in firsts.items():
        n, count = sizes[axis], dy.shape[axis]
        first = _inside(xp, first, n - count)
        if count == 0:
            dy = xp.zeros((*dy.shape[:axis], n, *dy.shape[axis + 1 :]), dy.dtype)
            continue
        places = xp.subtract(xp.arange(0, n, 1, first.dtype), first)
        inside = xp.logical_and(xp.less_equal(0, places), xp.less(places, count))
        inside = xp.reshape(inside, [n, *[1] * (len(dy.shape) - axis - 1)])
        if count > 1:
            dy = xp.take(dy, xp.minimum(xp.maximum(places, 0), count - 1), axis)
        dy = xp.where(inside, dy, 0)
    return dy


def _inside(xp: Any, first: Scalar, last: int) -> Scalar:
    """A place, which must not be beyond the last."""
    fits = xp.logical_and(xp.less_equal(0, first), xp.less_equal(first, last))
    return xp.require(first, fits, _complain)


def _complain(first: Any) -> None:
    raise ShapeError(f"a part that begins at {first} is not inside")
