"""The exercises of the course: a module a chapter, each with one tuple EXERCISES."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tensorslow.learn import CHAPTERS

if TYPE_CHECKING:
    from tensorslow.learn.exercise import Exercise


def of_chapter(name: str) -> tuple[Exercise, ...]:
    """The exercises of a chapter, in their order."""
    if name not in {chapter.name for chapter in CHAPTERS}:
        raise KeyError(f"no chapter {name!r}")
    exercises: tuple[Exercise, ...] = import_module(f"{__name__}.{name}").EXERCISES
    return exercises


def find(name: str) -> Exercise:
    """The exercise with that name, "chapter.exercise".

    Raises:
        KeyError: there is none.
    """
    for exercise in of_chapter(name.partition(".")[0]):
        if exercise.name == name:
            return exercise
    raise KeyError(f"no exercise {name!r}")
