"""Operation types for people: their source, their documentation, their formulas."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from typing import Any

from tensorslow import math, nn
from tensorslow.graph import Operation
from tensorslow.inspector.document import OperationType
from tensorslow.inspector.formulas import FORMULAS, mathml
from tensorslow.inspector.lines import shown_path
from tensorslow.opdef import not_differentiable
from tensorslow.ops import constant
from tensorslow.registry import lookup, registered_gradient

LONGEST = 80  # lines of a source that are shown


def operation_types(ops: Iterable[Operation]) -> dict[str, OperationType]:
    """What is known of each type among the operations."""
    first: dict[str, Operation] = {}
    for op in ops:
        first.setdefault(type_of(op), op)
    return {name: _described(name, op) for name, op in first.items()}


def type_of(op: Operation) -> str:
    """The type's name; of a user's own operation, its class's."""
    return op.type if type(op) is Operation else type(op).__name__


def _described(name: str, op: Operation) -> OperationType:
    own = type(op) is not Operation
    compute = type(op).compute if own else op.opdef.compute  # type: ignore[attr-defined]
    rule = lookup(name) if own else registered_gradient(op)
    formula = None if own else FORMULAS.get(name)
    file, line = place_of(compute)
    return {
        "formula": mathml(formula.value) if formula else None,
        "gradient_formula": mathml(formula.gradient) if formula and formula.gradient else None,
        "plain": formula.plain if formula else None,
        "gradient_plain": (formula.plain_gradient or None) if formula else None,
        "summary": summary_of_type(op),
        "compute": source_of(compute),
        "gradient": None if rule is None or rule is not_differentiable else source_of(rule),
        "file": file,
        "line": line,
    }


def source_of(function: Any) -> str:
    """The source of a function; "" where there is none to be had."""
    lines, _ = _lines(function)
    if len(lines) > LONGEST:
        lines = [*lines[: LONGEST - 1], f"# … {len(lines) - LONGEST + 1} more lines"]
    return inspect.cleandoc("\n" + "\n".join(lines)) if lines else ""


def place_of(function: Any) -> tuple[str, int]:
    """The file of a function inside the package, and its line."""
    lines, start = _lines(function)
    if not lines:
        return "", 0
    return shown_path(inspect.getsourcefile(_plain(function)) or ""), start


def _lines(function: Any) -> tuple[list[str], int]:
    if function is None:
        return [], 0
    try:
        lines, start = inspect.getsourcelines(_plain(function))
    except (OSError, TypeError):
        return [], 0
    return [line.rstrip("\n") for line in lines], start


def _plain(function: Any) -> Any:
    while hasattr(function, "func"):  # functools.partial
        function = function.func
    return inspect.unwrap(function)


def summary_of_type(op: Operation) -> str:
    """The first line of the documentation of what makes such operations."""
    if type(op) is not Operation:
        return _first_line(type(op))
    wanted = _FUNCTIONS.get(op.type) or op.type.removesuffix("V2").removesuffix("V3")
    wanted = wanted.replace("_", "").lower()
    for space in (_module_of(op), math, nn, constant):
        for name, thing in vars(space).items():
            is_made = inspect.isfunction(thing) or inspect.isclass(thing)
            if is_made and name[0] != "_" and name.replace("_", "").lower() == wanted:
                return _first_line(thing)
    return ""


def _module_of(op: Operation) -> Any:
    """Where an operation is defined, as far as its functions tell."""
    functions = (op.opdef.compute, op.opdef.infer, op.opdef.grad)
    return next((sys.modules[f.__module__] for f in functions if f is not None), math)


# Where the function has not the name of its type.
_FUNCTIONS = {
    "Sum": "reduce_sum", "Mean": "reduce_mean", "Max": "reduce_max", "Min": "reduce_min",
    "Prod": "reduce_prod", "Any": "reduce_any", "All": "reduce_all", "Neg": "negative",
    "Mul": "multiply", "Sub": "subtract", "Const": "constant", "VariableV2": "Variable",
    "Pack": "stack", "Unpack": "unstack", "BatchMatMulV2": "matmul", "If": "cond",
    "While": "while_loop", "NoOp": "group", "GatherV2": "gather", "Select": "where",
    "SelectV2": "where", "RandomStandardNormal": "random_normal", "ConcatV2": "concat",
    "SparseSoftmaxCrossEntropyWithLogits": "sparse_softmax_cross_entropy_with_logits",
    "FusedBatchNormV3": "fused_batch_norm",
}  # fmt: skip


def _first_line(thing: Any) -> str:
    text = inspect.getdoc(thing) or ""
    return text.partition("\n\n")[0].replace("\n", " ")
