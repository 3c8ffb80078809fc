"""The debug mode of a session: a run ends where the first nan or infinity is made.

Each operation's results are looked at as soon as they are there. An operation that makes nan or
infinity of operands that have none ends the run with an error that names it, before any variable
has changed. Branches and loops are looked into, step by step. What was infinite in the program on
purpose (a constant, a variable) may stay so; what is fed may not, as data is where most of it comes
from. Nor may a variable hold nan that something computes with: it was there before the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.analysis.nonfinite import is_origin, kind_of, operand_lines, range_of, remedy, why
from tensorslow.arrays import numeric
from tensorslow.engines.interpret import Body, results, run_step, run_steps, start
from tensorslow.engines.numpy import Program, explain
from tensorslow.errors import ExecutionError
from tensorslow.nodes import Node, Operation, Tensor
from tensorslow.opdef import CONST, as_tuple
from tensorslow.order import needed
from tensorslow.plan import Plan, Step


def checked_program(plan: Plan, fetches: Sequence[Node], fed: int) -> Program:
    """The plan as a function of its inputs, which stops at the first nan or infinity.

    Args:
        plan: what to do.
        fetches: the nodes whose values it gives, some of which may be constants by now.
        fed: how many of its inputs are fed.

    Raises (when it runs):
        ExecutionError: an operation made nan or infinity, or some was fed.
        GraphError: a kernel failed.
    """
    constant = _in_constants(plan, fetches)
    read = _read_cells(plan, fed)

    def run(inputs: Sequence[Any]) -> list[Any]:
        if constant is not None:
            raise constant
        for tensor, value in zip(plan.inputs[:fed], inputs):
            _check_fed(tensor, value)
        for slot, variable in read.items():
            _check_held(variable, inputs[slot])
        with np.errstate(all="ignore"):
            try:
                return _run(plan, inputs)
            except _Found as found:
                raise found.error from None

    return run


class _Found(Exception):
    """An error that is worded already, on its way out of branches and loops."""

    def __init__(self, error: ExecutionError) -> None:
        super().__init__(str(error))
        self.error = error


def _run(plan: Plan, inputs: Sequence[Any]) -> list[Any]:
    values = start(plan, inputs)
    run_steps(plan.steps, numeric, values, run=_checked_step)
    return results(plan, values)


def _checked_step(step: Step, xp: Any, arguments: Sequence[Any], lift: Any) -> Sequence[Any]:
    try:
        found = run_step(step, xp, arguments, lift, _Body)
    except _Found:
        raise
    except Exception as error:
        raise explain(step, arguments, error) from error
    _check(step.op, arguments[: len(step.op.inputs)], found)
    return found


class _Body(Body):
    """A branch or an iteration, each step of which is looked at."""

    def __call__(self, *arguments: Any) -> list[Any]:
        error = _in_constants(self.plan, ())
        if error is not None:
            raise _Found(error)
        return _run(self.plan, arguments)


def _check(op: Operation, arguments: Sequence[Any], found: Sequence[Any]) -> None:
    kind = is_origin(arguments, found)
    if kind == "inf" and op.opdef.bodies:
        return  # its own steps were looked at: this is of a constant inside
    if kind is not None:
        raise _Found(made_nonfinite(op, arguments, kind))


def made_nonfinite(op: Operation, arguments: Sequence[Any], kind: str) -> ExecutionError:
    """The error for an operation that made nan or infinity."""
    where = [("node", op.describe())]
    forward = op.gradient_of
    if forward is not None:
        where.append(("gradient of", forward.describe()))
    error = ExecutionError(
        f"the first {kind}: {why(op, arguments, kind)}", hint=remedy(op, arguments, kind)
    )
    error.locate(op.type, [*where, *operand_lines(op, arguments)])
    return error


def _check_fed(tensor: Node, value: Any) -> None:
    kind = kind_of([value])
    if kind is not None:
        error = ExecutionError(
            f"{kind} was fed for {tensor.name!r}: {range_of(value)}",
            hint="look for it with np.argwhere(~np.isfinite(value))",
        )
        raise error.locate("feed", [("tensor", tensor.describe())])


def _read_cells(plan: Plan, fed: int) -> dict[int, Tensor]:
    """By slot: the variables that a step computes with."""
    read = {slot for step in plan.steps for slot in step.inputs}
    cells = enumerate(plan.inputs[fed:], fed)
    return {slot: cell for slot, cell in cells if isinstance(cell, Tensor) and slot in read}


def _check_held(variable: Tensor, value: Any) -> None:
    if kind_of([value]) == "nan":
        error = ExecutionError(
            f"{variable.name!r} held nan before the run: {range_of(value)}",
            hint="it was begun, loaded or restored so: look at its initial value",
        )
        raise error.locate("variable", [("node", variable.op.describe())])


# What depends on constants alone is computed before the run


def _in_constants(plan: Plan, fetches: Sequence[Node]) -> ExecutionError | None:
    """The error for a constant that became nan or infinite when the plan was made."""
    suspects: list[Tensor] = []
    for step in plan.steps:
        for slot, x in zip(step.inputs, step.op.inputs):
            if slot in plan.constants and kind_of([plan.constants[slot]]) is not None:
                suspects.append(x)
    tensors = [x for x in fetches if isinstance(x, Tensor)]
    for slot, x in zip(plan.outputs, tensors):
        if slot in plan.constants and kind_of([plan.constants[slot]]) is not None:
            suspects.append(x)
    for x in suspects:
        error = _origin_of(x)
        if error is not None:
            return error
    return None


def _origin_of(tensor: Tensor) -> ExecutionError | None:
    """The error for the first nan or infinity on the way to a constant; None: it was given so."""
    values: dict[Tensor, Any] = {}
    for op in needed([tensor.op], ()):
        if op.opdef is CONST:
            values[op.outputs[0]] = op.attrs["value"]
            continue
        arguments = [values.get(x, x.spec.value) for x in op.inputs]
        if any(x is None for x in arguments) or op.opdef.compute is None:
            continue
        kernel = op.opdef.bind(numeric, op.attrs)
        with np.errstate(all="ignore"):
            found = as_tuple(kernel(*op.opdef.known_values(arguments)))
        kind = is_origin(arguments, found)
        if kind is not None:
            return made_nonfinite(op, arguments, kind)
        values.update(zip(op.outputs, found))
    return None
