"""Copies that make operands fit for micro-kernels: functions over pointers, one a module.

A panel of B is a matrix [k, width]: for each k the vectors that a micro-kernel loads side by side.
It is packed from rows that are contiguous in memory, from columns that are, or number by number.
All strides are in bytes. Where a panel is wider than the matrix, there are zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tensorslow.engines.llvm.arithmetic.casts import cast
from tensorslow.engines.llvm.contractions.contraction import computed
from tensorslow.engines.llvm.contractions.microkernel import lane_mask
from tensorslow.engines.llvm.text.ir import Function, Module, type_of
from tensorslow.engines.llvm.text.target import Target

PIECE = 16  # bytes that a processor shuffles at no great cost, in each part of a vector


class _Copy:
    """What the copying functions share: how an element is read from memory and widened."""

    def __init__(self, module: Module, target: Target, dtype: np.dtype, name: str) -> None:
        self.dtype, self.goal = dtype, computed(dtype)
        self.lanes, self.target = target.lanes(self.goal), target
        self.one, self.wide = type_of(dtype), type_of(self.goal)
        self.vector = type_of(self.goal, self.lanes)
        params = [("ptr", "%to"), ("ptr", "%from")]
        params += [("i64", f"%{name}") for name in ("k", "n", "step_k", "step_n", "pitch")]
        self.f = Function(module, name, params, attributes="nounwind noinline")

    def scalar(self, source: str, goal: str) -> None:
        """Copies one element."""
        value = self.f.load(self.one, source, self.dtype.itemsize)
        value = cast(self.f, self.target, self.dtype, self.goal, 1, value)
        self.f.store(self.wide, value, goal, self.goal.itemsize)

    def read(self, source: str, mask: str | None = None, lanes: int | None = None) -> str:
        """A vector of the wide type; of another length if `lanes` says so."""
        f, align, lanes = self.f, self.dtype.itemsize, lanes or self.lanes
        if mask is None:
            value = f.load(type_of(self.dtype, lanes), source, align)
        else:
            value = f.masked_load(self.one, lanes, source, mask, align, "zeroinitializer")
        return cast(f, self.target, self.dtype, self.goal, lanes, value)

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
    mask = lane_mask(f, lanes, rest) if target.has_masks and copy.one == copy.wide else None

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


def emit_copy_panel(module: Module, target: Target, dtype: np.dtype, n: int) -> str:
    """The same for rows of n elements: the loop over a row is unrolled.

    What is less than a vector is copied in halves of one: a vector with a mask would reach into the
    next cache line, which takes longer though nothing is written there.
    """
    name = f"copy.panel.{dtype.str[1:]}.{n}"
    if name in module.functions:
        return name
    copy = _Copy(module, target, dtype, name)
    f, parts, done, size = copy.f, [], 0, copy.lanes
    while done < n:
        if done + size > n:
            size //= 2
            continue
        parts.append((done, size))
        done += size

    def row(_: str, state: list[str]) -> Sequence[str]:
        goal, source = state
        values = [copy.read(f.gep(source, j, copy.one), lanes=size) for j, size in parts]
        for value, (j, size) in zip(values, parts, strict=True):
            f.store(type_of(copy.goal, size), value, f.gep(goal, j, copy.wide), copy.goal.itemsize)
        return [f.gep(goal, "%pitch", "i8"), f.gep(source, "%step_k", "i8")]

    f.loop("%k", row, [("ptr", "%to"), ("ptr", "%from")])
    f.finish()
    return name


def emit_copy_turned(module: Module, target: Target, dtype: np.dtype) -> str:
    """The same for columns that are contiguous: they are transposed, some rows at a time.

    There must be as many columns as lanes, and at least `PIECE` bytes of rows.
    """
    name = f"copy.turned.{dtype.str[1:]}"
    if name in module.functions:
        return name
    copy = _Copy(module, target, dtype, name)
    f, rows = copy.f, PIECE // copy.goal.itemsize
    # The last step overlaps the one before, and writes some rows a second time.
    last = f.op(f"sub i64 %k, {rows}")

    def step(k: str, _: list[str]) -> None:
        k = f.minimum(k, last)
        places = [f.gep("%from", k, copy.one)]
        for _column in range(copy.lanes - 1):
            places.append(f.gep(places[-1], "%step_n", "i8"))
        vectors = [_joined(copy, rows, places[i::rows]) for i in range(rows)]
        for _round in range(rows.bit_length() - 1):
            vectors = _interleaved(copy, rows, vectors)
        goal = f.gep("%to", f.op(f"mul i64 {k}, %pitch"), "i8")
        for vector in vectors:
            copy.write(vector, goal)
            goal = f.gep(goal, "%pitch", "i8")

    f.loop("%k", step, step=rows)
    f.finish()
    return name


def _joined(copy: _Copy, size: int, places: list[str]) -> str:
    """A vector of so many elements from each of some places."""
    f, parts = copy.f, [copy.read(place, lanes=size) for place in places]
    while len(parts) > 1:
        kind, picks = f"<{size} x {copy.wide}>", range(2 * size)
        parts = [f.shuffle(kind, x, y, picks) for x, y in zip(parts[::2], parts[1::2], strict=True)]
        size *= 2
    return parts[0]


def _interleaved(copy: _Copy, size: int, vectors: list[str]) -> list[str]:
    """Vectors 2i and 2i + 1 become those i of both halves, in turn, within pieces of that size.

    Done again and again, that transposes squares. Pieces stay where they are in a vector: a
    processor has no faster way to mix elements.
    """
    half, mixed = len(vectors) // 2, []
    for pair in zip(vectors[:half], vectors[half:], strict=True):
        for start in (0, size // 2):
            picks = [
                piece + start + i // 2 + copy.lanes * (i % 2)
                for piece in range(0, copy.lanes, size)
                for i in range(size)
            ]
            mixed.append(copy.f.shuffle(copy.vector, *pair, picks))
    return mixed


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
