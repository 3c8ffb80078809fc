"""Every row of the case table in machine code: value, gradient and second gradient, as in NumPy.

Rows share programs, since compiling is what takes the time; so what stands in different rows is
fused, too. A batch that disagrees is run again row by row, which tells a wrong operation from
a wrong fusion.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tensorslow.engines.interpret import NeedsValue
from tensorslow.engines.llvm.executable import ROWS, compile_plan
from tensorslow.engines.llvm.programs.program import NotCompiled
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.llvm.stages import run_stages
from tensorslow.engines.llvm.text.target import host
from tensorslow.ops.casting import bitcast
from tests.engines.llvm.compiled import Question, answers, owned
from tests.ops.case import Case
from tests.ops.cases import CASES
from tests.ops.laws import Program, Row, assert_all_near, present, row_of

BATCH = 24  # rows in one program
WIDE = np.dtype(np.float64)
LARGEST = float(np.finfo(np.float16).max)
# How many batches go by between two that are run every day.
DAILY = {WIDE: 8, np.dtype(np.float32): 16, np.dtype(np.float16): 100}


def question(case: Case, dtype: np.dtype) -> Question:
    """A row's results and gradients; second gradients in float64."""
    row = row_of(case) if dtype == WIDE else Row(case, arrays=case.cast(dtype))
    fetches = [*row.ys, *present(row.dxs if case.gradient else [])]
    if dtype == WIDE and case.gradient and case.second:
        fed, values = row.everything
        fetches += present(row.ddxs)
    else:
        fed, values = [*row.xs, *row.dys], [*row.arrays, *row.cotangents]
    program = Program(fetches, fed)
    return Question(program.run_plan.plan, owned(program.inputs(values)))


@cache
def batches(dtype: np.dtype) -> list[list[Case]]:
    """The rows, some at a time."""
    cases = [case for case in CASES if dtype == WIDE or can_be(case, dtype)]
    return [cases[i : i + BATCH] for i in range(0, len(cases), BATCH)]


def can_be(case: Case, dtype: np.dtype) -> bool:
    """Whether a row makes sense with its float64 arrays as another type."""
    wide = [x for x in case.arrays if x.dtype == WIDE]
    # (bitcast means something else there)
    return (
        bool(wide)
        and case.function is not bitcast
        and (dtype.itemsize > 2 or all(np.abs(x).max(initial=0) < LARGEST for x in wide))
    )


def parts() -> list[object]:
    """Type and number of each batch."""
    return [
        pytest.param(dtype, i, id=f"{dtype}-{i}", marks=[pytest.mark.slow] if i % every else [])
        for dtype, every in DAILY.items()
        for i in range(len(batches(dtype)))
    ]


def compiles_whole(asked: Question) -> bool:
    """Whether a plan needs no NumPy on the way."""
    if asked.plan.has_host:
        return False
    try:
        run_stages(simplify(asked.traced(ROWS)), (), host(), 1)
    except (NeedsValue, NotCompiled):
        return False
    return True


@pytest.mark.parametrize(("dtype", "number"), parts())
def test_compiled_rows_agree_with_numpy(dtype: np.dtype, number: int):
    asked = {case: question(case, dtype) for case in batches(dtype)[number]}
    whole = {case: one for case, one in asked.items() if compiles_whole(one)}
    for case, one in asked.items():
        if case not in whole:
            check_in_pieces(case, one)
    for (case, one), found in zip(whole.items(), answers(list(whole.values())), strict=True):
        try:
            assert_all_near(found, one.expected())
        except AssertionError as error:
            raise AssertionError(f"{case} {wrong_where(one)}: {error}") from error


def check_in_pieces(case: Case, asked: Question) -> None:
    """A row that cannot be compiled whole."""
    executable = compile_plan(asked.plan, asked.specs)
    assert_all_near(executable(list(asked.arrays)), asked.expected())
    is_complex = any(np.asarray(x).dtype.kind == "c" for x in asked.arrays)
    assert is_complex or case.without_jax, f"{case} needs NumPy: {executable.explain()}"


def wrong_where(asked: Question) -> str:
    """Whether the operation is wrong, or what it was fused with."""
    try:
        assert_all_near(answers([asked])[0], asked.expected())
    except AssertionError:
        return "is wrong"
    return "is wrong beside other rows only"
