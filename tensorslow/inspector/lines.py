"""The user's lines that made nodes, and the program that they are of."""

from __future__ import annotations

import linecache
import os
from collections import Counter
from collections.abc import Sequence

from tensorslow.graph import Operation
from tensorslow.inspector.document import Line, Program
from tensorslow.origin import PACKAGE


def line_of(op: Operation) -> Line | None:
    """The user's line that made an operation."""
    filename, number = op.created_at
    if filename.startswith(PACKAGE):  # nobody outside made it
        return None
    text = linecache.getline(filename, number).strip()
    return {"file": shown_path(filename), "number": number, "text": text}


def program_of(ops: Sequence[Operation]) -> Program | None:
    """The file that made most of the operations."""
    files = Counter(op.created_at.filename for op in ops)
    for filename, _ in files.most_common():
        lines = linecache.getlines(filename)
        if lines and not filename.startswith(PACKAGE):
            return {
                "file": shown_path(filename),
                "lines": [line.rstrip("\n") for line in lines],
            }
    return None


def shown_path(filename: str) -> str:
    """A file's name without what is around the folder that one works in."""
    here = os.getcwd() + os.sep
    package = os.path.dirname(PACKAGE.rstrip(os.sep)) + os.sep
    for folder in (here, package):
        if filename.startswith(folder):
            return filename[len(folder) :].replace(os.sep, "/")
    return os.path.basename(filename)
