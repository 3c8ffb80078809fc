"""Products of matrices, and of batches of them, in any layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorslow.engines.llvm.contractions.contraction import Axis, Contraction
from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.contractions.scheme import Scheme, scheme
from tensorslow.engines.llvm.contractions.walk import emit_contraction
from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.spmd import kernel_function
from tensorslow.engines.llvm.text.target import Target


@dataclass(frozen=True)
class Matmul:
    """C[batch, m, n] = Σ_k A[batch, m, k] · B[batch, k, n].

    Attributes:
        dtype: of A and B; float16 is computed in float32.
        batch: sizes of the batch axes.
        m: rows of A.
        n: columns of B.
        k: columns of A, rows of B.
        a: strides of A in elements: batch axes, m, k; 0 where it is broadcast.
        b: strides of B: batch axes, k, n.
        packed: whether B comes in panels that another kernel has packed.
    """

    dtype: np.dtype
    batch: tuple[int, ...]
    m: int
    n: int
    k: int
    a: tuple[int, ...]
    b: tuple[int, ...]
    packed: bool = False

    @property
    def flops(self) -> int:
        """Multiplications and additions."""
        return self.contraction().flops

    def contraction(self) -> Contraction:
        """The same as a contraction. A result of one column is computed as one of one row."""
        outer = tuple(Axis(*axis) for axis in zip(self.batch, self.a, self.b, strict=False))
        *_, a_m, a_k = self.a
        *_, b_k, b_n = self.b
        if self.n != 1 or self.m == 1:
            rows, columns, k = Axis(self.m, a_m, 0), Axis(self.n, 0, b_n), Axis(self.k, a_k, b_k)
            return Contraction(self.dtype, outer, (rows,), columns, (k,))
        outer = tuple(Axis(axis.size, axis.b, axis.a) for axis in outer)
        columns, k = Axis(self.m, 0, a_m), Axis(self.k, b_k, a_k)
        return Contraction(self.dtype, outer, (Axis(1, 0, 0),), columns, (k,), turned=True)

    def scheme(self, target: Target) -> Scheme | None:
        """How it is computed; None if the result has no elements."""
        c = self.contraction()
        decided = scheme(c, target) if c.batch * c.m * c.n else None
        return decided.prepacked() if decided and self.packed else decided

    def scratch_bytes(self, target: Target, threads: int) -> int:
        """How much scratch memory the kernel needs, run by at most so many threads."""
        decided = self.scheme(target)
        return decided.scratch_bytes(threads) if decided else 0


def emit_matmul(
    module: Module, target: Target, name: str, shape: Matmul, epilogue: Epilogue, extra: int
) -> None:
    """Adds a kernel to a module: `@name(i64 tid, i64 nt, ptr sync, ptr scratch, ptr p0, …)`.

    %p0 points to A, %p1 to B.

    Args:
        module: where it is put.
        target: the processor.
        name: of the kernel.
        shape: what it computes.
        epilogue: what becomes of the result.
        extra: how many more pointers, %p2 and so on, the epilogue uses.
    """
    f = kernel_function(module, name, 2 + extra)
    decided = shape.scheme(target)
    if decided:
        turned = decided.c.turned
        a, b = ("%p1", "%p0") if turned else ("%p0", "%p1")
        emit_contraction(f, target, decided, a, b, epilogue)
    f.finish()
