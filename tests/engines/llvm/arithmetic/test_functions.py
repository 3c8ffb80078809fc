"""How exact the math functions in registers are, over the whole range of their types."""

from __future__ import annotations

import functools
import math
import re
import warnings
from itertools import product

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tensorslow.arrays import numeric, special
from tensorslow.engines.llvm.runtime import jit
from tensorslow.engines.llvm.text import target
from tests.engines.llvm.arithmetic.registers import (
    DTYPES,
    FLOATS,
    RUNNABLE,
    Case,
    compiled,
    goals,
    text_of,
)
from tests.sampling import sampled

F16, F32, F64 = FLOATS
HYPERBOLIC = "sigmoid sinh cosh tanh asinh acosh atanh".split()
NAMES = "exp log log1p expm1 sin cos tan asin acos atan erf erfc sqrt rsqrt".split() + HYPERBOLIC
# In units in the last place. Without fma (sse2) a product is rounded before it is added to.
LIMIT, LIMIT_WITHOUT_FMA = 2.0, 3.0
WIDE = np.finfo(np.longdouble).nmant > 60  # longdouble is more exact than float64


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(params=goals())
def goal(request):
    return RUNNABLE[request.param]


def limit_on(goal):
    return LIMIT_WITHOUT_FMA if goal is target.SSE2 else LIMIT


@functools.cache
def arguments(dtype):
    """Every so many bit patterns, ordinary numbers, and those near which something changes."""
    size = 8 * dtype.itemsize
    bits = np.linspace(0, 2**size - 1, 2**16 if size == 16 else 2**18, dtype=f"u{dtype.itemsize}")
    if dtype == F32:
        bits = np.arange(0, 2**32, 4097, dtype=np.uint64).astype(np.uint32)
    dense = [np.linspace(-limit, limit, 50001) for limit in (1, 3, 12, 110)]
    if dtype == F64:
        dense.append(np.linspace(-750, 750, 50001))
    near = [0.35, 0.41421356, 0.5, 0.55, 0.7071067, 0.75, 0.9, 1, 1.4142135, 2.4142135, 3.93, 7]
    near += [8.5, 9.01, 10, 20, 26.5, 27.3, 87.33655, 88.72284, 89.4159, 103.97208, 708.39642]
    near += [709.782712893384, 710.4758600739439, 745.1332191019412, 1e6, 2.0**30, 17.33, 37.43]
    near += [k * math.pi / 2 for k in range(1, 20)] + [1e5 * math.pi]
    near = np.array(near, dtype)
    around = [near]
    for direction in (np.inf, -np.inf):
        step = near
        for _ in range(4):
            step = np.nextafter(step, dtype.type(direction))
            around.append(step)
    around = np.concatenate([*around, *[-x for x in around]])
    known = np.finfo(dtype)
    ends = np.array([0, known.smallest_subnormal, known.tiny, known.max, np.inf], dtype)
    x = np.concatenate([bits.view(dtype), *[d.astype(dtype) for d in dense], around, ends, -ends])
    return x[~np.isnan(x)]


@functools.cache
def exact(name, dtype):
    """The function's values with more digits than the type has, where NumPy can give them."""
    x = arguments(dtype)
    if name in ("erf", "erfc"):
        return getattr(special, name)(x.astype(np.float64))
    x = x.astype(np.float64 if dtype != F64 else np.longdouble)
    if name == "sigmoid":
        power = np.exp(-np.abs(x))
        return np.where(x >= 0, 1, power) / (1 + power)
    return 1 / np.sqrt(x) if name == "rsqrt" else getattr(numeric, name)(x)


def errors(got, expected):
    """In units in the last place of `got`, at the expected value; infinite where one is special."""
    with np.errstate(all="ignore"):
        rounded = expected.astype(got.dtype)
        unit = np.spacing(np.abs(rounded)).astype(expected.dtype)
        result = np.abs(got.astype(expected.dtype) - expected) / unit
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    # Beyond the largest number by less than half a unit, both answers are right.
    result = np.where(np.isfinite(result) & np.isfinite(got), result, np.inf)
    return np.where(same & ~np.isfinite(result), 0, result)


