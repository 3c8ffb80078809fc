"""`tensorslow learn --export`: the course as a web site that needs no network and no kernel."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tensorslow.learn import CHAPTERS, Chapter
from tensorslow.learn.cells import Cell
from tensorslow.learn.folder import make, source

TITLE = "Deep learning, by building the library"
NEEDED = ("marimo", "matplotlib", "sphinx", "furo")
STATIC = Path(__file__).parent / "static"
SETTINGS: dict[str, Any] = {
    "project": "tensorslow",
    "html_title": "tensorslow: the course",
    "html_theme": "furo",
    "html_static_path": [str(STATIC)],
    "html_css_files": ["course.css", "site.css"],
    "html_js_files": [("film.js", {"defer": "defer"}), ("site.js", {"defer": "defer"})],
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_copyright": False,
    # Search results would fetch the pages that they cite, which a page from a file may not.
    "html_show_search_summary": False,
    "html_use_index": False,
    "html_domain_indices": False,
    "html_last_updated_fmt": None,
    "html_theme_options": {
        "light_css_variables": {
            "color-brand-primary": "#005a9c",
            "color-brand-content": "#005a9c",
            "color-brand-visited": "#5b3a8c",
        },
        "dark_css_variables": {
            "color-brand-primary": "#7cc0f5",
            "color-brand-content": "#7cc0f5",
            "color-brand-visited": "#c3a5f0",
        },
    },
    "language": "en",
}


def export(folder: Path, chapters: Sequence[Chapter] = CHAPTERS) -> None:
    """Runs the chapters and writes the site.

    Args:
        folder: where the site goes; it is made if there is none.
        chapters: which chapters.

    Raises:
        SystemExit: what the site is made with is not installed.
        RuntimeError: a chapter failed, or Sphinx found a fault.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise SystemExit(f"the site needs {', '.join(missing)}: pip install 'tensorslow[learn]'")
    make(folder)  # before the chapters run, which takes its time
    with TemporaryDirectory() as scratch:
        place = Path(scratch)
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            found = list(pool.map(lambda chapter: run(chapter.name, place), chapters))
        written = place / "pages"
        written.mkdir()
        write_pages(written, chapters, found)
        build(written, folder, place / "trees")


def run(name: str, place: Path) -> list[Cell]:
    """The cells of a chapter, run in a process of its own.

    Raises:
        RuntimeError: it failed, or said something that no page would show.
    """
    # A copy: to the library, its own files are no program of a user's.
    chapter, out = place / f"{name}.py", place / f"{name}.json"
    chapter.write_text(source(name), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tensorslow.learn.cells", str(chapter), str(out)],
        capture_output=True,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise RuntimeError(f"chapter {name} failed:\n{done.stderr}")
    if done.stdout or done.stderr:
        raise RuntimeError(
            f"chapter {name} printed something; a cell shows its last value instead:\n"
            f"{done.stdout}{done.stderr}"
        )
    return [Cell(**cell) for cell in json.loads(out.read_text(encoding="utf-8"))]


def write_pages(folder: Path, chapters: Sequence[Chapter], found: Sequence[list[Cell]]) -> None:
    """Writes the pages as Sphinx reads them."""
    from tensorslow.learn.pages import document

    for chapter, cells in zip(chapters, found, strict=True):
        try:
            text = document(cells)
        except ValueError as error:
            raise RuntimeError(f"chapter {chapter.name}: {error}") from error
        (folder / f"{chapter.name}.rst").write_text(text, encoding="utf-8")
    (folder / "index.rst").write_text(_index(chapters), encoding="utf-8")


def _index(chapters: Sequence[Chapter]) -> str:
    names = "\n".join(f"   {number}. {c.title} <{c.name}>" for number, c in enumerate(chapters, 1))
    entries = "\n\n".join(
        f":doc:`{number}. {c.title} <{c.name}>`\n   {c.summary}"
        for number, c in enumerate(chapters, 1)
    )
    return f"""\
{TITLE}
{"=" * len(TITLE)}

In each chapter you first build a toy of the idea in a few lines, run it and break it; then you meet
the library's own source, and see what was added and why. You need calculus, linear algebra, some
probability and Python, and nothing of machine learning.

These pages show what the chapters computed. To change them as you read, and to have your answers
checked, run the course on your own machine: ``pip install 'tensorslow[learn]'``, then
``tensorslow learn``.

{entries}

.. toctree::
   :hidden:

{names}
"""


def build(pages: Path, folder: Path, trees: Path) -> None:
    """Has Sphinx make the site of the pages.

    Raises:
        RuntimeError: Sphinx warned of something.
    """
    from sphinx.application import Sphinx

    warnings = io.StringIO()
    application = Sphinx(
        pages,
        None,
        folder,
        trees,
        "html",
        confoverrides=SETTINGS,
        status=None,
        warning=warnings,
    )
    application.build()
    if warnings.getvalue():
        raise RuntimeError(f"Sphinx:\n{warnings.getvalue()}")
