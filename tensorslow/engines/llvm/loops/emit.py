"""Loops as LLVM's functions: the text of each kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.arithmetic.casts import cast
from tensorslow.engines.llvm.contractions.epilogue import Epilogue
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.nests import Nest, Store, Value
from tensorslow.engines.llvm.loops.order import Loops
from tensorslow.engines.llvm.loops.past import in_whole_lines, write_twice
from tensorslow.engines.llvm.loops.points import Points, Scope
from tensorslow.engines.llvm.loops.walk import LoopWriter
from tensorslow.engines.llvm.text.ir import Function, Module, stored_type, type_of
from tensorslow.engines.llvm.text.target import Target

Place = tuple[Buffer, int]  # a buffer, and the offset of an access in it

PARAMS = [("i64", "%tid"), ("i64", "%nt"), ("ptr", "%sync"), ("ptr", "%scratch")]


def places_of(nest: Nest) -> list[Place]:
    """What a kernel's pointers point to, in the order of its parameters."""
    found: dict[Place, None] = {}
    if nest.contraction is not None:
        for view in nest.contraction.operands:
            found[view.buffer, view.offset] = None
        if len(found) < 2:  # a matrix times itself: two parameters all the same
            return [*found, *found, *_rest(nest, found)]
    return [*found, *_rest(nest, found)]


def _rest(nest: Nest, found: dict[Place, None]) -> list[Place]:
    rest: dict[Place, None] = {}
    for x in nest.values:
        if x.op == "load" and x.buffer is not None:
            rest[x.buffer, x.offset] = None
    for s in nest.stores:
        if s.buffer is not None:
            rest[s.buffer, s.offset] = None
    return [place for place in rest if place not in found]


def emit_loops(module: Module, target: Target, name: str, loops: Loops, params: int) -> None:
    """Adds the function of a kernel without a contraction.

    Its pointers are those of `places_of`, then the flags, then (`any_size`) the length.
    """
    pointers = [("ptr", f"%p{i}") for i in range(params)]
    f = Function(module, name, [*PARAMS, *pointers, ("ptr", "%flags"), ("ptr", "%size")])
    pointed = {place: f"%p{i}" for i, place in enumerate(places_of(loops.nest))}
    writer, past = LoopWriter(f, target, loops, pointed), in_whole_lines(loops)

    def write(aligned: bool) -> None:
        writer.points.past = past if aligned else ()
        writer.write()
        if aligned:
            f.do("fence seq_cst")  # such stores are not in order with the others

    if past:
        write_twice(f, [pointed[s.buffer, s.offset] for s in past if s.buffer], write)
    else:
        writer.write()
    f.finish()


FAR = 1 << 18  # bytes of arrays that are not in the cache any more when they are needed
LINE = 64  # bytes that come at once


