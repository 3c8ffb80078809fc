"""Lowering of orders: where the elements stand that come first, second and so on along an axis."""

from __future__ import annotations

import math

from tensorslow.engines.llvm.kernels.lower.lowering import Lowering
from tensorslow.engines.llvm.kernels.root import Root
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Instruction
from tensorslow.engines.llvm.sorting.order import Order


def argsort(low: Lowering, do: Instruction) -> View:
    """The root of a nest of its own, over the rows and the places that are wanted of each."""
    axis, count = do.options["axis"], do.options["count"]
    (target,) = do.targets
    view, rank = low.view(do.args[0]), len(target.shape)
    last = [*[i for i in range(rank) if i != axis], axis]
    rows = low.whole(view.transposed(last))
    *outer, length = rows.shape
    sizes = (math.prod(outer), count)
    shape = Order(rows.buffer.dtype, sizes[0], length, count, do.options["descending"])
    nest = low.nest(sizes)
    nest.contraction = Root.of(shape, (rows, rows), sizes)
    result = low.new(sizes, target.dtype)
    nest.store(nest.product(target.dtype, origin=do.op), result)
    found = result.reshaped((*outer, count))
    assert found is not None
    return found.transposed([last.index(i) for i in range(rank)])
