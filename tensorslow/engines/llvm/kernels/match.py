"""Matching: which axes of a kernel and of a nest run in step.

Axes are the same where they walk through the same memory in the same steps. An axis of the one that
is two axes of the other is split.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from tensorslow.engines.llvm.kernels.accesses import covers
from tensorslow.engines.llvm.kernels.items import LARGEST, Kernel
from tensorslow.engines.llvm.kernels.nests import Nest, Store, Value


def match(kernel: Kernel, nest: Nest, shared: Iterable[Value]) -> list[int | None] | None:
    """For each axis of the kernel the axis of the nest that runs in step with it, if there is one.

    Axes of both are split where they must be. None: they do not fit.
    """
    if len(kernel.nest.values) + len(nest.values) > LARGEST:
        return None
    if kernel.nest.sizes == nest.sizes and all(
        kernel.made[x.buffer].strides == x.strides and not x.args and not x.offset  # type: ignore[index]
        and covers(nest.sizes, x.strides, x.buffer.size)  # type: ignore[union-attr]
        for x in shared
    ):  # fmt: skip
        return list(range(len(nest.sizes)))  # the common case, in a quarter of the time
    stores, axes = kernel.made, len(kernel.nest.sizes)
    before = -1
    while before != len(kernel.nest.sizes) + len(nest.sizes):  # a split may ask for another one
        before = len(kernel.nest.sizes) + len(nest.sizes)
        for x in shared:
            assert x.buffer is not None
            if x.offset or x.args or not covers(nest.sizes, x.strides, x.buffer.size):
                return None
            if not _split(kernel.nest, stores[x.buffer], nest, x):
                return None
    if len(kernel.nest.sizes) != axes:
        kernel.known = None  # the strides have changed
    order: list[int | None] = [None] * len(kernel.nest.sizes)
    for x in shared:
        strides = stores[x.buffer].strides  # type: ignore[index]
        by_stride = {s: i for i, s in enumerate(strides) if s and kernel.nest.sizes[i] > 1}
        for j, (s, size) in enumerate(zip(x.strides, nest.sizes, strict=True)):
            if s == 0 or size == 1:
                continue
            i = by_stride.get(s)
            if i is None or kernel.nest.sizes[i] != size or order[i] not in (None, j):
                return None
            order[i] = j
    if len([j for j in order if j is not None]) != len({j for j in order if j is not None}):
        return None
    return _match_rest(kernel, nest, order)


def _match_rest(kernel: Kernel, nest: Nest, order: list[int | None]) -> list[int | None] | None:
    """Pairs the axes over which nothing is shared, from the innermost outwards."""
    matched = {j for j in order if j is not None}
    left = [j for j, size in enumerate(nest.sizes) if j not in matched and size > 1]
    free = [i for i, j in enumerate(order) if j is None and kernel.nest.sizes[i] > 1]
    while left:
        if not free:
            return None
        j, i = left.pop(), free.pop()
        if nest.sizes[j] != kernel.nest.sizes[i]:
            return None
        order[i] = j
    return order


def _split(outer: Nest, store: Store, inner: Nest, load: Value) -> bool:
    """Splits the axes of both nests where the other has a boundary in the common buffer."""
    return split_by(outer, store, inner.sizes, load.strides) and split_by(
        inner, load, outer.sizes, store.strides
    )


def split_by(
    nest: Nest, access: Store | Value, sizes: tuple[int, ...], strides: tuple[int, ...]
) -> bool:
    """Splits a nest's axes where another access to the same buffer has a boundary."""
    while True:
        found = _boundary(nest.sizes, access.strides, sizes, strides)
        if found is None:
            return True
        axis, inner = found
        if not inner or (nest.contraction is not None and not nest.contraction.splits(axis)):
            return False
        nest.refine(axis, inner)


@functools.lru_cache(maxsize=1024)
def _boundary(
    sizes: tuple[int, ...],
    steps: tuple[int, ...],
    others: tuple[int, ...],
    strides: tuple[int, ...],
) -> tuple[int, int] | None:
    """The first axis inside which another access has a boundary, and how much is inside of that.

    Zero if it cannot be split there; None if there is no such axis.
    """
    for boundary, size in zip(strides, others, strict=True):
        if not boundary or size == 1:
            continue
        for i, (step, n) in enumerate(zip(steps, sizes, strict=True)):
            if step and step < boundary < step * n:
                fits = boundary % step == 0 and step * n % boundary == 0
                return i, boundary // step if fits else 0
    return None
