"""The machine: what it is called, how fast it multiplies and copies at best."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import platform
import statistics
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

COPIED = 1e8  # bytes that a thread copies in one measurement, at least
ACCUMULATORS = 12  # enough independent chains to fill two units of latency 4 or 5


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def name() -> str:
    """The processor's name."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Of Python and of what is compared, where installed."""
    found = {"Python": platform.python_version()}
    titles = {
        "numpy": "NumPy",
        "llvmlite": "llvmlite",
        "tensorflow": "TensorFlow",
        "tensorflow-cpu": "TensorFlow",
        "torch": "PyTorch",
        "jax": "JAX",
    }
    for package, title in titles.items():
        try:
            found[title] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def describe() -> dict[str, Any]:
    return {
        "date": date.today().isoformat(),
        "processor": name(),
        "processors": processors(),
        "system": platform.system(),
        "versions": versions(),
    }


def headline() -> str:
    """Date, machine and versions in one line."""
    facts = describe()
    named = ", ".join(f"{title} {version}" for title, version in facts["versions"].items())
    return f"{facts['date']}, {facts['processor']}, {facts['processors']} processors, {named}"


def _at_once(work: Callable[[int], None], count: int) -> float:
    """Seconds until `count` threads have done `work(i)`; they begin together."""
    barrier = threading.Barrier(count + 1)

    def one(i: int) -> None:
        barrier.wait()
        work(i)
        barrier.wait()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    barrier.wait()
    begin = time.perf_counter()
    barrier.wait()
    seconds = time.perf_counter() - begin
    for thread in threads:
        thread.join()
    return seconds


def _multiply_loop(lanes: int) -> str:
    """A loop of independent multiply-and-adds in registers, as LLVM's text."""
    vector = f"<{lanes} x float>"
    chains = range(ACCUMULATORS)
    start = [f"  %x = insertelement {vector} poison, float %f, i32 0"]
    start.append(
        f"  %v = shufflevector {vector} %x, {vector} poison, <{lanes} x i32> zeroinitializer"
    )
    heads = [
        f"  %a{i} = phi {vector} [ zeroinitializer, %entry ], [ %b{i}, %loop ]" for i in chains
    ]
    body = [
        f"  %b{i} = call {vector} @llvm.fmuladd.v{lanes}f32"
        f"({vector} %a{i}, {vector} %v, {vector} %v)"
        for i in chains
    ]
    sums, total = [], "%b0"
    for i in chains[1:]:
        sums.append(f"  %s{i} = fadd {vector} {total}, %b{i}")
        total = f"%s{i}"
    return "\n".join(
        [
            f"declare {vector} @llvm.fmuladd.v{lanes}f32({vector}, {vector}, {vector})",
            "define void @loop(i64 %n, float %f, ptr %out) {",
            "entry:",
            *start,
            "  br label %loop",
            "loop:",
            "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
            *heads,
            *body,
            "  %next = add i64 %i, 1",
            "  %more = icmp ult i64 %next, %n",
            "  br i1 %more, label %loop, label %end",
            "end:",
            *sums,
            f"  store {vector} {total}, ptr %out, align 4",
            "  ret void",
            "}",
        ]
    )


def peak_gflops(rounds: int = 5) -> float | None:
    """float32 multiply-and-adds of all processors, from registers; None without llvmlite."""
    try:
        from llvmlite import binding as llvm
    except ImportError:
        return None
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    lanes = 16 if features.get("avx512f") else 8 if features.get("avx2") else 4
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=2, jit=True
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(_multiply_loop(lanes)), machine)
    engine.finalize_object()
    loop = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_float, ctypes.c_void_p)(
        engine.get_function_address("loop")
    )
    steps, count = 4_000_000, processors()
    places = [np.zeros(64, np.float32) for _ in range(count)]
    flops = steps * ACCUMULATORS * lanes * 2 * count
    work = lambda i: loop(steps, 0.5, places[i].ctypes.data)  # noqa: E731
    return max(flops / _at_once(work, count) for _ in range(rounds)) / 1e9


def copy_gbs(size: int, rounds: int = 5) -> float:
    """GB/s, read and written, when all processors copy `size` bytes in all, again and again."""
    count = processors()
    part = max(size // 2 // count // 4, 1024)  # half is source, half is destination
    pairs = [(np.ones(part, np.float32), np.zeros(part, np.float32)) for _ in range(count)]
    repeats = max(1, int(COPIED / (part * 8)))

    def work(i: int) -> None:
        source, target = pairs[i]
        for _ in range(repeats):
            np.copyto(target, source)

    rates = [part * 8 * repeats * count / _at_once(work, count) for _ in range(rounds)]
    return statistics.median(rates) / 1e9
