"""Views: an array is a place in a buffer, and a stride for each axis.

A transposed, broadcast or sliced array is another view of the same buffer, and costs nothing.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensorslow.engines.llvm.kernels.buffers import Buffer


@dataclass(eq=False, slots=True)  # nobody changes one; saying `frozen` doubles what it costs
class View:
    """An array in a buffer: element [i, j] stands at offset + i · strides[0] + j · strides[1].

    Without a buffer it is no memory at all, but the numbers offset + Σ stride · index themselves,
    or one number everywhere.
    """

    buffer: Buffer
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0
    number: Any = None

    @classmethod
    def whole(cls, buffer: Buffer, shape: Sequence[int]) -> View:
        """A buffer filled row by row."""
        return cls(buffer, tuple(shape), row_strides(shape))

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def is_dense(self) -> bool:
        """Whether its elements lie side by side, row by row."""
        return self.strides == row_strides(self.shape) or _dense(self.shape, self.strides)

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the buffer, row by row."""
        return self.offset == 0 and self.size == self.buffer.size and self.is_dense

    def transposed(self, order: Sequence[int]) -> View:
        """With its axes in another order."""
        shape, strides = ([part[i] for i in order] for part in (self.shape, self.strides))
        return self._like(shape, strides)

    def broadcast(self, shape: Sequence[int]) -> View:
        """Repeated to a larger shape, as NumPy does."""
        if tuple(shape) == self.shape:
            return self
        extra = len(shape) - len(self.shape)
        pairs = zip(self.shape, self.strides, shape[extra:], strict=True)
        strides = [s if n == goal else 0 for n, s, goal in pairs]
        return self._like(shape, [0] * extra + strides)

    def sliced(self, begin: Sequence[int], counts: Sequence[int], steps: Sequence[int]) -> View:
        """Some of each axis: `counts[i]` elements from `begin[i]` on."""
        offset = self.offset + sum([b * s for b, s in zip(begin, self.strides, strict=True)])
        strides = [s * step for s, step in zip(self.strides, steps, strict=True)]
        return View(self.buffer, tuple(counts), tuple(strides), offset, self.number)

    def reshaped(self, shape: Sequence[int]) -> View | None:
        """The same elements in another shape; None if that needs a copy."""
        strides = _reshaped_strides(self.shape, self.strides, tuple(shape))
        return None if strides is None else self._like(shape, strides)

    def like(self, other: View) -> View:
        """With another one's shape and strides."""
        return View(self.buffer, other.shape, other.strides, self.offset, self.number)

    def _like(self, shape: Sequence[int], strides: Sequence[int]) -> View:
        return View(self.buffer, tuple(shape), tuple(strides), self.offset, self.number)


def row_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Strides of an array that is stored row by row."""
    return _row_strides(tuple(shape))


@functools.lru_cache(maxsize=1024)
def _row_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(strides[::-1])


def _dense(shape: Sequence[int], strides: Sequence[int]) -> bool:
    step = 1
    for n, s in zip(reversed(shape), reversed(strides)):
        if n != 1:
            if s != step:
                return False
            step *= n
    return True


def _reshaped_strides(
    shape: tuple[int, ...], strides: tuple[int, ...], goal: tuple[int, ...]
) -> tuple[int, ...] | None:
    if math.prod(goal) == 0:
        return row_strides(goal)
    # Runs of axes that are walked through as one: (how many elements, stride of the last).
    runs: list[list[int]] = []
    for n, s in zip(shape, strides, strict=True):
        if n == 1:
            continue
        if runs and runs[-1][1] == n * s:
            runs[-1][0] *= n
            runs[-1][1] = s
        else:
            runs.append([n, s])
    result, left = [0] * len(goal), list(runs)
    size, stride = 1, 0  # what is left of the current run, from its end
    for i in range(len(goal) - 1, -1, -1):
        n = goal[i]
        if n == 1:
            continue
        if size == 1:
            if not left:
                return None
            size, stride = left.pop()
        if size % n:
            return None
        result[i] = stride
        size, stride = size // n, stride * n
    return tuple(result) if size == 1 and not left else None
