"""What each primitive of a traced program becomes: the list of rules, and the walk along them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorslow.engines.llvm.collection import uncollected
from tensorslow.engines.llvm.programs.program import Block, Program, Symbol
from tensorslow.engines.llvm.simplify import (
    algebra,
    contractions,
    control,
    indexing,
    joins,
    reductions,
    views,
)
from tensorslow.engines.llvm.simplify.builder import Builder, Value, operand
from tensorslow.engines.llvm.simplify.dead import drop_dead
from tensorslow.engines.llvm.simplify.elementwise import ALGEBRA, apply, bitcast, typed
from tensorslow.engines.llvm.simplify.uses import rewrite_single_uses

ALGEBRA.update(algebra.RULES)


def simplify(program: Program) -> Program:
    """The same program in canonical primitives."""
    with uncollected():
        return _simplified(program)


def _simplified(program: Program) -> Program:
    b = Builder()
    values: dict[Symbol, Value] = {}
    for param in program.params:
        values[param] = b.param(param.shape, param.dtype)
    _rewrite(b, program, values)
    block = b.scopes[0].block
    results = [values[x] if isinstance(x, Symbol) else x for x in program.results]
    found = Program(block.params, block.steps, results)
    drop_dead(found)
    if rewrite_single_uses(found):
        drop_dead(found)
    return found


def _rewrite(b: Builder, block: Block, values: dict[Symbol, Value]) -> None:
    """Writes the instructions of a block into the innermost scope."""
    rules = RULES
    for step in block.steps:
        name = step.name
        b.op = step.op
        if step.blocks:
            (control.cond if name == "cond" else control.while_loop)(b, step, values, _rewrite)
            continue
        b.target = target = step.targets[0]
        if 0 in target.shape and name not in CHECKED:
            values[target] = b.uniform(0, target.dtype, target.shape)
            continue
        args = [values[x] if isinstance(x, Symbol) else operand(b, x, values) for x in step.args]
        rule = rules.get(name)
        if rule is None:
            values[target] = apply(b, name, args)
        elif step.options:
            options = {key: operand(b, x, values) for key, x in step.options.items()}
            values[target] = rule(b, *args, **options)
        else:
            values[target] = rule(b, *args)


def _bitcast(b: Builder, x: Value, dtype: Any) -> Value:
    return bitcast(b, x, dtype)


def _require(b: Builder, x: Value, good: Value) -> Value:
    if not (isinstance(good, np.generic) and good):
        b.effect("check_nonzero", (good,), {})
    return x


def _cast(b: Builder, x: Value, dtype: Any) -> Value:
    return typed(b, x, dtype)


# Primitives that say whether their indices are inside, also where they give nothing.
CHECKED = frozenset(
    "require take take_along_axis gather_nd scatter_add scatter_update scatter_nd_add "
    "last_places".split()
)
# By primitive; those that are missing are elementwise.
RULES: dict[str, Callable[..., Any]] = {
    "cast": _cast,
    "bitcast": _bitcast,
    **{name: reductions.reduction(name) for name in ("sum", "prod", "max", "min", "any", "all")},
    **{name: reductions.place_of(name) for name in ("argmax", "argmin")},
    **{name: reductions.running(name) for name in ("cumsum", "cumprod")},
    **{name: indexing.scatter(name) for name in ("scatter_add", "scatter_update")},
    **{
        name: contractions.window(name)
        for name in ("window_max", "window_mean", "window_max_scatter", "window_max_gather")
    },
    **dict.fromkeys(("reshape", "squeeze", "expand_dims"), views.same_elements),
    "expand_reduced": views.same_elements,
    **dict.fromkeys(("broadcast_to", "broadcast_like"), views.broadcast_like),
    "transpose": views.transpose,
    "swap_last_two": views.swap_last_two,
    "slice_": views.slice_,
    "flip": views.flip,
    "pad": joins.pad,
    "slice_adjoint": joins.slice_adjoint,
    "concat": joins.concat,
    "stack": joins.stack,
    "full": joins.full,
    "mean": reductions.mean,
    "sum_to": reductions.sum_to,
    "argsort": reductions.argsort,
    "require": _require,
    "matmul": contractions.matmul,
    "einsum": contractions.einsum,
    "conv": contractions.conv,
    "conv_input": contractions.conv_input,
    "conv_filter": contractions.conv_filter,
    "window_mean_input": contractions.window_mean_input,
    "take": indexing.take,
    "take_along_axis": indexing.take_along_axis,
    "gather_nd": indexing.gather_nd,
    "scatter_nd_add": indexing.scatter_nd_add,
    "last_places": indexing.last_places,
    "take_flat": indexing.take_flat,
    "add_flat": indexing.add_flat,
}
