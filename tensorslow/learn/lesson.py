"""What chapters show things with: quotations of the library, boxes, pictures and films."""

from __future__ import annotations

from tensorslow.learn.films import film
from tensorslow.learn.html import Html, markdown
from tensorslow.learn.pictures import COLOURS, figure, picture
from tensorslow.learn.quotes import SCREEN, quote

__all__ = ["COLOURS", "SCREEN", "figure", "film", "in_tensorflow", "picture", "quote"]


def in_tensorflow(text: str) -> Html:
    """The box "What TensorFlow does here".

    Args:
        text: markdown.
    """
    return Html(
        '<aside class="ts-box" aria-label="What TensorFlow does here">'
        f'<p class="ts-box-title">What TensorFlow does here</p>{markdown(text)}</aside>'
    )
