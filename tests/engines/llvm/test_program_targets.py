"""Whole programs for other processors than this one: all compile, and the older ones' code runs."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm import compile as compiling
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.llvm.runtime import jit
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.llvm.stages import run_stages
from tensorslow.engines.llvm.text import target
from tensorslow.engines.llvm.text.target import Target
from tests.engines.llvm.arithmetic.registers import RUNNABLE
from tests.engines.llvm.programs import RandomProgram
from tests.engines.llvm.test_random_programs import check

TARGETS = {
    "sse2": target.SSE2,
    "avx2": target.AVX2,
    "avx512": target.AVX512,
    "neon": target.NEON,
}
OLDER = [name for name in RUNNABLE if name != "host"]
SEEDS = [pytest.param(range(2000, 2003)), pytest.param(range(2003, 2030), marks=pytest.mark.slow)]
HALF = np.dtype(np.float16)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("seeds", SEEDS)
def test_programs_compile_for_every_target(name: str, seeds: range):
    for seed in seeds:
        text = assembly(RandomProgram(seed), TARGETS[name])
        assert "run:" in text, seed


@pytest.mark.parametrize(("name", "clock"), [("avx2", "rdtsc"), ("neon", "cntvct_el0")])
def test_programs_may_read_the_clock(name: str, clock: str):
    """On ARM the processor's own cycle counter would end a program that reads it."""
    text = assembly(RandomProgram(2000), TARGETS[name], timed=True).lower()
    assert clock in text
    assert "pmccntr" not in text


def assembly(program: RandomProgram, goal: Target, timed: bool = False) -> str:
    """What LLVM makes of a program."""
    specs = [TensorSpec(x.shape, x.dtype) for x in program.arrays]
    stages = run_stages(simplify(trace(program.plan, specs, 16)), (), goal, 4, timed)
    return jit.assembly_for(str(stages.assembled.module), goal)


@pytest.mark.slow
@pytest.mark.parametrize("name", OLDER)
def test_older_processors_agree(name: str, monkeypatch):
    monkeypatch.setattr(compiling, "host", lambda: RUNNABLE[name])
    for seed in range(2030, 2090):
        check(RandomProgram(seed))


@pytest.mark.parametrize("name", OLDER)
def test_products_of_halves_run_on_older_processors(name: str, monkeypatch):
    """Without instructions for float16, LLVM would call a function that no system need have."""
    monkeypatch.setattr(compiling, "host", lambda: RUNNABLE[name])
    monkeypatch.setenv("TENSORSLOW_CACHE", "0")
    rng = np.random.default_rng(0)
    a, b = (rng.integers(-8, 9, shape).astype(HALF) for shape in ((9, 40), (40, 21)))
    images, kernel = a.reshape(1, 6, 10, 6), b[:36, :20].reshape(3, 3, 4, 20)[:, :, :, :7]
    images = np.concatenate([images, images], -1)[..., :4]
    with ts.Graph().as_default():
        y = ts.matmul(ts.placeholder(HALF, a.shape, "a"), ts.placeholder(HALF, b.shape, "b"))
        z = ts.nn.conv2d(
            ts.placeholder(HALF, images.shape, "x"), ts.constant(kernel), [1, 1, 1, 1], "SAME"
        )
        feeds = {"a:0": a, "b:0": b, "x:0": images}
        found = ts.Session(engine="llvm").run([ts.nn.relu(y) + y, z], feeds)
        expected = ts.Session(engine="numpy").run([ts.nn.relu(y) + y, z], feeds)
    for value, other in zip(found, expected, strict=True):
        assert np.abs(other).max() > 100  # and all are whole, so that every order of sums is exact
        np.testing.assert_array_equal(value, other, strict=True)
