"""Chains: primitives on elements that use each other become one nest, not one each.

An update of Adam is a dozen primitives over arrays of one shape. Fusing would make one kernel of
their nests, step by step; so they wait here, and are written together as soon as somebody else
reads one of their results. Which kernels there are stays the same: a primitive joins a chain only
if it waits for no array that the chain does not wait for, so that `fuse.py` would put it there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.leaves import LEAF
from tensorslow.engines.llvm.kernels.nests import CHEAP, Nest, Value
from tensorslow.engines.llvm.kernels.views import View, row_strides
from tensorslow.engines.llvm.programs.program import Instruction, Symbol

if TYPE_CHECKING:
    from tensorslow.engines.llvm.kernels.lower.lowering import Lowering

LONGEST = 32  # primitives in a chain: a kernel has room for several chains
GIVEN = ("input", "constant", "none")  # kinds of buffers that are there before the first kernel


@dataclass(eq=False, slots=True)
class Chain:
    """Primitives that have not been written yet.

    Attributes:
        shape: of all their results.
        waits_for: the arrays that must be computed before, so all but the given ones. Of a chain of
            given arrays that computes too much for a leaf (see `leaves.py`), its own last result.
        steps: in an order in which they can be computed.
        is_flat: whether all that it reads lies in the order of its results, without gaps: then one
            axis will do.
    """

    shape: tuple[int, ...]
    waits_for: frozenset[Any]
    steps: list[Instruction] = field(default_factory=list)
    is_flat: bool = True

    @property
    def sizes(self) -> tuple[int, ...]:
        """The axes of its nest."""
        size = math.prod(self.shape)
        return self.shape if not self.is_flat else () if size == 1 else (size,)


class Chains:
    """The chains of a block.

    Attributes:
        readers: by symbol, how many operands and results it is.
        early: single numbers that are computed from given ones alone, like the rate of Adam: they
            are there before anything else is, so a chain need not wait for them.
    """

    def __init__(self, readers: Mapping[Symbol, int]) -> None:
        self.readers = readers
        self.early: set[Buffer] = set()
        self._chain_of: dict[Symbol, Chain] = {}

    def take(self, low: Lowering, do: Instruction) -> None:
        """Lets a primitive wait in the chain of its operands, or in a new one."""
        (target,) = do.targets
        shape, is_flat = target.shape, True
        chains: list[Chain] = []
        reads: list[Buffer] = []
        for x in do.args:
            if type(x) is not Symbol:
                is_flat = is_flat and (isinstance(x, np.generic) or x.shape == shape)
                continue
            chain = self._chain_of.get(x)
            if chain is not None and chain.shape == shape:
                if chain not in chains:
                    chains.append(chain)
                continue
            view = low.view(x)
            if view.number is None:
                is_flat = is_flat and _is_flat(view, shape)
                if view.buffer.kind not in GIVEN:
                    reads.append(view.buffer)
        chain = self._joined(low, do, chains, reads)
        chain.steps.append(do)
        chain.is_flat = chain.is_flat and is_flat
        self._chain_of[target] = chain
        if not chain.waits_for:
            if len(chain.steps) > LEAF or do.name not in CHEAP:
                chain.waits_for = frozenset([target])
            elif self.readers[target] > 1:
                self.write(low, target)  # each of its readers may compute it

    def write(self, low: Lowering, symbol: Symbol) -> None:
        """Adds the nest of the chain in which a symbol is computed."""
        chain = self._chain_of[symbol]
        origin = low.origin
        nest = low.nest(chain.sizes)
        inside: dict[Symbol, int] = {}  # how many readers are in the chain itself
        values: dict[Symbol, Value] = {}
        known: dict[int, Value] = {}
        for do in chain.steps:
            low.origin = do.op
            args = []
            for x in do.args:
                value = values.get(x) if type(x) is Symbol else None
                if value is None:
                    value = _read(low, nest, chain, x, known)
                else:
                    inside[x] = inside.get(x, 0) + 1
                args.append(value)
            (target,) = do.targets
            values[target] = nest.compute(do.name, target.dtype, *args, origin=do.op)
        low.origin = origin
        is_early = nest.sizes == () and chain.waits_for <= values.keys()
        for target, value in values.items():
            del self._chain_of[target]
            if self.readers[target] > inside.get(target, 0):
                view = low.views[target] = low.new(target.shape, target.dtype)
                nest.store(value, View.whole(view.buffer, nest.sizes))
                if is_early:
                    self.early.add(view.buffer)

    def write_all(self, low: Lowering) -> None:
        """Adds the nests of all chains."""
        while self._chain_of:
            self.write(low, next(iter(self._chain_of)))

    def _joined(
        self, low: Lowering, do: Instruction, chains: Sequence[Chain], reads: Sequence[Buffer]
    ) -> Chain:
        """The chains of a primitive's operands as one, if they wait for the same; or a new one."""
        if len(chains) == 1 and not reads and len(chains[0].steps) < LONGEST:
            return chains[0]  # the common case
        waiting = {c.waits_for for c in chains if c.waits_for}
        fits = sum([len(c.steps) for c in chains]) < LONGEST and len(waiting) < 2
        for waits_for in waiting:
            fits = fits and all(b in waits_for or b in self.early for b in reads)
        if not fits:
            for chain in chains:
                self.write(low, chain.steps[0].targets[0])
            views = [low.views[x] for x in do.args if type(x) is Symbol]
            reads = [v.buffer for v in views if v.number is None and v.buffer.kind not in GIVEN]
            return Chain(do.targets[0].shape, frozenset(reads))
        if not chains:
            return Chain(do.targets[0].shape, frozenset(reads))
        first, *others = chains
        first.waits_for = next(iter(waiting)) if waiting else frozenset(reads)
        for other in others:
            first.steps += other.steps
            first.is_flat = first.is_flat and other.is_flat
            self._chain_of.update([(x, first) for step in other.steps for x in step.targets])
        return first


def _is_flat(view: View, shape: tuple[int, ...]) -> bool:
    """Whether an array is a single number, or of this shape and without gaps."""
    if view.buffer.kind == "none":
        return False
    return view.size == 1 or (view.shape == shape and view.strides == row_strides(shape))


def _read(low: Lowering, nest: Nest, chain: Chain, x: Any, known: dict[int, Value]) -> Value:
    """An operand from outside of a chain: each is read once."""
    if isinstance(x, np.generic):
        value = known.get(id(x))  # equal numbers are one object
        if value is None:
            value = known[id(x)] = nest.literal(x, x.dtype)
        return value
    view = low.view(x)
    key = id(x if view.number is None else view.number)
    value = known.get(key)
    if value is None:
        if chain.is_flat:
            strides = (0 if view.size == 1 else 1,) * len(nest.sizes)
            view = View(view.buffer, nest.sizes, strides, view.offset, view.number)
        value = known[key] = low.read(nest, view.broadcast(nest.sizes))
    return value
