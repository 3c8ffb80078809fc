"""The exercises of chapter 2, on lines, probabilities and softmax."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tensorslow.learn.exercise import Exercise, Mistake
from tensorslow.learn.exercises.answers import as_number, as_numbers, call, near

# 1: the distance of a point from a line


def _check_distance(answer: Any) -> str | None:
    found = as_number(answer)
    if found is None:
        return "The answer is one number."
    if near(found, 4):
        return None
    if near(found, 20):
        return "That is the score. A distance is the score **divided by the length** of $w$."
    if near(found, 0.8):
        return "You divided by $w \\cdot w = 25$; the length of $w$ is the square root of that."
    if near(found, 5):
        return "You left the **bias** out: the line does not go through the origin."
    if near(found, -4):
        return "The size is right. Is the score of this point positive or negative?"
    return "Compute the score $w \\cdot x + b$ first, then divide it by the length of $w$."


DISTANCE = Exercise(
    name="perceptrons.distance",
    question="""**Exercise 1: how far?** Take $w = (3, 4)$ and $b = -5$. How far is the point
    $x = (3, 4)$ from the line $w \\cdot x + b = 0$? Give the distance with its sign.""",
    check=_check_distance,
    right=(4, 4.0),
    mistakes=(
        Mistake(20, "divided by the length"),
        Mistake(0.8, "square root"),
        Mistake(5, "left the **bias** out"),
        Mistake(-4, "positive or negative"),
    ),
    idea="The score is $3 \\cdot 3 + 4 \\cdot 4 - 5 = 20$, and $w$ has length 5.",
)

# 2: a line through two points


def _check_line(answer: Any) -> str | None:
    found = as_numbers(answer, 3)
    if found is None:
        return "The answer is three numbers: `(w1, w2, b)`."
    size = float(np.abs(found).max())
    w1, w2, b = found / size if size else found  # the size of all three says nothing of a line
    if w1 == w2 == 0:
        return "With both weights zero the score is the same everywhere: there is no line."
    on_line = near([2 * w1 + b, w2 + b], [0, 0])
    if on_line:
        if b < 0:
            return None
        return "The right line, but the origin is on its **blue side**. What turns the sides round?"
    if near([2 * w1 - b, w2 - b], [0, 0]):
        return "Nearly: put (2, 0) into your score. The **sign of the bias** is wrong."
    if near(w1, -2 * w2):
        return "Your $w$ points **along** the line; it has to be perpendicular to it."
    if near(w1, 2 * w2):
        return "Your line is steep where it should fall gently: the **weights changed places**."
    return "Both points are on the line, so $2 w_1 + b = 0$ and $w_2 + b = 0$. Choose $b$ first."


LINE = Exercise(
    name="perceptrons.line",
    question="""**Exercise 2: a line through two points.** Find weights and a bias for which the
    line runs through the points $(2, 0)$ and $(0, 1)$, with the origin on the red side (where
    the score is negative). Answer with `(w1, w2, b)`.""",
    check=_check_line,
    right=(
        (1, 2, -2),
        (0.5, 1, -1),
        [3.0, 6.0, -6.0],
        (Fraction(1, 3), Fraction(2, 3), Fraction(-2, 3)),
        np.array([0.1, 0.2, -0.2], np.float32),
    ),
    mistakes=(
        Mistake((-1, -2, 2), "blue side"),
        Mistake((1e-10, 1e-10, -1e-10), "Choose $b$ first"),
        Mistake((1, 2, 2), "sign of the bias"),
        Mistake((2, -1, 0), "along"),
        Mistake((2, 1, -2), "changed places"),
    ),
    idea="""The score of $(2, 0)$ is $2 w_1 + b$ and that of $(0, 1)$ is $w_2 + b$; both are 0.
    The score of the origin is $b$ itself, so $b$ is negative: $b = -2$ gives $w = (1, 2)$.""",
)

# 3: what a step in the score does to a probability


def _check_odds(answer: Any) -> str | None:
    found = as_number(answer)
    if found is None:
        return "The answer is one number."
    if near(found, np.log(11)):
        return None
    if near(found, 0.09):
        return "That is the difference of the **probabilities**; the score is the log-odds."
    if near(found, np.log(0.99 / 0.9)):
        return "That is the log of the ratio of **probabilities**. Odds are $p / (1 - p)$."
    if near(found, np.log(99)):
        return "That is the score of 0.99 itself. How much is it **above** the score of 0.9?"
    if near(found, 11):
        return "The odds are multiplied by that. The score **adds**, so it needs a logarithm."
    if near(found, np.log10(11)):
        return "The exponential in the sigmoid has base e, so take the **natural** logarithm."
    return "Write down the odds $p / (1 - p)$ for both probabilities, then their logarithms."


ODDS = Exercise(
    name="perceptrons.odds",
    question="""**Exercise 3: from 0.9 to 0.99.** A perceptron with a sigmoid says 0.9. By how
    much must the score rise before it says 0.99? (Python's `np.log` is there to help.)""",
    check=_check_odds,
    right=(float(np.log(11)), 2.398, 2.4),
    mistakes=(
        Mistake(0.09, "difference of the **probabilities**"),
        Mistake(float(np.log(0.99 / 0.9)), "ratio of **probabilities**"),
        Mistake(float(np.log(99)), "**above** the score"),
        Mistake(11, "**adds**"),
    ),
    idea="The odds go from 9 to 99, eleven times as much; the log-odds rise by $\\log 11$.",
)

