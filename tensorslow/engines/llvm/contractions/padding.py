"""Images with zeros around them, copied so that windows never reach over an edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tensorslow.engines.llvm.contractions.contraction import computed
from tensorslow.engines.llvm.contractions.packing import call_copy, emit_copy_rows
from tensorslow.engines.llvm.text.ir import Function, type_of
from tensorslow.engines.llvm.text.target import Target


@dataclass(frozen=True)
class Padding:
    """Images [count, *sizes, channels] and how much is put around each spatial axis.

    Attributes:
        dtype: of the array; float16 is copied as float32.
        sizes: of the spatial axes.
        channels: of the last axis.
        before: zeros in front of each spatial axis; what is negative is cut off.
        after: the same behind.
        count: how many images there are.
    """

    dtype: np.dtype
    sizes: tuple[int, ...]
    channels: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    count: int = 1

    @property
    def padded(self) -> tuple[int, ...]:
        """The spatial sizes of the copy."""
        axes = zip(self.sizes, self.before, self.after, strict=True)
        return tuple(size + before + after for size, before, after in axes)

    @property
    def needed(self) -> bool:
        """Whether there is anything to put around, or to convert."""
        return max((*self.before, *self.after)) > 0 or self.dtype != computed(self.dtype)

    @property
    def strides(self) -> tuple[int, ...]:
        """Of the spatial axes of the copy, in elements."""
        return _strides(self.padded, self.channels)

    @property
    def image(self) -> int:
        """Elements of one image's copy."""
        return math.prod(self.padded) * self.channels

    @property
    def bytes(self) -> int:
        """Size of all copies."""
        return self.count * self.image * computed(self.dtype).itemsize

    def at(self, f: Function, lead: Sequence[str]) -> str:
        """Where an image begins, in elements."""
        size = math.prod(self.sizes) * self.channels
        return f.mul(lead[0], size) if lead else "0"

    def emit(self, f: Function, target: Target, index: str, source: str, goal: str) -> None:
        """Writes the code that copies the image of that number."""
        size = math.prod(self.sizes) * self.channels
        source = f.gep(source, f.mul(index, size), type_of(self.dtype))
        goal = f.gep(goal, f.mul(index, self.image), type_of(computed(self.dtype)))
        place = sum(
            max(0, -before) * stride
            for before, stride in zip(self.before, _strides(self.sizes, self.channels), strict=True)
        )
        self._axis(f, target, 0, f.gep(source, place, type_of(self.dtype)), goal)

    def _axis(self, f: Function, target: Target, axis: int, source: str, goal: str) -> None:
        wide, last = type_of(computed(self.dtype)), len(self.sizes) - 1
        step, before = self.strides[axis], max(0, self.before[axis])
        count = self.padded[axis] - before - max(0, self.after[axis])
        self._zeros(f, goal, before * step)
        goal = f.gep(goal, before * step, wide)
        if axis == last:
            name = emit_copy_rows(f.module, target, self.dtype)
            call_copy(f, name, goal, source, (1, count * step, 0, 0, 0))
        else:
            inside = math.prod(self.sizes[axis + 1 :]) * self.channels

            def body(i: str, _: list[str]) -> None:
                here = f.gep(source, f.mul(i, inside), type_of(self.dtype))
                self._axis(f, target, axis + 1, here, f.gep(goal, f.mul(i, step), wide))

            f.loop(count, body, may_be_empty=True)
        self._zeros(f, f.gep(goal, max(0, count) * step, wide), max(0, self.after[axis]) * step)

    def _zeros(self, f: Function, goal: str, count: int) -> None:
        if count:
            size = count * computed(self.dtype).itemsize
            operands = [("ptr", goal), ("i8", "0"), ("i64", str(size)), ("i1", "false")]
            f.call("void", "llvm.memset.p0.i64", *operands)


def _strides(sizes: tuple[int, ...], channels: int) -> tuple[int, ...]:
    return tuple(math.prod(sizes[i + 1 :]) * channels for i in range(len(sizes)))
