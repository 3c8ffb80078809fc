"""Orders: where elements stand that come first, as NumPy says it, to the last place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.arrays import numeric
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm.compile import compile_program
from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.executable import Executable
from tensorslow.engines.llvm.explain.explanation import Explanation
from tensorslow.engines.llvm.programs.program import Instruction, Program, Symbol
from tensorslow.engines.llvm.programs.tracer import Tracer
from tensorslow.engines.llvm.runtime import jit
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.llvm.sorting.order import Order, emit_order
from tensorslow.engines.llvm.sorting.runs import Runs
from tensorslow.engines.llvm.sorting.words import LONGEST
from tensorslow.engines.llvm.text import target
from tensorslow.engines.llvm.text.ir import Module
from tests.engines.llvm.arithmetic.registers import RUNNABLE
from tests.engines.llvm.compiled import Question, assert_agree, together
from tests.engines.llvm.kernels import Kernel
from tests.engines.llvm.simplify.canonical import check_canonical

DTYPES = "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1".split()
EXACT = dict.fromkeys(("float16", "float32", "float64"), 0.0)
# Shape, axis, and how many places are wanted; None: all.
SHAPES: list[tuple[tuple[int, ...], int, int | None]] = [
    ((1,), 0, None), ((4, 1), 1, None), ((3, 0), 1, None), ((0, 3), 1, None), ((2, 5), 1, 0),
    ((2,), 0, None), ((3, 2), 1, 1), ((5, 7), 1, None), ((5, 7), 0, None), ((9, 16), 1, 3),
    ((3, 17), -1, None), ((2, 3, 40), 1, None), ((2, 40, 3), 1, None), ((2, 40, 3), 1, 4),
    ((2, 100), 1, None), ((2, 333), 1, 5), ((2, 1001), 1, None), ((1, 1500), 1, 100),
    ((70,), 0, 69),
]  # fmt: skip


def elements(dtype: str, shape: Sequence[int], seed: int = 0) -> np.ndarray:
    """Numbers of all sizes, many of them equal; and floats that are in no order, or in two."""
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind != "f":
        ends = np.iinfo(kind)
        x = rng.integers(ends.min, ends.max, shape, kind, endpoint=True)
        few = rng.integers(max(ends.min, -3), 4, shape).astype(kind)
        return np.where(rng.random(shape) < 0.5, x, few)
    x = rng.standard_normal(shape).astype(kind)
    tiny = np.finfo(kind).smallest_subnormal
    for special in (np.nan, -np.nan, 0.0, -0.0, np.inf, -np.inf, tiny, -tiny, 1.0):
        x[rng.random(shape) < 0.06] = special
    return x


class Orders:
    """The orders of some arrays, as one program.

    Args:
        wanted: array, axis, whether descending, and how many places; None: all.
    """

    def __init__(self, wanted: Sequence[tuple[np.ndarray, int, bool, int | None]]) -> None:
        tracer = Tracer()
        self.arrays = [x for x, *_ in wanted]
        results = [order(tracer, tracer.input(TensorSpec(x.shape, x.dtype)), *how)
                   for x, *how in wanted]  # fmt: skip
        self.expected = [order(numeric, x, *how) for x, *how in wanted]
        self.program = simplify(Program(tracer.block.params, tracer.block.steps, results))
        check_canonical(self.program)

    def check(self, processor: target.Target | None = None) -> None:
        """Raises unless compiled code says what NumPy does."""
        found = Executable(compile_program(self.program, target=processor))(list(self.arrays))
        for x, y, z in zip(self.arrays, found or [], self.expected, strict=True):
            assert y.dtype == z.dtype
            np.testing.assert_array_equal(y, z, f"{x.dtype}{x.shape}")


def order(xp: Any, x: Any, axis: int, descending: bool, count: int | None) -> Any:
    """The places of the first elements."""
    places = xp.argsort(x, axis, descending)
    if count is None:
        return places
    end = [*x.shape]
    end[axis] = count
    return xp.slice_(places, [0] * len(end), end, [1] * len(end))


def every_shape(dtype: str) -> Orders:
    """Orders of all shapes, both ways."""
    return Orders([
        (elements(dtype, shape, seed), axis, descending, count)
        for seed, (shape, axis, count) in enumerate(SHAPES)
        for descending in (False, True)
    ])  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_orders_are_those_of_numpy(dtype: str):
    every_shape(dtype).check()


@pytest.mark.parametrize("name", [name for name in RUNNABLE if name != "host"])
@pytest.mark.parametrize("dtype", ["f4", "i8"])
def test_older_processors_find_the_same_order(dtype: str, name: str):
    every_shape(dtype).check(RUNNABLE[name])


@pytest.mark.parametrize("processor", [target.SSE2, target.AVX2, target.AVX512, target.NEON])
def test_orders_compile_for_every_target(processor: target.Target):
    module = Module()
    for number, (dtype, length) in enumerate([("f2", 200), ("i4", 200), ("u4", LONGEST + 1)]):
        shape = Order(np.dtype(dtype), 3, length, 4, True)
        emit_order(module, processor, f"k{number}", shape, Put(4), 1)
    assert "k2:" in jit.assembly_for(str(module), processor)
    assert "@sort.i128." in str(module)


def test_the_places_of_very_long_rows_need_longer_words(monkeypatch):
    monkeypatch.setattr("tensorslow.engines.llvm.sorting.words.LONGEST", 30)
    monkeypatch.setenv("TENSORSLOW_CACHE", "0")
    Orders([
        (elements(dtype, (2, length)), 1, descending, None)
        for dtype in ("f4", "u1", "i2", "u4")
        for length in (30, 31, 80)
        for descending in (False, True)
    ]).check()  # fmt: skip


ROWS = {
    "ascending": lambda n: np.arange(n),
    "descending": lambda n: np.arange(n)[::-1],
    "equal": np.zeros,
    "a few values": lambda n: np.arange(n) % 3,
    "best in the end": lambda n: np.arange(n) // (n - 40),
    "teeth": lambda n: np.arange(n) % 100 - np.arange(n) // 100,
}


@pytest.mark.parametrize("row", ROWS)
def test_rows_that_are_worst_for_a_buffer(row: str):
    x = np.stack([ROWS[row](n)[:3000] for n in (3000, 3001, 3017)]).astype(np.float32)
    Orders([
        (part, 1, descending, count)
        for part in (x, x[:, :83], x.astype(np.int64))
        for descending in (False, True)
        for count in (1, 2, 30, 1400)
        if count < part.shape[1]
    ]).check()  # fmt: skip


def test_long_rows():
    x = elements("f4", (2, 70_001))
    Orders([(x, 1, False, None), (x, 1, True, 2000), (x.astype(np.float64), 1, True, None)]).check()


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(("rows", "length", "count"), [(1, 50, 50), (2, 20, 20), (7, 400, 6)])
def test_rows_are_divided_among_threads(threads: int, rows: int, length: int, count: int):
    module, shape = Module(), Order(np.dtype(np.float32), rows, length, count, True)
    emit_order(module, target.host(), "order", shape, Put(count), 1)
    kernel = Kernel(module, "order", 3, lambda n: shape.scratch_bytes(target.host(), n))
    x, found = elements("f4", (rows, length)), np.full((rows, count), -1)
    kernel(x, x, found, threads=threads)
    np.testing.assert_array_equal(found, numeric.argsort(x, -1, True)[:, :count])


class Put(Epilogue):
    """Writes the places to %p2."""

    def __init__(self, count: int) -> None:
        self.count = count

    def store(self, f, batch, m, n, value, lanes, mask, columns):
        """A vector of them."""
        at = f.gep("%p2", f.add(f.mul(m, self.count), n), "i64")
        if mask is None:
            f.store(f"<{lanes} x i64>", value, at, 8)
        else:
            f.masked_store("i64", lanes, value, at, mask, 8)


@pytest.mark.parametrize("bytes", [8, 16])
def test_runs_have_room_for_all_words_and_few_more(bytes: int):
    for count in range(2, 3000):
        runs = Runs.of(bytes, count)
        assert count <= runs.length < count + (1 << runs.levels)
        assert 1 <= runs.short <= (16 if bytes == 8 else 4)


# What operations make of it


def test_operations_that_sort():
    x, y = elements("f4", (4, 6, 30)), np.random.default_rng(0).permutation(50)
    x = np.where(np.isnan(x), 7, x)
    assert_agree(
        [
            Question.of(lambda x: ts.nn.top_k(x, 4), x),
            Question.of(lambda x: ts.nn.top_k(-x, 30), x),
            Question.of(lambda x: ts.nn.top_k(ts.transpose(x, [1, 2, 0]) * 2.0, 1), x),
            Question.of(lambda x: ts.sort(x, 1), x),
            Question.of(lambda x: ts.argsort(x, 0, "DESCENDING"), x),
            Question.of(lambda x: ts.exp(ts.nn.top_k(ts.reshape(x, [-1]), 9)[0]) + 1.0, x),
            Question.of(lambda y: ts.invert_permutation(y), y),
            Question.of(lambda x: ts.map_fn(lambda r: ts.nn.top_k(r, 3)[0], x), x),
        ],
        EXACT,
    )


def test_orders_of_what_is_known_or_the_same_everywhere():
    rows = np.array([[3, 1, 2], [5, 5, 4]], np.int32)
    x, y = (Symbol((2, 3), np.dtype(np.int64)) for _ in range(2))
    options = {"axis": 1, "descending": False}
    steps = [Instruction("argsort", (rows,), options, (x,))]
    steps += [Instruction("argsort", (np.broadcast_to(np.float32(7), (2, 3)),), options, (y,))]
    program = simplify(Program([], steps, [x, y]))
    found = Executable(compile_program(program))([])
    assert [x.tolist() for x in found or []] == [[[1, 2, 0], [2, 0, 1]], [[0, 1, 2], [0, 1, 2]]]


def test_a_training_step_with_top_k_is_compiled_whole():
    x = ts.placeholder(ts.float32, [8, 40])
    w = ts.Variable(np.linspace(-1, 1, 40 * 50, dtype=np.float32).reshape(40, 50))
    best = ts.nn.top_k(ts.matmul(x, w), 3)
    loss = ts.reduce_sum(ts.square(best.values))
    fetches = [loss, best.indices, ts.train.GradientDescentOptimizer(0.1).minimize(loss)]
    feeds = {x: elements("i1", (8, 40)) / 128}
    session, numpy = ts.Session(engine="llvm"), ts.Session(engine="numpy")
    explanation = session.explain(fetches, feeds)
    assert isinstance(explanation, Explanation)
    (kernel,) = [k for k in explanation.kernels if "order" in k.work]
    assert kernel.work.startswith("first 3 of the order of 8 × 50")
    for _ in range(3):
        for found, expected in zip(session.run(fetches, feeds), numpy.run(fetches, feeds)):
            if found is not None:
                np.testing.assert_allclose(found, expected, 1e-5)


def test_the_beginning_of_an_order_is_all_that_is_sorted():
    def names(k: int) -> list[str]:
        question = Question.of(lambda x: ts.nn.top_k(x, k), np.zeros((3, 100), np.float32))
        return [str(step) for step in simplify(question.traced(16)).steps]

    assert any("argsort(a; axis=1, descending=True, count=7)" in line for line in names(7))
    assert any("count=100" in line for line in names(100))
    assert any("argmax" in line for line in names(1))
    for k in (1, 7, 100):
        assert not any("check_indices" in line for line in names(k))


def test_what_is_read_at_the_places_follows_in_the_kernel():
    question = Question.of(lambda x: ts.nn.top_k(x, 4).values + 1, elements("f4", (6, 30)))
    (kernel,) = together([question]).explain().kernels
    assert kernel.work.startswith("first 4 of the order of 6 × 30, then")
    assert "= add(" in kernel.loops
