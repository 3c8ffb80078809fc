"""Ways to run a plan, and what one that compiles must offer.

The NumPy engine interprets any plan for any shapes. An engine that compiles is a module with

    compile_plan(plan, specs, updates) -> Executable

    plan: what to run.
    specs: shape and type of each of its inputs, all known; inputs come exactly so, in C order.
    updates: pairs (input, output) of one cell: the output may be written into the input's array.

It raises `Unavailable` where it cannot work at all. It is called from several threads, and imported
when the first compilation begins.
"""

from __future__ import annotations

from typing import Any, Protocol

# By name: the module of an engine that compiles; removing an engine removes its line.
ENGINES = {
    "numpy": "",  # interprets
    "llvm": "tensorslow.engines.llvm",
}


class Unavailable(Exception):
    """An engine cannot work on this machine; the message says why, and what helps."""


class Executable(Protocol):
    """A plan compiled for certain shapes and types.

    Attributes:
        in_place: which outputs are written into the arrays of the inputs that they update. These
            are changed at one moment, after the last thing that can go wrong. What is not in here
            is a new array, its receiver's alone, even where two outputs are one slot of the plan.
    """

    @property
    def in_place(self) -> frozenset[int]:
        """Places of outputs."""

    def __call__(self, inputs: list[Any]) -> list[Any] | None:
        """The outputs; None if a check failed: nothing has changed, and NumPy will word the error.

        It keeps no reference to the inputs, whose owner writes into them later.
        """

    def explain(self, inputs: list[Any] | None = None) -> Any:
        """What was made of the plan; its `str` is for people.

        Args:
            inputs: arrays that it may run on, and change, to measure how long what takes; None: it
                runs nothing.
        """
