"""A plan run through any namespace: with numbers it interprets, with symbols it is the front of a
compiler. And a plan run in pieces: what cannot be compiled runs in NumPy.

The NumPy engine is this loop made fast (arguments looked up before the first run, errors worded);
the meaning is the same, and `tests/waist` holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorslow.arrays import numeric
from tensorslow.arrays.spec import known_tuple
from tensorslow.opdef import as_tuple
from tensorslow.plan import Plan, Step

Values = dict[int, Any]  # by slot
# (steps, arrays, values known while tracing, slots wanted) → (computed arrays, values found known)
RunPiece = Callable[[Sequence[Step], Values, Values, set[int]], tuple[Values, Values]]


class NeedsValue(TypeError):
    """A kernel asked for the value of something that is a symbol while the plan is traced."""

    def __init__(self, text: str, step: Step | None = None) -> None:
        super().__init__(text)
        self.step = step  # of the outermost plan, which an engine then runs in NumPy

    def __str__(self) -> str:
        return (
            super().__str__() if self.step is None else f"{self.step.op.type}: {super().__str__()}"
        )


@dataclass(frozen=True)
class Repeated:
    """What a loop kept of every iteration, when that is known while tracing and so always the same.

    A shape that the forward loop computed is thus still known in the loop of its gradient.
    """

    row: Any
    count: int

    @classmethod
    def of(cls, row: Any, count: int) -> Repeated | None:
        """The rows, if they are known integers or plain numbers, which may be needed as values."""
        known = isinstance(row, (np.ndarray, np.generic)) and row.dtype.kind in "biu"
        return cls(row, count) if known or isinstance(row, (Repeated, int, float)) else None

    def __array__(self, *args: Any, **options: Any) -> Any:
        row = np.asarray(self.row)
        return np.broadcast_to(row, (self.count, *row.shape))


def known_value(x: Any) -> Any:
    """What an operand in `OpDef.known` is for `compute`: ints and tuples of ints.

    Raises:
        NeedsValue: it is a symbol.
    """
    try:
        return known_tuple(x)
    except TypeError as error:  # NumPy asked the symbol for its elements
        raise NeedsValue(str(error)) from error


def run_plan(
    plan: Plan, xp: Any, inputs: Sequence[Any], lift: Callable[[Any], Any] = lambda x: x
) -> list[Any]:
    """The plan's outputs.

    Args:
        plan: what to do.
        xp: the namespace.
        inputs: one value for each of `plan.inputs`.
        lift: what a constant becomes: itself, except where `xp` has no room for NumPy arrays.
    """
    values = start(plan, inputs, lift)
    run_steps(plan.steps, xp, values, lift)
    return results(plan, values)


def start(plan: Plan, inputs: Sequence[Any], lift: Callable[[Any], Any] = lambda x: x) -> Values:
    """The slots that are filled before the first step."""
    constants = {
        slot: value if value is None else lift(value) for slot, value in plan.constants.items()
    }
    return {**constants, **dict(enumerate(inputs))}


def results(plan: Plan, values: Values) -> list[Any]:
    """The plan's outputs, when all steps are done."""
    return [values[slot] for slot in plan.outputs]


@dataclass(frozen=True)
class Body:
    """A branch or an iteration as a function of arrays."""

    plan: Plan
    xp: Any
    lift: Callable[[Any], Any]

    def __call__(self, *arguments: Any) -> list[Any]:
        """All results; zeros stand for those that only the other branch has."""
        return run_plan(self.plan, self.xp, arguments, self.lift)

    def own_results(self, *arguments: Any) -> list[Any]:
        """The results, with None for those that only the other branch has."""
        return [None if i in self.plan.missing else x for i, x in enumerate(self(*arguments))]


