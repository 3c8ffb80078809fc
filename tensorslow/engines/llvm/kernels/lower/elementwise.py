"""Lowering of primitives on elements: one nest each, over broadcast operands."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tensorslow.engines.llvm.arithmetic.elementwise import supports
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Instruction, NotCompiled


def elementwise(low: Lowering, do: Instruction) -> View:
    """A primitive on elements, whose operands are broadcast."""
    (target,) = do.targets
    views = [low.view(x) for x in do.args]
    dtypes = [v.buffer.dtype for v in views]
    if not supports(do.name, dtypes, target.dtype):
        raise NotCompiled(do)
    result = low.new(target.shape, target.dtype)
    # Most arrays lie in the same order without gaps: they are walked through as one axis.
    rows = result.strides
    place = result
    for v in views:
        if v.number is None and (
            v.strides != rows or v.shape != target.shape or v.buffer.kind == "none"
        ):
            views = [v.broadcast(target.shape) for v in views]
            break
    else:
        place = View.whole(result.buffer, _one_axis(target.shape))
        views = [v if v.number is not None else v.like(place) for v in views]
    nest = low.nest(place.shape)
    args = [low.read(nest, v) for v in views]
    nest.store(nest.compute(do.name, target.dtype, *args, origin=do.op), place)
    return result


def _one_axis(shape: Sequence[int]) -> tuple[int, ...]:
    size = math.prod(shape)
    return () if size == 1 else (size,)
