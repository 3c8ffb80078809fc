"""Products of matrices, sums over products and convolutions in canonical form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.convolution import group_count
from tensorslow.arrays.windows import window_padding
from tensorslow.engines.llvm.simplify.builder import Builder, Value, defined_by
from tensorslow.engines.llvm.simplify.elementwise import broadcast_shape, elementwise, typed
from tensorslow.engines.llvm.simplify.reductions import reduce
from tensorslow.engines.llvm.simplify.views import (
    broadcast_to,
    reshape,
    swap_last_two,
    take_ranges,
    transpose,
)


def matmul(b: Builder, x: Value, y: Value) -> Value:
    """NumPy's matmul: vectors become matrices, and batches explicit."""
    target = b.target
    x, y = typed(b, x, target.dtype), typed(b, y, target.dtype)
    if len(x.shape) == 1:
        x = reshape(b, x, (1, *x.shape))
    if len(y.shape) == 1:
        y = reshape(b, y, (*y.shape, 1))
    batch = broadcast_shape([x.shape[:-2], y.shape[:-2]])
    return reshape(b, product(b, x, y, batch), target.shape)


def product(b: Builder, x: Value, y: Value, batch: tuple[int, ...]) -> Value:
    """The products of matrices, of which both operands have at most `batch` in front."""
    (m, k), n, dtype = x.shape[-2:], y.shape[-1], x.dtype
    goal = (*batch, m, n)
    if 0 in goal or not k:
        return b.uniform(0, dtype, goal)
    if batch:
        one = _repeated_matrix(b, y)
        full = math.prod(x.shape[:-2]) == math.prod(batch)
        tall = None if one is None or not full else _as_rows(b, x)
        if tall is not None:  # many matrices times one are a tall matrix times it
            return reshape(b, product(b, tall, one, ()), goal)
        if math.prod(batch) == 1:
            x, y = reshape(b, x, (m, k)), reshape(b, y, (k, n))
            return reshape(b, product(b, x, y, ()), goal)
    x, y = broadcast_to(b, x, (*batch, m, k)), broadcast_to(b, y, (*batch, k, n))
    if k == 1:  # the product of a column and a row
        return elementwise(b, "multiply", (x, y), goal, dtype)
    if m == n == 1:  # of a row and a column
        x, y = reshape(b, x, (*batch, k)), reshape(b, y, (*batch, k))
        products = elementwise(b, "multiply", (x, y), (*batch, k), dtype)
        return reshape(b, reduce(b, "sum", products, [len(batch)]), goal)
    return b.write("matmul", (x, y), {}, goal, dtype)


def _repeated_matrix(b: Builder, y: Value) -> Value | None:
    """The matrix that is the same in every place of the batch."""
    source = defined_by(y, "broadcast_to")
    inner = source.args[0] if source else y
    if math.prod(inner.shape[:-2]) > 1:
        return None
    return broadcast_to(b, reshape(b, inner, inner.shape[-2:]), y.shape[-2:])


def _as_rows(b: Builder, x: Value) -> Value | None:
    """The matrices of a batch below each other, unless they would have to be copied for it."""
    if defined_by(x, "transpose") or defined_by(x, "broadcast_to") or defined_by(x, "slice_"):
        return None
    return reshape(b, x, (-1, x.shape[-1]))


def einsum(b: Builder, equation: str, *operands: Value) -> Value:
    """Sums over products, two operands at a time, each pair as a product of matrices."""
    target = b.target
    inputs, _, output = equation.replace(" ", "").partition("->")
    pairs = [
        _without_repeats(b, typed(b, x, target.dtype), letters)
        for x, letters in zip(operands, inputs.split(","), strict=True)
    ]
    sizes: dict[str, int] = {}
    for x, letters in pairs:
        for letter, size in zip(letters, x.shape):
            sizes[letter] = sizes.get(letter, 1) if size == 1 else size
    pairs = [(broadcast_to(b, x, [sizes[c] for c in letters]), letters) for x, letters in pairs]
    for i, j in _order(pairs, output):
        others = [pair for at, pair in enumerate(pairs) if at not in (i, j)]
        wanted = set(output).union(*[letters for _, letters in others])
        pairs = [*others, _contracted(b, pairs[i], pairs[j], wanted)]
    x, letters = _summed(b, *pairs[0], set(output))
    return transpose(b, x, [letters.index(letter) for letter in output])


