"""Branches and loops in canonical form: what is known is decided, what stays the same leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.programs.program import Block, Instruction, NeedsRows, Symbol
from tensorslow.engines.llvm.simplify import joins, views
from tensorslow.engines.llvm.simplify.builder import Builder, Scope, Value, operand
from tensorslow.engines.llvm.simplify.elementwise import elementwise, typed
from tensorslow.engines.llvm.simplify.kept import Kept, Total, totals
from tensorslow.engines.llvm.simplify.rows import Rows, affine, row_of

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
    scope: Scope,
    prepare: Callable[[list[Symbol]], None] | None = None,
) -> Block:
    """An inner block, rewritten; its results get the types and shapes of `targets`.

    Args:
        scope: for what is written.
        prepare: gets the block's parameters and says what others are.
    """
    b.scopes.append(scope)
    op = b.op
    for param in block.params:
        values[param] = b.param(param.shape, param.dtype)
    if prepare is not None:
        prepare(scope.block.params)
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
    blocks = [_block(b, x, values, step.targets, rewrite, Scope()) for x in branches]
    _write(b, step, (predicate,), {}, tuple(blocks), values, step.targets)


def while_loop(
    b: Builder, step: Instruction, values: dict[Symbol, Value], rewrite: Rewrite
) -> None:
    """A loop, less what no iteration changes, and none at all where it has no iterations."""
    _Loop(b, step, values, rewrite).write()


class _Loop:
    """A loop that is rewritten.

    Attributes:
        first: what is carried into the first iteration.
        moving: the numbers of the carried arrays that change.
        counted: of carried integers to which every iteration adds the same: how much.
        trips: how many iterations there are; None: it is not known.
    """

    def __init__(
        self, b: Builder, step: Instruction, values: dict[Symbol, Value], rewrite: Rewrite
    ) -> None:
        self.b, self.step, self.values, self.rewrite = b, step, values, rewrite
        self.condition, body = step.blocks
        assert body is not None
        self.body = body
        self.n = n = step.options["carries"]
        limit, *arrays = [operand(b, x, values) for x in step.args]
        self.limit = views.reshape(b, typed(b, limit, INT32), ())
        self.first = [typed(b, x, p.dtype) for x, p in zip(arrays[:n], body.params[1:])]
        self.xs = arrays[n:]
        self.kept = step.targets[n + 1 :]
        self.counted: dict[int, int] = {}
        self.trips: int | None = None
        if self.condition is None and not isinstance(self.limit, Symbol) and self.limit >= 0:
            self.trips = int(self.limit)

    def write(self) -> None:
        """Writes it, and says what its results are."""
        step, values, n = self.step, self.values, self.n
        if step.options["rows"] == 0 and self.condition is None:
            self._leave_out()
            return
        self.moving = [i for i in range(n) if not _is_handed_on(step, i)]
        for i in set(range(n)).difference(self.moving):
            values[step.targets[i]] = values[self.body.params[1 + i]] = self.first[i]
            if self.condition is not None:
                values[self.condition.params[1 + i]] = self.first[i]
        self.counted = {i: by for i in self.moving if (by := self._increment(i)) is not None}
        self.moving = [i for i in self.moving if i not in self.counted]
        asked = self._asked()
        if self.trips == 0:
            self._leave_out()
            return
        scope = Scope(True)
        inner = self._iteration(scope)
        self._write(scope, asked, inner)

    def _leave_out(self) -> None:
        """What is given if there are no iterations."""
        found = [*self.first, self.b.literal(0, INT32)]
        found += [self.b.uniform(0, x.dtype, x.shape) for x in self.kept]
        self.values.update(zip(self.step.targets, found, strict=True))

    # Counting

    def _increment(self, i: int) -> int | None:
        """What every iteration adds to a carried integer, if it is always the same."""
        first, param, result = self.first[i], self.body.params[1 + i], self.body.results[i]
        if param.shape or param.dtype.kind not in "iu" or not isinstance(first, np.generic):
            return None
        if self.condition is not None and not _hands_on(self.condition, i):
            return None
        source = result.source if isinstance(result, Symbol) else None
        if source is None or source.name != "add" or result.dtype != param.dtype:
            return None
        more = [x for x in source.args if x is not param]
        if len(more) != 1 or isinstance(more[0], Symbol) and more[0] not in self.values:
            return None
        by = operand(self.b, more[0], self.values)
        known = isinstance(by, (int, np.integer, np.ndarray)) and not isinstance(by, bool)
        return int(by) if known and not np.ndim(by) else None

    def _count(self, block: Block, number: Value) -> None:
        """Says what a block's parameters are that only count iterations."""
        for i, by in self.counted.items():
            self.values[block.params[1 + i]] = self._counted(i, by, number)

    def _counted(self, i: int, by: int, number: Value) -> Value:
        first = self.first[i]
        x = typed(self.b, number, first.dtype)
        for name, literal in (("multiply", by), ("add", first)):
            x = elementwise(self.b, name, (x, self.b.literal(literal, x.dtype)), (), x.dtype)
        return x

    def _asked(self) -> Block | None:
        """The condition, if it is not known how often it holds."""
        b, condition = self.b, self.condition
        if condition is None:
            return None
        numbers = [0, *[1 + i for i in self.moving]]
        part = _part(condition, numbers, numbers)
        carried = [self.step.targets[i] for i in self.moving]

        def prepare(params: list[Symbol]) -> None:
            self._count(condition, params[0])

        targets = [_GO_ON, *carried]
        asked = _block(b, part, self.values, targets, self.rewrite, Scope(True), prepare)
        trips = _trips(asked)
        limited = isinstance(self.limit, Symbol) or self.limit >= 0
        if trips is None or limited and isinstance(self.limit, Symbol):
            return asked
        self.trips = min(trips, int(self.limit)) if limited else trips
        if self.trips > self.step.options["rows"] and self.kept:
            raise NeedsRows(f"a loop makes {self.trips} iterations", rows=self.trips)
        self.limit = b.literal(self.trips, INT32)
        return None

    # One iteration

    def _iteration(self, scope: Scope) -> Block:
        b, body, n = self.b, self.body, self.n
        if self.trips is not None:
            for i, x in enumerate(self.xs):
                ranges = [range(self.trips), *[range(m) for m in x.shape[1:]]]
                self.xs[i] = views.take_ranges(b, x, ranges)

        def prepare(params: list[Symbol]) -> None:
            self._count(body, params[0])
            scope.rows = Rows(params[0], self.trips, self.step.options["reverse"])
            for param, x in zip(body.params[1 + n :], self.xs, strict=True):
                self.values[param] = row_of(b, x)

        part = _part(
            body,
            [0, *[1 + i for i in self.moving]],
            [*self.moving, *range(n, len(body.results))],
        )
        targets = [self.step.targets[i] for i in self.moving]
        targets += [Symbol(x.shape[1:], x.dtype) for x in self.kept]
        return _block(b, part, self.values, targets, self.rewrite, scope, prepare)

    # The whole

    def _write(self, scope: Scope, asked: Block | None, inner: Block) -> None:
        """Writes the loop once its iteration is known."""
        b, values, step = self.b, self.values, self.step
        rows = step.options["rows"] if self.trips is None else self.trips
        carries = len(self.moving)
        wanted = [x for x in inner.results[carries:] if type(x) is Symbol and x in scope.own]
        added = [] if self.trips is None else totals(scope, inner, carries, wanted)
        kept = Kept(scope, rows)
        kept.keep(list(dict.fromkeys([*wanted, *[x for t in added for x in t.operands()]])))
        results = inner.results[carries:]
        gone = {total.number for total in added}
        left = [i for i in range(carries) if i not in gone]
        inner.params = [inner.params[i] for i in (0, *[1 + i for i in left])] + inner.params[
            1 + carries :
        ]
        inner.results = [*[inner.results[i] for i in left], *kept.stacked]
        if asked is not None:
            asked.results = [asked.results[i] for i in (0, *[1 + i for i in left])]
        replaced = [step.targets[self.moving[i]] for i in left]
        count = Symbol((), INT32)
        new = Instruction(
            step.name,
            (self.limit, *[self.first[self.moving[i]] for i in left], *scope.rows.arrays.values()),
            {**step.options, "carries": len(left), "rows": rows},
            (*[Symbol(x.shape, x.dtype) for x in replaced], count, *kept.stacked.values()),
            (asked, inner),
            step.op,
        )
        _append(b, new)
        values.update(zip(replaced, new.targets))
        values[step.targets[self.n]] = count if self.trips is None else self.limit
        self._answer(kept, added, results, rows)

    def _answer(self, kept: Kept, added: list[Total], stacked: list[Any], rows: int) -> None:
        """Says what follows from what the loop gives: counters, totals, and all rows kept."""
        b, values, step = self.b, self.values, self.step
        for i, by in self.counted.items():
            values[step.targets[i]] = self._counted(i, by, values[step.targets[self.n]])
        for total in added:
            i = self.moving[total.number]
            target = step.targets[i]
            terms = (self.first[i], total.make(b, kept))
            values[target] = elementwise(b, "add", terms, target.shape, target.dtype)
        for x, target in zip(stacked, self.kept, strict=True):
            make = kept.follows(x)
            assert make is not None
            missing = target.shape[0] - rows
            paddings = [(0, missing), *[(0, 0)] * (len(target.shape) - 1)]
            values[target] = joins.pad(b, make(b), paddings)


