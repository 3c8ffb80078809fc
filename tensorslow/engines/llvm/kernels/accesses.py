"""Accesses: which buffers a nest reads, and whether it reaches every element of one."""

from __future__ import annotations

import functools
from collections.abc import Set as AbstractSet

from tensorslow.engines.llvm.kernels.buffers import Buffer, with_parts
from tensorslow.engines.llvm.kernels.nests import Nest, Store


def read_by(nest: Nest) -> AbstractSet[Buffer]:
    """The buffers that a nest reads, or that must have been written before, in order."""
    found = {x.buffer: None for x in nest.values if x.buffer is not None}
    if nest.contraction is not None:
        found.update((view.buffer, None) for view in nest.contraction.operands)
    for s in nest.stores:
        if s.add and s.buffer is not None:
            found[s.buffer] = None
    found.update(dict.fromkeys(nest.after))
    joined = [buffer for buffer in found if buffer.parts]
    if joined:
        found.update(dict.fromkeys(with_parts(joined)))
    return found.keys()


def fills(nest: Nest, store: Store) -> bool:
    """Whether a store writes every element of its buffer, each once."""
    return (
        not store.offset
        and not store.indirect
        and not store.add
        and store.buffer is not None
        and covers(nest.sizes, store.strides, store.buffer.size)
    )


@functools.lru_cache(maxsize=1024)
def covers(sizes: tuple[int, ...], strides: tuple[int, ...], count: int) -> bool:
    """Whether an access reaches every one of so many elements, each once."""
    step = 1
    for s, n in sorted((s, n) for s, n in zip(strides, sizes, strict=True) if s and n > 1):
        if s != step:
            return False
        step *= n
    return step == count
