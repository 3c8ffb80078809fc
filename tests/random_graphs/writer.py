"""Writer: makes up a recipe, step by step, and tries every step with numbers before it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.random_graphs.arrays import Unfit, fit
from tests.random_graphs.recipe import Kind, Proposal, Recipe, Step

SIZES = (1, 2, 3, 4)
LARGEST = 200  # elements of one array


class Writer:
    """A recipe in the making.

    Attributes:
        values: by number, the array that each value is for the inputs at hand; bodies see outer
            ones too.
        own: the numbers of the values made here.
        level: how many bodies this one stands in.
    """

    def __init__(
        self, rng: np.random.Generator, kinds: list[Kind], outer: Writer | None = None
    ) -> None:
        self.rng = rng
        self.kinds = kinds
        self.outer = outer
        self.level = 0 if outer is None else outer.level + 1
        self.values: dict[int, Any] = {} if outer is None else dict(outer.values)
        self.own: list[int] = []
        self.recipe = Recipe([])
        self._numbers: list[int] = (
            [0] if outer is None else outer._numbers
        )  # shared: a number is never used twice

    def add_param(self, value: Any) -> int:
        """A value that is given."""
        number = self._new(value)
        self.recipe.params.append(number)
        return number

    def _new(self, value: Any) -> int:
        number = self._numbers[0]
        self._numbers[0] += 1
        self.values[number] = value
        self.own.append(number)
        return number

    def write(self, steps: int) -> None:
        """Adds steps of random kinds."""
        for _ in range(steps):
            self.add(self.kinds)

    def add(self, kinds: list[Kind]) -> int:
        """Adds one step of one of the kinds; its number.

        Raises:
            Unfit: nothing was found in many attempts.
        """
        for _ in range(60):
            kind = kinds[self.rng.integers(len(kinds))]
            try:
                proposal = kind.propose(self)
                if proposal is not None:
                    return self.take(kind, proposal)
            except Unfit:
                continue
        raise Unfit("no step fits")

    def take(self, kind: Kind, proposal: Proposal) -> int:
        """Adds this step, if its numbers are fit to be compared; its number.

        Raises:
            Unfit: they are not.
        """
        number = self._numbers[0]
        trial = Recipe([], [Step(number, kind, proposal)], number)
        try:
            with np.errstate(all="raise", under="ignore"):
                value = fit(np.asarray(trial.evaluate(self.values)))
        except FloatingPointError as error:
            raise Unfit(str(error)) from error
        if value.size > LARGEST:
            raise Unfit("it grows too large")
        number = self._new(value)
        self.recipe.steps.append(Step(number, kind, proposal))
        return number

    def inner(self) -> Writer:
        """A writer for a body."""
        return Writer(self.rng, self.kinds, self)

    def finish(self, result: int) -> Recipe:
        """The recipe, without the steps that the result does not need."""
        needed, steps = {result}, []
        for step in reversed(self.recipe.steps):
            if step.target in needed:
                steps.append(step)
                needed |= _reads(step.proposal)
        self.recipe.steps = steps[::-1]
        self.recipe.result = result
        return self.recipe

    # Choices

    def pick(self, suits: Any = lambda value: True) -> int:
        """The number of a value that suits; recent ones are likelier, so that graphs get deep.

        Raises:
            Unfit: none does.
        """
        numbers = [number for number, value in self.values.items() if suits(value)]
        if not numbers:
            raise Unfit("no value suits")
        if self.rng.random() < 0.75:
            numbers = numbers[-3:]
        return int(self.rng.choice(numbers))

    def axis(self, value: Any) -> int:
        """An axis, counted from the front or the end."""
        rank = np.ndim(value)
        if not rank:
            raise Unfit("a scalar has no axes")
        return int(self.rng.integers(-rank, rank))

    def axes(self, value: Any) -> list[int]:
        """Some different axes, perhaps none."""
        return [i for i in range(np.ndim(value)) if self.rng.random() < 0.5]

    def chance(self, probability: float = 0.5) -> bool:
        """True so often."""
        return bool(self.rng.random() < probability)


def _reads(proposal: Proposal) -> set[int]:
    """The numbers of the values a step needs, its bodies' too."""
    found = set(proposal.arguments)
    for body in proposal.bodies.values():
        found.add(body.result)
        for step in body.steps:
            found |= _reads(step.proposal)
    return found


def values_of(recipe: Recipe, arrays: list[Any]) -> Mapping[int, Any]:
    """The recipe's parameters with their arrays."""
    return dict(zip(recipe.params, arrays, strict=True))
