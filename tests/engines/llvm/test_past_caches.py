"""Results that are written past the caches: which, and that they are right wherever they begin."""

from __future__ import annotations

import re

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import tensorslow as ts
from tensorslow.engines.llvm import compile as compiling
from tensorslow.engines.llvm.compile import compile_program
from tensorslow.engines.llvm.executable import Executable
from tensorslow.engines.llvm.loops import past
from tensorslow.engines.llvm.runtime import outputs
from tensorslow.engines.llvm.simplify import simplify
from tests.engines.llvm.compiled import Question
from tests.ops.laws import ENGINES, assert_all_near

RANDOM = np.random.default_rng(0)
LARGE = 1 << 14


@pytest.fixture(autouse=True)
def little_is_large(monkeypatch):
    monkeypatch.setenv("TENSORSLOW_CACHE", "off")
    monkeypatch.setenv("TENSORSLOW_NUM_THREADS", "2")
    monkeypatch.setattr(compiling, "SHORT", 0.0)  # two threads, however little there is to do
    monkeypatch.setattr(past, "LARGE", LARGE)


@pytest.fixture(params=["lines", "elsewhere"])
def begins(request, monkeypatch):
    """Whether results begin with a cache line."""
    monkeypatch.setattr(outputs, "LARGE", LARGE if request.param == "lines" else 1 << 40)
    if request.param == "elsewhere":
        monkeypatch.setattr(outputs.np, "empty", beside_a_line)
    return request.param


def beside_a_line(shape, dtype):
    """An array that begins 16 bytes behind the beginning of a line."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = bytearray(size + 128)
    start = -np.frombuffer(memory, np.uint8).ctypes.data % 64 + 16
    return np.ndarray(shape, dtype, memory, start)


def stores_past(function, *arrays):
    """How many stores of the compiled function go past the caches; its results are NumPy's."""
    question = Question.of(function, *arrays)
    compiled = compile_program(simplify(question.traced(0)))
    execute = Executable(compiled)
    for _ in range(3):  # arrays are used again
        assert_all_near(
            execute([np.array(x) for x in question.arrays]), question.expected(), ENGINES
        )
    text = str(compiled.assembled.module)
    count = len(re.findall(r"store .*, !nontemporal", text))
    assert (count > 0) == ("fence seq_cst" in text)
    return count


def numbers(*shape, dtype=np.float32):
    return RANDOM.standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize("size", [LARGE // 4, LARGE + 13])
def test_of_any_length(begins, size, dtype):
    assert stores_past(lambda x: -x, numbers(size, dtype=dtype))


def test_rows_with_sums_and_squares_that_are_transposed(begins):
    assert stores_past(ts.nn.softmax, numbers(128, 96))
    assert stores_past(ts.nn.softmax, numbers(64, 1024))
    assert stores_past(ts.transpose, numbers(128, 96))


def test_rows_that_do_not_begin_with_a_line_are_written_as_ever():
    assert not stores_past(ts.nn.softmax, numbers(128, 100))


def test_small_results_and_those_that_were_read_are_written_as_ever():
    assert not stores_past(lambda x: -x, numbers(LARGE // 4 - 1))
    assert not stores_past(lambda x: ts.reduce_sum(x, 1), numbers(128, 96))
    with ts.Graph().as_default():
        v = ts.Variable(numbers(LARGE))
        step = v.assign_add(v * 2.0).op
        session = ts.Session(engine="llvm")
        session.run(v.initializer)
        before = session.run(v)
        session.run(step)
        assert "nontemporal" not in session.explain(step).ir
        np.testing.assert_allclose(session.run(v), 3 * before, rtol=1e-6)


def test_kernels_share_no_code_with_smaller_ones():
    assert stores_past(lambda x, y: [-x, -y], numbers(LARGE), numbers(600)) > 0
    assert stores_past(lambda x, y: [-y, -x], numbers(LARGE), numbers(600)) > 0


def test_very_large_arrays_begin_with_a_line(monkeypatch):
    monkeypatch.setattr(outputs, "LARGE", 64)
    for size in (16, 17, 1000):
        array = outputs.maker((size,), np.dtype(np.float32))()
        assert array.ctypes.data % 64 == 0
        assert (array.shape, array.dtype) == ((size,), np.float32)
        assert array.flags.c_contiguous
        assert array.flags.writeable
