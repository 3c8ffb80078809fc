"""What each primitive of a simplified program becomes: the list of rules.

The primitives are those that `simplify` lists; what is not here is a primitive on elements.
"""

from __future__ import annotations

from tensorslow.engines.llvm.kernels.lower import (
    contractions,
    indexing,
    moves,
    orders,
    reductions,
    regions,
    windows,
)
from tensorslow.engines.llvm.kernels.lower.elementwise import elementwise
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering, Rule
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Block, Symbol


def lower_block(block: Block, views: dict[Symbol, View]) -> Lowering:
    """The nests of a block whose parameters lie where `views` says."""
    low = Lowering(rule_of, block.readers())
    low.views.update(views)
    low.block = block
    low.lower(block.steps)
    return low


def rule_of(primitive: str) -> Rule:
    """What a primitive becomes."""
    return RULES.get(primitive, elementwise)


RULES: dict[str, Rule] = {
    "reshape": moves.reshape,
    "transpose": moves.transpose,
    "slice_": moves.slice_,
    "flip": moves.flip,
    "broadcast_to": moves.broadcast_to,
    "iota": moves.iota,
    "pad": moves.pad,
    "concat": moves.concat,
    **dict.fromkeys(("sum", "prod", "max", "min", "any", "all"), reductions.reduction),
    "argmax": reductions.arg_extreme,
    "argmin": reductions.arg_extreme,
    "cumsum": reductions.running,
    "cumprod": reductions.running,
    "argsort": orders.argsort,
    "matmul": contractions.matmul,
    "conv": contractions.conv,
    "conv_input": contractions.conv,
    "conv_filter": contractions.conv,
    "check_indices": indexing.check_indices,
    "check_nonzero": indexing.check_nonzero,
    "take": indexing.take,
    "scatter_add": indexing.scatter,
    "scatter_update": indexing.scatter,
    "window_max": windows.window_max,
    "window_max_scatter": windows.window_max_scatter,
    "window_max_gather": windows.window_max_gather,
    "window_mean": windows.window_mean,
    "window_mean_input": windows.window_mean_input,
    "cond": regions.cond,
    "while_loop": regions.while_loop,
}
