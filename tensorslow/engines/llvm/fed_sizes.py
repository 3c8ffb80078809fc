"""Fed integers that shapes follow from: the size of a batch, a number of steps.

They are mostly the same from run to run. So a plan whose operations need them is compiled for their
values, and again for others, as it is for the shapes of its inputs; but only for those that stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.interpret import Values
from tensorslow.nodes import Tensor
from tensorslow.plan import Plan, Step

LARGEST = 64  # elements of an input that may be a shape, or several
TRIES = 8  # values for which a plan is compiled


class FedSizes:
    """Which inputs of a plan are taken for known.

    Args:
        plan: what is done.
        specs: what each input is.
    """

    def __init__(self, plan: Plan, specs: Sequence[TensorSpec]) -> None:
        self.plan = plan
        self._candidates = frozenset(
            slot
            for slot, (cell, spec) in enumerate(zip(plan.inputs, specs, strict=True))
            if isinstance(cell, Tensor) and not cell.op.opdef.variable and _may_be_sizes(spec)
        )
        self._found: frozenset[int] = frozenset()  # those that an operation needs
        self._compiled: set[tuple[bytes, ...]] = set()  # their values
        self._last: tuple[bytes, ...] = ()  # the values in the last run

    def values(self, inputs: Sequence[object]) -> Values:
        """By slot, those inputs that the next run takes for known."""
        found = {slot: np.array(inputs[slot]) for slot in sorted(self._found)}
        values = tuple([x.tobytes() for x in found.values()])
        stay, self._last = not self._compiled or values == self._last, values
        if stay and len(self._compiled) < TRIES:
            self._compiled.add(values)
        return found if values in self._compiled else {}

    def note(self, step: Step | None) -> None:
        """Looks what an operation needs that could not be compiled."""
        if step is None or not self._candidates:
            return
        makers = {slot: maker for maker in self.plan.steps for slot in maker.outputs}
        waiting, seen = _needed(step), set[int]()
        while waiting:
            slot = waiting.pop()
            if slot not in seen:
                seen.add(slot)
                waiting += makers[slot].inputs if slot in makers else ()
        found = self._found | self._candidates & seen
        if found != self._found:
            self._found, self._compiled = found, set()


def _may_be_sizes(spec: TensorSpec) -> bool:
    return (
        spec.shape is not None
        and None not in spec.shape
        and math.prod(spec.shape) <= LARGEST  # type: ignore[arg-type]
        and spec.dtype is not None
        and spec.dtype.kind in "iu"
    )


def _needed(step: Step) -> list[int]:
    """The slots of what a step must know; of a branch or loop, of all that it is given."""
    opdef = step.op.opdef
    labels = opdef.each_label(len(step.inputs))
    return [
        slot
        for slot, label in zip(step.inputs, labels, strict=False)
        if opdef.bodies or label in opdef.known
    ]
