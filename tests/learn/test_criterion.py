"""What chapter 3 claims about likelihood, cross-entropy and other losses."""

from __future__ import annotations

from time import process_time
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("marimo")

from tensorslow.learn.chapters import criterion as chapter

# To run a chapter takes seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run():
    """The texts of the chapter's outputs, and what its cells defined."""
    start = process_time()
    outputs, definitions = chapter.app.run()
    assert process_time() - start < 20  # seconds
    texts = [output._mime_()[1] for output in outputs if hasattr(output, "_mime_")]
    return texts, SimpleNamespace(**definitions)


@pytest.fixture(scope="module")
def has(run):
    return run[1]


@pytest.fixture(scope="module")
def best(has):
    """The weights and bias with the smallest mean cross-entropy, by Newton's method."""
    rows = np.column_stack([has.points, np.ones(100)])
    found = np.zeros(3)
    for _ in range(30):
        p = has.sigmoid(rows @ found)
        curvature = (rows * (p * (1 - p))[:, None]).T @ rows
        found -= np.linalg.solve(curvature, rows.T @ (p - has.is_blue))
    return found


def test_the_coin(has):
    ticks = np.linspace(0.01, 0.99, 99)
    likelihoods = [has.likelihood(p, has.tosses) for p in ticks]
    assert ticks[np.argmax(likelihoods)] == pytest.approx(0.7)
    assert np.mean(likelihoods) * 0.98 < 0.01  # its integral is not 1
    assert [has.likelihood(p, has.many_tosses) for p in (0.1, 0.5, 0.7, 0.9)] == [0, 0, 0, 0]
    assert ticks[np.argmin([has.loss_of_coin(p, has.many_tosses) for p in ticks])] == ticks[69]


def test_the_loss_is_minus_the_log_likelihood(has):
    p = has.sigmoid(has.points @ has.true_w + has.true_b)
    likelihood = np.prod(np.where(has.is_blue == 1, p, 1 - p))
    assert has.costs.sum() == pytest.approx(-np.log(likelihood), rel=1e-12)
    assert has.costs.mean() == pytest.approx(0.1855, abs=5e-5)
    assert has.share_of_seven == pytest.approx(0.70, abs=0.005)
    assert has.costs[np.argsort(has.costs)[-7:]].min() > np.log(2)  # they are the errors
    assert has.mean_cost(has.true_w, has.true_b) == pytest.approx(has.costs.mean(), rel=1e-12)


def test_what_a_confident_error_costs():
    assert round(np.log(0.01) / np.log(0.9)) == 44
    assert -np.log(0.01) == pytest.approx(4.6, abs=0.01)
    assert 16.11 < -np.log(1e-7) < 16.12


def test_only_the_cross_entropy_sees_the_length_of_the_weights(has):
    scaled = [(k * has.unit_w, k * has.unit_b) for k in has.lengths]
    assert {has.errors(w, b) for w, b in scaled} == {7}
    assert has.best_length == pytest.approx(2.7, abs=0.05)
    assert np.hypot(*has.true_w) == pytest.approx(3.2, abs=0.01)
    assert min(has.by_length) < 0.19 < 0.6 < has.by_length[0]


def test_the_count_of_errors_is_a_staircase(has):
    turns = np.random.default_rng(3).uniform(-180, 180, 500)
    pairs = [(has.turned(t), has.turned(t + 1e-6)) for t in turns]
    assert all(has.errors(u, has.true_b) == has.errors(v, has.true_b) for u, v in pairs)
    assert all(has.mean_cost(u, has.true_b) != has.mean_cost(v, has.true_b) for u, v in pairs)
    assert np.count_nonzero(np.diff(has.errors_by_turn)) <= 200
    near = [has.errors(has.turned(t), has.true_b) for t in np.linspace(58.8, 61.2, 101)]
    assert set(near) == {28}  # the last frame of the film is level


