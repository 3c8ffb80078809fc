"""Pages: the cells of a chapter as a document for Sphinx, with sections, and formulas as MathML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from tensorslow.learn.cells import Cell
from tensorslow.learn.quotes import highlight

HEADING = re.compile(r"<h([1-4])\b[^>]*>(.*?)</h\1>", flags=re.DOTALL)
FORMULA = re.compile(r"<marimo-tex\b[^>]*>(.*?)</marimo-tex>", flags=re.DOTALL)
CONTROL = re.compile(r"<marimo-ui-element\b.*?</marimo-ui-element>", flags=re.DOTALL)
# TeX that the notebook's KaTeX knows, in the words of docutils.
REWRITTEN = (
    (r"\\[td]?frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}"),
    (r"\\[td]frac\b", r"\\frac"),
    (r"\\dots[bc]?\b", r"\\ldots"),
    (r"\\[lr]vert\b", "|"),
    (r"\\[Bb]igg?[lrm]?(?![A-Za-z])", ""),  # MathML stretches brackets anyway
    ("°", r"^\\circ"),
)
UNDERLINES = "=-~^"
LIVE = (
    '<p class="ts-live">In the live course (<code>tensorslow learn</code>) there is a control '
    "here: what follows moves with it.</p>"
)


def document(cells: Iterable[Cell]) -> str:
    """A chapter as reStructuredText: headings of its own, and all else as HTML.

    Raises:
        ValueError: there is a part of marimo that works with a kernel only.
    """
    blocks = []
    for part in _parts("\n".join(map(_shown, cells))):
        if isinstance(part, tuple):
            level, title = part
            blocks.append(f"{title}\n{UNDERLINES[level - 1] * max(len(title), 4)}\n")
        elif part.strip():
            lines = "\n".join(f"   {line}".rstrip() for line in part.splitlines())
            blocks.append(f".. raw:: html\n\n{lines}\n")
    return "\n".join(blocks)


def _shown(cell: Cell) -> str:
    # Of several controls beside each other, one says for all what they are.
    output = CONTROL.sub("", CONTROL.sub(LIVE, cell.output, count=1))
    if cell.prose:
        return output
    code = highlight(cell.code) if cell.code else ""
    if not cell.hidden:
        return code + output
    if not output:
        return ""  # imports, and what later cells need
    fold = f'<details class="ts-fold"><summary>The code</summary>{code}</details>' if code else ""
    return output + fold


def _parts(text: str) -> Iterator[tuple[int, str] | str]:
    text = static(text)
    end = 0
    for found in HEADING.finditer(text):
        yield text[end : found.start()]
        yield int(found[1]), _title(found[2])
        end = found.end()
    yield text[end:]


def _title(text: str) -> str:
    """A heading's HTML as reStructuredText."""
    pieces = re.split(r"<code>(.*?)</code>", text)
    plain = [html.unescape(re.sub(r"<[^>]+>", "", piece)).strip("\n") for piece in pieces]
    marked = [
        f"``{piece}``" if i % 2 else re.sub(r"([\\*`_|])", r"\\\1", piece)
        for i, piece in enumerate(plain)
    ]
    return "".join(marked).strip()


def static(text: str) -> str:
    """A notebook's HTML for a page without a kernel."""
    text = _with_paragraphs(text)
    text = FORMULA.sub(lambda found: _mathml(html.unescape(found[1])), text)
    left = re.search(r"<(marimo-[\w-]+)", text)
    if left:
        raise ValueError(f"a page without a kernel cannot show <{left[1]}>")
    return text


def _with_paragraphs(text: str) -> str:
    """Markdown in elements of its own: marimo makes spans of the text and of its paragraphs."""
    names: list[str] = []

    def renamed(found: re.Match[str]) -> str:
        tag = found[0]
        if tag.startswith("</"):
            return f"</{names.pop()}>" if names else tag
        classes = re.search(r'class="([^"]*)"', tag)
        words = classes[1].split() if classes else []
        names.append("p" if "paragraph" in words else "div" if "markdown" in words else "span")
        return {"p": "<p>", "div": '<div class="ts-text">', "span": tag}[names[-1]]

    return re.sub(r"</?span\b[^>]*>", renamed, text)


def _mathml(text: str) -> str:
    """A formula as marimo writes it, ||(x||) or ||[x||], as MathML."""
    from docutils.utils.math.latex2mathml import tex2mathml

    block = text.startswith("||[")
    formula = text[3:-3].strip()
    plain = formula
    for pattern, words in REWRITTEN:
        plain = re.sub(pattern, words, plain)
    try:
        found = tex2mathml(plain, as_block=block)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"the formula {formula!r} has no MathML: {error}") from error
    # On one line, since what holds it may be preformatted.
    found = re.sub(r">\s+<", "><", found.strip())
    if not block:
        return found
    opening = '<div class="ts-formula" tabindex="0" role="group" aria-label="Formula">'
    return f"{opening}{found}</div>"
