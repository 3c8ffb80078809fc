"""Lowering of branches and loops: their blocks become parts of a region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering, known
from tensorslow.engines.llvm.kernels.regions import Branch, Loop, Part, region_of
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Block, Instruction

MANY = 1000  # iterations that may go by before Python handles signals

_COUNT = np.dtype(np.int32)


def cond(low: Lowering, do: Instruction) -> list[View]:
    """Both branches as parts, which write to the same arrays."""
    predicate = low.in_memory(low.view(do.args[0]))
    results = [low.new(x.shape, x.dtype) for x in do.targets]
    parts = []
    for block in do.blocks:
        assert block is not None
        inner = low.inside()
        inner.lower(block.steps)
        for x, target in zip(block.results, results, strict=True):
            inner.copy(inner.view(x), target)
        parts.append(Part(inner))
    low.nests.append(region_of(Branch(predicate, parts), parts, {predicate.buffer}))
    return results


def while_loop(low: Lowering, do: Instruction) -> list[View]:
    """The condition and the body as parts; carried arrays have one place each."""
    condition, body = do.blocks
    assert body is not None
    count = do.options["carries"]
    limit, *arrays = (low.view(x) for x in do.args)
    carries = [low.new(x.shape, x.dtype) for x in do.targets[:count]]
    for x, carry in zip(arrays, carries, strict=False):
        low.copy(x, carry)
    counter, number = low.new((), _COUNT), Buffer(1, _COUNT, "counter", len(low.nests))
    kept = [low.new(x.shape, x.dtype) for x in do.targets[count + 1 :]]
    rows = do.options["rows"] if kept else None
    if condition is not None or limit.number != rows:  # rows that no iteration writes
        for x in kept:
            low.copy(known(0, x.buffer.dtype, x.shape), x)
    elif rows is not None:
        rows = None  # there is room for all of them
    endless = condition is not None or limit.number is None or limit.number > MANY
    limit = limit if limit.number is not None else low.in_memory(limit)
    parts, go_on = [], None
    place = View.whole(number, ())
    if condition is not None:
        go_on = low.new((), np.dtype(bool))
        parts.append(_condition(low, condition, place, carries, go_on))
    xs = [low.in_memory(x) for x in arrays[count:]]
    body_part, moving = _body(low, body, place, carries, xs, kept)
    parts.append(body_part)
    length = min((x.shape[0] for x in (*xs, *kept)), default=0)
    detail = Loop(
        parts, counter, number, limit, go_on, rows, endless, moving, length,
        do.options["reverse"],
    )  # fmt: skip
    region = region_of(detail, parts, {x.buffer for x in (limit, *carries) if x.number is None})
    region.read.add(counter.buffer)
    region.written.add(counter.buffer)
    low.nests.append(region)
    return [*carries, counter, *kept]


def _condition(
    low: Lowering, block: Block, number: View, carries: Sequence[View], go_on: View
) -> Part:
    inner = low.inside()
    inner.views.update(zip(block.params, [number, *carries], strict=True))
    inner.lower(block.steps)
    answer, *results = block.results
    inner.copy(inner.view(answer), go_on)
    return Part(inner, _moves(inner, carries, results))


def _body(
    low: Lowering,
    block: Block,
    number: View,
    carries: Sequence[View],
    xs: Sequence[View],
    kept: Sequence[View],
) -> tuple[Part, list[Buffer]]:
    """An iteration, and the rows that it reads and writes."""
    inner = low.inside()
    rows = [_row(x, inner) for x in xs]
    inner.views.update(zip(block.params, [number, *carries, *rows], strict=True))
    inner.lower(block.steps)
    moving = [row.buffer for row in rows]
    results = block.results
    for x, target in zip(results[len(carries) :], kept, strict=True):
        moving.append(_keep(inner, inner.view(x), target))
    return Part(inner, _moves(inner, carries, results[: len(carries)])), moving


def _row(x: View, block: Lowering) -> View:
    """A row of an array, as the iteration sees it."""
    row = x.buffer.row(x.buffer.size, x.strides[0], block)
    return View(row, x.shape[1:], x.strides[1:], x.offset)


def _keep(inner: Lowering, x: View, target: View) -> Buffer:
    """Lets an array be a row of another one, or copies it there."""
    step, buffer = target.strides[0], x.buffer
    if buffer.is_free and buffer.block is inner and x.is_whole:
        buffer.alias, buffer.step = target.buffer, step
        return buffer
    row = target.buffer.row(x.size, step, inner)
    inner.copy(x, View.whole(row, x.shape))
    return row


def _moves(
    inner: Lowering, carries: Sequence[View], results: Sequence[Any]
) -> list[tuple[View, View]]:
    """What goes where after a part: each carried array gets its new value."""
    moves, used = [], set()
    for carry, result in zip(carries, results, strict=True):
        view = inner.view(result)
        if view.buffer is carry.buffer and view.strides == carry.strides and not view.offset:
            continue
        buffer = view.buffer
        if buffer.block is not inner or not buffer.is_free or buffer in used or not view.is_whole:
            view = inner.copied(view)
        used.add(view.buffer)
        moves.append((carry, view))
    return moves
