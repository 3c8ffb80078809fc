"""What becomes of a run when an engine is absent, fails, or is interrupted."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.engines import Unavailable
from tensorslow.errors import ExecutionError, GraphError
from tests.unit.compiler import NAME, Engine, ones, pretended_engine, product, settled


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    yield from pretended_engine(monkeypatch)


# Failures


def test_an_absent_engine_that_nobody_asked_for_is_noted(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.fails = Unavailable("llvmlite is not installed: pip install llvmlite")
    x, y = product()
    with caplog.at_level(logging.INFO, "tensorslow"):
        for running in (ts.Session(), ts.Session()):
            assert [running.run(y, {x: ones(2)}) for _ in range(5)] == [4] * 5
    assert [record.getMessage() for record in caplog.records] == [
        f"the {NAME} engine is not available: llvmlite is not installed: pip install llvmlite; "
        "NumPy runs everything instead"
    ]
    assert len(engine.threads) == 1  # nobody tried again


@pytest.mark.parametrize("error", [Unavailable("there is no such CPU"), ImportError("no llvmlite")])
def test_an_absent_engine_that_was_asked_for_is_told_once(engine: Engine, error: Any) -> None:
    engine.fails = error
    x, y = product()

    def work() -> list[Any]:
        sessions = [ts.Session(engine=NAME) for _ in range(2)]
        return [running.run(y, {x: ones(2)}) for running in sessions * 5]

    with pytest.warns(
        RuntimeWarning, match=f"the {NAME} engine is not available: .*NumPy runs everything"
    ) as told:
        assert work() == [4] * 10
    assert len(told) == 1
    assert told[0].filename == __file__
    assert len(engine.threads) == 1


def test_who_asks_for_an_engine_that_is_known_to_be_absent_is_told(engine: Engine) -> None:
    engine.fails = Unavailable("there is no such CPU")
    x, y = product()
    running = ts.Session()
    for _ in range(3):
        running.run(y, {x: ones(2)})
    with pytest.warns(RuntimeWarning, match="there is no such CPU"):
        asked = ts.Session(engine=NAME)
    assert asked.run(y, {x: ones(2)}) == 4


@pytest.mark.parametrize("name", [NAME, "auto"])
def test_a_bug_of_the_compiler_is_told_and_numpy_goes_on(engine: Engine, name: str) -> None:
    engine.fails = AssertionError("no register left\nin this kernel")
    v = ts.Variable([1.0, 2.0])
    grow = v.assign_add([1.0, 1.0])
    running = ts.Session(engine=name)
    with pytest.warns(RuntimeWarning, match="no register left") as told:
        found = [running.run(grow).tolist() for _ in range(5)]
    assert found == [[1 + run, 2 + run] for run in range(1, 6)]
    assert len(told) == 1
    assert told[0].filename == __file__
    assert str(told[0].message) == (
        f"the {NAME} engine failed on a plan of 1 steps (AssertionError: no register left, at "
        f"compiler.py:{line_of('raise self.fails')}); NumPy runs it instead. This is a bug of "
        "tensorslow: please report it, with the program and this text. TENSORSLOW_ENGINE=numpy "
        "leaves that engine out."
    )
    engine.fails = None  # other plans are still compiled
    x, y = product()
    for _ in range(3):
        assert running.run(y, {x: ones(2)}) == 4
    assert engine.runs > 0


def line_of(text: str) -> int:
    with open(sys.modules["tests.unit.compiler"].__file__ or "", encoding="utf-8") as file:
        return next(i for i, line in enumerate(file, 1) if text in line)


def test_where_warnings_are_errors_the_cause_is_shown(engine: Engine) -> None:
    engine.fails = AssertionError("no register left")
    x, y = product()
    running = ts.Session(engine=NAME)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="no register left") as caught:
            running.run(y, {x: ones(2)})
    assert caught.value.__cause__ is engine.fails
    assert running.run(y, {x: ones(2)}) == 4


def test_a_compiled_plan_that_fails_is_given_up(engine: Engine) -> None:
    v = ts.Variable(0.0)
    grow = v.assign_add(1.0)
    running = ts.Session()

    def fail() -> None:
        raise AssertionError("stack overrun")

    for run in range(1, 5):
        assert running.run(grow) == run
    engine.made[0].before = fail
    with pytest.warns(RuntimeWarning, match="stack overrun"):
        assert running.run(grow) == 5
    assert [running.run(grow) for _ in range(3)] == [6, 7, 8]
    assert engine.made[0].runs == 3


def test_a_failed_check_is_worded_by_numpy(engine: Engine) -> None:
    x = ts.placeholder(ts.int32, [None], name="x")
    v = ts.Variable([1.0, 2.0, 3.0], name="v")
    with ts.control_dependencies([v.assign_add([1.0, 1.0, 1.0])]):
        y = ts.gather(v.read_value(), x, name="y")
    running, plain = ts.Session(), ts.Session(engine="numpy")
    for _ in range(5):
        np.testing.assert_array_equal(running.run(y, {x: [0, 2]}), plain.run(y, {x: [0, 2]}))
    assert engine.runs == 3
    messages = []
    for each in (running, plain):
        with pytest.raises(GraphError) as caught:
            each.run(y, {x: [0, 3]})
        messages.append(str(caught.value))
        np.testing.assert_array_equal(each.run(v), [6, 7, 8])
    assert messages[0] == messages[1]
    assert engine.runs == 4
    np.testing.assert_array_equal(running.run(y, {x: [0, 2]}), [7, 9])
    assert engine.runs == 5


def test_host_functions_are_called_once_even_if_numpy_must_word_an_error(engine: Engine) -> None:
    calls: list[int] = []
    x, v = ts.placeholder(ts.int32, [], name="x"), ts.Variable(0.0)
    number = ts.py_func(lambda: calls.append(1) or np.float32(len(calls)), [], ts.float32)
    number.set_shape([])
    grow = v.assign_add(number)
    with ts.control_dependencies([grow]):
        y = ts.gather([1.0, 2.0], x) + v
    running = ts.Session()
    for run in range(1, 6):
        assert running.run([y, grow], {x: 0}) == [1 + sum(range(run + 1)), sum(range(run + 1))]
        assert len(calls) == run
    assert engine.runs == 3
    program = engine.made[0].program

    def stopped(inputs: Any) -> Any:
        program(inputs)
        raise AssertionError("unforeseen")

    engine.made[0].program = stopped
    with pytest.warns(RuntimeWarning, match="unforeseen"):
        assert running.run([y, grow], {x: 0}) == [22, 21]
    assert len(calls) == 6


def test_an_error_of_a_host_function_is_the_users(engine: Engine) -> None:
    x = ts.placeholder(ts.float32, [])

    def check(x: Any) -> Any:
        if x < 0:
            raise ValueError("less than nothing")
        return x

    y = ts.py_func(check, [x], ts.float32, name="check")
    running = ts.Session()
    for _ in range(4):
        assert running.run(y, {x: 1.0}) == 1
    for _ in range(2):
        with pytest.raises(ExecutionError, match=r"(?s)less than nothing.*'check'"):
            running.run(y, {x: -1.0})
    assert engine.runs == 4


# Interruptions, forks, the end


def test_a_compilation_that_ctrl_c_stops_is_begun_again(engine: Engine) -> None:
    x, y = product()
    running = ts.Session(engine=NAME)
    engine.fails = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        running.run(y, {x: ones(2)})
    engine.fails = None
    assert running.run(y, {x: ones(2)}) == 4
    assert engine.runs == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # JAX's, if another test loaded it
def test_a_fork_waits_for_what_is_compiled_and_the_child_compiles_the_rest(engine: Engine) -> None:
    x, y = product()
    w = y + 1.0
    running = ts.Session()
    engine.gate.clear()
    for node in (y, y, w, w):
        running.run(node, {x: ones(2)})
    assert engine.begun.wait(20)
    timer = threading.Timer(0.1, engine.gate.set)
    timer.start()
    child = os.fork()
    if child == 0:  # no assertion may leave it
        status = 1
        with contextlib.suppress(BaseException):
            found = [running.run(node, {x: ones(2)}) for node in (y, w)]
            status = 0 if found == [4, 5] and engine.runs == 2 else 2
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [running.run(node, {x: ones(2)}) for node in (y, w)] == [4, 5]
    assert engine.runs == 2
    timer.join()


@pytest.mark.parametrize("kept", [True, False])
def test_a_program_may_end_while_something_is_compiled(kept: bool) -> None:
    program = f"""
import sys, time, types
import tensorslow as ts
from tensorslow.engines import ENGINES

def compile_plan(plan, specs, updates):
    for _ in range(20):
        time.sleep(0.01)
    print("compiled", flush=True)
    raise RuntimeError("nobody will know")

sys.modules["slow"] = types.ModuleType("slow")
sys.modules["slow"].compile_plan = compile_plan
ENGINES.clear()
ENGINES.update(numpy="", slow="slow")
session = ts.Session()
nodes = [ts.Variable(1.0) * 2.0 for _ in range(3)]
for node in nodes * 2:
    session.run(node)
if not {kept}:
    session.close()
print("end", flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.split() in (["end", "compiled"], ["end"])


def test_closing_a_session_calls_off_what_was_not_begun(engine: Engine) -> None:
    x, y = product()
    w = y + 1.0
    running = ts.Session()
    engine.gate.clear()
    for node in (y, y, w, w):
        running.run(node, {x: ones(2)})
    assert engine.begun.wait(20)
    running.close()
    engine.gate.set()
    settled()
    assert len(engine.made) == 1
