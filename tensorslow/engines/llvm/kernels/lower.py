"""Lowering: every primitive of a simplified program becomes a nest over strided memory.

Views become strides and cost nothing; what has no strides (a reshape of a transposed array) is
copied. The primitives are those that `simplify` lists.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.engines.llvm.arithmetic.elementwise import supports
from tensorslow.engines.llvm.contractions.convolution import Convolution
from tensorslow.engines.llvm.contractions.matmul import Matmul
from tensorslow.engines.llvm.kernels.fuse import Region
from tensorslow.engines.llvm.kernels.nests import Buffer, Nest, Value, View, row_strides
from tensorslow.engines.llvm.kernels.root import Root
from tensorslow.engines.llvm.programs.program import Block, Instruction, NotCompiled, Symbol

LARGEST_INT = np.iinfo(np.int64).max


class Lowering:
    """The nests of a block, while they are written.

    Attributes:
        nests: what has been written so far.
        views: by symbol, where it lies.
    """

    def __init__(self, outside: Lowering | None = None) -> None:
        self.nests: list[Nest | Region] = []
        self.outside = outside
        self.views: dict[Symbol, View] = {} if outside is None else dict(outside.views)
        self.constants: list[Buffer] = [] if outside is None else outside.constants
        self.origin: Any = None  # the node whose primitives are being lowered
        self.block: Block | None = None  # of which they are
        self.maxima: dict[Any, Any] = {}  # nests that find the maxima of windows, see lower_windows
        self._count = 0

    def lower(self, instructions: Sequence[Instruction]) -> None:
        """Adds the nests of some instructions.

        Raises:
            NotCompiled: one of them has no compiled form.
        """
        for instruction in instructions:
            self.origin = instruction.op
            rule = RULES.get(instruction.name, elementwise)
            try:
                results = rule(self, instruction)
            except NotCompiled as reason:
                reason.op = instruction.op  # of the outermost block in the end
                raise
            if results is None:
                continue
            if isinstance(results, View):
                results = [results]
            self.views.update(zip(instruction.targets, results, strict=True))

    def forget(self) -> None:
        """Lets go of nests and views, whose buffers refer to it: else only a search frees them."""
        self.nests, self.views = [], {}

    # Where arrays lie

    def buffer(self, shape: Sequence[int], dtype: np.dtype) -> Buffer:
        """A new temporary buffer."""
        self._count += 1
        return Buffer(math.prod(shape), dtype, "temp", self._count, block=self)

    def new(self, shape: Sequence[int], dtype: np.dtype) -> View:
        """A new temporary array."""
        return View.whole(self.buffer(shape, dtype), shape)

    def view(self, operand: Any) -> View:
        """Where an operand lies; a number is everywhere the same."""
        if isinstance(operand, Symbol):
            return self.views[operand]
        array = np.asarray(operand)
        if array.ndim == 0:
            return known(array[()], array.dtype, ())
        buffer = Buffer(
            array.size, array.dtype, "constant", len(self.constants),
            np.ascontiguousarray(array),
        )  # fmt: skip
        self.constants.append(buffer)
        return View.whole(buffer, array.shape)

    def in_memory(self, view: View) -> View:
        """The array itself, or a copy of it if it is only a rule for numbers."""
        if view.buffer.kind != "none":
            return view
        return self.copied(view)

    def copied(self, view: View) -> View:
        """A new array with the same elements, row by row."""
        target = self.new(view.shape, view.buffer.dtype)
        self.copy(view, target)
        return target

    def whole(self, view: View) -> View:
        """The array itself if its elements lie row by row without gaps, else a copy."""
        dense = tuple(s for s, n in zip(view.strides, view.shape, strict=True) if n != 1)
        rows = tuple(s for s, n in zip(row_strides(view.shape), view.shape, strict=True) if n != 1)
        return view if view.buffer.kind != "none" and dense == rows else self.copied(view)

    def copy(self, view: View, target: View) -> None:
        """Writes an array to a place of the same shape."""
        nest = self.nest(view.shape)
        nest.store(self.read(nest, view), target)

    def put(self, view: View, target: View) -> None:
        """Lets an array be written to a place in a new one to begin with, or copies it there."""
        buffer = view.buffer
        if buffer.is_free and buffer.block is self and view.is_whole and target.is_dense:
            buffer.lie_in(target.buffer, target.offset)
        else:
            self.copy(view, target)

    def nest(self, sizes: Sequence[int]) -> Nest:
        """A new nest over loops of these sizes; one without iterations is dropped."""
        nest = Nest(tuple(sizes))
        if 0 not in sizes:
            self.nests.append(nest)
        return nest

    def read(self, nest: Nest, view: View) -> Value:
        """The elements of an array of the nest's shape."""
        if view.number is not None:
            return nest.literal(view.number, view.buffer.dtype)
        if view.buffer.kind == "none":
            return nest.index(view.strides, view.offset, view.buffer.dtype)
        return nest.load(view.buffer, view.strides, view.offset, origin=self.origin)


