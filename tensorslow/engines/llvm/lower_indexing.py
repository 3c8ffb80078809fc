"""Lowering of what reads and writes at places that other arrays name.

No access leaves its array, whatever the indices say: they are bounded first. Whether they were
inside is checked apart, by `check_indices`, and a check that fails ends the run before anything is
written that outlives it.
"""

from __future__ import annotations

import numpy as np

from tensorslow.engines.llvm.lower import RULES, Lowering, spread
from tensorslow.engines.llvm.nests import Nest, Value, View
from tensorslow.engines.llvm.program import Instruction

_TRUTH, _PLACE = np.dtype(bool), np.dtype(np.int64)


def _check_indices(low: Lowering, do: Instruction) -> None:
    view, limit = low.view(do.args[0]), do.options["limit"]
    dtype = view.buffer.dtype
    nest = low.nest(view.shape)
    x = low.read(nest, view)
    bad = None
    if dtype.kind == "i":
        bad = nest.compute("less", _TRUTH, x, nest.literal(0, dtype))
    if limit is not None and limit <= np.iinfo(dtype).max:
        high = nest.compute("greater_equal", _TRUTH, x, nest.literal(limit, dtype))
        bad = high if bad is None else nest.compute("logical_or", _TRUTH, bad, high)
    if bad is not None:
        nest.check(bad)


def _check_nonzero(low: Lowering, do: Instruction) -> None:
    view = low.view(do.args[0])
    nest = low.nest(view.shape)
    x = low.read(nest, view)
    nest.check(nest.compute("equal", _TRUTH, x, nest.literal(0, x.dtype)))


def _bounded(nest: Nest, index: Value, size: int) -> Value:
    """The index itself if it is inside, else the nearest that is."""
    if index.dtype != _PLACE:
        index = nest.compute("cast", _PLACE, index)
    index = nest.compute("maximum", _PLACE, index, nest.literal(0, _PLACE))
    return nest.compute("minimum", _PLACE, index, nest.literal(size - 1, _PLACE))


def _take(low: Lowering, do: Instruction) -> View:
    x, indices = low.in_memory(low.view(do.args[0])), low.view(do.args[1])
    axis, batch = do.options["axis"], do.options["batch_dims"]
    shape = do.targets[0].shape
    nest = low.nest(shape)
    # The result's axes: those of x before `axis`, of the indices after the batch, of x after it.
    named = range(axis, axis + len(indices.shape) - batch)
    kept = [*range(batch), *named]
    index = low.read(nest, spread(indices, kept, len(shape)))
    strides = [*x.strides[:axis], *[0] * len(named), *x.strides[axis + 1 :]]
    place = _bounded(nest, index, x.shape[axis])
    value = nest.load(x.buffer, strides, x.offset, [(place, x.strides[axis])], origin=do.op)
    result = low.new(shape, do.targets[0].dtype)
    nest.store(value, result)
    return result


def _scatter(low: Lowering, do: Instruction) -> View:
    x, indices, updates = (low.view(a) for a in do.args)
    result = low.copied(x)
    rank = len(indices.shape)
    nest = low.nest(updates.shape)
    nest.sequential, nest.after = frozenset(range(rank)), (result.buffer,)
    index = low.read(nest, spread(indices, range(rank), len(updates.shape)))
    place = _bounded(nest, index, x.shape[0])
    value = low.read(nest, updates)
    row = View(result.buffer, result.shape[1:], result.strides[1:])
    nest.store(value, spread(row, range(rank, len(updates.shape)), len(updates.shape)))
    nest.stores[-1].indirect = ((place, result.strides[0]),)
    nest.stores[-1].add = do.name == "scatter_add"
    return result


RULES |= {
    "check_indices": _check_indices,
    "check_nonzero": _check_nonzero,
    "take": _take,
    "scatter_add": _scatter,
    "scatter_update": _scatter,
}
