"""norm: how large vectors and matrices are."""

from __future__ import annotations

import math
from typing import Any

from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.arguments import renamed
from tensorslow.ops.conjugate import conj
from tensorslow.ops.elementwise import multiply
from tensorslow.ops.powers import pow, sqrt
from tensorslow.ops.reduce import reduce_max, reduce_sum
from tensorslow.ops.rounding import abs
from tensorslow.ops.shape import squeeze
from tensorslow.scopes import name_scope

_EUCLIDEAN = ("euclidean", "fro", 2)


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """The norm of the whole tensor, of vectors along an axis, or of matrices along two.

    TensorFlow: tf.norm.

    Args:
        tensor: floating tensor.
        ord: "euclidean" or "fro": the root of the sum of squares; or a number p: the p-th root of
            the sum of p-th powers; `math.inf`: the largest absolute value. Of matrices, 1 and
            `math.inf` are the largest sum of absolute values in a column and in a row.
        axis: None: all elements as one vector; a number; or two, for matrices.
        keepdims: whether reduced axes stay, with size 1.
        name: name of the scope.
        keep_dims: old name of `keepdims`.

    Raises:
        ValueError: there is no such norm (nor the 2-norm of matrices), or axis is none of these.
        ShapeError: there is no such axis.

    Gradient: that of its parts; nan for the Euclidean norm of zeros, as in TensorFlow.
    """
    keepdims = bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))
    if not (axis is None or isinstance(axis, int)):
        axis = _two_axes(axis)
    is_matrix = isinstance(axis, tuple)
    _check_order(ord, is_matrix)
    with name_scope(name, "norm", [tensor]):
        x = as_tensor(tensor)
        if ord in _EUCLIDEAN:
            return sqrt(reduce_sum(multiply(x, conj(x)), axis, keepdims))
        if is_matrix:
            return _matrix_norm(abs(x), ord, axis, keepdims)
        if ord == 1:
            return reduce_sum(abs(x), axis, keepdims)
        if ord == math.inf:
            return reduce_max(abs(x), axis, keepdims)
        return pow(reduce_sum(pow(abs(x), ord), axis, keepdims), 1.0 / ord)


def _two_axes(axis: Any) -> tuple[int, int]:
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else ()
    if len(axes) != 2 or not all(isinstance(i, int) for i in axes) or axes[0] == axes[1]:
        raise ValueError(f"axis must be None, a number, or two different ones, not {axis!r}")
    return axes


def _check_order(ord: Any, is_matrix: bool) -> None:
    if is_matrix:
        if ord not in ("euclidean", "fro", 1, math.inf):
            raise ValueError(
                f"matrices have no norm {ord!r} here: use 'euclidean', 'fro', 1 or math.inf"
            )
    elif ord != "euclidean" and (isinstance(ord, str) or not ord > 0):
        raise ValueError(f"vectors have no norm {ord!r}: use 'euclidean' or a positive number")


def _matrix_norm(magnitudes: Tensor, ord: float, axes: tuple[int, int], keepdims: bool) -> Tensor:
    summed, compared = axes if ord == 1 else axes[::-1]
    sums = reduce_sum(magnitudes, summed, keepdims=True)
    largest = reduce_max(sums, compared, keepdims=True)
    return largest if keepdims else squeeze(largest, axes)
