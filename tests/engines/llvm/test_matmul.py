"""The code of matmuls, against NumPy in float64."""

from itertools import product

import numpy as np
import pytest

from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.contractions.matmul import Matmul, emit_matmul
from tensorslow.engines.llvm.contractions.streaming import StreamedB
from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.target import AVX2, AVX512, SSE2, host
from tests.engines.llvm.kernels import Kernel, StoreC, aligned
from tests.sampling import sampled

# Of the sum of the products' sizes: float32 sums have an error in their last places.
TOLERANCE = {"f2": 1e-3, "f4": 1e-5, "f8": 1e-13}

LAYOUTS = {
    "rows": lambda make, b, r, c: make((*b, r, c)),
    "columns": lambda make, b, r, c: make((*b, c, r)).swapaxes(-1, -2),
    "padded": lambda make, b, r, c: make((*b, r, c + 5))[..., :c],
    "strided": lambda make, b, r, c: make((*b, 2 * r, 3 * c))[..., ::2, ::3],
    "constant": lambda make, b, r, c: np.broadcast_to(make((*b, r, 1)), (*b, r, c)),
    "reversed": lambda make, b, r, c: make((*b, r, c))[..., ::-1, ::-1],
}


def on_this_machine(target):
    return target.triple.partition("-")[0] == host().triple.partition("-")[0]


def numbers(dtype, seed=0):
    random = np.random.default_rng(seed)

    def make(shape):
        if np.dtype(dtype).kind == "f":
            return random.standard_normal(shape).astype(dtype)
        return random.integers(0, 9, shape).astype(dtype)

    return make


def operands(dtype, batch, m, n, k, layouts=("rows", "rows"), batches=None):
    make, (own_a, own_b) = numbers(dtype), batches or (batch, batch)
    a = LAYOUTS[layouts[0]](make, own_a, m, k)
    b = LAYOUTS[layouts[1]](make, own_b, k, n)
    return np.broadcast_to(a, (*batch, m, k)), np.broadcast_to(b, (*batch, k, n))


