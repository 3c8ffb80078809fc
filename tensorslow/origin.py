"""Where in the user's own program a node was made."""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
from types import FrameType
from typing import NamedTuple

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
# A scope of ours is opened through this module of Python's: no line of a user's either.
OURS = (PACKAGE, contextlib.__file__)


class Origin(NamedTuple):
    """A line of the user's program; its text is looked up only when somebody wants to read it."""

    filename: str
    lineno: int

    def __str__(self) -> str:
        text = linecache.getline(self.filename, self.lineno).strip()
        where = f"{os.path.basename(self.filename)}:{self.lineno}"
        return f"{where}:  {text}" if text else where


def here(made: object = None) -> Origin:
    """The innermost line outside this package that led to this call.

    Args:
        made: an object of a user's class; its constructor does not count as such a line.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        frame.f_code.co_filename.startswith(OURS) or _is_constructor(frame, made)
    ):
        frame = frame.f_back
    return Origin(frame.f_code.co_filename, frame.f_lineno)


def _is_constructor(frame: FrameType, made: object) -> bool:
    code = frame.f_code
    return (
        made is not None
        and code.co_name == "__init__"
        and frame.f_locals.get(code.co_varnames[0]) is made
    )
