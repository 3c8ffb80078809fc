"""matmul: which operation it makes, and what it says of operands that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.ops.axes import static_rank


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        ([None, 3], [3, 4], "MatMul"),
        ([5, 2, 3], [3, 4], "BatchMatMulV2"),
        (None, [3, 4], "BatchMatMulV2"),
        ([3], [3, 4], "BatchMatMulV2"),
    ],
)
def test_matrices_have_an_operation_of_their_own(a, b, kind):
    with ts.Graph().as_default():
        product = ts.matmul(ts.placeholder(ts.float32, a), ts.placeholder(ts.float32, b))
    assert (product.op.type, product.op.name) == (kind, "MatMul")


@pytest.mark.parametrize(
    ("options", "b", "words", "wanted"),
    [
        ({}, [4, 5], "a has 3 columns, b has 4 rows", "[3, 5]"),
        ({"transpose_b": True}, [4, 5], "a has 3 columns, b has 5 rows", "[4, 3]"),
        ({"transpose_a": True}, [4, 5], "a has 2 columns, b has 4 rows", "[2, 5]"),
        ({}, [7, 4, 5], "a has 3 columns, b has 4 rows", "[7, 3, 5]"),
        ({}, [4], "a has 3 columns, b has 4 rows", "[3]"),
    ],
)
def test_inner_dimensions_must_be_equal(options, b, words, wanted):
    with ts.Graph().as_default():
        x, w = ts.placeholder(ts.float32, [2, 3]), ts.placeholder(ts.float32, b)
        with pytest.raises(ShapeError) as caught:
            ts.matmul(x, w, **options)
    assert f"inner dimensions differ: {words}" in str(caught.value)
    assert caught.value.hint == f"b should have shape {wanted}, or pass transpose_a/transpose_b"


def test_inner_dimensions_are_compared_when_it_runs_too():
    with ts.Graph().as_default(), ts.Session() as session:
        a, b = ts.placeholder(), ts.placeholder()
        product = ts.matmul(a, b)
        with pytest.raises(ShapeError, match="a has 3 columns, b has 2 rows"):
            session.run(product, {a: np.ones((2, 3)), b: np.ones((2, 3))})


def test_other_operands_that_matmul_refuses():
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [2, 3])
        with pytest.raises(ShapeError, match="b is a scalar"):
            ts.matmul(x, 2.0)
        with pytest.raises(ShapeError, match="do not broadcast: 2 meets 3"):
            ts.matmul(ts.zeros([2, 4, 4]), ts.zeros([3, 4, 4]))
        with pytest.raises(DTypeError, match="a is float32 but b is float64"):
            ts.matmul(x, ts.placeholder(ts.float64, [3, 2]))
        with pytest.raises(ValueError, match="transposed or adjoint, not both"):
            ts.matmul(x, x, transpose_b=True, adjoint_b=True)


@pytest.mark.parametrize("shape", [(2, 3), (4, 2, 3)])
def test_adjoint_matrices_are_conjugated_and_transposed_ones_are_not(shape):
    rng = np.random.default_rng(0)
    a = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    b = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    flipped = np.swapaxes(b, -1, -2)
    with ts.Graph().as_default(), ts.Session() as session:
        x, y = ts.placeholder(ts.complex128, shape), ts.placeholder(ts.complex128, shape)
        products = [ts.matmul(x, y, transpose_b=True), ts.matmul(x, y, adjoint_b=True)]
        transposed, adjoint = session.run(products, {x: a, y: b})
    np.testing.assert_allclose(transposed, a @ flipped, rtol=1e-14)
    np.testing.assert_allclose(adjoint, a @ flipped.conj(), rtol=1e-14)


def test_ranks_of_what_becomes_a_tensor():
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [2, 3])
        assert [static_rank(value) for value in (x, [x, x], 2.0, [[1, 2]], [], np.ones(3))] == [
            2,
            3,
            0,
            2,
            1,
            1,
        ]
        assert static_rank([ts.placeholder(ts.float32)]) is None
