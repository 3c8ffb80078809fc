"""Axes in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.conjugate import conj
from tensorslow.ops.elementwise import subtract
from tensorslow.ops.join import concat
from tensorslow.ops.ranges import RANGE
from tensorslow.ops.shape import rank
from tensorslow.scopes import name_scope

_INT32 = np.dtype(np.int32)

# Of a permutation, the order that sorts it leads back.
INVERT_PERMUTATION = OpDef(
    "InvertPermutation",
    operands=("x: index",),
    compute=lambda xp, x: xp.cast(xp.argsort(x, -1), x.dtype),
    grad=not_differentiable,
)


def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """For each number, where it stands in a permutation of 0 … n-1.

    TensorFlow: tf.invert_permutation.

    Args:
        x: vector with each of the numbers once; this is not checked.
        name: name of the node.
    """
    return INVERT_PERMUTATION(x, name=name)


def _transpose_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    return [TRANSPOSE(dy, invert_permutation(op.inputs[1])), None]


TRANSPOSE = OpDef(
    "Transpose",
    operands=("x: T", "perm: index"),
    known=("perm",),
    compute=lambda xp, x, perm: xp.transpose(x, perm),
    grad=_transpose_grad,
)


def transpose(a: Any, perm: Any = None, name: str = "transpose", conjugate: bool = False) -> Tensor:
    """A tensor with its axes in another order.

    TensorFlow: tf.transpose.

    Args:
        a: any tensor.
        perm: for each axis of the result, which axis of `a` it is; None: the axes in reverse.
        name: name of the node.
        conjugate: whether complex elements are conjugated too.

    Raises:
        ShapeError: `perm` does not name each axis once.

    Gradient: dy with the axes put back.
    """
    tensor = as_tensor(a)
    with name_scope(name, "transpose", [tensor]) as scope:
        order = _reversed_axes(tensor) if perm is None else _counted_from_front(perm)
        result: Tensor = TRANSPOSE(tensor, order, name=scope)
    return conj(result) if conjugate else result


def _reversed_axes(x: Tensor) -> Any:
    if x.spec.shape is not None:
        return list(range(len(x.spec.shape)))[::-1]
    return RANGE(subtract(rank(x), 1), -1, -1, Tidx=_INT32)


def _counted_from_front(perm: Any) -> Any:
    """Written out axes without negative ones, so that sorting them gives the inverse."""
    if isinstance(perm, (list, tuple, np.ndarray)) and all(
        isinstance(i, (int, np.integer)) for i in perm
    ):
        return [int(i) + len(perm) if i < 0 else int(i) for i in perm]
    return perm


def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Tensor:
    """A tensor with its last two axes exchanged.

    TensorFlow: tf.matrix_transpose.

    Args:
        a: tensor [..., rows, columns].
        name: name of the scope of its nodes.
        conjugate: whether complex elements are conjugated too.

    Raises:
        ShapeError: it has fewer than two axes.

    Gradient: dy, transposed.
    """
    tensor = as_tensor(a)
    with name_scope(name, "matrix_transpose", [tensor]):
        if tensor.spec.shape is not None:
            n = len(tensor.spec.shape)
            order: Any = [*range(n - 2), n - 1, n - 2] if n >= 2 else [1, 0]
        else:
            n_axes = rank(tensor)
            leading = RANGE(0, subtract(n_axes, 2), 1, Tidx=_INT32)
            order = concat([leading, [subtract(n_axes, 1), subtract(n_axes, 2)]], 0)
        return transpose(tensor, order, conjugate=conjugate)
