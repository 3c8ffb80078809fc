"""A module in parts does what it did as a whole."""

import ctypes

import pytest

from tensorslow.engines.llvm.assembly import split
from tensorslow.engines.llvm.runtime import jit, pool
from tensorslow.engines.llvm.text import target
from tensorslow.engines.llvm.text.ir import Function, Module

pytest.importorskip("llvmlite")
HOST = target.host()


def chain(kernels, length):
    """`run(x)` = k0(k1(…(x))), each a long function that uses a constant and a helper."""
    module = Module()
    pool.emit_barrier(module)
    module.constants["amounts"] = (
        "@amounts = internal constant [4 x i64] [i64 3, i64 5, i64 7, i64 11]"
    )
    helper = Function(module, "twist", [("i64", "%x")], result="i64")
    helper.finish(helper.op("xor i64 %x, 12345"))
    f = Function(module, "run", [("i64", "%x")], result="i64", linkage="")
    value = "%x"
    for number in range(kernels):
        value = f.call("i64", f"k{number}", ("i64", value))
    f.finish(value)
    for number in range(kernels):
        f = Function(module, f"k{number}", [("i64", "%x")], result="i64")
        f.call("void", "barrier", ("ptr", "null"), ("i64", "1"))
        value = f.call("i64", "twist", ("i64", "%x"))
        value = f.call("i64", "llvm.bswap.i64", ("i64", value))
        for step in range(length):
            amount = f.load("i64", f.gep("@amounts", (number + step) % 4, "i64"))
            value = f.op(f"{('add', 'mul')[step % 2]} i64 {value}, {amount}")
        f.finish(value)
    return module


def call(library, x):
    return ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64)(library.address("run"))(x)


def test_a_small_module_stays_whole():
    module = chain(2, 5)
    assert split.split(module) == [str(module)]


@pytest.mark.parametrize("kernels", [4, 12])
def test_the_parts_do_what_the_whole_did(kernels):
    module = chain(kernels, 200)
    parts = split.split(module)
    assert len(parts) > 1
    assert max(map(len, parts)) < 3 * min(map(len, parts))
    whole = jit.compile_module(str(module), HOST, ["run"], use_cache=False)
    joined = jit.compile_modules(parts, HOST, ["run"], use_cache=False)
    assert [call(joined, x) for x in range(5)] == [call(whole, x) for x in range(5)]


def test_only_what_is_exported_is_seen():
    """Two libraries may have functions of the same name."""
    one, other = (
        jit.compile_modules(split.split(chain(kernels, 200)), HOST, ["run"], use_cache=False)
        for kernels in (3, 4)
    )
    assert call(one, 1) != call(other, 1)
    with pytest.raises(KeyError):
        one.address("k0")


def test_what_can_change_is_not_doubled():
    module = chain(12, 200)
    module.constants["counter"] = "@counter = internal global i64 0"
    assert split.split(module) == [str(module)]
