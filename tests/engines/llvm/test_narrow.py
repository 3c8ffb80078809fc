"""Results of few columns: vectors run along the sum, or along columns."""

from itertools import product

import numpy as np
import pytest

from tensorslow.engines.llvm.contractions.narrow import NarrowKernel
from tensorslow.engines.llvm.contractions.phases import schemes
from tensorslow.engines.llvm.runtime.jit import assembly_for
from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.target import AVX2, AVX512, NEON, SSE2, host
from tests.engines.llvm import test_convolution, test_matmul
from tests.engines.llvm.test_spills import REGISTER, loops
from tests.sampling import sampled

# Rows, columns, steps of the sum: whole vectors and a rest, one tile and many, pieces of a sum.
SHAPES = [(9, 1, 128), (30, 2, 100), (100, 2, 256), (40, 2, 5001), (64, 1, 333), (200, 2, 64)]
IMAGES = {
    "three channels": ("input", (3, 9, 11, 3), (3, 3, 3, 32)),
    "three channels, strides": ("input", (2, 12, 12, 3), (5, 5, 3, 20), (2, 2)),
    "one channel": ("input", (18, 8, 8, 1), (5, 5, 1, 16)),
    "few results": ("forward", (2, 9, 9, 40), (3, 3, 40, 2)),
    "few results, dilations": ("forward", (2, 9, 9, 48), (3, 3, 48, 2), (1, 1), "SAME", (2, 2)),
    "one by one": ("forward", (17, 5, 5, 64), (1, 1, 64, 1)),
    "groups": ("input", (3, 8, 8, 6), (3, 3, 2, 48)),
}


@sampled(("shape", "b"), product(SHAPES, ["rows", "columns"]), 6, ids=str)
def test_products(shape, b):
    a, b = test_matmul.operands("f4", (), *shape, ("rows", b))
    if shape[1] > 1:  # one column is a matrix times a vector
        assert test_matmul.shape_of(a, b).scheme(AVX2).t.along == "sum"
    test_matmul.check(a, b)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
def test_batches(dtype):
    test_matmul.check(*test_matmul.operands(dtype, (3,), 20, 2, 90))
    test_matmul.check(*test_matmul.operands(dtype, (20,), 20, 2, 90, batches=((20,), ())))
    test_matmul.check(*test_matmul.operands(dtype, (20,), 20, 2, 90, batches=((), (20,))))


@sampled("case", IMAGES, 3)
def test_images(case):
    v = test_convolution.convolution(*IMAGES[case])
    assert all(s.t.along == "sum" for s in schemes(v, AVX512) if s.c.k > 20)
    test_convolution.check(v, threads=(1, 2, 3))


@sampled(("case", "target"), product(IMAGES, ["sse2", "avx2"]), 4)
def test_images_on_other_processors(case, target):
    target = {"sse2": SSE2, "avx2": AVX2}[target]
    if not test_matmul.on_this_machine(target):
        pytest.skip("not this machine's code")
    test_convolution.check(test_convolution.convolution(*IMAGES[case]), target)


COLUMNS = [(64, 2, 200), (96, 3, 1000), (160, 10, 2100), (16, 1, 5001), (48, 2, 4100)]
FILTERS = {
    "three channels": ((3, 9, 11, 32), (3, 3, 32, 3)),
    "three channels, strides": ((20, 12, 12, 16), (5, 5, 16, 3), (2, 2)),
    "dilations": ((3, 12, 12, 48), (3, 3, 48, 2), (1, 1), "SAME", (2, 2)),
    "no padding": ((18, 8, 8, 64), (1, 1, 64, 1)),
    "groups": ((30, 8, 8, 64), (3, 3, 32, 4)),
}


@sampled(("shape", "b"), product(COLUMNS, ["rows", "columns"]), 4, ids=str)
def test_products_of_columns(shape, b):
    a, b = test_matmul.operands("f4", (), *shape, ("columns", b))
    if shape[1] > 1:
        assert test_matmul.shape_of(a, b).scheme(AVX512).t.along == "column"
    test_matmul.check(a, b)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
def test_batches_of_columns(dtype):
    layouts = ("columns", "rows")
    test_matmul.check(*test_matmul.operands(dtype, (3,), 32, 2, 400, layouts))
    test_matmul.check(*test_matmul.operands(dtype, (20,), 32, 2, 400, layouts, ((20,), ())))


@sampled(("case", "target"), product(FILTERS, [None, SSE2, AVX2]), 6)
def test_filters(case, target):
    v = test_convolution.convolution("filter", *FILTERS[case])
    assert [s.t.along for s in schemes(v, AVX512)] == ["column"]
    if target and not test_matmul.on_this_machine(target):
        pytest.skip("not this machine's code")
    test_convolution.check(v, target, threads=(1, 2, 3))


def test_what_lies_behind_a_row_does_not_count():
    whole = np.full((21, 100), np.nan, np.float32)
    whole[:, :90] = test_matmul.numbers("f4")((21, 90))
    a, b = whole[:, :90], test_matmul.numbers("f4", 1)((90, 3))
    assert test_matmul.shape_of(a, b).scheme(AVX512).t.along == "sum"
    test_matmul.check(a, b)


def test_when_it_pays():
    def along(shape, layouts=("rows", "rows"), dtype="f4", target=AVX512):
        a, b = test_matmul.operands(dtype, (), *shape, layouts)
        return test_matmul.shape_of(a, b).scheme(target).t.along

    def narrow(*args, **options):
        return along(*args, **options) == "sum"

    assert narrow((200, 8, 256))
    assert not narrow((200, 9, 256)), "more than half a vector"
    assert not narrow((200, 8, 64)), "adding up lanes takes longer"
    assert not narrow((2, 8, 256)), "B would be packed for two rows"
    assert narrow((2, 8, 256), ("rows", "columns"))
    assert not narrow((100, 4, 256), ("columns", "rows")), "A's rows are not contiguous"
    assert not narrow((100, 8, 256), dtype="f2")
    assert along((96, 4, 256), ("columns", "rows")) == "column"
    assert along((100, 4, 256), ("columns", "rows")) == "row", "no whole vectors of a column"
    assert along((96, 4, 100), ("columns", "rows")) == "row", "finishing takes longer"
    assert narrow((100, 2, 256), target=SSE2)
    assert not narrow((100, 2, 255), target=SSE2), "it cannot load a part of a vector"


@pytest.mark.parametrize("target", [SSE2, AVX2, AVX512, NEON], ids=lambda t: t.cpu)
def test_no_vector_goes_to_the_stack(target):
    module, names = Module(), set()
    for columns in range(1, target.lanes(np.dtype("f4")) // 2 + 1):
        rows = min(8, (target.registers - 4 - columns) // columns)
        names.add(NarrowKernel(np.dtype("f4"), rows, columns, 2, False).emit(module, target))
    for name in names:
        module.functions[name] = module.functions[name].replace("internal ", "")
        inner = loops(assembly_for(str(module), target).partition(f"\n{name}:")[2])
        assert inner
        assert not any(REGISTER[target.triple].search(line) for line in inner[0].splitlines())


def test_the_host_knows_them():
    a, b = test_matmul.operands("f4", (), 100, 2, 256)
    assert test_matmul.shape_of(a, b).scheme(host()).t.along == "sum"
