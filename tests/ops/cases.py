"""All rows of the table of operations, family by family."""

from __future__ import annotations

import importlib.util
from importlib import import_module

from tests.ops.case import Case

FAMILIES = ("elementwise", "math", "array", "indexing", "reduce", "linalg", "nn", "conv", "random")


def _rows(family: str) -> list[Case]:
    module = f"tests.ops.cases_{family}"
    if importlib.util.find_spec(module) is None:
        return []
    rows: list[Case] = import_module(module).CASES
    return rows


CASES = [case for family in FAMILIES for case in _rows(family)]
