"""One order for the values of equal kernels, so that they share their code.

Kernels that compute the same may have been fused from nests in different orders. Here each gets the
order in which a walk from its stores comes by its values; only the stores have to be sorted.
"""

from __future__ import annotations

from typing import Any

from tensorslow.engines.llvm.kernels.nests import Nest, Store, Value

DEPTH = 4  # operations that are compared to tell stores apart


def put_in_order(nest: Nest) -> None:
    """Sorts the stores and values of a kernel, without changing what it does."""
    stores = nest.stores
    buffers = {s.buffer for s in stores}
    if 1 < len(stores) == len(buffers) and not any(s.add or s.indirect for s in stores):
        looks = {s: _looks(s, 1) for s in stores}
        if len(set(looks.values())) < len(stores):
            looks = {s: _looks(s, DEPTH) for s in stores}
        stores.sort(key=lambda s: looks[s])
    found: dict[Value, None] = {}
    stack = [v for s in reversed(stores) for v in (*[x for x, _ in s.indirect[::-1]], s.value)]
    while stack:
        x = stack[-1]
        waiting = [a for a in x.args if a not in found] if x not in found else []
        if waiting:
            stack += reversed(waiting)
        else:
            found[x] = None
            stack.pop()
    nest.values = list(found)


def _looks(s: Store, depth: int) -> str:
    """What is the same for stores of equal kernels, and mostly not for those of one."""
    return repr((s.buffer is None, s.strides, _shape(s.value, depth)))


def _shape(x: Value, depth: int) -> Any:
    if not depth:
        return x.op
    detail = None if x.op == "literal" else x.detail
    return (x.op, x.dtype.num, detail, x.strides, *[_shape(a, depth - 1) for a in x.args])
