"""Loop nests: what each element of a buffer is, at every point of a space of loops.

A nest has axes (how often each of its loops runs) and values, one number for each point. A load
reads a buffer at `offset + Σ stride · index`, so a transposed, broadcast or sliced array is read
where it lies. Lowering makes a nest of each primitive, fusing merges nests into kernels; both speak
this language.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.views import View

CHEAP = frozenset(  # primitives of a few instructions
    "load literal index cast add subtract multiply fma maximum minimum negative where equal "
    "not_equal less less_equal greater greater_equal logical_and logical_or logical_not abs "
    "bitcast product".split()
)
PLAIN = ("load", "index", "literal")  # where numbers come from; all else computes


@dataclass(eq=False, slots=True)
class Value:
    """A number for each point of some axes.

    Attributes:
        op: a primitive on elements, or "load", "literal", "index" (an affine function of the loop
            indices), "reduce", or "product" (what the contraction at the root of a kernel gives).
        dtype: its type.
        args: what it is computed from; of a load, the values that its address depends on.
        strides: of a load or an index, by axis.
        offset: of a load or an index.
        buffer: what a load reads.
        detail: a literal's number, a reduction's kind, a load's factors for `args`.
        axes: of a reduction, the axes that it runs over.
        free: whether it varies, by axis.
        stage: how many reductions, one after another, are behind it.
        origin: the node that asked for it.
    """

    op: str
    dtype: np.dtype
    args: tuple[Value, ...] = ()
    strides: tuple[int, ...] = ()
    offset: int = 0
    buffer: Buffer | None = None
    detail: Any = None
    axes: frozenset[int] = frozenset()
    free: tuple[bool, ...] = ()
    stage: int = 0
    origin: Any = None

    def copy(self, args: tuple[Value, ...]) -> Value:
        """The same of other arguments."""
        return Value(
            self.op, self.dtype, args, self.strides, self.offset, self.buffer, self.detail,
            self.axes, self.free, self.stage, self.origin,
        )  # fmt: skip


@dataclass(eq=False, slots=True)
class Store:
    """Writes a value to a buffer.

    Attributes:
        value: what is written; for a check, the condition that must not hold anywhere.
        buffer: where to; None for a check.
        strides: by axis.
        offset: of the first element.
        indirect: values (with factors) that are added to the address.
        add: whether the value is added to what is there.
    """

    value: Value
    buffer: Buffer | None
    strides: tuple[int, ...]
    offset: int = 0
    indirect: tuple[tuple[Value, int], ...] = ()
    add: bool = False


@dataclass(eq=False, slots=True)
class Nest:
    """Values over a space of loops, and what is written.

    Attributes:
        sizes: how often each loop runs.
        values: in an order in which they can be computed.
        stores: what is written.
        sequential: axes whose iterations must keep their order.
        contraction: a matrix product, a convolution or an order, whose results are the "product"
            values.
        after: buffers that must have been written before, beyond those that are loaded.
        reduced: the axes of its reductions.
    """

    sizes: tuple[int, ...]
    values: list[Value] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    sequential: frozenset[int] = frozenset()
    contraction: Any = None
    after: tuple[Buffer, ...] = ()
    reduced: frozenset[int] = frozenset()

    # Making values

    def load(
        self,
        buffer: Buffer,
        strides: Sequence[int],
        offset: int = 0,
        indirect: Sequence[tuple[Value, int]] = (),
        origin: Any = None,
    ) -> Value:
        """What a buffer holds at offset + Σ stride · index + Σ factor · value."""
        strides = tuple(strides)
        args = tuple([value for value, _ in indirect])
        factors = tuple([factor for _, factor in indirect])
        free = _either(_varies(strides), args)
        return self._add(
            Value(
                "load", buffer.dtype, args, strides, offset, buffer, factors, free=free,
                origin=origin,
            )
        )  # fmt: skip

    def literal(self, number: Any, dtype: np.dtype) -> Value:
        """A number that is known."""
        return self._add(Value("literal", dtype, detail=number, free=(False,) * len(self.sizes)))

    def index(self, strides: Sequence[int], offset: int, dtype: np.dtype) -> Value:
        """offset + Σ stride · index, as a number."""
        strides = tuple(strides)
        return self._add(Value("index", dtype, (), strides, offset, free=_varies(strides)))

    def compute(self, op: str, dtype: np.dtype, *args: Value, origin: Any = None) -> Value:
        """A primitive on elements."""
        free, stage = (False,) * len(self.sizes), 0
        for x in args:
            if x.free != free:
                free = _or(free, x.free)
            if x.stage > stage:
                stage = x.stage
        return self._add(Value(op, dtype, args, free=free, stage=stage, origin=origin))

    def reduce(
        self, kind: str, dtype: np.dtype, arg: Value, axes: Iterable[int], origin: Any = None
    ) -> Value:
        """The sum, prod, max, min, any or all of a value over some axes."""
        over = frozenset(axes)
        if all(self.sizes[i] == 1 for i in over):
            return arg
        self.reduced |= over
        free = tuple(varies and i not in over for i, varies in enumerate(arg.free))
        return self._add(
            Value(
                "reduce", dtype, (arg,), detail=kind, axes=over, free=free, stage=arg.stage + 1,
                origin=origin,
            )
        )  # fmt: skip

    def product(self, dtype: np.dtype, origin: Any = None) -> Value:
        """The result of the contraction."""
        free = tuple(size != 1 for size in self.sizes)
        return self._add(Value("product", dtype, free=free, origin=origin))

    def store(self, value: Value, view: View) -> None:
        """Writes to a view whose axes are those of the nest that are not reduced."""
        self.stores.append(Store(value, view.buffer, view.strides, view.offset))

    def check(self, value: Value) -> None:
        """Ends the run if the condition holds anywhere."""
        self.stores.append(Store(value, None, tuple(int(f) for f in value.free)))

    def _add(self, value: Value) -> Value:
        self.values.append(value)
        return value

    # Changing the axes

    def refine(self, axis: int, inner: int) -> None:
        """Splits an axis of n into n / inner and inner."""
        n = self.sizes[axis]
        outer = n // inner

        def split(strides: tuple[int, ...]) -> tuple[int, ...]:
            return (*strides[:axis], strides[axis] * inner, *strides[axis:])

        self.sizes = (*self.sizes[:axis], outer, inner, *self.sizes[axis + 1 :])
        for x in self.values:
            x.free = (*x.free[:axis], x.free[axis], *x.free[axis:])
            if x.strides:
                x.strides = split(x.strides)
            if x.axes:
                x.axes = _shifted(x.axes, axis)
        for s in self.stores:
            s.strides = split(s.strides)
        self.sequential = _shifted(self.sequential, axis)
        self.reduced = _shifted(self.reduced, axis)
        if self.contraction is not None:
            self.contraction = self.contraction.refined(axis, outer, inner)

    def rearrange(self, order: Sequence[int | None], sizes: Sequence[int]) -> None:
        """Gives the nest other axes: new axis i was `order[i]` (None: it varies with none)."""
        place = {old: new for new, old in enumerate(order) if old is not None}
        for x in self.values:
            free = x.free
            x.free = tuple([i is not None and free[i] for i in order])
            if x.op in ("load", "index"):
                strides = x.strides
                x.strides = tuple([0 if i is None else strides[i] for i in order])
            if x.axes:
                x.axes = frozenset(place[i] for i in x.axes if i in place)
        for s in self.stores:
            strides = s.strides
            s.strides = tuple([0 if i is None else strides[i] for i in order])
        self.sequential = frozenset(place[i] for i in self.sequential if i in place)
        self.reduced = frozenset(place[i] for i in self.reduced if i in place)
        self.sizes = tuple(sizes)

    def collapse(self) -> None:
        """Drops axes of size 1, and joins neighbours that every access walks through as one."""
        if self.contraction is not None or len(self.sizes) == 1 != self.sizes[0]:
            return
        sizes, kept = self.sizes, [i for i, n in enumerate(self.sizes) if n != 1]
        if len(kept) != len(sizes):
            self.rearrange(kept, [sizes[i] for i in kept])
        i = len(self.sizes) - 1
        while i > 0:
            if self._joins(i - 1):
                order = [j for j in range(len(self.sizes)) if j != i - 1]
                merged = self.sizes[i - 1] * self.sizes[i]
                rest = [merged if j == i else self.sizes[j] for j in order]
                self.rearrange(order, rest)
            i -= 1

    def _joins(self, i: int) -> bool:
        n = self.sizes[i + 1]
        return (
            all(x.strides[i] == x.strides[i + 1] * n for x in self.values if x.strides)
            and all(s.strides[i] == s.strides[i + 1] * n for s in self.stores)
            and all((i in x.axes) == (i + 1 in x.axes) for x in self.values if x.axes)
            and (i in self.sequential) == (i + 1 in self.sequential)
        )

    # Showing

    def __str__(self) -> str:
        names = {x: f"v{i}" for i, x in enumerate(self.values)}
        lines = [f"for {_indices(self.sizes)}"]
        lines += [f"  {names[x]} = {show_value(x, names)}" for x in self.values]
        lines += [f"  {show_store(s, names)}" for s in self.stores]
        return "\n".join(lines)


def _either(free: tuple[bool, ...], args: Sequence[Value]) -> tuple[bool, ...]:
    for x in args:
        if x.free != free:
            free = _or(free, x.free)
    return free


@functools.lru_cache(maxsize=1024)
def _or(one: tuple[bool, ...], other: tuple[bool, ...]) -> tuple[bool, ...]:
    return tuple([a or b for a, b in zip(one, other, strict=True)])


@functools.lru_cache(maxsize=1024)
def _varies(strides: tuple[int, ...]) -> tuple[bool, ...]:
    return tuple([s != 0 for s in strides])


def _shifted(axes: frozenset[int], axis: int) -> frozenset[int]:
    """Numbers of axes after `axis` was split in two."""
    if not axes:
        return axes
    moved = {i + (i > axis) for i in axes}
    return frozenset(moved | {axis + 1} if axis in axes else moved)


def number_stages(values: Iterable[Value]) -> None:
    """Counts how many reductions, one after another, are behind each value."""
    for x in values:
        stage = 0
        for a in x.args:
            if a.stage > stage:
                stage = a.stage
        x.stage = stage + 1 if x.op == "reduce" else stage


def drop_dead(nest: Nest) -> None:
    """Drops the values that no store needs."""
    needed: set[Value] = set()
    for s in nest.stores:
        needed.add(s.value)
        needed.update(v for v, _ in s.indirect)
    for x in reversed(nest.values):
        if x.args and x in needed:
            needed.update(x.args)
    if len(needed) < len(nest.values):
        nest.values = [x for x in nest.values if x in needed]


# Text


def _indices(sizes: Sequence[int]) -> str:
    return ", ".join(f"{letter(i)} in {n}" for i, n in enumerate(sizes)) or "one point"


def letter(axis: int) -> str:
    """The name of an axis, from i on."""
    return "ijklmnpqrstuvw"[axis] if axis < 14 else f"i{axis}"


def address(strides: Sequence[int], offset: int, more: Sequence[str] = ()) -> str:
    """An address as a sum, for the reader."""
    terms = [
        letter(i) if s == 1 else f"{s}·{letter(i)}" for i, s in enumerate(strides) if s
    ]  # fmt: skip
    terms += list(more)
    if offset or not terms:
        terms.append(str(offset))
    return " + ".join(terms)


def show_value(x: Value, names: dict[Value, str]) -> str:
    """How a value is computed."""
    args = [names[a] for a in x.args]
    kind = x.dtype.name
    if x.op == "load":
        more = [a if f == 1 else f"{f}·{a}" for a, f in zip(args, x.detail, strict=True)]
        return f"{x.buffer}[{address(x.strides, x.offset, more)}]  {kind}"
    if x.op == "literal":
        return f"{x.detail}  {kind}"
    if x.op == "index":
        return f"{address(x.strides, x.offset)}  {kind}"
    if x.op == "reduce":
        return (
            f"{x.detail} of {args[0]} over {', '.join(letter(i) for i in sorted(x.axes))}  {kind}"
        )
    return f"{x.op}({', '.join(args)})  {kind}"


def show_store(s: Store, names: dict[Value, str]) -> str:
    """What is written where."""
    if s.buffer is None:
        return f"stop if {names[s.value]}"
    more = [names[v] if f == 1 else f"{f}·{names[v]}" for v, f in s.indirect]
    place = f"{s.buffer}[{address(s.strides, s.offset, more)}]"
    return f"{place} {'+=' if s.add else '='} {names[s.value]}"
