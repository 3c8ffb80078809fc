"""Products of 32-bit words by a constant, of which one half is used: random bits are made of them.

NumPy has to write them as products of 64-bit words. A processor multiplies every other word of a
vector to 64 bits at once.
"""

from __future__ import annotations

import numpy as np

from tensorslow.engines.llvm.kernels.nests import Nest, Value, drop_dead

_WORD, _WIDE = np.dtype(np.uint32), np.dtype(np.uint64)


def narrow_products(nest: Nest) -> None:
    """Names the halves of such products for what they are: multiply_low and multiply_high."""
    values: list[Value] = []
    for x in nest.values:
        found = _half(x) if x.op == "cast" and x.dtype == _WORD else None
        if found is not None:
            name, word, number = found
            factor = Value("literal", _WORD, detail=_WORD.type(number), free=(False,) * len(x.free))
            values.append(factor)
            x.op, x.args = name, (word, factor)
        values.append(x)
    if len(values) > len(nest.values):
        nest.values = values
        drop_dead(nest)


def _half(x: Value) -> tuple[str, Value, int] | None:
    """Which half of which product a word is; None if it is none."""
    (source,) = x.args
    name = "multiply_low"
    if source.op == "right_shift" and source.args[1].op == "literal":
        if source.args[1].detail != 32:
            return None
        name, source = "multiply_high", source.args[0]
    if source.op != "multiply" or source.dtype != _WIDE:
        return None
    for word, factor in (source.args, source.args[::-1]):
        if (
            word.op == "cast"
            and word.args[0].dtype == _WORD
            and factor.op == "literal"
            and 0 <= int(factor.detail) < 1 << 32
        ):
            return name, word.args[0], int(factor.detail)
    return None
