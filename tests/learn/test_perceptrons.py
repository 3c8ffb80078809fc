"""What chapter 2 claims about lines, probabilities and softmax."""

from __future__ import annotations

from time import process_time
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("marimo")

from tensorslow.learn.chapters import perceptrons as chapter

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


def errors(has, w, b):
    return sum(has.perceptron(x, w, b) != c for x, c in zip(has.points, has.is_blue))


def fewest_errors(points, labels):
    """The fewest errors of any line: between two critical directions nothing changes."""
    i, j = np.triu_indices(len(points), 1)
    along = points[i] - points[j]
    critical = np.arctan2(along[:, 0], -along[:, 1]) % np.pi
    critical = np.unique(np.concatenate([critical, critical + np.pi]))
    angles = (critical + np.roll(critical, -1)) / 2
    angles[-1] += np.pi
    order = np.argsort(np.stack([np.cos(angles), np.sin(angles)], axis=1) @ points.T, axis=1)
    # The line after the first k points in this order calls them red, the others blue.
    steps = np.where(labels[order] == 1, 1, -1)
    counts = np.sum(labels == 0) + np.cumsum(steps, axis=1)
    return counts.min()


def test_errors_of_the_lines_that_the_text_mentions(has):
    assert [has.perceptron(x, (1, 1), 0) for x in ([2, 1], [-2, 1], [0, -1])] == [1, 0, 0]
    assert errors(has, has.true_w, has.true_b) == 7
    assert errors(has, (1, 1), 0.5) == errors(has, (2, 2), 1)
    assert errors(has, (1, -1), 1) == 100 - errors(has, (-1, 1), -1)
    assert errors(has, (2.5, 2.0), -0.4) <= 7  # within the reach of the sliders
    assert fewest_errors(has.points, has.is_blue) == 5


def test_the_sliders_move_the_line(has):
    values = {"slide_w1": 2.5, "slide_w2": 2.0, "slide_b": -0.4}
    moved = {name: SimpleNamespace(value=value) for name, value in values.items()}
    outputs, _ = chapter.app.run(defs=moved)
    texts = "".join(output._mime_()[1] for output in outputs if hasattr(output, "_mime_"))
    assert "w = (2.5, 2), b = -0.4" in texts
    assert f"mark the {errors(has, (2.5, 2.0), -0.4)} points on the wrong side" in texts


def test_score_over_length_is_the_distance(has):
    w, b = np.array([1.5, 1.2]), -0.6
    along = np.linspace(-20, 20, 400_001)[:, None] * np.array([w[1], -w[0]]) / np.hypot(*w)
    on_line = -b * w / (w @ w) + along
    np.testing.assert_allclose(on_line @ w + b, 0, atol=1e-12)
    for x in has.points[:5]:
        nearest = np.min(np.linalg.norm(on_line - x, axis=1))
        assert abs(w @ x + b) / np.hypot(*w) == pytest.approx(nearest, abs=1e-6)


def test_the_sigmoid_keeps_its_promise(has):
    assert has.sigmoid(-2.0) == pytest.approx(1 - has.sigmoid(2.0), abs=1e-15)
    np.testing.assert_array_equal(has.true_w, [2.5, 2.0])
    assert has.true_b == -0.375
    np.testing.assert_allclose(has.kept, has.mean_promise, atol=0.02)
    # The score is the log-odds of the two densities, everywhere.
    squares = [((has.points - m) ** 2).sum(axis=1) for m in (has.red_centre, has.blue_centre)]
    log_odds = (squares[0] - squares[1]) / 2
    np.testing.assert_allclose(has.points @ has.true_w + has.true_b, log_odds, atol=1e-12)


def test_the_graph_computes_what_the_toy_does(has):
    toy = has.sigmoid(has.points @ has.true_w + has.true_b)
    np.testing.assert_allclose(has.session.run(has.p, {has.X: has.points}), toy, rtol=1e-14)
    assert has.session.run(has.p, {has.X: [[-1e4, -1e4]]}) == 0  # where exp overflows
    assert has.as_matrix < has.as_loop
    assert "inner dimensions differ: a has 2 columns, b has 3 rows" in has.shape_message


def test_softmax(has):
    assert np.isnan(has.broken).all()
    expected = has.toy_softmax(np.array([0.0, 1.0, -1.0]))
    np.testing.assert_allclose(has.safe[0], expected, rtol=1e-14)
    np.testing.assert_allclose(has.safe.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(has.toy_softmax(has.a), has.toy_softmax(has.a + 10), rtol=1e-14)
    np.testing.assert_allclose(has.toy_softmax(np.array([0, 1.5]))[1], has.sigmoid(1.5))


def test_where_exponentials_end():
    assert np.log(np.finfo(np.float64).max) == pytest.approx(709.8, abs=0.05)
    assert np.log(np.finfo(np.float32).max) == pytest.approx(88.7, abs=0.05)
    assert np.exp(-746.0) == 0 < np.exp(-745.0)


def test_three_classes(has):
    assert has.three_accuracy == 112 / 120
    sides = has.true_weights[:, 1:] - has.true_weights[:, :1]
    meeting = np.linalg.solve(sides.T, has.true_biases[0] - has.true_biases[1:])
    probabilities = has.three_session.run(has.p3, {has.X3: meeting[None]})
    np.testing.assert_allclose(probabilities, 1 / 3, rtol=1e-12)


def test_it_quotes_the_library_and_shows_pictures(run):
    text = "".join(run[0])
    for path in ("ops/matmul.py", "ops/exponential.py", "ops/softmax.py"):
        assert f"tensorslow/{path}, line " in text
    assert text.count('role="img"') >= 7
    assert "What TensorFlow does here" in text
