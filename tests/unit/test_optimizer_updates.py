"""Each update operation: alike in all namespaces, for rows as for the whole, and for unknowns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.arrays import numeric
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.interpret import run_in_pieces, run_plan
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.opdef import OpDef
from tensorslow.ops import optimizer_updates
from tensorslow.plan import plan_run
from tensorslow.shapes import compatible
from tests.ops.case import normal, positive
from tests.waist.pieces import abstract_piece, jitted_piece, traced_piece

# Both sides compute in float64; XLA may multiply and add in one step.
FLOAT64 = 1e-14

OPDEFS = {opdef.name: opdef for opdef in vars(optimizer_updates).values() if type(opdef) is OpDef}
ATTRS: dict[str, dict[str, Any]] = {
    "ApplyMomentum": {"use_nesterov": True},
    "SparseApplyMomentum": {"use_nesterov": True},
    "ApplyAdam": {"use_nesterov": True},
}
ROWS, COLUMNS = 5, 3


def values(opdef: OpDef, indices: Any = (3, 0, 3)) -> list[Any]:
    """An array for each operand: numbers between 0 and 1 where a root or a rate is."""
    arrays: list[Any] = []
    for i, label in enumerate(opdef.labels):
        if label == "indices":
            arrays.append(np.array(indices, np.int32))
        elif label in ("grad", "delta", "updates"):
            shape = (len(indices), COLUMNS) if "indices" in opdef.labels else (ROWS, COLUMNS)
            arrays.append(normal(*shape, seed=i))
        elif label in opdef.updates:
            # A mean gradient is small beside the root of the mean square.
            arrays.append(positive(ROWS, COLUMNS, seed=i) * (0.2 if label == "mg" else 1.0))
        else:
            arrays.append(np.float64(0.1 + 0.05 * i))
    return arrays


def planned(opdef: OpDef, unknown: bool = False) -> tuple[Any, list[Any]]:
    """The plan for one step, and its inputs."""
    with ts.Graph().as_default():
        arrays = values(opdef)
        fed, operands, state = [], [], {}
        for label, array in zip(opdef.labels, arrays, strict=True):
            if label in opdef.updates:
                operands.append(ts.Variable(array, name=label))
                state[operands[-1]] = array
            else:
                spec = () if unknown else (array.dtype, [None] * array.ndim)
                operands.append(ts.placeholder(*spec))
                fed.append(array)
        node = opdef.node(*operands, **ATTRS.get(opdef.name, {}))
        plan = plan_run(node.outputs, [x for x in operands if x not in state])
        return plan.plan, [*fed, *[state[cell] for cell in plan.reads]]


every_update = pytest.mark.parametrize("opdef", OPDEFS.values(), ids=OPDEFS)
BY_ROWS = {name: opdef for name, opdef in OPDEFS.items() if "indices" in opdef.labels}


@every_update
def test_the_written_program_agrees(opdef: OpDef) -> None:
    plan, inputs = planned(opdef)
    written, _ = run_in_pieces(plan, inputs, traced_piece([]))
    for found, wanted in zip(written, run_plan(plan, numeric, inputs), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.slow
@every_update
def test_jax_agrees(opdef: OpDef) -> None:
    plan, inputs = planned(opdef)
    expected = run_plan(plan, numeric, inputs)
    pytest.importorskip("jax", reason="jax is an extra")
    jitted, fallen = run_in_pieces(plan, inputs, jitted_piece())
    assert not fallen
    for found, wanted in zip(jitted, expected, strict=True):
        np.testing.assert_allclose(found, wanted, FLOAT64, FLOAT64)


@every_update
def test_static_types_are_kept(opdef: OpDef) -> None:
    for unknown in (False, True):
        plan, inputs = planned(opdef, unknown)
        specs = [TensorSpec(np.shape(x), np.asarray(x).dtype) for x in inputs]
        promised, _ = run_in_pieces(plan, specs, abstract_piece)
        for spec, value in zip(promised, run_plan(plan, numeric, inputs), strict=True):
            assert spec.dtype == value.dtype == np.float64
            assert compatible(spec.shape, value.shape)


@pytest.mark.parametrize("name", sorted(BY_ROWS.keys() - {"ScatterSub"}))
def test_rows_move_as_the_whole_would(name: str) -> None:
    opdef = OPDEFS[name]
    whole = OPDEFS[opdef.name.removeprefix("Sparse")]
    arrays = dict(zip(opdef.labels, values(opdef), strict=True))
    gradient = np.zeros((ROWS, COLUMNS))
    np.add.at(gradient, arrays["indices"], arrays["grad"])
    attrs = ATTRS.get(opdef.name, {})
    moved = opdef.compute(numeric, *arrays.values(), **attrs)
    dense = [gradient if label == "grad" else arrays[label] for label in whole.labels]
    expected = whole.compute(numeric, *dense, **attrs)
    for label, after, wanted in zip(opdef.updates, moved, expected, strict=True):
        np.testing.assert_array_equal(after[[0, 3]], wanted[[0, 3]])
        np.testing.assert_array_equal(after[[1, 2, 4]], arrays[label][[1, 2, 4]])


@pytest.mark.parametrize("opdef", BY_ROWS.values(), ids=BY_ROWS)
def test_no_row_at_all_changes_nothing(opdef: OpDef) -> None:
    arrays = values(opdef, indices=())
    found = opdef.compute(numeric, *arrays, **ATTRS.get(opdef.name, {}))
    for after, before in zip(found if isinstance(found, tuple) else [found], arrays, strict=False):
        np.testing.assert_array_equal(after, before)


@every_update
def test_operands_that_do_not_fit_are_named(opdef: OpDef) -> None:
    with ts.Graph().as_default():
        attrs = ATTRS.get(opdef.name, {})
        arrays = dict(zip(opdef.labels, values(opdef), strict=True))
        operands = {label: ts.constant(array) for label, array in arrays.items()}
        operands |= {label: ts.Variable(arrays[label], name=label) for label in opdef.updates}
        for label in sorted(set(arrays) - set(opdef.updates) - {"indices"}):
            fitting, operands[label] = operands[label], ts.stack([operands[label]] * 2)
            with pytest.raises(ShapeError, match=rf"{label} must have shape \["):
                opdef.node(*operands.values(), **attrs)
            operands[label] = ts.constant(arrays[label].astype(np.float32))
            with pytest.raises(DTypeError, match=rf"is float64 but {label} is float32"):
                opdef.node(*operands.values(), **attrs)
            operands[label] = fitting


def test_an_index_out_of_range_names_the_variable() -> None:
    with ts.Graph().as_default(), ts.Session() as session:
        w = ts.Variable(np.ones((3, 2), np.float32), name="w")
        rows = ts.placeholder(ts.int32, [None])
        slices = ts.IndexedSlices(ts.ones([1, 2]), rows)
        step = ts.train.GradientDescentOptimizer(0.1).apply_gradients([(slices, w)])
        with pytest.raises(RuntimeError, match=r"indices\[0\] = 7 is not in \[0, 3\)(.|\n)*'w'"):
            session.run(step, {rows: [7]})
