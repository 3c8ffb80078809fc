"""The NumPy engine: a loop over the plan that calls each kernel.

It is the explanation of all the others: a run fills numbered slots, step by step, and hands out
some.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from tensorslow.arrays import numeric
from tensorslow.arrays.spec import TensorSpec, known_tuple
from tensorslow.errors import ExecutionError, GraphError
from tensorslow.plan import Plan, Step

Program = Callable[[Sequence[Any]], list[Any]]  # the plan's inputs → its outputs


class Instruction(NamedTuple):
    """A step with everything looked up that can be before the run."""

    kernel: Callable[..., Any]
    slot: int  # where the only argument is, or
    pick: Callable[[list[Any]], tuple[Any, ...]] | None  # what takes several from the slots
    target: int  # where the result goes,
    targets: tuple[int, ...]  # or several results
    step: Step


def compile_plan(plan: Plan) -> Program:
    """The plan as a function of its inputs, in the order of `plan.inputs`.

    Raises (when it runs):
        GraphError: a kernel failed; the message names the node and shows its real operands.
    """
    program = _program(plan)

    def run(inputs: Sequence[Any]) -> list[Any]:
        with np.errstate(all="ignore"):  # infinities and nans are results here, not warnings
            return program(inputs)

    return run


def _program(plan: Plan) -> Program:
    """The loop itself, for a plan or for the body of a branch or loop."""
    template: list[Any] = [None] * plan.size
    for slot, value in plan.constants.items():
        template[slot] = value
    first, outputs = len(plan.inputs), plan.outputs
    program = [_instruction(step, plan, template) for step in plan.steps]
    template.append(None)  # slot -1, for results that nobody needs

    def run(inputs: Sequence[Any]) -> list[Any]:
        values = template.copy()
        values[:first] = inputs
        try:
            for kernel, slot, pick, target, targets, step in program:  # noqa: B007 - for the error
                result = kernel(values[slot]) if pick is None else kernel(*pick(values))
                if type(result) is tuple:
                    for place, part in zip(targets, result):
                        values[place] = part
                else:
                    values[target] = result
        except Exception as error:
            raise explain(step, [values[slot] for slot in step.inputs], error) from error
        return [values[slot] for slot in outputs]

    return run


def _instruction(step: Step, plan: Plan, template: list[Any]) -> Instruction:
    opdef = step.op.opdef
    attrs = {name: _callable(value) for name, value in step.attrs.items()}
    kernel = opdef.bind(numeric, attrs)
    sources, dynamic = list(step.inputs), []
    for i, label in enumerate(opdef.each_label(len(sources))):
        if label in opdef.known and sources[i] in plan.constants:  # converted now, not at each run
            template.append(known_tuple(plan.constants[sources[i]]))
            sources[i] = len(template) - 1
        elif label in opdef.known:
            dynamic.append(i)
    if dynamic:
        kernel = _with_known(kernel, dynamic)
    pick = None if len(sources) == 1 else itemgetter(*sources) if sources else _no_arguments
    return Instruction(
        kernel,
        sources[0] if sources else -1,
        pick,
        step.outputs[0] if step.outputs else -1,
        step.outputs,
        step,
    )


def _no_arguments(values: list[Any]) -> tuple[Any, ...]:
    return ()


def _with_known(kernel: Callable[..., Any], places: Sequence[int]) -> Callable[..., Any]:
    def converted(*arguments: Any) -> Any:
        plain = list(arguments)
        for i in places:
            plain[i] = known_tuple(plain[i])
        return kernel(*plain)

    return converted


def _callable(attr: Any) -> Any:
    """A body as a function of arrays; any other attribute as it is."""
    if not isinstance(attr, Plan):
        return attr
    program = _program(attr)
    return lambda *arguments: tuple(program(arguments))


def explain(step: Step, arguments: Sequence[Any], error: Exception) -> Exception:
    """What failed, in the words of the operation, with the node and the real operands."""
    if isinstance(error, GraphError) and error.where:
        return error
    op = step.op
    specs = [TensorSpec.of(x) for x in arguments[: len(op.inputs)]]
    found = error if isinstance(error, GraphError) else _reason(op, specs, error)
    labels = op.opdef.each_label(len(specs))
    operands = [
        (label, f"{x.op.name!r}  {spec}  created at {x.op.created_at}")
        for label, spec, x in zip(labels, specs, op.inputs, strict=False)
    ]
    return op.opdef.locate(found, op.name, str(op.created_at), operands)


def _reason(op: Any, specs: list[TensorSpec], error: Exception) -> GraphError:
    """The operation's own check, asked again with the real shapes; else what the kernel said."""
    try:
        if op.opdef.check is not None:
            op.opdef.check(*op.opdef.group(specs), **op.attrs)
        if op.opdef.infer is None and not op.opdef.bodies:
            op.opdef.result(specs, op.attrs)
    except GraphError as reason:
        return reason
    except (ArithmeticError, TypeError, ValueError):
        pass  # the check met what the kernel met; the kernel's words will do
    text = str(error) or type(error).__name__
    return ExecutionError(text)
