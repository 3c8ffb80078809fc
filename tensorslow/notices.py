"""Notices: what is said once in a process, in the line of the user's program that it is about."""

from __future__ import annotations

import os
import sys
import warnings

from tensorslow.origin import PACKAGE

_said: set[str] = set()


def note(text: str) -> None:
    """Says something to who listens to the logger "tensorslow"."""
    if f"noted: {text}" not in _said:  # who noted it may still want to warn
        _said.add(f"noted: {text}")
        import logging  # it takes a while, and most programs have nothing to note

        logging.getLogger("tensorslow").info(text)


def warn_once(text: str, cause: Exception | None = None) -> None:
    """Warns; where warnings are errors, `cause` is shown with it."""
    if text in _said:
        return
    _said.add(text)
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame, level = frame.f_back, level + 1
    try:
        warnings.warn(text, RuntimeWarning, stacklevel=level)
    except RuntimeWarning as warning:
        raise warning from cause


def where(error: Exception) -> str:
    """The first line of an error, with the line of our code that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    if trace is None:
        return text
    name = os.path.basename(trace.tb_frame.f_code.co_filename)
    return f"{text}, at {name}:{trace.tb_lineno}"
