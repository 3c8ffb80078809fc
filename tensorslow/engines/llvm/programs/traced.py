"""Traced symbols: what stands for an array while a plan is written down.

A symbol has a shape and a type, but no value; arithmetic on it calls the tracer's primitives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec, as_spec
from tensorslow.engines.interpret import NeedsValue
from tensorslow.engines.llvm.programs.program import Block, Symbol

if TYPE_CHECKING:
    from tensorslow.engines.llvm.programs.tracer import Tracer


class Kind:
    """What symbols of one shape and type share, so that a rule is asked once for all of them."""

    __slots__ = ("shape", "dtype", "spec")

    def __init__(self, spec: TensorSpec) -> None:
        self.shape: Any = spec.shape
        self.dtype: Any = spec.dtype
        self.spec = spec


class Traced(Symbol):
    """A symbol on which `compute` calculates.

    Attributes:
        tracer: which writes the program down.
        spec: what is known of it: perhaps some elements.
        kind: None where some elements are known.
    """

    __slots__ = ("tracer", "spec", "kind")
    __array_ufunc__ = None  # NumPy arrays leave `array + symbol` to the symbol

    tracer: Tracer
    spec: TensorSpec
    kind: Kind | None

    def _no_value(self, *args: Any, **options: Any) -> Any:
        raise NeedsValue(f"{self} is not known while the program is written")

    __array__ = __bool__ = __int__ = __float__ = __index__ = __len__ = __iter__ = _no_value

    def __add__(self, other: Any) -> Any:
        return self.tracer.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return self.tracer.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return self.tracer.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.tracer.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return self.tracer.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.tracer.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.tracer.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.tracer.divide(other, self)

    def __neg__(self) -> Any:
        return self.tracer.negative(self)


def abstract_of(x: Any) -> Any:
    """An argument as the abstract rules take it."""
    if isinstance(x, (list, tuple)):
        return type(x)([abstract_of(item) for item in x])
    if isinstance(x, Traced):
        return x.spec
    return TensorSpec.of(x) if isinstance(x, (np.ndarray, np.generic)) else x


def specs_of(block: Block) -> list[Any]:
    """What a block returns; None for a result that it does not have."""
    return [None if x is None else as_spec(abstract_of(x)).without_value() for x in block.results]
