"""cond and while_loop: branches and loops as operations whose bodies are graphs of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorslow import nest
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import DTypeError, GraphError, ShapeError
from tensorslow.graph import Operation, Tensor, get_default_graph
from tensorslow.opdef import OpDef, as_tensor
from tensorslow.ops.control_gradients import if_grad, while_grad
from tensorslow.ops.func_graph import FuncGraph, params_for
from tensorslow.shapes import compatible, relax, show


def _if_compute(xp: Any, condition: Any, *args: Any, then_branch: Any, else_branch: Any) -> Any:
    return xp.cond(condition, then_branch, else_branch, args)


IF = OpDef(
    "If",
    operands=("condition: bool", "input*"),
    compute=lambda xp, condition, inputs, **attrs: _if_compute(xp, condition, *inputs, **attrs),
    grad=if_grad,
    bodies=("then_branch", "else_branch"),
)


def _while_compute(xp: Any, limit: Any, flat: Any, *, cond: Any, body: Any, carries: int, slices: int, reverse: bool, kept: Any) -> Any:
    captures = flat[carries + slices :]

    def condition(i: Any, *now: Any) -> Any:
        return cond(i, *now, *captures)

    def iteration(i: Any, *now: Any) -> Any:
        return body(i, *now, *captures)

    xs = flat[carries : carries + slices]
    return xp.while_loop(cond and condition, iteration, limit, flat[:carries], xs, kept, reverse)


# Ours beside TensorFlow's operands: `limit` and the arrays that are sliced and stacked, iteration by
# iteration. With them a loop's gradient is a loop again: it reads backwards what the loop kept.
WHILE = OpDef(
    "While",
    operands=("limit: index", "input*"),
    compute=_while_compute,
    grad=while_grad,
    bodies=("cond", "body"),
)
