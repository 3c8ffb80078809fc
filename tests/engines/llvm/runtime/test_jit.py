"""Text becomes machine code that runs, is kept on disk, and goes when it is dropped."""

import ctypes
import gc
import os
import sys
import threading
import time

import pytest

from tensorslow.engines.llvm.runtime import cache, jit
from tensorslow.engines.llvm.text import target
from tensorslow.engines.llvm.text.ir import Function, Module

pytest.importorskip("llvmlite")
HOST = target.host()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TENSORSLOW_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("TENSORSLOW_CACHE", raising=False)


def adder(amount):
    """A module with f(x) = x + amount."""
    return f"define i64 @f(i64 %x) {{\n  %y = add i64 %x, {amount}\n  ret i64 %y\n}}\n"


def heavy(seed, count=6000):
    """A module that takes a while to compile: g(x), a long chain of products and sums."""
    module = Module()
    f = Function(module, f"g{seed}", [("i64", "%x")], result="i64", linkage="")
    value = "%x"
    for k in range(count):
        value = f.op(f"{('add', 'mul', 'xor')[k % 3]} i64 {value}, {seed * 7919 + 2 * k + 1}")
    f.finish(value)
    return str(module)


def heavy_in_python(seed, x, count=6000):
    for k in range(count):
        amount = seed * 7919 + 2 * k + 1
        x = (x + amount, x * amount, x ^ amount)[k % 3] % 2**64
    return x


def call(library, name, x):
    return ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64)(library.address(name))(x)


def test_compiles_and_runs():
    library = jit.compile_module(adder(5), HOST, ["f"])
    assert call(library, "f", 37) == 42
    assert not library.from_cache
    assert set(library.seconds) == {"cache", "parse", "emit", "load", "total"}
    assert 0 < library.seconds["emit"] < library.seconds["total"]


def test_constants_libc_and_inlining():
    library = jit.compile_module(
        """
@weights = internal constant [3 x double] [double 1.0, double 2.0, double 4.0]
declare double @sqrt(double)
define internal double @half(double %x) alwaysinline {
  %y = fmul double %x, 0.5
  ret double %y
}
define double @f(i64 %i) {
  %at = getelementptr double, ptr @weights, i64 %i
  %weight = load double, ptr %at
  %root = call double @sqrt(double %weight)
  %half = call double @half(double %root)
  ret double %half
}
""",
        HOST,
        ["f"],
    )
    f = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64)(library.address("f"))
    assert [f(0), f(2)] == [0.5, 1.0]
    assert "half" not in library.assembly()


def test_the_second_time_it_comes_from_the_disk():
    assert not jit.compile_module(adder(1), HOST, ["f"]).from_cache
    again = jit.compile_module(adder(1), HOST, ["f"])
    assert again.from_cache
    assert again.seconds["emit"] == 0
    assert call(again, "f", 1) == 2
    assert "f:" in again.assembly()
    assert not jit.compile_module(adder(1), HOST, ["f"], use_cache=False).from_cache
    assert not jit.compile_module(adder(2), HOST, ["f"]).from_cache


def test_another_processor_is_another_entry():
    jit.compile_module(adder(1), HOST, ["f"])
    other = target.Target(HOST.triple, HOST.cpu, HOST.features + ",+nopl", 16, 16)
    assert not jit.compile_module(adder(1), other, ["f"]).from_cache


def test_a_damaged_object_is_compiled_again(tmp_path):
    jit.compile_module(adder(3), HOST, ["f"])
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_bytes(entry.read_bytes()[:-20])
    library = jit.compile_module(adder(3), HOST, ["f"])
    assert not library.from_cache
    assert call(library, "f", 1) == 4


def test_modules_are_linked_with_each_other():
    one = "define hidden i64 @inner(i64 %x) {\n  %y = mul i64 %x, 3\n  ret i64 %y\n}\n"
    other = (
        "declare hidden i64 @inner(i64)\n"
        "define i64 @outer(i64 %x) {\n  %y = call i64 @inner(i64 %x)\n  ret i64 %y\n}\n"
    )
    library = jit.compile_modules([one, other], HOST, ["outer"])
    assert call(library, "outer", 14) == 42
    assert jit.compile_modules([other, one], HOST, ["outer"]).from_cache


