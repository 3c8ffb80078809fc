"""Twelve operations through the narrow waist: one definition, four namespaces, equal results."""

from __future__ import annotations

import numpy as np
import pytest

from tensorslow.arrays import numeric
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.numpy import compile_plan
from tensorslow.shapes import compatible
from tests.waist.interpret import run_in_pieces, run_plan
from tests.waist.pieces import abstract_piece, jitted_piece, traced_piece
from tests.waist.programs import PROGRAMS, Program

# Both sides compute in float64 by the same formulas; only the order of sums differs.
FLOAT64 = 1e-12


def assert_near(actual, expected, tolerance=FLOAT64):
    """Equal types and shapes, and values within `tolerance` of the largest."""
    for a, e in zip(actual, expected, strict=True):
        assert np.asarray(a).dtype == np.asarray(e).dtype
        scale = max(1.0, float(np.max(np.abs(e), initial=0.0)))
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance * scale)


@pytest.fixture(params=PROGRAMS, ids=lambda program: program.name)
def program(request) -> Program:
    return request.param


def test_the_loop_of_the_engine_and_the_plain_one_agree(program):
    run_plan_, inputs = program.plan()
    assert_near(run_plan(run_plan_.plan, numeric, inputs), compile_plan(run_plan_.plan)(inputs), tolerance=0)


def test_abstract_arrays_promise_what_numbers_keep(program):
    run_plan_, inputs = program.plan()
    expected = compile_plan(run_plan_.plan)(inputs)
    specs, _ = run_in_pieces(run_plan_.plan, [TensorSpec(np.shape(x), np.asarray(x).dtype) for x in inputs], abstract_piece)
    for spec, value in zip(specs, expected, strict=True):
        assert spec.dtype == np.asarray(value).dtype
        assert compatible(spec.shape, np.shape(value))


def test_jax_agrees_under_jit(program):
    pytest.importorskip("jax", reason="jax is an extra")
    run_plan_, inputs = program.plan()
    actual, fallen = run_in_pieces(run_plan_.plan, inputs, jitted_piece())
    assert_near(actual, compile_plan(run_plan_.plan)(inputs))
    assert not fallen


def test_the_written_program_agrees(program):
    run_plan_, inputs = program.plan()
    blocks = []
    actual, fallen = run_in_pieces(run_plan_.plan, inputs, traced_piece(blocks))
    assert_near(actual, compile_plan(run_plan_.plan)(inputs), tolerance=0)
    assert not fallen
