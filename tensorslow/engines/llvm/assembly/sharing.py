"""Equal kernels share their code: what is equal for them, and one order of their values.

Kernels that compute the same may have been fused from nests in different orders. Here each gets the
order in which a walk from its stores comes by its values; only the stores have to be sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.kernels.nests import Nest, Store, Value
from tensorslow.engines.llvm.loops.emit import Place

DEPTH = 4  # operations that are compared to tell stores apart
ANY_SIZE = 512  # elements from which on one code serves arrays of every length


def kernel_key(nest: Nest, places: Sequence[Place]) -> tuple[Any, bool]:
    """What is equal for kernels that can share their code, and whether any length will do.

    Args:
        nest: in order, see `put_in_order`.
        places: what `places_of` says.
    """
    numbers = {place: i for i, place in enumerate(places)}
    values = {x: i for i, x in enumerate(nest.values)}
    any_size = (
        len(nest.sizes) == 1
        and nest.sizes[0] >= ANY_SIZE
        and nest.contraction is None
        and not nest.reduced
        and not nest.sequential
        and all(x.strides == (1,) or not any(x.free) for x in nest.values if x.strides)
    )
    parts: list[Any] = [
        any_size if any_size else nest.sizes, nest.sequential,
        tuple([(b.dtype, i) for (b, _), i in numbers.items()]),
    ]  # fmt: skip
    if nest.contraction is not None:
        parts += [nest.contraction.shape, nest.contraction.places]
    for x in nest.values:
        where = None if x.buffer is None else numbers[x.buffer, x.offset]
        offset = x.offset if x.op == "index" else 0
        parts.append(
            (x.op, x.dtype, tuple([values[a] for a in x.args]), x.strides, where, offset,
             _exactly(x.detail) if x.op == "literal" else x.detail, x.axes)
        )  # fmt: skip
    for s in nest.stores:
        where = None if s.buffer is None else numbers[s.buffer, s.offset]
        indirect = tuple((values[v], n) for v, n in s.indirect)
        parts.append((values[s.value], where, s.strides, indirect, s.add))
    return tuple(parts), any_size


def _exactly(number: Any) -> Any:
    """A number such that 0 is not equal to -0, and nan is equal to nan."""
    return number.tobytes() if isinstance(number, np.generic) else repr(number)


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
