"""Results are the same to the last bit, however many threads compute them and whoever else runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading

import pytest

from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm import compile as compiling
from tensorslow.engines.llvm.executable import compile_plan
from tests.engines.llvm.programs import RandomProgram

FIRST, COUNT = 1000, 8  # programs


def digest() -> str:
    """Of all results of some programs."""
    found = hashlib.sha256()
    for seed in range(FIRST, FIRST + COUNT):
        program = RandomProgram(seed)
        specs = [TensorSpec(x.shape, x.dtype) for x in program.arrays]
        results = compile_plan(program.plan, specs)(list(program.arrays))
        assert results is not None
        for x in results:
            found.update(x.tobytes())
    return found.hexdigest()


def digest_of_process(threads: int) -> str:
    """The same in a process that uses so many threads, however little there is to do."""
    script = (
        "from tensorslow.engines.llvm import compile as compiling\n"
        "from tensorslow.engines.llvm.runtime import pool\n"
        "from tests.engines.llvm.test_thread_independence import digest\n"
        f"compiling.SHORT = -1.0; assert pool.thread_count() == {threads}; print(digest())"
    )
    environment = {**os.environ, "TENSORSLOW_NUM_THREADS": str(threads)}
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("threads", [2, 3, 5])
def test_the_number_of_threads_changes_no_bit(threads: int):
    assert digest_of_process(threads) == digest_of_process(1)


@pytest.mark.parametrize("callers", [4])
def test_one_program_called_from_several_threads(callers: int, monkeypatch):
    monkeypatch.setattr(compiling, "SHORT", -1.0)
    program = RandomProgram(FIRST)
    executable = compile_plan(program.plan, [TensorSpec(x.shape, x.dtype) for x in program.arrays])
    expected = [x.tobytes() for x in executable(list(program.arrays))]
    wrong: list[object] = []

    def call() -> None:
        try:
            for _ in range(100):
                found = executable([x.copy() for x in program.arrays])
                if [x.tobytes() for x in found] != expected:
                    wrong.append("other bits")
        except Exception as error:  # it would be lost with its thread
            wrong.append(error)

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
