"""Rows of slices, x[...], gather and scatter, and sorting."""

from __future__ import annotations

import numpy as np

from tensorslow import dtypes
from tensorslow.ops.embedding import embedding_lookup
from tensorslow.ops.gather import batch_gather, gather
from tensorslow.ops.gather_nd import (
    gather_nd,
    scatter_nd,
    tensor_scatter_nd_add,
    tensor_scatter_nd_sub,
)
from tensorslow.ops.indexing import boolean_mask, getitem, strided_slice
from tensorslow.ops.partition import dynamic_partition, dynamic_stitch
from tensorslow.ops.slicing import slice as slice_of
from tensorslow.ops.sorting import argsort, in_top_k, sort, top_k
from tensorslow.ops.unique import setdiff1d, unique, unique_with_counts
from tests.ops.case import Case, boolean, distinct, integers, normal

VALUES = "an operand whose value must be known is fed"
HOST = "an operation of the host"
BRACKETS = "Tensor.__getitem__"
TABLE = normal(5, 3, seed=9)


def int32(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def scalar(value: int) -> np.ndarray:
    return np.array(value, np.int32)


def pairs(*values: tuple[int, ...]) -> np.ndarray:
    return np.array(values, np.int32)


CASES = [
    Case(slice_of, [normal(4, 5), [1, 2], [2, 3]], tf="slice"),
    Case(slice_of, [normal(4, 5), [1, 0], [-1, 2]], tf="slice"),
    Case(slice_of, [normal(4, 5), [4, 0], [0, 5]], tf="slice"),
    Case(slice_of, [normal(), [], []], tf=None),  # TensorFlow takes empty lists for floats here
    Case(slice_of, [normal(4, 5), int32(1, 2), int32(2, -1)], tf="slice", without_jax=VALUES),
    Case(slice_of, [normal(4, 5), [scalar(1), 2], [2, 3]], tf="slice"),
    Case(strided_slice, [normal(4, 5), [0, 1], [3, 5], [2, 2]]),
    Case(strided_slice, [normal(4, 5), [1, 2], [3, 4]]),
    Case(strided_slice, [normal(4, 5), [0], [0], [1]], shrink_axis_mask=1),
    Case(strided_slice, [normal(4, 5), int32(3, 0), int32(0, 3), int32(-1, 1)], without_jax=VALUES),
    # x[...]
    Case(getitem, [normal(4, 5), 1], tf=BRACKETS),
    Case(getitem, [normal(4, 5), -1], tf=BRACKETS),
    Case(getitem, [normal(4, 5), (1, -2)], tf=BRACKETS),
    Case(getitem, [normal(4, 5), slice(1, 3)], tf=BRACKETS),
    Case(getitem, [normal(4, 5), (slice(None), slice(-2, None))], tf=BRACKETS),
    Case(getitem, [normal(4, 5), (slice(1, 99), slice(-99, 2))], tf=BRACKETS),  # clipped
    Case(getitem, [normal(4, 5), slice(3, 1)], tf=BRACKETS),  # nothing left
    Case(getitem, [normal(4, 5), (slice(None, None, -1), slice(None, None, 2))], tf=BRACKETS),
    Case(getitem, [normal(4, 5), (slice(2, None, -2), slice(-1, 0, -3))], tf=BRACKETS),
    Case(getitem, [normal(2, 3, 4), (Ellipsis, 1)], tf=BRACKETS),
    Case(getitem, [normal(2, 3, 4), (1, Ellipsis, slice(1, None))], tf=BRACKETS),
    Case(getitem, [normal(2, 3), (None, Ellipsis, None)], tf=BRACKETS),
    Case(getitem, [normal(2, 3, 4), (slice(1, 2), None, 0, Ellipsis, None)], tf=BRACKETS),
    Case(getitem, [normal(2, 3), ()], tf=BRACKETS),
    Case(getitem, [normal(), (None, Ellipsis)], tf=BRACKETS),
    Case(getitem, [normal(0, 3), slice(None, None, -1)], tf=BRACKETS),
    Case(getitem, [integers(0, 9, 4), slice(None, None, 2)], tf=BRACKETS),
    Case(getitem, [normal(4, 5), scalar(2)], tf=BRACKETS),
    Case(getitem, [normal(4, 5), (slice(None), scalar(-1))], tf=BRACKETS),
    Case(boolean_mask, [normal(4, 3), [True, False, True, True]], without_jax=HOST),
    Case(boolean_mask, [normal(2, 3), boolean(2, 3)], without_jax=HOST, needs="rank dtype"),
    Case(
        boolean_mask, [normal(2, 3, 2), boolean(3, 2)], axis=1, without_jax=HOST, needs="rank dtype"
    ),
    Case(boolean_mask, [normal(3), [False, False, False]], without_jax=HOST),
    # gather and scatter
    Case(gather, [normal(5, 3), int32(0, 4, 4, 1)]),
    Case(gather, [normal(5, 3), scalar(2)]),
    Case(gather, [normal(5, 3), integers(0, 5, 2, 2)]),
    Case(gather, [normal(5, 3), int32()]),
    Case(gather, [normal(5, 0), int32(1, 2)]),
    Case(gather, [normal(5, 3), int32(2, 0)], axis=1),
    Case(gather, [normal(2, 3, 4), integers(0, 3, 2, 2)], axis=-2),
    Case(gather, [normal(2, 3, 4), integers(0, 3, 2, 5)], batch_dims=1),
    Case(gather, [normal(2, 3, 4), integers(0, 4, 2, 5)], batch_dims=1, axis=2),
    Case(gather, [normal(2, 3, 4), integers(0, 4, 2, 3, 2)], batch_dims=-1, axis=2),
    Case(gather, [normal(2, 3, 0), integers(0, 3, 2, 1)], batch_dims=1),
    Case(gather, [normal(5, 3), int32(2, 0), None, None, scalar(1)], without_jax=VALUES),
    Case(batch_gather, [normal(2, 4), integers(0, 4, 2, 3)], needs="rank"),
    Case(embedding_lookup, [TABLE, integers(0, 5, 2, 2)]),
    Case(embedding_lookup, [[TABLE, normal(4, 3)], int32(8, 0, 3, 4, 4)]),
    Case(embedding_lookup, [[TABLE, normal(4, 3)], int32(8, 0, 3, 4)], partition_strategy="div"),
    Case(embedding_lookup, [TABLE, int32(0, 4, 0)], max_norm=1.0, needs="rank"),
    Case(gather_nd, [normal(3, 4), pairs((0, 1), (2, 3), (2, 3))]),
    Case(gather_nd, [normal(3, 4), pairs((1,), (0,))]),
    Case(gather_nd, [normal(3, 4), int32(1, 2)], tf=None),  # a single place has no gradient there
    Case(gather_nd, [normal(3, 4), integers(0, 3, 2, 2, 1)]),
    Case(gather_nd, [normal(3), np.zeros((0, 1), np.int32)]),
    Case(scatter_nd, [pairs((0,), (3,), (0,)), normal(3, 2), [4, 2]]),
    Case(scatter_nd, [pairs((0, 1), (1, 0)), normal(2), [2, 2]]),
    Case(scatter_nd, [pairs((0,), (3,)), normal(2), int32(4)], without_jax=VALUES),
    Case(tensor_scatter_nd_add, [normal(3, 2), pairs((2,), (0,), (2,)), normal(3, 2, seed=1)]),
    Case(tensor_scatter_nd_sub, [normal(3, 2), pairs((2, 1), (0, 0)), normal(2)]),
    Case(dynamic_partition, [normal(4, 3), int32(1, 0, 1, 1), 3], without_jax=HOST),
    Case(dynamic_partition, [normal(2, 2, 3), pairs((1, 0), (0, 0)), 2], without_jax=HOST),
    Case(dynamic_stitch, [[int32(2, 0), scalar(1)], [normal(2, 3), normal(3)]], without_jax=HOST),
    Case(dynamic_stitch, [[pairs((0, 3), (2, 1))], [normal(2, 2)]], without_jax=HOST),
    # Order
    Case(top_k, [distinct(3, 5), 2]),
    Case(top_k, [distinct(5)]),
    Case(top_k, [distinct(2, 2, 4), 4]),
    Case(top_k, [np.array([[1.0, 2.0, 2.0, 1.0]]), 3], kinks=True),
    Case(top_k, [normal(3, 2), 0]),
    Case(top_k, [distinct(3, 5), scalar(2)], without_jax=VALUES),
    Case(in_top_k, [distinct(4, 5, dtype=np.float32), int32(0, 1, 2, 7), 2], gradient=False),
    Case(
        in_top_k,
        [np.array([[1.0, 2, 2], [np.inf, 1, 0]], np.float32), int32(1, 1), 1],
        gradient=False,
    ),
    Case(sort, [distinct(3, 4)]),
    Case(sort, [distinct(3, 4)], axis=0, direction="DESCENDING", needs="rank"),
    Case(sort, [integers(-3, 3, 6)]),
    Case(sort, [np.array([3, 0, 255, 7], np.uint8)], needs="dtype"),
    Case(argsort, [distinct(3, 4)], gradient=False),
    Case(argsort, [np.array([2, 1, 2, 1], np.int32)], stable=True),
    Case(argsort, [distinct(3, 4)], axis=0, direction="DESCENDING", needs="rank", gradient=False),
    Case(unique, [int32(3, 1, 3, 2, 1)], without_jax=HOST),
    Case(unique, [int32()], out_idx=dtypes.int64, without_jax=HOST),
    Case(unique_with_counts, [int32(3, 1, 3, 2, 1)], without_jax=HOST),
    Case(setdiff1d, [int32(5, 1, 4, 1), int32(1, 2)], without_jax=HOST),
]
