"""Recipe: a program as plain data, which can be built as a graph or followed with numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A kind of step.

    Attributes:
        name: what the report calls it.
        propose: makes a step of this kind in a `Writer`: (arguments, settings, bodies), or None if
            nothing there suits.
        build: (*tensors, **settings, *bodies as functions) → tensor, with the library.
        evaluate: the same with NumPy arrays, real or complex, written independently of the library.
    """

    name: str
    propose: Callable[[Any], Proposal | None]
    build: Callable[..., Any]
    evaluate: Callable[..., Any]


@dataclass(frozen=True)
class Proposal:
    """What a step does: the numbers of the values it takes, its settings, its bodies by name."""

    arguments: Sequence[int]
    settings: Mapping[str, Any] = field(default_factory=dict)
    bodies: Mapping[str, Recipe] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One line of a recipe: `target` is the number of its value."""

    target: int
    kind: Kind
    proposal: Proposal


@dataclass
class Recipe:
    """Steps from some values to a result; a body also sees the values around it, by their
    numbers."""

    params: list[int]
    steps: list[Step] = field(default_factory=list)
    result: int = -1

    def build(self, tensors: Mapping[int, Any]) -> Any:
        """The result as a tensor."""
        return self._follow(tensors, lambda kind: kind.build)

    def evaluate(self, arrays: Mapping[int, Any]) -> Any:
        """The result as an array."""
        return self._follow(arrays, lambda kind: kind.evaluate)

    def _follow(self, given: Mapping[int, Any], how: Callable[[Kind], Callable[..., Any]]) -> Any:
        values = dict(given)
        for step in self.steps:
            bodies = {name: _body(body, values, how) for name, body in step.proposal.bodies.items()}
            arguments = [values[number] for number in step.proposal.arguments]
            values[step.target] = how(step.kind)(*arguments, **step.proposal.settings, **bodies)
        return values[self.result]

    def kinds(self) -> list[str]:
        """The names of all steps, those of the bodies too."""
        inner = [
            name
            for step in self.steps
            for body in step.proposal.bodies.values()
            for name in body.kinds()
        ]
        return [step.kind.name for step in self.steps] + inner

    def depth(self) -> int:
        """The most steps that follow one another, an iteration counted once."""
        depths: dict[int, int] = {}
        for step in self.steps:
            before = max((depths.get(number, 0) for number in step.proposal.arguments), default=0)
            inside = max((body.depth() for body in step.proposal.bodies.values()), default=0)
            depths[step.target] = before + 1 + inside
        return max(depths.values(), default=0)

    def nesting(self) -> int:
        """How deep branches and loops stand in one another."""
        bodies = [body for step in self.steps for body in step.proposal.bodies.values()]
        return max((1 + body.nesting() for body in bodies), default=0)

    def lines(self, indent: str = "") -> list[str]:
        """The text, line by line."""
        found = []
        for step in self.steps:
            shown = [f"v{number}" for number in step.proposal.arguments]
            shown += [f"{key}={value}" for key, value in step.proposal.settings.items()]
            found.append(f"{indent}v{step.target} = {step.kind.name}({', '.join(shown)})")
            for name, body in step.proposal.bodies.items():
                params = ", ".join(f"v{number}" for number in body.params)
                found += [f"{indent}  {name}({params}):", *body.lines(indent + "    ")]
        return [*found, f"{indent}return v{self.result}"]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _body(recipe: Recipe, outer: Mapping[int, Any], how: Any) -> Callable[..., Any]:
    def run(*values: Any) -> Any:
        return recipe._follow({**outer, **dict(zip(recipe.params, values, strict=True))}, how)

    return run
