"""Html: what the parts of a chapter become, in a notebook and in the exported site alike."""

from __future__ import annotations

from html import escape
from typing import Any

__all__ = ["Html", "escape", "markdown"]


class Html:
    """A piece of a page.

    Args:
        text: HTML for a notebook.
        static: HTML for the exported site, where it is another.
    """

    def __init__(self, text: str, static: str | None = None) -> None:
        self.text = text
        self.static = text if static is None else static

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self.text

    def _repr_html_(self) -> str:
        return self.text

    def __format__(self, how: str) -> str:  # inside mo.md(f"...")
        return self.text


def markdown(text: str) -> str:
    """Markdown as HTML, with formulas between dollar signs, as marimo renders it."""
    from inspect import cleandoc

    import marimo as mo

    rendered: Any = mo.md(cleandoc(text))
    return str(rendered.text)
