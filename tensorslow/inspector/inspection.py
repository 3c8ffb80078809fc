"""An inspection: a run that was recorded, as a page, a widget, or data."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorslow.defaults import session_stack
from tensorslow.graph import Graph
from tensorslow.inspector import page
from tensorslow.inspector.building import document_of
from tensorslow.inspector.compiled import add_engine
from tensorslow.inspector.document import Document
from tensorslow.inspector.recording import record
from tensorslow.plan import Cell
from tensorslow.session import Session

SMALL = 500  # operations of a run that is compiled without being asked


class Inspection:
    """One run, node by node. A notebook shows it as a page.

    Attributes:
        document: all that the page shows, as plain JSON data; `tensorslow/inspector/document.py`
            describes it.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    def html(self) -> str:
        """The page: one file that needs no network."""
        return page.page_of(self.document)

    def json(self) -> str:
        """The document as strict JSON."""
        return page.as_json(self.document)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the page, and says where it is."""
        target = Path(path)
        target.write_text(self.html(), encoding="utf-8")
        return target

    def widget(self) -> Any:
        """The page as an anywidget, for notebooks that show widgets rather than HTML.

        Raises:
            ImportError: anywidget is not installed.
        """
        return page.as_widget(self.document)

    def _repr_html_(self) -> str:
        return page.frame_of(self.document)

    def __repr__(self) -> str:
        document = self.document
        text = f"<ts.Inspection of {document['title']}: {len(document['nodes'])} nodes"
        culprit, error = document["culprit"], document["error"]
        if culprit is not None:
            name = next(x["name"] for x in document["nodes"] if x["id"] == culprit["node"])
            text += f"; first {culprit['what']} at {name!r}: {culprit['why']}"
        if error is not None:
            text += f"; failed: {error['text'].splitlines()[0]}"
        return text + ">"


def inspect_run(
    fetches: Any,
    feed_dict: Mapping[Any, Any] | None = None,
    session: Session | None = None,
    graph: Graph | None = None,
    *,
    title: str | None = None,
    engine: bool | None = None,
    times: bool = False,
) -> Inspection:
    """See `ts.inspect`."""
    session = _session(session, graph)
    recording = record(session.graph, fetches, feed_dict, reader(session))
    document = document_of(recording, title)
    wanted = engine or times or (engine is None and len(recording.ops) <= SMALL)
    if wanted and recording.error is None:
        add_engine(document, session, fetches, feed_dict, times)
    return Inspection(document)


def _session(session: Session | None, graph: Graph | None) -> Session:
    if session is None:
        stack = session_stack()
        session = stack[-1] if stack else Session(graph=graph)
        if graph is not None and session.graph is not graph:
            session = Session(graph=graph)
    if graph is not None and session.graph is not graph:
        raise ValueError("the session is of another graph: leave `graph` out, or name its own")
    return session


def reader(session: Session) -> Any:
    """What gives the values of a session's variables and counters."""

    def read(cells: Sequence[Cell]) -> list[Any]:
        for cell in cells:
            session.ensure(cell)
        return session.state.read(cells)

    return read
