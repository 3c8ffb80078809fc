"""Items: what a program is made of, namely kernels, and regions that have kernels of their own.

Every item has a level: one more than that of what it reads. Items of one level do not depend on
each other, so threads meet only between levels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tensorslow.engines.llvm.kernels.accesses import fills
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.nests import Nest, Store, Value

LARGEST = 400  # values in a kernel: LLVM is worse than linear in the size of a function
NEVER = 1 << 60  # a level that no kernel has


@dataclass(eq=False, slots=True)
class Kernel:
    """Nests in one.

    Attributes:
        nest: what it does.
        level: the threads meet before it begins.
        made: by buffer, the store that fills all of it here.
        single: whether it goes over its data only once.
        used: the lowest level of a kernel that reads what this one writes.
        read: the buffers that it reads.
        written: the buffers that it writes.
    """

    nest: Nest
    level: int = 0
    made: dict[Buffer, Store] = field(default_factory=dict)
    single: bool = False
    used: int = NEVER
    read: set[Buffer] = field(default_factory=set)
    written: set[Buffer] = field(default_factory=set)
    checks: bool = False  # whether it may end the run
    known: dict[Any, Value] | None = None  # its loads and literals; None: not looked up yet

    def note(self, nest: Nest) -> None:
        """Keeps the books about what was added, but for what it reads: see `fuse.py`."""
        for s in nest.stores:
            if s.buffer is None:
                self.checks = True
            else:
                self.written.add(s.buffer)
                if s.buffer not in self.made and fills(self.nest, s):
                    self.made[s.buffer] = s

    def __str__(self) -> str:
        return f"kernel, level {self.level}\n{self.nest}"


@dataclass(eq=False, slots=True)
class Region:
    """A branch or loop among the kernels, with kernels of its own.

    Attributes:
        detail: what it is: see `regions`.
    """

    detail: Any
    read: set[Buffer]
    written: set[Buffer]
    level: int = 0
    used: int = NEVER
    checks: bool = False

    def __str__(self) -> str:
        return f"{self.detail}"


Item = Kernel | Region