# 4: the shapes of a batch

_SHAPES = ((32, 5), (5, 3), (32, 3))


def _check_shapes(answer: Any) -> str | None:
    numbers = as_numbers(answer, 3, 2)
    if numbers is None:
        return "The answer is three pairs: `((..., ...), (..., ...), (..., ...))`."
    points, weights, scores = found = tuple(map(tuple, numbers.tolist()))
    if found == _SHAPES:
        return None
    if points == (5, 32):
        return "Here **each point is a row** of $X$, so there are as many rows as points."
    if weights == (3, 5):
        return "Your $W$ has a row a class. In $X W$ its rows meet the **columns of $X$**."
    if 32 in weights:
        return "The weights must fit **any number of points**: 32 cannot be in their shape."
    if scores == (32, 5):
        return "A point gets one **score a class**, not one a measurement."
    return "Begin with $X$, one row a point; then ask what $W$ must be so that $X W$ exists."


SHAPES = Exercise(
    name="perceptrons.shapes",
    question="""**Exercise 4: shapes.** A batch has 32 points with 5 measurements each; there are
    3 classes. What are the shapes of $X$, of $W$ and of the scores $X W + b$? Answer with three
    pairs, rows first: `((..., ...), (..., ...), (..., ...))`.""",
    check=_check_shapes,
    right=(_SHAPES, [[32, 5], [5, 3], [32, 3]]),
    mistakes=(
        Mistake(((5, 32), (5, 3), (32, 3)), "each point is a row"),
        Mistake(((32, 5), (3, 5), (32, 3)), "columns of $X$"),
        Mistake(((32, 5), (32, 3), (32, 3)), "any number of points"),
        Mistake(((32, 5), (5, 3), (32, 5)), "score a class"),
    ),
    idea="A row a point, a column a class: (32, 5) times (5, 3) is (32, 3).",
)

# 5: two columns of weights are one too many


def _check_two_classes(answer: Any) -> str | None:
    found = as_numbers(answer, 3)
    if found is None:
        return "The answer is three numbers: `(w1, w2, b)`."
    if near(found, [3, -3, 1.5]):
        return None
    if near(found, [-3, 3, -1.5]):
        return "That is the probability of **class 0**. Which score has to be subtracted?"
    if near(found, [4, -1, 2]):
        return "Those are the scores of class 1 alone: right only if class 0 **scores zero**."
    if near(found, [5, 1, 2.5]):
        return "You added the columns. The log-odds are a **difference** of scores."
    if near(found[:2], [3, -3]):
        return "The weights are right. The **biases** are scores, too: treat them alike."
    return "Divide both exponentials of the softmax by that of class 0, and compare with a sigmoid."


