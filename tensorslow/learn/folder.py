"""The reader's folder: copies of the chapters, which are his to edit, and what he has solved."""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources
from pathlib import Path

from tensorslow.learn import CHAPTERS

COPIED = ".copied.json"  # by file: a digest of what was copied
SETTINGS = """\
# How marimo shows the course in this folder.
[tool.marimo.display]
custom_css = ["course.css"]
theme = "system"
default_width = "medium"

[tool.marimo.runtime]
auto_instantiate = true
on_cell_change = "autorun"

[tool.marimo.save]
autosave = "after_delay"
autosave_delay = 1000
format_on_save = false

[tool.marimo.completion]
copilot = false

[tool.marimo.ai]
enabled = false
"""


def source(name: str) -> str:
    """The text of a chapter, as the library has it."""
    file = resources.files("tensorslow.learn").joinpath("chapters", f"{name}.py")
    return file.read_text(encoding="utf-8")


def make(folder: Path) -> None:
    """Makes a folder, if it is not there yet.

    Raises:
        SystemExit: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"{folder} cannot be made a folder: {error.strerror}") from None


def prepare(folder: Path, sources: dict[str, str] | None = None) -> list[str]:
    """Puts the course into a folder, where it is not there yet, and leaves edited chapters alone.

    Args:
        folder: where the reader works; it is made if there is none.
        sources: the chapters' texts by name; None: those of the library.

    Returns:
        What there is to tell the reader, a line each.
    """
    sources = sources or {chapter.name: source(chapter.name) for chapter in CHAPTERS}
    make(folder)
    register = folder / COPIED
    copied = json.loads(register.read_text(encoding="utf-8")) if register.exists() else {}
    told = []
    for name, text in sources.items():
        path = folder / f"{name}.py"
        new = digest(text)
        if not path.exists():
            _write(path, text)
            copied[path.name] = new
        elif (mine := digest(path.read_text(encoding="utf-8"))) == new:
            copied[path.name] = new
        elif mine == copied.get(path.name):
            _write(path, text)
            copied[path.name] = new
            told.append(f"{path.name}: updated to the library's newer version.")
        elif new != copied.get(path.name):
            told.append(
                f"{path.name}: the library has a newer version, but you have edited this one, so it"
                " stays. To read the new one, rename yours and start again."
            )
    _write(register, json.dumps(copied, indent=2) + "\n")
    css = resources.files("tensorslow.learn").joinpath("static", "course.css")
    _write(folder / "course.css", css.read_text(encoding="utf-8"))
    settings = folder / "pyproject.toml"
    if not settings.exists():
        _write(settings, SETTINGS)
    return told


def digest(text: str) -> str:
    """A chapter's fingerprint, whichever version of marimo saved it."""
    plain = re.sub(r'^__generated_with = ".*"\n', "", text, flags=re.MULTILINE)
    return hashlib.sha256(plain.encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
