"""The gradient of a maximum over windows: what can be done on the small side is done there.

It sends a number of each window to the window's first maximum, so a mask by the sign of the
elements is one by the sign of the maxima, of which there are fewer.
"""

from __future__ import annotations

import math

import numpy as np

from tensorslow.engines.llvm.simplify.builder import Builder, Value, defined_by
from tensorslow.engines.llvm.simplify.elementwise import elementwise


def masked_scatter(b: Builder, condition: Value, x: Value, other: Value) -> Value | None:
    """where(a > 0, what window_max_scatter(a, dy) gives, 0), as after relu: dy is masked."""
    scatter, mask = defined_by(x, "window_max_scatter"), defined_by(condition, "greater")
    if scatter is None or mask is None or not _is_zero(other) or not _is_zero(mask.args[1]):
        return None
    array, dy = scatter.args
    if mask.args[0] is not array or other.dtype != dy.dtype:
        return None
    most = b.write("window_max", (array,), scatter.options, dy.shape, array.dtype)
    positive = elementwise(b, "greater", (most, mask.args[1]), dy.shape, np.dtype(bool))
    kept = elementwise(b, "where", (positive, dy, other), dy.shape, dy.dtype)
    return b.write("window_max_scatter", (array, kept), scatter.options, x.shape, x.dtype)


def summed_scatter(x: Value, axes: tuple[int, ...]) -> Value | None:
    """What has the same sum over these axes as the result of window_max_scatter.

    A window with nan sends its number nowhere; so it must be known that it has none.
    """
    scatter = defined_by(x, "window_max_scatter")
    if scatter is None or any(
        i not in axes and n > 1 for i, n in enumerate(x.shape) if 0 < i < len(x.shape) - 1
    ):
        return None
    array, dy = scatter.args
    choice = defined_by(dy, "where")
    mask = None if choice is None else defined_by(choice.args[0], "greater")
    if choice is None or mask is None or not _is_zero(choice.args[2]):
        return None
    most = defined_by(mask.args[0], "window_max")
    if most is None or most.args[0] is not array or most.options != scatter.options:
        return None
    return dy


def _is_zero(x: Value) -> bool:
    return isinstance(x, np.generic) and bool(x == 0) and math.copysign(1, x) > 0
