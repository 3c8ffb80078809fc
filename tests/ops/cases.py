"""All rows of the table of operations, family by family."""

from __future__ import annotations

from tests.ops import (
    cases_array,
    cases_conv,
    cases_elementwise,
    cases_indexing,
    cases_linalg,
    cases_math,
    cases_nn,
    cases_random,
    cases_reduce,
)
from tests.ops.case import Case

CASES: list[Case] = [
    *cases_elementwise.CASES,
    *cases_math.CASES,
    *cases_array.CASES,
    *cases_indexing.CASES,
    *cases_reduce.CASES,
    *cases_linalg.CASES,
    *cases_nn.CASES,
    *cases_conv.CASES,
    *cases_random.CASES,
]
