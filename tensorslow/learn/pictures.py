"""Pictures: matplotlib's figures as SVG that fits a light and a dark page."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

from tensorslow.learn.html import Html, escape

# Okabe and Ito's palette: told apart by all kinds of sight, and legible on white and on black.
# "ink" becomes the colour of the page's text, "paper" that of its background.
COLOURS = {
    "ink": "#000000",
    "paper": "#fefefe",
    "quiet": "#808080",
    "blue": "#0072b2",
    "orange": "#e69f00",
    "green": "#009e73",
    "red": "#d55e00",
    "purple": "#cc79a7",
    "sky": "#56b4e9",
}

WIDE = 6.5  # inches: wider pictures are not made to fit a phone
STYLE: Any = {  # matplotlib's settings
    "axes.facecolor": "none",
    "axes.prop_cycle": "cycler('color', ['0072b2', 'd55e00', '009e73', 'cc79a7', 'e69f00'])",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.size": 11,
    "lines.linewidth": 2,
}


def figure(width: float = 6, height: float = 4, rows: int = 1, columns: int = 1) -> tuple[Any, Any]:
    """A figure in the course's style, and its axes (an array of them if there are several).

    Args:
        width: inches; a page is about 8 wide.
        height: inches.
        rows: of axes.
        columns: of axes.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        made = Figure(figsize=(width, height), layout="constrained")
        return made, made.subplots(rows, columns)


def picture(figure: Any, *, alt: str) -> Html:
    """A figure as a picture on the page; matplotlib's pyplot forgets the figure.

    Args:
        figure: matplotlib's.
        alt: what it shows, for who does not see it.
    """
    wide = figure.get_size_inches()[0] > WIDE
    opening = (
        '<figure class="ts-picture ts-wide" tabindex="0">'
        if wide
        else '<figure class="ts-picture">'
    )
    return Html(f"{opening}{svg(figure, alt)}</figure>")


def svg(figure: Any, alt: str) -> str:
    """A figure as an SVG element with a text alternative."""
    import matplotlib

    if not alt.strip():
        raise ValueError("a picture needs a text that says what it shows: alt=...")
    file = io.StringIO()
    # The salt makes its identifiers its own among the pictures of a page, and the same each time.
    with matplotlib.rc_context({"svg.hashsalt": alt, "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib import pyplot

        pyplot.close(figure)
    text = file.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = text.replace("#000000", "currentColor")
    text = text.replace(COLOURS["paper"], "var(--ts-paper, Canvas)")
    opening = (
        f'<svg role="img" aria-label="{escape(alt)}" fill="currentColor" '
        'style="max-width:100%;height:auto"'
    )
    return opening + text[len("<svg") :]
