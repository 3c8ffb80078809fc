"""The exercises of chapter 1, computational graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tensorslow as ts
from tensorslow.learn.exercise import Exercise, Mistake
from tensorslow.learn.exercises.answers import as_number, as_numbers, call, near


def _check_by_hand(answer: Any) -> str | None:
    found = as_numbers(answer, 2)
    if found is None:
        return "The result is a point of the plane: a list of two numbers, such as `[0, 0]`."
    if near(found, [4, 2]):
        return None
    if near(found, [4, 0]):
        return (
            "Take care with the sign: the second row of $A$ is $(0, -1)$, so the second coordinate "
            "of $Ax$ is $0 \\cdot 3 - 1 \\cdot (-1)$."
        )
    if near(found, [3, 1]):
        return "That is $Ax$. There is still something to add."
    if near(found, [2, -1]):
        return "That is the result for $x = (1, 2)$, from the text above. Here $x$ is $(3, -1)$."
    if near(found, [3, -1]):
        return "That is $x$ itself: multiply it by $A$, then add $b$."
    return "First multiply: $Ax$ has one entry for each row of $A$. Then add $b$ to what you get."


def _names(answer: Any) -> list[str] | None:
    """An answer as a list of names; a string of words will do."""
    if isinstance(answer, str):
        return answer.replace(",", " ").split()
    if isinstance(answer, list | tuple | set | frozenset) and all(
        isinstance(name, str) for name in answer
    ):
        return [name.strip() for name in answer]
    return None


# By node: its inputs.
DIAMOND = {"p": (), "q": (), "s": ("p", "q"), "d": ("s", "p"), "e": ("s", "d")}


def _check_order(answer: Any) -> str | None:
    names = None if isinstance(answer, set | frozenset) else _names(answer)
    if names is None:
        return 'Write the names as a list in the order of the visits, such as `["p", "q"]`.'
    strangers = [name for name in names if name not in DIAMOND]
    if strangers:
        return (
            f"There is no node `{strangers[0]}` in this graph; it has `p`, `q`, `s`, `d` and `e`."
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        return f"`{twice}` is there more than once. Its value does not change, so once is enough."
    if set(names) != set(DIAMOND):
        missing = next(name for name in DIAMOND if name not in names)
        return f"`{missing}` is missing, and `e` cannot be computed without it."
    if names[0] == "e":
        return "That begins with the fetch. Its inputs have no value yet: it comes last."
    for i, name in enumerate(names):
        for earlier in DIAMOND[name]:
            if earlier not in names[:i]:
                return f"When it is the turn of `{name}`, its input `{earlier}` has no value yet."
    return None


def _check_visits(answer: Any) -> str | None:
    found = as_number(answer)
    if found is None:
        return "The answer is one number."
    hints = {
        2**10: "That is how often the *variable* is visited. The additions are visited, too.",
        2**11: "Nearly. With no doubling there is 1 visit, with one there are 3, with two 7.",
        11: "That is how many nodes there are. The toy visits most of them more than once.",
        21: "The visits do not grow by the same number each time: compare 0, 1, 2 and 3 doublings.",
        20: "Each doubling makes *two* visits out of every one below it, not two more.",
    }
    if found == 2**11 - 1:
        return None
    if found in hints:
        return hints[int(found)]
    return (
        "Let $v_n$ be the visits for $n$ doublings. The last node is visited once, and what is "
        "below it twice: what is $v_n$ then, given $v_{n-1}$?"
    )


class Plain:
    """A node for the checks: it has inputs, and a name."""

    def __init__(self, name: str, *inputs: Plain) -> None:
        self.name = name
        self.inputs = inputs


def _check_once(answer: Any) -> str | None:
    one, two = Plain("p"), Plain("q")
    total = Plain("s", one, two)
    last = Plain("e", total, Plain("d", total, one))
    found, hint = call(answer, last)
    if hint is None and found is ...:
        return "Your function still returns dots. What it shall return is a list of nodes."
    hint = hint or _fault(found, {one, two, total, last, last.inputs[1]})
    if hint is not None:
        return hint
    node = Plain("first")
    length = 20_000
    for _ in range(length):
        node = Plain("next", node)
    found, hint = call(answer, node)
    if hint is not None and "RecursionError" in hint:
        return (
            "Right for small graphs; but on a chain of 20,000 nodes Python gives up with a "
            "`RecursionError`. Keep a list of what is still to be visited, in place of calls."
        )
    if hint is not None:
        return f"Right for a small graph, but not for a chain of 20,000 nodes. {hint}"
    if len(found) != length + 1:
        return f"On a chain of {length + 1} nodes it returns {len(found)} of them."
    return None


def _fault(found: Any, nodes: set[Plain]) -> str | None:
    """What is wrong with an order of these nodes."""
    if not isinstance(found, Sequence) or isinstance(found, str):
        return f"The function shall return a list of nodes; it returns `{type(found).__name__}`."
    if not all(isinstance(node, Plain) for node in found):
        return "The list shall hold the nodes themselves, and nothing else."
    if len(set(found)) < len(found):
        twice = next(node for node in found if list(found).count(node) > 1)
        return (
            f"Node `{twice.name}`, which has two consumers, appears more than once. Remember which "
            "nodes are in the list already."
        )
    if set(found) != nodes:
        return f"It returns {len(found)} nodes of {len(nodes)}; inputs of inputs are needed, too."
    place = {node: i for i, node in enumerate(found)}
    for node in found:
        for earlier in node.inputs:
            if place[earlier] > place[node]:
                return (
                    f"`{node.name}` comes before its input `{earlier.name}`. A node may be put "
                    "into the list only when all its inputs are in it."
                )
    return None


def _check_squared_length(answer: Any) -> str | None:
    with ts.Graph().as_default():
        v = ts.placeholder(ts.float64, [None], name="v")
        found, hint = call(answer, v)
        if hint is not None:
            return hint
        if found is ...:
            return "Your function still returns dots. What it shall return is a tensor."
        if not isinstance(found, ts.Tensor):
            return (
                f"The function returns `{type(found).__name__}`. It shall return a tensor: a "
                "promise, made with functions of `ts`."
            )
        try:
            with ts.Session() as session:
                vectors = [[3.0, 4.0], [1.0, -2.0, 2.0]]
                got = [np.asarray(session.run(found, {v: vector})) for vector in vectors]
        except Exception as error:
            return f"The graph was made, but it does not run: {error}"
    return _hint_on_length(got)


def _hint_on_length(got: list[Any]) -> str | None:
    """What there is to say to the results for (3, 4) and (1, −2, 2)."""
    if got[0].shape == (2,):
        return (
            "For $(3, 4)$ your graph gives two numbers. Their *sum* is wanted: `ts.reduce_sum` "
            "adds up all elements."
        )
    if got[0].shape != () or got[1].shape != ():
        return f"The result should be one number; it has the shape {got[0].shape}."
    if near(got, [25, 9]):
        return None
    if near(got, [7, 1]):
        return "For $(3, 4)$ that gives 7. The elements are to be squared before they are added."
    if near(got, [49, 1]):
        return (
            "For $(3, 4)$ that gives 49: you add first and then square. It is the other way round."
        )
    if near(got, [5, 3]):
        return "That is the length. Its square is wanted: leave out the root."
    if near(got[0], 25):
        return (
            f"Right for $(3, 4)$; but for $(1, -2, 2)$ it should be 9, and is {float(got[1]):g}. "
            "The vector may be of any length."
        )
    return f"For $(3, 4)$ it should be 25, and your graph gives {float(got[0]):g}."


def _check_needed(answer: Any) -> str | None:
    names = _names(answer)
    if names is None:
        return 'Write the names as a set, such as `{"A", "x"}`.'
    found = {name.removesuffix(":0") for name in names}
    if found == {"b", "z"}:
        return None
    if "y" in found and found <= {"y", "b", "z"}:
        return "The value of `y` is given, so nobody computes it."
    if found == {"z"}:
        return "`z` adds two values. One is fed; where does the other come from?"
    if found & {"A", "x"}:
        return "`A` and `x` are used only to compute `y`, and `y` is fed: the walk stops there."
    if any("/" in name for name in found):
        return "What initialises a variable, or reads it by a name of its own, is no input of `z`."
    return "Begin at `z` and follow its inputs, but not beyond what is fed."


def _recursive_once(node: Any) -> list[Any]:
    """Right but for deep graphs."""
    order: list[Any] = []

    def visit(node: Any) -> None:
        if node not in order:
            for earlier in node.inputs:
                visit(earlier)
            order.append(node)

    visit(node)
    return order


def _right_once(node: Any) -> list[Any]:
    order: list[Any] = []
    seen: set[Any] = set()
    stack = [(node, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((earlier, False) for earlier in node.inputs)
    return order


def _toy_order(node: Any) -> list[Any]:
    return [x for earlier in node.inputs for x in _toy_order(earlier)] + [node]


def _exercise(
    name: str,
    question: str,
    check: Callable[[Any], str | None],
    right: tuple[Any, ...],
    mistakes: tuple[Mistake, ...],
    idea: str,
) -> Exercise:
    return Exercise(f"graphs.{name}", question, check, right, mistakes, idea)


EXERCISES = (
    _exercise(
        "by-hand",
        "**Exercise 1.** What does the map make of $x = (3, -1)$? Compute it by hand, and write "
        "the result as a list of two numbers.",
        _check_by_hand,
        right=([4, 2], (4.0, 2.0), np.array([4, 2])),
        mistakes=(
            Mistake([4, 0], "sign"),
            Mistake([3, 1], "still something to add"),
            Mistake([2, -1], "from the text above"),
            Mistake([3, -1], "$x$ itself"),
        ),
        idea="$Ax = (3, 1)$, since $-1 \\cdot (-1) = 1$. Adding $(1, 1)$ gives $(4, 2)$.",
    ),
    _exercise(
        "order",
        """
        **Exercise 2.** A graph has the placeholders `p` and `q` and three operations: `s = p +
        q`, `d = s * p` and `e = s + d`. The fetch is `e`. Write the names of the nodes in an
        order in which the session can compute them, each once: a list of five strings. There is
        more than one.
        """,
        _check_order,
        right=(["p", "q", "s", "d", "e"], ("q", "p", "s", "d", "e"), "q, p, s, d, e"),
        mistakes=(
            Mistake(["e", "d", "s", "q", "p"], "begins with the fetch"),
            Mistake(["p", "q", "d", "s", "e"], "turn of `d`"),
            Mistake(["p", "q", "s", "p", "d", "e"], "more than once"),
            Mistake(["p", "s", "d", "e"], "`q` is missing"),
        ),
        idea="Post-order begins deep inside: `p` and `q`, then `s`, which needs both; `d` needs "
        "`s` and `p`; `e` needs `s` and `d`, and comes last. Only `p` and `q` may change places.",
    ),
    _exercise(
        "visits",
        "**Exercise 3.** How many nodes does `post_order(doubled(10))` visit, counting a node as "
        "often as it is visited? Find a formula rather than the number in the picture.",
        _check_visits,
        right=(2047, 2047.0, np.int64(2047)),
        mistakes=(
            Mistake(1024, "how often the *variable*"),
            Mistake(2048, "Nearly"),
            Mistake(11, "how many nodes there are"),
            Mistake(21, "by the same number"),
        ),
        idea="The last node is visited once and what is below it twice, so $v_n = 1 + 2 v_{n-1}$ "
        "with $v_0 = 1$. Hence $v_n = 2^{n+1} - 1$.",
    ),
    _exercise(
        "once",
        """
        **Exercise 4.** Write a better `post_order`: a function that takes a node and returns a
        list with it and all that it needs, each node **once** and after its inputs. It shall not
        call itself, so that a chain of 20,000 nodes is no problem. All that you need of a node
        is `node.inputs`.
        """,
        _check_once,
        right=(_right_once,),
        mistakes=(
            Mistake(_toy_order, "appears more than once"),
            Mistake(_recursive_once, "RecursionError"),
            Mistake(lambda node: _right_once(node)[::-1], "comes before its input"),
            Mistake(lambda node: [*node.inputs, node], "inputs of inputs"),
        ),
        idea="Keep a stack of pairs: a node, and whether its inputs have been dealt with. A node "
        "that comes off the stack for the first time goes back onto it, marked, with its inputs "
        "above it; when it comes off marked, it goes into the list. A set remembers which nodes "
        "had their first time.",
    ),
    _exercise(
        "squared-length",
        """
        **Exercise 5.** Write a function of a tensor `v` that returns a tensor: the sum of the
        squares of its elements, $v_1^2 + v_2^2 + \\dots$ You need `ts.multiply` or `*`, and
        `ts.reduce_sum`.
        """,
        _check_squared_length,
        right=(
            lambda v: ts.reduce_sum(v * v),
            lambda v: ts.reduce_sum(ts.square(v)),
            lambda v: ts.matmul(v, v),
            lambda vector: ts.reduce_sum(vector**2),
        ),
        mistakes=(
            Mistake(lambda v: v * v, "`ts.reduce_sum` adds"),
            Mistake(lambda v: ts.reduce_sum(v), "squared before"),
            Mistake(lambda v: ts.square(ts.reduce_sum(v)), "add first and then square"),
            Mistake(lambda v: ts.sqrt(ts.reduce_sum(v * v)), "leave out the root"),
            Mistake(lambda v: v[0] * v[0] + v[1] * v[1], "of any length"),
            Mistake(lambda v: 25.0, "`float`"),
        ),
        idea="`ts.multiply(v, v)` is a tensor of the squares; `ts.reduce_sum` of it is a tensor "
        "with their sum.",
    ),
    _exercise(
        "needed",
        "**Exercise 6.** If `z` is fetched and `y` is fed, which nodes of our graph take part in "
        "the run? Answer with a set of names; first think, then use the picture.",
        _check_needed,
        right=({"b", "z"}, ["z", "b"], "b z"),
        mistakes=(
            Mistake({"y", "b", "z"}, "nobody computes it"),
            Mistake({"z"}, "where does the other come from"),
            Mistake({"A", "x", "y", "b", "z"}, "the walk stops there"),
            Mistake({"b/read", "z"}, "a name of its own"),
        ),
        idea="The walk begins at `z`. Its inputs are `y`, whose value is given, and `b`. So `b` "
        "and `z` take part; `A` and `x` are above `y` and are never reached.",
    ),
)
