"""Random programs in machine code: as in NumPy, on any number of threads, in place or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from unittest import mock

import numpy as np
import pytest

from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm import compile as compiling
from tensorslow.engines.llvm.executable import Executable, Growing, compile_plan
from tensorslow.engines.numpy import compile_plan as in_numpy
from tests.engines.llvm.hazards import find_hazards
from tests.engines.llvm.programs import RandomProgram

PARTS = 40  # the programs are tested in so many tests; the first of them every day
DAILY = 1
# Of the largest element: sums are long here, and their parts may cancel.
TOLERANCES = {"float16": 2e-2, "float32": 1e-4, "float64": 1e-11}
CONDITION = 8  # or so many times what the result moves when the inputs move by one unit


def nudged(arrays: Sequence[Any], seed: int) -> list[Any]:
    """The arrays, every finite number moved by one unit in the last place."""
    rng = np.random.default_rng(seed)
    found = []
    for x in arrays:
        if x.dtype.kind == "f":
            goal = rng.choice([-np.inf, np.inf], x.shape).astype(x.dtype)
            x = np.where(np.isfinite(x), np.nextafter(x, goal), x)
        found.append(x)
    return found


def check_near(program: RandomProgram, found: Sequence[Any]) -> None:
    """Raises unless results are what NumPy gives, or as near as their condition allows."""
    run = in_numpy(program.plan)
    with np.errstate(all="ignore"):
        expected = run(list(program.arrays))
        moved: list[list[Any]] = []
        for i, (actual, wanted) in enumerate(zip(found, expected, strict=True)):
            wanted = np.asarray(wanted)
            assert (actual.dtype, actual.shape) == (wanted.dtype, wanted.shape), f"result {i}"
            if _is_near(actual, wanted, []):
                continue
            moved = moved or [run(nudged(program.arrays, seed)) for seed in range(4)]
            assert _is_near(actual, wanted, [np.asarray(results[i]) for results in moved]), (
                f"result {i}, {wanted.dtype}{list(wanted.shape)}: {actual} instead of {wanted}"
            )


def _is_near(actual: Any, wanted: Any, moved: Sequence[Any]) -> bool:
    if wanted.dtype.kind != "f":
        steady = np.all([x == wanted for x in moved], axis=0) if moved else True
        return bool(np.all((actual == wanted) | ~np.asarray(steady)))
    finite = np.abs(wanted[np.isfinite(wanted)].astype(np.float64))
    allowed = TOLERANCES[wanted.dtype.name] * max(1.0, float(finite.max(initial=0.0)))
    steady = np.ones(wanted.shape, bool)
    for x in moved:
        move = np.abs(x.astype(np.float64) - wanted)
        steady &= np.isfinite(x) == np.isfinite(wanted)
        allowed += CONDITION * float(move[np.isfinite(move)].max(initial=0.0))
    error = np.abs(actual.astype(np.float64) - wanted)
    same = (actual == wanted) | (np.isnan(actual) & np.isnan(wanted))
    return bool(np.all(same | (error <= allowed) | ~steady))


def bits(arrays: Sequence[Any]) -> list[bytes]:
    """What is equal for arrays that are the same to the last bit."""
    return [np.asarray(x).tobytes() for x in arrays]


def alone(executable: Growing, arrays: Sequence[Any]) -> list[Any]:
    """The results, computed by one thread."""
    with mock.patch.object(compiling, "SHORT", math.inf):
        found = Executable(executable._now.compiled)(list(arrays))
    assert found is not None
    return found


def check(program: RandomProgram) -> None:
    """Raises if anything about a program is not as it should be."""
    specs = [TensorSpec(x.shape, x.dtype) for x in program.arrays]
    executable = compile_plan(program.plan, specs)
    assert isinstance(executable, Growing), "it is not compiled whole"
    found = executable(list(program.arrays))
    assert found is not None, "a check failed"
    check_near(program, found)
    assert bits(alone(executable, program.arrays)) == bits(found), "it depends on the threads"
    updating = compile_plan(program.plan, specs, program.updates) if program.updates else executable
    assert not find_hazards(updating._now.compiled.stages)
    mine = [x.copy() for x in program.arrays]
    again = updating(mine)
    for i, (x, y) in enumerate(zip(again, found, strict=True)):
        np.testing.assert_array_equal(x, y, f"result {i}, if some are updated in place")
    written = {i for i, output in program.updates if output in updating.in_place}
    for i, (x, old) in enumerate(zip(mine, program.arrays, strict=True)):
        assert i in written or x.tobytes() == old.tobytes(), f"input {i} has changed"


@pytest.mark.parametrize(
    "part", [pytest.param(i, marks=pytest.mark.slow if i >= DAILY else []) for i in range(PARTS)]
)
def test_random_programs(part: int, pytestconfig, monkeypatch):
    monkeypatch.setattr(compiling, "SHORT", -1.0)  # several threads, however little there is to do
    failures = []
    for seed in range(part, pytestconfig.getoption("--graphs"), PARTS):
        try:
            check(RandomProgram(seed))
        except Exception as error:  # all are tried, and all that fail are named
            failures.append(f"program {seed}: {type(error).__name__}: {error}")
    assert not failures, "\n".join(failures)
