"""Rules of products, convolutions and windows."""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.abstract.folding import join_dtypes, sizes_of
from tensorslow.arrays.spec import TensorSpec
from tensorslow.arrays.windows import window_count
from tensorslow.errors import ShapeError
from tensorslow.shapes import broadcast, compatible, may_be_equal, show


def matmul(a: TensorSpec, b: TensorSpec) -> TensorSpec:
    dtype = join_dtypes([a, b])
    if a.shape is None or b.shape is None:
        return TensorSpec(None, dtype)
    if not a.shape or not b.shape:
        raise ShapeError("a scalar has no rows and columns", hint="use multiply")
    left, right = a.shape, b.shape
    inner = right[-2] if len(right) > 1 else right[-1]
    if not may_be_equal(left[-1], inner):
        raise ShapeError(f"inner dimensions differ: a has {left[-1]} columns, b has {inner} rows")
    batch = broadcast(left[:-2], right[:-2])
    assert batch is not None
    return TensorSpec((*batch, *left[-2:-1], *(right[-1:] if len(right) > 1 else ())), dtype)


def einsum(equation: str, *operands: TensorSpec) -> TensorSpec:
    inputs, _, output = equation.partition("->")
    terms, dtype = inputs.split(","), join_dtypes(operands)
    if not all(term.isalpha() for term in (*terms, output) if term):
        return TensorSpec(None, dtype)  # some places stand for axes of an unknown number
    sizes: dict[str, Any] = {}
    for letters, operand in zip(terms, operands, strict=True):
        for letter, size in zip(letters, operand.shape or (None,) * len(letters), strict=True):
            (sizes[letter],) = broadcast((sizes.get(letter, 1),), (size,)) or (None,)
    return TensorSpec(tuple(sizes[letter] for letter in output), dtype)


def _spatial_padding(padding: Any, n: int) -> list[Any]:
    return [padding] * n if isinstance(padding, str) else list(padding)


def conv(
    x: TensorSpec, kernel: TensorSpec, strides: Any, padding: Any, dilations: Any
) -> TensorSpec:
    n, dtype = len(strides), join_dtypes([x, kernel])
    sizes, window = x.shape or (None,) * (n + 2), kernel.shape or (None,) * (n + 2)
    if len(sizes) != n + 2 or len(window) != n + 2:
        raise ShapeError(
            f"needs an array and a kernel of rank {n + 2}, not {len(sizes)} and {len(window)}"
        )
    pads = _spatial_padding(padding, n)
    rows = zip(sizes[1:-1], window[:n], strides, pads, dilations, strict=True)
    return TensorSpec((sizes[0], *(window_count(*row) for row in rows), window[-1]), dtype)


def conv_input(
    shape: Any, kernel: TensorSpec, dy: TensorSpec, strides: Any, padding: Any, dilations: Any
) -> TensorSpec:
    x = TensorSpec(sizes_of(shape) or (None,) * (len(strides) + 2), join_dtypes([kernel, dy]))
    _check_results(x, conv(x, kernel, strides, padding, dilations), dy)
    return x


def conv_filter(
    x: TensorSpec, kernel_shape: Any, dy: TensorSpec, strides: Any, padding: Any, dilations: Any
) -> TensorSpec:
    sizes = sizes_of(kernel_shape) or (None,) * (len(strides) + 2)
    kernel = TensorSpec(sizes, join_dtypes([x, dy]))
    _check_results(x, conv(x, kernel, strides, padding, dilations), dy)
    return kernel


def _check_results(x: TensorSpec, y: TensorSpec, dy: TensorSpec) -> None:
    """Rejects a gradient that cannot be that of y, which windows on x give."""
    if not compatible(y.shape, dy.shape):
        raise ShapeError(f"windows on {show(x.shape)} give {show(y.shape)}, not {show(dy.shape)}")


# Windows


def window_max(x: TensorSpec, ksize: Any, strides: Any, padding: Any) -> TensorSpec:
    n = len(ksize)
    sizes = x.shape or (None,) * (n + 2)
    if len(sizes) != n + 2:
        raise ShapeError(f"needs an array of rank {n + 2}, not {len(sizes)}")
    rows = zip(sizes[1:-1], ksize, strides, _spatial_padding(padding, n), (1,) * n, strict=True)
    return TensorSpec((sizes[0], *(window_count(*row) for row in rows), sizes[-1]), x.dtype)


window_mean = window_max


def window_max_scatter(
    x: TensorSpec, dy: TensorSpec, ksize: Any, strides: Any, padding: Any
) -> TensorSpec:
    _check_results(x, window_max(x, ksize, strides, padding), dy)
    return TensorSpec(x.shape, dy.dtype)


def window_max_gather(
    x: TensorSpec, values: TensorSpec, ksize: Any, strides: Any, padding: Any
) -> TensorSpec:
    return TensorSpec(window_max(x, ksize, strides, padding).shape, values.dtype)


def window_mean_input(
    shape: Any, dy: TensorSpec, ksize: Any, strides: Any, padding: Any
) -> TensorSpec:
    x = TensorSpec(sizes_of(shape) or (None,) * (len(ksize) + 2), dy.dtype)
    _check_results(x, window_mean(x, ksize, strides, padding), dy)
    return x
