"""Rules of the reductions. Their names, as NumPy's, are those of Python's own functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.arrays.abstract.folding import INT64, folds, reduced_shape
from tensorslow.arrays.spec import TensorSpec
from tensorslow.shapes import normalize_axis


@folds
def sum(x: TensorSpec, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    return TensorSpec(reduced_shape(x, axis, keepdims), x.dtype)


@folds
def prod(x: TensorSpec, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    return TensorSpec(reduced_shape(x, axis, keepdims), x.dtype)


@folds
def mean(x: TensorSpec, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    return TensorSpec(reduced_shape(x, axis, keepdims), x.dtype)


@folds
def max(x: TensorSpec, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    return TensorSpec(reduced_shape(x, axis, keepdims), x.dtype)


@folds
def min(x: TensorSpec, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    return TensorSpec(reduced_shape(x, axis, keepdims), x.dtype)


@folds
def any(x: TensorSpec, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    return TensorSpec(reduced_shape(x, axis, keepdims), np.dtype(bool))


@folds
def all(x: TensorSpec, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    return TensorSpec(reduced_shape(x, axis, keepdims), np.dtype(bool))


@folds
def argmax(x: TensorSpec, axis: Any) -> TensorSpec:
    return TensorSpec(reduced_shape(x, axis, False), INT64)


@folds
def argmin(x: TensorSpec, axis: Any) -> TensorSpec:
    return TensorSpec(reduced_shape(x, axis, False), INT64)


@folds
def cumsum(x: TensorSpec, axis: Any) -> TensorSpec:
    if x.shape is not None and isinstance(axis, int):
        normalize_axis(axis, len(x.shape))
    return TensorSpec(x.shape, x.dtype)


@folds
def cumprod(x: TensorSpec, axis: Any) -> TensorSpec:
    return cumsum(x.without_value(), axis)
