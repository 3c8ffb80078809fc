"""The exercises of chapter 3, on likelihood, cross-entropy and what it costs to be wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.learn.exercise import Exercise, Mistake
from tensorslow.learn.exercises.answers import as_number, call, near

# 1: the likelihood of a coin


def _coin(p: float, heads: int, tosses: int) -> float:
    return float(-heads * np.log(p) - (tosses - heads) * np.log(1 - p))


def _check_coin(answer: Any) -> str | None:
    p, heads, tosses = 0.3, 2, 5
    returned, failure = call(answer, p, heads, tosses)
    if failure:
        return failure
    found, wanted = as_number(returned), _coin(p, heads, tosses)
    if found is None:
        return "It must return one number."
    if near(found, wanted, 1e-6):
        return None
    if near(found, -wanted, 1e-6):
        return "That is the logarithm of the likelihood. The loss is **minus** that."
    if near(found, -heads * np.log(p), 1e-6):
        return "The tosses that showed **tails** are data, too: each has probability $1 - p$."
    if near(found, np.exp(-wanted), 1e-6):
        return "That is the likelihood, a **product**. Take its logarithm: then it is a sum."
    if near(found, wanted / np.log(10), 1e-6):
        return "Use the **natural** logarithm, `np.log`."
    return "Write the probability of this sequence as a product of `tosses` factors first."


COIN = Exercise(
    name="criterion.coin",
    question="""**Exercise 1: the loss of a coin.** Write a function `f(p, heads, tosses)`: minus
    the logarithm of the probability that a coin, which shows heads with probability `p`, gives
    exactly your sequence of `tosses` tosses, `heads` of them heads. (The order of the tosses is
    given: there is no binomial coefficient.)""",
    check=_check_coin,
    right=(_coin,),
    mistakes=(
        Mistake(lambda p, heads, tosses: -heads * np.log(p), "**tails**"),
        Mistake(lambda p, heads, tosses: -_coin(p, heads, tosses), "**minus**"),
        Mistake(lambda p, heads, tosses: p**heads * (1 - p) ** (tosses - heads), "**product**"),
    ),
    idea="$p^h (1 - p)^{n - h}$ becomes $-h \\log p - (n - h) \\log (1 - p)$.",
)

# 2: one confident error

_SAID = np.array([0.9, 0.9, 0.9, 0.01])


def _check_confident(answer: Any) -> str | None:
    found, wanted = as_number(answer), -np.log(_SAID).sum()
    if found is None:
        return "The answer is one number."
    if near(found, wanted):
        return None
    if near(found, wanted / 4):
        return "That is the **mean** over the points; asked for is the sum."
    if near(found, wanted / np.log(2)):
        return "You measured in **bits**. With `np.log` the unit is the nat."
    if near(found, -np.log(_SAID.mean())):
        return "You took the mean first and the logarithm **after it**. Each point has its own."
    if near(found, -wanted):
        return "Logarithms of probabilities are negative: the loss has a **minus sign**."
    if near(found, np.prod(_SAID)):
        return "That is the likelihood itself. Its **logarithm**, with a minus, is the loss."
    return "Add up $-\\log p$ for the four probabilities."


CONFIDENT = Exercise(
    name="criterion.confident",
    question="""**Exercise 2: one confident error.** Model A gives the right classes of four
    points the probabilities 0.9, 0.9, 0.9 and 0.01. Model B gives 0.6 to each; its
    cross-entropy, summed over the points, is $-4 \\log 0.6 = 2.04$. What is that of model A?""",
    check=_check_confident,
    right=(4.92, float(-np.log(_SAID).sum())),
    mistakes=(
        Mistake(1.23, "**mean** over"),
        Mistake(7.1, "**bits**"),
        Mistake(0.389, "**after it**"),
        Mistake(-4.92, "**minus sign**"),
    ),
    idea="Three times $-\\log 0.9 = 0.105$, and $-\\log 0.01 = 4.605$ once.",
)

# 3: the slope of the squared error


def _check_slope(answer: Any) -> str | None:
    found = as_number(answer)
    p = 1 / (1 + np.exp(4))
    if found is None:
        return "The answer is one number."
    if near(found, 2 * (p - 1) * p * (1 - p), 0.02):
        return None
    if near(found, p - 1):
        return "That is the slope of the **cross-entropy**. Here it is $(p - 1)^2$."
    if near(found, 2 * (p - 1)):
        return "That is the slope in $p$. By the chain rule it needs the **slope of the sigmoid**."
    if near(found, -2 * (p - 1) * p * (1 - p), 0.02):
        return "The size is right. Does the error grow or **fall** when the score rises?"
    if near(found, (p - 1) * p * (1 - p), 0.02):
        return "The square brings down a factor of **two**."
    return "The chain rule: the slope of $(p - 1)^2$ in $p$, times that of $p$ in $a$, $p(1 - p)$."


SLOPE = Exercise(
    name="criterion.slope",
    question="""**Exercise 3: a slope that vanishes.** A blue point has the score $a = -4$, so
    $p = \\sigma(a) = 0.018$: the model is badly wrong. What is the slope of the squared error
    $(p - 1)^2$ with respect to the score $a$? (That of the cross-entropy is $p - 1 = -0.982$.)""",
    check=_check_slope,
    right=(-0.0347, float(-2 / (1 + np.exp(-4)) * np.exp(4) / (1 + np.exp(4)) ** 2)),
    mistakes=(
        Mistake(-0.982, "**cross-entropy**"),
        Mistake(-1.964, "slope of the sigmoid"),
        Mistake(0.0347, "**fall**"),
        Mistake(-0.01735, "**two**"),
    ),
    idea="$2 (p - 1) \\cdot p (1 - p)$ with $p = 0.018$.",
)

# 4: the cross-entropy of a batch


def _batch(p: Any, c: Any) -> float:
    return float(-np.mean(np.sum(c * np.log(p), axis=1)))


def _check_batch(answer: Any) -> str | None:
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [0.2, 0.3, 0.5]])
    c = np.eye(3)[[0, 1, 2, 0]]
    returned, failure = call(answer, p.copy(), c.copy())
    if failure:
        return failure
    found, wanted = as_number(returned), _batch(p, c)
    if found is None:
        return "It must return one number for the whole batch."
    if near(found, wanted, 1e-6):
        return None
    if near(found, 4 * wanted, 1e-6):
        return "That is the **sum** over the points; divide by their number."
    if near(found, wanted / 3, 1e-6):
        return "You divided by the number of **entries**; divide by the number of rows."
    if near(found, -wanted, 1e-6):
        return "A loss should be **positive** where there is something to lose."
    if near(found, -np.mean(np.sum(np.log(p), axis=1)), 1e-6):
        return "The **other classes** count, too, in yours. What does the product with $c$ do?"
    return "Multiply $c$ by the logarithms, sum each row, take the mean, and change the sign."


BATCH = Exercise(
    name="criterion.batch",
    question="""**Exercise 4: a batch.** Write `f(p, c)`: the **mean** cross-entropy of a batch.
    `p` has the probabilities, a row a point and a column a class; `c` has the right classes in
    the same shape, as rows like `[0, 1, 0]`.""",
    check=_check_batch,
    right=(_batch, lambda p, c: -np.log(p[c == 1]).mean()),
    mistakes=(
        Mistake(lambda p, c: -np.sum(c * np.log(p)), "**sum**"),
        Mistake(lambda p, c: -np.mean(c * np.log(p)), "**entries**"),
        Mistake(lambda p, c: np.mean(np.sum(c * np.log(p), axis=1)), "**positive**"),
        Mistake(lambda p, c: -np.mean(np.sum(np.log(p), axis=1)), "**other classes**"),
    ),
    idea="`-np.mean(np.sum(c * np.log(p), axis=1))`",
)

# 5: the cross-entropy from scores


def _from_scores(a: Any, k: int) -> float:
    shifted = a - np.max(a)
    return float(np.log(np.sum(np.exp(shifted))) - shifted[k])


def _softmax(a: Any) -> Any:
    weights = np.exp(a - np.max(a))
    return weights / np.sum(weights)


def _by_log_of_softmax(a: Any, k: int) -> Any:
    return -np.log(_softmax(a)[k])


def _by_clipping(a: Any, k: int) -> Any:
    return -np.log(np.maximum(_softmax(a)[k], 1e-7))


def _unshifted(a: Any, k: int) -> Any:
    return np.log(np.sum(np.exp(a))) - a[k]


def _less_the_mean(a: Any, k: int) -> Any:
    return _unshifted(a - np.mean(a), k)


_SCORE_TRIALS: Sequence[tuple[list[float], int, str]] = (
    (
        [1, 2, 4],
        1,
        "Mild scores come out wrong already: it should be $\\log \\sum_j e^{a_j} - a_k$.",
    ),
    ([1000, 1000], 0, "For scores of 1000 the **exponentials overflow**. Subtract the maximum."),
    (
        [3000, 3000, 0, 0, 0, 0],
        0,
        "For (3000, 3000, 0, 0, 0, 0) it overflows: the **mean** is too little to subtract.",
    ),
)


def _check_from_scores(answer: Any) -> str | None:
    for scores, k, hint in _SCORE_TRIALS:
        returned, failure = call(answer, np.array(scores, dtype=float), k)
        if failure:
            return failure
        found = as_number(returned)
        if found is None:
            return "It must return one number."
        if near(found, -_from_scores(np.array(scores), k), 1e-6):
            return "That is $\\log p_k$; the loss is **minus** that."
        if not near(found, _from_scores(np.array(scores), k), 1e-6):
            return hint
    returned, failure = call(answer, np.array([0.0, 1000.0]), 0)
    found = as_number(returned)
    if failure or found is None:
        return failure or "It must return one number."
    if near(found, 1000, 1e-6):
        return None
    if np.isinf(found):
        return "For (0, 1000) the probability **rounds to 0** before its logarithm is taken."
    return "For (0, 1000) it should be 1000. A **floor** under $p$ hides how wrong the model is."


FROM_SCORES = Exercise(
    name="criterion.from-scores",
    question="""**Exercise 5: from scores.** Write `f(a, k)`: the cross-entropy of one point from
    its scores `a` (a vector), if class number `k` is right. For the scores (0, 1000) and class 0
    it should be 1000.""",
    check=_check_from_scores,
    right=(_from_scores,),
    mistakes=(
        Mistake(_by_log_of_softmax, "rounds to 0"),
        Mistake(_by_clipping, "**floor**"),
        Mistake(_unshifted, "exponentials overflow"),
        Mistake(_less_the_mean, "**mean**"),
        Mistake(lambda a, k: -_from_scores(a, k), "**minus**"),
    ),
    idea="""Subtract the maximum from all scores, then
    $\\log \\sum_j e^{a_j} - a_k$ with these.""",
)

# 6: what no model can avoid


def _check_entropy(answer: Any) -> str | None:
    found = as_number(answer)
    wanted = -0.7 * np.log(0.7) - 0.3 * np.log(0.3)
    if found is None:
        return "The answer is one number."
    if near(found, wanted):
        return None
    if near(found, 0):
        return "Loss 0 would need to be **sure and right** every time; the colours here vary."
    if near(found, -np.log(0.7)):
        return "That is the cost at a blue point only. The **red** three in ten cost more."
    if near(found, np.log(2)):
        return "That is what answering **one half** costs. Something better is known here."
    if near(found, wanted / np.log(2)):
        return "That is in **bits**; use the natural logarithm."
    return "Which probability should the best model give? Then take the mean of the two costs."


ENTROPY = Exercise(
    name="criterion.entropy",
    question="""**Exercise 6: the smallest loss.** At a certain place of the plane seven points
    in ten are blue, three are red, and nothing tells them apart. What is the smallest mean
    cross-entropy that any model can reach there?""",
    check=_check_entropy,
    right=(0.611, float(-0.7 * np.log(0.7) - 0.3 * np.log(0.3))),
    mistakes=(
        Mistake(0, "sure and right"),
        Mistake(0.357, "**red**"),
        Mistake(0.693, "**one half**"),
        Mistake(0.881, "**bits**"),
    ),
    idea="The best model says 0.7. It pays $-\\log 0.7$ seven times in ten, else $-\\log 0.3$.",
)

EXERCISES = (COIN, CONFIDENT, SLOPE, BATCH, FROM_SCORES, ENTROPY)
