"""What the rules share: folding of known elements, sizes given as arguments, types of results."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from tensorslow.arrays import numeric
from tensorslow.arrays.spec import LARGEST_KNOWN, TensorSpec, as_spec, known_tuple, settled
from tensorslow.shapes import Shape, is_known, normalize_axes

INT64 = np.dtype(np.int64)


def folds(primitive: Callable[..., TensorSpec]) -> Callable[..., TensorSpec]:
    """Computes the result with NumPy where all that it depends on is known and small.

    What fails, an index that is out of range say, fails again with the node's name when it runs.
    """

    @wraps(primitive)
    def folded(*args: Any, **options: Any) -> TensorSpec:
        spec = primitive(*args, **options)
        arrays = [
            a
            for arg in (*args, *options.values())
            for a in (arg if isinstance(arg, list) else [arg])
        ]
        specs = [a for a in arrays if isinstance(a, TensorSpec)]
        if not specs or not all(s.value is not None for s in specs) or not is_known(spec.shape):
            return spec
        if math.prod(spec.shape) > LARGEST_KNOWN:
            return spec
        name = primitive.__name__
        if name != "slice_" and any(_is_open(a) for a in (*args, *options.values())):
            return spec
        if name not in _MOVES_ELEMENTS and not all(s.is_value for s in specs):
            return spec
        if name == "take" and not as_spec(args[1]).is_value:
            return spec  # which elements it moves is not known
        try:
            with np.errstate(all="ignore"):
                named = {key: _value(a) for key, a in options.items()}
                value = getattr(numeric, name)(*[_value(a) for a in args], **named)
        except (ArithmeticError, IndexError, ValueError):
            return spec
        # A copy: a view with strides of 0 would be slow in every run.
        return TensorSpec(spec.shape, spec.dtype, settled(np.array(value), spec.dtype))

    return folded


# Primitives that only move elements about, and so work with unknown ones (None) among them.
_MOVES_ELEMENTS = frozenset("reshape expand_dims squeeze broadcast_to slice_ flip take".split())


def _value(argument: Any) -> Any:
    if isinstance(argument, list):
        return [_value(item) for item in argument]
    return argument.value if isinstance(argument, TensorSpec) else argument


def _is_open(argument: Any) -> bool:
    """Whether an argument is a tuple of numbers of which some are unknown; in a slice None means
    "to the end".
    """
    return isinstance(argument, tuple) and None in argument


def sizes_of(argument: Any) -> Shape:
    """A shape given as an argument: a tuple with None for what is unknown, or None."""
    if isinstance(argument, TensorSpec):
        argument = known_tuple(argument)
    if argument is None or isinstance(argument, TensorSpec):
        return None
    return tuple(argument)


def reduced_shape(x: TensorSpec, axis: Any, keepdims: bool) -> Shape:
    """The shape after a reduction over `axis`, of which little may be known."""
    unknown = isinstance(axis, TensorSpec) or isinstance(axis, tuple) and None in axis
    if x.shape is None:
        return () if axis is None and not keepdims else None
    rank = len(x.shape)
    if unknown:
        if keepdims:
            return (None,) * rank
        return (None,) * (rank - len(axis)) if isinstance(axis, tuple) else None
    axes = normalize_axes(axis, rank)
    if keepdims:
        return tuple(1 if i in axes else size for i, size in enumerate(x.shape))
    return tuple(size for i, size in enumerate(x.shape) if i not in axes)


def join_dtypes(arrays: Sequence[TensorSpec]) -> Any:
    return (
        None if any(a.dtype is None for a in arrays) else np.result_type(*[a.dtype for a in arrays])
    )
