"""Slices of a tensor, and zeros with a slice filled in: each is the other's adjoint."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from tensorslow.arrays.spec import TensorSpec, known_tuple
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.dynamic_slices import elements_of, numbers_in, read_at, zeros_around
from tensorslow.ops.shape import shape
from tensorslow.shapes import show

Bound = int | None  # None: not known yet
Bounds = tuple[Bound, ...]

# Slice: a beginning and a size for each axis


def _slice_compute(xp: Any, x: Any, begin: Any, size: Any) -> Any:
    begin, size = _same_length(begin=begin, size=size)
    if begin is None:
        return _of_rank(x, None)
    if x.shape is None:
        return _of_rank(x, [_whole_size(n) for n in size])
    if len(begin) != len(x.shape):
        raise ShapeError(
            f"begin has {len(begin)} elements for the {len(x.shape)} axes of {show(x.shape)}"
        )
    ends, sizes = [], []
    for axis, (n, first, count) in enumerate(zip(x.shape, begin, size, strict=True)):
        end, length = _end_of(n, first, count, axis)
        ends.append(end)
        sizes.append(length)
    begins = [None if end is None else first for first, end in zip(begin, ends, strict=True)]
    result = xp.slice_(x, begins, ends, [1] * len(ends))
    # A size is known also where the beginning is not.
    return result.with_shape(tuple(sizes)) if isinstance(result, TensorSpec) else result


def _end_of(n: Bound, first: Bound, count: Bound, axis: int) -> tuple[Bound, Bound]:
    """Where a slice of an axis of size n ends, and how long it is."""
    if first is not None and first < 0 or count is not None and count < -1:
        raise ShapeError(
            f"axis {axis}: begin {first} or size {count} is negative",
            hint="only a size may be: -1 is the rest",
        )
    if count == -1:
        length = None if n is None or first is None else n - first
    else:
        length = count
    end = None if first is None or length is None else first + length
    if n is not None and (
        end is not None and end > n or length is not None and not 0 <= length <= n
    ):
        raise ShapeError(
            f"axis {axis} has {n} elements, so a slice of {count} from {first} is not inside"
        )
    return end, length


def _whole_size(count: Bound) -> Bound:
    return None if count == -1 else count


def _same_length(**vectors: Any) -> list[Any]:
    """Vectors with None for unknown elements; only Nones where no length is known."""
    lengths = {label: len(v) for label, v in vectors.items() if not isinstance(v, TensorSpec)}
    if len(set(lengths.values())) > 1:
        raise ShapeError(" and ".join(f"{label} has {n} elements" for label, n in lengths.items()))
    if not lengths:
        return [None] * len(vectors)
    unknown = (None,) * max(lengths.values())
    return [unknown if isinstance(v, TensorSpec) else v for v in vectors.values()]


def _of_rank(x: Any, sizes: Sequence[Bound] | None) -> TensorSpec:
    """What can be said of a slice of something of unknown rank."""
    if sizes is None:
        sizes = None if x.shape is None else [None] * len(x.shape)
    return TensorSpec(None if sizes is None else tuple(sizes), x.dtype)


def _slice_at_compute(xp: Any, x: Any, begin: Any, size: Any) -> Any:
    firsts, counts = elements_of(xp, begin), known_tuple(size)
    begins = numbers_in(firsts)
    whole = [0 if first is None else first for first in begins]
    rest = [n if first is None else count for n, first, count in zip(x.shape, begins, counts)]
    unknown = {i: firsts[i] for i, first in enumerate(begins) if first is None}
    if any(counts[i] == -1 for i in unknown):
        raise TypeError("how long the rest of an axis is depends on values")
    return read_at(xp, _slice_compute(xp, x, whole, rest), unknown, counts)


SLICE = OpDef(
    "Slice",
    operands=("input: T", "begin: index", "size: index"),
    known=("begin", "size"),
    compute=_slice_compute,
    compute_unknown=_slice_at_compute,
    grad=lambda op, dy: [SLICE_GRAD(dy, op.inputs[1], op.inputs[0]), None, None],
)


def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """A rectangular part of a tensor.

    TensorFlow: tf.slice.

    Args:
        input_: any tensor.
        begin: vector, where the part begins on each axis, from 0.
        size: vector, how long it is; -1 is all the rest.
        name: name of the node.

    Raises:
        ShapeError: the part is not inside `input_`; while the graph is built if that is known.

    Gradient: zeros, with dy where the part was.
    """
    return SLICE(input_, begin, size, name=name)


def _slice_grad_compute(xp: Any, dy: Any, begin: Any, x: Any) -> Any:
    ends = [first + n for first, n in zip(begin, dy.shape, strict=True)]
    return xp.slice_adjoint(dy, x.shape, begin, ends, [1] * len(ends))


def _slice_grad_at_compute(xp: Any, dy: Any, begin: Any, x: Any) -> Any:
    firsts = elements_of(xp, begin)
    begins = numbers_in(firsts)
    unknown = {i: firsts[i] for i, first in enumerate(begins) if first is None}
    dy = zeros_around(xp, dy, unknown, x.shape)
    return _slice_grad_compute(xp, dy, [first or 0 for first in begins], x)


# Ours: TensorFlow computes paddings in the graph and pads.
SLICE_GRAD: OpDef = OpDef(
    "SliceGrad",
    operands=("dy: T", "begin: index", "input"),
    known=("begin",),
    compute=_slice_grad_compute,
    compute_unknown=_slice_grad_at_compute,
    infer=lambda dy, begin, x: TensorSpec(x.shape, dy.dtype),
    grad=lambda op, ddy: [SLICE(ddy, op.inputs[1], shape(op.inputs[0])), None, None],
)

# StridedSlice: what Python writes as x[1, ..., ::2, None]


@dataclass
class View:
    """A strided slice written out for every axis: cut, drop axes, add axes.

    Attributes:
        begin, end, strides: for each axis, as `xp.slice_` takes them.
        dropped: axes that an index, and not a slice, selects from.
        added: axes of size 1 that the result has beside.
        places: by axis, the index that selects there, where only the run knows it.
    """

    begin: list[Bound] = field(default_factory=list)
    end: list[Bound] = field(default_factory=list)
    strides: list[Bound] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    places: dict[int, Any] = field(default_factory=dict)

    def append(self, begin: Bound, end: Bound, stride: Bound) -> None:
        """What is taken of the next axis."""
        self.begin.append(begin)
        self.end.append(end)
        self.strides.append(stride)

    def cut(self, xp: Any, x: Any) -> Any:
        """The slice of an array."""
        part = xp.slice_(x, self.begin, self.end, self.strides)
        if self.places:
            part = read_at(xp, part, self.places, dict.fromkeys(self.places, 1))
        if self.dropped:
            part = xp.squeeze(part, tuple(self.dropped))
        for axis in self.added:
            part = xp.expand_dims(part, axis)
        return part

    def filled(self, xp: Any, dy: Any, sizes: Sequence[int]) -> Any:
        """Zeros of the sizes, with dy where `cut` reads."""
        if self.added:
            dy = xp.squeeze(dy, tuple(self.added))
        for axis in self.dropped:
            dy = xp.expand_dims(dy, axis)
        if self.places:
            dy = zeros_around(xp, dy, self.places, sizes)
        return xp.slice_adjoint(dy, sizes, self.begin, self.end, self.strides)


@dataclass(frozen=True)
class Masks:
    """TensorFlow's bit masks: bit i is about entry i of begin, end and strides."""

    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0

    @lru_cache(maxsize=1024)  # noqa: B019 - a step is interpreted at every run, mostly with the same sizes
    def view(self, sizes: Bounds, begin: Bounds, end: Bounds, strides: Bounds) -> View:
        """What the entries mean for an array of these sizes."""
        entries, rank, view = range(len(begin)), len(sizes), View()
        if self.ellipsis_mask & (self.ellipsis_mask - 1):
            raise ShapeError("there can only be one ellipsis")
        ellipsis = self.ellipsis_mask.bit_length() - 1
        used = sum(i != ellipsis and not self.new_axis_mask >> i & 1 for i in entries)
        if used > rank:
            raise ShapeError(f"{used} indices for {rank} axes")
        for i in entries:
            axis = len(view.begin)
            if i == ellipsis:
                for _ in range(rank - used):
                    view.append(0, None, 1)
            elif self.new_axis_mask >> i & 1:
                view.added.append(axis - len(view.dropped) + len(view.added))
            elif self.shrink_axis_mask >> i & 1:
                view.append(*_single(sizes[axis], begin[i], axis), 1)
                view.dropped.append(axis)
            else:
                first = begin[i] if not self.begin_mask >> i & 1 else "open"
                last = end[i] if not self.end_mask >> i & 1 else "open"
                view.append(*_clipped(sizes[axis], first, last, strides[i]))
        while len(view.begin) < rank:
            view.append(0, None, 1)
        return view

    def view_at(self, xp: Any, sizes: Bounds, begin: Any, end: Any, strides: Any) -> View:
        """The same where some indices, but no bounds of slices, are arrays without axes."""
        entries = elements_of(xp, begin)
        known = numbers_in(entries)
        view = self.view(sizes, known, numbers_in(elements_of(xp, end)), known_tuple(strides))
        view = replace(view, begin=[*view.begin], places={})
        singles = [i for i in range(len(entries)) if self._is_single(i)]
        for i, axis in zip(singles, view.dropped, strict=True):
            if known[i] is None:
                n, index = sizes[axis], entries[i]
                view.places[axis] = xp.where(xp.less(index, 0), xp.add(index, n), index)
                view.begin[axis] = 0
        if None in view.begin:
            raise TypeError("the length of a slice depends on values")
        return view

    def _is_single(self, i: int) -> bool:
        others = self.ellipsis_mask | self.new_axis_mask
        return bool((self.shrink_axis_mask & ~others) >> i & 1)