def check(got, expected, arrays, limit):
    wrong = errors(got, expected)
    worst = int(np.argmax(wrong))
    where = [x[worst] for x in arrays]
    assert wrong[worst] <= limit, f"{wrong[worst]} at {where}: {got[worst]}, not {expected[worst]}"


@sampled(("dtype", "name"), product(FLOATS, NAMES), 5, ids=str)
def test_every_function_is_exact_to_two_units(goal, dtype, name):
    if dtype == F64 and not WIDE:
        pytest.skip("there is nothing more exact than float64 here")
    limit = limit_on(goal) if dtype != F16 else 0.51  # computed in float32
    (run,) = compiled([Case(name, [dtype], dtype, goal.lanes(dtype))], goal)
    x = arguments(dtype)
    # Of these the C library's float64 is all we have, itself right to one and to some units.
    slack = {"erf": 1.0, "erfc": 2.5}.get(name, 0) if dtype == F64 else 0
    slack += 1.5 if name == "sigmoid" and dtype != F16 else 0  # 1 / (1 + exp(-x)): up to 3.1
    check(run(x), exact(name, dtype), [x], limit + slack)


@sampled(("dtype", "name"), product((F32, F64), ["tanh", "erf", "sigmoid"]), 2, ids=str)
def test_none_goes_beyond_its_limits(goal, dtype, name):
    (run,) = compiled([Case(name, [dtype], dtype, goal.lanes(dtype))], goal)
    x = np.concatenate([arguments(dtype), np.linspace(3, 40, 100001).astype(dtype)])
    got, mirrored = run(x), run(-x)
    if name == "sigmoid":
        assert min(got.min(), mirrored.min()) == 0
    else:
        np.testing.assert_array_equal(mirrored, -got)
    assert max(got.max(), mirrored.max()) == 1


@sampled("lanes", [1, 2, 64], 3)
def test_any_number_of_lanes_will_do(lanes):
    goal = RUNNABLE["host"]
    for dtype in (F32, F64):
        cases = [Case(name, [dtype], dtype, lanes) for name in ("exp", "log", "tanh", "erf", "sin")]
        x = arguments(dtype)[::5]
        for run in compiled(cases, goal):
            check(run(x), exact(run.case.name, dtype)[::5], [x], LIMIT + 1)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", ["power", "atan2"])
def test_functions_of_two_numbers(goal, name, dtype):
    if dtype == F64 and not WIDE:
        pytest.skip("there is nothing more exact than float64 here")
    rng = np.random.default_rng(3)
    special_ = [0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 2.5, -2.5, np.inf, -np.inf, np.nan]
    special_ += [1e-5, 1e4, np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal, 1.0001]
    grid = np.meshgrid(np.array(special_, dtype), np.array(special_, dtype))
    spread = 3 if name == "power" else 6
    x = np.exp(rng.normal(size=50000) * spread) * rng.choice([1, -1], 50000)
    y = np.where(rng.random(50000) < 0.5, rng.integers(-20, 20, 50000), rng.normal(size=50000) * 9)
    arrays = [
        np.concatenate([special_.ravel(), more.astype(dtype)])
        for special_, more in zip(grid, (x, y), strict=True)
    ]
    wide = [a.astype(np.float64 if dtype != F64 else np.longdouble) for a in arrays]
    (run,) = compiled([Case(name, [dtype] * 2, dtype, goal.lanes(dtype))], goal)
    got, expected = run(*arrays), getattr(numeric, name)(*wide)
    check(got, expected, arrays, limit_on(goal))
    zeros = (got == 0) & (expected == 0)
    np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(expected[zeros]))


@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_gamma_functions_are_those_of_numpys_engine(goal, name):
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.normal(size=2000) * 20, np.arange(-20, 20), [1e300, -0.5, 1e-300]])
    x = np.concatenate([x, [np.inf, -np.inf, np.nan, 0.0, -0.0]])
    x = np.concatenate([x, [2.5599e305, 2.56e305, 1e307, np.finfo(F64).max]])
    cases = [Case(name, [dtype], dtype, goal.lanes(dtype)) for dtype in FLOATS]
    for run in compiled(cases, goal):
        dtype = run.case.result
        with np.errstate(over="ignore"):
            y = x.astype(dtype)
            expected = getattr(special, name)(y.astype(np.float64)).astype(dtype)
        # The two differ in their logarithm's last digit, which counts near the roots.
        size = np.finfo(dtype).eps
        np.testing.assert_allclose(run(y), expected, rtol=4 * size, atol=1e-13, err_msg=str(dtype))


