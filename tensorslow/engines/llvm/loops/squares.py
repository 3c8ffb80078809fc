"""Which loads of a kernel lie along another axis than its vectors, and how it walks through both.

They are read in squares that are transposed, see tiles.py.
"""

from __future__ import annotations

import math

from tensorslow.engines.llvm.kernels.nests import Nest, Value

SQUARE = 8  # from how many rows and columns on it is transposed
NEAR = 8192  # elements of arrays that are gathered as fast, being in the nearest cache


def turns(nest: Nest, x: Value, vector: int) -> int:
    """The axis along which a load lies that can be transposed; -1: it cannot."""
    if x.args or nest.reduced or nest.sequential or nest.sizes[vector] < SQUARE:
        return -1
    if math.prod(nest.sizes) < NEAR:
        return -1
    for i, (stride, size) in enumerate(zip(x.strides, nest.sizes, strict=True)):
        if stride == 1 and i != vector and size >= SQUARE:
            return i if abs(x.strides[vector]) > 1 else -1
    return -1


def turned_loads(nest: Nest, vector: int, lanes: int) -> tuple[int, list[Value]]:
    """The axis along which most loads lie that are to be transposed, and these loads."""
    if vector < 0 or lanes == 1:
        return -1, []
    loads: dict[int, list[Value]] = {}
    for x in nest.values:
        if x.op == "load" and (axis := turns(nest, x, vector)) >= 0:
            loads.setdefault(axis, []).append(x)
    return max(loads.items(), key=lambda item: len(item[1]), default=(-1, []))


def tile_of(items: int, rows: int, columns: int, lanes: int) -> tuple[int, int]:
    """Some squares beside each other, as many below each other as leave the threads enough."""
    width = min(4, -(-columns // lanes)) * lanes
    height = -(-rows // lanes) * lanes
    items *= -(-columns // width)
    if items < 16 and rows * columns >= 4096:
        height = max(2 * lanes, -(-height * items // 16 // lanes) * lanes)
    return height, width
