"""Films: some pictures in time, with a slider and a button, which need no kernel to play."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tensorslow.learn.html import Html, escape
from tensorslow.learn.pictures import svg

STATIC = Path(__file__).parent / "static"


def film(
    frames: Sequence[Any], *, alt: str, captions: Sequence[str] = (), seconds: float = 1.0
) -> Html:
    """Figures in time.

    Args:
        frames: matplotlib's figures, all of one size.
        alt: what the film shows, for who does not see it.
        captions: a line for each frame.
        seconds: how long a frame stays while the film plays.

    Raises:
        ValueError: there are fewer than two frames, or not as many captions as frames.
    """
    if len(frames) < 2:
        raise ValueError("a film has two frames or more; for one there is lesson.picture")
    if captions and len(captions) != len(frames):
        raise ValueError(f"{len(frames)} frames, but {len(captions)} captions")
    text = _film(frames, alt, captions, round(1000 * seconds))
    return Html(_alone(text, alt), static=text)


def _film(frames: Sequence[Any], alt: str, captions: Sequence[str], milliseconds: int) -> str:
    parts = [
        f'<figure class="ts-film" data-milliseconds="{milliseconds}" aria-label="{escape(alt)}">',
        '<div class="ts-frames">',
    ]
    for i, frame in enumerate(frames):
        words = f"{alt} ({i + 1} of {len(frames)})"
        said = f"<p>{escape(captions[i])}</p>" if captions else ""
        # Without scripts, the last frame is the one to see.
        hidden = "" if i == len(frames) - 1 else " hidden"
        parts.append(f'<div class="ts-frame"{hidden}>{svg(frame, words)}{said}</div>')
    parts.append(
        '</div><div class="ts-controls" hidden><button type="button">Play</button>'
        f'<input type="range" min="0" max="{len(frames) - 1}" value="0" '
        f'aria-label="Frame: {escape(alt)}"><output></output></div></figure>'
    )
    return "".join(parts)


def _alone(film: str, alt: str) -> str:
    """A film in a frame of its own: a notebook's page runs no scripts of its outputs."""
    style = (STATIC / "course.css").read_text(encoding="utf-8")
    script = (STATIC / "film.js").read_text(encoding="utf-8")
    page = (
        f'<!doctype html><html lang="en"><title>{escape(alt)}</title><style>{style}\n'
        "html, body { background: transparent; font: 1rem system-ui, sans-serif; margin: 0 }"
        f"</style><body>{film}<script>{script}</script></body></html>"
    )
    return (
        f'<iframe class="ts-film-frame" title="{escape(alt)}" srcdoc="{escape(page)}" '
        'style="border:0;width:100%;height:26rem"></iframe>'
    )
