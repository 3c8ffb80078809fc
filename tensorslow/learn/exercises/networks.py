"""The exercises of chapter 5: hidden units by hand, layers that collapse, starts, and counting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.learn.exercise import Exercise, Mistake
from tensorslow.learn.exercises.answers import as_number, as_numbers, call, near

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = np.array([0, 1, 1, 0])


def _check_output(answer: Any) -> str | None:
    found = as_numbers(answer, 3)
    if found is None or not np.all(np.isfinite(found)):
        return "The answer is a list of three numbers: $v_1$, $v_2$ and $c$."
    v1, v2, c = found
    total = CORNERS.sum(axis=1)
    scores = v1 * (total > 0.5) + v2 * (total > 1.5) + c
    if np.any(np.abs(scores) < 1e-12):
        return "One of the corners has the score 0: it lies **on the line**. Move the line off it."
    said = (scores > 0).astype(int)
    if np.array_equal(said, XOR):
        return None
    if np.array_equal(said, 1 - XOR):
        return "Exactly the **opposite**: change all signs."
    if np.array_equal(said, total > 0.5):
        return "That is *or*. At (1, 1) the second unit must **veto**: $v_2$ is negative."
    if np.array_equal(said, total > 1.5):
        return "That is *and*: only (1, 1) says 1. It is the corner that must **not**."
    corner = int(np.argmax(said != XOR))
    return f"At the corner {tuple(CORNERS[corner].tolist())} your unit says {said[corner]}."


FIRST, SECOND = np.array([[1, 2], [0, 1]]), np.array([[1, 0], [3, 1]])


def _check_linear(answer: Any) -> str | None:
    found = as_numbers(answer, 2, 2)
    if found is None:
        return "The answer is a matrix with two rows and two columns: `[[?, ?], [?, ?]]`."
    if near(found, FIRST @ SECOND):
        return None
    if near(found, SECOND @ FIRST):
        return "The points are rows: $(x A) B$. So $A$ stands **on the left** of the product."
    if near(found, FIRST * SECOND):
        return "You multiplied **entry by entry**. Layers are matrix products."
    if near(found, FIRST + SECOND):
        return "You added them. The second layer gets what the first **gives**, not the input."
    return "Use $(x A) B = x (A B)$."


def _many_starts(answer: Any) -> tuple[np.ndarray | None, str | None]:
    """The answer for four seeds, or a hint if it is not what was asked for."""
    made = []
    for seed in range(4):
        value, hint = call(answer, np.random.default_rng(seed), 400, 50)
        if hint is not None:
            return None, hint
        found = as_numbers(value, 400, 50)
        if found is None or not np.all(np.isfinite(found)):
            return None, "The function should return an array of **shape** `(inputs, units)`."
        made.append(found)
    return np.array(made), None


def _check_start(answer: Any) -> str | None:
    starts, hint = _many_starts(answer)
    if starts is None:
        return hint
    if np.ptp(starts) == 0:
        return "All weights are **the same**, so all hidden units would stay the same."
    if np.any(np.std(starts, axis=2) == 0):
        return "Some weights agree for **all units**: draw them all."
    if np.array_equal(starts[0], starts[1]):
        return "Each `rng` gives the same weights. Draw them **from `rng`**."
    mean, spread = float(np.mean(starts)), float(np.std(starts))
    if abs(mean) > spread:
        return "Their mean is far from 0: all units would see **nearly the same**."
    if spread > 0.2:
        return (
            f"With 400 inputs, scores spread by {spread * 20:.3g}: the sigmoids **saturate**. "
            "Scale the weights down as the number of inputs grows."
        )
    if spread < 0.01:
        return f"They spread by {spread:.2g} only: through some layers the signal **dies out**."
    return _check_few_inputs(answer)


def _check_few_inputs(answer: Any) -> str | None:
    """What is right for 400 inputs may have the wrong size for 4."""
    value, hint = call(answer, np.random.default_rng(0), 4, 50)
    found = as_numbers(value, 4, 50)
    if hint is not None or found is None:
        return hint or "With 4 inputs and 50 units the **shape** is not `(inputs, units)`."
    scores = 2 * float(np.std(found))  # of four inputs of size 1
    if not 0.2 < scores < 5:
        return (
            f"Right for 400 inputs; with 4 the scores have size {scores:.2g}. "
            "The scale has to **depend on `inputs`**."
        )
    return None


def _check_slopes(answer: Any) -> str | None:
    found = as_number(answer)
    if found is None:
        return "The answer is one number."
    if near(found, 0.25**10):
        return None
    if near(found, 2.5):
        return "You added the slopes. Along a path, the chain rule **multiplies** them."
    if near(found, 0.5**10):
        return "One half is the *value* of the sigmoid at 0. What is its **slope** there?"
    if near(found, 1):
        return "1 is the largest *value* of a sigmoid; its **largest slope** is less."
    if near(found, 0.25):
        return "That is **one layer**. There are ten."
    return "The slope is $y (1 - y)$. Where is it largest? Then take its tenth power."


def _check_count(answer: Any) -> str | None:
    found = as_number(answer)
    if found is None:
        return "The answer is one number."
    if found == 64 * 32 + 32 + 32 * 10 + 10:
        return None
    if found == 64 * 32 + 32 * 10:
        return "You counted the weights only. Each unit has a **bias**, too."
    if found == 64 * 32 + 32 + 32 * 10:
        return "The ten **outputs** have biases as well."
    if found == 64 * 32 * 10:
        return "You multiplied the two layers. Their numbers of weights **add up**."
    if found == 64 + 32 + 10:
        return "You counted units. There is a weight for each **pair** of units in adjacent layers."
    return "From $n$ to $m$ units, a layer has $n \\cdot m$ weights and $m$ biases."


EXERCISES = (
    Exercise(
        name="networks.output",
        question=r"""
        **Exercise 1: another way to XOR.** The first hidden unit says *or*
        ($h_1 = 1$ if $x_1 + x_2 > 0.5$, else 0), the second says *and* ($h_2 = 1$ if
        $x_1 + x_2 > 1.5$, else 0). Find weights for the output, so that $v_1 h_1 + v_2 h_2 + c$ is
        positive where XOR is 1, and negative where it is 0. Answer with `[v1, v2, c]`.
        """,
        check=_check_output,
        right=([1, -1, -0.5], (1, -2, -0.5), np.array([2.0, -3.0, -1.0])),
        mistakes=(
            Mistake([1, 1, -0.5], "veto"),
            Mistake([1, 1, -1.5], "only (1, 1)"),
            Mistake([-1, 1, 0.5], "opposite"),
            Mistake([1, -1, 0], "on the line"),
        ),
        idea="*Or*, but not *and*: $h_1$ speaks for it, $h_2$ against it, at least as loud.",
    ),
    Exercise(
        name="networks.linear",
        question=r"""
        **Exercise 2: two layers that are one.** A network without a bend computes $(x A) B$ with
        `A = [[1, 2], [0, 1]]` and `B = [[1, 0], [3, 1]]`. Which matrix $C$ computes the same in one
        layer, $x C$?
        """,
        check=_check_linear,
        right=(FIRST @ SECOND, [[7, 2], [3, 1]]),
        mistakes=(
            Mistake([[1, 2], [3, 7]], "on the left"),
            Mistake([[1, 0], [0, 1]], "entry by entry"),
            Mistake([[2, 2], [3, 2]], "You added them"),
        ),
        idea="Matrix products are associative.",
    ),
    Exercise(
        name="networks.start",
        question=r"""
        **Exercise 3: a good start.** Write a function `start(rng, inputs, units)` that returns the
        first weights of a layer, an array of shape `(inputs, units)`. `rng` is NumPy's generator
        (`rng.normal(size=...)`). No two units may be the same, and for inputs of size about 1 the
        scores should have size about 1, whether there are 4 inputs or 400.
        """,
        check=_check_start,
        right=(
            lambda rng, inputs, units: rng.normal(size=(inputs, units)) / inputs**0.5,
            lambda rng, inputs, units: rng.uniform(-1, 1, (inputs, units)) * (3 / inputs) ** 0.5,
            lambda g, n, m: g.normal(0, (2 / (n + m)) ** 0.5, (n, m)).tolist(),
        ),
        mistakes=(
            Mistake(lambda rng, inputs, units: np.zeros((inputs, units)), "the same"),
            Mistake(lambda rng, inputs, units: rng.normal(size=(inputs, units)), "saturate"),
            Mistake(lambda rng, inputs, units: rng.normal(0, 0.05, (inputs, units)), "depend on"),
            Mistake(lambda rng, inputs, units: rng.normal(size=(units, inputs)), "shape"),
            Mistake(lambda rng, inputs, units: 1 + 0.05 * rng.normal(size=(inputs, units)), "mean"),
        ),
        idea=r"A sum of $n$ independent terms of size 1 has size $\sqrt{n}$: divide by that.",
    ),
    Exercise(
        name="networks.slopes",
        question=r"""
        **Exercise 4: ten sigmoids.** A gradient goes back through ten layers, each with one sigmoid
        unit and the weight 1. By which factor is it multiplied *at most*?
        """,
        check=_check_slopes,
        right=(0.25**10, 9.5367e-07),
        mistakes=(
            Mistake(2.5, "multiplies"),
            Mistake(0.5**10, "**slope** there"),
            Mistake(1, "largest slope"),
            Mistake(0.25, "one layer"),
        ),
        idea=r"$y(1 - y)$ is at most $\tfrac14$, at $y = \tfrac12$.",
    ),
    Exercise(
        name="networks.count",
        question=r"""
        **Exercise 5: how many numbers?** The network above has 64 inputs, 32 hidden units and 10
        outputs. How many numbers does it learn?
        """,
        check=_check_count,
        right=(2410, 2410.0),
        mistakes=(
            Mistake(2368, "**bias**"),
            Mistake(2400, "outputs"),
            Mistake(20480, "add up"),
            Mistake(106, "pair"),
        ),
        idea="$64 \\cdot 32 + 32$ for the hidden layer, and $32 \\cdot 10 + 10$ for the output.",
    ),
)
