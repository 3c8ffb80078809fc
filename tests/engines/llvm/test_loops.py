"""Kernels that are no products: their values, at sizes that fill no vector and at edges."""

from __future__ import annotations

import ctypes
from itertools import product

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm import compile as compiling
from tensorslow.engines.llvm.arithmetic.elementwise import emit
from tensorslow.engines.llvm.compile import compile_program
from tensorslow.engines.llvm.executable import Executable
from tensorslow.engines.llvm.loops.turn import emit_turn
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.llvm.runtime import jit
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.llvm.text import target
from tensorslow.engines.llvm.text.ir import Function, Module, splat_literal
from tensorslow.engines.numpy import compile_plan
from tensorslow.plan import plan_run
from tests.engines.llvm.arithmetic.registers import RUNNABLE
from tests.engines.llvm.kernels import Kernel, aligned
from tests.sampling import sampled

RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def several_threads(monkeypatch):
    monkeypatch.setenv("TENSORSLOW_CACHE", "off")
    monkeypatch.setenv("TENSORSLOW_NUM_THREADS", "3")
    monkeypatch.setattr(compiling, "SHORT", 0.0)  # however little there is to do


def numbers(*shape, dtype=np.float32):
    return RANDOM.standard_normal(shape).astype(dtype)


class Run:
    """A function of tensors, compiled and on NumPy."""

    def __init__(self, function, *arrays):
        with ts.Graph().as_default():
            inputs = [ts.placeholder(x.dtype, x.shape) for x in arrays]
            found = function(*inputs)
            fetches = list(found) if isinstance(found, (list, tuple)) else [found]
            plan = plan_run(fetches, inputs).plan
        program = simplify(trace(plan, [TensorSpec(x.shape, x.dtype) for x in arrays]))
        self.compiled = compile_program(program)
        self.results = Executable(self.compiled)([x.copy() for x in arrays])
        self.expected = compile_plan(plan)([x.copy() for x in arrays])

    @property
    def loops(self):
        return [k.loops for k in self.compiled.assembled.codes if k.loops is not None]

    def check(self, rtol=2e-5, atol=2e-5):
        for got, want in zip(self.results, self.expected, strict=True):
            want = np.asarray(want)
            assert np.shape(got) == want.shape
            assert np.asarray(got).dtype == want.dtype
            np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)
        return self


# Squares that are transposed


SQUARES = [(96, 96), (8, 1033), (100, 90), (130, 75), (257, 64), (100, 70), (5, 40)]


@sampled(("dtype", "shape"), product(["f4", "f8", "i8"], SQUARES), 4, ids=str)
def test_transposed_arrays(shape, dtype):
    x, y = (100 * numbers(*shape)).astype(dtype), (100 * numbers(*shape[::-1])).astype(dtype)
    Run(lambda x, y: [ts.transpose(x), 2 * y + ts.transpose(x)], x, y).check()


@sampled(
    ("name", "dtype", "shape"), product(RUNNABLE, ["f4", "f8"], [(64, 128), (100, 90), (5, 40)]), 6
)
def test_processors_with_fewer_lanes_transpose(name, dtype, shape, monkeypatch):
    monkeypatch.setattr(compiling, "host", lambda: RUNNABLE[name])
    x = numbers(3, *shape, dtype=dtype)
    Run(lambda x: ts.transpose(x, [0, 2, 1]), x).check(0, 0)
    Run(lambda x: ts.matmul(x, ts.transpose(x, [0, 2, 1]) + 1.0), x).check(1e-3, 1e-3)


@sampled(("name", "dtype", "size"), product(RUNNABLE, ["f4", "f8"], [2, 3, 5, 9, 17]), 12)
def test_nothing_beyond_the_edge_counts(name, dtype, size, monkeypatch):
    """Zeros there made sums of quotients nan: see `Points._beyond`."""
    monkeypatch.setattr(compiling, "host", lambda: RUNNABLE[name])
    x, y = (np.abs(numbers(size, dtype=dtype)) + 1 for _ in range(2))

    def function(x, y):
        quotients = [x / y, ts.reverse(x, [0]) / y, ts.floormod(x, y), ts.atan2(x, y), x**y]
        return [ts.reduce_sum(z) for z in quotients] + [ts.reduce_max(x / y)]

    Run(function, x, y).check()


