"""What can be said in another way because nobody else reads it.

A product of which a part is read is the product of parts, an order of which the beginning is read
is that of the first elements, and a joined array that is turned or reshaped is joined from parts
that are. If somebody else reads the whole too, it would be made twice; so this comes last, when it
is known who reads what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tensorslow.engines.llvm.programs.program import Block, Instruction, Symbol
from tensorslow.engines.llvm.simplify.builder import Builder, Value
from tensorslow.engines.llvm.simplify.views import reshaped_parts, take_ranges, transpose

Rewritten = tuple[str, tuple[Value, ...], dict[str, object]]  # name, operands, options


def rewrite_single_uses(program: Block) -> bool:
    """Rewrites what is read once, in all blocks; says whether there was anything."""
    readers = program.readers()
    changed = [_rewrite(block, readers) for block in program.all_blocks()]
    return any(changed)


def _rewrite(block: Block, readers: Mapping[Symbol, int]) -> bool:
    own = {target for step in block.steps for target in step.targets}
    b = Builder()
    written = b.scopes[0].block
    steps: list[Instruction] = []
    changed = False
    for step in block.steps:
        if step.name in RULES:
            x = step.args[0]
            source = x.source if type(x) is Symbol and readers[x] == 1 and x in own else None
            rule = RULES[step.name].get(source.name) if source is not None else None
            if source is not None and rule is not None:
                b.op = step.op
                found = rule(b, step, source)
                if found is not None:
                    step.name, step.args, step.options = found
                    changed = True
                steps += written.steps
                written.steps = []
        steps.append(step)
    block.steps = steps
    return changed


def _part_of_product(b: Builder, step: Instruction, product: Instruction) -> Rewritten:
    x, y = product.args
    options = [step.options[key] for key in ("begin", "end", "strides")]
    *batch, rows, columns = [range(*sizes) for sizes in zip(*options)]
    x = take_ranges(b, x, [*batch, rows, range(x.shape[-1])])
    y = take_ranges(b, y, [*batch, range(y.shape[-2]), columns])
    return "matmul", (x, y), {}


def _turned_product(b: Builder, step: Instruction, product: Instruction) -> Rewritten | None:
    perm = step.options["perm"]
    *batch, row, column = perm
    if (row, column) != (len(perm) - 1, len(perm) - 2):
        return None
    x, y = product.args
    order = [*batch, row, column]
    return "matmul", (transpose(b, y, order), transpose(b, x, order)), {}


def _turned_concat(b: Builder, step: Instruction, concat: Instruction) -> Rewritten:
    perm = step.options["perm"]
    parts = tuple([transpose(b, x, perm) for x in concat.args])
    return "concat", parts, {"axis": perm.index(concat.options["axis"])}


def _reshaped_concat(b: Builder, step: Instruction, concat: Instruction) -> Rewritten | None:
    found = reshaped_parts(b, concat, step.options["shape"])
    return None if found is None else ("concat", found[1], {"axis": found[0]})


def _first_places(b: Builder, step: Instruction, order: Instruction) -> Rewritten | None:
    """The first elements of an order: others need not be sorted."""
    axis, shape = order.options["axis"], order.targets[0].shape
    end, count = step.options["end"], step.options["end"][axis]
    whole = (*shape[:axis], count, *shape[axis + 1 :])
    if any(step.options["begin"]) or end != whole or set(step.options["strides"]) != {1}:
        return None
    if count == 1 and order.options["descending"]:
        rest = (*shape[:axis], *shape[axis + 1 :])
        largest = b.write("argmax", order.args, {"axis": axis}, rest, order.targets[0].dtype)
        return "reshape", (largest,), {"shape": whole}
    return "argsort", order.args, {**order.options, "count": count}


# By primitive and the one that defines its operand: what to write in its place, or None.
RULES: dict[str, dict[str, Callable[[Builder, Instruction, Instruction], Rewritten | None]]] = {
    "slice_": {"matmul": _part_of_product, "argsort": _first_places},
    "transpose": {"matmul": _turned_product, "concat": _turned_concat},
    "reshape": {"concat": _reshaped_concat},
}
