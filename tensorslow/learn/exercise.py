"""Exercises: a question, a check of the answer that gives hints, and the reader's progress."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorslow.learn.html import Html, escape, markdown

# Environment variables that `tensorslow learn` sets for the notebooks:
FOLDER = "TENSORSLOW_COURSE"  # the reader's folder,
ADDRESS = "TENSORSLOW_COURSE_ADDRESS"  # and where the contents page is
PROGRESS = "progress.json"


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer, and a part of the hint that it alone gets."""

    answer: Any
    hint: str


@dataclass(frozen=True)
class Exercise:
    """Something for the reader to find out.

    Attributes:
        name: "chapter.exercise".
        question: what to do, in markdown; it begins with the exercise's number in bold type.
        check: takes any answer at all; returns None if it is right, else a hint in markdown.
        right: at least one right answer, for the tests.
        mistakes: three or more typical wrong ones, for the tests.
        idea: the way to the solution, in markdown; the exported site shows it when asked.
    """

    name: str
    question: str
    check: Callable[[Any], str | None]
    right: tuple[Any, ...]
    mistakes: tuple[Mistake, ...]
    idea: str = ""

    @property
    def chapter(self) -> str:
        """The name of its chapter."""
        return self.name.partition(".")[0]


def question(name: str) -> Html:
    """The question of an exercise, for a cell of its own.

    In the exported site, which runs nothing, the way to the solution is folded away below it.
    """
    from tensorslow.learn.exercises import find

    exercise = find(name)
    asked = '<section class="ts-question" aria-label="Exercise">' + markdown(exercise.question)
    idea = (
        '<details class="ts-fold"><summary>The way to the solution</summary>'
        f"{markdown(exercise.idea)}</details>"
        if exercise.idea
        else ""
    )
    return Html(f"{asked}</section>", static=f"{asked}{idea}</section>")


def check(name: str, answer: Any) -> Html:
    """What there is to say to an answer; a right one is noted in the reader's progress.

    Args:
        name: "chapter.exercise".
        answer: the reader's; `...` if there is none yet.
    """
    from tensorslow.learn.exercises import find

    exercise = find(name)
    if answer is ...:
        text = "Put your answer above in place of the dots; what there is to say to it comes here."
        return _verdict("open", f"<p>{text}</p>")
    try:
        hint = exercise.check(answer)
    except Exception as error:  # an answer may be anything, even a function that fails
        hint = f"That could not be checked: `{type(error).__name__}: {error}`."
    if hint is not None:
        return _verdict("wrong", f'<p class="ts-word">Not yet.</p>{markdown(hint)}')
    note_solved(name)
    return _verdict("right", f'<p><span class="ts-word">Right.</span>{_so_far(exercise)}</p>')


def _verdict(kind: str, text: str) -> Html:
    # In the exported site there is no answer, and so nothing to say to it.
    return Html(f'<div class="ts-verdict ts-{kind}" role="status">{text}</div>', static="")


def _so_far(exercise: Exercise) -> str:
    from tensorslow.learn.exercises import of_chapter

    if progress_file() is None:
        return ""
    names = [other.name for other in of_chapter(exercise.chapter)]
    done = sum(name in solved() for name in names)
    address = os.environ.get(ADDRESS)
    link = f' <a href="{escape(address)}">Contents</a>' if address else ""
    return f" {done} of {len(names)} exercises of this chapter are solved.{link}"


def progress_file() -> Path | None:
    """Where the progress is kept, or None where no course is open."""
    folder = os.environ.get(FOLDER)
    return Path(folder) / PROGRESS if folder else None


def solved(path: Path | None = None) -> set[str]:
    """The names of the exercises that the reader has solved."""
    path = path or progress_file()
    if path is None or not path.exists():
        return set()
    try:
        return set(json.loads(path.read_text(encoding="utf-8"))["solved"])
    except (KeyError, TypeError, ValueError):
        return set()  # a file that somebody edited: the progress begins anew


def note_solved(name: str) -> None:
    """Adds an exercise to the solved ones."""
    path = progress_file()
    if path is None or name in (names := solved(path)):
        return
    text = json.dumps({"solved": sorted(names | {name})}, indent=2) + "\n"
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)  # at once, so that nobody reads half of it
