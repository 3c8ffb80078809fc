"""The first nan or infinity: which node made it, and why."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tests.inspector.networks import node

BEYOND = "numbers up to 1e+200 in size: the result is beyond float64, which ends at 1.8e+308"


def culprit(make, *values, dtype=ts.float64):
    xs = [ts.placeholder(dtype, name=f"x{i}") for i in range(len(values))]
    y = ts.identity(make(*xs), name="after") * 2.0
    document = ts.inspect(y, dict(zip(xs, values, strict=True)), engine=False).document
    found = document["culprit"]
    names = {x["id"]: x["name"] for x in document["nodes"]}
    return found and (names[found["node"]], found["what"], found["why"])


@pytest.mark.parametrize(
    ("make", "values", "what", "why"),
    [
        (ts.log, [[0.0, 1.0]], "inf", "log of 0: 1 of 2 elements of its operand"),
        (ts.log, [-2.0], "nan", "log of a number below 0: -2"),
        (ts.log1p, [-1.0], "inf", "log1p of -1: its operand"),
        (ts.divide, [[1.0, 0.0], 0.0], "nan", "0 / 0: the only element of the divisor"),
        (ts.divide, [1.0, [2.0, 0.0]], "inf", "x / 0: 1 of 2 elements of the divisor"),
        (ts.reciprocal, [0.0], "inf", "1 / 0: the only element of its operand"),
        (ts.exp, [1000.0], "inf", "exp of 1000: float64 holds no more than exp of 709.8"),
        (ts.sqrt, [[4.0, -1.0]], "nan", "square root of -1"),
        (ts.rsqrt, [0.0], "inf", "1 / square root of 0: the only element of its operand"),
        (ts.pow, [-2.0, 0.5], "nan", "a negative number (-2) to a power that is no integer"),
        (ts.pow, [0.0, -1.0], "inf", "0 to a negative power (-1)"),
        (ts.acos, [1.5], "nan", "acos outside [-1, 1]: 1.5"),
        (ts.square, [1e200], "inf", BEYOND),
        (lambda x: ts.reduce_mean(x), [np.zeros(0)], "nan", "Mean of no elements: 0 / 0"),
    ],
)  # fmt: skip
def test_the_reason_is_told(make, values, what, why):
    name, found, reason = culprit(make, *values)
    assert (found, reason) == (what, why)
    assert not name.startswith("after")


def test_it_is_the_first_of_many():
    name, what, why = culprit(lambda x: ts.log(ts.exp(x) - ts.exp(x), name="late"), [1000.0])
    assert (name, what) == ("Exp", "inf")
    assert why.startswith("exp of 1000")


def test_what_is_finite_has_none():
    assert culprit(ts.log, [1.0, 2.0]) is None


def test_what_was_fed_is_named():
    assert culprit(ts.square, [1.0, np.nan]) == ("x0", "nan", "nan was given as 'x0'")


def test_an_infinite_constant_is_meant_so():
    def masked(x):
        return ts.nn.softmax(ts.where(x > 0, x, ts.constant(-np.inf, ts.float64, [3])))

    assert culprit(masked, [1.0, -1.0, 2.0]) is None
    assert culprit(lambda x: masked(x) * 0.0 + ts.log(x), [1.0, 0.0, 2.0])[0] == "Log"


def test_an_operand_has_its_range():
    x = ts.placeholder(ts.float32, [3], name="x")
    document = ts.inspect(ts.log(x, name="y"), {x: [0, 1, 2]}).document
    assert document["culprit"]["operands"] == ["x  'x'  float32[3]  0 … 2"]
    assert document["culprit"]["node"] == node(document, "y")["id"]
    assert "first inf at 'y': log of 0" in repr(ts.inspect(ts.log(x), {x: [0, 1, 2]})).replace(
        "'Log'", "'y'"
    )


def test_of_a_branch_it_is_said_who_names_the_step_inside():
    x = ts.placeholder(ts.float32, [])
    y = ts.cond(x > 0, lambda: ts.log(x - x), lambda: x, name="chosen")
    culprit = ts.inspect(y, {x: 1.0}).document["culprit"]
    assert culprit["why"] == "a step inside made inf; Session(debug=True) names it"
