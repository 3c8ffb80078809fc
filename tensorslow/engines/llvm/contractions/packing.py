"""Copies that make operands fit for micro-kernels: functions over pointers, one a module.

A panel of B is a matrix [k, width]: for each k the vectors that a micro-kernel loads side by side.
It is packed from rows that are contiguous in memory, from columns that are, or number by number.
All strides are in bytes. Where a panel is wider than the matrix, there are zeros.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from tensorslow.engines.llvm.arithmetic.casts import cast
from tensorslow.engines.llvm.contractions.contraction import computed
from tensorslow.engines.llvm.contractions.microkernel import lane_mask
from tensorslow.engines.llvm.text.ir import Function, Module, type_of
from tensorslow.engines.llvm.text.target import Target


def has_masks(target: Target) -> bool:
    """Whether a load may leave out lanes at no cost."""
    return target.vector_bytes >= 32


class _Copy:
    """What the copying functions share: how an element is read from memory and widened."""

    def __init__(self, module: Module, target: Target, dtype: np.dtype, name: str) -> None:
        self.dtype, self.goal = dtype, computed(dtype)
        self.lanes, self.target = target.lanes(self.goal), target
        self.one, self.wide = type_of(dtype), type_of(self.goal)
        self.narrow_vector = type_of(dtype, self.lanes)
        self.vector = type_of(self.goal, self.lanes)
        params = [("ptr", "%to"), ("ptr", "%from")]
        params += [("i64", f"%{name}") for name in ("k", "n", "step_k", "step_n", "pitch")]
        self.f = Function(module, name, params, attributes="nounwind noinline")

    def scalar(self, source: str, goal: str) -> None:
        """Copies one element."""
        value = self.f.load(self.one, source, self.dtype.itemsize)
        value = cast(self.f, self.target, self.dtype, self.goal, 1, value)
        self.f.store(self.wide, value, goal, self.goal.itemsize)

    def read(self, source: str, mask: str | None = None) -> str:
        """A vector of the wide type."""
        f, align = self.f, self.dtype.itemsize
        if mask is None:
            value = f.load(self.narrow_vector, source, align)
        else:
            value = f.masked_load(self.one, self.lanes, source, mask, align, "zeroinitializer")
        return cast(f, self.target, self.dtype, self.goal, self.lanes, value)

    def write(self, value: str, goal: str) -> None:
        """Stores such a vector."""
        self.f.store(self.vector, value, goal, self.goal.itemsize)


def emit_copy_rows(module: Module, target: Target, dtype: np.dtype, fill: bool = False) -> str:
    """A function that copies k rows of n contiguous elements, `pitch` bytes apart.

    It is `(ptr to, ptr from, i64 k, i64 n, i64 step_k, i64 step_n, i64 pitch)`, as are the others.

    Args:
        module: where it is put, unless it is there.
        target: the processor.
        dtype: of what is read; float16 is written as float32.
        fill: zeros are put behind each row, up to a whole vector.

    Returns:
        Its name.
    """
    name = f"copy.{'filled' if fill else 'rows'}.{dtype.str[1:]}"
    if name in module.functions:
        return name
    copy = _Copy(module, target, dtype, name)
    f, lanes = copy.f, copy.lanes
    rest = f.op(f"urem i64 %n, {lanes}")
    whole = f.op(f"sub i64 %n, {rest}")
    some = f.op(f"icmp ne i64 {rest}, 0")
    mask = lane_mask(f, lanes, rest) if has_masks(target) and copy.one == copy.wide else None

    def row(_: str, state: list[str]) -> Sequence[str]:
        goal, source = state

        def part(i: str, _: list[str]) -> None:
            copy.write(copy.read(f.gep(source, i, copy.one)), f.gep(goal, i, copy.wide))

        f.loop(whole, part, step=lanes, may_be_empty=True)
        f.when(some, lambda: _copy_rest(copy, goal, source, whole, mask, fill))
        return [f.gep(goal, "%pitch", "i8"), f.gep(source, "%step_k", "i8")]

    f.loop("%k", row, [("ptr", "%to"), ("ptr", "%from")], may_be_empty=True)
    f.finish()
    return name


def _copy_rest(
    copy: _Copy, goal: str, source: str, whole: str, mask: str | None, fill: bool
) -> None:
    """Copies what is left of a row behind its whole vectors."""
    f, end = copy.f, copy.f.gep(goal, whole, copy.wide)
    if mask is not None:
        value = copy.read(f.gep(source, whole, copy.one), mask)
        if fill:
            copy.write(value, end)
        else:
            f.masked_store(copy.wide, copy.lanes, value, end, mask, copy.goal.itemsize)
        return
    if fill:
        copy.write("zeroinitializer", end)

    def element(i: str, _: list[str]) -> None:
        copy.scalar(f.gep(source, i, copy.one), f.gep(goal, i, copy.wide))

    f.loop("%n", element, start=whole)


def emit_copy_elements(module: Module, target: Target, dtype: np.dtype) -> str:
    """The same, filled with zeros, for elements that lie anywhere: `step_n` bytes apart.

    What a vector holds beside the matrix is multiplied like the rest; if it were denormal numbers
    by chance, that would take long.
    """
    name = f"copy.elements.{dtype.str[1:]}"
    if name in module.functions:
        return name
    copy = _Copy(module, target, dtype, name)
    f = copy.f
    rest = f.op(f"urem i64 %n, {copy.lanes}")
    whole = f.op(f"sub i64 %n, {rest}")
    some = f.op(f"icmp ne i64 {rest}, 0")

    def row(_: str, state: list[str]) -> Sequence[str]:
        f.when(some, lambda: copy.write("zeroinitializer", f.gep(state[0], whole, copy.wide)))

        def element(_: str, pair: list[str]) -> Sequence[str]:
            copy.scalar(pair[1], pair[0])
            return [f.gep(pair[0], 1, copy.wide), f.gep(pair[1], "%step_n", "i8")]

        f.loop("%n", element, [("ptr", state[0]), ("ptr", state[1])], may_be_empty=True)
        return [f.gep(state[0], "%pitch", "i8"), f.gep(state[1], "%step_k", "i8")]

    f.loop("%k", row, [("ptr", "%to"), ("ptr", "%from")], may_be_empty=True)
    f.finish()
    return name


def emit_copy_panel(module: Module, target: Target, dtype: np.dtype, vectors: int) -> str:
    """The same for rows of `vectors` vectors: the loop over a row is unrolled."""
    name = f"copy.panel.{dtype.str[1:]}.{vectors}"
    if name in module.functions:
        return name
    copy = _Copy(module, target, dtype, name)
    f, lanes = copy.f, copy.lanes

    def row(_: str, state: list[str]) -> Sequence[str]:
        goal, source = state
        values = [copy.read(f.gep(source, j * lanes, copy.one)) for j in range(vectors)]
        for j, value in enumerate(values):
            copy.write(value, f.gep(goal, j * lanes, copy.wide))
        return [f.gep(goal, "%pitch", "i8"), f.gep(source, "%step_k", "i8")]

    f.loop("%k", row, [("ptr", "%to"), ("ptr", "%from")])
    f.finish()
    return name


def emit_copy_turned(module: Module, target: Target, dtype: np.dtype) -> str:
    """The same for columns that are contiguous: squares of `lanes` elements are transposed.

    There must be as many columns as lanes, and at least as many rows.
    """
    name = f"copy.turned.{dtype.str[1:]}"
    if name in module.functions:
        return name
    copy = _Copy(module, target, dtype, name)
    f, lanes = copy.f, copy.lanes

    half, size = lanes // 2, copy.goal.itemsize
    buffers = [f.op(f"alloca [{lanes} x {copy.vector}], align 64") for _ in range(2)]

    def square(k: str) -> None:
        """Interleaves two halves of the vectors, again and again, which transposes them."""
        now, step = f.gep("%from", k, copy.one), "%step_n"
        goal = f.gep("%to", f.op(f"mul i64 {k}, %pitch"), "i8")
        rounds = lanes.bit_length() - 1
        for number in range(rounds):
            last = number == rounds - 1
            there, pitch = (goal, "%pitch") if last else (buffers[number % 2], str(lanes * size))
            read = copy.read if number == 0 else functools.partial(f.load, copy.vector)
            _interleave(copy, half, read, (now, step), (there, pitch))
            now, step = there, pitch

    # The last square overlaps the one before, and writes some rows a second time.
    last = f.op(f"sub i64 %k, {lanes}")

    def step(k: str, _: list[str]) -> None:
        square(f.minimum(k, last))

    f.loop("%k", step, step=lanes)
    f.finish()
    return name


def _interleave(
    copy: _Copy,
    half: int,
    read: Callable[[str], str],
    source: tuple[str, str],
    goal: tuple[str, str],
) -> None:
    """Vectors 2i and 2i + 1 of the goal become the i-th of both halves, lane by lane in turn."""
    f, lanes = copy.f, 2 * half
    (first, step), (there, pitch) = source, goal
    second = f.gep(first, f.mul(step, half), "i8")

    def places(start: int) -> str:
        picks = [start + i // 2 + lanes * (i % 2) for i in range(lanes)]
        return f"<{lanes} x i32> <{', '.join(f'i32 {i}' for i in picks)}>"

    def pair(_: str, state: list[str]) -> list[str]:
        a, b, to = state
        x, y = read(a), read(b)
        for start in (0, half):
            mixed = f"{copy.vector} {x}, {copy.vector} {y}, {places(start)}"
            copy.write(f.op(f"shufflevector {mixed}"), to)
            to = f.gep(to, pitch, "i8")
        return [f.gep(a, step, "i8"), f.gep(b, step, "i8"), to]

    f.loop(half, pair, [("ptr", first), ("ptr", second), ("ptr", there)])


def call_copy(f: Function, name: str, goal: str, source: str, steps: Sequence[int | str]) -> None:
    """Calls one of packing.py's functions with k, n, step_k, step_n and pitch."""
    numbers = [("i64", str(step)) for step in steps]
    f.call("void", name, ("ptr", goal), ("ptr", source), *numbers)


def at(f: Function, indices: Sequence[str], strides: Sequence[int]) -> str:
    """The sum of index times stride."""
    place = "0"
    for index, stride in zip(indices, strides, strict=False):
        place = f.add(place, f.mul(index, stride))
    return place
