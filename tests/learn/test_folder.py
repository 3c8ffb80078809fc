"""The reader's folder: edits stay, what is unedited keeps up with the library."""

from __future__ import annotations

import pytest

from tensorslow.learn import CHAPTERS
from tensorslow.learn.folder import COPIED, prepare, source

OLD = {"graphs": 'import marimo\n\n__generated_with = "0.1"\nx = 1\n', "descent": "y = 1\n"}
NEW = {"graphs": OLD["graphs"].replace("x = 1", "x = 2"), "descent": "y = 2\n"}


def text_of(folder, name):
    return (folder / f"{name}.py").read_text(encoding="utf-8")


def test_the_first_time_all_is_copied(tmp_path):
    folder = tmp_path / "new" / "course"
    assert prepare(folder) == []
    for chapter in CHAPTERS:
        assert text_of(folder, chapter.name) == source(chapter.name)
    assert "custom_css" in (folder / "pyproject.toml").read_text(encoding="utf-8")
    assert ".ts-box" in (folder / "course.css").read_text(encoding="utf-8")
    assert prepare(folder) == []


def test_unedited_chapters_are_updated_and_edited_ones_stay(tmp_path):
    prepare(tmp_path, OLD)
    edited = OLD["descent"] + "mine = 3\n"
    (tmp_path / "descent.py").write_text(edited, encoding="utf-8")
    told = prepare(tmp_path, NEW)
    assert text_of(tmp_path, "graphs") == NEW["graphs"]
    assert text_of(tmp_path, "descent") == edited
    assert len(told) == 2
    assert told[0] == "graphs.py: updated to the library's newer version."
    assert told[1].startswith("descent.py: the library has a newer version, but you have edited")
    # The news is told until the reader has looked: his copy is still of the old version.
    assert prepare(tmp_path, NEW) == [told[1]]


def test_an_edit_without_a_newer_version_is_no_news(tmp_path):
    prepare(tmp_path, OLD)
    (tmp_path / "descent.py").write_text("mine\n", encoding="utf-8")
    assert prepare(tmp_path, OLD) == []
    assert text_of(tmp_path, "descent") == "mine\n"


def test_marimo_s_stamp_is_no_edit(tmp_path):
    prepare(tmp_path, OLD)
    stamped = OLD["graphs"].replace('"0.1"', '"0.2"')
    (tmp_path / "graphs.py").write_text(stamped, encoding="utf-8")
    assert prepare(tmp_path, OLD) == []
    assert prepare(tmp_path, NEW)[0] == "graphs.py: updated to the library's newer version."


def test_a_deleted_chapter_comes_back(tmp_path):
    prepare(tmp_path, OLD)
    (tmp_path / "graphs.py").unlink()
    assert prepare(tmp_path, OLD) == []
    assert text_of(tmp_path, "graphs") == OLD["graphs"]


def test_the_reader_s_own_settings_stay(tmp_path):
    (tmp_path / "pyproject.toml").write_text("# mine\n", encoding="utf-8")
    prepare(tmp_path, OLD)
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.parametrize(
    "spoilt", [b"", b"{", b"[]", b"3", b'{"graphs.py": 3}', b"\xff\xfe", b'{"graphs.py": "half']
)
def test_a_spoilt_register_is_like_none(tmp_path, spoilt):
    prepare(tmp_path, OLD)
    edited = OLD["descent"] + "mine = 3\n"
    (tmp_path / "descent.py").write_text(edited, encoding="utf-8")
    (tmp_path / "graphs.py").write_text(NEW["graphs"], encoding="utf-8")
    (tmp_path / COPIED).write_bytes(spoilt)
    assert prepare(tmp_path, NEW) == [
        ".copied.json: it was spoilt, and is written anew; no chapter of yours is overwritten.",
        "descent.py: it is not the library's, and may be yours, so it stays."
        " To read the library's, rename this one and start again.",
    ]
    assert text_of(tmp_path, "descent") == edited
    # From now on the chapters that are the library's keep up with it again.
    told = prepare(tmp_path, {**NEW, "graphs": "z = 3\n"})
    assert told[0] == "graphs.py: updated to the library's newer version."


def test_a_chapter_in_another_encoding_is_the_reader_s_own(tmp_path):
    prepare(tmp_path, OLD)
    (tmp_path / "descent.py").write_bytes(b"# caf\xe9\n")
    assert prepare(tmp_path, OLD) == []
    assert (tmp_path / "descent.py").read_bytes() == b"# caf\xe9\n"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_every_chapter_is_in_the_package(chapter):
    assert "app = marimo.App(" in source(chapter.name)
