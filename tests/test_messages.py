"""Messages are an interface: each of these programs fails, and this is what its author reads.

The programs are in `tests/golden/messages.txt`, each with the whole text of its error. After each
of them the session still works, and every variable is unchanged. `python -m tests.test_messages`
writes the texts anew; read the difference before you keep it: a message that is no help is a bug.
"""

from __future__ import annotations

import linecache
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.engines import ENGINES
from tensorslow.errors import GraphError

GOLDEN = Path(__file__).parent / "golden" / "messages.txt"
BEGINNING = 'v = ts.Variable([1.0, 2.0], name="v")\nsession = ts.Session()\n'


def read() -> dict[str, tuple[str, str]]:
    """By title: the program and the text of its error."""
    sections = re.split(r"^# (.*)\n", GOLDEN.read_text(), flags=re.MULTILINE)[1:]
    cases = {}
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        program, _, message = body.partition("\n>>> ")
        cases[title] = program.strip() + "\n", message.strip()
    return cases


CASES = read()


def run(program: str) -> tuple[BaseException, dict[str, Any]]:
    """The error that a program ends in, and its variables."""
    text = BEGINNING + program
    lines = text.splitlines(keepends=True)
    linecache.cache["program.py"] = (len(text), None, lines, "program.py")
    names: dict[str, Any] = {"ts": ts}
    try:
        exec(compile(text, "program.py", "exec"), names)
    except Exception as error:
        return error, names
    raise AssertionError("the program did not fail")


def check_all_is_as_before(names: dict[str, Any]) -> None:
    v, session = names["v"], names["session"]
    if session._closed:
        session = ts.Session(graph=v.graph)
    np.testing.assert_array_equal(session.run(v), [1, 2])
    x = next((x for x in v.graph.placeholders if x.shape == [2] and x.dtype == ts.float32), None)
    if x is not None:
        np.testing.assert_array_equal(session.run(x, {x: [5, 6]}), [5, 6])
    if not v.graph.finalized:
        with v.graph.as_default():
            np.testing.assert_array_equal(session.run(v * 2.0), [2, 4])
            np.testing.assert_array_equal(session.run(v.assign_add([1.0, 1.0])), [2, 3])


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("title", CASES)
def test_message(title: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORSLOW_ENGINE", engine)
    program, message = CASES[title]
    error, names = run(program)
    assert f"{type(error).__name__}: {error}" == message
    check_all_is_as_before(names)


@pytest.mark.parametrize("title", CASES)
def test_an_error_names_the_users_line(title: str) -> None:
    program, message = CASES[title]
    error, _ = run(program)
    assert isinstance(error, GraphError)
    places = re.findall(r"program\.py:(\d+):  (.*)", message)
    lines = (BEGINNING + program).splitlines()
    assert places
    assert all(lines[int(number) - 1].strip() == text for number, text in places)
    assert "tensorslow/" not in message


def test_errors_are_of_pythons_kinds_too() -> None:
    kinds = {
        "ShapeError": ValueError,
        "DTypeError": TypeError,
        "FeedError": (ValueError, TypeError),
        "GradientError": LookupError,
        "ExecutionError": RuntimeError,
        "GraphError": ValueError,
    }
    found = {type(run(program)[0]).__name__: run(program)[0] for program, _ in CASES.values()}
    assert found.keys() == kinds.keys()
    for name, error in found.items():
        wanted = kinds[name] if isinstance(kinds[name], tuple) else (kinds[name],)
        assert all(isinstance(error, kind) for kind in wanted), name
        assert error.message == str(error)


def write() -> None:
    """Writes the texts of the errors as they are now: `python -m tests.test_messages`."""
    sections = []
    for title, (program, _) in CASES.items():
        ts.reset_default_graph()
        error, _ = run(program)
        sections.append(f"# {title}\n\n{program}\n>>> {type(error).__name__}: {error}\n")
    GOLDEN.write_text("\n".join(sections))


if __name__ == "__main__":
    write()
