"""Equal kernels share their code: what is equal for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.kernels.nests import Nest
from tensorslow.engines.llvm.loops.emit import Place
from tensorslow.engines.llvm.loops.past import past_caches

ANY_SIZE = 512  # elements from which on one code serves arrays of every length


def kernel_key(nest: Nest, places: Sequence[Place]) -> tuple[Any, bool]:
    """What is equal for kernels that can share their code, and whether any length will do.

    Args:
        nest: in order, see `forms.py`, if those in another order are to have the same key.
        places: what `places_of` says.
    """
    numbers = {place: i for i, place in enumerate(places)}
    values = {x: i for i, x in enumerate(nest.values)}
    past = past_caches(nest)
    any_size = (
        len(nest.sizes) == 1
        and nest.sizes[0] >= ANY_SIZE
        and nest.contraction is None
        and not nest.reduced
        and not nest.sequential
        and not past
        and all(x.strides == (1,) or not any(x.free) for x in nest.values if x.strides)
    )
    # In one flat tuple, which is compared fastest; after the numbers of what follows.
    parts: list[Any] = [
        len(values), len(nest.stores), any_size if any_size else nest.sizes, nest.sequential,
        tuple([(b.dtype, i) for (b, _), i in numbers.items()]),
    ]  # fmt: skip
    if nest.contraction is not None:
        parts += [nest.contraction.shape, nest.contraction.places]
    for x in nest.values:
        where = None if x.buffer is None else numbers[x.buffer, x.offset]
        offset = x.offset if x.op == "index" else 0
        parts += (
            x.op, x.dtype, x.args and tuple([values[a] for a in x.args]), x.strides, where, offset,
            _exactly(x.detail) if x.op == "literal" else x.detail, x.axes,
        )  # fmt: skip
    for s in nest.stores:
        where = None if s.buffer is None else numbers[s.buffer, s.offset]
        indirect = tuple([(values[v], n) for v, n in s.indirect])
        parts += (values[s.value], where, s.strides, indirect, s.add, s in past)
    return tuple(parts), any_size


def _exactly(number: Any) -> Any:
    """A number such that 0 is not equal to -0, and nan is equal to nan."""
    return number.tobytes() if isinstance(number, np.generic) else repr(number)
