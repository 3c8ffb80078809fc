"""Evenly spaced numbers: range and linspace."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.literals import constant_array
from tensorslow.errors import ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.casting import cast
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import add, multiply, subtract
from tensorslow.ops.selection import maximum
from tensorslow.ops.shape import expand_dims, reshape
from tensorslow.scopes import name_scope

# How many numbers there are depends on the operands' values, so all three must be known.
RANGE = OpDef(
    "Range",
    operands=("start: real", "limit: real", "delta: real"),
    known=("start", "limit", "delta"),
    compute=lambda xp, start, limit, delta, *, Tidx: xp.arange(start, limit, delta, Tidx),  # noqa: N803
    grad=not_differentiable,
)

# From the narrowest to the widest; mixed operands become the widest.
_WIDTHS = [np.dtype(kind) for kind in (np.int32, np.int64, np.float32, np.float64)]


def range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Tensor:
    """start, start + delta, … up to `limit`, which is left out.

    TensorFlow: tf.range.

    Args:
        start: number or scalar tensor; alone it is the limit, and the start is 0.
        limit: where to end.
        delta: the step; not 0.
        dtype: type of the result; None: the widest of the arguments' types.
        name: name of the node.

    Returns:
        Vector; its length is known where the arguments are.

    Raises:
        ShapeError: `delta` is 0.

    Gradient: none.
    """
    if limit is None:
        start, limit = 0, start
    operands = (start, limit, delta)
    with name_scope(name, "range", operands) as scope:
        goal = dtypes.to_numpy(dtype) or _widest(operands)
        tensors = [
            _in_type(x, goal, label) for x, label in zip(operands, RANGE.labels, strict=True)
        ]
        return RANGE(*tensors, Tidx=goal, name=scope)


def _widest(operands: tuple[Any, ...]) -> Any:
    """The type that all operands can have; None where that of a tensor is not known."""
    kinds = [x.spec.dtype if isinstance(x, Tensor) else constant_array(x).dtype for x in operands]
    if None in kinds:
        return None
    return (
        max(kinds, key=_WIDTHS.index)
        if all(kind in _WIDTHS for kind in kinds)
        else np.result_type(*kinds)
    )


def _in_type(x: Any, dtype: Any, label: str) -> Tensor:
    if isinstance(x, Tensor):
        return x if dtype is None else cast(x, dtype)
    return as_tensor(x, dtype, label, weak=dtype is None)


def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Tensor:
    """Evenly spaced numbers from `start` to `stop`, both included.

    TensorFlow: tf.linspace. The last node has the name of the scope; TensorFlow's is
    "linspace/Slice".

    Args:
        start: floating number or tensor, where to begin.
        stop: the same, of the same shape, where to end.
        num: how many numbers, at least 1; one is `start`.
        name: name of the node.
        axis: where the new axis stands in the result, if `start` is no scalar.

    Raises:
        ShapeError: `num` is less than 1.
        DTypeError: `start` is not floating.

    Gradient: Σ dy · (1 - t) and Σ dy · t, where t goes from 0 to 1.
    """
    if isinstance(num, int) and num < 1:
        raise ShapeError(f"linspace: num must be at least 1, not {num}")
    with name_scope(name, "linspace", (start, stop, num)) as scope:
        first = as_tensor(start, None if not isinstance(stop, Tensor) else stop.spec.dtype, "start")
        last = as_tensor(stop, first.spec.dtype, "stop")
        count = as_tensor(num, None, "num")
        steps = cast(range(count), first.dtype)
        # A single number is 0 / 0 of the way from one end to the other: at the start.
        part = realdiv(steps, maximum(subtract(cast(count, first.dtype), 1), 1))
        if first.spec.shape:
            place = axis % (len(first.spec.shape) + 1)
            part = reshape(part, [1] * place + [-1] + [1] * (len(first.spec.shape) - place))
            first, last = expand_dims(first, place), expand_dims(last, place)
        # Weighted so, both ends come out exactly.
        return add(multiply(first, subtract(1, part)), multiply(last, part), name=scope)
