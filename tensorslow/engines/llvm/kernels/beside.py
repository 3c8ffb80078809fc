"""Kernels beside each other: those of one level that go through the same arrays become one.

The gradients of a normalisation need the sums of dy, of x and of x · dy over the same axes: three
kernels of one level, none of which reads from another. As one they read each array once.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorslow.engines.llvm.kernels.items import Item, Kernel
from tensorslow.engines.llvm.kernels.nests import Nest
from tensorslow.engines.llvm.kernels.recompute import merge_equal

MOST = 6  # reductions in one kernel, each of which needs registers of its own
VALUES = 120


def merge_beside(items: Sequence[Item]) -> list[Item]:
    """The kernels with those of one level merged that go through the same arrays in step.

    Args:
        items: sorted by level.
    """
    result: list[Item] = []
    for item in items:
        if isinstance(item, Kernel) and not item.nest.stores:
            continue  # nobody needs it any more
        while isinstance(item, Kernel) and _may(item.nest):
            partner = _partner(result, item)
            if partner is None:
                break
            result.remove(partner)
            _merge(partner, item)
            item = partner
        result.append(item)
    return result


def _partner(items: Sequence[Item], kernel: Kernel) -> Kernel | None:
    for other in reversed(items):
        if other.level != kernel.level:
            return None
        if isinstance(other, Kernel) and _fit(other, kernel):
            return other
    return None


def _may(nest: Nest) -> bool:
    return nest.contraction is None and not nest.sequential and not nest.after


def _fit(a: Kernel, b: Kernel) -> bool:
    """Whether two kernels go through the same axes, and through an array in the same steps."""
    if a.nest.sizes != b.nest.sizes or a.nest.reduced != b.nest.reduced or not _may(a.nest):
        return False
    if a.checks != b.checks:
        return False  # what checks may end the run, and so may not update anything in place
    values = [*a.nest.values, *b.nest.values]
    if len(values) > VALUES or sum(x.op == "reduce" for x in values) > MOST:
        return False
    # What one writes the other may read only where it is not written: it could be in place.
    if a.written & (b.read | b.written) or b.written & a.read:
        return False
    return bool(_walked(a.nest) & _walked(b.nest))


def _walked(nest: Nest) -> set[tuple[object, ...]]:
    """The accesses to arrays that a nest goes through: over all axes, or those that it reduces."""
    axes = nest.reduced or range(len(nest.sizes))
    every = any if nest.reduced else all
    return {
        (x.buffer, x.strides, x.offset)
        for x in nest.values
        if x.op == "load" and x.free and not x.args and every(x.free[i] for i in axes)
    }


def _merge(kernel: Kernel, other: Kernel) -> None:
    kernel.nest.values += other.nest.values
    kernel.nest.stores += other.nest.stores
    merge_equal(kernel.nest)
    kernel.read |= other.read
    kernel.written |= other.written
    kernel.checks |= other.checks
    kernel.used = min(kernel.used, other.used)
