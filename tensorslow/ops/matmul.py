"""Products of matrices, of batches of matrices, and of matrices with vectors."""

from __future__ import annotations

import math
from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.axes import static_rank
from tensorslow.ops.casting import cast
from tensorslow.ops.conjugate import conj
from tensorslow.shapes import Shape, may_be_equal, show


def _check_product(a: TensorSpec, b: TensorSpec, flip_a: bool, flip_b: bool) -> None:
    for spec, label in ((a, "a"), (b, "b")):
        if spec.shape == ():
            raise ShapeError(f"{label} is a scalar", hint="use multiply for numbers")
    if a.shape is None or b.shape is None:
        return
    columns = a.shape[-2 if flip_a and len(a.shape) > 1 else -1]
    rows = b.shape[-1 if flip_b or len(b.shape) == 1 else -2]
    if not may_be_equal(columns, rows):
        if len(b.shape) == 1:
            want: Shape = (columns,)
        else:
            want = (*b.shape[:-1], columns) if flip_b else (*b.shape[:-2], columns, b.shape[-1])
        raise ShapeError(
            f"inner dimensions differ: a has {columns} columns, b has {rows} rows",
            hint=f"b should have shape {show(want)}, or pass transpose_a/transpose_b",
        )


# Two matrices


def _matmul_compute(xp: Any, a: Any, b: Any, *, transpose_a: bool, transpose_b: bool) -> Any:
    return xp.matmul(
        xp.swap_last_two(a) if transpose_a else a, xp.swap_last_two(b) if transpose_b else b
    )


def _matmul_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    a, b = op.inputs
    a, b = conj(a), conj(b)
    transpose_a, transpose_b = op.attrs["transpose_a"], op.attrs["transpose_b"]
    # dA = dy Bᵀ and dB = Aᵀ dy, where A is a or aᵀ and B is b or bᵀ.
    if not transpose_a:
        da = MATMUL(dy, b, transpose_a=False, transpose_b=not transpose_b)
    else:
        da = MATMUL(b, dy, transpose_a=transpose_b, transpose_b=True)
    if not transpose_b:
        db = MATMUL(a, dy, transpose_a=not transpose_a, transpose_b=False)
    else:
        db = MATMUL(dy, a, transpose_a=True, transpose_b=transpose_a)
    return [da, db]


MATMUL = OpDef(
    "MatMul",
    operands=("a: numeric", "b: numeric"),
    check=lambda a, b, *, transpose_a, transpose_b: _check_product(a, b, transpose_a, transpose_b),
    compute=_matmul_compute,
    grad=_matmul_grad,
)

# Batches of matrices, vectors, and what may turn out to be one of these


def _adjoint(xp: Any, x: Any) -> Any:
    x = xp.swap_last_two(x)
    return xp.conj(x) if x.dtype is not None and x.dtype.kind == "c" else x


def _flipped(xp: Any, x: Any, flip: bool) -> Any:
    return _adjoint(xp, x) if flip else x


def _row(xp: Any, a: Any) -> Any:
    """A vector on the left is a row."""
    return xp.expand_dims(a, 0) if len(a.shape) == 1 else a


def _column(xp: Any, b: Any) -> Any:
    """A vector on the right is a column."""
    return xp.expand_dims(b, -1) if len(b.shape) == 1 else b


def _matrix(xp: Any, dy: Any, a: Any, b: Any) -> Any:
    """dy with the axes that the product of vectors does not have."""
    dy = xp.expand_dims(dy, -1) if len(b.shape) == 1 else dy
    return xp.expand_dims(dy, -2) if len(a.shape) == 1 else dy


def _in_a_compute(xp: Any, dy: Any, a: Any, b: Any, *, adj_x: bool, adj_y: bool) -> Any:
    left, right = _flipped(xp, a, adj_x), _column(xp, _flipped(xp, b, adj_y))
    product = xp.matmul(_matrix(xp, dy, a, b), _adjoint(xp, right))
    return _flipped(xp, xp.reshape(xp.sum_to(product, _row(xp, left)), left.shape), adj_x)


def _in_b_compute(xp: Any, dy: Any, a: Any, b: Any, *, adj_x: bool, adj_y: bool) -> Any:
    left, right = _row(xp, _flipped(xp, a, adj_x)), _flipped(xp, b, adj_y)
    dy = _matrix(xp, dy, a, b)
    if len(right.shape) <= 2 < len(left.shape):
        # Many matrices times one are a tall matrix times it: no product for each to keep and sum.
        count = math.prod(left.shape[:-1])
        left, dy = xp.reshape(left, (count, left.shape[-1])), xp.reshape(dy, (count, dy.shape[-1]))
    product = xp.matmul(_adjoint(xp, left), dy)
    return _flipped(xp, xp.reshape(xp.sum_to(product, _column(xp, right)), right.shape), adj_y)


