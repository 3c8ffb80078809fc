"""Diagonals: matrices made of them, taken from them, and cut along them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec, known_tuple
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import ZEROS_LIKE, OpDef, as_tensor
from tensorslow.ops.constant import ones
from tensorslow.ops.elementwise import subtract
from tensorslow.ops.indexing import getitem
from tensorslow.ops.join import concat
from tensorslow.ops.reduce import reduce_sum
from tensorslow.ops.selection import minimum
from tensorslow.ops.shape import shape
from tensorslow.scopes import name_scope
from tensorslow.shapes import Shape, merge, show

Size = int | None
_INT64 = np.dtype(np.int64)


def _length(rows: Size, columns: Size, k: Size) -> Size:
    """How many elements the k-th diagonal of a matrix has; k counts to the right."""
    if rows is None or columns is None or k is None:
        return None
    if not -rows < k < columns and k:
        raise ShapeError(f"a matrix [{rows}, {columns}] has no diagonal {k}")
    return min(rows + min(k, 0), columns - max(k, 0))


def _place(xp: Any, rows: int, columns: int) -> Any:
    """For each element of a matrix, on which diagonal it is."""
    return xp.arange(0, columns, 1, _INT64) - xp.expand_dims(xp.arange(0, rows, 1, _INT64), 1)


def _with_diagonal(xp: Any, diagonal: Any, k: int, rows: int, columns: int, rest: Any) -> Any:
    """Matrices with that diagonal, `rest` in all other places."""
    before, length = max(k, 0), diagonal.shape[-1]
    border = [(0, 0)] * (len(diagonal.shape) - 1) + [(before, columns - before - length)]
    # Every element in all of its column; the right row of each is then chosen.
    columns_filled = xp.expand_dims(xp.pad(diagonal, border), -2)
    return xp.where(xp.equal(_place(xp, rows, columns), k), columns_filled, rest)


def _diagonal_of(xp: Any, x: Any, k: int) -> Any:
    """The k-th diagonals: of all rows one behind another, every (columns + 1)-th element."""
    *batch, rows, columns = x.shape
    length = _length(rows, columns, k)
    first = max(k, 0) + max(-k, 0) * columns
    end = first + (length - 1) * (columns + 1) + 1 if length else first
    flat = xp.reshape(x, (*batch, rows * columns))
    axes = [0] * len(batch)
    return xp.slice_(
        flat, [*axes, first], [*[None] * len(batch), end], [*[1] * len(batch), columns + 1]
    )


def _one_diagonal(k: Any) -> Any:
    if isinstance(k, (tuple, list)) or isinstance(k, np.ndarray) and k.ndim:
        raise NotImplementedError("bands of several diagonals; k must be one number")
    return k


def _matrix_shape(x: TensorSpec) -> Shape:
    if x.shape is not None and len(x.shape) < 2:
        raise ShapeError(f"matrices have at least 2 axes, but it has shape {show(x.shape)}")
    return x.shape


# matrix_diag and matrix_diag_part, each the other's adjoint


def _matrix_diag_sizes(length: Size, k: Any, rows: Any, columns: Any) -> tuple[Size, Size]:
    """How large the matrix is; -1: as small as it can be, and square if that is open for both."""
    if length is None or not all(isinstance(n, int) for n in (k, rows, columns)):
        return tuple(None if not isinstance(n, int) or n == -1 else n for n in (rows, columns))  # type: ignore[return-value]
    least_rows, least_columns = length + max(-k, 0), length + max(k, 0)
    if rows == -1 and columns == -1:
        return (max(least_rows, least_columns),) * 2
    rows, columns = least_rows if rows == -1 else rows, least_columns if columns == -1 else columns
    if _length(rows, columns, k) != length:
        raise ShapeError(
            f"diagonal {k} of a matrix [{rows}, {columns}] does not have {length} elements"
        )
    return rows, columns


def _matrix_diag_compute(
    xp: Any, diagonal: Any, k: Any, num_rows: Any, num_cols: Any, padding: Any
) -> Any:
    rows, columns = _matrix_diag_sizes(diagonal.shape[-1], k, num_rows, num_cols)
    assert rows is not None
    assert columns is not None
    filled = _with_diagonal(xp, diagonal, k, rows, columns, padding)
    return filled


def _matrix_diag_infer(diagonal: TensorSpec, *operands: TensorSpec) -> TensorSpec:
    if diagonal.shape is None:
        return TensorSpec(None, diagonal.dtype)
    if not diagonal.shape:
        raise ShapeError("a diagonal needs at least one axis")
    sizes = _matrix_diag_sizes(diagonal.shape[-1], *[known_tuple(x) for x in operands[:3]])
    return TensorSpec((*diagonal.shape[:-1], *sizes), diagonal.dtype)


def _matrix_diag_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    part: Tensor = MATRIX_DIAG_PART(dy, op.inputs[1], 0)
    return [part, None, None, None, subtract(reduce_sum(dy), reduce_sum(part))]


MATRIX_DIAG = OpDef(
    "MatrixDiagV3",
    operands=("diagonal: T", "k: index", "num_rows: index", "num_cols: index", "padding_value: T"),
    known=("k", "num_rows", "num_cols"),
    compute=_matrix_diag_compute,
    infer=_matrix_diag_infer,
    grad=_matrix_diag_grad,
)


def matrix_diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Matrices with given diagonals.

    TensorFlow: tf.matrix_diag, for one diagonal.

    Args:
        diagonal: tensor [..., length].
        name: name of the node.
        k: which diagonal; 1 is the one right of the main diagonal.
        num_rows, num_cols: size of the matrices; -1: as small as possible, square if both are.
        padding_value: scalar, all other elements.
        align: accepted, without effect: it is about several diagonals.

    Raises:
        ShapeError: the diagonal does not fit the matrices.

    Gradient: the diagonals of dy.
    """
    return MATRIX_DIAG(diagonal, _one_diagonal(k), num_rows, num_cols, padding_value, name=name)


