"""The code of convolutions and their gradients, against the definitions in NumPy, in float64."""

import math
from itertools import product

import numpy as np
import pytest

from tensorslow.arrays import convolution as defined
from tensorslow.arrays.windows import Windows
from tensorslow.engines.llvm.contractions.convolution import Convolution, emit_convolution
from tensorslow.engines.llvm.contractions.phases import schemes
from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.target import AVX2, SSE2, host
from tests.engines.llvm.kernels import Kernel, StoreC, aligned
from tests.engines.llvm.test_matmul import TOLERANCE, numbers, on_this_machine
from tests.sampling import sampled

KINDS = ["forward", "input", "filter"]


def convolution(
    kind, x_shape, kernel_shape, strides=None, padding="SAME", dilations=None, dtype="f4"
):
    axes = len(x_shape) - 2
    strides, dilations = strides or (1,) * axes, dilations or (1,) * axes
    windows = Windows(x_shape[1:-1], kernel_shape[:-2], strides, padding, dilations)
    y_shape = (x_shape[0], *windows.counts, kernel_shape[-1])
    pads = tuple(windows.pads)
    return Convolution(
        np.dtype(dtype), kind, x_shape, kernel_shape, y_shape, strides, pads, dilations
    )


def operands(v):
    make = numbers(v.dtype)
    x, kernel, dy = make(v.x_shape), make(v.kernel_shape), make(v.y_shape)
    return {"forward": (x, kernel), "input": (kernel, dy), "filter": (x, dy)}[v.kind]


def exact(v, a, b):
    kind = np.float64 if v.dtype.kind == "f" else v.dtype
    a, b, where = a.astype(kind), b.astype(kind), (v.strides, v.pads, v.dilations)
    if v.kind == "forward":
        return defined.conv(a, b, *where)
    if v.kind == "input":
        return defined.conv_input(v.x_shape, a, b, *where)
    return defined.conv_filter(a, v.kernel_shape, b, *where)


def check(v, target=None, threads=(1, 2)):
    target, module = target or host(), Module()
    store = StoreC(target, v.dtype, (v.result_shape[-1], 1))
    emit_convolution(module, target, "conv", v, store, 1)
    scratch = lambda threads: v.scratch_bytes(target, threads)  # noqa: E731
    kernel = Kernel(module, "conv", 3, scratch, target)
    a, b = operands(v)
    goal, tolerance = exact(v, a, b), 0
    if v.dtype.kind == "f":
        tolerance = TOLERANCE[v.dtype.str[1:]] * (exact(v, abs(a), abs(b)) + 1e-2)
    c, results = aligned(v.result_shape, v.dtype), []
    for count in threads:
        c[...] = 77
        kernel(a, b, c, threads=count)
        assert (np.abs(c - goal) <= tolerance).all()
        results.append(c.copy())
    assert all((result == results[0]).all() for result in results), "depends on the threads"


CASES = {
    "plain": ((2, 8, 9, 3), (3, 3, 3, 5)),
    "many images": ((20, 14, 14, 32), (5, 5, 32, 64)),
    "one channel": ((17, 12, 12, 1), (5, 5, 1, 32)),
    "one by one": ((3, 9, 7, 20), (1, 1, 20, 40)),
    "no padding": ((18, 10, 9, 4), (3, 2, 4, 17), (1, 1), "VALID"),
    "strides": ((3, 9, 12, 4), (3, 3, 4, 6), (2, 3)),
    "stride beyond the window": ((3, 11, 11, 4), (2, 1, 4, 6), (3, 3), "VALID"),
    "many images, strides": ((17, 9, 9, 3), (3, 3, 3, 16), (2, 2)),
    "dilations": ((3, 12, 12, 5), (3, 3, 5, 7), (1, 1), "SAME", (2, 3)),
    "strides and dilations": ((3, 15, 15, 5), (3, 4, 5, 7), (2, 3), "SAME", (3, 2)),
    "explicit padding": ((2, 7, 8, 3), (3, 3, 3, 5), (1, 1), ((0, 2), (1, 3))),
    "windows in the padding": ((2, 5, 5, 3), (2, 2, 3, 5), (1, 1), ((4, 5), (3, 4))),
    "one axis": ((3, 40, 6), (4, 6, 9), (1,)),
    "three axes": ((2, 5, 6, 7, 3), (3, 2, 3, 3, 8), (1, 2, 1)),
    "large image": ((1, 70, 66, 2), (3, 3, 2, 4)),
    "groups": ((3, 8, 8, 12), (3, 3, 4, 6)),
    "channel by channel": ((18, 8, 8, 20), (3, 3, 1, 20)),
    "channel by channel, strides": ((2, 9, 9, 32), (3, 3, 1, 32), (2, 2)),
    "channel by channel, twice": ((2, 8, 8, 5), (3, 3, 1, 10)),
    "large filter": ((2, 5, 5, 300), (3, 3, 300, 260)),
    "larger filter": ((6, 4, 4, 300), (3, 3, 300, 512)),
    "one pixel": ((1, 1, 1, 1), (1, 1, 1, 1)),
}


@sampled(("case", "kind"), product(CASES, KINDS), 7)
def test_against_the_definition(case, kind):
    check(convolution(kind, *CASES[case]), threads=(1, 2, 3))


@sampled(("kind", "target"), product(KINDS, ["sse2", "avx2"]), 6)
def test_other_vectors(kind, target):
    target = {"sse2": SSE2, "avx2": AVX2}[target]
    if not on_this_machine(target):
        pytest.skip("not this machine's code")
    for case in ("plain", "one channel", "strides", "groups", "channel by channel"):
        check(convolution(kind, *CASES[case]), target)


@sampled(("dtype", "kind"), product(["f2", "f8", "i4"], KINDS), 5)
def test_other_types(dtype, kind):
    for case in ("plain", "no padding", "strides", "channel by channel"):
        check(convolution(kind, *CASES[case], dtype=dtype))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("x_shape", [(0, 5, 5, 3), (2, 1, 1, 3)])
def test_nothing_to_add_up(kind, x_shape):
    check(convolution(kind, x_shape, (3, 3, x_shape[-1], 4)))


@pytest.mark.parametrize(("size", "pieces"), [(8, 4), (16, 16), (2, 1)])
def test_pieces_of_a_sum_over_images_are_long_enough(size, pieces):
    v = convolution("filter", (32, size, size, 64), (4, 4, 64, 128), (2, 2))
    (s,) = schemes(v, host())
    assert s.t.pieces == pieces


def test_flops():
    v = convolution("forward", (2, 8, 8, 3), (3, 3, 3, 5))
    assert v.flops == 2 * math.prod((2, 8, 8, 5)) * 27