@pytest.mark.parametrize("perm", [(0, 2, 1, 3), (0, 2, 3, 1), (3, 1, 0, 2), (2, 3, 0, 1)])
def test_permuted_axes(perm):
    Run(lambda x: ts.transpose(x, perm) * 2.0, numbers(7, 20, 4, 18)).check()


def test_truth_values_and_masks_are_transposed():
    x, y = numbers(140, 67), numbers(67, 140)
    run = Run(lambda x, y: [ts.transpose(x) > y, ts.where(ts.transpose(x) > y, y, -y)], x, y)
    run.check()


def test_a_transposed_array_is_read_in_squares():
    run = Run(lambda x: ts.transpose(x) * 2.0, numbers(104, 90))
    (loops,) = run.loops
    assert loops.turned
    assert "in squares" in str(loops)


@sampled(
    ("dtype", "goal"),
    product(["f4", "f8", "f2", "i1"], [target.SSE2, target.AVX2, target.AVX512, target.NEON]),
    5,
)
def test_squares_compile_for_every_target(goal, dtype):
    lanes = max(1, goal.vector_bytes // max(np.dtype(dtype).itemsize, 4))
    module = Module()
    emit_turn(module, np.dtype(dtype), lanes)
    assert jit.assembly_for(str(module).replace("internal ", ""), goal)


@pytest.mark.parametrize(("rows", "columns"), [(8, 8), (3, 8), (8, 5), (1, 1), (7, 2)])
def test_what_sticks_out_of_a_square_is_zero(rows, columns):
    module = Module()
    name = emit_turn(module, np.dtype(np.float64), 8)
    text = module.functions[name]
    module.functions[name] = text
    module.functions["k"] = (
        "define internal void @k(i64 %tid, i64 %nt, ptr %sync, ptr %scratch, ptr %p0, ptr %p1) "
        f"{{\ncall void @{name}(ptr %p0, i64 11, ptr %p1, i64 {rows}, i64 {columns})\n"
        "ret void\n}\n"
    )
    x, y = aligned((8, 11), np.float64), aligned((8, 8), np.float64)
    x[...], y[...] = numbers(8, 11), np.nan
    Kernel(module, "k", 2, lambda threads: 0)(x, y)
    wanted = np.zeros((8, 8))
    wanted[:columns, :rows] = x[:rows, :columns].T
    np.testing.assert_array_equal(y, wanted)


# Rows and columns


@sampled("size", [17, 1, 2, 10, 128, 129, 16, 97, 300], 3)
def test_softmax_and_its_gradient(size):
    x, dy = numbers(19, size), numbers(19, size)

    def function(x, dy):
        y = ts.nn.softmax(x)
        return [y, *ts.gradients(y, [x], [dy])]

    Run(function, x, dy).check()


@sampled(("dtype", "low"), product(["f4", "f8"], [-1e30, -np.inf, -104.5, -95.0, -87.5]), 3)
def test_softmax_of_masked_scores(low, dtype):
    x = numbers(9, 50).astype(dtype)
    x[:, 20:] = low
    Run(ts.nn.softmax, x).check(rtol=1e-5, atol=0)


@pytest.mark.parametrize(
    "shape", [(1024, 20), (640, 3), (64, 1), (1000, 40), (7, 9, 11, 16), (96, 200)]
)
def test_sums_of_columns(shape):
    axes = list(range(len(shape) - 1))
    x = numbers(*shape)
    run = Run(lambda x: [ts.reduce_sum(x, axes), ts.reduce_max(x, axes)], x)
    run.check(atol=2e-4)


def test_sums_of_the_same_arrays_are_one_kernel():
    x, y = numbers(2000, 24), numbers(2000, 24)
    run = Run(lambda x, y: [ts.reduce_sum(v, 0) for v in (x, y, x * y)], x, y).check(atol=2e-3)
    large = [loops for loops in run.loops if len(loops.nest.sizes) == 3]
    assert [len(loops.passes[0].reductions) for loops in large] == [3]


def test_batch_normalisation_walks_through_its_arrays_four_times():
    """Mean, variance, what the gradients add up, and the result."""
    x, scale, shift, dy = numbers(16, 12, 12, 40), numbers(40), numbers(40), numbers(16, 12, 12, 40)

    def function(x, scale, shift, dy):
        mean, variance = ts.nn.moments(x, [0, 1, 2])
        y = ts.nn.batch_normalization(x, mean, variance, shift, scale, 1e-3)
        return ts.gradients(y, [x, scale, shift], [dy])

    run = Run(function, x, scale, shift, dy).check(rtol=2e-4, atol=2e-3)
    items = run.compiled.items
    assert sum(any(b.size == x.size for b in item.read) for item in items) == 4
    assert sum(any(b.size == x.size for b in item.written) for item in items) == 1


def test_two_results_from_one_array_are_one_kernel():
    run = Run(lambda x, b: [ts.nn.relu(x + b), x + b > 0], numbers(300, 40), numbers(40)).check()
    assert len(run.compiled.items) == 1


def test_sums_of_products_with_a_common_factor():
    x, y = numbers(30, 50), numbers(30, 1)
    Run(lambda x, y: [ts.reduce_sum(x * y, 1), ts.reduce_sum(x * y, 0)], x, y).check()


@pytest.mark.parametrize("axes", [[0], [1], [2], [0, 2], [0, 1], [1, 3], [0, 1, 2, 3]])
def test_reductions_over_some_axes(axes):
    x = numbers(5, 33, 4, 18)
    Run(lambda x: [ts.reduce_sum(x, axes), ts.reduce_max(x, axes, keepdims=True)], x).check(
        atol=2e-4
    )


# Windows

POOLS = [
    (1, 2, "SAME"), (2, 2, "VALID"), (2, 2, "SAME"), (3, 2, "SAME"), (3, 2, "VALID"),
    (3, 1, "SAME"), (3, 1, "VALID"), (2, 3, "VALID"), (5, 2, "SAME"), (4, 3, "SAME"),
    (2, 1, "SAME"),
]  # fmt: skip


@sampled(
    ("pool", "channels", "windows"),
    [
        (pool, channels, windows)
        for pool, channels in ((ts.nn.max_pool, 18), (ts.nn.max_pool, 3), (ts.nn.avg_pool, 18))
        for windows in POOLS
    ],
    4,
)
def test_pools_and_their_gradients(pool, channels, windows):
    length, step, padding = windows
    x = np.round(numbers(2, 11, 8, channels), 1)  # some of the numbers are equal
    x[0, 3, 3, 0] = np.nan

    def function(x):
        y = pool(x, [1, length, length, 1], [1, step, step, 1], padding)
        return [y, *ts.gradients(y * y, [x])]

    Run(function, x).check()


@pytest.mark.parametrize(("length", "step"), [(2, 2), (3, 2), (3, 1)])
def test_the_gradient_of_relu_and_pool(length, step):
    x, b = np.round(numbers(3, 9, 10, 20), 1), numbers(20)

    def function(x, b):
        y = ts.nn.max_pool(ts.nn.relu(x + b), [1, length, length, 1], [1, step, step, 1], "SAME")
        return [y, *ts.gradients(y * y, [x, b])]

    Run(function, x, b).check(atol=1e-3)


def test_the_gradient_of_a_pool_reads_where_the_maxima_were():
    x = numbers(8, 28, 28, 16)

    def function(x):
        y = ts.nn.max_pool(ts.nn.relu(x), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
        return [y, *ts.gradients(y * y, [x])]

    run = Run(function, x).check()
    assert sum(any(b.size == x.size for b in item.read) for item in run.compiled.items) == 1


# Elementwise


@pytest.mark.parametrize("shape", [(1,), (15,), (300, 10), (41, 28), (4, 1, 7, 3), (3, 5, 7, 2, 2)])
def test_broadcasts(shape):
    x, row, column = numbers(*shape), numbers(shape[-1]), numbers(*shape[:-1], 1)
    Run(
        lambda x, a, b: [x * a + b, ts.maximum(x, b), ts.where_v2(x > a, x, b)], x, row, column
    ).check()


def test_steps_and_flips():
    x = numbers(60, 50)
    Run(lambda x: [x[:, ::2] * 2, x[::3, ::-1] * 2, x[5:, 3:20] + 1, x[::-1] + x], x).check()


def test_types_are_mixed():
    x, i = numbers(33, 21), RANDOM.integers(0, 100, (33, 21))

    def function(x, i):
        y = ts.cast(i, x.dtype)
        return [y * x, ts.cast(x > 0, ts.int64) + i, x > y]

    Run(function, x, i).check()


def test_statements_side_by_side_are_those_of_each():
    x = numbers(1000)
    Run(lambda x: [ts.tanh(x), ts.exp(x), ts.sigmoid(x), ts.erf(x)], x).check(rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_results_do_not_depend_on_the_threads(threads, monkeypatch):
    x, y = numbers(130, 77), numbers(77)

    def function(x, y):
        z = ts.nn.softmax(x * y)
        return [z, ts.reduce_sum(z * x, 0), ts.transpose(z), ts.reduce_mean(z)]

    wanted = Run(function, x, y).results
    monkeypatch.setenv("TENSORSLOW_NUM_THREADS", threads)
    for got, want in zip(Run(function, x, y).results, wanted, strict=True):
        np.testing.assert_array_equal(got, want)


# Rows that indices name


OPTIMIZERS = {
    "sgd": lambda: ts.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: ts.train.MomentumOptimizer(0.1, 0.9),
    "adagrad": lambda: ts.train.AdagradOptimizer(0.1),
    "adam": lambda: ts.train.AdamOptimizer(0.1),
}


def embedding(name):
    """A step that changes some rows of a table, and what it reads of them."""
    words = ts.placeholder(ts.int64, [None])
    table = ts.Variable(np.linspace(-1, 1, 700, dtype=np.float32).reshape(100, 7))
    rows = ts.nn.embedding_lookup(table, words)
    loss = ts.reduce_sum(rows * rows * rows) + ts.reduce_sum(table[:3])
    return words, table, [loss, OPTIMIZERS[name]().minimize(loss)]


@sampled("name", OPTIMIZERS, 3)
def test_some_rows_of_a_table_change(name):
    batches = [np.array([3, 99, 3, 0, 17]), np.array([3, 3, 3]), np.array([50, 1])]
    tables = []
    for engine in ("llvm", "numpy"):
        with ts.Graph().as_default():
            words, table, step = embedding(name)
            session = ts.Session(engine=engine)
            session.run(ts.global_variables_initializer())
            losses = [session.run(step, {words: batch})[0] for batch in batches]
            tables.append([session.run(table), losses])
    for got, want in zip(*tables, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_the_rest_of_a_table_is_not_copied():
    with ts.Graph().as_default():
        words = ts.placeholder(ts.int64, [5])
        table = ts.Variable(numbers(1000, 7))
        loss = ts.reduce_sum(ts.nn.embedding_lookup(table, words) ** 2)
        run = plan_run([loss, ts.train.AdagradOptimizer(0.1).minimize(loss)], [words])
        float32, int64 = np.dtype(np.float32), np.dtype(np.int64)
        specs = [TensorSpec((5,), int64), *[TensorSpec((1000, 7), float32) for _ in run.reads]]
        program = simplify(trace(run.plan, specs))
        updates = [(1 + run.reads.index(c), 1 + k) for k, c in enumerate(run.writes)]
        compiled = compile_program(program, updates)
    assert len(compiled.in_place) == len(run.reads)
    for item in compiled.items:
        assert np.prod(item.nest.sizes) <= 7 * 5


# Random bits, and stores that take turns


@sampled(("dtype", "size"), product([ts.float32, ts.float64, ts.int32], [1, 63, 257, 4099]), 3)
def test_random_numbers_are_those_of_numpy(size, dtype):
    found = []
    for engine in ("llvm", "numpy"):
        with ts.Graph().as_default():
            limits = {"minval": 3, "maxval": 90} if dtype == ts.int32 else {}
            x = ts.random_uniform([size], dtype=dtype, seed=5, **limits)
            session = ts.Session(engine=engine)
            found.append([session.run(x) for _ in range(2)])
    np.testing.assert_array_equal(*found)


@sampled(("dtype", "count"), product(["f4", "f8", "i4", "?"], [2, 3, 4]), 4)
def test_stores_that_take_turns(count, dtype):
    arrays = [(4 * numbers(77)).astype(dtype) for _ in range(count)]

    def function(*xs):
        one = xs[0]
        chosen = [ts.equal(x, one) if dtype == "?" else x + one for x in xs]
        return ts.stack(chosen, -1)

    Run(function, *arrays).check()


@pytest.mark.parametrize("step", [2, 3, 4, 5])
@pytest.mark.parametrize("first", [0, 1])
def test_the_gradient_of_a_strided_slice(first, step):
    def function(x):
        return ts.gradients(ts.reduce_sum(x[::2, first::step] ** 2), x)

    run = Run(function, numbers(10, 41 * step)).check(0, 0)
    if first + step <= 4:  # the elements and the zeros between them are written together
        (places,) = [k for k in run.loops if len(k.nest.stores) > 1]
        assert [s.strides[places.vector] for s in places.nest.stores] == [step] * step


def test_threads_share_large_constant_arrays():
    run = Run(lambda x: ts.pad(x, [[1, 1], [0, 0]]), numbers(2, 20_000)).check(0, 0)
    assert [k.alone for k in run.loops] == [False] * len(run.loops)
    small = Run(lambda x: ts.pad(x, [[1, 1], [0, 0]]), numbers(2, 200)).check(0, 0)
    assert [k.alone for k in small.loops] == [True] * len(small.loops)


@sampled(
    ("lanes", "goal"),
    product([1, 4, 16], [target.SSE2, target.AVX2, target.AVX512, target.NEON]),
    5,
)
def test_halves_of_products(goal, lanes):
    module, word = Module(), np.dtype(np.uint32)
    kind = f"<{lanes} x i32>" if lanes > 1 else "i32"
    f = Function(module, "k", [("ptr", "%x"), ("ptr", "%high"), ("ptr", "%low")], linkage="")
    x, factor = f.load(kind, "%x", 4), splat_literal(0xD2511F53, word, lanes)
    for name, place in (("multiply_high", "%high"), ("multiply_low", "%low")):
        f.store(kind, emit(f, goal, name, [word, word], word, lanes, [x, factor]), place, 4)
    f.finish()
    if goal not in RUNNABLE.values():
        assert jit.assembly_for(str(module), goal)
        return
    given = RANDOM.integers(0, 1 << 32, lanes, dtype=np.uint64)
    given[0] = 0xFFFFFFFF
    words, (high, low) = given.astype(np.uint32), np.zeros((2, lanes), np.uint32)
    library = jit.compile_module(str(module), goal, ["k"], use_cache=False)
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)(library.address("k"))
    call(words.ctypes.data, high.ctypes.data, low.ctypes.data)
    product = given * np.uint64(0xD2511F53)
    np.testing.assert_array_equal(high, product >> np.uint64(32))
    np.testing.assert_array_equal(low, product & np.uint64(0xFFFFFFFF))
