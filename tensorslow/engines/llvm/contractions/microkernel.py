"""The innermost loop of every contraction: a tile of C in registers, row of B by column of A.

A micro-kernel knows neither sizes nor strides: they are arguments, so that one does for all
matmuls and convolutions of a module. It keeps `rows` × `vectors` vectors of C in registers. For
each k it loads `vectors` vectors of B, and for each row broadcasts one number of A.

Its rows lie anywhere in A, as a list of offsets says. That list, and the strides, are read from
memory before the loop: LLVM then sees no relation between them and keeps each in a register,
where it would otherwise make a chain of additions of them, as long as the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tensorslow.engines.llvm.arithmetic.lanes import has_fma
from tensorslow.engines.llvm.text.ir import Function, Module, Typed, overload, type_of
from tensorslow.engines.llvm.text.target import Target

# Steps of the innermost loop side by side, which share what a loop itself costs, if vectors have so
# many bytes: where they are shorter, LLVM loads what several steps need of A as one, or has fewer
# registers, and makes spills.
UNROLL, UNROLLED_VECTOR = 2, 64

Inner = Callable[[str, str, list[str]], list[str]]  # from pointers to A and B and the sums: these

SPARE = 3  # registers that are not planned for: with fewer, LLVM's scheduler makes spills


def planned(target: Target, apart: bool = False) -> int:
    """How many registers a tile may take. LLVM likes to load early what differs by column."""
    return target.registers - (target.registers // 3 if apart else SPARE)


def most_rows(target: Target, apart: bool = False) -> int:
    """The height of a tile two vectors wide, with registers for two of B and one of A."""
    return (planned(target, apart) - 3) // 2


def most_vectors(target: Target, rows: int, apart: bool = False) -> int:
    """The width of a tile of so many rows, with registers for a row of B and one of A."""
    return min(8, max(1, (planned(target, apart) - 1) // (rows + 1)))


def most_rows_of(target: Target, vectors: int) -> int:
    """The height of a tile so many vectors wide; narrow ones are limited by the list of rows."""
    return max(1, min(most_rows(target), (planned(target) - 1) // vectors - 1))


@dataclass(frozen=True)
class MicroKernel:
    """Which micro-kernel.

    Attributes:
        dtype: of A, B and C.
        rows: of the tile.
        vectors: in each row.
        depth: how many loops its sum has.
        adds: the tile is added to what is there.
        masked: of the last vector in a row of B, only some lanes may be read.
        apart: every column has its own A: a vector of numbers is read where else one number is.
    """

    dtype: np.dtype
    rows: int
    vectors: int
    depth: int = 1
    adds: bool = False
    masked: bool = False
    apart: bool = False

    @property
    def name(self) -> str:
        """Of the function."""
        flags = ".adds" * self.adds + ".masked" * self.masked + ".apart" * self.apart
        size = f"{self.rows}x{self.vectors}x{self.depth}"
        return f"tile.{self.dtype.str[1:]}.{size}{flags}"

    def emit(self, module: Module, target: Target) -> str:
        """Adds its function to a module, unless it is there.

        The function is `(ptr a, ptr b, ptr c, ptr rows, ptr nest, i64 count, i64 lanes)`:
        the tile C, its vectors side by side; the offset of every row in A; for each loop of the
        sum, outermost first, its count and how far a step goes in A and in B (all in bytes); the
        count of the outermost loop, which overrules the list; the lanes of the last vector.

        Returns:
            Its name.
        """
        if self.name not in module.functions:
            _Writer(self, module, target).write()
        return self.name


class TileWriter:
    """How a micro-kernel begins, and the loops of its sum around what computes a tile.

    Args:
        module: where its function is put.
        target: the processor.
        name: of the function.
        dtype: of A, B and C.
        last: what the last parameter is called.
    """

    def __init__(
        self, module: Module, target: Target, name: str, dtype: np.dtype, last: str
    ) -> None:
        self.target, self.dtype = target, dtype
        self.lanes, self.size = target.lanes(dtype), dtype.itemsize
        self.one, self.vector = type_of(dtype), type_of(dtype, self.lanes)
        pointers: list[Typed] = [("ptr", f"%{x}") for x in ("a", "b", "c", "rows", "nest")]
        params: list[Typed] = [*pointers, ("i64", "%count"), ("i64", f"%{last}")]
        self.f = Function(module, name, params, attributes="nounwind noinline")

    def word(self, pointer: str, index: int) -> str:
        """A number of a list."""
        return self.f.load("i64", self.f.gep(pointer, index, "i64"), 8)

    def read_loops(self, depth: int) -> None:
        """Reads the count and the steps of so many loops; the first count is a parameter."""
        self.loops = [
            [self.word("%nest", 3 * i + part) for part in (0, 1, 2)] for i in range(depth)
        ]
        self.loops[0][0] = "%count"

    def nest(
        self, loops: Sequence[list[str]], inner: Inner, a: str, b: str, sums: Sequence[str]
    ) -> list[str]:
        """Some loops around what `inner` makes of A, B and the sums."""
        if not loops:
            return inner(a, b, list(sums))
        f, ((count, step_a, step_b), *deeper) = self.f, loops

        def body(_: str, state: list[str]) -> list[str]:
            sums = self.nest(deeper, inner, state[0], state[1], state[2:])
            return [f.gep(state[0], step_a, "i8"), f.gep(state[1], step_b, "i8"), *sums]

        carried: list[Typed] = [("ptr", a), ("ptr", b), *((self.vector, value) for value in sums)]
        return f.loop(count, body, carried)[2:]


class _Writer(TileWriter):
    def __init__(self, kernel: MicroKernel, module: Module, target: Target) -> None:
        super().__init__(module, target, kernel.name, kernel.dtype, "lanes")
        self.kernel = kernel

    def write(self) -> None:
        f, kernel = self.f, self.kernel
        self.rows = ["0"] + [self.word("%rows", i) for i in range(1, kernel.rows)]
        self.read_loops(kernel.depth)
        if kernel.masked:
            self.mask = lane_mask(f, self.lanes, "%lanes")
        start = f.gep("%a", self.word("%rows", 0), "i8")
        self.rows[1:] = [f.op(f"sub i64 {row}, {self.word('%rows', 0)}") for row in self.rows[1:]]
        places = [
            f.gep("%c", i * self.lanes, self.one) for i in range(kernel.rows * kernel.vectors)
        ]
        align = kernel.dtype.itemsize
        zeros = ["zeroinitializer"] * len(places)
        sums = [f.load(self.vector, place, align) for place in places] if kernel.adds else zeros
        unrolled = self.target.vector_bytes >= UNROLLED_VECTOR
        inner = self._unrolled if unrolled else self._products
        sums = self.nest(self.loops[: kernel.depth - unrolled], inner, start, "%b", sums)
        for place, value in zip(places, sums, strict=True):
            f.store(self.vector, value, place, align)
        f.finish()

    def _unrolled(self, a: str, b: str, sums: list[str]) -> list[str]:
        """The innermost loop, `UNROLL` steps at a time, and then the rest one by one."""
        f, (count, step_a, step_b) = self.f, self.loops[-1]
        kinds = ("ptr", "ptr", *[self.vector] * len(sums))

        def several(steps: int) -> Callable[[str, list[str]], list[str]]:
            def body(_: str, state: list[str]) -> list[str]:
                a, b, *sums = state
                for _step in range(steps):
                    sums = self._products(a, b, sums)
                    a, b = f.gep(a, step_a, "i8"), f.gep(b, step_b, "i8")
                return [a, b, *sums]

            return body

        whole = f.op(f"and i64 {count}, {-UNROLL}")
        carried = list(zip(kinds, [a, b, *sums], strict=True))
        state = f.loop(whole, several(UNROLL), carried, step=UNROLL, may_be_empty=True)
        carried = list(zip(kinds, state, strict=True))
        return f.loop(count, several(1), carried, start=whole, may_be_empty=True)[2:]

    def _products(self, a: str, b: str, sums: list[str]) -> list[str]:
        """One k: each row's number times the vectors of B."""
        f, kernel = self.f, self.kernel
        vectors = [self._vector(b, j) for j in range(kernel.vectors)]
        for i, row in enumerate(self.rows):
            place = f.gep(a, row, "i8")
            if not kernel.apart:
                number = f.load(self.one, place, kernel.dtype.itemsize)
                number = f.splat(self.one, self.lanes, number)
            for j, vector in enumerate(vectors):
                if kernel.apart:
                    number = self._vector(place, j)
                at = i * kernel.vectors + j
                sums[at] = multiply_add(f, self.target, kernel.dtype, number, vector, sums[at])
        return sums

    def _vector(self, start: str, j: int) -> str:
        """The j-th vector from an address on."""
        f, align = self.f, self.kernel.dtype.itemsize
        pointer = f.gep(start, j * self.lanes, self.one)
        if self.kernel.masked and j == self.kernel.vectors - 1:
            return f.masked_load(self.one, self.lanes, pointer, self.mask, align, "zeroinitializer")
        return f.load(self.vector, pointer, align)


def lane_mask(f: Function, lanes: int, count: str) -> str:
    """The first `count` lanes."""
    numbers = ", ".join(f"i64 {i}" for i in range(lanes))
    return f.op(f"icmp ult <{lanes} x i64> <{numbers}>, {f.splat('i64', lanes, count)}", "m")


def multiply_add(f: Function, target: Target, dtype: np.dtype, a: str, b: str, c: str) -> str:
    """The vector a · b + c."""
    lanes = target.lanes(dtype)
    vector = type_of(dtype, lanes)
    if dtype.kind == "f" and has_fma(target):
        name = f"llvm.fma.{overload(type_of(dtype), lanes)}"
        return f.call(vector, name, (vector, a), (vector, b), (vector, c))
    kind = "f" if dtype.kind == "f" else ""
    product = f.op(f"{kind}mul {vector} {a}, {b}")
    return f.op(f"{kind}add {vector} {product}, {c}")