def strides(x):
    return tuple(step // x.itemsize for step in x.strides)


def shape_of(a, b):
    *batch, m, k = a.shape
    return Matmul(a.dtype, tuple(batch), m, b.shape[-1], k, strides(a), strides(b))


def kernel_of(shape, c, target, epilogue=None, extra=1):
    module = Module()
    epilogue = epilogue or StoreC(target, c.dtype, strides(c))
    emit_matmul(module, target, "product", shape, epilogue, extra)
    scratch = lambda threads: shape.scratch_bytes(target, threads)  # noqa: E731
    return Kernel(module, "product", 2 + extra, scratch, target)


def check(a, b, target=None, threads=(1, 2, 3)):
    target, shape = target or host(), shape_of(a, b)
    c = aligned((*a.shape[:-1], b.shape[-1]), a.dtype)
    kernel = kernel_of(shape, c, target)
    if a.dtype.kind == "f":
        exact = a.astype("f8") @ b.astype("f8")
        size = np.abs(a).astype("f8") @ np.abs(b).astype("f8") + 1e-3
        tolerance = TOLERANCE[a.dtype.str[1:]] * size
    else:
        exact, tolerance = a @ b, 0
    results = []
    for count in threads:
        c[...] = 77
        kernel(a, b, c, threads=count)
        assert (np.abs(c - exact) <= tolerance).all()
        results.append(c.copy())
    assert all((result == results[0]).all() for result in results), "depends on the threads"


SHAPES = [
    (1, 1, 1),
    (1, 7, 5),
    (7, 1, 5),
    (5, 7, 0),
    (3, 2, 1),
    (13, 33, 17),
    (14, 32, 64),
    (28, 10, 100),
    (64, 64, 64),
    (3, 100, 50),
    (100, 3, 16),
    (27, 48, 40),
    (130, 70, 300),
]


PAIRS = [
    *((layout, "rows") for layout in LAYOUTS),
    *(("rows", layout) for layout in list(LAYOUTS)[1:]),
    ("columns", "columns"),
    ("reversed", "strided"),
]


@sampled("shape", SHAPES, 3, ids=str)
def test_shapes(shape):
    for layouts in (("rows", "rows"), ("columns", "rows"), ("rows", "columns")):
        check(*operands("f4", (), *shape, layouts))


@sampled(("dtype", "n"), product(["f4", "f8", "f2"], [896, 901]), 5, ids=str)
def test_few_rows_and_a_large_matrix(dtype, n):
    for layouts in (("rows", "rows"), ("columns", "rows")):
        a, b = operands(dtype, (), 50, n, 700, layouts)
        assert isinstance(shape_of(a, b).scheme(AVX2).b, StreamedB)
        check(a, b, threads=(1, 2, 3, 5))


@sampled("layouts", PAIRS, 3, ids="-".join)
def test_layouts(layouts):
    for shape in ((1, 9, 20), (9, 1, 70), (40, 37, 65)):
        check(*operands("f4", (2,), *shape, layouts), threads=(1, 2))


@sampled(("target", "shape"), product(["sse2", "avx2"], SHAPES), 5, ids=str)
def test_other_vectors(target, shape):
    target = {"sse2": SSE2, "avx2": AVX2}[target]
    if not on_this_machine(target):
        pytest.skip("not this machine's code")
    for layouts in (("rows", "rows"), ("columns", "columns")):
        check(*operands("f4", (), *shape, layouts), target, threads=(2,))


BATCHES = [
    ((3,), None),
    ((20,), None),
    ((2, 9), ((2, 1), (1, 9))),
    ((17,), ((1,), (17,))),
    ((17,), ((17,), (1,))),
    ((2, 0), None),
]


@sampled(("dtype", "batch"), product(["f4", "f2", "f8", "i4", "i8", "u1"], BATCHES), 5, ids=str)
def test_batches(dtype, batch):
    batch, batches = batch
    for layouts in (("rows", "rows"), ("columns", "rows"), ("rows", "columns")):
        check(*operands(dtype, batch, 15, 34, 33, layouts, batches), threads=(1, 3))


@sampled(
    ("shape", "layouts"),
    [
        ((64, 64, 3000), ("columns", "rows")),  # few tiles: the sum is cut
        ((5, 7, 9001), ("rows", "columns")),
        ((1, 1, 100_001), ("rows", "rows")),
        ((300, 200, 9001), ("columns", "rows")),  # long panels: in steps
        ((200, 40, 1024), ("rows", "rows")),  # rows that meet in the cache
        ((512, 70, 100), ("columns", "rows")),  # columns that do
        ((90, 260, 600), ("columns", "rows")),  # long ones, copied by tile
        ((300, 300, 300), ("columns", "rows")),  # short ones, read where they are
        ((24, 300, 200), ("rows", "rows")),  # few tiles, whose panels each thread packs
        ((60, 1000, 100), ("rows", "columns")),  # each thread packs a panel at a time
        ((1, 2000, 700), ("rows", "columns")),  # dot products
        ((2000, 1, 700), ("rows", "rows")),
        ((1, 129, 64), ("padded", "columns")),
        ((700, 700, 700), ("rows", "columns")),
    ],
    5,
    ids=str,
)
def test_ways_to_cut(shape, layouts):
    check(*operands("f4", (), *shape, layouts), threads=(1, 2, 16))
    if on_this_machine(AVX2):
        check(*operands("f8", (), *shape, layouts), AVX2, threads=(2,))


@sampled("dtype", ["f4", "f2", "f8", "i4", "i8", "u1"], 2)
def test_copied_columns(dtype):
    arrays = operands(dtype, (), 33, 270, 601, ("columns", "columns"))
    for target in (host(), *filter(on_this_machine, (AVX2, SSE2))):
        check(*arrays, target, threads=(2,))


FLOAT = np.dtype("f4")


@pytest.mark.parametrize(
    ("m", "n", "k", "copied"),
    [
        (784, 256, 128, False),
        (3136, 1024, 128, True),  # too large for a cache
        (128, 384, 1024, True),  # too long
        (128, 128, 1024, False),  # two panels are too few
        (512, 512, 100, True),  # columns meet in the same sets
        (512, 512, 60, False),  # few of them
    ],
)
def test_columns_are_copied_where_they_leave_a_cache(m, n, k, copied):
    decided = Matmul(FLOAT, (), m, n, k, (1, m), (n, 1)).scheme(AVX512)
    assert (decided.a is not None) is copied


@pytest.mark.parametrize(
    ("m", "n", "alone"),
    [
        (32, 256, "b"),
        (18, 256, ""),  # three tiles below each other
        (32, 64, ""),  # only one panel
        (128, 64, "b"),
    ],
)
def test_threads_pack_panels_themselves_for_enough_tiles(m, n, alone):
    decided = Matmul(FLOAT, (), m, n, 300, (300, 1), (1, 300)).scheme(AVX512)
    assert decided.b is not None
    assert decided.alone == alone


@pytest.mark.parametrize("dtype", ["f2", "f4"])
def test_batches_of_copied_tiles(dtype):
    check(*operands(dtype, (17,), 512, 40, 64, ("columns", "columns")), threads=(1, 3))


@pytest.mark.parametrize(("m", "n"), [(0, 5), (5, 0), (0, 0)])
def test_nothing_to_do(m, n):
    a, b = np.ones((m, 3), "f4"), np.ones((3, n), "f4")
    shape, c = shape_of(a, b), np.zeros((m, n), "f4")
    assert (shape.flops, shape.scratch_bytes(host(), 2)) == (0, 0)
    kernel_of(shape, c, host())(a, b, c, threads=2)


class BiasAndRelu(Epilogue):
    """max(C + %p3[n], 0), with the bias loaded in front of the rows."""

    def __init__(self, target, columns):
        self.plain = StoreC(target, np.dtype("f4"), (columns, 1))

    def columns(self, f, batch, n, lanes, mask):
        pointer = f.gep("%p3", n, "float")
        if lanes == 1:
            return f.load("float", pointer, 4)
        if mask is None:
            return f.load(f"<{lanes} x float>", pointer, 4)
        return f.masked_load("float", lanes, pointer, mask, 4, "zeroinitializer")

    def store(self, f, batch, m, n, value, lanes, mask, columns):
        kind = "float" if lanes == 1 else f"<{lanes} x float>"
        total = f.op(f"fadd {kind} {value}, {columns}")
        zero = "0.0" if lanes == 1 else "zeroinitializer"
        positive = f.op(f"fcmp ogt {kind} {total}, {zero}")
        truth = "i1" if lanes == 1 else f"<{lanes} x i1>"
        total = f.op(f"select {truth} {positive}, {kind} {total}, {kind} {zero}")
        self.plain.store(f, batch, m, n, total, lanes, mask, None)


@pytest.mark.parametrize("shape", [(50, 70, 33), (9, 1, 40), (1, 37, 8), (6, 5, 0)])
def test_epilogue(shape):
    a, b = operands("f4", (), *shape)
    bias, c = numbers("f4", 1)(shape[1]), aligned(shape[:2], "f4")
    kernel = kernel_of(shape_of(a, b), c, host(), BiasAndRelu(host(), shape[1]), 2)
    kernel(a, b, c, bias, threads=2)
    np.testing.assert_allclose(c, np.maximum(a @ b + bias, 0), atol=2e-5)


def test_unaligned_arrays():
    a, b, c = (aligned(shape, "f4", offset=1) for shape in ((50, 40), (40, 60), (50, 60)))
    a[...], b[...] = numbers("f4")(a.shape), numbers("f4")(b.shape)
    kernel_of(shape_of(a, b), c, host())(a, b, c, threads=2)
    np.testing.assert_allclose(c, a @ b, atol=2e-5)


def test_nan_reaches_its_row_and_column_only():
    a, b = operands("f4", (), 20, 40, 17)
    a, b = a.copy(), b.copy()
    a[3, 5], b[2, 30] = np.nan, np.inf
    c = aligned((20, 40), "f4")
    kernel_of(shape_of(a, b), c, host())(a, b, c)
    np.testing.assert_array_equal(np.isfinite(c), np.isfinite(a @ b))


def test_equal_micro_kernels_are_one():
    module = Module()
    for name, n in (("first", 256), ("second", 512)):
        a, b = np.ones((130, 64), "f4"), np.ones((64, n), "f4")
        store = StoreC(host(), np.dtype("f4"), (n, 1))
        emit_matmul(module, host(), name, shape_of(a, b), store, 1)
    assert sum(name.startswith("tile.") for name in module.functions) == 1
