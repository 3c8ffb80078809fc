"""A matrix product, a convolution or an order as the root of a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tensorslow.engines.llvm.kernels.views import View


@dataclass(frozen=True, eq=False, slots=True)
class Root:
    """What the "product" values of a nest come from.

    Its own axes are (batch..., m, n); those of the nest around it may divide them further.

    Attributes:
        shape: a `Matmul`, `Convolution` or `Order`: all that its code depends on.
        operands: the two arrays; of an order the same one twice.
        sizes: of its own axes.
        places: for each axis of the nest: which own axis it is part of, and by what the index of
            that is divided before the remainder by the axis' size is taken.
    """

    shape: Any
    operands: tuple[View, View]
    sizes: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, shape: Any, operands: tuple[View, View], sizes: tuple[int, ...]) -> Root:
        """One whose axes are those of the nest."""
        return cls(shape, operands, sizes, tuple((i, 1) for i in range(len(sizes))))

    def splits(self, axis: int) -> bool:
        """Whether an axis of the nest may be divided: all but n, along which vectors lie."""
        return self.places[axis][0] != len(self.sizes) - 1

    def refined(self, axis: int, outer: int, inner: int) -> Root:
        """With an axis of the nest split in two."""
        own, divisor = self.places[axis]
        parts = ((own, divisor * inner), (own, divisor))
        return replace(self, places=(*self.places[:axis], *parts, *self.places[axis + 1 :]))

    def __str__(self) -> str:
        return f"{self.shape}"