Term = tuple[Value, str]  # an array, and the letters of its axes


def _without_repeats(b: Builder, x: Value, letters: str) -> Term:
    """The diagonal along axes of one letter: of [n, n] made flat, every n + 1st element."""
    for letter in letters:
        if letters.count(letter) > 1:
            first, second = [i for i, c in enumerate(letters) if c == letter][:2]
            rest = [i for i in range(len(letters)) if i not in (first, second)]
            n = x.shape[first]
            moved = transpose(b, x, [*rest, first, second])
            flat = reshape(b, moved, (*[x.shape[i] for i in rest], n * n))
            ranges = [*[range(x.shape[i]) for i in rest], range(0, n * n, n + 1)]
            named = "".join(letters[i] for i in rest) + letter
            return _without_repeats(b, take_ranges(b, flat, ranges), named)
    return x, letters


def _order(pairs: Sequence[Term], output: str) -> list[tuple[int, int]]:
    """Which two to contract at each step, as NumPy would."""
    if len(pairs) <= 2:
        return [(0, 1)] * (len(pairs) - 1)
    views = [np.broadcast_to(np.int8(0), x.shape) for x, _ in pairs]
    equation = ",".join(letters for _, letters in pairs) + "->" + output
    path = np.einsum_path(equation, *views, optimize="greedy")[0][1:]
    steps, left = [], len(pairs)
    for step in path:
        places = sorted(step)
        while len(places) > 1:  # NumPy may take more than two at a time; the result comes last
            i, j, *rest = places
            steps.append((i, j))
            left -= 1
            places = [*[p - 2 for p in rest], left - 1]
    return steps


def _summed(b: Builder, x: Value, letters: str, wanted: set[str]) -> Term:
    """Without the axes that nobody asks for any more."""
    axes = [i for i, letter in enumerate(letters) if letter not in wanted]
    return reduce(b, "sum", x, axes), "".join(c for c in letters if c in wanted)


def _contracted(b: Builder, left: Term, right: Term, wanted: set[str]) -> Term:
    """Two arrays as one product of matrices: [batch, rows, inner] times [batch, inner, columns]."""
    x, first = _summed(b, *left, wanted | set(right[1]))
    y, second = _summed(b, *right, wanted | set(first))
    batch = [c for c in first if c in second and c in wanted]
    inner = [c for c in first if c in second and c not in wanted]
    rows = [c for c in first if c not in second]
    columns = [c for c in second if c not in first]
    sizes = {**dict(zip(first, x.shape)), **dict(zip(second, y.shape))}

    def matrix(array: Value, letters: str, *groups: list[str]) -> Value:
        order = [letters.index(c) for group in groups for c in group]
        shape = [sizes[c] for c in groups[0]] + [
            math.prod(sizes[c] for c in group) for group in groups[1:]
        ]
        return reshape(b, transpose(b, array, order), shape)

    shape = [sizes[c] for c in (*batch, *rows, *columns)]
    if not inner:  # nothing is summed: the elements' products
        ones = [1] * len(columns)
        x = transpose(b, x, [first.index(c) for c in (*batch, *rows)])
        y = transpose(b, y, [second.index(c) for c in (*batch, *columns)])
        x = reshape(b, x, [*x.shape, *ones])
        split = len(batch)
        y = reshape(b, y, [*y.shape[:split], *[1] * len(rows), *y.shape[split:]])
        value = elementwise(b, "multiply", (x, y), tuple(shape), x.dtype)
    else:
        x = matrix(x, first, batch, rows, inner)
        y = matrix(y, second, batch, inner, columns)
        value = product(b, x, y, tuple(sizes[c] for c in batch))
    return reshape(b, value, shape), "".join((*batch, *rows, *columns))


# Convolutions

Sizes = tuple[int, ...]


def _ints(sizes: Sequence[Any]) -> Sizes:
    return tuple(int(n) for n in sizes)


def explicit_padding(
    shape: Sequence[int], window: Sequence[int], strides: Sizes, padding: Any, dilations: Sizes
) -> tuple[tuple[int, int], ...]:
    """The padding as a pair (before, after) for each spatial axis."""
    pairs = window_padding(shape[1:-1], window, strides, padding, dilations)
    return tuple((int(before), int(after)) for before, after in pairs)


