"""Packing once what several products read: the weights of a recurrent network, step after step.

A product packs its right operand into panels before it begins (operands.py). Where several kernels
read the same matrix, or one does in a loop, a kernel of its own packs it for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tensorslow.engines.llvm.contractions.matmul import Matmul
from tensorslow.engines.llvm.contractions.packed import PackedB
from tensorslow.engines.llvm.kernels.accesses import read_by
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.items import Item, Kernel, Region
from tensorslow.engines.llvm.kernels.nests import Nest
from tensorslow.engines.llvm.kernels.root import Root
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.spmd import kernel_function, shared_loop
from tensorslow.engines.llvm.text.target import Target

FEW = 2  # kernels, from which on it is worth a kernel of its own


@dataclass(frozen=True)
class Packing:
    """What a kernel is that packs the right operand of a product.

    Attributes:
        product: for which it is packed, and others that want it in the same panels.
    """

    product: Matmul

    @property
    def flops(self) -> int:
        """It computes nothing."""
        return 0

    def scratch_bytes(self, target: Target, threads: int) -> int:
        """It needs no memory but its result's."""
        return 0

    def panels(self, target: Target) -> PackedB:
        """How the panels are made."""
        found = replace(self.product, packed=True).scheme(target)
        assert found is not None
        assert found.b is not None
        return found.b

    def emit(self, module: Module, target: Target, name: str) -> None:
        """Adds the kernel to a module; %p0 points to the matrix, %p1 to the panels."""
        f = kernel_function(module, name, 2)
        panels = self.panels(target)
        shared_loop(f, panels.count, lambda i: panels.emit(f, target, i, "%p0", "%p1"))
        f.finish()


@dataclass(slots=True)
class _Readers:
    """Kernels that read one matrix in panels of one form.

    Attributes:
        kernels: each with the regions around it, from the outermost to the innermost.
    """

    packing: Packing
    matrix: View
    kernels: list[tuple[Kernel, tuple[Region, ...]]] = field(default_factory=list)


def prepack(items: Sequence[Item], target: Target, low: Any) -> list[Item]:
    """Adds kernels that pack matrices for several products; these are changed to read that.

    Args:
        items: all kernels.
        target: the processor.
        low: the outermost block.
    """
    written: dict[Buffer, int] = {}  # the level of the last that writes it
    for item in items:
        for buffer in item.written:
            written[buffer] = max(item.level, written.get(buffer, -1))
    added: list[Item] = []
    for readers in _found(items, target, low).values():
        matrix = readers.matrix.buffer
        level = max([written.get(b, -1) for b in (matrix, *matrix.parts)]) + 1
        late = [
            (kernel, around)
            for kernel, around in readers.kernels
            if (around[0] if around else kernel).level > level
        ]
        if len(late) >= FEW or any(around for _, around in late):
            added.append(_packed(readers, late, level, target, low))
    return sorted([*items, *added], key=lambda item: item.level)


def _found(items: Sequence[Item], target: Target, low: Any) -> dict[Any, _Readers]:
    found: dict[Any, _Readers] = {}
    schemes: dict[Matmul, Any] = {}
    for kernel, around in _kernels(items, ()):
        root = kernel.nest.contraction
        if root is None or not isinstance(root.shape, Matmul):
            continue
        shape, matrix = root.shape, root.operands[1]
        buffer = matrix.buffer
        if buffer.kind == "temp" and buffer.block is not low:
            continue  # it is another one in every iteration
        if any(buffer in region.written for region in around):
            continue
        if shape not in schemes:
            schemes[shape] = replace(shape, packed=True).scheme(target)
        decided = schemes[shape]
        if decided is None or not decided.ready:
            continue
        t, c = decided.t, decided.c
        form = (c.dtype, c.columns, tuple((x.size, x.b) for x in (*c.outer, *c.nest)), t.vectors)
        key = (buffer, matrix.offset, form)
        readers = found.setdefault(key, _Readers(Packing(shape), matrix))
        readers.kernels.append((kernel, around))
    return found


def _kernels(
    items: Sequence[Item], around: tuple[Region, ...]
) -> Iterator[tuple[Kernel, tuple[Region, ...]]]:
    for item in items:
        if isinstance(item, Kernel):
            yield item, around
        else:
            for part in item.detail.parts:
                yield from _kernels(part.items, (*around, item))


def _packed(
    readers: _Readers,
    late: Sequence[tuple[Kernel, tuple[Region, ...]]],
    level: int,
    target: Target,
    low: Any,
) -> Kernel:
    """The kernel that packs, after whose level the late readers run."""
    panels = readers.packing.panels(target)
    dtype = panels.c.computed
    goal = View.whole(low.buffer((panels.bytes // dtype.itemsize,), dtype), (1,))
    nest = Nest((1,))
    nest.contraction = Root(readers.packing, (readers.matrix, goal), (1, 1), ())
    for kernel, around in late:
        root = kernel.nest.contraction
        shape = replace(root.shape, packed=True)
        kernel.nest.contraction = replace(root, shape=shape, operands=(root.operands[0], goal))
        kernel.read = set(read_by(kernel.nest))
        for region in around:
            region.read.add(goal.buffer)
    return Kernel(nest, level, read={readers.matrix.buffer}, written={goal.buffer})
