"""Elements moved along an axis, so that those which leave at one end come in at the other."""

from __future__ import annotations

from typing import Any

from tensorslow.errors import ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.elementwise import negative
from tensorslow.shapes import normalize_axis


def _roll_compute(xp: Any, x: Any, shift: Any, axis: Any) -> Any:
    shifts, axes = (
        (shift,) if isinstance(shift, int) else shift,
        (axis,) if isinstance(axis, int) else axis,
    )
    if len(shifts) != len(axes):
        raise ShapeError(f"there are {len(shifts)} shifts for {len(axes)} axes")
    for distance, place in zip(shifts, axes, strict=True):
        i = normalize_axis(place, len(x.shape))
        n = x.shape[i]
        cut = -distance % n if n else 0
        parts = []
        for begin, end in ((cut, n), (0, cut)):
            begins, ends = [0] * len(x.shape), list(x.shape)
            begins[i], ends[i] = begin, end
            parts.append(xp.slice_(x, begins, ends, [1] * len(x.shape)))
        x = xp.concat(parts, i)
    return x


ROLL: OpDef = OpDef(
    "Roll",
    operands=("input: T", "shift: index", "axis: index"),
    known=("shift", "axis"),
    compute=_roll_compute,
    infer=lambda x, shift, axis: x.without_value(),
    grad=lambda op, dy: [ROLL(dy, negative(op.inputs[1]), op.inputs[2]), None, None],
)


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Tensor:
    """A tensor with its elements moved along some axes, round and round.

    TensorFlow: tf.roll.

    Args:
        input: any tensor.
        shift: how far, towards greater indices; one number for each axis.
        axis: an axis, or a vector of axes; one that is named twice is moved twice.
        name: name of the node.

    Raises:
        ShapeError: there is no such axis, or not one shift for each; when the graph runs.

    Gradient: dy, moved back.
    """
    return ROLL(input, shift, axis, name=name)
