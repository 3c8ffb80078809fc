"""What chapters show things with: quotations, pictures, films and boxes."""

from __future__ import annotations

import pytest

pytest.importorskip("matplotlib", reason="pictures are matplotlib's")
pytest.importorskip("pygments", reason="quotations are highlighted by Pygments")

import re
from html import unescape

import tensorslow as ts
from tensorslow import order
from tensorslow.learn import lesson
from tensorslow.learn.quotes import without_docstring
from tensorslow.ops import matmul


def plain(html):
    return unescape(re.sub(r"<[^>]+>", "", html.text))


class TestQuote:
    def test_it_is_the_source_with_its_place(self):
        shown = plain(lesson.quote(order.needed))
        line = order.needed.__code__.co_firstlineno
        assert shown.startswith(f"tensorslow/order.py, line {line}def needed(")
        assert '"""The operations that must run for the targets.' in shown

    def test_a_method_is_moved_to_the_margin(self):
        shown = plain(lesson.quote(ts.Graph.register))
        assert "def register(self" in shown
        assert "\n    with self._lock:\n" in shown

    def test_a_property_is_its_function(self):
        assert "@property" in plain(lesson.quote(ts.Tensor.name))

    def test_a_definition_that_is_no_function(self):
        shown = plain(lesson.quote(matmul, part="MATMUL"))
        assert 'MATMUL = OpDef(\n    "MatMul",' in shown
        with pytest.raises(ValueError, match="nothing here is called 'NOTHING'"):
            lesson.quote(matmul, part="NOTHING")

    def test_the_docstring_can_be_left_out(self):
        shown = plain(lesson.quote(ts.Session.run, docstring=False))
        assert '"""' not in shown
        assert "feeds = feed_dict or {}" in shown
        assert without_docstring('class A:\n    """Doc."""\n\n    x = 1') == "class A:\n    x = 1"
        assert without_docstring("def f():\n    return 1") == "def f():\n    return 1"

    def test_more_than_a_screen_is_refused(self):
        with pytest.raises(ValueError, match=r"has \d+ lines; a screen has 45"):
            lesson.quote(ts.Session)


class TestPictures:
    def test_colours_follow_the_page(self):
        figure, axes = lesson.figure(4, 3)
        axes.plot([1, 2], [3, 4], color=lesson.COLOURS["ink"])
        axes.text(1, 3, "x", color=lesson.COLOURS["paper"])
        text = lesson.picture(figure, alt='A <line> "up"').text
        assert 'aria-label="A &lt;line&gt; &quot;up&quot;"' in text
        assert "currentColor" in text
        assert "var(--ts-paper, Canvas)" in text
        assert "#000000" not in text
        assert "#ffffff" not in text  # nothing paints a background

    def test_the_same_figure_is_the_same_text(self):
        texts = set()
        for _ in range(2):
            figure, axes = lesson.figure()
            axes.plot([1, 2])
            texts.add(lesson.picture(figure, alt="A line that rises").text)
        assert len(texts) == 1

    def test_an_alternative_is_needed(self):
        with pytest.raises(ValueError, match="a picture needs a text"):
            lesson.picture(lesson.figure()[0], alt=" ")

    def test_pyplot_forgets_the_figure(self):
        from matplotlib import pyplot

        figure = pyplot.figure()
        assert pyplot.fignum_exists(figure.number)
        lesson.picture(figure, alt="An empty figure")
        assert not pyplot.fignum_exists(figure.number)

    def test_wide_ones_scroll_on_a_phone(self):
        assert "ts-wide" in lesson.picture(lesson.figure(8, 3)[0], alt="Wide").text
        assert "ts-wide" not in lesson.picture(lesson.figure(6, 3)[0], alt="Narrow").text


class TestFilms:
    def frames(self, count):
        return [lesson.figure(2, 2)[0] for _ in range(count)]

    def test_frames_have_captions_and_alternatives(self):
        film = lesson.film(self.frames(3), alt="Some frames", captions=["a", "<b>", "c"])
        assert film.static.count('class="ts-frame"') == 3
        assert "<p>&lt;b&gt;</p>" in film.static
        assert 'aria-label="Some frames (2 of 3)"' in film.static
        assert 'max="2"' in film.static
        # In a notebook it is a frame of its own, since the page runs no scripts of its outputs.
        assert film.text.startswith("<iframe")
        assert "<script>" in unescape(film.text)

    def test_without_scripts_the_last_frame_is_seen(self):
        film = lesson.film(self.frames(3), alt="Some frames").static
        assert re.findall(r'class="ts-frame"( hidden)?>', film) == [" hidden", " hidden", ""]

    def test_what_is_no_film(self):
        with pytest.raises(ValueError, match="two frames or more"):
            lesson.film(self.frames(1), alt="One")
        with pytest.raises(ValueError, match="2 frames, but 1 captions"):
            lesson.film(self.frames(2), alt="Two", captions=["a"])


def test_the_box_has_markdown_and_a_name():
    pytest.importorskip("marimo", reason="boxes are written in marimo's markdown")
    box = lesson.in_tensorflow("*Hi* $x^2$").text
    assert 'aria-label="What TensorFlow does here"' in box
    assert "<em>Hi</em>" in box
    assert "||(x^2||)" in box
