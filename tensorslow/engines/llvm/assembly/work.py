"""How long a program is likely to take: only whether threads are worth it depends on that."""

from __future__ import annotations

import math

from tensorslow.engines.llvm.kernels.items import Item, Region
from tensorslow.engines.llvm.kernels.nests import CHEAP
from tensorslow.engines.llvm.kernels.regions import Branch
from tensorslow.engines.llvm.sorting.order import Order

TRIPS = 64  # of a loop, where nobody knows better


def seconds(item: Item) -> float:
    """A rough estimate of a kernel's duration on one thread."""
    if isinstance(item, Region):
        parts = [sum(map(seconds, part.items)) for part in item.detail.parts]
        if isinstance(item.detail, Branch):
            return max(parts)
        trips = item.detail.limit.number
        return sum(parts) * (TRIPS if trips is None or trips < 0 else int(trips))
    nest = item.nest
    points = math.prod(nest.sizes)
    if nest.contraction is not None:
        shape = nest.contraction.shape
        root = shape.seconds if isinstance(shape, Order) else float(shape.flops) / 60e9
        return root + points * len(nest.values) / 2e10
    work = sum(1 if x.op in CHEAP else 10 for x in nest.values)
    return 5e-9 + points * work / 1.2e10
