"""The cells of a chapter: what the reader sees of each, its code and its output, as HTML.

`python -m tensorslow.learn.cells chapter.py out.json` runs a chapter in a process of its own.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import pprint
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tensorslow.learn.html import Html, escape


@dataclass(frozen=True)
class Source:
    """A cell as it is written: its code, whether the notebook folds it away, and its lines."""

    code: str
    hidden: bool
    first: int
    last: int


@dataclass(frozen=True)
class Cell:
    """What a cell shows.

    Attributes:
        code: its code; "" where nobody needs to see it.
        hidden: whether the notebook folds the code away.
        output: what it printed and its output, as HTML.
        prose: whether that is text, and not the result of something.
    """

    code: str
    hidden: bool
    output: str
    prose: bool


def run(path: Path) -> list[Cell]:
    """Runs a chapter from a clean kernel, and returns its cells.

    A copy is run, as readers do: messages name lines outside the library only.

    Raises:
        ValueError: it has something other than plain cells.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _run(Path(shutil.copy(path, folder)))


def _run(path: Path) -> list[Cell]:
    sources = list(split(path.read_text(encoding="utf-8")))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # marimo asks there for the lines of its cells
    spec.loader.exec_module(module)
    printed = Printed(str(path), sources)
    with redirect_stdout(printed):
        outputs, _ = module.app.run()
    if len(outputs) != len(sources):
        raise ValueError(f"{path.name}: {len(sources)} cells, but {len(outputs)} outputs")
    answers = {name for source in sources for name in _answers(source.code)}
    return [
        _cell(source, text, output, answers)
        for source, text, output in zip(sources, printed.texts, outputs, strict=True)
    ]


class Printed(io.TextIOBase):
    """Standard output, by the cell that was running when something was printed."""

    def __init__(self, filename: str, sources: Sequence[Source]) -> None:
        self.filename, self.sources = filename, sources
        self.texts = [""] * len(sources)

    def write(self, text: str) -> int:
        """Adds text to what the cell has printed."""
        line, frame = 0, sys._getframe()
        here: FrameType | None = frame
        while here is not None:  # the outermost frame of the chapter is the cell's own
            if here.f_code.co_filename == self.filename:
                line = here.f_lineno
            here = here.f_back
        for i, source in enumerate(self.sources):
            if source.first <= line <= source.last:
                self.texts[i] += text
        return len(text)


def split(text: str) -> Iterator[Source]:
    """The cells of a notebook."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        options = [d.keywords for d in node.decorator_list if isinstance(d, ast.Call)]
        hidden = any(k.arg == "hide_code" and _is_true(k.value) for ks in options for k in ks)
        first = _after_signature(node, lines)  # comments above the first statement belong to it
        ends = isinstance(node.body[-1], ast.Return)
        last = node.body[-1].lineno - 1 if ends else node.body[-1].end_lineno or 0
        code = textwrap.dedent("\n".join(lines[first:last])).strip("\n")
        yield Source(code, hidden, node.lineno, node.end_lineno or 0)


def _after_signature(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    at = node.lineno - 1
    while not lines[at].rstrip().endswith(":"):
        at += 1
    return at + 1


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _answers(code: str) -> Iterator[str]:
    """The variables that a cell gives to `exercise.check`."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "exercise.check":
            yield from (x.id for x in node.args[1:] if isinstance(x, ast.Name))


def _defined(code: str) -> set[str]:
    names = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign):
            names |= {x.id for x in node.targets if isinstance(x, ast.Name)}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def _cell(source: Source, printed: str, output: Any, answers: set[str]) -> Cell:
    prose = _is_prose(source.code)
    # A page that runs nothing shows neither where an answer goes nor what checks it.
    asks = bool(_defined(source.code) & answers) or _ends_in(source.code).startswith("exercise.")
    shown = (_pre(printed) if printed else "") + _html(output)
    return Cell("" if prose or asks else source.code, source.hidden, shown, prose or asks)


def _is_prose(code: str) -> bool:
    """Whether all that the cell does is to say something."""
    before = ast.parse(code).body[:-1]
    return _ends_in(code) in {"mo.md", "lesson.in_tensorflow", "lesson.quote"} and all(
        isinstance(node, ast.Import | ast.ImportFrom) for node in before
    )


def _ends_in(code: str) -> str:
    """The function that a cell calls last."""
    body = ast.parse(code).body
    value = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    return ast.unparse(value.func) if isinstance(value, ast.Call) else ""


def _html(output: Any) -> str:
    if output is None:
        return ""
    if isinstance(output, Html):
        return output.static
    from marimo import Html as MarimoHtml

    if isinstance(output, MarimoHtml):
        return output.text
    return _pre(output if isinstance(output, str) else pprint.pformat(output, width=88))


def _pre(text: str) -> str:
    return f'<div class="ts-output"><pre tabindex="0">{escape(text.rstrip())}</pre></div>'


def main() -> None:
    """Runs the chapter that the command line names, and writes its cells as JSON."""
    chapter, out = map(Path, sys.argv[1:])
    Path(out).write_text(json.dumps([asdict(cell) for cell in run(chapter)]), encoding="utf-8")


if __name__ == "__main__":
    main()
