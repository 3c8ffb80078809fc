"""Optimizers, decays and moving averages give TensorFlow's numbers and names, step by step."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tests.reference.record_train import GOLDEN, averaged, decayed, trained
from tests.sampling import sampled

# TensorFlow's kernels take reciprocal roots, and form some sums in another order: a few units in
# the last place each step, of five.
TOLERANCE = {"float32": 2e-6, "float64": 1e-13}

RECORDED = json.loads(GOLDEN.read_text())


def _label(program: dict[str, Any]) -> str:
    rows = "rows" if program["sparse"] else "whole"
    return f"{program['optimizer']} {program['arguments']} {rows} {program['dtype']}"


@sampled("program", RECORDED["programs"], 5, ids=_label)
def test_training_goes_as_in_tensorflow(program: dict[str, Any]) -> None:
    found = trained(ts, program)
    tolerance = TOLERANCE[program["dtype"]]
    for wanted, step in zip(program["steps"], found["steps"], strict=True):
        np.testing.assert_allclose(step["loss"], wanted["loss"], tolerance)
        for name, value, expected in zip(
            found["variables"], step["values"], wanted["values"], strict=True
        ):
            np.testing.assert_allclose(value, expected, tolerance, tolerance, err_msg=name)


@pytest.mark.parametrize("program", RECORDED["programs"], ids=_label)
def test_training_makes_variables_and_nodes_of_the_same_names(program: dict[str, Any]) -> None:
    found = trained(ts, program)
    for key in ("train_op", "variables", "optimizer_variables", "slots"):
        assert found[key] == program[key]
    # For rows TensorFlow sums duplicates in the graph; its Ftrl has a further argument since 2.4.
    if not program["sparse"] and program["optimizer"] != "FtrlOptimizer":
        assert found["nodes"] == program["nodes"]


@pytest.mark.parametrize(("name", "arguments", "expected"), RECORDED["decays"])
def test_decays_are_those_of_tensorflow(
    name: str, arguments: dict[str, Any], expected: list[float]
) -> None:
    # The cosine's slope near its end makes float32's rounding of the fraction visible.
    np.testing.assert_allclose(decayed(ts, name, arguments), expected, 1e-5, 1e-8)


@pytest.mark.parametrize(("arguments", "expected"), RECORDED["averages"])
def test_moving_averages_are_those_of_tensorflow(
    arguments: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = averaged(ts, arguments)
    assert found["names"] == expected["names"]
    np.testing.assert_allclose(found["values"], expected["values"], 2e-6)
