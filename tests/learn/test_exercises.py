"""Every exercise of the course takes right answers, and has a hint for each typical mistake."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tensorslow.learn import CHAPTERS, chapter, exercise
from tensorslow.learn.exercises import find, of_chapter

pytest.importorskip("marimo", reason="questions and hints are written in marimo's markdown")

EXERCISES = [exercise for chapter in CHAPTERS for exercise in of_chapter(chapter.name)]


class Unfriendly:
    """Fails whatever it is asked."""

    def __array__(self, *args, **options):
        raise RuntimeError("not an array")

    def __len__(self):
        raise RuntimeError("no length")

    def __eq__(self, other):
        raise RuntimeError("equal to nothing")

    __hash__ = None


def fails(*args):
    raise ZeroDivisionError("by the reader")


ODD = [
    None,
    "",
    "seven",
    b"bytes",
    True,
    float("nan"),
    float("inf"),
    -1,
    1e300,
    10**400,
    1j,
    [],
    [[]],
    [None, 1],
    [1, [2, 3]],
    ["a", 1],
    {"a": 1},
    {1, "a"},
    np.zeros((0, 3)),
    np.full((2, 2), np.nan),
    np.zeros((7, 7, 7)),
    np.array(["x"]),
    np.array([None]),
    object(),
    Unfriendly(),
    int,
    fails,
    lambda: None,
    lambda *args: None,
    lambda *args: "text",
    lambda *args: float("nan"),
    lambda *args: Unfriendly(),
]


@pytest.mark.parametrize("asked", EXERCISES, ids=lambda asked: asked.name)
class TestEach:
    def test_right_answers_are_accepted(self, asked):
        assert len(asked.right) >= 1
        assert [asked.check(answer) for answer in asked.right] == [None] * len(asked.right)

    def test_each_mistake_has_its_own_hint(self, asked):
        hints = [asked.check(mistake.answer) for mistake in asked.mistakes]
        assert len(hints) >= 3
        for mistake, hint in zip(asked.mistakes, hints, strict=True):
            assert hint is not None
            assert mistake.hint in hint
        assert len(set(hints)) == len(hints)

    def test_odd_answers_get_a_hint(self, asked):
        for answer in ODD:
            hint = asked.check(answer)
            assert isinstance(hint, str)
            assert hint.strip()

    def test_texts_are_there(self, asked):
        assert asked.question.strip()
        assert asked.idea.strip(), "the exported site shows the way to the solution"
        assert find(asked.name) is asked


@pytest.mark.parametrize("name", [chapter.name for chapter in CHAPTERS])
def test_a_chapter_asks_all_its_exercises(name):
    from tensorslow.learn.folder import source

    text = source(name)
    names = [asked.name for asked in of_chapter(name)]
    assert len(names) >= 3
    assert len(set(names)) == len(names)
    for asked in names:
        assert asked.startswith(f"{name}.")
        assert text.count(f'exercise.question("{asked}")') == 1
        assert text.count(f'exercise.check("{asked}", ') == 1
    assert text.count("exercise.question(") == text.count("exercise.check(") == len(names)


def test_unknown_names_are_refused():
    with pytest.raises(KeyError, match="no exercise 'graphs.nothing'"):
        find("graphs.nothing")
    with pytest.raises(KeyError, match="no chapter 'nothing'"):
        find("nothing.at-all")
    with pytest.raises(KeyError, match="no chapter 'nothing'; there are graphs"):
        chapter("nothing")


class TestProgress:
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv(exercise.FOLDER, str(tmp_path))
        monkeypatch.setenv(exercise.ADDRESS, "http://127.0.0.1:1/?token=x&y")
        return tmp_path

    def test_only_a_right_answer_is_noted(self, folder):
        assert "in place of the dots" in exercise.check("graphs.by-hand", ...).text
        assert "Not yet" in exercise.check("graphs.by-hand", [3, 1]).text
        assert exercise.solved() == set()
        assert not (folder / "progress.json").exists()

        said = exercise.check("graphs.by-hand", [4, 2]).text
        assert "Right" in said
        assert "1 of 6 exercises of this chapter are solved" in said
        assert 'href="http://127.0.0.1:1/?token=x&amp;y"' in said
        exercise.check("graphs.visits", 2047)
        exercise.check("graphs.by-hand", [0, 0])  # what was solved stays solved
        kept = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        assert kept == {"solved": ["graphs.by-hand", "graphs.visits"]}

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"solved": 1}', '{"done": []}'])
    def test_a_spoilt_file_counts_as_none(self, folder, text):
        (folder / "progress.json").write_text(text, encoding="utf-8")
        assert exercise.solved() == set()
        exercise.check("graphs.by-hand", [4, 2])
        assert exercise.solved() == {"graphs.by-hand"}

    def test_without_a_course_nothing_is_kept(self, monkeypatch, tmp_path):
        monkeypatch.delenv(exercise.FOLDER, raising=False)
        monkeypatch.chdir(tmp_path)
        said = exercise.check("graphs.by-hand", [4, 2]).text
        assert "Right" in said
        assert "of this chapter" not in said
        assert list(tmp_path.iterdir()) == []

    def test_a_check_that_fails_is_told(self, monkeypatch):
        def broken(answer):
            raise ValueError("<script>")

        asked = exercise.Exercise("graphs.by-hand", "?", broken, (), ())
        monkeypatch.setattr("tensorslow.learn.exercises.find", lambda name: asked)
        said = exercise.check("graphs.by-hand", 1).text
        assert "could not be checked" in said
        assert "<script>" not in said
