"""The plan: what a run of some fetches must do, in order, with the state made explicit.

A plan is a function written out as steps over numbered slots. It has no side effects: values of
variables and random counters come in as inputs and go out as outputs, so an engine only ever
computes `inputs → outputs`. Which value of a variable a use sees is decided here, for all engines:

- a use sees the writes that data or control dependencies put before it, else the value from before
  the run;
- a write that also reads (`assign_add`, an optimizer's step) continues from the last write;
- writes that nothing orders happen in the order in which they were created.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorslow.arrays import numeric
from tensorslow.arrays.spec import LARGEST_KNOWN
from tensorslow.errors import FeedError
from tensorslow.nodes import Node, Operation, Tensor
from tensorslow.opdef import CONST, as_tuple
from tensorslow.order import needed
from tensorslow.plan_bodies import add_control_flow

Cell = Node  # what has a state: a variable, or a random operation with its counter


@dataclass(slots=True)
class Step:
    """One operation of a plan: which slots it reads and writes.

    Attributes:
        op: the node.
        inputs: slots of its arguments; a random operation's counter is the last.
        outputs: slots of its results; -1: nobody needs that one.
        attrs: the node's attributes, with plans in place of graphs.
    """

    op: Operation
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    attrs: dict[str, Any]

    @property
    def has_effect(self) -> bool:
        """Whether it must run even if nobody reads its results."""
        return self.op.opdef.host or any(
            isinstance(v, Plan) and v.has_host for v in self.attrs.values()
        )


@dataclass(slots=True)
class Plan:
    """Steps from inputs to outputs.

    Attributes:
        steps: what to do, in this order.
        size: number of slots; the inputs have the first ones.
        inputs: what the first slots hold: fed tensors or parameters, then cells.
        outputs: the slots of the results.
        constants: values of slots that are known before the run.
        missing: which outputs only the sibling branch has; nobody reads them, and a zero stands
            there.
    """

    steps: list[Step] = field(default_factory=list)
    size: int = 0
    inputs: list[Cell] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    constants: dict[int, Any] = field(default_factory=dict)
    missing: list[int] = field(default_factory=list)
    has_host: bool = False


@dataclass(slots=True)
class RunPlan:
    """A plan for `Session.run`: which of its inputs and outputs are state.

    Attributes:
        plan: the inputs are the fed tensors, then `reads`; the outputs the fetches, then `writes`.
        reads: the cells whose values the run needs.
        writes: the cells whose values it replaces.
    """

    plan: Plan
    reads: list[Cell]
    writes: list[Cell]


def plan_run(fetches: Sequence[Node], fed: Sequence[Tensor]) -> RunPlan:
    """The plan that computes `fetches` (tensors, or operations to be run) from fed tensors.

    Raises:
        FeedError: a placeholder that is needed is not among them.
        GraphError: operations wait for each other in a circle.
    """
    builder = Builder(fed)
    tensors = [node for node in fetches if isinstance(node, Tensor)]
    builder.run([node for node in fetches if isinstance(node, Operation)], tensors)
    writes = list(builder.latest)
    outputs = [builder.slots[tensor] for tensor in tensors] + [
        builder.latest[cell] for cell in writes
    ]
    plan = builder.finish(outputs)
    for step in plan.steps:
        if step.op.opdef.compute is None:
            raise not_fed(step.op)
    return RunPlan(plan, plan.inputs[len(fed) :], writes)


def not_fed(op: Operation) -> FeedError:
    """The error for a placeholder without a value."""
    error = FeedError(
        f"placeholder {op.name!r} was not fed", hint="pass a value for it: feed_dict={x: …}"
    )
    error.locate("", [("node", op.outputs[0].describe())])
    return error


Versions = dict[Tensor, tuple[int, int]]  # of a variable: the number of the write, the slot it left


class Builder:
    """Writes a plan down, operation by operation."""

    def __init__(self, inputs: Sequence[Tensor], known: dict[Tensor, Any] | None = None) -> None:
        """Begins a plan.

        Args:
            inputs: what its first slots hold.
            known: inputs that are constants wherever the plan is used.
        """
        self.plan = Plan(inputs=list(inputs), size=len(inputs))
        self.inputs: dict[Cell, int] = {tensor: i for i, tensor in enumerate(inputs)}
        self.slots: dict[Tensor, int] = {}  # by tensor: the slot with its value
        for tensor, value in (known or {}).items():
            self.constant(tensor, value)
        for slot, tensor in enumerate(inputs):
            self.slots.setdefault(tensor, slot)
        self.latest: dict[Cell, int] = {}  # by cell: the slot left by the last write so far
        self._before: dict[Operation, Versions] = {}  # by operation: the writes put before its end
        # By operation and written variable: the slot in which the one saw the other.
        self._seen: dict[tuple[Operation, Tensor], int] = {}
        self._cells: dict[Cell, int] = {}  # by cell: the slot with its value from before the run
        self._nothing = -1
        self._must_run: set[Operation] = set()
        self.used: set[Tensor] = set()  # tensors that something needs
        # Where a tensor of known value is fed with another, what was computed from it is not known.
        self._trust_specs = all(x.spec.value is None or x in (known or {}) for x in inputs)

    def run(self, targets: Sequence[Operation], results: Sequence[Tensor]) -> None:
        """Adds the steps for targets, which must run, for results, and for all before them."""
        order = needed([*targets, *[x.op for x in results if x not in self.slots]], self.slots)
        self._must_run.update(targets)
        self.used.update(results)
        for op in order:
            self.used.update(op.inputs)
        for op in order:
            self._add(op)

    def cell(self, cell: Cell) -> int:
        """The slot with a cell's value from before the run; it becomes an input of the plan."""
        if cell not in self._cells:
            self._cells[cell] = self.new_slot()
        return self._cells[cell]

    def new_slot(self) -> int:
        """A slot that nothing uses yet."""
        self.plan.size += 1
        return self.plan.size - 1

    def _add(self, op: Operation) -> None:
        opdef = op.opdef
        before = self._merged(op)
        self._before[op] = before
        if opdef is CONST:
            self.constant(op.outputs[0], op.attrs["value"])
            self._must_run.update(op.control_inputs)
        elif opdef.variable:
            self.slots.setdefault(op.outputs[0], self.cell(op.outputs[0]))
        elif opdef.compute is None and op.outputs[0] in self.slots:
            pass  # a placeholder that is fed, or a body's parameter: its value is there
        elif opdef.bodies:
            add_control_flow(self, op, before)
        elif not self._folded(op):
            self._plain_step(op, before)

    def _plain_step(self, op: Operation, before: Versions) -> None:
        opdef = op.opdef
        labels = opdef.each_label(len(op.inputs))
        inputs = []
        for x, label in zip(op.inputs, labels, strict=True):
            if label in opdef.updates and opdef.overwrites:
                inputs.append(self.nothing())
            else:
                inputs.append(self.use(op, x, before, continues=label in opdef.updates))
        updated = [x for x, label in zip(op.inputs, labels, strict=True) if label in opdef.updates]
        outputs = [self.slot_for(tensor) for tensor in op.outputs]
        # Also where the output is fed, the variable gets what was computed.
        outputs[: len(updated)] = [
            slot if slot >= 0 else self.new_slot() for slot in outputs[: len(updated)]
        ]
        if opdef.draws:
            inputs.append(self.current(op))
            outputs.append(self.new_slot())
            self.latest[op] = outputs[-1]
        self.step(op, inputs, outputs, op.attrs)
        self.wrote(op, dict(zip(updated, outputs)))

    def nothing(self) -> int:
        """A slot that holds None, for what is not there."""
        if self._nothing < 0:
            self._nothing = self.new_slot()
            self.plan.constants[self._nothing] = None
        return self._nothing

    def slot_for(self, tensor: Tensor) -> int:
        """A new slot for an output; fed outputs keep what was fed."""
        if tensor in self.slots:
            return -1
        self.slots[tensor] = self.new_slot()
        return self.slots[tensor]

    def constant(self, tensor: Tensor, value: Any) -> None:
        """Notes that a tensor has this value in every run, unless it is fed."""
        if tensor not in self.slots:
            self.slots[tensor] = self.new_slot()
            if isinstance(value, np.ndarray):
                # Read-only, so that who fetches it gets a copy: this one must stay as it is.
                value = value.view()
                value.flags.writeable = False
            self.plan.constants[self.slots[tensor]] = value

    def use(self, op: Operation, tensor: Tensor, before: Versions, continues: bool = False) -> int:
        """The slot in which an operation finds the value of a tensor."""
        forward = op.gradient_of
        if continues and tensor in self.latest:
            slot = self.latest[tensor]
        elif forward is not None and forward in self._before and tensor in forward.inputs:
            slot = self._seen.get((forward, tensor), self.slots[tensor])
        elif tensor in before:
            slot = before[tensor][1]
        else:
            return self.slots[tensor]
        self._seen[op, tensor] = slot
        return slot

    def step(
        self, op: Operation, inputs: Sequence[int], outputs: Sequence[int], attrs: dict[str, Any]
    ) -> None:
        """Appends a step."""
        step = Step(op, tuple(inputs), tuple(outputs), attrs)
        self.plan.steps.append(step)
        self.plan.has_host |= step.has_effect

    def wrote(self, op: Operation, updates: dict[Tensor, int]) -> None:
        """Notes that `op` left new values of variables in these slots."""
        if updates:
            number = len(self.plan.steps)
            self.latest.update(updates.items())
            self._before[op] = {
                **self._before[op],
                **{x: (number, slot) for x, slot in updates.items()},
            }

    def _merged(self, op: Operation) -> Versions:
        """The writes that dependencies put before an operation; equal dictionaries are shared."""
        merged: Versions = {}
        for source in {tensor.op for tensor in op.inputs} | set(op.control_inputs):
            versions = self._before.get(source)
            if not versions or versions is merged:
                continue
            if not merged:
                merged = versions
            else:
                merged = {**merged, **{x: max(v, merged.get(x, v)) for x, v in versions.items()}}
        return merged

    def _folded(self, op: Operation) -> bool:
        """Computes now what depends on constants alone; an error is left for the run to report."""
        opdef = op.opdef
        if opdef.updates or opdef.draws or opdef.host or op.control_inputs or opdef.compute is None:
            return False
        constants = self.plan.constants
        if self._trust_specs and self._pure_known(op):
            for tensor in op.outputs:
                self.constant(tensor, tensor.spec.value)
            return True
        if not op.inputs or not all(self.slots[x] in constants for x in op.inputs):
            return False
        if any(x in self._before.get(op, {}) for x in op.inputs):
            return False
        sizes = [x.spec.shape for x in op.outputs]
        if any(
            shape is None or None in shape or np.prod(shape) > 64 * LARGEST_KNOWN for shape in sizes
        ):
            return False
        try:
            with np.errstate(all="ignore"):
                kernel = opdef.bind(numeric, op.attrs)
                arguments = opdef.known_values([constants[self.slots[x]] for x in op.inputs])
                results = as_tuple(kernel(*arguments))
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return False
        for tensor, value in zip(op.outputs, results, strict=True):
            self.constant(tensor, value)
        return True

    def _pure_known(self, op: Operation) -> bool:
        """Whether the results were known when the node was made, and no write is behind it."""
        known = all(
            x.spec.value is not None and x.spec.is_value and x.spec.dtype is not None
            for x in op.outputs
        )
        return known and bool(op.outputs) and not self._before[op]

    def current(self, cell: Cell) -> int:
        """The slot with what a cell holds now."""
        return self.latest[cell] if cell in self.latest else self.cell(cell)

    def finish(self, outputs: list[int], inputs: Sequence[Cell] | None = None) -> Plan:
        """The plan with its outputs; its inputs get the first slots, steps nobody needs are gone.

        Args:
            outputs: the slots of the results.
            inputs: the order of the inputs; None: those given at first, then every cell that is
                read.
        """
        plan = self.plan
        plan.outputs = outputs
        live = self._drop_dead()
        if inputs is None:
            inputs = [*plan.inputs, *[cell for cell, slot in self._cells.items() if slot in live]]
        plan.inputs = list(inputs)
        self._renumber([self._cells[x] if x in self._cells else self.inputs[x] for x in inputs])
        return plan

    def _drop_dead(self) -> set[int]:
        live = set(self.plan.outputs)
        live.discard(-1)  # a result that nobody needs keeps nothing alive
        kept = []
        for step in reversed(self.plan.steps):
            if step.has_effect or step.op in self._must_run or live.intersection(step.outputs):
                live.update(step.inputs)
                self._must_run.update(step.op.control_inputs)
                kept.append(step)
        self.plan.steps = kept[::-1]
        return live

    def _renumber(self, first: Sequence[int]) -> None:
        plan = self.plan
        number = {slot: i for i, slot in enumerate(first)}
        for step in plan.steps:
            for slot in (*step.inputs, *step.outputs):
                number.setdefault(slot, len(number))
        for slot in plan.outputs:
            number.setdefault(slot, len(number))
        number[-1] = -1  # nobody's
        plan.size = len(number)
        plan.constants = {
            number[slot]: value for slot, value in plan.constants.items() if slot in number
        }
        plan.outputs = [number[slot] for slot in plan.outputs]
        for step in plan.steps:
            step.inputs = tuple(number[slot] for slot in step.inputs)
            step.outputs = tuple(number[slot] for slot in step.outputs)