def _in_a_grad(op: Operation, t: Tensor) -> list[Tensor | None]:
    # The product is linear in each operand, so adjoints lead back: <t, in_a(dy, b)> = <t b, dy>.
    dy, _, b = op.inputs
    return [BATCH_MATMUL(t, b, **op.attrs), None, PRODUCT_IN_B(dy, t, b, **op.attrs)]


def _in_b_grad(op: Operation, t: Tensor) -> list[Tensor | None]:
    dy, a, _ = op.inputs
    return [BATCH_MATMUL(a, t, **op.attrs), PRODUCT_IN_A(dy, a, t, **op.attrs), None]


def _adjoint_spec(goal: TensorSpec, *factors: TensorSpec) -> TensorSpec:
    return TensorSpec(
        goal.shape, None if any(x.dtype is None for x in factors) else factors[0].dtype
    )


# Ours: the gradients of a product in its operands; of the one it is the gradient in, only the shape
# matters. TensorFlow computes the axes to sum over in the graph, and has no vectors here.
PRODUCT_IN_A = OpDef(
    "ProductInA",
    operands=("dy: numeric", "a", "b: numeric"),
    compute=_in_a_compute,
    grad=_in_a_grad,
    infer=lambda dy, a, b, *, adj_x, adj_y: _adjoint_spec(a, dy, b),
)
PRODUCT_IN_B = OpDef(
    "ProductInB",
    operands=("dy: numeric", "a: numeric", "b"),
    compute=_in_b_compute,
    grad=_in_b_grad,
    infer=lambda dy, a, b, *, adj_x, adj_y: _adjoint_spec(b, dy, a),
)


def _batch_matmul_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    a, b = op.inputs
    return [PRODUCT_IN_A(dy, a, b, **op.attrs), PRODUCT_IN_B(dy, a, b, **op.attrs)]


BATCH_MATMUL = OpDef(
    "BatchMatMulV2",
    operands=("a: numeric", "b: numeric"),
    check=lambda a, b, *, adj_x, adj_y: _check_product(a, b, adj_x, adj_y),
    compute=lambda xp, a, b, *, adj_x, adj_y: xp.matmul(
        _flipped(xp, a, adj_x), _flipped(xp, b, adj_y)
    ),
    grad=_batch_matmul_grad,
)


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of two matrices, or of each two in batches of matrices.

    TensorFlow: tf.matmul. Ours takes vectors too: a row on the left, a column on the right, whose
    axis the result does not have.

    Args:
        a: number tensor [..., n, k], or [k].
        b: tensor [..., k, m] of the same type, or [k]; the axes in front broadcast.
        transpose_a, transpose_b: whether the last two axes change places first.
        adjoint_a, adjoint_b: whether they do and the elements are conjugated.
        a_is_sparse, b_is_sparse, grad_a, grad_b: accepted, without effect.
        output_type: element type to compute in; None: that of `a` and `b`.
        name: name of the node.

    Returns:
        Tensor [..., n, m], without the axis that a vector has not.

    Raises:
        ShapeError: `a` has not as many columns as `b` has rows, or one is a scalar.
        DTypeError: the types differ.
        ValueError: transposed and adjoint were both asked for.

    Gradient: dy bᵀ and aᵀ dy, summed over axes that were broadcast.
    """
    if transpose_a and adjoint_a or transpose_b and adjoint_b:
        raise ValueError(
            "an operand of matmul can be transposed or adjoint, not both: the adjoint is transposed"
        )
    if output_type is not None:
        a, b = cast(a, output_type), cast(b, output_type)
    name = name or "MatMul"
    if static_rank(a) == static_rank(b) == 2:
        a, b = conj(a) if adjoint_a else a, conj(b) if adjoint_b else b
        return MATMUL(
            a,
            b,
            transpose_a=transpose_a or adjoint_a,
            transpose_b=transpose_b or adjoint_b,
            name=name,
        )
    # As in TensorFlow, this one knows adjoint matrices only; of real ones these are the transposed.
    a, b = conj(a) if transpose_a else a, conj(b) if transpose_b else b
    return BATCH_MATMUL(
        a, b, adj_x=transpose_a or adjoint_a, adj_y=transpose_b or adjoint_b, name=name
    )
