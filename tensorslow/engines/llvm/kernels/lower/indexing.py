"""Lowering of what reads and writes at places that other arrays name.

No access leaves its array, whatever the indices say: they are bounded first. Whether they were
inside is checked apart, by `check_indices`, and a check that fails ends the run before anything is
written that outlives it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tensorslow.engines.llvm.kernels.lower.lowering import Lowering, spread
from tensorslow.engines.llvm.kernels.nests import Nest, Value
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Block, Instruction

_TRUTH, _PLACE = np.dtype(bool), np.dtype(np.int64)


def check_indices(low: Lowering, do: Instruction) -> None:
    """Ends the run if an index is negative or reaches the limit."""
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


def check_nonzero(low: Lowering, do: Instruction) -> None:
    """Ends the run if a divisor is zero."""
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


def take(low: Lowering, do: Instruction) -> View:
    """The parts of an array that indices name."""
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


def scatter(low: Lowering, do: Instruction) -> View:
    """An array in which named rows are replaced or added to."""
    x, indices, updates = (low.view(a) for a in do.args)
    result = low.new(x.shape, x.buffer.dtype)
    if x.number is not None and _only_taken(low.block, do):
        nest, store = _rows(low, indices, updates.shape, result)
        store(nest.literal(x.number, x.buffer.dtype))
    else:
        low.copy(x, result)
    nest, store = _rows(low, indices, updates.shape, result)
    rank = len(indices.shape)
    nest.sequential, nest.after = frozenset(range(rank)), (result.buffer,)
    store(low.read(nest, updates))
    nest.stores[-1].add = do.name == "scatter_add"
    return result


def _rows(
    low: Lowering, indices: View, shape: Sequence[int], target: View
) -> tuple[Nest, Callable[[Value], None]]:
    """A nest over all elements of rows that are named, and how it writes to them."""
    rank = len(indices.shape)
    nest = low.nest(shape)
    index = low.read(nest, spread(indices, range(rank), len(shape)))
    place = _bounded(nest, index, target.shape[0])
    row = View(target.buffer, target.shape[1:], target.strides[1:])

    def store(value: Value) -> None:
        nest.store(value, spread(row, range(rank, len(shape)), len(shape)))
        nest.stores[-1].indirect = ((place, target.strides[0]),)

    return nest, store


def _only_taken(block: Block | None, do: Instruction) -> bool:
    """Whether nothing is read of a result but the rows that its own indices name.

    So it is with gradients of an embedding, which are summed up for each word before they are
    used: the rows of other words need not be there.
    """
    (target,) = do.targets
    if block is None or any(x is target for x in block.results):
        return False
    if any(step.blocks for step in block.steps):
        return False
    return all(
        step.name == "take"
        and step.args[1] is do.args[1]
        and (step.options["axis"], step.options["batch_dims"]) == (0, 0)
        for step in block.steps
        if any(x is target for x in step.args)
    )