@pytest.mark.slow
def test_compiled_side_by_side_is_the_same_as_one_by_one():
    texts = [heavy(seed, 600) for seed in range(12)]
    names = [f"g{seed}" for seed in range(12)]
    alone = [jit._emit(text, HOST)[0] for text in texts]
    for _ in range(3):
        results = [None] * len(texts)

        def compile_some(first, results=results):
            for place in range(first, len(texts), 4):
                results[place] = jit._emit(texts[place], HOST)[0]

        threads = [threading.Thread(target=compile_some, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == alone
    library = jit.compile_modules(texts, HOST, names)
    assert [call(library, name, 5) for name in names] == [
        heavy_in_python(seed, 5, 600) for seed in range(12)
    ]


def test_python_runs_on_while_another_thread_compiles():
    text = heavy(1)
    seconds = []

    def compile_it():
        seconds.append(jit.compile_module(text, HOST, ["g1"], use_cache=False).seconds["emit"])

    thread = threading.Thread(target=compile_it)
    thread.start()
    longest, last = 0.0, time.perf_counter()
    while thread.is_alive():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    assert seconds[0] > 0.05
    assert longest < seconds[0] / 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("define void @f() { ret i32 0 }", "doesn't match function result type"),
        ("define void @f() { br label %nowhere }", "undefined value '%nowhere'"),
        (
            "define i64 @f(i1 %c) {\n br i1 %c, label %a, label %b\na:\n %x = add i64 1, 2\n"
            " br label %b\nb:\n ret i64 %x\n}",
            "dominate",
        ),
        ("declare void @nonesuch()\ndefine void @f() {\n call void @nonesuch()\n ret void\n}", "f"),
        ("define void @g() {\n ret void\n}", "f"),
    ],
)
def test_what_is_wrong_is_said(text, words, capfd):
    with pytest.raises(RuntimeError, match=words):
        jit.compile_module(text, HOST, ["f"])


def test_code_for_another_architecture_is_not_loaded():
    foreign = target.NEON if HOST.triple.startswith("x86") else target.AVX2
    with pytest.raises(ValueError, match="cannot run on"):
        jit.compile_module(adder(1), foreign, ["f"])


def test_assembly_for_every_target():
    text = (
        "define void @f(ptr %p) {\n  %v = load <4 x float>, ptr %p, align 4\n"
        "  %s = fadd <4 x float> %v, %v\n  store <4 x float> %s, ptr %p, align 4\n  ret void\n}\n"
    )
    assert "fadd\tv0.4s" in jit.assembly_for(text, target.NEON)
    assert "\taddps\t" in jit.assembly_for(text, target.SSE2)
    assert "\tvaddps\t" in jit.assembly_for(text, target.AVX2)
    assert "\tvaddps\t" in jit.assembly_for(text, target.AVX512)


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_dropped_libraries_leave_no_memory_behind():
    text = heavy(2, 200)
    kept = jit.compile_module(adder(9), HOST, ["f"])
    for _ in range(150):
        jit.compile_module(text, HOST, ["g2"])
    gc.collect()
    before = resident()
    for _ in range(2000):
        jit.compile_module(text, HOST, ["g2"])
    gc.collect()
    assert resident() - before < 2_000_000
    assert call(kept, "f", 1) == 10


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_compiling_leaves_no_memory_behind():
    for number in range(60):
        jit.compile_module(adder(number), HOST, ["f"], use_cache=False)
    before = resident()
    for number in range(300):
        jit.compile_module(adder(number), HOST, ["f"], use_cache=False)
    assert resident() - before < 2_000_000


def test_a_library_lives_until_it_is_dropped():
    libraries = [jit.compile_module(adder(k), HOST, ["f"], use_cache=False) for k in range(70)]
    del libraries[::2]
    gc.collect()
    assert [call(library, "f", 0) for library in libraries] == list(range(1, 70, 2))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # of JAX, where it was imported
def test_a_child_can_compile_while_the_parent_does():
    text = heavy(3)
    thread = threading.Thread(
        target=lambda: [jit.compile_module(text, HOST, ["g3"], use_cache=False) for _ in range(3)]
    )
    thread.start()
    children = []
    for number in range(8):
        time.sleep(0.01)
        child = os.fork()
        if child == 0:
            library = jit.compile_module(adder(number), HOST, ["f"], use_cache=False)
            os._exit(call(library, "f", 1))
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    thread.join()
    assert codes == [number + 1 for number in range(8)]


def test_the_cache_knows_who_compiled():
    made_by = jit._made_by(HOST)
    assert HOST.cpu in made_by
    assert any("tensorslow" in part and "LLVM" in part for part in made_by)
    assert cache.key(*made_by) != cache.key(*made_by[::-1])
