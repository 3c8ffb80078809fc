"""Short rows times a column: sums over the rows, and kernels of their own for functions of them."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import tensorslow as ts
from tensorslow.engines.llvm.compile import Compiled, compile_program
from tensorslow.engines.llvm.executable import Executable
from tensorslow.engines.llvm.kernels.joins import MANY, WINDOW
from tensorslow.engines.llvm.kernels.lower.contractions import SHORT
from tensorslow.engines.llvm.simplify import simplify
from tests.engines.llvm.compiled import Question
from tests.ops.laws import ENGINES, assert_all_near

RANDOM = np.random.default_rng(0)
ROWS = 2 * MANY + 3


@pytest.fixture(autouse=True)
def nothing_on_disk(monkeypatch):
    monkeypatch.setenv("TENSORSLOW_CACHE", "off")


def checked(function, *arrays) -> Compiled:
    """The program that a function of tensors becomes; its results are NumPy's."""
    question = Question.of(function, *arrays)
    compiled = compile_program(simplify(question.traced(0)))
    found = Executable(compiled)([np.array(x) for x in question.arrays])
    assert_all_near(found, question.expected(), ENGINES)
    return compiled


def numbers(*shape, dtype=np.float32):
    return RANDOM.standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize("length", [2, 7, 50, SHORT - 1, SHORT])
def test_rows_of_every_length(length, dtype):
    compiled = checked(
        ts.matmul, numbers(ROWS, length, dtype=dtype), numbers(length, 1, dtype=dtype)
    )
    (kernel,) = compiled.items
    assert (kernel.nest.contraction is None) == (length < SHORT)


def test_float16_is_added_up_in_float32():
    x, w = np.full((4, 40), 100, np.float16), np.full((40, 1), 10, np.float16)
    x[:, 0], w[20:] = 6500, -10  # 64,000 in the end; half of the sum is beyond float16
    checked(ts.matmul, x, w)


def test_batches_and_slices():
    x, w = numbers(3, 2, 9, 12), numbers(3, 2, 12, 1)
    checked(lambda x, w: ts.matmul(x[:, :, 1:8, 2:11], w[:, :, 1:10]), x, w)
    checked(lambda x, w: ts.matmul(x, w[0, 0] * 2.0), x, w)


def test_nan_and_infinity_stay_in_their_row():
    x, w = numbers(ROWS, 30), numbers(30, 1)
    x[1, 2], x[3, 4] = np.nan, np.inf
    checked(lambda x, w: ts.tanh(ts.matmul(x, w)), x, w)


def test_functions_of_sums_have_a_kernel_of_their_own():
    def loss(x, w):
        return ts.log(1 + ts.exp(ts.matmul(x, w)))

    apart = checked(loss, numbers(ROWS, 50), numbers(50, 1)).items
    assert [item.nest.sizes for item in apart] == [(ROWS, 50), (ROWS,)]
    for rows, length in ((MANY - 1, 50), (ROWS, WINDOW // 2), (ROWS, SHORT * 2)):
        assert len(checked(loss, numbers(rows, length), numbers(length, 1)).items) == 1


def test_rows_that_compute_much_themselves_keep_their_functions():
    compiled = checked(lambda x: ts.nn.softmax(x) * 2.0, numbers(ROWS, 50))
    assert len(compiled.items) == 1
