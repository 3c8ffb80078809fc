"""How two shapes of the same elements are related, so that a reshape can be made later.

Primitives are computed in the shape that their operands were made in: a product of matrices keeps
its two axes through bias, activation and normalisation, whatever they are called in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

Sizes = tuple[int, ...]
Group = tuple[tuple[int, ...], tuple[int, ...]]  # axes of one shape, and those they become


@cache
def groups_of(old: Sizes, new: Sizes) -> tuple[Group, ...]:
    """Which axes of `old` together become which of `new`; axes of size 1 are left out."""
    left = [(i, n) for i, n in enumerate(old) if n != 1]
    right = [(i, n) for i, n in enumerate(new) if n != 1]
    found = []
    at, to = 0, 0
    while at < len(left):
        first, second = at, to
        p, q = left[at][1], right[to][1]
        at, to = at + 1, to + 1
        while p != q:
            if p < q:
                p, at = p * left[at][1], at + 1
            else:
                q, to = q * right[to][1], to + 1
        sources = tuple([i for i, _ in left[first:at]])
        found.append((sources, tuple([i for i, _ in right[second:to]])))
    return tuple(found)


@cache
def repeated_shape(shape: Sizes, old: Sizes, new: Sizes) -> Sizes | None:
    """The shape in which an array of `shape`, that is repeated to `old`, is repeated to `new`.

    None: there is none, since it is repeated along a part of a group only.
    """
    if shape == old:
        return new
    if not shape:
        return shape
    full = (1,) * (len(old) - len(shape)) + shape
    result = [1] * len(new)
    for sources, targets in groups_of(old, new):
        sizes = [full[i] for i in sources]
        if sizes == [old[i] for i in sources]:
            for i in targets:
                result[i] = new[i]
        elif any(n != 1 for n in sizes):
            return None
    while result and result[0] == 1:
        del result[0]
    return tuple(result)


def moved_axes(axes: Sequence[int], old: Sizes, new: Sizes) -> Sizes | None:
    """The axes of `new` that are these of `old`; None: they are parts of other groups."""
    chosen = set(axes)
    result: list[int] = []
    for sources, targets in groups_of(old, new):
        inside = chosen.intersection(sources)
        if len(inside) == len(sources):
            result += targets
        elif inside:
            return None
    return tuple(result)
