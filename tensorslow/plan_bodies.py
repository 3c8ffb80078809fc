"""How state goes through branches and loops: a body's variables and counters become arguments and
results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorslow.graph import Operation, Tensor

if TYPE_CHECKING:
    from tensorslow.plan import Builder, Cell, Plan, Versions


def add_control_flow(builder: Builder, op: Operation, before: Versions) -> None:
    """Adds the step for an operation with bodies."""
    (_add_loop if "body" in op.opdef.bodies else _add_cond)(builder, op, before)


class Body:
    """A body on its way to a plan: the steps are known, its state not yet agreed upon."""

    def __init__(
        self,
        builder: Builder,
        graph: Any,
        results: Sequence[Tensor | None],
        captured: Sequence[int],
    ) -> None:
        """Plans the steps.

        Args:
            builder: of the plan around it.
            graph: the body.
            results: those of its results that are wanted.
            captured: the slots, in the plan around it, of the last parameters.
        """
        self.params: list[Tensor] = graph.params
        constants = builder.plan.constants
        known = {
            param: constants[slot]
            for param, slot in zip(
                graph.params[len(graph.params) - len(captured) :], captured, strict=True
            )
            if slot in constants
        }
        self.builder = type(builder)(graph.params, known)
        self.results = list(results)
        self.builder.run([], [result for result in results if result is not None])
        self.drawn = [cell for cell in self.builder.latest if isinstance(cell, Operation)]

    def written(self, params: Sequence[Tensor]) -> list[int]:
        """Which of the parameters stand for variables that this body writes."""
        return [i for i, param in enumerate(params) if param in self.builder.latest]

    def value(self, cell: Cell) -> int:
        """The slot with what a cell holds at the end."""
        if cell in self.builder.latest or isinstance(cell, Operation):
            return self.builder.current(cell)
        return self.builder.slots[cell]

    def result_slots(self, like: Sequence[Tensor] = ()) -> list[int]:
        """The slots with the results; a variable among them is what any use of it sees, not what
        was written.

        Args:
            like: tensors with the types of the results, where some are missing (None).
        """
        self.builder.plan.missing = [i for i, x in enumerate(self.results) if x is None]
        return [
            self._zero(like[i].spec.dtype) if x is None else self.builder.slots[x]
            for i, x in enumerate(self.results)
        ]

    def _zero(self, dtype: Any) -> int:
        """The slot of a result that only the other branch has: nobody reads it."""
        slot = self.builder.new_slot()
        self.builder.plan.constants[slot] = np.zeros((), dtype)
        return slot

    def finish(self, inputs: Sequence[Cell], outputs: list[int]) -> Plan:
        """The plan from these parameters and counters to what is in these slots."""
        for cell in inputs:
            self.value(cell)
        return self.builder.finish(outputs, inputs)


def _add_cond(builder: Builder, op: Operation, before: Versions) -> None:
    wanted = [i for i, x in enumerate(op.outputs) if x in builder.used]
    graphs = {attr: op.attrs[attr] for attr in op.opdef.bodies}
    reads = [builder.use(op, x, before) for x in op.inputs[1:]]
    bodies = {
        attr: Body(builder, graph, [graph.results[i] for i in wanted], reads)
        for attr, graph in graphs.items()
    }
    written = sorted({i for body in bodies.values() for i in body.written(body.params)})
    drawn = list(dict.fromkeys(cell for body in bodies.values() for cell in body.drawn))
    plans = {}
    for attr, body in bodies.items():
        state = [body.params[i] for i in written] + drawn
        like = [op.outputs[i] for i in wanted]
        plans[attr] = body.finish(
            [*body.params, *drawn], [*body.result_slots(like), *map(body.value, state)]
        )
    inputs = [
        builder.use(op, x, before, continues=i - 1 in written) for i, x in enumerate(op.inputs)
    ]
    inputs += [builder.current(cell) for cell in drawn]
    outputs = [builder.slot_for(op.outputs[i]) for i in wanted]
    state_slots = [builder.new_slot() for _ in (*written, *drawn)]
    builder.step(op, inputs, [*outputs, *state_slots], {**op.attrs, **plans})
    builder.wrote(op, dict(zip([op.inputs[i + 1] for i in written], state_slots)))
    builder.latest.update(zip(drawn, state_slots[len(written) :]))


def _add_loop(builder: Builder, op: Operation, before: Versions) -> None:
    n, m = op.attrs["carries"], op.attrs["slices"]
    graph, cond_graph = op.attrs["body"], op.attrs["cond"]
    kept = [i for i in range(n + 1, len(op.outputs)) if op.outputs[i] in builder.used]
    reads = [builder.use(op, x, before) for x in op.inputs[1 + n + m :]]
    body = Body(builder, graph, [*graph.results[:n], *[graph.results[i - 1] for i in kept]], reads)
    cond = cond_graph and Body(builder, cond_graph, cond_graph.results, reads)
    captures = body.params[1 + n + m :]
    drawn = list(dict.fromkeys([*body.drawn, *(cond.drawn if cond else [])]))
    # A variable that the loop writes leaves the captures and goes from one iteration to the next.
    written = set(body.written(captures)) | set(cond.written(cond.params[1 + n :]) if cond else [])
    order = sorted(written), [i for i in range(len(captures)) if i not in written]

    def in_order(
        params: Sequence[Tensor], first: int, slices: Sequence[Tensor]
    ) -> tuple[list[Cell], list[Cell]]:
        state = [params[first + i] for i in order[0]] + drawn
        moving = [*params[1 : 1 + n], *state]
        return [params[0], *moving, *slices, *[params[first + i] for i in order[1]]], moving

    params, moving = in_order(body.params, 1 + n + m, body.params[1 + n : 1 + n + m])
    found = body.result_slots()
    plans = {"body": body.finish(params, [*found[:n], *map(body.value, moving[n:]), *found[n:]])}
    if cond:
        params, moving = in_order(cond.params, 1 + n, [])
        plans["cond"] = cond.finish(params, [*cond.result_slots(), *map(cond.value, moving)])
    at = 1 + n + m
    inputs = [
        builder.use(op, x, before, continues=i - at in written) for i, x in enumerate(op.inputs)
    ]
    state_in = [inputs[at + i] for i in order[0]] + [builder.current(cell) for cell in drawn]
    inputs = [*inputs[: 1 + n], *state_in, *inputs[1 + n : at], *[inputs[at + i] for i in order[1]]]
    state_out = [builder.new_slot() for _ in state_in]
    results = [builder.slot_for(op.outputs[i]) for i in (*range(n + 1), *kept)]
    attrs = {
        **op.attrs,
        **plans,
        "carries": n + len(state_in),
        "kept": [graph.results[i - 1].spec for i in kept],
    }
    builder.step(op, inputs, [*results[:n], *state_out, *results[n:]], attrs)
    builder.wrote(op, dict(zip([op.inputs[at + i] for i in order[0]], state_out)))
    builder.latest.update(zip(drawn, state_out[len(order[0]) :]))
