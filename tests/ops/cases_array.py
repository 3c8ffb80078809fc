"""Rows of shapes, constants, joining, cutting, repeating, padding, and running sums."""

from __future__ import annotations

import numpy as np

from tensorslow import dtypes
from tensorslow.ops.constant import constant, convert_to_tensor, fill, ones, zeros
from tensorslow.ops.cumulative import cumprod, cumsum
from tensorslow.ops.diagonal import (
    diag,
    diag_part,
    eye,
    matrix_band_part,
    matrix_diag,
    matrix_diag_part,
    matrix_set_diag,
)
from tensorslow.ops.elementwise import ones_like, zeros_like
from tensorslow.ops.join import concat, split, stack, unstack
from tensorslow.ops.meshgrid import meshgrid
from tensorslow.ops.one_hot import one_hot, sequence_mask
from tensorslow.ops.pad import pad
from tensorslow.ops.ranges import linspace
from tensorslow.ops.ranges import range as range_
from tensorslow.ops.reverse import reverse, reverse_sequence
from tensorslow.ops.roll import roll
from tensorslow.ops.shape import (
    broadcast_dynamic_shape,
    broadcast_to,
    expand_dims,
    rank,
    reshape,
    shape,
    shape_n,
    size,
    squeeze,
)
from tensorslow.ops.tile import tile
from tensorslow.ops.transpose import invert_permutation, matrix_transpose, transpose
from tests.ops.case import Case, integers, normal

VALUES = "an operand whose value must be known is fed"
ZEROS = np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 4.0], [5.0, 6.0, 7.0]])
SHARED = normal(2, 3, seed=5)