class StoreValues(Epilogue):
    """What a kernel computes from a matrix product or convolution, as its end.

    Args:
        f: the function is not known yet; values are written when the product calls.
        nest: the kernel.
        params: by place, the parameter that points there.
    """

    def __init__(self, target: Target, nest: Nest, params: dict[Place, str]) -> None:
        self.target, self.nest, self.params = target, nest, params
        contraction = nest.contraction
        self.own = contraction.sizes
        self.last = len(contraction.sizes) - 1
        places = contraction.places
        self.columns_axis = next(i for i, (own, _) in enumerate(places) if own == self.last)

    def _points(self, f: Function, lanes: int) -> Points:
        return Points(f, self.target, self.params, self.columns_axis, lanes)

    def columns(
        self, f: Function, batch: Sequence[str], n: str, lanes: int, mask: str | None
    ) -> Any:
        """What varies along n only, such as a bias."""
        if self.nest.sizes[self.columns_axis] == 1:
            lanes, mask = 1, None
        points = self._points(f, lanes)
        scope = Scope({self.columns_axis: n}, [(0, mask)])
        self._open_ones(scope)
        points.compute(scope, [x for x in self.nest.values if self._only_columns(x)])
        return scope

    def ahead(
        self, f: Function, batch: Sequence[str], m: str, n: str, rows: int, columns: int
    ) -> None:
        """Asks for the lines of large arrays that this tile needs in the end."""
        accesses: list[Value | Store] = [*self.nest.values, *self.nest.stores]
        streams = [x for x in accesses if self._is_large(x)]
        if not streams:
            return
        scope = Scope({self.columns_axis: n, **self._rows(f, [*batch, m, n])})
        self._open_ones(scope)
        points = self._points(f, 1)
        kinds = [(x.buffer.dtype.itemsize, stored_type(x.buffer.dtype)) for x in streams]  # type: ignore[union-attr]
        starts = [("ptr", points.pointer(scope, x)) for x in streams]
        row = next(
            i for i, (own, _) in enumerate(self.nest.contraction.places) if own == self.last - 1
        )

        def one_row(_: str, pointers: list[str]) -> list[str]:
            following = []
            for pointer, x, (size, kind) in zip(pointers, streams, kinds, strict=True):
                for line in range(0, columns * size, LINE):
                    f.call(
                        "void", "llvm.prefetch.p0", ("ptr", f.gep(pointer, line, "i8")),
                        ("i32", str(int(isinstance(x, Store)))), ("i32", "3"), ("i32", "1"),
                    )  # fmt: skip
                following.append(f.gep(pointer, x.strides[row], kind))
            return following

        f.loop(rows, one_row, starts)

    def _is_large(self, x: Value | Store) -> bool:
        """Whether an access goes through an array that is not in the cache, row by row."""
        if x.buffer is None or x.buffer.bytes < FAR or (isinstance(x, Value) and x.args):
            return False
        places = self.nest.contraction.places
        divided = any(own == self.last - 1 and n > 1 for own, n in places)
        rows = [i for i, (own, _) in enumerate(places) if own == self.last - 1]
        return not divided and len(rows) == 1 and x.strides[self.columns_axis] == 1

    def _rows(self, f: Function, own: Sequence[str]) -> dict[int, str]:
        """The index of each of the nest's axes but that of the columns."""
        indices = {}
        for axis, (place, divisor) in enumerate(self.nest.contraction.places):
            size = self.nest.sizes[axis]
            if axis == self.columns_axis or size == 1:
                continue
            index = own[place]
            if divisor > 1:
                index = f.op(f"udiv i64 {index}, {divisor}")
            if divisor * size < self.own[place]:
                index = f.op(f"urem i64 {index}, {size}")
            indices[axis] = index
        return indices

    def _open_ones(self, scope: Scope) -> None:
        for axis, size in enumerate(self.nest.sizes):
            if size == 1 and axis != self.columns_axis:
                scope.indices[axis] = "0"

    def _only_columns(self, x: Value) -> bool:
        if x.op in ("product", "literal"):
            return False
        varies = [i for i, free in enumerate(x.free) if free and self.nest.sizes[i] > 1]
        return all(i == self.columns_axis for i in varies) and all(
            a.op == "literal" or self._only_columns(a) for a in x.args
        )

    def store(
        self,
        f: Function,
        batch: Sequence[str],
        m: str,
        n: str,
        value: str,
        lanes: int,
        mask: str | None,
        columns: Any,
    ) -> None:
        """Everything for one vector of the product."""
        if lanes > 1 and self.nest.sizes[self.columns_axis] == 1:  # only the first lane counts
            dtype = next(x.dtype for x in self.nest.values if x.op == "product")
            wide = np.dtype(np.float32) if dtype.itemsize == 2 and dtype.kind == "f" else dtype
            value = f.op(f"extractelement {type_of(wide, lanes)} {value}, i64 0")
            lanes = 1
        points = self._points(f, lanes)
        scope = columns.deeper(self._rows(f, [*batch, m, n]))
        for x in self.nest.values:
            if x.op == "product":
                if x.dtype.itemsize == 2 and x.dtype.kind == "f":
                    value = cast(f, self.target, np.dtype(np.float32), x.dtype, lanes, value)
                scope.known[x] = [value]
        points.compute(scope, [x for x in self.nest.values if x.op != "literal"])
        for s in self.nest.stores:
            points.store(scope, s, "%flags")


def emit_contraction(
    module: Module,
    target: Target,
    name: str,
    nest: Nest,
    emit: Callable[..., None],
) -> None:
    """Adds the function of a kernel whose root is a matrix product or convolution."""
    places = places_of(nest)
    params = {place: f"%p{i}" for i, place in enumerate(places)}
    emit(module, target, name, nest.contraction.shape, StoreValues(target, nest, params),
         len(places) - 2)  # fmt: skip


__all__ = ["Store", "emit_contraction", "emit_loops", "places_of"]
