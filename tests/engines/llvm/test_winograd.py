"""Winograd's convolutions: exact on paper, near in float32, and plain where numbers are large."""

import re
from fractions import Fraction
from functools import cache
from itertools import product
from unittest import mock

import numpy as np
import pytest

from tensorslow.engines.llvm.contractions import phases
from tensorslow.engines.llvm.contractions.convolution import emit_convolution
from tensorslow.engines.llvm.contractions.phases import in_tiles
from tensorslow.engines.llvm.contractions.transforms import emit_transform
from tensorslow.engines.llvm.contractions.winograd import WINDOWS, pays, result, step, tile, window
from tensorslow.engines.llvm.runtime.jit import assembly_for
from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.target import AVX2, host
from tests.engines.llvm.kernels import Kernel, StoreC, aligned
from tests.engines.llvm.test_convolution import KINDS, check, convolution, exact, operands
from tests.engines.llvm.test_matmul import on_this_machine
from tests.engines.llvm.test_spills import REGISTER, TARGETS
from tests.sampling import sampled

CASES = {
    "window of 5": ((20, 14, 14, 32), (5, 5, 32, 64)),
    "window of 4": ((16, 8, 8, 32), (4, 4, 32, 32)),
    "window of 3, images together": ((64, 7, 7, 32), (3, 3, 32, 48)),
    "no padding": ((16, 12, 12, 32), (5, 5, 32, 64), (1, 1), "VALID"),
    "no padding, a row too few": ((16, 13, 11, 16), (3, 3, 16, 32), (1, 1), "VALID"),
    "bands": ((16, 40, 40, 64), (3, 3, 64, 32)),
    "uneven window and padding": ((16, 15, 12, 16), (4, 3, 16, 32), (1, 1), ((0, 3), (2, 1))),
    "channels that meet in a cache": ((16, 8, 7, 512), (3, 3, 512, 32)),
}


def applied(values, rows):
    """A matrix times a vector."""
    return [sum((c * x for c, x in zip(row, values, strict=True)), Fraction(0)) for row in rows]


@pytest.mark.parametrize("r", WINDOWS)
def test_the_matrices_make_a_convolution(r):
    for count, length in ((step(r), r), (r, step(r))):  # of images, and the kernel's gradient
        numbers = [Fraction(3 * i * i - 7, 5) for i in range(count + length - 1)]
        kernel = [Fraction(2 - i, 3) for i in range(length)]
        values = applied(kernel, window(length)[1]), applied(numbers, tile()[1])
        products = [a * b for a, b in zip(*values, strict=True)]
        plain = [sum(numbers[i + k] * kernel[k] for k in range(length)) for i in range(count)]
        assert applied(products, result(count)[1]) == plain


@sampled(("case", "kind"), product(CASES, KINDS), 7)
def test_against_the_definition(case, kind):
    v = convolution(kind, *CASES[case])
    assert in_tiles(v, host()) or kind == "filter"
    check(v, threads=(1, 2, 3, 5))


@sampled(("kind", "name"), product(KINDS, ["avx2", "sse2"]), 4)
def test_other_vectors(kind, name):
    target = TARGETS[name]
    if not on_this_machine(target):
        pytest.skip("not this machine's code")
    for shapes in (((16, 8, 8, 16), (5, 5, 16, 24)), ((16, 9, 7, 24), (3, 3, 24, 40))):
        v = convolution(kind, *shapes)
        assert in_tiles(v, target)
        check(v, target)


@pytest.mark.skipif(not on_this_machine(AVX2), reason="not this machine's code")
def test_a_kernel_that_is_wider_than_its_row_of_tiles():
    v = convolution("forward", (24, 6, 6, 48), (5, 4, 48, 16), (1, 1), "VALID")
    assert in_tiles(v, AVX2)
    check(v, AVX2, threads=(1, 2, 3, 5))


@sampled("name", TARGETS, 4)
def test_transforms_leave_the_stack_alone(name):
    target, module = TARGETS[name], Module()
    matrices = [tile(), *(make(size) for make in (window, result) for size in (2, *WINDOWS))]
    names = {emit_transform(module, target, np.dtype("f4"), *matrix) for matrix in matrices}
    for function in names:
        module.functions[function] = module.functions[function].replace("internal ", "")
    bodies = dict(
        re.findall(
            r"^(transform[\w.]+):(.*?)^\.Lfunc_end", assembly_for(str(module), target), re.S | re.M
        )
    )
    assert names == set(bodies)
    for function, body in bodies.items():
        spilled = [x for x in body.splitlines() if REGISTER[target.triple].search(x)]
        assert not spilled, (function, spilled)


@sampled(("kind", "name"), product(KINDS, ["neon", "avx512"]), 4)
def test_other_processors_have_code(kind, name):
    v, module, target = convolution(kind, (16, 8, 8, 32), (3, 3, 32, 32)), Module(), TARGETS[name]
    assert in_tiles(v, target)
    emit_convolution(module, target, "conv", v, StoreC(target, v.dtype, (v.result_shape[-1], 1)), 1)
    module.functions["conv"] = module.functions["conv"].replace("internal ", "")
    assert "conv:" in assembly_for(str(module), target)


