"""The page: a template, the built script and style, and a document, all in one file.

What a graph is named, and what its values are, comes from outside. It is in the page as JSON inside
a script element that no browser executes, with the characters escaped that could end it; and the
page's own rules forbid it to fetch or send anything.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
from importlib import resources
from typing import Any

from tensorslow.inspector.document import Document

HEIGHT = 720  # pixels, in a notebook
_ESCAPED = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}

_TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<noscript>This page draws a graph, and needs JavaScript to do so.</noscript>
<script type="application/json" id="document">{document}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def page_of(document: Document) -> str:
    """A page that needs nothing beside itself."""
    script, style = asset("inspector.js"), asset("inspector.css")
    return _TEMPLATE.format(
        policy=html.escape(policy_for(script)),
        title=html.escape(f"{document['title']} · tensorslow"),
        style=style.replace("</", "<\\/"),
        document=embedded(document),
        script=_inline(script),
    )


def frame_of(document: Document, height: int = HEIGHT) -> str:
    """The page inside another: it cannot reach what is around it."""
    return (
        f'<iframe sandbox="allow-scripts" title="{html.escape(document["title"])}" '
        f'style="width:100%;height:{height}px;border:1px solid #8888;border-radius:4px" '
        f'srcdoc="{html.escape(page_of(document))}"></iframe>'
    )


def policy_for(script: str) -> str:
    """What the page may do: run this very script, and draw; nothing goes out or comes in."""
    digest = hashlib.sha256(_inline(script).encode()).digest()
    return (
        f"default-src 'none'; script-src 'sha256-{base64.b64encode(digest).decode()}'; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def embedded(document: Document) -> str:
    """A document as JSON that can stand inside an HTML element."""
    return "".join(_ESCAPED.get(c, c) for c in as_json(document))


def as_json(document: Document) -> str:
    """A document as strict JSON.

    Raises:
        ValueError: a number in it is nan or infinite.
    """
    return json.dumps(document, allow_nan=False, separators=(",", ":"), ensure_ascii=False)


@functools.cache
def asset(name: str) -> str:
    """A built file of the page.

    Raises:
        FileNotFoundError: it was not built.
    """
    file = resources.files("tensorslow.inspector") / "static" / name
    return file.read_text(encoding="utf-8")


def _inline(script: str) -> str:
    """A script that can stand inside an element: nothing in it ends that."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def as_widget(document: Document) -> Any:
    """The page as a notebook widget.

    Raises:
        ImportError: anywidget is not installed.
    """
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise ImportError(
            "a widget needs anywidget: pip install 'tensorslow[inspect]'; "
            "an inspection shows itself in a notebook without it"
        ) from error

    class Page(anywidget.AnyWidget):  # type: ignore[misc,unused-ignore]
        """The page, with the document as what it shows."""

        _esm = asset("inspector.js")
        _css = asset("inspector.css")
        document = traitlets.Dict().tag(sync=True)

    return Page(document=document)
