"""The elementwise primitives in registers against NumPy, element by element."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tensorslow.arrays import numeric
from tensorslow.engines.llvm.arithmetic import elementwise
from tensorslow.engines.llvm.runtime import jit
from tensorslow.engines.llvm.text import target
from tests.engines.llvm.arithmetic.registers import (
    DTYPES,
    FLOATS,
    INTEGERS,
    RUNNABLE,
    Case,
    compiled,
    goals,
    sample,
    text_of,
)
from tests.sampling import sampled

UNARY = (
    "negative abs sign sqrt floor ceil rint isnan isinf isfinite logical_not bitwise_not conj"
).split()
BINARY = (
    "add subtract multiply divide floor_divide mod maximum minimum logical_and logical_or "
    "bitwise_and bitwise_or bitwise_xor left_shift right_shift equal not_equal less less_equal "
    "greater greater_equal power"
).split()
COMPARISONS = "equal not_equal less less_equal greater greater_equal".split()
BOOL = np.dtype(bool)
SIZE = 512


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(params=[*goals(), pytest.param("neon", marks=pytest.mark.slow)])
def goal(request):
    return RUNNABLE.get(request.param, target.NEON)


def differences(cases, goal):
    """What compiled cases give that NumPy does not; `cases`: (case, arrays, expected)."""
    if goal is target.NEON:  # cannot run here
        jit.assembly_for(text_of([case for case, _, _ in cases], goal), goal)
        return []
    runs = compiled([case for case, _, _ in cases], goal)
    wrong = []
    for run, (case, arrays, expected) in zip(runs, cases, strict=True):
        got = run(*arrays)
        assert got.dtype == expected.dtype, str(case)
        same = got == expected
        if expected.dtype.kind == "f":
            same |= np.isnan(got) & np.isnan(expected)
        if not same.all():
            i = int(np.argmin(same))
            wrong.append(f"{case}: {[x[i] for x in arrays]} gives {got[i]}, not {expected[i]}")
        if run.bad:
            wrong.append(f"{case}: is called bad")
    return wrong


def lanes_of(goal, dtype):
    return sorted({1, goal.lanes(dtype)})


def operands(name, dtype):
    """Two operands for which NumPy does not raise."""
    x, y = sample(dtype, SIZE, 0), sample(dtype, SIZE, 5)
    if name in ("floor_divide", "mod") and dtype.kind != "f":
        y = np.where(y == 0, 1, y).astype(dtype)
    if name == "power" and dtype.kind == "i":
        y = np.where(y < 0, 3, y).astype(dtype)
    return x, y


@sampled("dtype", DTYPES, 4, ids=str)
def test_arithmetic_is_numpys(goal, dtype):
    cases = []
    for name in (*UNARY, *BINARY):
        if name == "power" and dtype.kind == "f":
            continue  # not exact: see test_functions.py
        arrays = operands(name, dtype)[: 1 if name in UNARY else 2]
        try:
            expected = getattr(numeric, name)(*arrays)
        except TypeError:
            continue
        types = [dtype] * len(arrays)
        assert elementwise.supports(name, types, expected.dtype), (name, dtype)
        cases += [
            (Case(name, types, expected.dtype, lanes), arrays, expected)
            for lanes in lanes_of(goal, dtype)
        ]
    assert not differences(cases, goal)


@sampled("source", DTYPES, 4, ids=str)
def test_casts_are_numpys(goal, source):
    cases = []
    for result in DTYPES:
        x = sample(source, SIZE, 1)
        if source.kind == "f" and result == np.uint32:
            x = x[np.abs(x) < 2**31]  # NumPy's own answers differ from array to scalar
        for lanes in lanes_of(goal, source):
            cases.append((Case("cast", [source], result, lanes), [x], x.astype(result)))
    assert not differences(cases, goal)


def test_what_does_not_fit_an_integer_is_what_the_processor_makes_of_it():
    x = np.array([np.nan, np.inf, -np.inf, 2.0**31, -3e9, 1e19, -1e19, 2.0**64], np.float32)
    wide = [np.dtype(t) for t in ("i1", "u1", "i2", "u2", "i4", "i8", "u8")]
    host = RUNNABLE["host"]
    cases = [Case("cast", [x.dtype], result, 8) for result in wide]
    for run in compiled(cases, host):
        np.testing.assert_array_equal(run(x), np.tile(x, 8).astype(run.case.result)[:8])


def test_float16_is_rounded_once():
    """From float64 by way of float32 it could be rounded twice."""
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = np.sort(halves[np.isfinite(halves)]).astype(np.float64)
    middles = (halves[1:] + halves[:-1]) / 2
    beyond = [65519.99, 65520, 1e5, 1e30, 2.0**-25, 2.0**-24, 1e-30, 1e-40, 0, np.inf, np.nan]
    beyond = [*beyond, *np.negative(beyond)]
    x = np.concatenate([middles, np.nextafter(middles, np.inf), np.nextafter(middles, -np.inf)])
    x = np.concatenate([halves, x, beyond])
    for goal in RUNNABLE.values():
        cases = [
            (Case("cast", [y.dtype], np.dtype("f2"), 8), [y], y.astype("f2"))
            for y in (x, x.astype(np.float32))
        ]
        back = np.arange(2**16, dtype=np.uint16).view(np.float16)
        cases.append((Case("cast", [back.dtype], np.dtype("f4"), 8), [back], back.astype("f4")))
        assert not differences(cases, goal)


def test_bitcasts_keep_the_bits(goal):
    cases = []
    for source in DTYPES:
        for result in DTYPES:
            if source.itemsize != result.itemsize or result == BOOL != source:
                continue
            x = sample(source, SIZE, 2)
            cases += [
                (Case("bitcast", [source], result, lanes), [x], x.view(result))
                for lanes in lanes_of(goal, source)
            ]
    assert not differences(cases, goal)


def test_comparisons_of_different_types_are_exact(goal):
    pairs = [(a, b) for a in DTYPES for b in DTYPES if a.kind != b.kind]
    cases = []
    for a, b in pairs:
        x, y = sample(a, SIZE, 3), sample(b, SIZE, 4)
        mixed = {a, b} == {np.dtype(np.int64), np.dtype(np.uint64)}
        with np.errstate(all="ignore"):
            cases += [
                (Case(name, [a, b], BOOL, 4), [x, y], getattr(np, name)(x, y))
                for name in (COMPARISONS if mixed else ("less", "not_equal"))
            ]
    assert not differences(cases, goal)


def test_where_casts_its_operands(goal):
    cases = []
    condition = sample(BOOL, SIZE, 6)
    for a in DTYPES:
        for b in (a, np.dtype(np.float64)):
            x, y = sample(a, SIZE, 7), sample(b, SIZE, 8)
            expected = np.where(condition, x, y)
            case = Case("where", [BOOL, a, b], expected.dtype, goal.lanes(a))
            cases.append((case, [condition, x, y], expected))
    assert not differences(cases, goal)


def test_integers_become_floats_where_numpys_do(goal):
    cases = []
    for dtype in (*INTEGERS, BOOL):
        x = np.arange(0, 100).astype(dtype)
        for name in ("sqrt", "rint", "divide"):
            arrays = [x, x][: 2 if name == "divide" else 1]
            expected = getattr(numeric, name)(*arrays)
            case = Case(name, [dtype] * len(arrays), expected.dtype, 4)
            cases.append((case, arrays, expected))
    assert not differences(cases, goal)


def test_maximum_keeps_nan_beside_constants(goal):
    cases = []
    for dtype in FLOATS:
        x = sample(dtype, SIZE, 0)
        for value in (0.0, 1.0, np.nan):
            y = np.full(SIZE, value, dtype)
            for name in ("maximum", "minimum"):
                for arrays, place in (([x, y], 1), ([y, x], 0)):
                    case = Case(name, [dtype] * 2, dtype, goal.lanes(dtype), {place: value})
                    cases.append((case, arrays, getattr(np, name)(*arrays)))
    assert not differences(cases, goal)


def test_divisors_that_are_known(goal):
    cases = []
    for dtype in INTEGERS:
        x = sample(dtype, SIZE, 0)
        for divisor in (1, 3, 8, -1, -7):
            if divisor < 0 and dtype.kind == "u":
                continue
            y = np.full(SIZE, divisor, dtype)
            for name in ("floor_divide", "mod"):
                case = Case(name, [dtype] * 2, dtype, goal.lanes(dtype), {1: divisor})
                cases.append((case, [x, y], getattr(np, name)(x, y)))
    assert not differences(cases, goal)


@sampled("name", ["floor_divide", "mod", "power"], 3)
def test_what_numpy_raises_for_is_reported_and_does_not_trap(name):
    dtypes = [d for d in INTEGERS if name != "power" or d.kind == "i"]
    value = -1 if name == "power" else 0
    for goal in RUNNABLE.values():
        cases = [
            Case(name, [dtype] * 2, dtype, lanes)
            for dtype in dtypes
            for lanes in lanes_of(goal, dtype)
        ]
        for run in compiled(cases, goal):
            dtype = run.case.dtypes[0]
            x, y = sample(dtype, SIZE, 0), np.ones(SIZE, dtype)
            run(x, y)
            assert not run.bad
            y[100] = value
            run(x, y)
            assert run.bad


def test_whole_powers_of_floats_may_be_negative():
    types = [np.dtype(np.uint64), np.dtype(np.int8)]  # NumPy computes them in float64
    (run,) = compiled([Case("power", types, np.dtype(np.float64), 4)], RUNNABLE["host"])
    x, y = np.full(8, 2, np.uint64), np.full(8, -1, np.int8)
    np.testing.assert_array_equal(run(x, y), np.power(x, y))
    assert not run.bad


def test_a_constant_divisor_of_0_is_reported():
    dtype = np.dtype(np.int32)
    (run,) = compiled([Case("mod", [dtype] * 2, dtype, 4, {1: 0})], RUNNABLE["host"])
    run(np.arange(8, dtype=dtype), np.zeros(8, dtype))
    assert run.bad


def test_what_cannot_be_emitted_is_not_supported():
    f32, c64, text = np.dtype("f4"), np.dtype("c8"), np.dtype(object)
    assert not elementwise.supports("add", [c64, c64], c64)
    assert not elementwise.supports("equal", [text, text], BOOL)
    assert not elementwise.supports("bitwise_and", [f32, f32], f32)
    assert not elementwise.supports("matmul", [f32, f32], f32)
    assert not elementwise.supports("bitcast", [f32], np.dtype("f8"))
    assert elementwise.supports("exp", [f32], f32)


def test_signs_of_zero_are_kept(goal):
    zeros = np.array([0.0, -0.0] * 32)
    names = "negative abs floor ceil rint sqrt sin tan asin atan sinh tanh asinh atanh".split()
    names += ["expm1", "log1p", "erf"]
    if goal is target.NEON:
        pytest.skip("cannot run here")
    for dtype in FLOATS:
        x = zeros.astype(dtype)
        cases = [Case(name, [dtype], dtype, goal.lanes(dtype)) for name in names]
        for run in compiled(cases, goal):
            expected = x if run.case.name == "erf" else getattr(numeric, run.case.name)(x)
            signs = np.signbit(run(x))
            np.testing.assert_array_equal(signs, np.signbit(expected), str(run.case))
