"""Arrays in memory that begins with a cache line, and whether an array is a part of another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

CACHE_LINE = 64  # bytes


def aligned_empty(shape: Sequence[int], dtype: np.dtype) -> Any:
    """An array in C order that begins with a cache line; what is in it does not matter.

    A view of it has it as its `base`, since its memory is no array: so whoever holds some of it
    holds it, and is counted by `sys.getrefcount`.
    """
    memory = bytearray(int(np.prod(shape, dtype=np.int64)) * dtype.itemsize + CACHE_LINE)
    start = -np.frombuffer(memory, np.uint8).ctypes.data % CACHE_LINE
    return np.ndarray(shape, dtype, memory, start)


def is_aligned_empty(array: Any) -> bool:
    """Whether an array was made by `aligned_empty`."""
    return isinstance(array.base, bytearray)


def is_view(array: Any) -> bool:
    """Whether the memory of an array is that of another object, which others may have."""
    return array.base is not None and not is_aligned_empty(array)
