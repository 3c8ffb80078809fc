"""Results so large that they are written past the caches.

A line that is written comes into the cache first, unless the processor is told that it need not:
that is a third of what a copy moves. What is so large is not in a cache any more when it is read.
Only what is aligned is written so, or the processor stops: that is looked at in each run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from tensorslow.engines.llvm.kernels.nests import Nest, Store
from tensorslow.engines.llvm.loops.order import Loops
from tensorslow.engines.llvm.text.ir import Function

LARGE = 32 << 20  # bytes that a kernel writes to one array
LINE = 64  # bytes


def past_caches(nest: Nest) -> Collection[Store]:
    """The stores of a kernel that write a very large array, each element once, and do not find it
    in the cache because the kernel has read it.
    """
    points = math.prod(nest.sizes)
    if 8 * points < LARGE or nest.sequential:
        return ()
    return {s for s in nest.stores if _is_alone(s, nest) and _bytes(s, points) >= LARGE}


def _is_alone(s: Store, nest: Nest) -> bool:
    if s.buffer is None or s.buffer.alias is not None or s.add or s.indirect:
        return False
    varies = all(stride or n == 1 for stride, n in zip(s.strides, nest.sizes, strict=True))
    return varies and all(x.buffer is not s.buffer for x in nest.values)


def _bytes(s: Store, points: int) -> int:
    assert s.buffer is not None
    return points * s.buffer.dtype.itemsize


def in_whole_lines(loops: Loops) -> Collection[Store]:
    """Those of its stores whose vectors are aligned if the array is."""
    if loops.vector < 0:
        return ()
    return [s for s in past_caches(loops.nest) if _fits(s, loops)]


def _fits(s: Store, loops: Loops) -> bool:
    assert s.buffer is not None
    size = s.buffer.dtype.itemsize
    others = [n * size for axis, n in enumerate(s.strides) if axis != loops.vector]
    near = s.strides[loops.vector] == 1 and loops.lanes * size in (16, 32, 64)
    return near and not any(n % LINE for n in others)


def write_twice(f: Function, pointers: Collection[str], write: Callable[[bool], None]) -> None:
    """Calls `write` for code that runs where all these pointers are aligned, and for other code.

    So the kernel is there twice, and takes twice the time to compile.
    """
    either = "0"
    for pointer in pointers:
        place = f.op(f"ptrtoint ptr {pointer} to i64")
        either = f.op(f"or i64 {either}, {place}")
    apart = f.op(f"and i64 {either}, {LINE - 1}")
    f.when(f.op(f"icmp eq i64 {apart}, 0", "c"), lambda: write(True))
    f.when(f.op(f"icmp ne i64 {apart}, 0", "c"), lambda: write(False))