def _trips(asked: Block) -> int | None:
    """How many iterations a condition allows; None: it is not known, or there is no end."""
    answer = asked.results[0]
    if any(x is not y for x, y in zip(asked.results[1:], asked.params[1:], strict=True)):
        return None
    if any(not inner.targets for inner in asked.all_steps()):
        return None
    if isinstance(answer, np.generic):
        return None if answer else 0
    source = answer.source
    if source is None or source.name not in _COMPARISONS:
        return None
    x, y = source.args
    name = source.name
    if isinstance(x, np.generic):
        x, y, name = y, x, _TURNED[name]
    found = affine(x)
    if found is None or found.number is not asked.params[0] or not isinstance(y, np.generic):
        return None
    stop, by, first = int(y), found.factor, found.constant
    if name[:4] == "less":  # first + by · i < stop
        stop += name == "less_equal"
    else:
        first, by, stop = -first, -by, -stop + (name == "greater_equal")
    return max(0, -(-(stop - first) // by)) if by > 0 else 0 if first >= stop else None


_COMPARISONS = frozenset(("less", "less_equal", "greater", "greater_equal"))
_TURNED = {
    "less": "greater",
    "less_equal": "greater_equal",
    "greater": "less",
    "greater_equal": "less_equal",
}


def _hands_on(condition: Block, i: int) -> bool:
    """Whether a condition leaves a carried value as it is."""
    return condition.results[1 + i] is condition.params[1 + i]


def _is_handed_on(step: Instruction, i: int) -> bool:
    """Whether every iteration hands on a carried value as it got it."""
    condition, body = step.blocks
    assert body is not None
    if body.results[i] is not body.params[1 + i]:
        return False
    return condition is None or _hands_on(condition, i)


def _part(block: Block, params: Sequence[int], results: Sequence[int]) -> Block:
    """A block with some of its parameters and results."""
    return Block(
        [block.params[i] for i in params], block.steps, [block.results[i] for i in results]
    )


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
        values[old] = target
    _append(b, new)


def _append(b: Builder, new: Instruction) -> None:
    scope = b.scopes[-1]
    for target in new.targets:
        target.source = new
    scope.block.steps.append(new)
    scope.own.update(new.targets)
