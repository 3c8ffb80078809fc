"""Arithmetic on registers: what elementwise.py and the math functions are written with."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from tensorslow.engines.llvm.text.ir import Function, literal, overload, type_of
from tensorslow.engines.llvm.text.target import Target

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
INTEGERS = {size: np.dtype(f"i{size}") for size in (1, 2, 4, 8)}


@functools.cache
def has_fma(target: Target) -> bool:
    """Whether a * b + c is one instruction, which rounds once."""
    return target.triple.startswith(("aarch64", "arm64")) or "+fma" in target.features.split(",")


@functools.cache
def has_half(target: Target) -> bool:
    """Whether there are instructions between float16 and float32."""
    features = target.features.split(",")
    return (
        target.triple.startswith(("aarch64", "arm64"))
        or "+f16c" in features
        or (target.vector_bytes == 64)
    )


@functools.lru_cache(4096)
def constant(value: float, dtype: np.dtype, lanes: int) -> str:
    """A number in every lane, rounded to the type. Not for -0, which equals 0."""
    one = literal(value, dtype)
    return one if lanes == 1 else f"splat ({type_of(dtype)} {one})"


@functools.cache
def _names(dtype: np.dtype, lanes: int) -> tuple[str, str, str]:
    return type_of(dtype, lanes), overload(type_of(dtype), lanes), type_of(np.dtype(bool), lanes)


class Lanes:
    """Writes statements on values of one type, `lanes` of them in a register (or a scalar).

    Attributes:
        f: where the statements go.
        type: LLVM's name of the register's type, `<16 x float>`.
        bool: that of a comparison's result.
        integer: the Lanes of integers of the same width.
    """

    def __init__(self, f: Function, target: Target, dtype: np.dtype, lanes: int) -> None:
        self.f, self.target, self.dtype, self.lanes = f, target, dtype, lanes
        self.type, self.suffix, self.bool = _names(dtype, lanes)
        self.fused = has_fma(target)

    @functools.cached_property
    def integer(self) -> Lanes:
        """Integers as wide as these numbers."""
        return Lanes(self.f, self.target, INTEGERS[self.dtype.itemsize], self.lanes)

    def like(self, dtype: np.dtype) -> Lanes:
        """As many lanes of another type."""
        return Lanes(self.f, self.target, dtype, self.lanes)

    # Statements

    def __call__(self, instruction: str, a: str, b: str | None = None) -> str:
        """An instruction on one or two registers: `v("fadd", x, y)`."""
        if b is None:
            return self.f.op(f"{instruction} {self.type} {a}")
        return self.f.op(f"{instruction} {self.type} {a}, {b}")

    def number(self, value: float) -> str:
        """A number in every lane."""
        return constant(value, self.dtype, self.lanes)

    def add(self, a: str, b: str) -> str:
        """a + b, of floating-point numbers."""
        return self.f.op(f"fadd {self.type} {a}, {b}")

    def sub(self, a: str, b: str) -> str:
        """a - b."""
        return self.f.op(f"fsub {self.type} {a}, {b}")

    def mul(self, a: str, b: str) -> str:
        """a · b."""
        return self.f.op(f"fmul {self.type} {a}, {b}")

    def div(self, a: str, b: str) -> str:
        """a / b."""
        return self.f.op(f"fdiv {self.type} {a}, {b}")

    def neg(self, a: str) -> str:
        """-a."""
        return self.f.op(f"fneg {self.type} {a}")

    def fma(self, a: str, b: str, c: str) -> str:
        """a · b + c, rounded once where the processor can."""
        if not self.fused:
            return self.add(self.mul(a, b), c)
        kind, name = self.type, f"llvm.fma.{self.suffix}"
        self.f.module.declare(name, kind, (kind, kind, kind))
        return self.f.op(f"call {kind} @{name}({kind} {a}, {kind} {b}, {kind} {c})")

    def intrinsic(self, name: str, *args: str) -> str:
        """One of LLVM's functions on registers of this type: `v.intrinsic("sqrt", x)`."""
        full = f"llvm.{name}.{self.suffix}"
        module = self.f.module
        if full not in module.declared:
            module.declare(full, self.type, [self.type] * len(args))
        listed = ", ".join([f"{self.type} {x}" for x in args])
        return self.f.op(f"call {self.type} @{full}({listed})")

    def abs(self, a: str) -> str:
        """|a|."""
        return self.intrinsic("fabs", a)

    def copysign(self, size: str, sign: str) -> str:
        """|size| with the sign of `sign`."""
        return self.intrinsic("copysign", size, sign)

    def polynomial(self, x: str, coefficients: Sequence[float]) -> str:
        """c₀ + c₁·x + c₂·x² + …, from the last coefficient inwards."""
        result = self.number(coefficients[-1])
        for coefficient in coefficients[-2::-1]:
            result = self.fma(result, x, self.number(coefficient))
        return result

    # Decisions

    def compare(self, condition: str, a: str, b: str) -> str:
        """Truth values: `v.compare("olt", x, y)`; integers take icmp's conditions."""
        how = "fcmp" if self.dtype.kind == "f" else "icmp"
        return self.f.op(f"{how} {condition} {self.type} {a}, {b}")

    def select(self, condition: str, a: str, b: str) -> str:
        """`a` where the condition holds, else `b`."""
        return self.f.op(f"select {self.bool} {condition}, {self.type} {a}, {self.type} {b}")

    def at_most(self, x: str, limit: str) -> str:
        """The smaller one; nan stays nan. One instruction on x86, whose minps keeps its second
        operand where one is nan.
        """
        return self.select(self.compare("olt", limit, x), limit, x)

    def at_least(self, x: str, limit: str) -> str:
        """The larger one; nan stays nan."""
        return self.select(self.compare("ogt", limit, x), limit, x)

    def between(self, x: str, low: float, high: float) -> str:
        """`x` brought into a range; nan stays nan."""
        return self.at_most(self.at_least(x, self.number(low)), self.number(high))

    def is_nan(self, x: str) -> str:
        """Whether it is nan."""
        return self.f.op(f"fcmp uno {self.type} {x}, {x}")

    def any(self, truth: str) -> str:
        """Whether it is true in some lane (i1)."""
        return (
            truth
            if self.lanes == 1
            else self.f.call("i1", f"llvm.vector.reduce.or.v{self.lanes}i1", (self.bool, truth))
        )

    def all(self, truth: str) -> str:
        """Whether it is true in every lane (i1)."""
        if self.lanes == 1:
            return truth
        return self.f.call("i1", f"llvm.vector.reduce.and.v{self.lanes}i1", (self.bool, truth))

    # Other views

    def bits(self, x: str) -> str:
        """A number's bits as an integer."""
        return self.f.op(f"bitcast {self.type} {x} to {self.integer.type}")

    def from_bits(self, x: str) -> str:
        """The number with these bits."""
        return self.f.op(f"bitcast {self.integer.type} {x} to {self.type}")

    def convert(self, how: str, x: str, goal: Lanes) -> str:
        """A conversion instruction: `v.convert("sitofp", x, goal)`."""
        return self.f.op(f"{how} {self.type} {x} to {goal.type}")

    def convert_bool(self, how: str, truth: str) -> str:
        """A truth value as an integer: 1 by "zext", -1 by "sext"."""
        return self.f.op(f"{how} {self.bool} {truth} to {self.type}")

    def each(self, function: Callable[..., str], *args: str) -> str:
        """What a function of scalars gives in every lane."""
        if self.lanes == 1:
            return function(*args)
        one, result = type_of(self.dtype), "poison"
        for i in range(self.lanes):
            parts = [self.f.op(f"extractelement {self.type} {x}, i64 {i}") for x in args]
            value = function(*parts)
            result = self.f.op(f"insertelement {self.type} {result}, {one} {value}, i64 {i}")
        return result

    # AVX-512's own instructions, only where `avx512` says so

    @functools.cached_property
    def avx512(self) -> bool:
        """Whether there are AVX-512's instructions for registers of this type."""
        size = 8 * self.dtype.itemsize * self.lanes
        return self.target.vector_bytes == 64 and (size in (128, 256) or size % 512 == 0)

    def scale(self, x: str, n: str) -> str:
        """x · 2ⁿ, rounded once."""
        return self._avx512("mask.scalef", x, n)

    def exponent(self, x: str) -> str:
        """⌊log₂ |x|⌋ as a number: -inf for 0, and inf for it."""
        return self._avx512("mask.getexp", x)

    def mantissa(self, x: str) -> str:
        """|x| / 2^exponent, in [1, 2); 1 for 0 and inf, nan for negative numbers."""
        return self._avx512("mask.getmant", x, extra=["i32 8"])

    def reciprocal(self, x: str) -> str:
        """1 / x to 14 bits."""
        return self._avx512("rcp14", x, rounded=False)

    def _avx512(
        self, name: str, *args: str, extra: Sequence[str] = (), rounded: bool = True
    ) -> str:
        """An instruction that LLVM knows by the size of the register; wider values are split."""
        size = 8 * self.dtype.itemsize * self.lanes
        if size > 512:
            half = Lanes(self.f, self.target, self.dtype, self.lanes // 2)
            low, high = ([self.part(x, side) for x in args] for side in (0, 1))
            return half.joined(
                half._avx512(name, *low, extra=extra, rounded=rounded),
                half._avx512(name, *high, extra=extra, rounded=rounded),
            )
        full = f"llvm.x86.avx512.{name}.p{'s' if self.dtype.itemsize == 4 else 'd'}.{size}"
        operands = [(self.type, x) for x in args]
        operands += [("i32", text.removeprefix("i32 ")) for text in extra]
        # What masked lanes would be, the mask, and for whole registers the rounding (as usual).
        operands += [(self.type, "zeroinitializer"), (f"i{max(8, self.lanes)}", "-1")]
        if size == 512 and rounded:
            operands.append(("i32", "4"))
        return self.f.call(self.type, full, *operands)

    def part(self, x: str, side: int) -> str:
        """The lower (0) or the upper (1) half of the lanes."""
        half = self.lanes // 2
        return self.f.shuffle(self.type, x, "poison", range(side * half, (side + 1) * half))

    def joined(self, low: str, high: str) -> str:
        """Two registers as one value of twice the lanes."""
        return self.f.shuffle(self.type, low, high, range(2 * self.lanes))

    def quotient(self, a: str, b: str) -> str:
        """a / b where both are finite and 1/b is a normal number: faster than the instruction on
        wide registers, and rounded nearly as well.
        """
        if not self.avx512:
            return self.div(a, b)
        q = self.mul(a, r := self.inverse(b, self.dtype.itemsize // 4 * 2 - 2))
        return self.fma(self.fma(self.neg(b), q, a), r, q)

    def inverse(self, b: str, steps: int | None = None) -> str:
        """1 / b where that and b are normal numbers.

        Args:
            steps: of Newton's method, each of which doubles the 14 bits; by default as many as it
                takes.
        """
        if not self.avx512:
            return self.div(self.number(1), b)
        r, minus, one = self.reciprocal(b), self.neg(b), self.number(1)
        for _ in range(self.dtype.itemsize // 4 if steps is None else steps):
            r = self.fma(r, self.fma(minus, r, one), r)
        return r


def rarely(v: Lanes, condition: str, usual: str, otherwise: Callable[[], str]) -> str:
    """`usual` where the condition (i1) holds, else what `otherwise` writes, behind a branch."""
    f, number = v.f, v.f.new("")[1:]
    before = f.block
    f.do(f"br i1 {condition}, label %usual{number}, label %rare{number}")
    f.label(f"rare{number}")
    other = otherwise()
    end = f.block
    f.do(f"br label %usual{number}")
    f.label(f"usual{number}")
    return f.op(f"phi {v.type} [ {usual}, %{before} ], [ {other}, %{end} ]")
