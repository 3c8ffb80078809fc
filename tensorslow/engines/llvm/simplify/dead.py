"""Dropping what nobody reads: instructions, results of branches, what loops carry and keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.engines.llvm.programs.program import Block, Instruction, Symbol


def drop_dead(block: Block) -> None:
    """Drops what is dead in a block and those inside it; checks are kept."""
    _drop(block, set())


def _drop(block: Block, live: set[Symbol]) -> bool:
    """Drops what is dead in a block; adds what it reads to `live`, and says if it has effects."""
    live.update([x for x in block.results if type(x) is Symbol])
    kept, effects = [], False
    for step in reversed(block.steps):
        targets = step.targets
        if step.blocks:
            acts = _has_effects(step)
            if not acts and live.isdisjoint(targets):
                continue
            effects |= acts
            (_narrow_cond if step.name == "cond" else _narrow_loop)(step, live)
            for inner in step.blocks:
                if inner is not None:
                    _drop(inner, live)
        elif not targets:
            effects = True
        elif targets[0] not in live:
            continue
        for x in step.args:
            if type(x) is Symbol:
                live.add(x)
        kept.append(step)
    kept.reverse()
    block.steps = kept
    return effects


def _has_effects(step: Instruction) -> bool:
    """Whether there is a check in one of its blocks."""
    return any(not x.targets for block in step.blocks if block for x in block.all_steps())


def _narrow_cond(step: Instruction, live: set[Symbol]) -> None:
    """Drops results of branches."""
    chosen = [i for i, target in enumerate(step.targets) if target in live]
    step.targets = tuple([step.targets[i] for i in chosen])
    for block in step.blocks:
        assert block is not None
        block.results = [block.results[i] for i in chosen]


def _narrow_loop(step: Instruction, live: set[Symbol]) -> None:
    """Drops carried values that only make themselves, rows that are not read, and what is kept."""
    condition, body = step.blocks
    assert body is not None
    n = step.options["carries"]
    kept = [i for i in range(n, len(body.results)) if step.targets[i + 1] in live]
    carried = {i for i in range(n) if step.targets[i] in live}
    if condition is not None:
        carried |= _read(condition, [condition.results[0]], range(n))
    while True:
        roots = [body.results[i] for i in (*sorted(carried), *kept)]
        more = carried | _read(body, roots, range(n))
        if condition is not None:  # it may change what is carried
            roots = [condition.results[1 + i] for i in sorted(more)]
            more |= _read(condition, roots, range(n))
        if more == carried:
            break
        carried = more
    moving = sorted(carried)
    roots = [body.results[i] for i in (*moving, *kept)]
    rows = sorted(_read(body, roots, range(n, len(step.args) - 1)))
    step.args = tuple([step.args[i] for i in (0, *[1 + i for i in (*moving, *rows)])])
    step.targets = tuple([step.targets[i] for i in (*moving, n, *[i + 1 for i in kept])])
    step.options = {**step.options, "carries": len(moving)}
    body.params = [body.params[i] for i in (0, *[1 + i for i in (*moving, *rows)])]
    body.results = [body.results[i] for i in (*moving, *kept)]
    if condition is not None:
        condition.params = [condition.params[i] for i in (0, *[1 + i for i in moving])]
        condition.results = [condition.results[i] for i in (0, *[1 + i for i in moving])]


def _read(block: Block, roots: Sequence[Any], numbers: range) -> set[int]:
    """Which parameters, of these numbers behind the first one, some results need."""
    live = {x for x in roots if type(x) is Symbol}
    for step in reversed(block.steps):
        if not step.targets or _has_effects(step) or not live.isdisjoint(step.targets):
            live.update([x for x in step.args if type(x) is Symbol])
            for inner in step.blocks:
                if inner is not None:
                    _read_inside(inner, live)
    return {i for i in numbers if block.params[1 + i] in live}


def _read_inside(block: Block, live: set[Symbol]) -> None:
    """Adds all that a block reads."""
    live.update([x for x in block.results if type(x) is Symbol])
    for step in block.all_steps():
        live.update([x for x in step.args if type(x) is Symbol])
        for inner in step.blocks:
            if inner is not None:
                live.update([x for x in inner.results if type(x) is Symbol])
