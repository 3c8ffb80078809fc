"""Short rows that are computed side by side."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import tensorslow as ts
from tensorslow.engines.llvm import compile as compiling
from tensorslow.engines.llvm.compile import compile_program
from tensorslow.engines.llvm.executable import Executable
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.llvm.text.target import host
from tests.engines.llvm.compiled import Question
from tests.ops.laws import ENGINES, assert_all_near

RANDOM = np.random.default_rng(0)
LANES = host().lanes(np.dtype(np.float32))


@pytest.fixture(autouse=True)
def several_threads(monkeypatch):
    monkeypatch.setenv("TENSORSLOW_CACHE", "off")
    monkeypatch.setenv("TENSORSLOW_NUM_THREADS", "3")
    monkeypatch.setattr(compiling, "SHORT", 0.0)  # however little there is to do


def beside(function, *arrays):
    """How many rows are side by side; the results are NumPy's."""
    question = Question.of(function, *arrays)
    compiled = compile_program(simplify(question.traced(0)))
    found = Executable(compiled)([np.array(x) for x in question.arrays])
    assert_all_near(found, question.expected(), ENGINES)
    (loops,) = [code.loops for code in compiled.assembled.codes if code.loops is not None]
    assert ("side by side" in str(loops)) == (loops.beside >= 0)
    return loops.nest.sizes[loops.beside] if loops.beside >= 0 else 1


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(
    ("rows", "most"), [(64, 4), (63, 3), (50, 2), (65, 1), (67, 1), (32, 2), (31, 1)]
)
def test_as_many_as_divide_the_rows_and_leave_work_to_share(rows, most):
    assert beside(ts.nn.softmax, numbers(rows, LANES)) == most


@pytest.mark.parametrize("vectors", [1, 2, 3, 5, 8])
def test_no_more_than_half_of_the_registers_hold(vectors):
    rows = beside(ts.nn.softmax, numbers(96, vectors * LANES - 1))  # the last with a mask
    assert rows == max(1, min(4, host().registers // 2 // vectors))


def test_rows_of_several_axes():
    assert beside(lambda x: ts.nn.softmax(ts.transpose(x, [1, 0, 2])), numbers(6, 20, LANES)) == 3
    shared = numbers(LANES)
    assert beside(lambda x, y: ts.nn.softmax(x * y) * y, numbers(64, LANES), shared) == 4


def test_rows_that_compute_little_are_taken_one_by_one():
    def centred(x):
        return x - ts.reduce_mean(x, 1, keepdims=True)

    assert beside(centred, numbers(64, LANES)) == 1
