"""Arrays that results are written to.

What is very large comes from the system at each allocation, page by page, each of them cleared
before it is first written, and goes back there as soon as it is free: that takes longer than to
write it. So a program uses its very large results again, once nobody else has them any more. They
begin with a cache line, so that whole lines of them can be written past the caches.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorslow.arrays.memory import aligned_empty

# In bytes. The C library keeps what is smaller for the next allocation (mallopt(3), "the upper
# limit of M_MMAP_THRESHOLD").
LARGE = 32 << 20

KEPT = 4  # of all programs together: two variables, and the values that replace them

_made: deque[Any] = deque(maxlen=KEPT)


def maker(shape: tuple[int, ...], dtype: np.dtype) -> Callable[[], Any]:
    """What makes arrays for one result, as `np.empty` would."""
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if size < LARGE:
        return functools.partial(np.empty, shape, dtype)
    make = functools.partial(_again, shape, dtype)
    weakref.finalize(make, _made.clear).atexit = False  # nothing is kept longer than programs
    return make


def _again(shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """An array that nobody else has. Several threads may ask at the same time."""
    for _ in range(KEPT):
        try:
            array = _made.popleft()
        except IndexError:  # there are no more, or other threads are looking at them
            break
        free = sys.getrefcount(array) == 2  # this function and the call
        _made.append(array)
        if free and array.shape == shape and array.dtype == dtype:
            array.setflags(write=True)  # a variable's value was not to be written
            return array
    array = aligned_empty(shape, dtype)
    _made.append(array)  # for the one that was made first
    return array
