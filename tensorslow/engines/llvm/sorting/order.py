"""The kernel that says where the elements of each row stand that come first, second and so on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.sorting.selection import Selection
from tensorslow.engines.llvm.sorting.words import Words
from tensorslow.engines.llvm.text.ir import Function, Module, stored_type
from tensorslow.engines.llvm.text.spmd import kernel_function, shared_loop
from tensorslow.engines.llvm.text.target import Target

PLACE = np.dtype(np.int64)


@dataclass(frozen=True)
class Order:
    """The places of the first elements of each row, in order.

    Attributes:
        dtype: of the elements.
        rows: how many rows there are, one behind the other.
        length: of a row.
        count: how many places are wanted of each.
        descending: whether the largest comes first.
    """

    dtype: np.dtype
    rows: int
    length: int
    count: int
    descending: bool

    @property
    def selection(self) -> Selection:
        """How a row is sorted."""
        return Selection.of(Words(self.dtype, self.descending, self.length), self.count)

    @property
    def flops(self) -> int:
        """It calculates nothing."""
        return 0

    @property
    def seconds(self) -> float:
        """A rough estimate of its duration on one thread."""
        return self.rows * self.selection.seconds

    def scratch_bytes(self, target: Target, threads: int) -> int:
        """How much scratch memory the kernel needs, run by at most so many threads."""
        return min(threads, self.rows) * self.selection.memory


def emit_order(
    module: Module, target: Target, name: str, shape: Order, epilogue: Epilogue, extra: int
) -> None:
    """Adds a kernel to a module; %p0 and %p1 point to the rows.

    Args:
        module: where it is put.
        target: the processor.
        name: of the kernel.
        shape: what it computes.
        epilogue: what becomes of the places, which it gets as those of a matrix [rows, count].
        extra: how many more pointers, %p2 and so on, the epilogue uses.
    """
    f = kernel_function(module, name, 2 + extra)
    selection = shape.selection
    few = f.op(f"icmp slt i64 {shape.rows}, %nt", "c")

    def row(m: str) -> None:
        # Each thread has a buffer, or each row if there are fewer rows.
        number = f.op(f"select i1 {few}, i64 {m}, i64 %tid", "i")
        buffer = f.gep("%scratch", f.mul(number, selection.memory), "i8")
        first = f.gep("%p0", f.mul(m, shape.length), stored_type(shape.dtype))
        selection.emit(f, target, first, buffer)
        _hand_over(f, target, selection, m, buffer, epilogue)

    shared_loop(f, shape.rows, row)
    f.finish()


def _hand_over(
    f: Function, target: Target, selection: Selection, m: str, buffer: str, epilogue: Epilogue
) -> None:
    """Gives the places at the front of a buffer to the epilogue."""
    words, count, lanes = selection.words, selection.count, target.lanes(PLACE)

    def some(n: str, mask: str | None) -> None:
        kind = f"<{lanes} x {words.type}>"
        loaded = f.load(kind, f.gep(buffer, n, words.type), words.bytes)
        columns = epilogue.columns(f, [], n, lanes, mask)
        epilogue.store(f, [], m, n, words.places_of(f, loaded, lanes), lanes, mask, columns)

    whole = count // lanes * lanes
    if whole:
        f.loop(whole, lambda n, _: some(n, None), step=lanes)
    if whole < count:
        truths = ", ".join(f"i1 {'true' if i < count - whole else 'false'}" for i in range(lanes))
        some(str(whole), f"<{truths}>")