TWO_CLASSES = Exercise(
    name="perceptrons.two-classes",
    question="""**Exercise 5: one column is enough.** A softmax over two classes has the weights
    `W = [[1, 4], [2, -1]]` (one column a class) and the biases `b = [0.5, 2]`. Which weights and
    bias give a single *sigmoid* that equals its probability of class 1 (the second column)
    everywhere? Answer with `(w1, w2, b)`.""",
    check=_check_two_classes,
    right=((3, -3, 1.5), np.array([3, -3, 1.5])),
    mistakes=(
        Mistake((-3, 3, -1.5), "class 0"),
        Mistake((4, -1, 2), "scores zero"),
        Mistake((5, 1, 2.5), "**difference**"),
        Mistake((3, -3, 2), "**biases**"),
    ),
    idea="""$e^{a_1} / (e^{a_0} + e^{a_1}) = 1 / (1 + e^{-(a_1 - a_0)})$: take the second column
    less the first, and the second bias less the first.""",
)

# 6: a softmax that does not break


def _safe(scores: Any) -> Any:
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _naive(scores: Any) -> Any:
    weights = np.exp(scores)
    return weights / weights.sum(axis=1, keepdims=True)


def _less_the_mean(scores: Any) -> Any:
    return _naive(scores - scores.mean(axis=1, keepdims=True))


def _one_maximum(scores: Any) -> Any:
    return _naive(scores - scores.max())


def _one_sum(scores: Any) -> Any:
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum()


# Scores, and what is wrong if they come out wrong and those before did not.
_SOFTMAX_TRIALS: Sequence[tuple[list[list[float]], str]] = (
    ([[1, 2, 3], [0, 0, 0]], "Mild scores come out wrong already. Is it $e^{a_k}$ over their sum?"),
    (
        [[1000, 1001], [1000, 1000]],
        "Scores of 1000 give no numbers: $e^{1000}$ **overflows**. What may be subtracted?",
    ),
    (
        [[3000, 0, 0, 0]],
        "The row (3000, 0, 0, 0) still overflows: its **mean** is too little to subtract.",
    ),
    (
        [[1000, 1001], [0, 1]],
        "(0, 1) fails beside (1000, 1001): in that row all is rounded to 0. "
        "Each row needs **its own maximum**.",
    ),
)


def _check_softmax(answer: Any) -> str | None:
    for scores, hint in _SOFTMAX_TRIALS:
        array = np.array(scores, dtype=float)
        returned, failure = call(answer, array.copy())
        if failure:
            return failure
        found = as_numbers(returned, *array.shape)
        if found is None:
            return f"For scores of shape {array.shape} it must return numbers of the same shape."
        if near(found.sum(), 1) and len(array) > 1:
            return "All rows **together** sum to 1. Each row should: see `axis` and `keepdims`."
        if not near(found, _safe(array), 1e-6):
            return hint
    return None


SOFTMAX = Exercise(
    name="perceptrons.softmax",
    question="""**Exercise 6: a safe softmax.** Write a function that takes scores as a matrix, a
    row a point and a column a class, and returns the probabilities of each row. It should stand
    scores of any size, and rows that differ wildly from one another.
    `a.max(axis=1, keepdims=True)` is a column with the largest number of each row.""",
    check=_check_softmax,
    right=(_safe,),
    mistakes=(
        Mistake(_naive, "overflows"),
        Mistake(_less_the_mean, "**mean**"),
        Mistake(_one_maximum, "its own maximum"),
        Mistake(_one_sum, "**together**"),
    ),
    idea="""Subtract from each row its own maximum, take exponentials, divide by the sums of the
    rows, `w.sum(axis=1, keepdims=True)`.""",
)

EXERCISES = (DISTANCE, LINE, ODDS, SHAPES, TWO_CLASSES, SOFTMAX)
