"""Quotations: the library's own source, as it is installed."""

from __future__ import annotations

import ast
import inspect
import textwrap
from pathlib import Path
from typing import Any

from tensorslow.learn.html import Html, escape

SCREEN = 45  # lines: what a point may take
PACKAGE = Path(__file__).parents[1]


def quote(thing: Any, *, part: str | None = None, docstring: bool = True) -> Html:
    """The source of a part of the library, with its file and line.

    Args:
        thing: a function, method, class, property or module of the library.
        part: the name of a definition in the module `thing`, for what is no function or class.
        docstring: whether its docstring is shown.

    Raises:
        ValueError: it is longer than a screen; then the library should be simpler.
    """
    function: Any = thing.fget if isinstance(thing, property) else thing
    thing = inspect.unwrap(function)
    lines, first = inspect.getsourcelines(thing)
    if part is not None:
        lines, first = _definition(lines, part)
    source = textwrap.dedent("".join(lines)).rstrip()
    if not docstring:
        source = without_docstring(source)
    length = source.count("\n") + 1
    if length > SCREEN:
        raise ValueError(f"{thing!r} has {length} lines; a screen has {SCREEN}")
    path = Path(inspect.getsourcefile(thing) or "").resolve().relative_to(PACKAGE.parent)
    where = f"{path.as_posix()}, line {max(first, 1)}"
    return Html(
        f'<figure class="ts-quote"><figcaption>{escape(where)}</figcaption>'
        f"{highlight(source)}</figure>"
    )


def _definition(lines: list[str], name: str) -> tuple[list[str], int]:
    """The lines that define a name in a module, and the number of the first."""
    for node in ast.parse("".join(lines)).body:
        targets = [ast.unparse(x) for x in getattr(node, "targets", [])]
        if name in [*targets, getattr(node, "name", None)]:
            return lines[node.lineno - 1 : node.end_lineno], node.lineno
    raise ValueError(f"nothing here is called {name!r}")


def without_docstring(source: str) -> str:
    """Source without the docstring of its first definition, or of the module."""
    tree = ast.parse(source)
    node: Any = tree.body[0] if hasattr(tree.body[0], "body") else tree
    if ast.get_docstring(node, clean=False) is None:
        return source
    lines = source.splitlines()
    text = node.body[0]
    del lines[text.lineno - 1 : text.end_lineno]
    while len(lines) > text.lineno - 1 and not lines[text.lineno - 1].strip():
        del lines[text.lineno - 1]
    return "\n".join(lines)


def highlight(source: str) -> str:
    """Python as highlighted HTML."""
    from pygments import highlight as coloured
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    shown = coloured(source, PythonLexer(), HtmlFormatter(cssclass="ts-code"))
    return str(shown).replace(
        "<pre>", '<pre tabindex="0">', 1
    )  # wide code can be scrolled by keyboard
