"""What chapter 4 claims about steps, orders of visits, and gradients."""

from __future__ import annotations

import os

import numpy as np
import pytest

NAMES = (
    "bound",
    "curvatures",
    "minimum",
    "wrong",
    "right",
    "gradient_errors",
    "difference_errors",
    "nothing",
    "cubes",
    "derivatives",
    "hessian",
    "exact_hessian",
    "losses",
    "accuracy",
)


@pytest.fixture(scope="module")
def chapter(ran):
    """What the cells of a clean kernel defined, by name, as text."""
    before = os.times()
    made = ran("descent", *NAMES)
    after = os.times()
    spent = after.children_user + after.children_system
    assert spent - before.children_user - before.children_system < 20  # seconds of processor time
    return made.defined


def number(text):
    """The value of a `repr` of numbers, lists, dictionaries and small arrays."""
    return eval(text, {"np": np, "array": np.array})


def test_the_bound_is_two_by_the_largest_curvature(chapter):
    smallest, largest = number(chapter["curvatures"])
    assert number(chapter["bound"]) == pytest.approx(2 / largest)
    assert 2.8 < number(chapter["bound"]) < 3.2  # the text says which of the slider's steps arrive
    assert 30 < largest / smallest < 32


@pytest.mark.parametrize(("rate", "arrives"), [(2.8, True), (3.2, False), (4, False), (6, False)])
def test_steps_below_the_bound_arrive_and_others_do_not(chapter, rate, arrives):
    rng = np.random.default_rng(1)  # the chapter's points
    red, blue = (rng.normal([m, m], [3, 0.7], (50, 2)) for m in (-0.6, 0.6))
    points, labels = np.vstack([red, blue]), np.repeat([0, 1], 50)
    w = np.array([-1.0, 1.0])
    for _ in range(100):
        w = w - rate * points.T @ (1 / (1 + np.exp(-points @ w)) - labels) / 100
    missed = np.linalg.norm(w - number(chapter["minimum"]))
    assert bool(missed < 0.01) is arrives


def test_breadth_first_is_wrong_at_x_and_reverse_post_order_right(chapter):
    assert number(chapter["wrong"]) == {"J": 1.0, "a": 7.0, "b": 1.0, "x": 2.0}
    assert number(chapter["right"]) == {"J": 1.0, "a": 7.0, "b": 1.0, "x": 14.0}


def test_registered_gradients_agree_with_differences(chapter):
    errors = number(chapter["gradient_errors"])
    rules = {name.partition(",")[0] for name in errors}
    assert rules == set("negative add multiply reduce_sum matmul log sigmoid softmax".split())
    assert max(errors.values()) < 1e-9


def test_differences_have_a_best_step(chapter):
    errors = number(chapter["difference_errors"])
    best = {bits: np.argmin(values) - 12 for bits, values in errors.items()}
    assert best == {64: -5, 32: -2}  # powers of ten
    assert min(errors[64]) < 1e-10
    assert min(errors[32]) > 1e5 * min(errors[64])


def test_derivatives_of_derivatives(chapter):
    assert number(chapter["cubes"]) == [8, 12, 12, 6]
    assert chapter["derivatives"].endswith("None]")
    assert chapter["nothing"] == "None"
    np.testing.assert_allclose(
        number(chapter["exact_hessian"]), number(chapter["hessian"]), atol=2e-6
    )


def test_the_perceptron_learns(chapter):
    losses = number(chapter["losses"])
    assert losses[0] > 200
    assert losses[-1] < 0.6
    assert np.all(np.diff(losses) < 0)
    assert number(chapter["accuracy"]) == 1