def _single(n: Bound, index: Bound, axis: int) -> tuple[Bound, Bound]:
    """The beginning and end of a slice with one element."""
    if n is None or index is None:
        return None, None
    if not -n <= index < n:
        raise ShapeError(f"index {index} is outside axis {axis}, which has {n} elements")
    index %= n
    return index, index + 1


def _clipped(n: Bound, first: Any, last: Any, stride: Bound) -> tuple[Bound, Bound, Bound]:
    """A slice as Python clips it to the axis, its bounds counted from the front."""
    if stride == 0:
        raise ShapeError("the step of a slice cannot be 0")
    if n is None or first is None or last is None or stride is None:
        return None, None, stride
    start, stop = (None if bound == "open" else bound for bound in (first, last))
    begin, end, stride = builtins.slice(start, stop, stride).indices(n)
    if not len(range(begin, end, stride)):
        return 0, 0, 1
    return begin, None if end < 0 else end, stride


def _strided_slice_compute(
    xp: Any,
    x: Any,
    begin: Any,
    end: Any,
    strides: Any,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> Any:
    begin, end, strides = _same_length(begin=begin, end=end, strides=strides)
    if x.shape is None or begin is None:
        return TensorSpec(None, x.dtype)
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return masks.view(x.shape, begin, end, strides).cut(xp, x)


def _strided_slice_at_compute(
    xp: Any, x: Any, begin: Any, end: Any, strides: Any, **masks: int
) -> Any:
    return Masks(**masks).view_at(xp, x.shape, begin, end, strides).cut(xp, x)


def _strided_slice_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, begin, end, strides = op.inputs
    return [STRIDED_SLICE_GRAD(shape(x), begin, end, strides, dy, **op.attrs), None, None, None]


STRIDED_SLICE = OpDef(
    "StridedSlice",
    operands=("input: T", "begin: index", "end: index", "strides: index"),
    known=("begin", "end", "strides"),
    compute=_strided_slice_compute,
    compute_unknown=_strided_slice_at_compute,
    grad=_strided_slice_grad,
)


def _strided_slice_grad_compute(
    xp: Any,
    sizes: Any,
    begin: Any,
    end: Any,
    strides: Any,
    dy: Any,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> Any:
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return masks.view(sizes, begin, end, strides).filled(xp, dy, sizes)


def _strided_slice_grad_at_compute(
    xp: Any, sizes: Any, begin: Any, end: Any, strides: Any, dy: Any, **masks: int
) -> Any:
    sizes = known_tuple(sizes)
    return Masks(**masks).view_at(xp, sizes, begin, end, strides).filled(xp, dy, sizes)


def _shaped(shape: TensorSpec, dtype: Any) -> TensorSpec:
    """What is known of an array whose shape is the value of an operand."""
    sizes = known_tuple(shape)
    return TensorSpec(None if isinstance(sizes, TensorSpec) else sizes, dtype)


def _strided_slice_grad_grad(op: Operation, ddy: Tensor) -> list[Tensor | None]:
    _, begin, end, strides, _ = op.inputs
    return [None, None, None, None, STRIDED_SLICE(ddy, begin, end, strides, **op.attrs)]


STRIDED_SLICE_GRAD = OpDef(
    "StridedSliceGrad",
    operands=("shape: index", "begin: index", "end: index", "strides: index", "dy: T"),
    known=("shape", "begin", "end", "strides"),
    compute=_strided_slice_grad_compute,
    compute_unknown=_strided_slice_grad_at_compute,
    infer=lambda shape, begin, end, strides, dy, **masks: _shaped(shape, dy.dtype),
    grad=_strided_slice_grad_grad,
)
