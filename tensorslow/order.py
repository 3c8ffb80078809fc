"""The order in which operations can run: each after what it needs."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from tensorslow.errors import GraphError
from tensorslow.graph import Operation, Tensor


def needed(targets: Iterable[Operation], known: Iterable[Tensor]) -> list[Operation]:
    """The operations that must run for the targets.

    They come in the order of creation or, where that is not possible, in the nearest to it.

    Args:
        targets: what is to be run.
        known: tensors that have a value already, so that what computes them is not needed.

    Raises:
        GraphError: there is a circle.
    """
    known = set(known)
    found: set[Operation] = set()
    stack = list(targets)
    while stack:
        op = stack.pop()
        if op not in found:
            found.add(op)
            stack.extend(tensor.op for tensor in op.inputs if tensor not in known)
            stack.extend(op.control_inputs)
    order = sorted(found, key=_creation)
    if order and not order[0].graph.in_order:
        order = _topological(order, known)
    return order


def _creation(op: Operation) -> int:
    return op.id


def _topological(ops: list[Operation], known: set[Tensor]) -> list[Operation]:
    """The same operations, each after what it needs, otherwise in the order of creation."""
    waiting: dict[Operation, int] = {}
    followers: dict[Operation, list[Operation]] = {op: [] for op in ops}
    for op in ops:
        sources = {tensor.op for tensor in op.inputs if tensor not in known} | set(
            op.control_inputs
        )
        waiting[op] = len(sources)
        for source in sources:
            followers[source].append(op)
    ready = [(op.id, op) for op in ops if not waiting[op]]
    order = []
    while ready:
        _, op = heapq.heappop(ready)
        order.append(op)
        for follower in followers[op]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, (follower.id, follower))
    if len(order) < len(ops):
        stuck = [op for op in ops if waiting[op]]
        raise GraphError(
            f"{len(stuck)} operations wait for each other in a circle, so none can run",
            hint="take out the control input that closes it",
        ).locate("", [("node", op.describe()) for op in stuck[:5]])
    return order
