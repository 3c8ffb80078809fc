"""The exercises of chapter 4: steps downhill, rules of gradients, and the order of a walk."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from tensorslow.learn.exercise import Exercise, Mistake
from tensorslow.learn.exercises.answers import as_number, as_numbers, call, near


def _check_step(answer: Any) -> str | None:
    w = as_numbers(answer, 2)
    if w is None:
        return "The answer is a list of two numbers: the new $w_1$ and the new $w_2$."
    if near(w, [1.8, 0.2]):
        return None
    if near(w, [2.2, 1.8]):
        return "You went **uphill**: the step goes against the gradient, so subtract it."
    if near(w, [0.0, -7.0]):
        return "You took the whole gradient. The **step size** 0.1 multiplies it first."
    if near(w, [1.9, 0.6]):
        return "The **derivative of a square** has a factor 2: $(u^2)' = 2u$."
    if near(w, [0.2, 0.8]):
        return "That is the step itself. The **new weights** are the old ones minus the step."
    return "Differentiate with respect to each weight at $(2, 1)$, and go a tenth of that back."


def _check_bound(answer: Any) -> str | None:
    rate = as_number(answer)
    if rate is None:
        return "The answer is one number."
    if near(rate, 0.25):
        return None
    if near(rate, 1.0):
        return "That is the bound of the **flat** direction $w_1$. The steep one fails long before."
    if near(rate, 0.5):
        return "You took the factor 4 for the curvature, which is the **second derivative**."
    if near(rate, 0.125):
        return "With $1/c$ a single step **lands in the minimum**. It may be nearly twice as long."
    return "Find the larger of the two second derivatives, $c$; the bound is $2/c$."


INPUTS = {"J": ("c", "a"), "c": ("b", "x"), "b": ("a",), "a": ("x",), "x": ()}


def _check_order(answer: Any) -> str | None:
    names = list(answer.replace(",", " ").split()) if isinstance(answer, str) else answer
    if not isinstance(names, (list, tuple)) or not all(isinstance(x, str) for x in names):
        return 'The answer is a text such as `"J a b c x"`, or a list of names.'
    if sorted(names) != sorted(INPUTS):
        return f"Each of {', '.join(sorted(INPUTS))} is visited **exactly once**."
    at = {name: i for i, name in enumerate(names)}
    late = [(x, node) for node in INPUTS for x in INPUTS[node] if at[x] < at[node]]
    if not late:
        return None
    if at["x"] == 0:
        return "That is the order of the **forward** pass. Gradients come from the loss."
    if names[:3] == ["J", "c", "a"]:
        return "That is **breadth-first**. At $a$, what $b$ has to say has not arrived yet."
    x, node = late[0]
    return f"When ${x}$ is visited, its consumer ${node}$ has **not spoken yet**."


def _check_tanh(answer: Any) -> str | None:
    ys, dys = np.array([0.3, -0.8, 0.5]), np.array([2.0, -1.5, 0.7])
    found = []
    for y, dy in zip(ys, dys):
        value, hint = call(answer, float(y), float(dy))
        if hint is not None:
            return hint
        found.append(as_number(value))
    if None in found:
        return "Your function should return **one number**."
    if near(found, dys * (1 - ys**2)):
        return None
    if near(found, 1 - ys**2):
        return "That is the slope alone. **What arrives**, `dy`, multiplies it: the chain rule."
    if near(found, dys * ys * (1 - ys)):
        return "That is the rule of the **sigmoid**. Differentiate $\\tanh$ itself."
    if near(found, dys * (1 - np.tanh(ys) ** 2)):
        return "`y` is already $\\tanh x$; you took the **hyperbolic tangent twice**."
    return "Use $\\tanh' x = 1 - \\tanh^2 x$, and write it with the output $y = \\tanh x$."


def _check_bias(answer: Any) -> str | None:
    rows = np.array([[1, 10], [2, 20], [3, 30]])
    if as_numbers(answer, 3, 2) is not None:
        return "That has the shape of the sum. The gradient of $b$ has **the shape of $b$**."
    if as_numbers(answer, 3) is not None:
        return "You summed **along the wrong axis**: $b$ was repeated for each row."
    if as_number(answer) is not None:
        return "That is one number, but the two **columns** have nothing to do with each other."
    db = as_numbers(answer, 2)
    if db is None:
        return "The answer is a list of two numbers, one for each entry of $b$."
    if near(db, rows.sum(axis=0)):
        return None
    if near(db, rows.mean(axis=0)):
        return "That is the **mean**. Each row used the same $b$, and each adds its share."
    return "The same $b$ was added to three rows: add what arrives at these rows."


EXERCISES = (
    Exercise(
        name="descent.step",
        question=r"""
        **Exercise 1: one step by hand.** The loss is $J(w) = (w_1 - 1)^2 + 4 w_2^2$. You stand at
        $w = (2, 1)$. Where are you after one step of gradient descent with $\eta = 0.1$?
        Answer with a list of two numbers.
        """,
        check=_check_step,
        right=([1.8, 0.2], (1.8, 0.2), np.array([1.8, 0.2])),
        mistakes=(
            Mistake([2.2, 1.8], "uphill"),
            Mistake([0, -7], "step size"),
            Mistake([1.9, 0.6], "derivative of a square"),
            Mistake([0.2, 0.8], "new weights"),
            Mistake("left", "a list of two numbers"),
        ),
        idea=r"The gradient at $(2, 1)$ is $(2, 8)$; a tenth of it is $(0.2, 0.8)$.",
    ),
    Exercise(
        name="descent.bound",
        question=r"""
        **Exercise 2: the largest step.** For the same $J(w) = (w_1 - 1)^2 + 4 w_2^2$: below which
        $\eta$ does gradient descent converge from everywhere? Answer with a number.
        """,
        check=_check_bound,
        right=(0.25, Fraction(1, 4), np.float32(0.25)),
        mistakes=(
            Mistake(1.0, "flat"),
            Mistake(0.5, "second derivative"),
            Mistake(0.125, "lands in the minimum"),
            Mistake([0.25, 1.0], "one number"),
        ),
        idea="The curvatures are 2 and 8; the larger one sets the bound.",
    ),
    Exercise(
        name="descent.order",
        question=r"""
        **Exercise 3: an order that works.** In a graph, $a = 2x$, $b = a^2$, $c = b + x$ and
        $J = c \cdot a$. In which order may a walk that computes gradients visit the five nodes?
        Answer with a text such as `"J a b c x"`.
        """,
        check=_check_order,
        right=("J c b a x", ["J", "c", "b", "a", "x"], "J, c, b, a, x"),
        mistakes=(
            Mistake("J c a b x", "breadth-first"),
            Mistake("x a b c J", "forward"),
            Mistake("J c b x a", "not spoken yet"),
            Mistake("J c b a", "exactly once"),
        ),
        idea="Write down an order in which the values can be computed, and read it backwards.",
    ),
    Exercise(
        name="descent.tanh",
        question=r"""
        **Exercise 4: a rule of your own.** Write the gradient rule of $y = \tanh x$ as a function
        `lambda y, dy: ...`. It gets the output $y$ and what arrives there, $dy = \partial J /
        \partial y$, and returns $\partial J / \partial x$.
        """,
        check=_check_tanh,
        right=(lambda y, dy: dy * (1 - y * y), lambda y, dy: dy * (1 - y) * (1 + y)),
        mistakes=(
            Mistake(lambda y, dy: 1 - y * y, "What arrives"),
            Mistake(lambda y, dy: None, "one number"),
            Mistake(lambda y, dy: dy * y * (1 - y), "rule of the **sigmoid**"),
            Mistake(lambda y, dy: dy * (1 - np.tanh(y) ** 2), "hyperbolic tangent twice"),
            Mistake(0.5, "is a function"),
        ),
        idea=r"$\tanh' x = 1 - \tanh^2 x = 1 - y^2$, times `dy`.",
    ),
    Exercise(
        name="descent.bias",
        question=r"""
        **Exercise 5: a bias.** A bias $b$ with two entries was added to each row of a matrix with
        three rows. At the sum arrives `dy = [[1, 10], [2, 20], [3, 30]]`. What arrives at $b$?
        """,
        check=_check_bias,
        right=([6, 60], np.array([6.0, 60.0])),
        mistakes=(
            Mistake([[1, 10], [2, 20], [3, 30]], "the shape of $b$"),
            Mistake([2, 20], "**mean**"),
            Mistake([11, 22, 33], "wrong axis"),
            Mistake(66, "columns"),
        ),
        idea="Sum over the rows: each row used the same $b$.",
    ),
)