def int32(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def scalar(value: int) -> np.ndarray:
    return np.array(value, np.int32)


CASES = [
    # The shape, read
    Case(shape, [normal(2, 0, 3)], gradient=False),
    Case(shape, [normal()], gradient=False),
    Case(shape, [normal(2, 3)], out_type=dtypes.int64, gradient=False),
    Case(shape_n, [[normal(2, 3), normal(4)]], gradient=False),
    Case(size, [normal(2, 3)], gradient=False),
    Case(size, [normal(0, 3)], out_type=dtypes.int64, gradient=False),
    Case(rank, [normal(2, 1, 3)], gradient=False),
    Case(broadcast_dynamic_shape, [int32(2, 1, 3), int32(5, 1)], without_jax=VALUES),
    # The shape, changed
    Case(reshape, [normal(2, 6), [3, 4]]),
    Case(reshape, [normal(2, 6), [-1]]),
    Case(reshape, [normal(2, 6), [2, -1, 3]]),
    Case(reshape, [normal(1, 1), []]),
    Case(reshape, [normal(0, 3), [0, 7]]),
    Case(reshape, [normal(0, 3), [-1, 3]]),
    Case(reshape, [integers(0, 9, 4), [2, 2]]),
    Case(reshape, [normal(2, 6), int32(4, -1)], without_jax=VALUES),
    Case(expand_dims, [normal(2, 3), 0]),
    Case(expand_dims, [normal(2, 3), -1]),
    Case(expand_dims, [normal(2, 3)], axis=1),
    Case(expand_dims, [normal(), 0]),
    Case(expand_dims, [normal(2, 3), scalar(1)], without_jax=VALUES),
    Case(squeeze, [normal(1, 3, 1)]),
    Case(squeeze, [normal(1, 3, 1)], axis=[0]),
    Case(squeeze, [normal(1, 3, 1)], axis=-1),
    Case(squeeze, [normal(1, 1)]),
    Case(squeeze, [normal(2, 3)]),
    Case(squeeze, [normal(1, 0)], axis=0),
    Case(broadcast_to, [normal(3), [2, 3]]),
    Case(broadcast_to, [normal(2, 1), [2, 4]]),
    Case(broadcast_to, [normal(), [2, 2]]),
    Case(broadcast_to, [normal(1, 2), [0, 2]]),
    Case(broadcast_to, [normal(1, 3), int32(2, 4, 3)], without_jax=VALUES),
    Case(transpose, [normal(2, 3)]),
    Case(transpose, [normal(2, 3, 4)]),
    Case(transpose, [normal(2, 3, 4)], perm=[1, 2, 0]),
    Case(transpose, [normal(2, 0, 3)], perm=[2, 0, 1]),
    Case(transpose, [normal()]),
    Case(transpose, [normal(2, 3, 4), int32(2, 0, 1)], without_jax=VALUES),
    Case(transpose, [normal(2, 3) + 1j * normal(2, 3, seed=1)], conjugate=True),
    Case(matrix_transpose, [normal(2, 3)]),
    Case(matrix_transpose, [normal(2, 3, 4)]),
    Case(invert_permutation, [int32(2, 0, 3, 1)]),
    Case(invert_permutation, [int32()]),
    # Constants
    Case(constant, [[1.0, 2.0]]),
    Case(constant, [7], shape=[2, 3]),
    Case(constant, [[1, 2, 3]], dtype=dtypes.float64, shape=[2, 3]),
    Case(convert_to_tensor, [[[1, 2], [3, 4]]], dtype=dtypes.float32),
    Case(convert_to_tensor, [[normal(), normal(seed=1)]]),
    Case(zeros, [[2, 3]]),
    Case(zeros, [4], dtype=dtypes.bool_),
    Case(zeros, [int32(2, 3)], without_jax=VALUES),
    Case(ones, [[2, 0]], dtype=dtypes.int64),
    Case(ones, [[40, 50]]),
    Case(fill, [[2, 3], normal()]),
    Case(fill, [[0], normal()]),
    Case(fill, [[scalar(2), 3], 1.5], without_jax=VALUES),
    Case(zeros_like, [normal(2, 3)]),
    Case(zeros_like, [normal(2, 3)], dtype=dtypes.int32, gradient=False),
    Case(ones_like, [normal(2, 0)]),
    Case(ones_like, [integers(0, 3, 2, 2)], dtype=dtypes.float32),
    Case(range_, [5], tf="range"),
    Case(range_, [2, 11, 3], tf="range"),
    Case(range_, [5, 0, -2], tf="range"),
    Case(range_, [3, 3], tf="range"),
    Case(range_, [0.0, 1.0, 0.25], tf="range"),
    Case(range_, [0.0, 0.3, 0.1], tf="range"),
    Case(range_, [4], dtype=dtypes.float64, tf="range"),
    Case(range_, [scalar(1), scalar(7)], delta=2, tf="range", without_jax=VALUES, needs="dtype"),
    Case(linspace, [normal(), normal(seed=1), 5]),
    Case(linspace, [normal(), normal(seed=1), 1]),
    Case(linspace, [normal(2), normal(2, seed=1), 3], needs="rank"),
    Case(linspace, [0.0, 1.0, 3]),
    Case(eye, [3]),
    Case(eye, [2, 4], dtype=dtypes.float64),
    Case(eye, [3, 2], batch_shape=[2]),
    Case(one_hot, [int32(1, 0, 3, -1), 3]),
    Case(one_hot, [integers(0, 3, 2, 2), 3], axis=1),
    Case(one_hot, [integers(0, 3, 2), 3], axis=0, dtype=dtypes.int64),
    Case(one_hot, [integers(0, 3, 2, dtype=np.int64), 3, 5.0, -1.0]),
    Case(one_hot, [scalar(2), 4]),
    Case(one_hot, [int32(), 4]),
    Case(one_hot, [int32(0, 2), scalar(3)], without_jax=VALUES),
    Case(sequence_mask, [int32(0, 2, 3)], without_jax=VALUES),
    Case(sequence_mask, [integers(0, 5, 2, 2), 4], dtype=dtypes.float32),
    Case(meshgrid, [normal(3), normal(2)], needs="rank"),
    Case(meshgrid, [normal(3), normal(2), normal(1)], indexing="ij", needs="rank"),
    # Joining and cutting
    Case(concat, [[normal(2, 3), normal(1, 3), normal(4, 3)], 0]),
    Case(concat, [[normal(2, 3), normal(2, 1)], -1]),
    Case(concat, [[normal(2, 3), normal(0, 3)], 0]),
    Case(concat, [[SHARED, SHARED], 1]),
    Case(concat, [[normal(2)], 0]),
    Case(concat, [[normal(2, 3), normal(2, 1)], scalar(1)], without_jax=VALUES),
    Case(stack, [[normal(2, 3), normal(2, 3, seed=1)]]),
    Case(stack, [[normal(2, 3), normal(2, 3, seed=1)]], axis=-1),
    Case(stack, [[normal(2, 0), normal(2, 0, seed=1)]], axis=1),
    Case(stack, [[SHARED, SHARED, normal(2, 3)]], axis=1),
    Case(stack, [[scalar(4), 5, 6]]),
    Case(unstack, [normal(2, 3)], needs="sizes"),
    Case(unstack, [normal(2, 3)], num=3, axis=-1),
    Case(unstack, [normal(1, 3)], num=1),
    Case(split, [normal(4, 3), 2]),
    Case(split, [normal(4, 3), 3], axis=-1),
    Case(split, [normal(4, 3), [1, 0, 3]]),
    Case(split, [normal(4, 3), [1, -1]], axis=1),
    Case(split, [normal(4, 3), int32(3, 1)], needs="sizes", without_jax=VALUES),
    Case(split, [normal(4, 3), 1]),
    # Repeating, padding, reversing
    Case(tile, [normal(2, 3), [2, 1]]),
    Case(tile, [normal(2, 3), [1, 3]]),
    Case(tile, [normal(2), [0]]),
    Case(tile, [normal(0, 2), [2, 2]]),
    Case(tile, [normal(), []]),
    Case(tile, [normal(2, 3), int32(2, 2)], without_jax=VALUES),
    Case(pad, [normal(2, 3), [[1, 0], [2, 1]]]),
    Case(pad, [normal(2, 3), [[0, 0], [0, 2]]], constant_values=-1.5),
    Case(pad, [normal(2, 0), [[1, 1], [0, 2]]]),
    Case(pad, [normal(2, 3), [[1, 1], [2, 2]]], mode="REFLECT"),
    Case(pad, [normal(2, 3), [[2, 1], [0, 3]]], mode="SYMMETRIC"),
    Case(pad, [normal(1, 3), [[0, 0], [1, 0]]], mode="reflect"),
    Case(pad, [normal(3), int32(1, 2).reshape(1, 2)], without_jax=VALUES),
    Case(pad, [normal(3), int32(1, 2).reshape(1, 2)], mode="REFLECT", without_jax=VALUES),
    Case(reverse, [normal(2, 3), [0]]),
    Case(reverse, [normal(2, 3, 2), [-1, 0]]),
    Case(reverse, [normal(2, 0), [1]]),
    Case(reverse, [normal(2, 3), int32(1)], without_jax=VALUES),
    Case(reverse_sequence, [normal(3, 4), int32(2, 0, 4)], seq_axis=1),
    Case(reverse_sequence, [normal(4, 2, 3), int32(3, 1, 2)], seq_axis=0, batch_axis=2),
    Case(roll, [normal(5, 2), 2, 0]),
    Case(roll, [normal(3, 4), [-1, 5], [1, -1]]),
    Case(roll, [normal(2, 0), 1, 1]),
    # Running sums and products
    Case(cumsum, [normal(3, 4)]),
    Case(cumsum, [normal(3, 4)], axis=-1, exclusive=True),
    Case(cumsum, [normal(3, 4)], axis=1, reverse=True),
    Case(cumsum, [normal(4)], exclusive=True, reverse=True),
    Case(cumsum, [normal(2, 0)], axis=1, exclusive=True),
    Case(cumsum, [integers(-9, 9, 5)]),
    Case(cumsum, [normal(3, 2), scalar(1)], without_jax=VALUES),
    Case(cumprod, [normal(3, 4)]),
    Case(cumprod, [normal(3, 4)], axis=-1, exclusive=True),
    Case(cumprod, [normal(3, 4)], axis=1, reverse=True),
    Case(cumprod, [normal(4)], exclusive=True, reverse=True),
    # TensorFlow's gradient is nan where an element is 0; ours is exact.
    Case(cumprod, [ZEROS], axis=1, tf=None),
    Case(cumprod, [normal(1)]),
    # Diagonals
    Case(diag, [normal(3)]),
    Case(diag, [normal(2, 3)]),
    Case(diag_part, [normal(3, 3)]),
    Case(diag_part, [normal(2, 3, 2, 3)]),
    Case(matrix_diag, [normal(3)]),
    Case(matrix_diag, [normal(2, 3)]),
    Case(matrix_diag, [normal(2, 3)], k=1),
    Case(matrix_diag, [normal(3)], k=-1, num_cols=5, padding_value=7.0),
    Case(matrix_diag, [normal(0)]),
    Case(matrix_diag_part, [normal(3, 3)]),
    Case(matrix_diag_part, [normal(2, 3, 4)]),
    Case(matrix_diag_part, [normal(2, 3, 4)], k=2),
    Case(matrix_diag_part, [normal(4, 2)], k=-1),
    Case(matrix_set_diag, [normal(3, 3), normal(3)]),
    Case(matrix_set_diag, [normal(2, 3, 4), normal(2, 2)], k=-1),
    Case(matrix_band_part, [normal(4, 4), -1, 0]),
    Case(matrix_band_part, [normal(2, 3, 4), 1, -1]),
    Case(matrix_band_part, [normal(3, 2), 0, 0]),
]
