"""Writing the values of a kernel at a point, or at some vectors of points side by side.

A `Scope` is a place in the loops: which axes have an index there, and which values are in registers
already. What does not vary deeper down is computed before a deeper loop begins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tensorslow.engines.llvm.arithmetic import elementwise
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.nests import Store, Value
from tensorslow.engines.llvm.text.ir import (
    Function,
    overload,
    splat_literal,
    stored_type,
    suffix_of,
    type_of,
)
from tensorslow.engines.llvm.text.target import Target

_PLACE = np.dtype(np.int64)
Mask = str | None


@dataclass(slots=True)
class Scope:
    """A place in the loops.

    Attributes:
        indices: by axis: its index, where the axis is open; the vector's axis: of the first lane.
        parts: of the vectors that are computed side by side, how many elements each is behind the
            index, and its mask (None: all lanes).
        known: by value, its registers: one for each vector, or a single one if all are the same.
        places: by access, the part of its address that is known here.
        outside: the scope around it.
    """

    indices: dict[int, str]
    parts: list[tuple[int, Mask]] = field(default_factory=lambda: [(0, None)])
    known: dict[Value, list[str]] = field(default_factory=dict)
    places: dict[Any, str] = field(default_factory=dict)
    outside: Scope | None = None

    def deeper(self, indices: dict[int, str], parts: list[tuple[int, Mask]] | None = None) -> Scope:
        """A scope inside this one."""
        merged = {**self.indices, **indices}
        return replace(
            self, indices=merged, parts=parts or self.parts, known={}, places={}, outside=self
        )

    def find(self, x: Value) -> list[str] | None:
        """The registers of a value, if it was computed here or outside."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.known.get(x)
            if found is not None:
                return found
            scope = scope.outside
        return None


def edge(count: int, lanes: int) -> Mask:
    """The mask of the first `count` lanes of a vector; None: all of them are there."""
    if count >= lanes:
        return None
    truths = (f"i1 {'true' if k < count else 'false'}" for k in range(lanes))
    return f"<{', '.join(truths)}>" if lanes > 1 else None


