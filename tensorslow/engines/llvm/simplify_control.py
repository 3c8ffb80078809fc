"""Branches and loops in canonical form: what is known is decided, what stays the same leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm import simplify_views as views
from tensorslow.engines.llvm.program import Block, Instruction, Symbol
from tensorslow.engines.llvm.simplify_builder import Builder, Scope, Value, defined_by, operand
from tensorslow.engines.llvm.simplify_elementwise import typed

BOOL, INT32 = np.dtype(bool), np.dtype(np.int32)
_GO_ON = Symbol((), BOOL)  # what a condition says first
# Writes the instructions of a block into the innermost scope.
Rewrite = Callable[[Builder, Block, dict[Symbol, Value]], None]


def _block(
    b: Builder,
    block: Block,
    values: dict[Symbol, Value],
    targets: Sequence[Symbol],
    rewrite: Rewrite,
    loop: bool,
) -> Block:
    """An inner block, rewritten; its results get the types and shapes of `targets`."""
    b.scopes.append(Scope(loop))
    op = b.op
    for param in block.params:
        values[param] = b.param(param.shape, param.dtype)
    rewrite(b, block, values)
    b.op = op
    found = [_result(b, x, target, values) for x, target in zip(block.results, targets)]
    inner = b.scopes.pop().block
    inner.results = found
    return inner


def _result(b: Builder, x: Any, target: Symbol, values: dict[Symbol, Value]) -> Value:
    """What a block returns as a value; zeros for what only the other branch has."""
    if x is None:
        return b.uniform(0, target.dtype, target.shape)
    value = typed(b, operand(b, x, values), target.dtype)
    return views.broadcast_to(b, value, target.shape)


def cond(b: Builder, step: Instruction, values: dict[Symbol, Value], rewrite: Rewrite) -> None:
    """A branch; where the predicate turned out to be known, the block that runs stands there."""
    predicate = views.reshape(b, typed(b, operand(b, step.args[0], values), BOOL), ())
    if not isinstance(predicate, Symbol):
        chosen = step.blocks[0 if predicate else 1]
        assert chosen is not None
        rewrite(b, chosen, values)
        for target, x in zip(step.targets, chosen.results, strict=True):
            values[target] = _result(b, x, target, values)
        return
    branches = [block for block in step.blocks if block]
    blocks = [_block(b, x, values, step.targets, rewrite, loop=False) for x in branches]
    _write(b, step, (predicate,), {}, tuple(blocks), values, step.targets)


def while_loop(
    b: Builder, step: Instruction, values: dict[Symbol, Value], rewrite: Rewrite
) -> None:
    """A loop, less what no iteration changes, and none at all where it has no iterations."""
    condition, body = step.blocks
    assert body is not None
    n, rows = step.options["carries"], step.options["rows"]
    limit, *arrays = [operand(b, x, values) for x in step.args]
    limit = views.reshape(b, typed(b, limit, INT32), ())
    first = [typed(b, x, p.dtype) for x, p in zip(arrays[:n], body.params[1:])]
    if rows == 0 and condition is None:
        found = [*first, b.literal(0, INT32)]
        found += [b.uniform(0, x.dtype, x.shape) for x in step.targets[n + 1 :]]
        values.update(zip(step.targets, found, strict=True))
        return
    moving = [i for i in range(n) if not _is_handed_on(step, i)]
    for i in set(range(n)).difference(moving):
        values[step.targets[i]] = values[body.params[1 + i]] = first[i]
        if condition is not None:
            values[condition.params[1 + i]] = first[i]
    carried = [step.targets[i] for i in moving]
    asked = None
    if condition is not None:
        part = _part(condition, [0, *[1 + i for i in moving]], [0, *[1 + i for i in moving]])
        asked = _block(b, part, values, [_GO_ON, *carried], rewrite, loop=True)
    xs = []  # the numbers of arrays that give each iteration another row
    for i, x in enumerate(arrays[n:], n):
        row = _row_of_all(b, x)
        if row is None:
            xs.append(i)
        else:
            values[body.params[1 + i]] = row
    part = _part(
        body, [0, *[1 + i for i in (*moving, *xs)]], [*moving, *range(n, len(body.results))]
    )
    kept = [Symbol(x.shape[1:], x.dtype) for x in step.targets[n + 1 :]]
    inner = _block(b, part, values, [*carried, *kept], rewrite, loop=True)
    twice = _drop_repeated(b, inner, len(moving), step.targets[n + 1 :], values)
    left = [x for x in step.targets[n + 1 :] if x not in values and x not in twice]
    args = (limit, *[first[i] for i in moving], *[arrays[i] for i in xs])
    options = {**step.options, "carries": len(moving)}
    targets = (*carried, step.targets[n], *left)
    _write(b, step, args, options, (asked, inner), values, targets)
    values.update({x: values[same] for x, same in twice.items()})


def _is_handed_on(step: Instruction, i: int) -> bool:
    """Whether every iteration hands on a carried value as it got it."""
    condition, body = step.blocks
    assert body is not None
    if body.results[i] is not body.params[1 + i]:
        return False
    return condition is None or condition.results[1 + i] is condition.params[1 + i]


def _part(block: Block, params: Sequence[int], results: Sequence[int]) -> Block:
    """A block with some of its parameters and results."""
    return Block(
        [block.params[i] for i in params], block.steps, [block.results[i] for i in results]
    )


def _row_of_all(b: Builder, x: Value) -> Value | None:
    """The row that an array has again and again; None: its rows differ."""
    source = defined_by(x, "broadcast_to")
    inner = source.args[0] if source else None
    if inner is None or len(inner.shape) == len(x.shape) and inner.shape[0] != 1:
        return None
    row = views.reshape(b, inner, inner.shape[1:]) if len(inner.shape) == len(x.shape) else inner
    return views.broadcast_to(b, row, x.shape[1:])


def _drop_repeated(
    b: Builder, body: Block, n: int, kept: Sequence[Symbol], values: dict[Symbol, Value]
) -> dict[Symbol, Symbol]:
    """Of what is kept, takes out what is the same in every iteration: it is repeated outside.

    Returns:
        What is kept twice, with the symbol that has it already.
    """
    own = {*body.params, *[x for inner in body.steps for x in inner.targets]}
    left: dict[Symbol, Symbol] = {}
    twice = {}
    for x, target in zip(body.results[n:], kept, strict=True):
        if type(x) is not Symbol or x not in own:
            values[target] = views.broadcast_to(b, x, target.shape)
        elif x in left:
            twice[target] = left[x]
        else:
            left[x] = target
    body.results = [*body.results[:n], *left]
    return twice


def _write(
    b: Builder,
    step: Instruction,
    args: tuple[Value, ...],
    options: dict[str, Any],
    blocks: tuple[Block | None, ...],
    values: dict[Symbol, Value],
    replaced: Sequence[Symbol],
) -> None:
    """Writes an instruction that has blocks, whose results replace these symbols."""
    targets = tuple([Symbol(x.shape, x.dtype) for x in replaced])
    new = Instruction(step.name, args, options, targets, blocks, step.op)
    for target, old in zip(targets, replaced, strict=True):
        target.source = new
        values[old] = target
    scope = b.scopes[-1]
    scope.block.steps.append(new)
    scope.own.update(targets)
