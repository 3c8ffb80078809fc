"""Loops as LLVM's functions: the text of each kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.epilogue import Epilogue
from tensorslow.engines.llvm.ir import Function, Module, type_of
from tensorslow.engines.llvm.loops import Loops
from tensorslow.engines.llvm.nests import Buffer, Nest, Store, Value
from tensorslow.engines.llvm.points import Points, Scope
from tensorslow.engines.llvm.target import Target
from tensorslow.engines.llvm.walk import LoopWriter

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
    LoopWriter(f, target, loops, pointed).write()
    f.finish()


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
            lanes, mask = 1, None
        points = self._points(f, lanes)
        own = [*batch, m, n]
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
        scope = columns.deeper(indices)
        for x in self.nest.values:
            if x.op == "product":
                if x.dtype.itemsize == 2 and x.dtype.kind == "f":
                    wide, narrow = f"<{lanes} x float>", f"<{lanes} x half>"
                    if lanes == 1:
                        wide, narrow = "float", "half"
                    value = f.op(f"fptrunc {wide} {value} to {narrow}")
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