def test_the_squared_error_saturates(has):
    for a in (-8.0, -4.0, -1.0, 0.5, 3.0):
        p, h = has.sigmoid(a), 1e-6
        above, below = has.sigmoid(a + h), has.sigmoid(a - h)
        square = ((above - 1) ** 2 - (below - 1) ** 2) / (2 * h)
        assert square == pytest.approx(2 * (p - 1) * p * (1 - p), rel=1e-6, abs=1e-9)
        entropy = (np.log(below) - np.log(above)) / (2 * h)
        assert entropy == pytest.approx(p - 1, rel=1e-6)
    far = has.factors <= -2
    assert np.ptp(has.square_by_factor[far]) < 0.03
    assert np.ptp(has.cost_by_factor[far]) > 25


def test_the_toy_graph_breaks_and_the_fused_operation_does_not(has):
    assert has.J_of_graph == pytest.approx(has.costs.sum(), rel=1e-14)
    assert has.J_if_red == np.inf
    assert np.isnan(has.J_if_blue)
    score = has.true_w.sum() * 200 + has.true_b
    np.testing.assert_allclose(has.fused(has.far_point, [[1, 0]]), [score], rtol=1e-15)
    np.testing.assert_array_equal(has.fused(has.far_point, [[0, 1]]), [0.0])
    np.testing.assert_allclose(has.fused_costs, has.costs, atol=1e-14)


def test_the_mean_settles_at_the_entropy(has):
    p = has.sigmoid(has.fresh_points @ has.true_w + has.true_b)
    p = np.clip(p, 1e-12, 1 - 1e-12)  # where it is 0 or 1 the entropy is 0
    entropy = has.cross_entropy(p, p).mean()
    assert has.fresh_costs.mean() == pytest.approx(0.137, abs=5e-4)
    assert has.fresh_costs.mean() == pytest.approx(entropy, abs=1e-3)


def test_only_the_truth_is_cheapest():
    random = np.random.default_rng(4)
    for q, p in random.dirichlet(np.ones(4), (50, 2)):
        entropy, divergence = -np.sum(q * np.log(q)), np.sum(q * np.log(q / p))
        assert divergence > 0
        assert -np.sum(q * np.log(p)) == pytest.approx(entropy + divergence)


def test_the_lowest_point(has, best):
    assert has.mean_cost(best[:2], best[2]) == pytest.approx(0.1825, abs=5e-5)
    assert has.mean_cost((2.1, 1.7), -0.4) < 0.183  # the sliders can reach it
    fresh = has.fresh_points @ best[:2] + best[2]
    fitted = np.logaddexp(0, np.where(has.fresh_is_blue == 1, -fresh, fresh)).mean()
    assert fitted > has.fresh_costs.mean() + 0.001  # on new points the truth is better


def test_there_is_one_valley(has):
    random = np.random.default_rng(5)
    for u, v in random.normal(0, 4, (200, 2, 3)):
        middle = (u + v) / 2
        ends = (has.mean_cost(u[:2], u[2]) + has.mean_cost(v[:2], v[2])) / 2
        assert has.mean_cost(middle[:2], middle[2]) < ends


def test_the_sliders_move_the_dot(has):
    values = {"find_w1": 2.1, "find_w2": 1.7, "find_b": -0.4}
    moved = {name: SimpleNamespace(value=value) for name, value in values.items()}
    outputs, _ = chapter.app.run(defs=moved)
    texts = "".join(output._mime_()[1] for output in outputs if hasattr(output, "_mime_"))
    assert "A dot at (2.1, 1.7), where the loss is 0.1825" in texts
    assert f"with {has.errors((2.1, 1.7), -0.4)} errors" in texts


def test_it_quotes_the_library_and_shows_pictures(run):
    text = "".join(run[0])
    assert text.count("tensorslow/ops/losses.py, line ") == 3
    assert text.count('role="img"') >= 8
    assert "What TensorFlow does here" in text
