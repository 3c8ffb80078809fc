"""Whether a program keeps to the canonical forms that `simplify` promises."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.engines.llvm.programs.program import Block, Instruction, Program, Symbol

FLOATS = set(
    "sigmoid sqrt exp log log1p expm1 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh "
    "erf erfc lgamma digamma zeta floor ceil rint divide atan2".split()
)
NUMBERS = set(
    "negative abs sign add subtract multiply floor_divide mod power maximum minimum".split()
)
COMPARISONS = set("equal not_equal less less_equal greater greater_equal".split())
INTEGERS = set("bitwise_and bitwise_or bitwise_xor bitwise_not left_shift right_shift".split())
TRUTHS = {"logical_not", "logical_and", "logical_or"}
FINITENESS = {"isnan", "isinf", "isfinite"}
# By primitive: its options.
OPTIONS = {
    "reshape": "shape",
    "transpose": "perm",
    "slice_": "begin end strides",
    "flip": "axis",
    "broadcast_to": "shape",
    "cast": "dtype",
    "bitcast": "dtype",
    "iota": "shape axis dtype",
    **dict.fromkeys("sum prod max min any all argmax argmin cumsum cumprod".split(), "axis"),
    "argsort": "axis descending count",
    "conv": "strides padding dilations",
    "conv_input": "shape strides padding dilations",
    "conv_filter": "kernel_shape strides padding dilations",
    **dict.fromkeys(
        "window_max window_mean window_max_scatter window_max_gather".split(),
        "ksize strides padding",
    ),
    "window_mean_input": "shape ksize strides padding",
    "take": "axis batch_dims",
    "pad": "paddings value",
    "concat": "axis",
    "check_indices": "limit",
    "while_loop": "carries rows reverse",
}
WITHOUT_OPTIONS = {"where", "matmul", "scatter_add", "scatter_update", "check_nonzero", "cond"}
ELEMENTWISE = FLOATS | NUMBERS | COMPARISONS | INTEGERS | TRUTHS | FINITENESS


def check_canonical(program: Program) -> None:
    """Raises AssertionError at the first instruction that is none of the canonical ones."""
    _check_block(program, set())


def _check_block(block: Block, outside: set[Symbol]) -> None:
    seen = {*outside, *block.params}
    for step in block.steps:
        text = str(step)
        assert all(x in seen for x in step.args if isinstance(x, Symbol)), text
        assert all(target.source is step for target in step.targets), text
        _check(step, text)
        for inner in step.blocks:
            if inner is not None:
                _check_block(inner, seen)
        seen.update(step.targets)
    assert all(x in seen for x in block.results if isinstance(x, Symbol))


def _check(step: Instruction, text: str) -> None:
    name, args, options = step.name, step.args, step.options
    assert " ".join(options) == OPTIONS.get(name, ""), text
    assert name in OPTIONS or name in ELEMENTWISE or name in WITHOUT_OPTIONS, text
    for x in args:
        assert isinstance(x, (Symbol, np.generic)) or isinstance(x, np.ndarray) and x.ndim, text
        assert x.dtype.kind in "biuf", text
        assert x.size or name == "while_loop", text
    if name in ("cond", "while_loop"):
        return
    assert len(step.targets) == (0 if name.startswith("check_") else 1), text
    if not step.targets:
        return
    (target,) = step.targets
    assert target.size, text
    assert all(type(n) is int for n in target.shape), text
    kinds = [x.dtype.kind for x in args]
    if name in ELEMENTWISE or name == "where":
        assert target.shape == np.broadcast_shapes(*[x.shape for x in args]), text
        types = {x.dtype for x in (args[1:] if name == "where" else args)}
        assert len(types) == 1, text
        allowed = {"f": FLOATS | FINITENESS, "b": TRUTHS, "iu": INTEGERS, "iuf": NUMBERS}
        for kind, names in allowed.items():
            assert name not in names or kinds[0] in kind, text
        to_bool = name in COMPARISONS | FINITENESS | TRUTHS
        assert target.dtype == (np.dtype(bool) if to_bool else types.pop()), text
        if name == "where":
            assert kinds[0] == "b", text
        assert any(isinstance(x, Symbol) for x in args), text
    elif name in ("reshape", "transpose", "slice_", "flip", "pad"):
        assert isinstance(args[0], (Symbol, np.ndarray)), text
        assert name == "pad" or target.shape != args[0].shape or name in ("transpose", "flip"), text
        assert name != "transpose" or 1 not in target.shape, text
    elif name in ("sum", "prod", "max", "min", "any", "all"):
        assert kinds[0] in ("b" if name in ("any", "all") else "iuf"), text
        assert options["axis"] == tuple(sorted(set(options["axis"]))) != (), text
        assert all(args[0].shape[i] > 1 for i in options["axis"]), text
    elif name == "matmul":
        assert args[0].shape[:-2] == args[1].shape[:-2] == target.shape[:-2], text
        assert len({args[0].dtype, args[1].dtype, target.dtype}) == 1, text
    elif name == "take":
        batch = options["batch_dims"]
        assert batch in (0, 1), text
        assert len(args[1].shape) == batch + 1, text
    elif name == "concat":
        assert len(args) > 1, text
        assert len({x.dtype for x in args}) == 1, text
    elif name == "cast":
        assert options["dtype"].kind != "b", text
        assert options["dtype"] != args[0].dtype, text
    elif name == "bitcast":
        assert options["dtype"].itemsize == args[0].dtype.itemsize, text


def rewritten(change: Any) -> Any:
    """`change`, whose result is checked."""

    def checked(program: Program) -> Program:
        result = change(program)
        check_canonical(result)
        return result

    return checked
