"""Which operands of a contraction are copied before they are read.

B is packed into panels where its rows are not contiguous, or where enough tiles read it to pay for
the copy. A is copied where its rows would fall into the same sets of the cache, or where it is read
by columns and too large for one.
"""

from __future__ import annotations

import math

from tensorslow.engines.llvm.contractions.contraction import Contraction
from tensorslow.engines.llvm.contractions.dots import as_dots
from tensorslow.engines.llvm.contractions.tiling import L2_PART, Tiling
from tensorslow.engines.llvm.text.target import Target

# Rows that lie a multiple of so many bytes apart meet in the same few sets of a cache; a tile may
# have so many such rows.
TRAP, WAYS = 2048, 8

# B is packed for more than so many tiles; and for more than so many where its rows lie near enough
# to each other, in bytes, to be read well as they are.
FEW_READERS, MANY_READERS = 3, 24
NEAR = 512

# Steps of a sum: A is not copied for fewer than the first. If each goes to another row of memory,
# lines that neighbouring tiles share leave the first cache in between for more than the second.
SHORT, LONG = 64, 512


def must_pack(c: Contraction, t: Tiling, target: Target) -> bool:
    """Whether micro-kernels cannot read B as it is."""
    if t.along != "row":
        return t.along == "sum" and c.nest[-1].b != 1
    return c.columns.b != 1 or c.dtype != c.computed or (t.ragged and not target.has_masks)


def packs(c: Contraction, t: Tiling, target: Target) -> bool:
    """Whether B is packed."""
    if as_dots(c, target):
        return False
    if t.along != "row" or must_pack(c, t, target):
        return must_pack(c, t, target)
    readers = t.tiles * math.prod(axis.size for axis in c.outer if axis.b == 0)
    near = c.nest[-1].b * c.dtype.itemsize <= NEAR
    return readers > (MANY_READERS if near else FEW_READERS)


def copies(c: Contraction, t: Tiling) -> bool:
    """Whether A is copied. Only rows on one axis can be."""
    if c.dtype != c.computed:
        return True
    row, k, size = c.rows[0].a, c.nest[-1].a, c.dtype.itemsize
    if t.panels == 1 or len(c.rows) > 1 or len(c.nest) > 1 or c.k < SHORT or t.rows <= 4:
        return False
    if k == 1:
        return row * size % TRAP == 0 and t.rows > WAYS
    away = t.panels >= 4 and (c.k > LONG or c.m * c.k * size > L2_PART)
    return row == 1 and (k * size % TRAP == 0 or away)