def _matrix_diag_part_infer(x: TensorSpec, k: TensorSpec, padding: TensorSpec) -> TensorSpec:
    sizes, number = _matrix_shape(x), known_tuple(k)
    if sizes is None:
        return TensorSpec(None, x.dtype)
    number = number if isinstance(number, int) else None
    return TensorSpec((*sizes[:-2], _length(sizes[-2], sizes[-1], number)), x.dtype)


def _matrix_diag_part_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, k, _ = op.inputs
    sizes = shape(x)
    return [MATRIX_DIAG(dy, k, getitem(sizes, -2), getitem(sizes, -1), 0), None, None]


MATRIX_DIAG_PART = OpDef(
    "MatrixDiagPartV3",
    operands=("input: T", "k: index", "padding_value: T"),
    known=("k",),
    compute=lambda xp, x, k, padding: _diagonal_of(xp, x, k),
    infer=_matrix_diag_part_infer,
    grad=_matrix_diag_part_grad,
)


def matrix_diag_part(
    input: Any,
    name: str = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """The diagonals of matrices.

    TensorFlow: tf.matrix_diag_part, for one diagonal.

    Args:
        input: tensor [..., rows, columns].
        name: name of the node.
        k: which diagonal; 1 is the one right of the main diagonal.
        padding_value, align: accepted, without effect: they are about several diagonals.

    Raises:
        ShapeError: there is no such diagonal.

    Gradient: zeros, with dy in the diagonal.
    """
    return MATRIX_DIAG_PART(input, _one_diagonal(k), padding_value, name=name)


def _matrix_set_diag_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    _, diagonal, k = op.inputs
    return [MATRIX_SET_DIAG(dy, ZEROS_LIKE(diagonal), k), MATRIX_DIAG_PART(dy, k, 0), None]


MATRIX_SET_DIAG = OpDef(
    "MatrixSetDiagV3",
    operands=("input: T", "diagonal: T", "k: index"),
    known=("k",),
    compute=lambda xp, x, diagonal, k: _with_diagonal(xp, diagonal, k, x.shape[-2], x.shape[-1], x),
    infer=lambda x, diagonal, k: TensorSpec(_matrix_shape(x), x.dtype),
    grad=_matrix_set_diag_grad,
)


def matrix_set_diag(
    input: Any, diagonal: Any, name: str = "set_diag", k: Any = 0, align: str = "RIGHT_LEFT"
) -> Tensor:
    """Matrices with their diagonals replaced.

    TensorFlow: tf.matrix_set_diag, for one diagonal.

    Args:
        input: tensor [..., rows, columns].
        diagonal: tensor [..., length].
        name: name of the node.
        k: which diagonal; 1 is the one right of the main diagonal.
        align: accepted, without effect.

    Gradient: dy with zeros in the diagonal; the diagonal of dy.
    """
    return MATRIX_SET_DIAG(input, diagonal, _one_diagonal(k), name=name)


# Cutting


def _band_part_compute(xp: Any, x: Any, lower: int, upper: int) -> Any:
    place = _place(xp, *x.shape[-2:])
    kept = xp.logical_and(
        xp.greater_equal(place, -lower if lower >= 0 else -x.shape[-2]),
        xp.less_equal(place, upper if upper >= 0 else x.shape[-1]),
    )
    return xp.where(kept, x, xp.zeros((), x.dtype))


MATRIX_BAND_PART: OpDef = OpDef(
    "MatrixBandPart",
    operands=("input: T", "num_lower: index", "num_upper: index"),
    known=("num_lower", "num_upper"),
    compute=_band_part_compute,
    infer=lambda x, lower, upper: TensorSpec(_matrix_shape(x), x.dtype),
    grad=lambda op, dy: [MATRIX_BAND_PART(dy, *op.inputs[1:]), None, None],
)


def matrix_band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Tensor:
    """Matrices with zeros everywhere but in a band around the main diagonal.

    TensorFlow: tf.matrix_band_part. (-1, 0) keeps the lower triangle, (0, 0) the diagonal.

    Args:
        input: tensor [..., rows, columns].
        num_lower, num_upper: how many diagonals are kept below and above; negative: all.
        name: name of the node.

    Gradient: dy, cut alike.
    """
    return MATRIX_BAND_PART(input, num_lower, num_upper, name=name)


# diag and diag_part: as above, with any number of axes in the place of one


def _diag_compute(xp: Any, diagonal: Any) -> Any:
    n = math.prod(diagonal.shape)
    matrix = _with_diagonal(xp, xp.reshape(diagonal, (n,)), 0, n, n, xp.zeros((), diagonal.dtype))
    return xp.reshape(matrix, (*diagonal.shape, *diagonal.shape))


DIAG = OpDef(
    "Diag",
    operands=("diagonal: T",),
    compute=_diag_compute,
    infer=lambda x: TensorSpec(x.shape and x.shape * 2, x.dtype),
    grad=lambda op, dy: [DIAG_PART(dy)],
)


def diag(diagonal: Any, name: str | None = None) -> Tensor:
    """A tensor with zeros everywhere but where the first half of its indices is the second.

    TensorFlow: tf.diag. Of a vector, the matrix with it as diagonal. Gradient: the diagonal of dy.
    """
    return DIAG(diagonal, name=name)


def _diag_part_sizes(x: TensorSpec) -> Shape:
    if x.shape is None:
        return None
    half = len(x.shape) // 2
    if len(x.shape) % 2 or not half:
        raise ShapeError(
            f"diag_part needs an even number of axes, but it has shape {show(x.shape)}"
        )
    return merge(x.shape[:half], x.shape[half:])


def _diag_part_compute(xp: Any, x: Any) -> Any:
    sizes = _diag_part_sizes(x)
    n = math.prod(sizes or ())  # type: ignore[arg-type]
    return xp.reshape(_diagonal_of(xp, xp.reshape(x, (n, n)), 0), sizes)


DIAG_PART: OpDef = OpDef(
    "DiagPart",
    operands=("input: T",),
    compute=_diag_part_compute,
    infer=lambda x: TensorSpec(_diag_part_sizes(x), x.dtype),
    grad=lambda op, dy: [DIAG(dy)],
)


def diag_part(input: Any, name: str | None = None) -> Tensor:
    """The elements whose first and last indices are equal: of a matrix, its diagonal.

    TensorFlow: tf.diag_part.

    Raises:
        ShapeError: the first half of the sizes is not the second.

    Gradient: zeros, with dy in the diagonal.
    """
    return DIAG_PART(input, name=name)


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Matrices with ones in the diagonal and zeros elsewhere.

    TensorFlow: tf.eye.

    Args:
        num_rows: how many rows.
        num_columns: how many columns; None: as many.
        batch_shape: sizes in front of these.
        dtype: type of the elements.
        name: name of the scope of its nodes.
    """
    with name_scope(name, "eye", [num_rows, num_columns, batch_shape]):
        columns = num_rows if num_columns is None else num_columns
        plain = not isinstance(num_rows, Tensor) and not isinstance(columns, Tensor)
        length = min(int(num_rows), int(columns)) if plain else minimum(num_rows, columns)
        sizes: Any = [length]
        if batch_shape is not None:
            sizes = concat([as_tensor(batch_shape), sizes], 0)
        return matrix_diag(ones(sizes, dtype), num_rows=num_rows, num_cols=columns)
