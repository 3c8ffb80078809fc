"""Whole programs for other processors than this one: all compile, and the older ones' code runs."""

from __future__ import annotations

import numpy as np
import pytest

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
        program = RandomProgram(seed)
        if name == "sse2" and uses_half(program):
            continue  # converting it takes instructions that come with AVX
        check(program)


def uses_half(program: RandomProgram) -> bool:
    """Whether there is float16 anywhere in a program."""
    specs = [TensorSpec(x.shape, x.dtype) for x in program.arrays]
    traced = simplify(trace(program.plan, specs, 16))
    symbols = [*traced.params, *(x for step in traced.all_steps() for x in step.targets)]
    return any(x.dtype == HALF for x in symbols)
