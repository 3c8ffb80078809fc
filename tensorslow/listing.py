"""A plan written out for people: a line for each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.nodes import Operation
from tensorslow.plan import Cell, Plan, Step


class Listing:
    """A plan's steps, as the NumPy engine makes them. Printing it shows them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __str__(self) -> str:
        return "\n".join(_lines(self.plan, ""))

    __repr__ = __str__


def _lines(plan: Plan, indent: str) -> list[str]:
    inputs = [f"{indent}%{i} = {_input(x)}" for i, x in enumerate(plan.inputs)]
    steps = [line for step in plan.steps for line in _step(step, plan, indent)]
    results = ", ".join(_slot(i, plan) for i in plan.outputs)
    return [*inputs, *steps, f"{indent}return {results}"]


def _input(cell: Cell) -> str:
    if isinstance(cell, Operation):
        return f"counter of {cell.name!r}"
    return f"{cell.op.type} {cell.op.name!r}  {cell.spec}"


def _step(step: Step, plan: Plan, indent: str) -> list[str]:
    targets = ", ".join("_" if i < 0 else f"%{i}" for i in step.outputs)
    sources = ", ".join(_slot(i, plan) for i in step.inputs)
    line = f"{indent}{targets or '_'} = {step.op.type}({sources})  # {step.op.name!r}"
    bodies = {name: x for name, x in step.attrs.items() if isinstance(x, Plan)}
    lines = [line]
    for name, body in bodies.items():
        lines += [f"{indent}  {name}:", *_lines(body, indent + "    ")]
    return lines


def _slot(i: int, plan: Plan) -> str:
    if i not in plan.constants:
        return "_" if i < 0 else f"%{i}"
    return _constant(plan.constants[i])


def _constant(value: Any) -> str:
    if value is None:
        return "_"
    array = np.asarray(value)
    if array.size <= 4:
        return str(array.tolist())
    return f"constant {array.dtype}{list(array.shape)}"
