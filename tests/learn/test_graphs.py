"""Chapter 1 runs from a clean kernel, and what it says is so."""

from __future__ import annotations

import ast

import pytest

NAMES = [
    "toy_results", "forgotten", "misfit", "toy_visits", "too_deep", "z", "z_value", "told",
    "refused", "power", "length", "here", "there",
]  # fmt: skip


@pytest.fixture(scope="module")
def chapter(ran):
    return ran("graphs", *NAMES)


def test_it_takes_less_than_twenty_seconds(chapter):
    assert chapter.seconds < 20


def test_the_toy_maps_points(chapter):
    assert chapter.defined["toy_results"] == "[array([ 2, -1]), array([1, 1]), array([4, 2])]"


def test_the_library_agrees_with_the_toy(chapter):
    assert chapter.defined["z_value"] == "array([ 2., -1.])"
    assert chapter.defined["z"] == "<ts.Tensor 'z:0' shape=(2,) dtype=float64>"


def test_the_toy_breaks_in_four_ways(chapter):
    forgotten = ast.literal_eval(chapter.defined["forgotten"])
    assert forgotten.startswith("KeyError: <")
    assert "Placeholder object at 0x" in forgotten
    assert "size 3 is different from 2" in chapter.defined["misfit"]
    visits = ast.literal_eval(chapter.defined["toy_visits"])
    assert visits == {n: 2 ** (n + 1) - 1 for n in range(15)}
    assert ast.literal_eval(chapter.defined["too_deep"]).startswith("RecursionError")


def test_the_library_does_not(chapter):
    unfed, misfit = ast.literal_eval(chapter.defined["told"])
    assert "placeholder 'x' was not fed" in unfed
    assert "graphs.py:" in unfed
    assert 'x = ts.placeholder(ts.float64, [2], name="x")' in unfed
    assert "a value of shape [3] does not fit [2]" in misfit
    assert "a has 3 columns, b has 2 rows" in ast.literal_eval(chapter.defined["refused"])
    assert chapter.defined["power"] == f"np.float64({2.0**40})"
    assert chapter.defined["length"] == "np.int32(5001)"


def test_sessions_have_values_of_their_own(chapter):
    assert chapter.defined["here"] == "array([ 2., -1.])"
    assert chapter.defined["there"] == "array([101.,  98.])"