def compiled(v):
    """A function that computes a convolution, in tiles or plainly as is decided when it is made."""
    target, module = host(), Module()
    emit_convolution(module, target, "conv", v, StoreC(target, v.dtype, (v.result_shape[-1], 1)), 1)
    scratch = v.scratch_bytes(target, 2)
    kernel = Kernel(module, "conv", 3, lambda _: scratch, target)

    def run(a, b):
        c = aligned(v.result_shape, v.dtype)
        kernel(a, b, c, threads=2)
        return c

    return run


runs = cache(compiled)


@cache
def plainly(v):
    with mock.patch.object(phases, "pays", return_value=False):
        return compiled(v)


SPOILING = [np.nan, np.inf, -np.inf, np.float32(1e30)]


@sampled(("kind", "number"), product(KINDS, SPOILING), 5, ids=str)
def test_numbers_that_would_spoil_a_tile(kind, number):
    v = convolution(kind, (32, 7, 7, 16), (5, 5, 16, 16))
    fast, plain = runs(v), plainly(v)
    for place in (0, 1):
        arrays = operands(v)
        arrays[place][(3, 2, 1, 5)[-arrays[place].ndim :]] = number
        with np.errstate(all="ignore"):
            found, goal = fast(*arrays), plain(*arrays)
            assert np.isfinite(goal).any()
            near = np.abs(found - goal) <= 1e-5 * np.abs(goal) + 1e-4
        assert ((found == goal) | near | (np.isnan(found) & np.isnan(goal))).all()
    assert np.isfinite(fast(*operands(v))).all()


@sampled(("kind", "size"), product(KINDS, [3, 5]), 5)
def test_whole_numbers_are_exact(kind, size):
    v = convolution(kind, (32, 14, 13, 16), (size, size, 16, 32))
    random, run = np.random.default_rng(2), runs(v)
    a, b = (random.integers(-9, 10, x.shape).astype("f4") for x in operands(v))
    np.testing.assert_array_equal(run(a, b), exact(v, a, b))
    for x in (a, b):  # one fraction is enough that nothing can be exact
        x[(0,) * x.ndim] += 0.25
        found, goal = run(a, b), exact(v, a, b)
        np.testing.assert_allclose(found, goal, atol=1e-5 * np.abs(goal).max())


LARGE = {5: ((32, 14, 14, 32), (5, 5, 32, 64)), 3: ((32, 16, 16, 64), (3, 3, 64, 64))}


@sampled(("kind", "size"), product(KINDS, LARGE), 5)
def test_how_much_larger_the_error_is(kind, size):
    v = convolution(kind, *LARGE[size])
    a, b = operands(v)
    goal = exact(v, a, b)
    largest = np.abs(goal).max()
    tiled, plain = (np.abs(run(a, b) - goal).max() / largest for run in (runs(v), plainly(v)))
    assert plain < 2e-6
    assert tiled < 5e-6


def test_only_where_it_pays():
    assert pays(convolution("forward", (16, 8, 8, 16), (3, 3, 16, 16)), host())
    for kind in KINDS:
        for x, kernel, *rest in (
            ((15, 8, 8, 32), (3, 3, 32, 32)),  # few images
            ((16, 8, 8, 1), (5, 5, 1, 32)),  # few channels
            ((16, 8, 8, 32), (1, 1, 32, 32)),
            ((16, 8, 8, 32), (7, 7, 32, 32)),
            ((16, 8, 8, 32), (3, 3, 16, 32)),  # groups
            ((16, 8, 8, 32), (3, 3, 32, 32), (2, 2)),
            ((16, 8, 8, 32), (3, 3, 32, 32), (1, 1), "SAME", (2, 2)),
            ((16, 1, 1, 32), (5, 5, 32, 32)),  # little of a tile
            ((16, 32, 2, 32), (3, 3, 32, 32)),  # an image narrower than the window
            ((16, 9, 9, 32), (3, 3, 32, 32), (1, 1), ((1, 1), (3, 0))),  # windows in the padding
        ):
            assert not pays(convolution(kind, x, kernel, *rest), host())
        plain = convolution(kind, (16, 8, 8, 32), (3, 3, 32, 32), dtype="f8")
        assert not pays(plain, host())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("x", "kernel"),
    [((32, 224, 224, 64), (3, 3, 64, 64)), ((16, 512, 512, 64), (3, 3, 64, 64)),
     ((16, 8, 8, 2048), (3, 3, 2048, 2048))],
)  # fmt: skip
def test_how_much_memory_it_takes(kind, x, kernel):
    v = convolution(kind, x, kernel)
    for threads in (1, 16):
        with mock.patch.object(phases, "pays", return_value=False):
            plain = v.scratch_bytes(host(), threads)
        assert v.scratch_bytes(host(), threads) <= plain + (64 << 20) + threads * (16 << 20)
