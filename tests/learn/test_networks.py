"""What chapter 5 claims about lines, hidden units, starts, and digits."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

NAMES = (
    "line_loss",
    "line_chances",
    "xor_losses",
    "xor_accuracy",
    "start_losses",
    "unit_differences",
    "solved",
    "gaps",
    "stuck",
    "stuck_at",
    "ring_accuracy",
    "norms",
    "digit_losses",
    "digit_accuracy",
    "confusion",
    "engine_losses",
    "step_seconds",
)


@pytest.fixture(scope="module")
def chapter(ran):
    """What the cells of a clean kernel defined, by name."""
    pytest.importorskip("sklearn", reason="it brings the digits")
    before = os.times()
    made = ran("networks", *NAMES)
    after = os.times()
    spent = after.children_user + after.children_system
    assert spent - before.children_user - before.children_system < 20  # seconds of processor time
    scope = {"np": np, "array": np.array, "inf": math.inf}
    return {name: eval(text, scope) for name, text in made.defined.items()}


def test_no_line_does_better_on_xor_than_a_coin(chapter):
    assert chapter["line_loss"] == pytest.approx(math.log(2), abs=1e-6)
    np.testing.assert_allclose(chapter["line_chances"], 0.5, atol=1e-3)


def test_of_all_lines_none_gets_four_corners_right():
    corners, xor = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    angles = np.radians(np.arange(0, 360, 5))
    directions = np.stack([np.cos(angles), np.sin(angles)])
    scores = ((corners - 0.5) @ directions)[..., None] - np.linspace(-1, 1, 41)
    assert np.max(np.sum((scores > 0) == xor[:, None, None], axis=0)) == 3


def test_two_hidden_units_learn_xor(chapter):
    losses = chapter["xor_losses"]
    assert losses[100] == pytest.approx(math.log(2), abs=0.01)  # the text speaks of a plateau
    assert losses[200] > 0.65
    assert losses[400] < 0.2
    assert losses[-1] < 0.01
    assert chapter["xor_accuracy"] == 1


def test_equal_units_stay_equal(chapter):
    differences, losses = chapter["unit_differences"], chapter["start_losses"]
    assert differences["zeros"] == 0
    assert differences["all 0.5"] < 1e-12
    assert differences["random"] > 0.5
    assert losses["zeros"][-1] == pytest.approx(math.log(2), abs=1e-9)
    assert losses["all 0.5"][-1] > 0.5
    assert losses["random"][-1] < 0.05


def test_more_hidden_units_get_stuck_less(chapter):
    solved = chapter["solved"]
    assert solved[2] <= 16
    assert solved[2] < solved[3] <= solved[8] == 20
    np.testing.assert_allclose(chapter["stuck_at"], math.log(2) / 2, atol=0.03)
    gaps, stuck = np.array(chapter["gaps"]), np.array(chapter["stuck"])
    assert gaps[stuck].max() < 0.02
    assert gaps[~stuck].min() > 0.5


def test_three_lines_enclose_a_cloud(chapter):
    accuracy = chapter["ring_accuracy"]
    assert accuracy[1] < 0.75
    assert accuracy[2] < 0.92
    assert accuracy[3] > 0.98
    assert accuracy[8] > 0.99


def test_gradients_vanish_through_ten_sigmoids(chapter):
    first_by_last = {name: norms[0] / norms[-1] for name, norms in chapter["norms"].items()}
    assert first_by_last["sigmoid"] < 1e-6
    assert first_by_last["tanh"] > 0.5
    assert first_by_last["relu"] > 0.1


def test_the_network_reads_digits(chapter):
    assert chapter["digit_accuracy"] >= 0.95
    assert np.trace(chapter["confusion"]) == round(360 * chapter["digit_accuracy"])
    learnt, aside = np.transpose(chapter["digit_losses"])
    assert aside[-1] > 1.2 * learnt[-1]  # the curves part
    assert aside[5] < 1.2 * learnt[5]  # but not at first


def test_both_engines_do_the_same(chapter):
    losses = chapter["engine_losses"]
    np.testing.assert_allclose(losses["llvm"], losses["numpy"], rtol=1e-3)
    assert losses["numpy"][-1] < 0.2 * losses["numpy"][0]
    assert all(0 < seconds < 1 for seconds in chapter["step_seconds"].values())