def run_step(
    step: Step,
    xp: Any,
    arguments: Sequence[Any],
    lift: Callable[[Any], Any] = lambda x: x,
    body: type[Body] = Body,
) -> Sequence[Any]:
    """The results of one operation, whose bodies become functions of arrays."""
    opdef, attrs = step.op.opdef, step.attrs
    assert opdef.compute is not None
    if opdef.bodies:
        attrs = {
            name: body(attr, xp, lift) if isinstance(attr, Plan) else attr
            for name, attr in attrs.items()
        }
    if opdef.known:
        given, arguments = arguments, list(arguments)
        try:
            for i, label in enumerate(opdef.each_label(len(arguments))):
                if label in opdef.known:
                    arguments[i] = known_value(arguments[i])
        except NeedsValue:
            if opdef.compute_unknown is None:
                raise
            return _without_values(opdef.compute_unknown, xp, opdef.group(given), attrs)
    return as_tuple(opdef.compute(xp, *opdef.group(arguments), **attrs))


def _without_values(
    compute: Callable[..., Any], xp: Any, arguments: Sequence[Any], attrs: dict[str, Any]
) -> Sequence[Any]:
    try:
        return as_tuple(compute(xp, *arguments, **attrs))
    except TypeError as error:  # one of the values is needed all the same
        raise NeedsValue(str(error)) from error


def run_steps(
    steps: Iterable[Step],
    xp: Any,
    values: Values,
    lift: Callable[[Any], Any] = lambda x: x,
    run: Callable[..., Sequence[Any]] = run_step,
) -> None:
    """Fills the slots that the steps write. A namespace with a method `note` is told each step.

    Args:
        steps: what to do.
        xp: the namespace.
        values: what is in the slots.
        lift: as for `run_plan`.
        run: does one step. Whoever wants to see what goes in and what comes out wraps `run_step`.
    """
    note = getattr(xp, "note", None)
    for step in steps:
        if note is not None:
            note(step)
        try:
            outputs = run(step, xp, [values[slot] for slot in step.inputs], lift)
        except NeedsValue as error:
            error.step = step
            raise
        values.update(zip(step.outputs, outputs, strict=True))


def run_in_numpy(step: Step, arguments: list[Any]) -> Sequence[Any]:
    """The results of one step, from arrays."""
    arguments = [np.asarray(x) if isinstance(x, Repeated) else x for x in arguments]
    if "body" in step.op.opdef.bodies:  # of a buffer only the rows that an iteration wrote count
        first, count = 1 + step.attrs["carries"], step.attrs["slices"]
        cut = [x[: int(arguments[0])] for x in arguments[first : first + count]]
        arguments = [*arguments[:first], *cut, *arguments[first + count :]]
    return run_step(step, numeric, arguments)


def run_in_pieces(
    plan: Plan,
    inputs: Sequence[Any],
    run_piece: RunPiece,
    run_host: Callable[[Step, list[Any]], Sequence[Any]] = run_in_numpy,
    fixed: Values | None = None,
) -> tuple[list[Any], list[NeedsValue]]:
    """The plan's outputs, and why steps were left to NumPy: they needed a value.

    Python functions run in NumPy, and so does an operation that turns out to need the value of a
    symbol; everything between goes through `run_piece`.

    Args:
        plan: what to do.
        inputs: one array for each of `plan.inputs`.
        run_piece: compiles and runs some steps, see `RunPiece`.
        run_host: runs a step that calls Python, or that needs a value.
        fixed: inputs that count as known, by slot.
    """
    known, fallen = {**plan.constants, **(fixed or {})}, []
    arrays = {slot: x for slot, x in enumerate(inputs) if slot not in known}
    left = list(plan.steps)
    while left:
        size = next((i for i, step in enumerate(left) if step.has_effect), len(left))
        while size:
            wanted = _read_later(left[size:], plan) & {
                slot for step in left[:size] for slot in step.outputs
            }
            try:
                computed, found = run_piece(left[:size], arrays, known, wanted)
            except NeedsValue as error:
                size = next(i for i, step in enumerate(left) if step is error.step)
                fallen.append(error)
            else:
                arrays.update(computed)
                known.update(found)
                break
        if size < len(left):
            values = {**arrays, **known}
            found_here = run_host(left[size], [values[slot] for slot in left[size].inputs])
            arrays.update(zip(left[size].outputs, found_here, strict=True))
        left = left[size + 1 :]
    return results(plan, {**arrays, **known}), fallen


def _read_later(steps: Iterable[Step], plan: Plan) -> set[int]:
    return {slot for step in steps for slot in step.inputs} | set(plan.outputs) - {-1}
