"""Small constant matrices, applied to vectors: the code of what Winograd's tiles go through."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from tensorslow.engines.llvm.contractions.microkernel import multiply_add
from tensorslow.engines.llvm.contractions.winograd import Matrix
from tensorslow.engines.llvm.text.ir import Function, Module, Typed, splat_literal, type_of
from tensorslow.engines.llvm.text.target import Target

_SIZES = ("outer", "inner", "goal_outer", "source_outer", "goal_step", "source_step")


def emit_transform(module: Module, target: Target, dtype: np.dtype, name: str, rows: Matrix) -> str:
    """Adds the function that applies a matrix to a module, unless it is there.

    It is `(ptr goal, ptr source, i64 outer, i64 inner, i64 goal_outer, i64 source_outer, i64
    goal_step, i64 source_step)`. A column of numbers lies in steps of `source_step`, and what
    becomes of it in steps of `goal_step`. `inner` vectors of columns lie side by side, and `outer`
    times as many at the distances of those names; all of these in bytes.

    Returns:
        Its name.
    """
    name = f"transform.{dtype.str[1:]}.{name}"
    if name not in module.functions:
        params: list[Typed] = [("ptr", "%goal"), ("ptr", "%source")]
        params += [("i64", f"%{size}") for size in _SIZES]
        f = Function(module, name, params, attributes="nounwind noinline")
        _write(f, target, dtype, rows)
    return name


def _write(f: Function, target: Target, dtype: np.dtype, rows: Matrix) -> None:
    lanes, align = target.lanes(dtype), dtype.itemsize
    vector, size = type_of(dtype, lanes), lanes * dtype.itemsize
    sources = [f.mul("%source_step", k) for k in range(len(rows[0]))]
    goals = [f.mul("%goal_step", k) for k in range(len(rows))]

    def column(_: str, at: list[str]) -> list[str]:
        numbers = [f.load(vector, f.gep(at[1], place, "i8"), align) for place in sources]
        for row, place in zip(rows, goals, strict=True):
            total = _combined(f, target, dtype, row, numbers)
            f.store(vector, total, f.gep(at[0], place, "i8"), align)
        return [f.gep(at[0], size, "i8"), f.gep(at[1], size, "i8")]

    def group(_: str, at: list[str]) -> list[str]:
        f.loop("%inner", column, [("ptr", at[0]), ("ptr", at[1])])
        return [f.gep(at[0], "%goal_outer", "i8"), f.gep(at[1], "%source_outer", "i8")]

    f.loop("%outer", group, [("ptr", "%goal"), ("ptr", "%source")])
    f.finish()


def _combined(
    f: Function, target: Target, dtype: np.dtype, row: tuple[Fraction, ...], numbers: list[str]
) -> str:
    """The sum of numbers times coefficients, beginning with one that needs no multiplication."""
    lanes = target.lanes(dtype)
    vector = type_of(dtype, lanes)
    terms = [(c, x) for c, x in zip(row, numbers, strict=True) if c]
    first, *rest = sorted(terms, key=lambda term: term[0] != 1)
    total = first[1]
    if first[0] != 1:
        factor = splat_literal(float(first[0]), dtype, lanes)
        total = f.op(f"fmul {vector} {total}, {factor}")
    for coefficient, number in rest:
        if abs(coefficient) == 1:
            sign = "fadd" if coefficient == 1 else "fsub"
            total = f.op(f"{sign} {vector} {total}, {number}")
        else:
            factor = splat_literal(float(coefficient), dtype, lanes)
            total = multiply_add(f, target, dtype, number, factor, total)
    return total


def apply(f: Function, name: str, goal: str, source: str, *sizes: int) -> None:
    """Calls a function of `emit_transform`, of which the sizes are known."""
    numbers = [("i64", str(size)) for size in sizes]
    f.call("void", name, ("ptr", goal), ("ptr", source), *numbers)


def emit_beyond(module: Module, target: Target, dtype: np.dtype, limit: float) -> str:
    """Adds the function that looks for numbers beyond a limit, or none, to a module.

    It is `i1 (ptr numbers, i64 count)`: whether there is one among float32 numbers. The count is a
    multiple of a vector's length.

    Returns:
        Its name.
    """
    lanes = target.lanes(dtype)
    vector, bound = type_of(dtype, lanes), splat_literal(limit, dtype, lanes)

    def large(f: Function, value: str) -> str:
        size = f.call(vector, f"llvm.fabs.v{lanes}f32", (vector, value))
        return f.op(f"fcmp ugt {vector} {size}, {bound}")

    return _emit_search(module, target, dtype, f"beyond.{limit.hex()}", large)


def emit_fraction(module: Module, target: Target, dtype: np.dtype) -> str:
    """The same for numbers that are not whole; those beyond 2²² may count as such."""
    lanes = target.lanes(dtype)
    vector, shift = type_of(dtype, lanes), splat_literal(1.5 * 2.0**23, dtype, lanes)

    def broken(f: Function, value: str) -> str:
        # The sum has no place for a fraction.
        moved = f.op(f"fadd {vector} {value}, {shift}")
        return f.op(f"fcmp une {vector} {f.op(f'fsub {vector} {moved}, {shift}')}, {value}")

    return _emit_search(module, target, dtype, "fraction", broken)


def _emit_search(
    module: Module, target: Target, dtype: np.dtype, what: str, test: Callable[[Function, str], str]
) -> str:
    name = f"{what}.{dtype.str[1:]}".replace("+", "")
    if name in module.functions:
        return name
    lanes, one = target.lanes(dtype), type_of(dtype)
    vector, truth = type_of(dtype, lanes), f"<{lanes} x i1>"
    f = Function(module, name, [("ptr", "%x"), ("i64", "%count")], "i1", "nounwind noinline")

    def look(i: str, found: list[str]) -> list[str]:
        value = f.load(vector, f.gep("%x", i, one), dtype.itemsize)
        return [f.op(f"or {truth} {found[0]}, {test(f, value)}")]

    (found,) = f.loop("%count", look, [(truth, "zeroinitializer")], step=lanes)
    f.finish(f.call("i1", f"llvm.vector.reduce.or.v{lanes}i1", (truth, found)))
    return name
