"""Elementwise primitives as compiled functions over whole arrays, for tests."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest

from tensorslow.engines.llvm.arithmetic import elementwise
from tensorslow.engines.llvm.runtime import jit
from tensorslow.engines.llvm.text import target
from tensorslow.engines.llvm.text.ir import Function, Module, splat_literal, stored_type, type_of
from tensorslow.engines.llvm.text.target import Target

_FEATURES = llvm.get_host_cpu_features()
# The processors that this machine can stand in for
RUNNABLE = {"host": target.host()}
if target.host().triple.startswith("x86_64"):
    RUNNABLE["sse2"] = target.SSE2
    if _FEATURES.get("avx2") and _FEATURES.get("fma"):
        RUNNABLE["avx2"] = target.AVX2


def goals() -> list[Any]:
    """Their names; the older ones for `make check` only."""
    return [
        name if name == "host" else pytest.param(name, marks=pytest.mark.slow) for name in RUNNABLE
    ]


FLOATS = [np.dtype(t) for t in ("f2", "f4", "f8")]
INTEGERS = [np.dtype(t) for t in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")]
DTYPES = [*FLOATS, *INTEGERS, np.dtype(bool)]


@dataclass
class Case:
    """One primitive for some types; operands in `literals` are constants in its code."""

    name: str
    dtypes: Sequence[np.dtype]
    result: np.dtype
    lanes: int
    literals: dict[int, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        types = ", ".join(map(str, self.dtypes))
        return f"{self.name}({types}) -> {self.result}, {self.lanes} lanes, {self.literals}"


class Compiled:
    """A case to be called with arrays of one size.

    Attributes:
        bad: whether `check` found something in the last call.
    """

    def __init__(self, case: Case, library: jit.Library, name: str) -> None:
        self.case, self._library = case, library
        pointers = [ctypes.c_void_p] * (len(case.dtypes) + 1)
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int64, *pointers)
        self._call = kind(library.address(name))
        self.bad = False

    def __call__(self, *arrays: Any) -> Any:
        lanes, size = self.case.lanes, arrays[0].size
        missing = -size % lanes
        padded = [
            np.ascontiguousarray(np.concatenate([x, np.ones(missing, x.dtype)])) for x in arrays
        ]
        result = np.empty(size + missing, self.case.result)
        addresses = [x.ctypes.data for x in (*padded, result)]
        self.bad = bool(self._call((size + missing) // lanes, *addresses))
        return result[:size]


def text_of(cases: Sequence[Case], goal: Target) -> str:
    """A module with a function `case0`, `case1`, … for each case."""
    module = Module()
    for i, case in enumerate(cases):
        _write(module, f"case{i}", case, goal)
    return str(module)


def compiled(cases: Sequence[Case], goal: Target) -> list[Compiled]:
    """All cases, in one library."""
    names = [f"case{i}" for i in range(len(cases))]
    library = jit.compile_module(text_of(cases, goal), goal, names, use_cache=False)
    return [Compiled(case, library, name) for case, name in zip(cases, names, strict=True)]


def _write(module: Module, name: str, case: Case, goal: Target) -> None:
    pointers = [("ptr", f"%p{k}") for k in range(len(case.dtypes))]
    f = Function(module, name, [("i64", "%n"), *pointers, ("ptr", "%q")], "i32", linkage="")
    lanes = case.lanes

    def body(i: str, carried: list[str]) -> list[str]:
        at = f.mul(i, lanes)
        args = [_operand(f, case, k, at) for k in range(len(case.dtypes))]
        bad = elementwise.check(f, goal, case.name, case.dtypes, lanes, args)
        value = elementwise.emit(f, goal, case.name, case.dtypes, case.result, lanes, args)
        stored = stored_type(case.result, lanes)
        if case.result.kind == "b":
            value = f.op(f"zext {type_of(case.result, lanes)} {value} to {stored}")
        place = f.gep("%q", at, stored_type(case.result))
        f.store(stored, value, place, case.result.itemsize)
        if bad is None:
            return carried
        flag = f.op(f"zext i1 {bad} to i32")
        return [f.op(f"or i32 {carried[0]}, {flag}")]

    f.finish(f.loop("%n", body, [("i32", "0")])[0])


def _operand(f: Function, case: Case, k: int, at: str) -> str:
    dtype, lanes = case.dtypes[k], case.lanes
    if k in case.literals:
        return splat_literal(case.literals[k], dtype, lanes)
    stored = stored_type(dtype, lanes)
    value = f.load(stored, f.gep(f"%p{k}", at, stored_type(dtype)), dtype.itemsize)
    if dtype.kind != "b":
        return value
    return f.op(f"icmp ne {stored} {value}, {0 if lanes == 1 else 'zeroinitializer'}")


def sample(dtype: np.dtype, size: int, seed: int) -> Any:
    """Elements of all kinds: special ones, ordinary ones, and any bits."""
    rng = np.random.default_rng(seed)
    if dtype.kind == "b":
        return rng.integers(0, 2, size).astype(bool)
    if dtype.kind == "f":
        known = np.finfo(dtype)
        special = [0, -0.0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3, -3, 7, -7, 1e3, -1e3]
        special += [np.inf, -np.inf, np.nan, known.max, known.tiny, known.smallest_subnormal]
        bits = rng.integers(0, 2 ** (8 * dtype.itemsize), size // 4, dtype=np.uint64)
        others = bits.astype(f"u{dtype.itemsize}").view(dtype)
        ordinary = (rng.normal(size=size // 4) * 10).astype(dtype)
        parts = [rng.choice(np.array(special, dtype), size - 2 * (size // 4)), others, ordinary]
    else:
        limits = np.iinfo(dtype)
        special = [0, 1, 2, 3, 5, 7, limits.min, limits.max, limits.max - 1, limits.min + 1]
        special += [-1, -2, -3, -7] if dtype.kind == "i" else []
        others = rng.integers(limits.min, limits.max, size // 2, dtype=dtype, endpoint=True)
        parts = [rng.choice(np.array(special, dtype), size - size // 2), others]
    result = np.concatenate(parts)
    rng.shuffle(result)
    return result
