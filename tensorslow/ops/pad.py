"""Tensors with a border: of one value, or of what stands mirrored inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.arrays.spec import TensorSpec, known_tuple
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.elementwise import subtract
from tensorslow.ops.indexing import getitem
from tensorslow.ops.reduce import reduce_sum
from tensorslow.ops.shape import shape
from tensorslow.ops.slicing import SLICE
from tensorslow.shapes import show

_MODES = ("CONSTANT", "REFLECT", "SYMMETRIC")


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Tensor:
    """A tensor with further elements before and after each axis.

    TensorFlow: tf.pad.

    Args:
        tensor: any tensor.
        paddings: [rank, 2], how many elements come before, and after, each axis.
        mode: "CONSTANT": they are `constant_values`. "REFLECT" and "SYMMETRIC": the axis mirrored
            at its first and last element, or behind them, so that these stand twice.
        name: name of the node.
        constant_values: scalar.

    Raises:
        ShapeError: there is not one row an axis, or a mirror would show more than there is.
        ValueError: there is no such mode.

    Gradient: the inner part of dy; mirrored elements add theirs to what they mirror.
    """
    mode = mode.upper()
    if mode not in _MODES:
        raise ValueError(f"mode must be one of {', '.join(_MODES)}, not {mode!r}")
    if mode != "CONSTANT":
        return MIRROR_PAD(tensor, paddings, mode=mode, name=name)
    if isinstance(constant_values, (int, float)) and constant_values == 0:
        return PAD(tensor, paddings, name=name)
    return PAD_V2(tensor, paddings, constant_values, name=name)


# One value


def _check_rows(x: TensorSpec, paddings: TensorSpec, *_: Any, **attrs: Any) -> None:
    if paddings.shape is None:
        return
    if len(paddings.shape) != 2 or paddings.shape[1] not in (2, None):
        raise ShapeError(
            f"paddings must be [rank, 2], not {show(paddings.shape)}",
            hint="one row [before, after] an axis",
        )
    if x.shape is not None and paddings.shape[0] not in (len(x.shape), None):
        raise ShapeError(
            f"{paddings.shape[0]} rows of paddings for the {len(x.shape)} axes of {show(x.shape)}"
        )


def _inner(op: Operation, dy: Tensor) -> Tensor:
    """The part of dy that is not border."""
    x, paddings = op.inputs[:2]
    return SLICE(dy, getitem(paddings, (slice(None), 0)), shape(x))


PAD = OpDef(
    "Pad",
    operands=("input: T", "paddings: index"),
    known=("paddings",),
    check=_check_rows,
    compute=lambda xp, x, paddings: xp.pad(x, paddings),
    grad=lambda op, dy: [_inner(op, dy), None],
)


def _pad_v2_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    inner = _inner(op, dy)
    return [inner, None, subtract(reduce_sum(dy), reduce_sum(inner))]


PAD_V2 = OpDef(
    "PadV2",
    operands=("input: T", "paddings: index", "constant_values: T"),
    known=("paddings",),
    check=_check_rows,
    compute=lambda xp, x, paddings, value: xp.pad(x, paddings, value),
    grad=_pad_v2_grad,
)

# Mirrors


def _along(xp: Any, x: Any, axis: int, begin: int | None, end: int | None) -> Any:
    """The part of one axis; None for both: which is not known yet."""
    rank = len(x.shape)
    begins: list[int | None] = [0] * rank
    ends: list[int | None] = [None] * rank
    begins[axis], ends[axis] = (None, None) if begin is None or end is None else (begin, end)
    return xp.slice_(x, begins, ends, [1] * rank)


def _border(x: Any, axis: int, before: int, after: int) -> list[tuple[int, int]]:
    """Paddings of one axis only."""
    return [(before, after) if i == axis else (0, 0) for i in range(len(x.shape))]


def _mirror_pad_compute(xp: Any, x: Any, paddings: Any, *, mode: str) -> Any:
    if x.shape is None or isinstance(paddings, TensorSpec):
        return xp.pad(x, paddings)  # nothing but the rank is known
    skip = int(mode == "REFLECT")  # the outermost elements do not stand twice
    for axis, (before, after) in enumerate(paddings):
        if before == 0 == after:
            continue
        n = x.shape[axis]
        for count in (before, after):
            if count is not None and (count < 0 or n is not None and count > n - skip):
                raise ShapeError(
                    f"axis {axis} has {n} elements, too few for a {mode} padding of {count}"
                )
        head = _along(xp, x, axis, skip, None if before is None else skip + before)
        last = None if n is None else n - skip
        tail = _along(xp, x, axis, None if None in (last, after) else last - after, last)
        x = xp.concat([xp.flip(head, axis), x, xp.flip(tail, axis)], axis)
    return x


MIRROR_PAD = OpDef(
    "MirrorPad",
    operands=("input: T", "paddings: index"),
    known=("paddings",),
    check=_check_rows,
    compute=_mirror_pad_compute,
    grad=lambda op, dy: [MIRROR_PAD_GRAD(dy, op.inputs[1], mode=op.attrs["mode"]), None],
)


def _mirror_pad_grad_compute(xp: Any, dy: Any, paddings: Sequence[Any], *, mode: str) -> Any:
    skip = int(mode == "REFLECT")
    for axis, (before, after) in reversed(list(enumerate(paddings))):
        if before == 0 == after:
            continue
        n = dy.shape[axis] - before - after
        head, inner, tail = (
            _along(xp, dy, axis, begin, end)
            for begin, end in ((0, before), (before, before + n), (before + n, before + n + after))
        )
        dy = inner + xp.pad(xp.flip(head, axis), _border(dy, axis, skip, n - skip - before))
        dy = dy + xp.pad(xp.flip(tail, axis), _border(dy, axis, n - skip - after, skip))
    return dy


def _mirror_pad_grad_infer(dy: TensorSpec, paddings: TensorSpec, *, mode: str) -> TensorSpec:
    rows = known_tuple(paddings)
    if dy.shape is None or isinstance(rows, TensorSpec):
        return TensorSpec(dy.shape and (None,) * len(dy.shape), dy.dtype)
    sizes = zip(dy.shape, rows, strict=True)
    return TensorSpec(
        tuple(None if n is None or None in row else n - sum(row) for n, row in sizes), dy.dtype
    )


MIRROR_PAD_GRAD: OpDef = OpDef(
    "MirrorPadGrad",
    operands=("input: T", "paddings: index"),
    known=("paddings",),
    compute=_mirror_pad_grad_compute,
    infer=_mirror_pad_grad_infer,
    grad=lambda op, ddy: [MIRROR_PAD(ddy, op.inputs[1], mode=op.attrs["mode"]), None],
)
