"""Arrays that results are written to.

What is very large comes from the system at each allocation, page by page, each of them cleared
before it is first written, and goes back there as soon as it is free: that takes longer than to
write it. So a program uses its very large results again, once nobody else has them any more.
"""

from __future__ import annotations

import functools
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

# In bytes. The C library keeps what is smaller for the next allocation (mallopt(3), "the upper
# limit of M_MMAP_THRESHOLD").
LARGE = 32 << 20

KEPT = 2  # a variable's value and the one that replaces it


def maker(shape: tuple[int, ...], dtype: np.dtype) -> Callable[[], Any]:
    """What makes arrays for one result, as `np.empty` would."""
    plain = functools.partial(np.empty, shape, dtype)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    return Again(plain) if size >= LARGE else plain


class Again:
    """Arrays of one kind that are used again.

    Args:
        plain: makes a new one.
    """

    def __init__(self, plain: Callable[[], Any]) -> None:
        self._plain = plain
        self._made: deque[Any] = deque()

    def __call__(self) -> Any:
        """One that nobody else has. Several threads may ask at the same time."""
        for _ in range(len(self._made)):
            try:
                array = self._made.popleft()
            except IndexError:  # another thread is looking at it
                break
            free = sys.getrefcount(array) == 2  # this function and the call
            self._made.append(array)
            if free:
                array.setflags(write=True)  # a variable's value was not to be written
                return array
        array = self._plain()
        if len(self._made) < KEPT:
            self._made.append(array)
        return array
