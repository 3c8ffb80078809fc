"""Buffers: the memory of arrays, before it has an address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(eq=False, slots=True)
class Buffer:
    """Memory for an array.

    Attributes:
        size: number of elements.
        dtype: their type.
        kind: "temp", "input", "output" or "constant"; "counter": the number of a loop's iteration,
            which every thread has for itself.
        number: which input, output or constant it is; of temporary ones just a number.
        array: what a constant holds.
        alias: the memory that it lies in, where it has none of its own: of a variable that is
            updated in place, of an array that it is a part of, or of all rows of which it is one.
        offset: where it begins there, in elements.
        step: how far it moves there with each row that the loop of its block comes to.
        parts: the buffers that lie in this one, which must have been written before it is read.
        block: the region of the program that it belongs to.
    """

    size: int
    dtype: np.dtype
    kind: str = "temp"
    number: int = 0
    array: Any = None
    alias: Buffer | None = None
    offset: int = 0
    step: int = 0
    parts: tuple[Buffer, ...] = ()
    block: Any = None

    def lie_in(self, other: Buffer, offset: int) -> None:
        """Makes it a part of another buffer."""
        self.alias, self.offset = other, offset
        other.parts = (*other.parts, self)

    def row(self, size: int, step: int, block: Any) -> Buffer:
        """Where the row lies that the loop of a block has come to."""
        return Buffer(size, self.dtype, "temp", self.number, alias=self, step=step, block=block)

    @property
    def is_free(self) -> bool:
        """Whether it is an array between others, with memory of its own."""
        return self.kind == "temp" and self.alias is None

    @property
    def bytes(self) -> int:
        """Its length in memory."""
        return self.size * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{self.kind}{self.number}"


def with_parts(buffers: Iterable[Buffer]) -> list[Buffer]:
    """Buffers and all that lies in them, in a certain order."""
    found = list(buffers)
    for buffer in found:
        found += buffer.parts
    return found