def known(number: Any, dtype: np.dtype, shape: Sequence[int]) -> View:
    """One number everywhere."""
    shape = tuple(shape)
    return View(Buffer(1, np.dtype(dtype), "none"), shape, (0,) * len(shape), 0, number)


Rule = Callable[[Lowering, Instruction], Any]


def elementwise(low: Lowering, do: Instruction) -> View:
    """A primitive on elements, whose operands are broadcast."""
    (target,) = do.targets
    views = [low.view(x) for x in do.args]
    dtypes = [v.buffer.dtype for v in views]
    if not supports(do.name, dtypes, target.dtype):
        raise NotCompiled(do)
    result = low.new(target.shape, target.dtype)
    # Most arrays lie in the same order without gaps: they are walked through as one axis.
    rows = result.strides
    place = result
    for v in views:
        if v.number is None and (
            v.strides != rows or v.shape != target.shape or v.buffer.kind == "none"
        ):
            views = [v.broadcast(target.shape) for v in views]
            break
    else:
        place = View.whole(result.buffer, _one_axis(target.shape))
        views = [v if v.number is not None else v.like(place) for v in views]
    nest = low.nest(place.shape)
    args = [low.read(nest, v) for v in views]
    nest.store(nest.compute(do.name, target.dtype, *args, origin=do.op), place)
    return result


def _one_axis(shape: Sequence[int]) -> tuple[int, ...]:
    size = math.prod(shape)
    return () if size == 1 else (size,)


# Views


def _reshape(low: Lowering, do: Instruction) -> View:
    view = low.view(do.args[0])
    shape = do.options["shape"]
    found = view.reshaped(shape)
    if found is None:
        found = low.copied(view).reshaped(shape)
        assert found is not None  # rows without gaps can have any shape
    return found


def _transpose(low: Lowering, do: Instruction) -> View:
    return low.view(do.args[0]).transposed(do.options["perm"])


def _slice(low: Lowering, do: Instruction) -> View:
    steps = do.options["strides"]
    return low.view(do.args[0]).sliced(do.options["begin"], do.targets[0].shape, steps)


def _flip(low: Lowering, do: Instruction) -> View:
    view = low.view(do.args[0])
    axes = do.options["axis"]
    begin = [n - 1 if i in axes else 0 for i, n in enumerate(view.shape)]
    return view.sliced(begin, view.shape, [-1 if i in axes else 1 for i in range(len(begin))])


def _broadcast_to(low: Lowering, do: Instruction) -> View:
    return low.view(do.args[0]).broadcast(do.options["shape"])


def _iota(low: Lowering, do: Instruction) -> View:
    shape, axis = do.options["shape"], do.options["axis"]
    strides = tuple(int(i == axis) for i in range(len(shape)))
    return View(Buffer(1, np.dtype(do.options["dtype"]), "none"), tuple(shape), strides)


def _pad(low: Lowering, do: Instruction) -> View:
    return padded(low, low.view(do.args[0]), do.options["paddings"], do.options["value"])


def padded(low: Lowering, view: View, paddings: Sequence[Sequence[int]], number: Any) -> View:
    """An array with a border of one number."""
    pairs = list(zip(view.shape, paddings, strict=True))
    shape = [before + n + after for n, (before, after) in pairs]
    dtype = view.buffer.dtype
    target = low.new(shape, dtype)
    inside = target.sliced([b for b, _ in paddings], view.shape, [1] * len(shape))
    begin, counts, steps = [0] * len(shape), list(shape), [1] * len(shape)
    for axis, (n, (before, after)) in enumerate(pairs):
        for at, count in ((0, before), (before + n, after)):
            if count:
                begin[axis], counts[axis] = at, count
                low.copy(known(number, dtype, counts), target.sliced(begin, counts, steps))
        begin[axis], counts[axis] = before, n  # the next borders are between these
    low.copy(view, inside)
    return target


