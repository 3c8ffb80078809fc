"""Gradients inside branches and loops: whether one reaches what a body reads, and why not.

The rules of these operations add to the very bodies that they differentiate, so they cannot be
asked as the others are. Their bodies are walked instead, with the same rules for what is in them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tensorslow.gradients import is_differentiable
from tensorslow.graph import Operation, Tensor
from tensorslow.order import needed


class Stop(NamedTuple):
    """Why no gradient flows to one input of an operation.

    Attributes:
        reason: what is the matter, in a sentence.
        remedy: what to do about it.
        fails: whether asking for a gradient here is an error; else it is None or zero.
    """

    reason: str
    remedy: str
    fails: bool = False


Stops = Callable[[Operation], list[Stop | None]]
_UNUSED = Stop(
    "what is computed from it inside does not become a result",
    "there is nothing to differentiate",
)


def body_stops(op: Operation, stops: Stops) -> list[Stop | None]:
    """For each input of a branch or a loop: None if gradient flows there, else why not.

    Args:
        op: the operation.
        stops: the same for operations inside.
    """
    count = len(op.inputs)
    if "body" in op.opdef.bodies:
        body = op.attrs["body"]
        walk = _Walk(body.params, body.results[: op.attrs["carries"]], stops)
        # What a loop does not differentiate gets a gradient of zeros, so only failures end it.
        return [walk.failure] * count
    bodies = [op.attrs[attr] for attr in op.opdef.bodies]
    # What only one branch has was added for a gradient that is there already.
    own = [ys for ys in zip(*(body.results for body in bodies)) if None not in ys]
    walks = [_Walk(body.params, [ys[i] for ys in own], stops) for i, body in enumerate(bodies)]
    failure = next((walk.failure for walk in walks if walk.failure), None)
    return [None, *(failure or _of_branches(walks, i) for i in range(count - 1))]


def _of_branches(walks: list[_Walk], i: int) -> Stop | None:
    """Why neither branch gives its i-th parameter a gradient."""
    found = [walk.stop(i) for walk in walks]
    return None if None in found else next((stop for stop in found if stop is not _UNUSED), _UNUSED)


class _Walk:
    """How gradient goes from the results of a body to its parameters."""

    def __init__(self, params: list[Tensor], results: list[Tensor], stops: Stops) -> None:
        self.params = params
        order = needed([y.op for y in results], ())
        reached = _reached(order, set(params))
        self._arrives = {y for y in results if is_differentiable(y)}
        self._met: list[tuple[Tensor, Stop]] = []
        for op in reversed(order):
            if op in reached and self._arrives.intersection(op.outputs):
                self._pass(op, stops(op))
        self.failure = next((stop for _, stop in self._met if stop.fails), None)

    def _pass(self, op: Operation, found: list[Stop | None]) -> None:
        for x, stop in zip(op.inputs, found):
            if stop is None:
                self._arrives.add(x)
            else:
                reason = f"inside it, {op.name!r} ({op.type}): {stop.reason}"
                reason += f"; created at {op.created_at}"
                self._met.append((x, stop._replace(reason=reason)))

    def stop(self, i: int) -> Stop | None:
        """Why no gradient flows to a parameter; None: it does."""
        param = self.params[i]
        if param in self._arrives:
            return None
        behind = (stop for x, stop in self._met if x is param or param.op in needed([x.op], ()))
        return next(behind, _UNUSED)


def _reached(order: list[Operation], params: set[Tensor]) -> set[Operation]:
    """The operations that differentiation may come through."""
    found: set[Operation] = set()
    for op in order:
        if any(is_differentiable(x) and (x in params or x.op in found) for x in op.inputs):
            found.add(op)
    return found
