"""No search for garbage while a program is written.

Every instruction is an object that lives as long as its program, and has no cycles to be found.
Python looks for them again and again all the same, which for a program of 100,000 instructions
takes longer than writing it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Inside, Python does not look for unreachable cycles of objects."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
