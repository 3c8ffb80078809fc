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
    copied, told = _read(register)
    for name, text in sources.items():
        path = folder / f"{name}.py"
        new = digest(text)
        if not path.exists():
            _write(path, text)
            copied[path.name] = new
        elif (mine := digest(path.read_text(encoding="utf-8", errors="replace"))) == new:
            copied[path.name] = new
        elif mine == copied.get(path.name):
            _write(path, text)
            copied[path.name] = new
            told.append(f"{path.name}: updated to the library's newer version.")
        elif new != copied.get(path.name):
            news = (
                "the library has a newer version, but you have edited this one"
                if path.name in copied
                else "it is not the library's, and may be yours"
            )
            told.append(
                f"{path.name}: {news}, so it stays."
                " To read the library's, rename this one and start again."
            )
    _write(register, json.dumps(copied, indent=2) + "\n")
    css = resources.files("tensorslow.learn").joinpath("static", "course.css")
    _write(folder / "course.css", css.read_text(encoding="utf-8"))
    settings = folder / "pyproject.toml"
    if not settings.exists():
        _write(settings, SETTINGS)
    return told


def _read(register: Path) -> tuple[dict[str, str], list[str]]:
    """What was copied, and what there is to tell about it. A register that is spoilt is like none:
    then no chapter is known to be unedited, so none is overwritten.
    """
    if not register.exists():
        return {}, []
    try:
        copied = json.loads(register.read_text(encoding="utf-8"))
    except ValueError:
        copied = None
    if isinstance(copied, dict) and all(isinstance(x, str) for x in copied.values()):
        return copied, []
    return {}, [
        f"{register.name}: it was spoilt, and is written anew; no chapter of yours is overwritten."
    ]


def digest(text: str) -> str:
    """A chapter's fingerprint, whichever version of marimo saved it."""
    plain = re.sub(r'^__generated_with = ".*"\n', "", text, flags=re.MULTILINE)
    return hashlib.sha256(plain.encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(path)  # at once, so that nothing is half written when somebody stops it
