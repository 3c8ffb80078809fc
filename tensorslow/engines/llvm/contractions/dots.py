"""A vector times a matrix whose columns are contiguous: dot products, a few at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorslow.engines.llvm.contractions.contraction import Contraction
from tensorslow.engines.llvm.contractions.microkernel import lane_mask, multiply_add
from tensorslow.engines.llvm.text.ir import Function, Module, Typed, type_of
from tensorslow.engines.llvm.text.target import Target

TOGETHER = 8  # dot products that share what is loaded of the vector


def as_dots(c: Contraction, target: Target) -> bool:
    """Whether a contraction is best computed in this way."""
    contiguous = c.nest[0].a == 1 and c.nest[0].b == 1 and len(c.nest) == 1
    long = c.k >= 4 * target.lanes(c.computed)
    return c.m == 1 and contiguous and long and c.dtype == c.computed and c.columns.a == 0


@dataclass(frozen=True)
class Dots:
    """The function `(ptr a, ptr b, ptr c, i64 step, i64 k, i64 n)`.

    It writes to c the products of the k numbers at a with those at b, b + step, b + 2 step, …
    (in bytes), n times; n is at least `together`.

    Attributes:
        dtype: of all of them.
        together: how many products are computed at a time.
    """

    dtype: np.dtype
    together: int

    @property
    def name(self) -> str:
        """Of the function."""
        return f"dots.{self.dtype.str[1:]}.{self.together}"

    def emit(self, module: Module, target: Target) -> str:
        """Adds the function to a module, unless it is there, and returns its name."""
        if self.name not in module.functions:
            _Writer(self, module, target).write()
        return self.name


class _Writer:
    def __init__(self, dots: Dots, module: Module, target: Target) -> None:
        self.dots, self.target = dots, target
        self.lanes = target.lanes(dots.dtype)
        self.one, self.vector = type_of(dots.dtype), type_of(dots.dtype, self.lanes)
        params: list[Typed] = [("ptr", "%a"), ("ptr", "%b"), ("ptr", "%c")]
        params += [("i64", "%step"), ("i64", "%k"), ("i64", "%n")]
        self.f = Function(module, dots.name, params, attributes="nounwind noinline")

    def write(self) -> None:
        f, together, size = self.f, self.dots.together, self.dots.dtype.itemsize
        self.rest = f.op(f"urem i64 %k, {self.lanes}")
        self.whole = f.op(f"sub i64 %k, {self.rest}")
        self.mask = lane_mask(f, self.lanes, self.rest)
        last = f.op(f"sub i64 %n, {together}")

        def group(i: str, _: list[str]) -> None:
            # The last group overlaps the one before, and computes some products a second time.
            first = f.minimum(i, last)
            rows = [f.gep("%b", f.mul(first, "%step"), "i8")]
            for _other in range(together - 1):
                rows.append(f.gep(rows[-1], "%step", "i8"))
            for number, total in enumerate(self._products(rows)):
                f.store(self.one, total, f.gep("%c", f.add(first, number), self.one), size)

        f.loop("%n", group, step=together)
        f.finish()

    def _products(self, rows: list[str]) -> list[str]:
        """The products of the vector with some rows."""
        f, size, dtype = self.f, self.dots.dtype.itemsize, self.dots.dtype

        def add(sums: list[str], a: str, vectors: list[str]) -> list[str]:
            return [
                multiply_add(f, self.target, dtype, a, b, total)
                for b, total in zip(vectors, sums, strict=True)
            ]

        def step(i: str, sums: list[str]) -> list[str]:
            a, *vectors = (f.load(self.vector, f.gep(p, i, self.one), size) for p in ("%a", *rows))
            return add(sums, a, vectors)

        zeros = [(self.vector, "zeroinitializer")] * len(rows)
        sums = f.loop(self.whole, step, zeros, step=self.lanes, may_be_empty=True)
        a, *vectors = (
            f.masked_load(
                self.one,
                self.lanes,
                f.gep(p, self.whole, self.one),
                self.mask,
                size,
                "zeroinitializer",
            )
            for p in ("%a", *rows)
        )
        return [self._total(total) for total in add(sums, a, vectors)]

    def _total(self, x: str) -> str:
        """The sum of a vector's lanes, halves added to halves."""
        f, kind = self.f, "fadd" if self.dots.dtype.kind == "f" else "add"
        half = self.lanes // 2
        while half:
            places = [(i + half) % self.lanes for i in range(self.lanes)]
            other = f.shuffle(self.vector, x, "poison", places)
            x = f.op(f"{kind} {self.vector} {x}, {other}")
            half //= 2
        return f.op(f"extractelement {self.vector} {x}, i64 0")
