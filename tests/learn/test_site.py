"""The exported site: built once, it holds every chapter, and loads nothing from anywhere else."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytest.importorskip("marimo", reason="the site is made with marimo: pip install .[learn]")
pytest.importorskip("matplotlib", reason="the site is made with matplotlib: pip install .[learn]")
pytest.importorskip("sphinx", reason="the site is made with sphinx: pip install .[learn]")
pytest.importorskip("furo", reason="the site is made with furo: pip install .[learn]")

from tensorslow.learn import CHAPTERS, site
from tensorslow.learn.cells import Cell, split
from tensorslow.learn.exercises import of_chapter
from tensorslow.learn.folder import source
from tensorslow.learn.pages import document, static

pytestmark = pytest.mark.slow

# What makes a browser fetch something at once; a link (`a href`) waits for a click.
LOADING = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("use", "href")}
VOID = {"link", "meta", "img", "input", "br", "hr", "use", "path", "wbr", "source", "base"}


class Page(HTMLParser):
    """What the tests ask of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.unnamed: list[str] = []
        self.titles: list[str] = []
        self._in_title = False
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attrs = {name: value or "" for name, value in pairs}
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        self.loads += [
            attrs[name]
            for element, name in LOADING
            if element == tag
            and name in attrs
            and attrs.get("rel") not in {"search", "next", "prev"}
        ]
        if tag == "svg" and attrs.get("role") == "img" and not attrs.get("aria-label"):
            self.unnamed.append(self.get_starttag_text() or tag)
        if tag == "img" and not attrs.get("alt"):
            self.unnamed.append(self.get_starttag_text() or tag)
        self._in_title = tag == "title" and not self.titles

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.titles.append(data)
            self._in_title = False


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    built = tmp_path_factory.mktemp("site")
    site.export(built)
    return built


@pytest.fixture(scope="module")
def pages(folder):
    return {path.name: Page(path) for path in sorted(folder.glob("*.html"))}


def test_every_chapter_has_its_page(pages):
    names = {f"{chapter.name}.html" for chapter in CHAPTERS}
    assert set(pages) == names | {"index.html", "search.html"}
    for chapter in CHAPTERS:
        assert chapter.title in pages[f"{chapter.name}.html"].titles[0]
        assert f'href="{chapter.name}.html"' in pages["index.html"].text
    assert len({page.titles[0] for page in pages.values()}) == len(pages)


def test_links_lead_somewhere(folder, pages):
    broken = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in {"http", "https"}:
                continue
            assert parts.scheme == "", link
            target = unquote(parts.path) or name
            ids = pages[target].ids if target in pages else []
            if not (folder / target).exists() or (parts.fragment and parts.fragment not in ids):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(folder, pages):
    for name, page in pages.items():
        for url in page.loads:
            parts = urlsplit(url)
            assert parts.scheme in {"", "data"}, f"{name}: {url}"
            assert not parts.netloc, f"{name}: {url}"
            if not parts.scheme:
                assert (folder / unquote(parts.path)).exists(), f"{name}: {url}"
        assert "cdn" not in re.sub(r"<svg.*?</svg>", "", page.text, flags=re.DOTALL).lower()
    for sheet in folder.rglob("*.css"):
        urls = re.findall(r"url\(\s*['\"]?([^)'\"]+)", sheet.read_text(encoding="utf-8"))
        outside = [url for url in urls if not url.startswith("data:") and "//" in url]
        assert outside == [], sheet
        local = [url.partition("#")[0].partition("?")[0] for url in urls if ":" not in url]
        assert [url for url in local if not (sheet.parent / url).exists()] == [], sheet


def test_pictures_say_what_they_show(pages):
    assert {name: page.unnamed for name, page in pages.items() if page.unnamed} == {}
    for chapter in CHAPTERS:
        alts = re.findall(
            r'<svg role="img" aria-label="([^"]*)"', pages[f"{chapter.name}.html"].text
        )
        assert len(alts) >= 3
        assert len(set(alts)) == len(alts)
        assert min(map(len, alts)) > 20