class Points:
    """Writes values into a function.

    Args:
        f: the function.
        pointers: by (buffer, offset), the parameter that points there.
        vector: the axis along which vectors lie; -1: there is none.
        lanes: elements of a vector.

    Attributes:
        past: stores that go past the caches where they write whole vectors.
    """

    def __init__(
        self,
        f: Function,
        target: Target,
        pointers: dict[tuple[Buffer, int], str],
        vector: int,
        lanes: int,
    ) -> None:
        self.f, self.target, self.pointers = f, target, pointers
        self.vector, self.lanes = vector, lanes
        self.past: Collection[Store] = ()

    def is_vector(self, x: Value) -> bool:
        """Whether a value differs from lane to lane."""
        return self.vector >= 0 and x.free[self.vector]

    # Values

    def compute(self, scope: Scope, values: Iterable[Value]) -> None:
        """Writes values whose arguments are known or among them, in order."""
        for x in values:
            if scope.find(x) is None:
                scope.known[x] = self.value(scope, x)

    def value(self, scope: Scope, x: Value) -> list[str]:
        """Writes one value."""
        if x.op == "load":
            return self._load(scope, x)
        if x.op == "index":
            return self._index(scope, x)
        if x.op == "literal":
            return [splat_literal(x.detail, x.dtype, 1)]
        args = [self.registers(scope, a) for a in x.args]
        wide = self.is_vector(x)
        lanes = self.lanes if wide else 1
        count = max((len(a) for a in args), default=1) if wide else 1
        dtypes = [a.dtype for a in x.args]
        columns = [self._wide(r, a, wide) for r, a in zip(args, x.args, strict=True)]
        return self.f.side_by_side(
            lambda i: elementwise.emit(
                self.f, self.target, x.op, dtypes, x.dtype, lanes,
                [c[i] if len(c) > 1 else c[0] for c in columns],
            ),
            count,
        )  # fmt: skip

    def registers(self, scope: Scope, x: Value) -> list[str]:
        """The registers of a value that must be known; literals are known everywhere."""
        if x.op == "literal":
            return [splat_literal(x.detail, x.dtype, 1)]
        found = scope.find(x)
        if found is None:
            found = scope.known[x] = self.value(scope, x)
        return found

    def _wide(self, registers: list[str], x: Value, wide: bool) -> list[str]:
        """Registers as vectors, if the others are."""
        if not wide or self.lanes == 1 or self.is_vector(x):
            return registers
        if x.op == "literal":
            return [splat_literal(x.detail, x.dtype, self.lanes)]
        return [self.f.splat(type_of(x.dtype), self.lanes, registers[0])]

    def vectors(self, scope: Scope, x: Value) -> list[str]:
        """A value as one vector for each part of the scope."""
        found = self._wide(self.registers(scope, x), x, True)
        return found if len(found) == len(scope.parts) else found * len(scope.parts)

    # Memory

    def place(self, scope: Scope, strides: Sequence[int], key: Any) -> str:
        """Σ stride · index over the axes that are open; what is known outside is taken over."""
        known = scope.places.get(key)
        if known is not None:
            return known
        outside = scope.outside
        place = "0" if outside is None else self.place(outside, strides, key)
        for axis, index in scope.indices.items():
            if strides[axis] and (outside is None or axis not in outside.indices):
                place = self.f.add(place, self.f.mul(index, strides[axis]))
        scope.places[key] = place
        return place

    def prepare(self, scope: Scope, accesses: Iterable[Value | Store]) -> None:
        """Computes the parts of addresses that do not change deeper down."""
        for access in accesses:
            if access.buffer is not None and access.strides:
                self.place(scope, access.strides, (access.strides,))

    def pointer(self, scope: Scope, access: Value | Store) -> str:
        """Where an access begins, without what its values add to the address."""
        assert access.buffer is not None
        base = self.pointers[access.buffer, access.offset]
        place = self.place(scope, access.strides, (access.strides,))
        return self.f.gep(base, place, stored_type(access.buffer.dtype))

    def _load(self, scope: Scope, x: Value) -> list[str]:
        assert x.buffer is not None
        f, kind, align = self.f, stored_type(x.dtype), x.dtype.itemsize
        pointer = self.pointer(scope, x)
        if not self.is_vector(x):
            pointer = self._moved(scope, pointer, kind, zip(x.args, x.detail, strict=True))
            return [self.truth(f.load(kind, pointer, align), x, 1)]
        stride = x.strides[self.vector]
        lanes = self.lanes
        moving = [(a, n) for a, n in zip(x.args, x.detail, strict=True) if self.is_vector(a)]
        still = [(a, n) for a, n in zip(x.args, x.detail, strict=True) if not self.is_vector(a)]
        pointer = self._moved(scope, pointer, kind, still)
        found = []
        for number, (offset, mask) in enumerate(scope.parts):
            vector = stored_type(x.dtype, lanes)
            if stride == 1 and not moving:
                p = f.gep(pointer, offset, kind)
                if mask is None or lanes == 1:
                    loaded = f.load(vector, p, align)
                else:
                    beyond = self._beyond(x)
                    loaded = f.masked_load(kind, lanes, p, mask, align, beyond)
            else:
                base = f.gep(pointer, offset * stride, kind)
                places = self._places(scope, stride, moving, number)
                loaded = self._gather(base, places, kind, mask, align, self._beyond(x))
            found.append(self.truth(loaded, x, lanes))
        return found

    def _moved(
        self, scope: Scope, pointer: str, kind: str, terms: Iterable[tuple[Value, int]]
    ) -> str:
        for x, factor in terms:
            pointer = self.f.gep(pointer, self.f.mul(self.registers(scope, x)[0], factor), kind)
        return pointer

    def _places(
        self, scope: Scope, stride: int, moving: Sequence[tuple[Value, int]], number: int
    ) -> str:
        """How far each lane's element is from where the first would be."""
        f, lanes = self.f, self.lanes
        kind = type_of(_PLACE, lanes)
        steps = ", ".join(f"i64 {i * stride}" for i in range(lanes))
        place = f"<{steps}>" if lanes > 1 else "0"
        for x, factor in moving:
            registers = self.registers(scope, x)
            index = registers[number if len(registers) > 1 else 0]
            if factor != 1:
                by = splat_literal(factor, _PLACE, lanes)
                index = f.op(f"mul {kind} {index}, {by}")
            place = f.op(f"add {kind} {index}, {place}") if stride else index
            stride = 1
        return place

    def _beyond(self, x: Value) -> str:
        """What lanes have that are not there.

        Where a processor has no masks, LLVM (22) knows such zeros, and takes 0 / 0 for 0.
        """
        one = x.dtype.kind == "f" and not self.target.has_masks
        return splat_literal(1, x.dtype, self.lanes) if one else "zeroinitializer"

    def _gather(
        self, base: str, places: str, kind: str, mask: Mask, align: int, beyond: str
    ) -> str:
        f, lanes = self.f, self.lanes
        if lanes == 1:
            return f.load(kind, f.gep(base, places, kind), align)
        pointers = f.op(f"getelementptr {kind}, ptr {base}, <{lanes} x i64> {places}")
        return f.call(
            f"<{lanes} x {kind}>",
            f"llvm.masked.gather.v{lanes}{suffix_of(kind)}.v{lanes}p0",
            (f"<{lanes} x ptr>", pointers),
            ("i32", str(align)),
            (f"<{lanes} x i1>", mask or "splat (i1 true)"),
            (f"<{lanes} x {kind}>", beyond),
        )

    def truth(self, register: str, x: Value, lanes: int) -> str:
        """Bytes of memory as truth values."""
        if x.dtype.kind != "b":
            return register
        zero = "zeroinitializer" if lanes > 1 else "0"
        return self.f.op(f"icmp ne {stored_type(x.dtype, lanes)} {register}, {zero}")

    def _index(self, scope: Scope, x: Value) -> list[str]:
        f = self.f
        place = self.place(scope, x.strides, (x.strides,))
        first = f.add(place, x.offset)
        kind = type_of(x.dtype)

        def narrow(value: str, lanes: int) -> str:
            if x.dtype == _PLACE:
                return value
            wide, goal = type_of(_PLACE, lanes), type_of(x.dtype, lanes)
            return f.op(f"trunc {wide} {value} to {goal}") if x.dtype.itemsize < 8 else value

        if not self.is_vector(x):
            return [f.op(f"add {kind} {narrow(first, 1)}, 0")]
        stride, lanes, found = x.strides[self.vector], self.lanes, []
        for offset, _ in scope.parts:
            start = f.splat("i64", lanes, f.add(first, offset * stride))
            if lanes > 1:
                steps = ", ".join(f"i64 {i * stride}" for i in range(lanes))
                start = f.op(f"add {type_of(_PLACE, lanes)} {start}, <{steps}>")
            found.append(narrow(start, lanes))
        return found

    def store(self, scope: Scope, s: Store, flags: str) -> None:
        """Writes a store or a check."""
        if s.buffer is None:
            self._check(scope, s.value, flags)
            return
        f, dtype = self.f, s.buffer.dtype
        kind, align = stored_type(dtype), dtype.itemsize
        pointer = self.pointer(scope, s)
        still = [(x, n) for x, n in s.indirect if not self.is_vector(x)]
        moving = [(x, n) for x, n in s.indirect if self.is_vector(x)]
        pointer = self._moved(scope, pointer, kind, still)
        stride = s.strides[self.vector] if self.vector >= 0 else 0
        if not moving and (not stride or self.vector not in scope.indices):
            (value,) = self.registers(scope, s.value)[:1]
            if s.add:
                old = self.truth(f.load(kind, pointer, align), s.value, 1)
                value = self._sum(s.value.dtype, old, value, 1)
            f.store(kind, self.in_memory(value, dtype, 1), pointer, align)
            return
        lanes = self.lanes
        vectors = self.vectors(scope, s.value)
        for number, ((offset, mask), value) in enumerate(zip(scope.parts, vectors, strict=True)):
            if stride == 1 and not moving:
                self._store_row(s, value, f.gep(pointer, offset, kind), mask)
                continue
            base = f.gep(pointer, offset * stride, kind)
            places = self._places(scope, stride, moving, number)
            if s.add:
                old = self._gather(base, places, kind, mask, align, "zeroinitializer")
                value = self._sum(dtype, old, value, lanes)
            self._scatter(base, places, kind, self.in_memory(value, dtype, lanes), mask, align)

    def _store_row(self, s: Store, value: str, pointer: str, mask: Mask) -> None:
        """Writes a vector, or the part of it that there is, to neighbours in memory."""
        assert s.buffer is not None
        f, lanes, dtype = self.f, self.lanes, s.buffer.dtype
        kind, align = stored_type(dtype), dtype.itemsize
        vector, mask = stored_type(dtype, lanes), mask if lanes > 1 else None
        if s.add:
            if mask is None:
                old = f.load(vector, pointer, align)
            else:
                old = f.masked_load(kind, lanes, pointer, mask, align, "zeroinitializer")
            value = self._sum(dtype, old, value, lanes)
        value = self.in_memory(value, dtype, lanes)
        if mask is None and s in self.past:
            f.store(vector, value, pointer, lanes * align, past=True)
        elif mask is None:
            f.store(vector, value, pointer, align)
        else:
            f.masked_store(kind, lanes, value, pointer, mask, align)

    def _sum(self, dtype: np.dtype, a: str, b: str, lanes: int) -> str:
        return elementwise.emit(self.f, self.target, "add", [dtype, dtype], dtype, lanes, [a, b])

    def in_memory(self, value: str, dtype: np.dtype, lanes: int) -> str:
        """Truth values as bytes of memory."""
        if dtype.kind != "b":
            return value
        return self.f.op(f"zext {type_of(dtype, lanes)} {value} to {stored_type(dtype, lanes)}")

    def _scatter(
        self, base: str, places: str, kind: str, value: str, mask: Mask, align: int
    ) -> None:
        f, lanes = self.f, self.lanes
        if lanes == 1:
            f.store(kind, value, f.gep(base, places, kind), align)
            return
        pointers = f.op(f"getelementptr {kind}, ptr {base}, <{lanes} x i64> {places}")
        f.call(
            "void",
            f"llvm.masked.scatter.v{lanes}{suffix_of(kind)}.v{lanes}p0",
            (f"<{lanes} x {kind}>", value),
            (f"<{lanes} x ptr>", pointers),
            ("i32", str(align)),
            (f"<{lanes} x i1>", mask or "splat (i1 true)"),
        )

    def _check(self, scope: Scope, x: Value, flags: str) -> None:
        """Sets the flag if a condition holds anywhere."""
        f, lanes = self.f, self.lanes
        for register, (_, mask) in zip(self.registers(scope, x), scope.parts, strict=False):
            bad = register
            if self.is_vector(x) and lanes > 1:
                truth = f"<{lanes} x i1>"
                if mask is not None:
                    bad = f.op(f"and {truth} {bad}, {mask}")
                suffix = overload("i1", lanes)
                bad = f.call("i1", f"llvm.vector.reduce.or.{suffix}", (truth, bad))
            f.when(bad, lambda: f.store("i32", "1", flags, 4))
