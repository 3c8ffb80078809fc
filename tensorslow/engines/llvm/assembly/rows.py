"""What moves with the iterations of loops: the rows that each of them reads and writes.

A kernel finds an array by a pointer in the table and an offset. The pointer to a row is another one
in every iteration, and so is the number of the iteration. Threads may be in different iterations
for a moment, so each has a table of its own for them, behind a copy of the one that all share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.items import Item, Region
from tensorslow.engines.llvm.kernels.regions import Loop
from tensorslow.engines.llvm.text.ir import Function

if TYPE_CHECKING:
    from tensorslow.engines.llvm.assembly.schedule import Pointer


def loops_of(items: Iterable[Item]) -> Iterator[Loop]:
    """All loops, those of inner blocks behind the one that they belong to."""
    for item in items:
        if isinstance(item, Region):
            if isinstance(item.detail, Loop):
                yield item.detail
            for part in item.detail.parts:
                yield from loops_of(part.items)


class Rows:
    """Writes the code that keeps a thread's table.

    Attributes:
        table: where it lies.
        slots: by buffer, its place in the table.

    Args:
        f: the function that runs everything, at its beginning.
        items: all kernels.
        shared: how many pointers there are in the table of all threads.
    """

    def __init__(self, f: Function, items: Iterable[Item], shared: int) -> None:
        self.f = f
        self.table, self.slots = "%table", dict[Buffer, int]()
        loops = list(loops_of(items))
        for loop in loops:
            for buffer in (loop.number, *loop.moving):
                self.slots[buffer] = shared + len(self.slots)
        if loops:
            self.table = f.op(f"alloca [{shared + len(self.slots)} x ptr], align 64", "own")
            f.loop(shared, self._copy)
        self._numbers = {loop.number: f.op("alloca i32, align 64", "number") for loop in loops}
        for buffer, place in self._numbers.items():
            self._set(self.slots[buffer], place)

    def _copy(self, i: str, _: list[str]) -> None:
        f = self.f
        f.store("ptr", f.load("ptr", f.gep("%table", i, "ptr"), 8), f.gep(self.table, i, "ptr"), 8)

    def _set(self, slot: int, pointer: str) -> None:
        self.f.store("ptr", pointer, self.f.gep(self.table, slot, "ptr"), 8)

    def pointer(self, place: Pointer) -> str:
        """A place in the table and an offset as a pointer."""
        slot, offset = place
        base = self.f.load("ptr", self.f.gep(self.table, slot, "ptr"), 8)
        return self.f.gep(base, offset, "i8")

    def move(self, loop: Loop, counter: str, limit: str, places: Iterable[Pointer]) -> None:
        """Comes to the next iteration.

        Args:
            loop: which one.
            counter: its number, an i32.
            limit: how many there are at most, an i64.
            places: where the first row lies, for each that moves.
        """
        f = self.f
        f.store("i32", counter, self._numbers[loop.number], 4)
        if not loop.moving:
            return
        row = f.op(f"zext i32 {counter} to i64")
        if loop.reverse:
            row = f.op(f"sub i64 {f.op(f'sub i64 {limit}, 1')}, {row}")
        row = f.call("i64", "llvm.smin.i64", ("i64", row), ("i64", str(loop.length - 1)))
        row = f.call("i64", "llvm.smax.i64", ("i64", row), ("i64", "0"))
        for buffer, place in zip(loop.moving, places, strict=True):
            moved = f.mul(row, buffer.step * buffer.dtype.itemsize)
            self._set(self.slots[buffer], f.gep(self.pointer(place), moved, "i8"))
