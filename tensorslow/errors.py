"""The errors a user can meet: what was wrong, where, and what to do.

A check deep inside the library raises only the *what* and the *hint*. Whoever knows the node adds
the *where* with `locate`: `OpDef.node` while the graph is built, `engines.numpy.explain` while it
runs; the user's line is found by `origin.here`. So every message has the same four parts:

    ShapeError: MatMul: inner dimensions differ: a has 3 columns, b has 4 rows
      node  'scores' (MatMul), created at train.py:4:  scores = ts.matmul(x, w, name="scores")
      a     'x'  float32[?, 3]  created at train.py:2:  x = ts.placeholder(ts.float32, [None, 3])
      b     'w'  float32[4, 5]  created at train.py:3:  w = ts.placeholder(ts.float32, [4, 5])
      hint  b should have shape [3, 5], or pass transpose_a/transpose_b
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorslow import origin


class GraphError(ValueError):
    """Something is wrong with a graph or its use; the common base of all errors of this library.

    There are six classes, and each is also of the built-in kind that a Python programmer would
    catch.

    Args:
        what: one sentence that says what was wrong.
        hint: what to do about it.
    """

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.where: list[tuple[str, str]] = []  # (label, text): the node, then its operands
        self.raised_at = origin.here()

    def locate(self, subject: str, where: Sequence[tuple[str, str]]) -> GraphError:
        """Puts the operation's type in front and the places below, unless somebody already did."""
        if not self.where:
            self.what = f"{subject}: {self.what}" if subject else self.what
            self.where = list(where)
        return self

    @property
    def message(self) -> str:
        """The whole text, as TensorFlow's errors offer it."""
        return str(self)

    def __str__(self) -> str:
        rows = list(self.where) or [
            ("at", str(self.raised_at))
        ]  # no node: the user's line that asked
        if self.hint:
            rows.append(("hint", self.hint))
        width = max((len(label) for label, _ in rows), default=0)
        return "\n".join([self.what, *(f"  {label:<{width}}  {text}" for label, text in rows)])


class ShapeError(GraphError):
    """Sizes or ranks do not fit together."""


class DTypeError(GraphError, TypeError):
    """An element type is not what the operation takes."""


class FeedError(GraphError, TypeError):
    """A value is missing from the feeds, or is not what its tensor can hold."""


class GradientError(GraphError, LookupError):
    """A gradient was asked of an operation that has none."""


class ExecutionError(GraphError, RuntimeError):
    """An operation failed while it ran; `__cause__` is what its kernel said."""
