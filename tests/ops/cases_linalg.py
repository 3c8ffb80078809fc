"""Rows of products of matrices and other sums of products."""

from __future__ import annotations

import math

import numpy as np

from tensorslow.ops.einsum import einsum, matvec, tensordot, trace
from tensorslow.ops.matmul import matmul
from tensorslow.ops.norms import norm
from tests.ops.case import Case, integers, normal

SQUARE = normal(3, 3)

CASES = [
    Case(matmul, [normal(2, 3), normal(3, 4)]),
    Case(matmul, [normal(3, 2), normal(3, 4)], transpose_a=True),
    Case(matmul, [normal(2, 3), normal(4, 3)], transpose_b=True),
    Case(matmul, [normal(3, 2), normal(4, 3)], transpose_a=True, transpose_b=True),
    Case(matmul, [normal(2, 3), normal(4, 3)], adjoint_b=True),
    Case(matmul, [SQUARE, SQUARE]),
    Case(matmul, [SQUARE, SQUARE], transpose_a=True),
    Case(matmul, [normal(1, 1), normal(1, 1, seed=1)]),
    Case(matmul, [normal(0, 3), normal(3, 2)]),
    Case(matmul, [normal(2, 0), normal(0, 3)]),
    Case(matmul, [integers(-5, 5, 2, 3), integers(-5, 5, 3, 2)]),
    Case(matmul, [normal(5, 2, 3), normal(5, 3, 4)]),
    Case(matmul, [normal(5, 3, 2), normal(5, 4, 3)], transpose_a=True, adjoint_b=True),
    Case(matmul, [normal(2, 1, 2, 3), normal(5, 3, 4)]),  # batches that broadcast
    Case(matmul, [normal(5, 2, 3), normal(3, 4)]),  # many matrices times one
    Case(matmul, [normal(2, 3), normal(5, 3, 4)]),
    Case(matmul, [normal(5, 3, 2), normal(4, 3)], transpose_a=True, transpose_b=True),
    Case(matmul, [normal(0, 2, 3), normal(3, 4)]),
    # TensorFlow has no vectors in matmul.
    Case(matmul, [normal(3), normal(3, 4)], tf=None),
    Case(matmul, [normal(2, 3), normal(3)], tf=None),
    Case(matmul, [normal(3), normal(3, seed=1)], tf=None),
    Case(matmul, [normal(5, 2, 3), normal(3)], tf=None),
    Case(matmul, [normal(3), normal(5, 3, 2)], tf=None),
    Case(matmul, [normal(3), normal(2, 3)], transpose_b=True, tf=None),
    Case(matvec, [normal(2, 3), normal(3)], tf="linalg.matvec"),
    Case(matvec, [normal(5, 3, 2), normal(5, 3)], transpose_a=True, tf="linalg.matvec"),
    Case(einsum, ["ij,jk->ik", normal(2, 3), normal(3, 4)]),
    Case(einsum, ["bij,bjk", normal(2, 2, 3), normal(2, 3, 2)]),
    Case(einsum, ["ij->ji", normal(2, 3)]),
    Case(einsum, ["ij->", normal(2, 3)]),
    Case(einsum, ["ij->j", normal(2, 3)]),
    Case(einsum, ["ii->i", normal(3, 3)]),
    Case(einsum, ["ii->", normal(3, 3)]),
    Case(einsum, ["iij,jk->ik", normal(2, 2, 3), normal(3, 2)]),
    Case(einsum, ["i,j->ij", normal(2), normal(3)]),
    Case(einsum, ["i,->i", normal(3), normal()]),
    Case(einsum, ["ij,ij->i", SQUARE, SQUARE]),
    Case(einsum, ["ab,cb->", normal(2, 3), normal(4, 3)]),
    Case(einsum, ["ab,bc,cd->ad", normal(2, 3), normal(3, 2), normal(2, 2)]),
    Case(einsum, ["...ij,jk->...ik", normal(2, 1, 2, 3), normal(3, 2)]),
    Case(einsum, ["...i,...i->...", normal(2, 1, 3), normal(4, 3)]),
    Case(einsum, ["i...,ij->j...", normal(3, 2), normal(3, 4)]),
    Case(einsum, ["b...i,bi...->b...", normal(2, 3, 4), normal(2, 4, 3)]),
    Case(einsum, ["ij,jk->ik", normal(2, 0), normal(0, 3)]),
    Case(einsum, ["ij,jk->ik", integers(-3, 3, 2, 3), integers(-3, 3, 3, 2)]),
    Case(tensordot, [normal(2, 3), normal(3, 4)], axes=1),
    Case(tensordot, [normal(2, 3, 4), normal(3, 4, 2)], axes=2),
    Case(tensordot, [normal(2), normal(3)], axes=0),
    Case(tensordot, [normal(2, 3, 4), normal(4, 5, 2)], axes=[[0, 2], [2, 0]]),
    Case(tensordot, [normal(2, 3), normal(3)], axes=[-1, 0]),
    Case(tensordot, [normal(2, 3), normal(2, 3, seed=1)], axes=[[1], [1]]),
    Case(trace, [normal(3, 3)]),
    Case(trace, [normal(2, 3, 3)]),
    Case(norm, [normal(2, 3)]),
    Case(norm, [normal(2, 3)], axis=1),
    Case(norm, [normal(2, 3)], ord=1, axis=0, keepdims=True),
    Case(norm, [normal(2, 3)], ord=math.inf, axis=1),
    Case(norm, [normal(2, 3)], ord=3, axis=-1),
    Case(norm, [normal(2, 3, 4)], ord="fro", axis=[1, 2]),
    Case(norm, [normal(2, 3, 4)], ord=1, axis=(-2, -1)),
    Case(norm, [normal(2, 3, 4)], ord=np.inf, axis=[0, 2], keep_dims=True),
]
