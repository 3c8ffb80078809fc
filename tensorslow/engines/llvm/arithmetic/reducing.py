"""Reductions in registers: two values to one, and the lanes of a vector to a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.engines.llvm.arithmetic import elementwise
from tensorslow.engines.llvm.arithmetic.lanes import Lanes
from tensorslow.engines.llvm.text.ir import Function, splat_literal, type_of
from tensorslow.engines.llvm.text.target import Target

_COMBINERS = {
    "sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum", "any": "logical_or",
    "all": "logical_and",
}  # fmt: skip


class Reducing:
    """Writes the steps of reductions into a function.

    Args:
        f: the function.
        lanes: elements of a vector.
    """

    def __init__(self, f: Function, target: Target, lanes: int) -> None:
        self.f, self.target, self.lanes = f, target, lanes

    def combine(self, kind: str, dtype: np.dtype, a: str, b: str, lanes: int) -> str:
        """One step of a reduction."""
        name = _COMBINERS[kind]
        return elementwise.emit(self.f, self.target, name, [dtype, dtype], dtype, lanes, [a, b])

    def pairwise(self, kind: str, dtype: np.dtype, registers: list[str]) -> str:
        """Several vectors as one."""
        while len(registers) > 1:
            pairs = zip(registers[::2], registers[1::2], strict=False)
            odd = registers[-1:] if len(registers) % 2 else []
            registers = [self.combine(kind, dtype, a, b, self.lanes) for a, b in pairs] + odd
        return registers[0]

    def identity(self, kind: str, dtype: np.dtype, lanes: int) -> str:
        """What changes nothing in a reduction."""
        return splat_literal(identity(kind, dtype), dtype, lanes)

    def begun(self, kind: str, dtype: np.dtype, register: str, lanes: int) -> str:
        """What a reduction without a loop has found, as if it had begun with its identity: the sum
        of nothing but -0 is 0, as NumPy's and TensorFlow's.
        """
        if kind != "sum" or dtype.kind != "f":
            return register
        return self.combine(kind, dtype, self.identity(kind, dtype, lanes), register, lanes)

    def masked(self, kind: str, dtype: np.dtype, register: str, mask: str | None) -> str:
        """A vector whose lanes beyond the edge change nothing in a reduction."""
        if mask is None or self.lanes == 1:
            return register
        nothing = self.identity(kind, dtype, self.lanes)
        return Lanes(self.f, self.target, dtype, self.lanes).select(mask, register, nothing)

    def across(self, kind: str, dtype: np.dtype, register: str) -> str:
        """The lanes of a vector reduced to one number, half by half."""
        lanes = self.lanes
        while lanes > 1:
            a, b = self._halves(dtype, register, lanes)
            lanes //= 2
            register = self.combine(kind, dtype, a, b, lanes)
        return register

    def _halves(self, dtype: np.dtype, register: str, lanes: int) -> tuple[str, str]:
        """The lower and the upper lanes, as scalars in the end."""
        f, half = self.f, lanes // 2
        if half == 1:
            vector = type_of(dtype, lanes)
            a, b = (f.op(f"extractelement {vector} {register}, i64 {i}") for i in range(2))
            return a, b
        v = Lanes(f, self.target, dtype, lanes)
        return v.part(register, 0), v.part(register, 1)


def identity(kind: str, dtype: np.dtype) -> Any:
    """What changes nothing in a reduction."""
    if kind in ("sum", "any"):
        return 0
    if kind in ("prod", "all"):
        return 1
    if dtype.kind == "f":
        return -np.inf if kind == "max" else np.inf
    limits = np.iinfo(dtype)
    return limits.min if kind == "max" else limits.max