def _options(
    shape: Sequence[int], kernel: Sequence[int], strides: Any, padding: Any, dilations: Any
) -> dict[str, Any]:
    strides, dilations = _ints(strides), _ints(dilations)
    pads = explicit_padding(shape, kernel[:-2], strides, padding, dilations)
    return {"strides": strides, "padding": pads, "dilations": dilations}


def _is_product(shape: Sizes, kernel: Sizes, options: dict[str, Any]) -> bool:
    """Whether each place is multiplied by one matrix, and nothing is added up over windows."""
    return (
        set(kernel[:-2]) == {1}
        and set(options["strides"]) == {1}
        and not any(map(any, options["padding"]))
        and group_count(shape[-1], kernel) == 1
    )


def conv(b: Builder, x: Value, kernel: Value, strides: Any, padding: Any, dilations: Any) -> Value:
    """A convolution; with windows of one place it is a product of matrices."""
    target = b.target
    x, kernel = typed(b, x, target.dtype), typed(b, kernel, target.dtype)
    if not x.size or not kernel.size:
        return b.uniform(0, target.dtype, target.shape)
    options = _options(x.shape, kernel.shape, strides, padding, dilations)
    if _is_product(x.shape, kernel.shape, options):
        rows, matrix = reshape(b, x, (-1, x.shape[-1])), reshape(b, kernel, kernel.shape[-2:])
        return reshape(b, product(b, rows, matrix, ()), target.shape)
    return b.write("conv", (x, kernel), options, target.shape, target.dtype)


def conv_input(
    b: Builder, shape: Any, kernel: Value, dy: Value, strides: Any, padding: Any, dilations: Any
) -> Value:
    """The adjoint of a convolution in its array."""
    target = b.target
    kernel, dy = typed(b, kernel, target.dtype), typed(b, dy, target.dtype)
    if not dy.size or not kernel.size:
        return b.uniform(0, target.dtype, target.shape)
    options = _options(target.shape, kernel.shape, strides, padding, dilations)
    if _is_product(target.shape, kernel.shape, options):
        rows = reshape(b, dy, (-1, dy.shape[-1]))
        matrix = swap_last_two(b, reshape(b, kernel, kernel.shape[-2:]))
        return reshape(b, product(b, rows, matrix, ()), target.shape)
    options = {"shape": target.shape, **options}
    return b.write("conv_input", (kernel, dy), options, target.shape, target.dtype)


def conv_filter(
    b: Builder, x: Value, kernel_shape: Any, dy: Value, strides: Any, padding: Any, dilations: Any
) -> Value:
    """The adjoint of a convolution in its kernel."""
    target = b.target
    x, dy = typed(b, x, target.dtype), typed(b, dy, target.dtype)
    if not dy.size or not x.size:
        return b.uniform(0, target.dtype, target.shape)
    options = _options(x.shape, target.shape, strides, padding, dilations)
    if _is_product(x.shape, target.shape, options):
        columns = swap_last_two(b, reshape(b, x, (-1, x.shape[-1])))
        value = product(b, columns, reshape(b, dy, (-1, dy.shape[-1])), ())
        return reshape(b, value, target.shape)
    options = {"kernel_shape": target.shape, **options}
    return b.write("conv_filter", (x, dy), options, target.shape, target.dtype)


# Windows


def window(name: str) -> Any:
    """The rule of a primitive on windows of `x`, with or without a second array."""

    def rule(b: Builder, x: Value, *rest: Any) -> Value:
        *arrays, ksize, strides, padding = rest
        target = b.target
        ksize, strides = _ints(ksize), _ints(strides)
        if not x.size or not target.size:
            return b.uniform(0, target.dtype, target.shape)
        pads = explicit_padding(x.shape, ksize, strides, padding, (1,) * len(ksize))
        options = {"ksize": ksize, "strides": strides, "padding": pads}
        return b.write(name, (x, *arrays), options, target.shape, target.dtype)

    return rule


def window_mean_input(
    b: Builder, shape: Any, dy: Value, ksize: Any, strides: Any, padding: Any
) -> Value:
    """The adjoint of the mean of windows."""
    target = b.target
    ksize, strides = _ints(ksize), _ints(strides)
    if not dy.size or not target.size:
        return b.uniform(0, target.dtype, target.shape)
    pads = explicit_padding(target.shape, ksize, strides, padding, (1,) * len(ksize))
    options = {"shape": target.shape, "ksize": ksize, "strides": strides, "padding": pads}
    return b.write("window_mean_input", (dy,), options, target.shape, target.dtype)