def _concat(low: Lowering, do: Instruction) -> View:
    axis = do.options["axis"]
    target = low.new(do.targets[0].shape, do.targets[0].dtype)
    begin = [0] * len(target.shape)
    for operand in do.args:
        view = low.view(operand)
        low.put(view, target.sliced(begin, view.shape, [1] * len(begin)))
        begin[axis] += view.shape[axis]
    return target


# Reductions

PARTS = 32  # into about how many parts a long sum is divided


def _reduction(low: Lowering, do: Instruction) -> View:
    view, axes = _walked(low.view(do.args[0]), do.options["axis"])
    dtype = do.targets[0].dtype
    wide = np.dtype(np.float32) if dtype == np.float16 else dtype
    kept = [i for i in range(len(view.shape)) if i not in axes]
    parts = _parts(view, axes)
    if parts > 1:
        axis = max(axes, key=lambda i: view.shape[i])
        view = _divided(view, axis, parts)
        kept = [axis, *[i + (i > axis) for i in kept]]
        axes = tuple(sorted(i + (i >= axis) for i in axes))
        first = reduced(low, view, axes, kept, do.name, wide)
        return reduced(low, first, (0,), range(1, len(first.shape)), do.name, dtype)
    return reduced(low, view, axes, kept, do.name, dtype)


def _walked(view: View, axes: Sequence[int]) -> tuple[View, tuple[int, ...]]:
    """The same with reduced axes joined that are walked through as one."""
    shape, strides, over = list(view.shape), list(view.strides), sorted(axes)
    for i in reversed(over[:-1]):
        if i + 1 in over and strides[i] == strides[i + 1] * shape[i + 1]:
            shape[i : i + 2] = [shape[i] * shape[i + 1]]
            del strides[i]
            over = [axis - (axis > i) for axis in over if axis != i]
    joined = View(view.buffer, tuple(shape), tuple(strides), view.offset, view.number)
    return joined, tuple(over)


def reduced(
    low: Lowering, view: View, axes: Sequence[int], kept: Sequence[int], kind: str, dtype: np.dtype
) -> View:
    """The sum, prod, max … of an array over some axes; float16 is added up in float32."""
    nest = low.nest(view.shape)
    x = low.read(nest, view)
    wide = np.dtype(np.float32) if x.dtype == np.float16 else x.dtype
    if wide != x.dtype:
        x = nest.compute("cast", wide, x)
    x = nest.reduce(kind, wide, x, axes, origin=low.origin)
    if dtype != wide:
        x = nest.compute("cast", dtype, x)
    result = low.new([view.shape[i] for i in kept], dtype)
    nest.store(x, spread(result, kept, len(view.shape)))
    return result


def spread(view: View, kept: Sequence[int], rank: int) -> View:
    """An array as one over more axes, along which it is the same."""
    strides, shape = [0] * rank, [1] * rank
    for i, stride, n in zip(kept, view.strides, view.shape, strict=True):
        strides[i], shape[i] = stride, n
    return View(view.buffer, tuple(shape), tuple(strides), view.offset, view.number)


