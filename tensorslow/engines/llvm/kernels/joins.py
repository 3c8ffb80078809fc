"""Joining: a nest becomes a part of a kernel, where that keeps what is read in a register.

A kernel may have one set of axes over which it reduces. Values on all axes and values on the kept
ones then alternate (the maximum of a row, its exponentials, their sum …), in as many passes over
the row as there are reductions one after another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from tensorslow.engines.llvm.kernels.items import LARGEST, Kernel
from tensorslow.engines.llvm.kernels.match import match
from tensorslow.engines.llvm.kernels.nests import CHEAP, PLAIN, Nest, Value, number_stages

ROW = 16384  # elements of a row that several passes may go over
FEW = 8192  # elements of whole arrays that they may
WINDOW = 16  # iterations that are written out, so that passes over them cost nothing
FUNCTION = 64  # elements that can be added up while a function of one number is computed
MANY = 256  # numbers for which a kernel of their own is worth it
_PLAIN_ROWS = CHEAP | {"divide", "sqrt", "reduce"}


def may_join(nest: Nest) -> bool:
    """Whether a nest is one that can become a part of another kernel."""
    return nest.contraction is None and not nest.sequential and not nest.after


def joined(kernel: Kernel, nest: Nest) -> bool:
    """Takes a nest into the kernel that makes what it reads, if its axes fit there."""
    checks = any(s.buffer is None for s in nest.stores)
    if kernel.nest.sequential or (kernel.nest.contraction is not None and (nest.reduced or checks)):
        return False
    shared = shared_loads(kernel, nest)
    order = match(kernel, nest, shared)
    if order is None:
        return False
    whole = None not in order or all(
        o is not None or size == 1 for o, size in zip(order, kernel.nest.sizes, strict=True)
    )
    reduced = kernel.nest.reduced
    if nest.reduced:
        axes = frozenset([new for new, old in enumerate(order) if old in nest.reduced])
        if not whole or reduced not in (frozenset(), axes) or kernel.nest.contraction:
            return False
        several = several_passes(kernel.nest.sizes, nest, order, axes)
        if several and any(kernel.made[x.buffer].value.stage for x in shared):  # type: ignore[index]
            return False
        kernel.single |= several
    elif not whole:
        missing = {
            i
            for i, (o, size) in enumerate(zip(order, kernel.nest.sizes, strict=True))
            if o is None and size > 1
        }
        if missing != {i for i in reduced if kernel.nest.sizes[i] > 1}:
            return False
        if _outweighs(nest, kernel.nest):
            return False
    elif kernel.single and any(kernel.made[x.buffer].value.stage for x in shared):  # type: ignore[index]
        return False
    absorb(kernel, nest, order, shared)
    return True


def _outweighs(nest: Nest, rows: Nest) -> bool:
    """Whether functions of one number a row would take longer than the rows themselves.

    Vectors lie along the rows, unless these are very short, and of such a number use one lane.
    """
    row = math.prod([rows.sizes[i] for i in rows.reduced])
    if row <= WINDOW // 2 or math.prod(nest.sizes) < MANY:
        return False
    functions = sum(x.op not in _PLAIN_ROWS for x in nest.values)
    return FUNCTION * functions > row and all(x.op in _PLAIN_ROWS for x in rows.values)


def merged(kernel: Kernel, other: Kernel, nest: Nest) -> bool:
    """Takes all of another kernel of the same level into this one, whose axes `nest` relates."""
    if other.nest.contraction is not None or other.nest.sequential or kernel.nest.sequential:
        return False
    if other.nest.reduced or kernel.single or other.single or kernel.nest.reduced:
        return False
    if len(kernel.nest.values) + len(other.nest.values) > LARGEST:
        return False
    # First the other's axes are split as the nest's, then the nest's as this kernel's, and so on;
    # what is left to do is to walk from axis to axis.
    for _ in range(2):
        to_kernel = match(kernel, nest, shared_loads(kernel, nest))
        to_other = match(other, nest, shared_loads(other, nest))
    if to_other is None or to_kernel is None or len(to_kernel) != len(kernel.nest.sizes):
        return False
    by_nest = {n: o for o, n in enumerate(to_other) if n is not None}
    covered = {by_nest[n] for n in to_kernel if n in by_nest}
    if any(size > 1 and o not in covered for o, size in enumerate(other.nest.sizes)):
        return False
    order = [None if n is None else by_nest.get(n) for n in to_kernel]
    absorb(kernel, other.nest, order, set())
    return True


def several_passes(
    sizes: Sequence[int], nest: Nest, order: Sequence[int | None], axes: frozenset[int]
) -> bool:
    """Whether a second pass over reduced axes would find nothing of the first in the cache."""
    if math.prod(sizes) <= FEW:
        return False
    size = math.prod(sizes[i] for i in axes)
    return size > (ROW if _along_row(nest, order, axes) else WINDOW)


def _along_row(
    nest: Nest,
    order: Sequence[int | None],
    axes: frozenset[int],
) -> bool:
    """Whether neighbours in memory are neighbours on an axis that is reduced."""
    votes = 0
    for x in nest.values:
        if x.op == "load":
            for i, j in enumerate(order):
                if j is not None and x.strides[j] == 1:
                    votes += 1 if i in axes else -1
    return votes > 0


def shared_loads(kernel: Kernel, nest: Nest) -> dict[Value, None]:
    """What a nest loads that a kernel has as a value."""
    return {x: None for x in nest.values if x.op == "load" and x.buffer in kernel.made}


def absorb(
    kernel: Kernel, nest: Nest, order: Sequence[int | None], shared: Iterable[Value]
) -> None:
    """Adds a nest's values and stores, over the kernel's axes."""
    if nest.sizes != kernel.nest.sizes or order != list(range(len(nest.sizes))):
        nest.rearrange(order, kernel.nest.sizes)
    kernel.nest.reduced |= nest.reduced
    if kernel.known is None:
        kernel.known = {_key(x): x for x in kernel.nest.values if x.op in PLAIN}
    same: dict[Value, Value] = {x: kernel.made[x.buffer].value for x in shared}  # type: ignore[index]
    added = []
    for x in nest.values:
        if x in same:
            continue
        if x.args:
            x.args = tuple([same.get(a, a) for a in x.args])
        if x.op in PLAIN:
            first = kernel.known.setdefault(_key(x), x)
            if first is not x:
                same[x] = first
                continue
        added.append(x)
    number_stages(added)
    kernel.nest.values += added
    for s in nest.stores:
        s.value = same.get(s.value, s.value)
        if s.indirect:
            s.indirect = tuple([(same.get(v, v), f) for v, f in s.indirect])
    kernel.nest.stores += nest.stores
    kernel.note(nest)


def _key(x: Value) -> Any:
    """Equal for two loads of the same elements, and for equal numbers."""
    if x.op == "literal":
        return x.op, repr(x.detail), x.dtype
    return x.op, x.buffer, x.strides, x.offset, x.args, x.detail, x.dtype
