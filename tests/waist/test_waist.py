"""Twelve operations through the narrow waist: one definition, four namespaces, equal results."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow import arrays
from tensorslow.arrays import abstract, numeric
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.interpret import NeedsValue, run_in_pieces, run_plan
from tensorslow.engines.numpy import compile_plan
from tensorslow.plan import plan_run
from tensorslow.shapes import compatible
from tests.ops.laws import EXACTLY, assert_all_near
from tests.waist.pieces import QUICKLY, abstract_host, abstract_piece, jitted_piece, traced_piece
from tests.waist.programs import PROGRAMS, Program


@pytest.fixture(params=PROGRAMS, ids=lambda program: program.name)
def program(request) -> Program:
    return request.param


def test_the_loop_of_the_engine_and_the_plain_one_agree(program):
    run_plan_, inputs = program.plan()
    assert_all_near(
        run_plan(run_plan_.plan, numeric, inputs), compile_plan(run_plan_.plan)(inputs), EXACTLY
    )


def test_abstract_arrays_promise_what_numbers_keep(program):
    run_plan_, inputs = program.plan()
    expected = compile_plan(run_plan_.plan)(inputs)
    given = [TensorSpec(np.shape(x), np.asarray(x).dtype) for x in inputs]
    specs, _ = run_in_pieces(run_plan_.plan, given, abstract_piece, abstract_host)
    for spec, value in zip(specs, expected, strict=True):
        assert spec.dtype == np.asarray(value).dtype
        assert compatible(spec.shape, np.shape(value))


@pytest.mark.slow
def test_jax_agrees_under_jit(program):
    pytest.importorskip("jax", reason="jax is an extra")
    run_plan_, inputs = program.plan()
    actual, fallen = run_in_pieces(run_plan_.plan, inputs, jitted_piece(options=QUICKLY))
    assert_all_near(actual, compile_plan(run_plan_.plan)(inputs))
    assert not fallen


def test_the_written_program_agrees(program):
    run_plan_, inputs = program.plan()
    blocks = []
    actual, fallen = run_in_pieces(run_plan_.plan, inputs, traced_piece(blocks))
    assert_all_near(actual, compile_plan(run_plan_.plan)(inputs), EXACTLY)
    assert not fallen


def test_every_primitive_is_in_every_namespace():
    tracer = pytest.importorskip(
        "tensorslow.engines.llvm.programs.tracer", reason="the engine may go"
    )
    table = arrays.__doc__.partition("    elementwise ")[2]
    names = set(table.split()) - {
        "shape",
        "reduction",
        "contraction",
        "windows",
        "indexing",
        "control",
    } | {"shape"}
    missing = {
        label: sorted(name for name in names if not hasattr(namespace, name))
        for label, namespace in {
            "numeric": numeric,
            "abstract": abstract,
            "tracer": tracer.Tracer(),
        }.items()
    }
    assert missing == {"numeric": [], "abstract": ["host"], "tracer": []}


@pytest.mark.slow
def test_every_primitive_is_in_jax():
    jax_namespace = pytest.importorskip("tests.waist.jax_namespace", reason="jax is an extra")
    names = {
        name for name in dir(abstract) if callable(getattr(abstract, name)) and name[0].islower()
    }
    helpers = {
        "annotations",
        "as_spec",
        "elementwise",
        "partial",
        "reduce",
        "result_dtype",
        "broadcast",
    }
    assert not sorted(
        name for name in names - helpers if not hasattr(jax_namespace.JaxNamespace, name)
    )


def test_what_is_known_is_not_written_down():
    """Shape arithmetic is done while the program is written; only what depends on numbers is
    left."""
    x = ts.placeholder(ts.float64, None)
    rows = ts.shape(x)[0]
    y = ts.reshape(ts.exp(x), ts.stack([rows * 2, -1])) / ts.cast(rows, ts.float64)
    blocks = []
    run_in_pieces(plan_run([y], [x]).plan, [np.ones((3, 4))], traced_piece(blocks))
    assert str(blocks[0]) == "\n".join(
        [
            "a = input float64[3, 4]",
            "b = exp(a)  float64[3, 4]",
            "c = reshape(b, (6, -1))  float64[6, 2]",
            "d = divide(c, 3.0)  float64[6, 2]",
            "return d",
        ]
    )


def needing_a_value():
    """A program with one operation whose operand is known to its run alone."""
    x, size = ts.placeholder(ts.float64, [6]), ts.placeholder(ts.int32, [])
    y = ts.sin(ts.reshape(ts.exp(x), ts.stack([size + 1, -1])))
    return plan_run([y], [x, size]).plan, [np.arange(6.0) / 6, np.int32(1)]


def test_a_symbol_has_no_value():
    plan, inputs = needing_a_value()
    with pytest.raises(NeedsValue, match="is not known while the program is written"):
        traced_piece([])(plan.steps, dict(enumerate(inputs)), plan.constants, set(plan.outputs))


def test_what_needs_a_value_runs_in_numpy_alone():
    plan, inputs = needing_a_value()
    blocks = []
    (actual,), fallen = run_in_pieces(plan, inputs, traced_piece(blocks))
    np.testing.assert_array_equal(actual, np.sin(np.exp(inputs[0]).reshape(2, 3)))
    assert [error.step.op.type for error in fallen] == ["Reshape"]
    assert len(blocks) == 2  # before and after it


@pytest.mark.slow
def test_jax_repeats_a_loop_that_outgrew_its_buffers():
    pytest.importorskip("jax", reason="jax is an extra")
    (program,) = [program for program in PROGRAMS if program.name == "while_loop"]
    run_plan_, inputs = program.plan()
    actual, _ = run_in_pieces(run_plan_.plan, inputs, jitted_piece(max_trips=2, options=QUICKLY))
    assert_all_near(actual, compile_plan(run_plan_.plan)(inputs))


def test_a_fed_result_does_not_disturb_the_others():
    """What nobody needs goes to a slot of its own (it once overwrote the last one)."""
    x, y = ts.placeholder(ts.float64, [3]), ts.placeholder(ts.float64, [3])
    a, b = ts.unstack(x), ts.unstack(y)
    plan = plan_run([b[1], a[1]], [x, y, a[0], b[2]]).plan
    values = [np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0]), np.float64(5), np.float64(7)]
    assert compile_plan(plan)(values) == [20.0, 2.0]
