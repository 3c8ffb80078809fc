"""The first page of the course: its chapters, and how far the reader is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import resources
from string import Template

from tensorslow.learn import CHAPTERS, Chapter
from tensorslow.learn.exercises import of_chapter
from tensorslow.learn.html import escape


def page(solved: Collection[str], address: Callable[[str], str], nonce: str) -> str:
    """The page as HTML.

    Args:
        solved: names of the exercises that are solved.
        address: from a chapter's name to where it is read.
        nonce: what marks the page's own script.
    """
    rows = []
    following = None
    for number, chapter in enumerate(CHAPTERS, 1):
        names = [exercise.name for exercise in of_chapter(chapter.name)]
        done = sum(name in solved for name in names)
        if following is None and done < len(names):
            following = chapter
        rows.append(_row(number, chapter, done, len(names), address(chapter.name)))
    text = resources.files("tensorslow.learn").joinpath("static", "contents.html")
    return Template(text.read_text(encoding="utf-8")).substitute(
        chapters="\n".join(rows), onward=_onward(following, solved, address), nonce=nonce
    )


def _row(number: int, chapter: Chapter, done: int, count: int, address: str) -> str:
    what = "exercise" if count == 1 else "exercises"
    return (
        f'<li><h2><a href="{escape(address)}">{number}. {escape(chapter.title)}</a></h2>'
        f"<p>{escape(chapter.summary)}</p>"
        f'<p class="done"><progress id="{chapter.name}" max="{count}" value="{done}"></progress>'
        f'<label for="{chapter.name}">{done} of {count} {what} solved</label></p></li>'
    )


def _onward(chapter: Chapter | None, solved: Collection[str], address: Callable[[str], str]) -> str:
    if chapter is None:
        return "<p>All exercises are solved. What comes next is yours to build.</p>"
    word = "Continue with" if solved else "Begin with"
    return (
        f'<p><a class="onward" href="{escape(address(chapter.name))}">{word} '
        f"“{escape(chapter.title)}”</a></p>"
    )
