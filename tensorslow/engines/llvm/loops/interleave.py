"""Stores that take turns: what they write lies side by side, so that it is put in order first.

Four values of each block of random bits, two halves of a complex number, or what a strided slice
read and the zeros beside it, are written to every fourth, second or third place. Written together
they fill whole vectors.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorslow.engines.llvm.kernels.nests import Store
from tensorslow.engines.llvm.loops.points import Points, Scope
from tensorslow.engines.llvm.text.ir import Function, stored_type


def grouped(stores: Sequence[Store], vector: int) -> list[list[Store]]:
    """The stores, those together that take turns along the vector's axis."""
    groups: list[list[Store]] = []
    left = list(stores)
    while left:
        first = left.pop(0)
        group = [first]
        for count in (4, 3, 2):
            others = [_following(first, left, k) for k in range(1, count)]
            if vector >= 0 and first.strides[vector] == count and None not in others:
                group += [s for s in others if s is not None]
                left = [s for s in left if s not in group]
                break
        groups.append(group)
    return groups


def _following(first: Store, stores: Sequence[Store], places: int) -> Store | None:
    if first.buffer is None or first.indirect or first.add:
        return None
    for s in stores:
        if (
            (s.buffer, s.strides, s.offset) == (first.buffer, first.strides, first.offset + places)
            and not s.indirect
            and not s.add
        ):
            return s
    return None


def store_in_turn(points: Points, scope: Scope, group: Sequence[Store]) -> None:
    """Writes the values of some stores that take turns."""
    f, lanes, count = points.f, points.lanes, len(group)
    first = group[0]
    assert first.buffer is not None
    dtype = first.buffer.dtype
    kind, size = stored_type(dtype), dtype.itemsize
    start = points.pointer(scope, first)
    columns = [points.vectors(scope, s.value) for s in group]
    for (offset, mask), *registers in zip(scope.parts, *columns, strict=True):
        values = [points.in_memory(x, dtype, lanes) for x in registers]
        joined = _in_turn(f, kind, lanes, values)
        place = f.gep(start, offset * count, kind)
        if mask is None:
            f.store(f"<{count * lanes} x {kind}>", joined, place, size)
        else:
            every = _in_turn(f, "i1", lanes, [mask] * count)
            f.masked_store(kind, count * lanes, joined, place, every, size)


def _in_turn(f: Function, kind: str, lanes: int, vectors: Sequence[str]) -> str:
    """One vector with the first elements of all, then the second ones, and so on."""
    if len(vectors) == 3:
        vector, every = f"<{lanes} x {kind}>", range(2 * lanes)
        a, b, c = vectors
        joined = f.shuffle(vector, a, b, every), f.shuffle(vector, c, "poison", every)
        places = [k % 3 * lanes + k // 3 for k in range(3 * lanes)]
        return f.shuffle(f"<{2 * lanes} x {kind}>", *joined, places)
    while len(vectors) > 1:
        half = len(vectors) // 2
        places = [k // 2 + k % 2 * lanes for k in range(2 * lanes)]
        vector = f"<{lanes} x {kind}>"
        pairs = zip(vectors[:half], vectors[half:], strict=True)
        vectors = [f.shuffle(vector, a, b, places) for a, b in pairs]
        lanes *= 2
    return vectors[0]
