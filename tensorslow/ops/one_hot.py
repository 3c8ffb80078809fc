"""Numbers written as rows of marks: one_hot, sequence_mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.casting import cast
from tensorslow.ops.comparison import less
from tensorslow.ops.ranges import range as numbers
from tensorslow.ops.reduce import reduce_max
from tensorslow.ops.selection import maximum
from tensorslow.ops.shape import expand_dims
from tensorslow.scopes import name_scope

_INT64 = np.dtype(np.int64)


def _one_hot_compute(
    xp: Any, indices: Any, depth: Any, on_value: Any, off_value: Any, *, axis: int
) -> Any:
    if isinstance(depth, int) and depth < 0:
        raise ShapeError(f"depth cannot be negative: {depth}")
    classes = xp.arange(0, depth, 1, _INT64)
    rank = indices.ndim
    if axis != -1 and rank is not None:
        # The classes lie along the new axis; the axes behind it are the last ones of indices.
        if not 0 <= axis <= rank:
            raise ShapeError(f"axis {axis} does not exist in a result of {rank + 1} axes")
        classes = xp.reshape(classes, (-1, *[1] * (rank - axis)))
        indices = xp.expand_dims(indices, axis)
    else:
        indices = xp.expand_dims(indices, -1)
    return xp.where(xp.equal(indices, classes), on_value, off_value)


ONE_HOT = OpDef(
    "OneHot",
    operands=("indices: integer", "depth: index", "on_value: T", "off_value: T"),
    known=("depth",),
    compute=_one_hot_compute,
    grad=not_differentiable,
)


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """A vector for each number, with `on_value` at that place and `off_value` everywhere else.

    TensorFlow: tf.one_hot.

    Args:
        indices: integer tensor; a number outside [0, depth) gets no `on_value` at all.
        depth: the length of the vectors.
        on_value: scalar; None: 1.
        off_value: scalar; None: 0.
        axis: where the new axis stands in the result; None: at the end.
        dtype: type of the result; None: that of the values, or float32.
        name: name of the node.

    Raises:
        ShapeError: `depth` is negative, or there is no such axis.
        DTypeError: the values have another type than `dtype`.

    Gradient: none.
    """
    with name_scope(name, "one_hot", [indices, depth, on_value, off_value]) as scope:
        goal = dtypes.to_numpy(dtype)
        values = [
            None if x is None else as_tensor(x, None if isinstance(x, Tensor) else goal, label)
            for x, label in ((on_value, "on_value"), (off_value, "off_value"))
        ]
        for value in values:
            goal = goal if value is None else _joint_type(goal, value.spec.dtype)
        defaults = (np.array(1, goal or np.float32), np.array(0, goal or np.float32))
        on, off = (
            default if value is None else value
            for value, default in zip(values, defaults, strict=True)
        )
        return ONE_HOT(indices, depth, on, off, axis=-1 if axis is None else axis, name=scope)


def _joint_type(goal: Any, dtype: Any) -> Any:
    if None not in (goal, dtype) and goal != dtype:
        names = dtypes.from_numpy(goal).name, dtypes.from_numpy(dtype).name
        raise DTypeError(
            f"one_hot: on_value, off_value and dtype must agree, not be {names[0]} and {names[1]}"
        )
    return goal or dtype


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool_, name: str | None = None
) -> Tensor:
    """For each length, as many trues, and falses up to a common length.

    TensorFlow: tf.sequence_mask.

    Args:
        lengths: integer tensor [...].
        maxlen: the common length; None: the greatest one.
        dtype: type of the result: trues become ones.
        name: name of the scope of its nodes.

    Returns:
        Tensor [..., maxlen].

    Gradient: none.
    """
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        counts = as_tensor(lengths, None, "lengths")
        # The maximum of no lengths at all is the lowest integer.
        limit = (
            maximum(reduce_max(counts), 0) if maxlen is None else as_tensor(maxlen, None, "maxlen")
        )
        steps = numbers(0, limit)
        mask = less(steps, cast(expand_dims(counts, -1), steps.dtype))
        return cast(mask, dtype)
