"""Lowering of primitives on elements: they wait in chains, to be written together."""

from __future__ import annotations

import functools

from tensorslow.engines.llvm.arithmetic.elementwise import supports
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering
from tensorslow.engines.llvm.programs.program import Instruction, NotCompiled

_supports = functools.cache(supports)


def elementwise(low: Lowering, do: Instruction) -> None:
    """A primitive on elements, whose operands are broadcast."""
    (target,) = do.targets
    if not _supports(do.name, tuple([x.dtype for x in do.args]), target.dtype):
        raise NotCompiled(do)
    low.chains.take(low, do)
