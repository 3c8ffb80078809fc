"""A plan written down as a program: the first stage of the compiler.

Every operation's `compute` runs with symbols in place of arrays, and each primitive that it calls
becomes an instruction. Shapes and types come from the abstract rules; whatever these say is known
(a shape, what follows from constants) stays a NumPy value and is never written down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.interpret import NeedsValue, Repeated, run_step
from tensorslow.engines.llvm.collection import uncollected
from tensorslow.engines.llvm.programs.program import Program
from tensorslow.engines.llvm.programs.traced import abstract_of
from tensorslow.engines.llvm.programs.tracer import Tracer
from tensorslow.plan import Plan, Step


def trace(
    plan: Plan,
    specs: Sequence[TensorSpec],
    max_trips: int = 16,
    missing: frozenset[str] = frozenset(),
) -> Program:
    """The program that computes the plan's outputs from its inputs.

    Args:
        plan: what to do.
        specs: what each input is; shapes are known.
        max_trips: how many iterations a loop of unknown length has room for.
        missing: primitives that cannot be compiled.

    Raises:
        NeedsValue: an operation (`step`) needs the value of something that is not known before the
            run, or fails: then it must run in NumPy, which will say why.
    """
    given = dict(enumerate(specs))
    wanted = [slot for slot in plan.outputs if slot >= 0]
    program = trace_steps(plan.steps, given, plan.constants, wanted, max_trips, missing)
    results = iter(program.results)
    found = [next(results) if slot >= 0 else None for slot in plan.outputs]
    program.results = [np.asarray(x) if isinstance(x, Repeated) else x for x in found]
    return program


def trace_steps(
    steps: Sequence[Step],
    given: Mapping[int, TensorSpec],
    known: Mapping[int, Any],
    wanted: Sequence[int],
    max_trips: int = 16,
    missing: frozenset[str] = frozenset(),
) -> Program:
    """The program for some steps of a plan.

    Args:
        steps: what to do.
        given: what each input of the program is, by slot.
        known: values that are known before the run, by slot.
        wanted: slots of the results. One that is known is its value, or `Repeated`.
        max_trips: how many iterations a loop of unknown length has room for.
        missing: primitives that cannot be compiled.

    Raises:
        NeedsValue: as `trace`.
    """
    tracer = Tracer(max_trips, missing)
    values: dict[int, Any] = dict(known)
    for slot, spec in given.items():
        values[slot] = tracer.input(spec)
    with uncollected(), np.errstate(all="ignore"):
        for step in steps:
            tracer.note(step)
            try:
                arguments = [values[slot] for slot in step.inputs]
                _check(step, arguments)
                outputs = run_step(step, tracer, arguments)
            except NeedsValue as error:
                error.step = step
                raise
            except Exception as error:
                raise NeedsValue(f"{type(error).__name__}: {error}", step) from error
            values.update(zip(step.outputs, outputs, strict=True))
    results = [values[slot] for slot in wanted]
    return Program(tracer.block.params, tracer.block.steps, results)


def _check(step: Step, arguments: Sequence[Any]) -> None:
    """Asks an operation's check again where shapes were not known when its node was made.

    Compiled code must not run on shapes that do not fit: it would read outside of arrays.
    """
    op = step.op
    check = op.opdef.check
    if check is None or all(
        x.spec.shape is not None and None not in x.spec.shape and x.spec.dtype for x in op.inputs
    ):
        return
    # The old value of what is overwritten is not there; what is known of it is known of its node.
    specs = [x.spec if y is None else abstract_of(y) for x, y in zip(op.inputs, arguments)]
    check(*op.opdef.group(specs), **op.attrs)
