"""Runs a single kernel on arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorslow.engines.llvm.arithmetic.casts import cast
from tensorslow.engines.llvm.contractions.contraction import computed
from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.runtime.jit import compile_module
from tensorslow.engines.llvm.runtime.pool import run
from tensorslow.engines.llvm.text.ir import Function, Module, type_of
from tensorslow.engines.llvm.text.target import Target, host


def emit_run(module: Module, name: str, pointers: int) -> None:
    """Defines the program `@run` that calls a kernel: its table is the scratch, then the data."""
    f = Function(
        module,
        "run",
        [("i64", "%tid"), ("i64", "%nt"), ("ptr", "%sync"), ("ptr", "%table")],
        linkage="",
    )
    table = [f.load("ptr", f.gep("%table", i, "ptr"), 8) for i in range(1 + pointers)]
    f.do(
        f"call void @{name}(i64 %tid, i64 %nt, ptr %sync, "
        f"{', '.join(f'ptr {pointer}' for pointer in table)})"
    )
    f.finish()


def aligned(shape, dtype, offset=0):
    """An uninitialised array at a multiple of 64 bytes, plus an offset in elements."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    offset *= np.dtype(dtype).itemsize
    memory = np.empty(size + 64 + offset, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    return memory[start : start + size].view(dtype).reshape(shape)


class Kernel:
    """A compiled kernel, which can be called on arrays with a number of threads."""

    def __init__(self, module, name, pointers, scratch_bytes, target: Target | None = None):
        emit_run(module, name, pointers)
        self.text = str(module)
        self.scratch_bytes = scratch_bytes
        self.library = compile_module(self.text, target or host(), ["run"], use_cache=False)
        self.address = self.library.address("run")

    def prepare(self, *arrays, threads=1):
        """A function without arguments that runs it."""
        scratch = aligned(self.scratch_bytes(threads) + 64, np.uint8)
        scratch[...] = 255  # whoever reads what was not written gets nan
        scratch[self.scratch_bytes(threads) :] = 77
        table = (ctypes.c_void_p * (1 + len(arrays)))(
            scratch.ctypes.data, *(x.ctypes.data for x in arrays)
        )
        address = ctypes.addressof(table)
        self.keep = scratch, table, arrays
        return lambda: run(self.address, address, threads)

    def __call__(self, *arrays, threads=1):
        self.prepare(*arrays, threads=threads)()
        assert (self.keep[0][self.scratch_bytes(threads) :] == 77).all(), "scratch overrun"


@dataclass(frozen=True)
class StoreC(Epilogue):
    """Writes the product to %p2 as it is.

    Attributes:
        target: the processor.
        dtype: of the elements in memory.
        strides: in elements: of the batch axes, of m, of n (1, or anything if n is a single one).
    """

    target: Target
    dtype: np.dtype
    strides: tuple[int, ...]

    def store(
        self,
        f: Function,
        batch: Sequence[str],
        m: str,
        n: str,
        value: str,
        lanes: int,
        mask: str | None,
        columns: Any,
    ) -> None:
        """One vector store."""
        place = "0"
        for index, stride in zip((*batch, m, n), self.strides, strict=True):
            place = f.add(place, f.mul(index, stride))
        kind, align = type_of(self.dtype), self.dtype.itemsize
        value = cast(f, self.target, computed(self.dtype), self.dtype, lanes, value)
        pointer = f.gep("%p2", place, kind)
        if mask is not None:
            f.masked_store(kind, lanes, value, pointer, mask, align)
        else:
            f.store(type_of(self.dtype, lanes), value, pointer, align)