def test_zeta_is_that_of_numpys_engine(goal):
    rng = np.random.default_rng(5)
    s = 1 + np.abs(rng.normal(size=600)) * 5
    s[::2] = np.rint(s[::2])
    q = np.where(rng.random(600) < 0.3, rng.integers(-9, 9, 600), rng.normal(size=600) * 10)
    special_ = np.meshgrid([1.0, 0.5, 2, 3, np.inf, np.nan], [0.0, -2, 1, np.inf, np.nan, -0.5])
    s, q = np.concatenate([special_[0].ravel(), s]), np.concatenate([special_[1].ravel(), q])
    cases = [Case("zeta", [dtype] * 2, dtype, goal.lanes(dtype)) for dtype in FLOATS]
    for run in compiled(cases, goal):
        dtype = run.case.result
        a, b = s.astype(dtype), q.astype(dtype)
        expected = special.zeta(a, b)
        np.testing.assert_allclose(run(a, b), expected, rtol=16 * np.finfo(dtype).eps)


def test_fma_rounds_once_where_it_can():
    x = np.float32(1 + 2**-12)
    a, b, c = (np.full(16, v, np.float32) for v in (x, x, -1))
    (run,) = compiled([Case("fma", [F32] * 3, F32, 16)], RUNNABLE["host"])
    once = np.float32(np.float64(x) * np.float64(x) - 1)
    twice = x * x - np.float32(1)
    assert once != twice
    assert (run(a, b, c) == once).all() or target.host().features.find("+fma") < 0


@sampled("name", [*NAMES, "lgamma", "digamma", "power", "atan2", "zeta", "mod"], 5)
def test_code_for_arm_is_valid(name):
    for dtype in FLOATS:
        count = 2 if name in ("power", "atan2", "zeta", "mod") else 1
        case = Case(name, [dtype] * count, dtype, target.NEON.lanes(dtype))
        assert "case0:" in jit.assembly_for(text_of([case], target.NEON), target.NEON)


# What may be called: others are not on every system, or are slow where an instruction would do.
ALLOWED = {"sin", "cos", "tan", "pow", "lgamma", "fmod", "fmodf"}
ROUNDING = {"floor", "floorf", "ceil", "ceilf", "rint", "rintf"}  # no instructions before SSE 4.1


@pytest.mark.parametrize(
    ("goal_", "more"), [(target.SSE2, ROUNDING), (target.AVX2, set()), (target.AVX512, set())]
)
@pytest.mark.slow
def test_few_functions_of_the_c_library_are_called(goal_, more):
    names = [*NAMES, "digamma", "lgamma", "floor", "ceil", "rint"]
    cases = [Case(name, [d], d, goal_.lanes(d)) for name in names for d in FLOATS]
    cases += [
        Case(name, [d, d], d, goal_.lanes(d)) for name in ("mod", "power", "zeta") for d in FLOATS
    ]
    cases += [Case("cast", [a], b, 4) for a in FLOATS for b in DTYPES]
    cases += [Case("cast", [a], b, 4) for a in DTYPES for b in FLOATS]
    assembly = jit.assembly_for(text_of(cases, goal_), goal_)
    called = re.findall(r"(?:call|jmp)q?\s+([a-z_]\w*)|movabsq\s+\$([a-z_]\w*)", assembly)
    outside = {a or b for a, b in called if f"\n{a or b}:" not in assembly}
    assert outside <= ALLOWED | more
    assert "lgamma" in outside  # so calls are found


def test_a_module_has_a_long_function_once():
    case = Case("sin", [F32], F32, 16)
    text = text_of([case, case, case], target.AVX512)
    assert text.count("define internal <16 x float> @sin_v16f32") == 1
