"""Lowering: the nests of a block while they are written, and where its arrays lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.items import Region
from tensorslow.engines.llvm.kernels.lower.chains import Chains
from tensorslow.engines.llvm.kernels.nests import Nest, Value
from tensorslow.engines.llvm.kernels.views import View, row_strides
from tensorslow.engines.llvm.programs.program import Block, Instruction, NotCompiled, Symbol


class Lowering:
    """The nests of a block, while they are written.

    Attributes:
        rule_of: by a primitive's name, what it becomes: see `rules.py`.
        nests: what has been written so far.
        views: by symbol, where it lies, unless it waits in a chain.
        chains: what has not been written yet.
    """

    def __init__(
        self,
        rule_of: Callable[[str], Rule],
        readers: Mapping[Symbol, int],
        outside: Lowering | None = None,
    ) -> None:
        self.rule_of = rule_of
        self.nests: list[Nest | Region] = []
        self.outside = outside
        self.chains = Chains(readers)
        self.views: dict[Symbol, View] = {} if outside is None else dict(outside.views)
        self.constants: list[Buffer] = [] if outside is None else outside.constants
        self.origin: Any = None  # the node whose primitives are being lowered
        self.block: Block | None = None  # of which they are
        self.maxima: dict[Any, Any] = {}  # nests that find the maxima of windows: see `windows.py`
        self._count = 0

    def lower(self, instructions: Sequence[Instruction]) -> None:
        """Adds the nests of some instructions.

        Raises:
            NotCompiled: one of them has no compiled form.
        """
        for instruction in instructions:
            if instruction.blocks:
                self.chains.write_all(self)
            self.origin = instruction.op
            rule = self.rule_of(instruction.name)
            try:
                results = rule(self, instruction)
            except NotCompiled as reason:
                reason.op = instruction.op  # of the outermost block in the end
                raise
            if results is None:
                continue
            if isinstance(results, View):
                self.views[instruction.targets[0]] = results
            else:
                self.views.update(zip(instruction.targets, results, strict=True))
        self.chains.write_all(self)

    def inside(self) -> Lowering:
        """For a block that belongs to an instruction of this one, and sees what this one has."""
        return Lowering(self.rule_of, self.chains.readers, self)

    def forget(self) -> None:
        """Lets go of nests and views, whose buffers refer to it: else only a search frees them."""
        self.nests, self.views = [], {}

    # Where arrays lie

    def buffer(self, shape: Sequence[int], dtype: np.dtype) -> Buffer:
        """A new temporary buffer."""
        self._count += 1
        return Buffer(math.prod(shape), dtype, "temp", self._count, block=self)

    def new(self, shape: Sequence[int], dtype: np.dtype) -> View:
        """A new temporary array."""
        return View.whole(self.buffer(shape, dtype), shape)

    def view(self, operand: Any) -> View:
        """Where an operand lies; a number is everywhere the same."""
        if isinstance(operand, Symbol):
            if operand not in self.views:
                self.chains.write(self, operand)
            return self.views[operand]
        array = np.asarray(operand)
        if array.ndim == 0:
            return known(array[()], array.dtype, ())
        buffer = Buffer(
            array.size, array.dtype, "constant", len(self.constants),
            np.ascontiguousarray(array),
        )  # fmt: skip
        self.constants.append(buffer)
        return View.whole(buffer, array.shape)

    def in_memory(self, view: View) -> View:
        """The array itself, or a copy of it if it is only a rule for numbers."""
        if view.buffer.kind != "none":
            return view
        return self.copied(view)

    def copied(self, view: View) -> View:
        """A new array with the same elements, row by row."""
        target = self.new(view.shape, view.buffer.dtype)
        self.copy(view, target)
        return target

    def whole(self, view: View) -> View:
        """The array itself if its elements lie row by row without gaps, else a copy."""
        dense = tuple(s for s, n in zip(view.strides, view.shape, strict=True) if n != 1)
        rows = tuple(s for s, n in zip(row_strides(view.shape), view.shape, strict=True) if n != 1)
        return view if view.buffer.kind != "none" and dense == rows else self.copied(view)

    def copy(self, view: View, target: View) -> None:
        """Writes an array to a place of the same shape."""
        nest = self.nest(view.shape)
        nest.store(self.read(nest, view), target)

    def put(self, view: View, target: View) -> None:
        """Lets an array be written to a place in a new one to begin with, or copies it there."""
        buffer = view.buffer
        if buffer.is_free and buffer.block is self and view.is_whole and target.is_dense:
            buffer.lie_in(target.buffer, target.offset)
        else:
            self.copy(view, target)

    def nest(self, sizes: Sequence[int]) -> Nest:
        """A new nest over loops of these sizes; one without iterations is dropped."""
        nest = Nest(tuple(sizes))
        if 0 not in sizes:
            self.nests.append(nest)
        return nest

    def read(self, nest: Nest, view: View) -> Value:
        """The elements of an array of the nest's shape."""
        if view.number is not None:
            return nest.literal(view.number, view.buffer.dtype)
        if view.buffer.kind == "none":
            return nest.index(view.strides, view.offset, view.buffer.dtype)
        return nest.load(view.buffer, view.strides, view.offset, origin=self.origin)


Rule = Callable[[Lowering, Instruction], Any]


def known(number: Any, dtype: np.dtype, shape: Sequence[int]) -> View:
    """One number everywhere."""
    shape = tuple(shape)
    return View(Buffer(1, np.dtype(dtype), "none"), shape, (0,) * len(shape), 0, number)


def spread(view: View, kept: Sequence[int], rank: int) -> View:
    """An array as one over more axes, along which it is the same."""
    strides, shape = [0] * rank, [1] * rank
    for i, stride, n in zip(kept, view.strides, view.shape, strict=True):
        strides[i], shape[i] = stride, n
    return View(view.buffer, tuple(shape), tuple(strides), view.offset, view.number)