def test_exercises_show_the_question_and_fold_the_way(pages):
    for chapter in CHAPTERS:
        text = pages[f"{chapter.name}.html"].text
        assert text.count('<section class="ts-question"') == len(of_chapter(chapter.name))
        assert text.count("<summary>The way to the solution</summary>") == len(
            of_chapter(chapter.name)
        )
        assert "ts-verdict" not in text
        assert not re.search(r"answer_\d\w* = \.\.\.", text)


def test_formulas_are_mathml_and_nothing_needs_a_kernel(pages):
    for chapter in CHAPTERS:
        text = pages[f"{chapter.name}.html"].text
        assert text.count("<math ") > 10
        assert "<marimo-" not in text
        assert "||(" not in text
        assert "$$" not in text, "a formula that was taken for something else"


def test_what_a_cell_printed_is_below_it(pages):
    text = pages["graphs.html"].text
    assert '<pre tabindex="0">FeedError: placeholder &#x27;x&#x27; was not fed' in text
    assert "graphs.py:" in text


def test_the_search_knows_words_of_the_chapters(folder):
    index = (folder / "searchindex.js").read_text(encoding="utf-8")
    for word in ("graph", "perceptron", "likelihood", "gradient"):
        assert word in index


class TestPages:
    """The parts of the export, one by one."""

    def test_a_formula_that_has_no_mathml_is_named(self):
        with pytest.raises(ValueError, match=r"the formula '\\\\nothing\{x\}' has no MathML"):
            static(r"<marimo-tex class='arithmatex'>||(\nothing{x}||)</marimo-tex>")

    def test_tex_is_unescaped_and_rewritten(self):
        shown = static("<marimo-tex>||(a &lt; \\tfrac12 \\dots||)</marimo-tex>")
        assert "<mo>&lt;</mo>" in shown
        assert "<mfrac><mn>1</mn><mn>2</mn></mfrac>" in shown
        assert "…" in shown

    def test_what_only_a_kernel_shows_is_refused(self):
        with pytest.raises(ValueError, match="cannot show <marimo-table>"):
            static("<marimo-table></marimo-table>")

    def test_controls_are_announced_once_a_cell(self):
        control = "<marimo-ui-element><marimo-slider></marimo-slider></marimo-ui-element>"
        cells = [Cell("s", False, control * 3, False), Cell("t", False, control, False)]
        assert document(cells).count("there is a control") == 2

    def test_headings_become_sections(self):
        text = document(
            [Cell("", True, '<h1 id="a">The <code>x*</code> of a_b</h1><p>Hi</p>', True)]
        )
        assert "The ``x*`` of a\\_b\n====" in text
        assert ".. raw:: html\n\n   <p>Hi</p>" in text

    def test_paragraphs_are_paragraphs(self):
        text = '<span class="markdown x"><span class="paragraph">a <span>b</span></span></span>'
        assert static(text) == '<div class="ts-text"><p>a <span>b</span></p></div>'

    def test_code_keeps_its_comments(self):
        first = next(
            split(
                "@app.cell(hide_code=True)\ndef _(\n    x,\n):\n    # Why\n    x + 1\n    return\n"
            )
        )
        assert (first.code, first.hidden) == ("# Why\nx + 1", True)

    def test_without_the_tools_there_is_a_remedy(self, monkeypatch, tmp_path):
        monkeypatch.setattr(site, "NEEDED", ("marimo", "no_such_package"))
        with pytest.raises(
            SystemExit, match=r"needs no_such_package: pip install 'tensorslow\[learn\]'"
        ):
            site.export(tmp_path)

    def test_a_chapter_that_fails_stops_the_export(self, monkeypatch, tmp_path):
        text = source("graphs").replace(
            "def failure(action):", "raise OSError('no')\n    def failure(action):"
        )
        monkeypatch.setattr(site, "source", lambda name: text)
        with pytest.raises(RuntimeError, match=r"(?s)chapter graphs failed:.*OSError: no"):
            site.run("graphs", tmp_path)
