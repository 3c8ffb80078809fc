"""A recording: one run, made step by step in NumPy, of which every value is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorslow import nest
from tensorslow.arrays import numeric
from tensorslow.arrays.host import HostCalls, recorded
from tensorslow.engines.interpret import Values, run_step, run_steps, start
from tensorslow.engines.numpy import explain
from tensorslow.feeds import Feed, resolve_feed
from tensorslow.fetches import fetched_nodes
from tensorslow.graph import Graph, Operation, Tensor
from tensorslow.nodes import Node
from tensorslow.order import needed
from tensorslow.plan import Builder, Cell, Plan, Step, not_fed

Read = Callable[[Sequence[Cell]], list[Any]]  # what cells hold, all at one moment


@dataclass
class Recording:
    """What one run computed.

    Attributes:
        graph: the graph.
        fetches: the nodes that were asked for.
        feeds: the tensors that were fed.
        ops: the operations that the run needs, in the order of evaluation.
        values: by tensor; those that the run did not compute are missing.
        error: what ended the run, and
        failed: the operation where it ended, if it did.
    """

    graph: Graph
    fetches: list[Node]
    feeds: list[Tensor]
    ops: list[Operation]
    values: dict[Tensor, Any] = field(default_factory=dict)
    error: Exception | None = None
    failed: Operation | None = None


def record(
    graph: Graph, fetches: Any, feed_dict: Mapping[Any, Any] | None, read: Read
) -> Recording:
    """Runs fetches once, and keeps every value. Nothing of the state changes.

    An operation that fails ends the recording, which then has the values from before it.

    Args:
        graph: the graph.
        fetches: as for `Session.run`.
        feed_dict: as for `Session.run`.
        read: gives the values of variables and counters.

    Raises:
        GraphError, TypeError: a fetch or a feed is none, or does not fit.
    """
    nodes = [x for leaf in nest.flatten(fetches) for x in fetched_nodes(graph, leaf)]
    feeds = dict(feed_dict or {})
    fed = [resolve_feed(graph, key) for key in feeds]
    arrays = [Feed(tensor).convert(value) for tensor, value in zip(fed, feeds.values())]
    ops = needed([x.op if isinstance(x, Tensor) else x for x in nodes], fed)
    ops = [*(op for op in dict.fromkeys(x.op for x in fed) if op not in set(ops)), *ops]
    found = Recording(graph, nodes, fed, ops)
    slots = _Slots(nodes, fed)
    _check_fed(slots.plan)
    values = start(slots.plan, [*arrays, *read(slots.plan.inputs[len(fed) :])])
    with np.errstate(all="ignore"), recorded(HostCalls()):
        _run(found, slots.plan, values)
    for op in ops:
        for tensor in op.outputs:
            value = slots.value(tensor, values)
            if value is not None:
                found.values[tensor] = np.asarray(value)
    return found


def _check_fed(plan: Plan) -> None:
    for step in plan.steps:
        if step.op.opdef.compute is None:
            raise not_fed(step.op)


def _run(found: Recording, plan: Plan, values: Values) -> None:
    def run(step: Step, xp: Any, arguments: Sequence[Any], lift: Any) -> Sequence[Any]:
        try:
            return run_step(step, xp, arguments, lift)
        except Exception as error:
            found.error, found.failed = explain(step, arguments, error), step.op
            raise _Ended from error

    with suppress(_Ended):
        run_steps(plan.steps, numeric, values, run=run)


class _Ended(Exception):
    """A step failed, and the recording knows it."""


class _Slots:
    """The plan of a run, and the slot in which each tensor's value is.

    A plan that is finished has forgotten its tensors. So here it is looked at before and after.
    """

    def __init__(self, fetches: Sequence[Node], fed: Sequence[Tensor]) -> None:
        builder = Builder(fed)
        tensors = [x for x in fetches if isinstance(x, Tensor)]
        builder.run([x for x in fetches if isinstance(x, Operation)], tensors)
        outputs = [builder.slots[x] for x in tensors] + list(builder.latest.values())
        self._before = dict(builder.slots)
        self._constants = dict(builder.plan.constants)
        old = {id(step): (*step.inputs, *step.outputs) for step in builder.plan.steps}
        cells = {x: builder.slots[x] for x in builder.slots if x.op.opdef.variable}
        self.plan = builder.finish(outputs)
        self._now: dict[int, int] = {}
        for i, cell in enumerate(self.plan.inputs):
            if isinstance(cell, Tensor):
                self._now.setdefault(cells.get(cell, self._before[cell]), i)
        for step in self.plan.steps:
            self._now.update(zip(old[id(step)], (*step.inputs, *step.outputs)))

    def value(self, tensor: Tensor, values: Mapping[int, Any]) -> Any:
        """What a tensor was in the run; None if it was not computed."""
        slot = self._before.get(tensor)
        if slot is None:
            return None
        if slot in self._constants:
            return self._constants[slot]
        now = self._now.get(slot, -1)
        return values.get(now) if now >= 0 else None