def _parts(view: View, axes: Sequence[int]) -> int:
    """Into how many parts a reduction is divided, so that several threads have work.

    It follows from the shape alone, so results do not depend on the number of threads.
    """
    total = math.prod(view.shape)
    long = max(view.shape[i] for i in axes)
    results = total // math.prod(view.shape[i] for i in axes)
    inner = next((i for i in reversed(range(len(view.shape))) if view.strides[i] == 1), None)
    pieces = results if inner in axes else results // 16
    if pieces >= 16 or total < 32768 or long < 2 * PARTS:
        return 1
    divisors = [n for n in range(PARTS // 2, 4 * PARTS) if long % n == 0]
    return min(divisors, key=lambda n: abs(n - PARTS), default=1)


def _divided(view: View, axis: int, parts: int) -> View:
    shape, strides = list(view.shape), list(view.strides)
    inner = shape[axis] // parts
    shape[axis : axis + 1] = [parts, inner]
    strides[axis : axis + 1] = [strides[axis] * inner, strides[axis]]
    return View(view.buffer, tuple(shape), tuple(strides), view.offset, view.number)


def _arg_extreme(low: Lowering, do: Instruction) -> View:
    """The first place of the largest element; the first nan, if there is one, is the largest."""
    view, axis = low.view(do.args[0]), do.options["axis"]
    kind = "max" if do.name == "argmax" else "min"
    nest = low.nest(view.shape)
    x = low.read(nest, view)
    best = nest.reduce(kind, x.dtype, x, [axis], origin=do.op)
    truth, number = np.dtype(bool), np.dtype(np.int64)
    hit = nest.compute("equal", truth, x, best)
    if x.dtype.kind == "f":
        hit = nest.compute("logical_or", truth, hit, nest.compute("not_equal", truth, x, x))
    place = nest.index([int(i == axis) for i in range(len(view.shape))], 0, number)
    place = nest.compute("where", number, hit, place, nest.literal(LARGEST_INT, number))
    first = nest.reduce("min", number, place, [axis], origin=do.op)
    result = low.new(do.targets[0].shape, number)
    kept = [i for i in range(len(view.shape)) if i != axis]
    nest.store(first, spread(result, kept, len(view.shape)))
    return result


def _running(low: Lowering, do: Instruction) -> View:
    """A running sum or product: each element from the one before it."""
    view, axis = low.view(do.args[0]), do.options["axis"]
    dtype, shape = do.targets[0].dtype, list(view.shape)
    result = low.new(shape, dtype)
    begin, steps = [0] * len(shape), [1] * len(shape)
    first = [*shape[:axis], 1, *shape[axis + 1 :]]
    low.copy(view.sliced(begin, first, steps), result.sliced(begin, first, steps))
    if shape[axis] > 1:
        rest = [*shape[:axis], shape[axis] - 1, *shape[axis + 1 :]]
        before, begin[axis] = result.sliced(begin, rest, steps), 1
        nest = low.nest(rest)
        nest.sequential, nest.after = frozenset([axis]), (result.buffer,)
        x = low.read(nest, view.sliced(begin, rest, steps))
        y = low.read(nest, before)
        op = "add" if do.name == "cumsum" else "multiply"
        nest.store(nest.compute(op, dtype, y, x, origin=do.op), result.sliced(begin, rest, steps))
    return result


# Contractions


def _matmul(low: Lowering, do: Instruction) -> View:
    a, b = (low.in_memory(low.view(x)) for x in do.args)
    (target,) = do.targets
    *batch, m, n = target.shape
    sizes = tuple(target.shape)
    shape = Matmul(target.dtype, tuple(batch), m, n, a.shape[-1], a.strides, b.strides)
    return _contracted(low, do, shape, (a, b), sizes)


def _contracted(
    low: Lowering, do: Instruction, shape: Any, operands: tuple[View, View], sizes: tuple[int, ...]
) -> View:
    dtype = do.targets[0].dtype
    nest = low.nest(sizes)
    nest.contraction = Root.of(shape, operands, sizes)
    result = low.new(sizes, dtype)
    nest.store(nest.product(dtype, origin=do.op), result)
    found = result.reshaped(do.targets[0].shape)
    assert found is not None
    return found


def _conv(low: Lowering, do: Instruction) -> View:
    a, b = (low.whole(low.view(x)) for x in do.args)
    options, y = do.options, do.targets[0].shape
    kind = {"conv": "forward", "conv_input": "input", "conv_filter": "filter"}[do.name]
    x_shape, kernel_shape, y_shape = {
        "forward": (a.shape, b.shape, y),
        "input": (y, a.shape, b.shape),
        "filter": (a.shape, y, b.shape),
    }[kind]
    pads = tuple((before, after) for before, after in options["padding"])
    shape = Convolution(
        do.targets[0].dtype, kind, x_shape, kernel_shape, y_shape, tuple(options["strides"]),
        pads, tuple(options["dilations"]),
    )  # fmt: skip
    return _contracted(low, do, shape, (a, b), (math.prod(y[:-1]), y[-1]))


def _not_compiled(low: Lowering, do: Instruction) -> None:
    raise NotCompiled(do)


def lower_block(block: Block, views: dict[Symbol, View], outside: Lowering | None) -> Lowering:
    """The nests of a block whose parameters lie where `views` says."""
    low = Lowering(outside)
    low.views.update(views)
    low.block = block
    low.lower(block.steps)
    return low


RULES: dict[str, Rule] = {
    "reshape": _reshape,
    "transpose": _transpose,
    "slice_": _slice,
    "flip": _flip,
    "broadcast_to": _broadcast_to,
    "iota": _iota,
    "pad": _pad,
    "concat": _concat,
    "sum": _reduction,
    "prod": _reduction,
    "max": _reduction,
    "min": _reduction,
    "any": _reduction,
    "all": _reduction,
    "argmax": _arg_extreme,
    "argmin": _arg_extreme,
    "cumsum": _running,
    "cumprod": _running,
    "argsort": _not_compiled,
    "matmul": _matmul,
    "conv": _conv,
    "conv_input": _conv,
    "conv_filter": _conv,
}
