"""The case table is complete: no operation escapes the laws."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from tensorslow import ops
from tensorslow.opdef import OpDef
from tests.ops.cases import CASES
from tests.ops.laws import Row

# These stand in a graph without computing anything.
NOTHING_TO_COMPUTE = {"Assert", "NoOp", "PlaceholderWithDefault", "VariableV2", "_Arg"}


def has_rows(opdef: OpDef) -> bool:
    """Operations with state, those with bodies, and those of the host are tested by programs."""
    by_programs = opdef.updates or opdef.bodies or opdef.host
    return not by_programs and opdef.name not in NOTHING_TO_COMPUTE


@pytest.mark.slow
def test_every_operation_is_in_some_row():
    modules = [
        importlib.import_module(f"tensorslow.ops.{module.name}")
        for module in pkgutil.iter_modules(ops.__path__)
    ]
    defined = {x for module in modules for x in vars(module).values() if isinstance(x, OpDef)}
    seen = set()
    for case in CASES:
        for known in ("all", "nothing"):
            row = Row(case, known)
            if case.gradient and case.second:
                assert row.ddxs is not None
            elif case.gradient:
                assert row.dxs is not None
            seen |= {op.opdef for op in row.graph.get_operations()}
    missing = [opdef.name for opdef in defined - seen if has_rows(opdef)]
    assert not missing, f"no row of the case table has {sorted(missing)}"
