"""The course: five chapters in which a reader builds what the library is made of.

Read it in the browser with `tensorslow learn`, or write it as a web site with
`tensorslow learn --export site/`. Each chapter is a marimo notebook, a plain Python file in
`chapters/`; its exercises are in `exercises/`, under the same name.
"""

from __future__ import annotations

from typing import NamedTuple


class Chapter(NamedTuple):
    """A chapter of the course: its file's name, its title, and what it is about in one line."""

    name: str
    title: str
    summary: str


CHAPTERS = (
    Chapter(
        "graphs",
        "Computational graphs",
        "A calculation as a data structure: operations, placeholders, variables, and the session "
        "that visits them in the right order.",
    ),
    Chapter(
        "perceptrons",
        "Perceptrons",
        "Two clouds of points, the line between them, and probabilities from distances.",
    ),
    Chapter(
        "criterion",
        "The training criterion",
        "What a good line is: maximum likelihood, cross-entropy, and why not the count of errors.",
    ),
    Chapter(
        "descent",
        "Gradient descent and backpropagation",
        "How to walk downhill, and how a graph finds its own slope by the chain rule.",
    ),
    Chapter(
        "networks",
        "Multi-layer perceptrons",
        "What no line can separate, hidden layers that can, and real handwritten digits.",
    ),
)


def chapter(name: str) -> Chapter:
    """The chapter of that name.

    Raises:
        KeyError: there is none.
    """
    for found in CHAPTERS:
        if found.name == name:
            return found
    raise KeyError(f"no chapter {name!r}; there are {', '.join(c.name for c in CHAPTERS)}")
