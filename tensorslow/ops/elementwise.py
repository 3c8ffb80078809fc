"""Sums, differences and products, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import ZEROS_LIKE, OpDef, as_tensor, not_differentiable
from tensorslow.ops.broadcast import sum_to
from tensorslow.ops.casting import cast
from tensorslow.ops.identity import identity
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.shapes import Shape, merge
from tensorslow.tensor_shape import as_shape


def _add_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(dy, x), sum_to(dy, y)]


ADD = OpDef(
    "AddV2", operands=("x: T", "y: T"), compute=lambda xp, x, y: xp.add(x, y), grad=_add_grad
)


def add(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x + y, element by element, with broadcasting.

    TensorFlow: tf.add.

    Args:
        x: number tensor.
        y: tensor of the same type.
        name: name of the node.

    Returns:
        Tensor of the broadcast shape.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: (dy, dy), each summed to the shape of its operand.
    """
    return ADD(x, y, name=name or "Add")


def _subtract_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(dy, x), sum_to(negative(dy), y)]


SUB = OpDef(
    "Sub",
    operands=("x: numeric", "y: numeric"),
    compute=lambda xp, x, y: xp.subtract(x, y),
    grad=_subtract_grad,
)


def subtract(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x - y, with broadcasting.

    TensorFlow: tf.subtract.

    Raises:
        ShapeError, DTypeError: as `add`.

    Gradient: (dy, -dy).
    """
    return SUB(x, y, name=name)


def _multiply_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    x, y = op.inputs
    return [sum_to(multiply(dy, y), x), sum_to(multiply(x, dy), y)]


MUL = OpDef(
    "Mul",
    operands=("x: numeric", "y: numeric"),
    compute=lambda xp, x, y: xp.multiply(x, y),
    grad=_multiply_grad,
)


def multiply(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x · y, with broadcasting.

    TensorFlow: tf.multiply.

    Raises:
        ShapeError, DTypeError: as `add`.

    Gradient: (dy · y, x · dy).
    """
    return MUL(x, y, name=name)


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Tensor | IndexedSlices:
    """A number times a tensor, or times the rows of `IndexedSlices`.

    TensorFlow: tf.scalar_mul.

    Raises:
        ShapeError: `scalar` has axes.
    """
    factor = as_tensor(
        scalar, x.values.spec.dtype if isinstance(x, IndexedSlices) else as_tensor(x).spec.dtype
    )
    if factor.spec.shape not in ((), None):
        raise ShapeError(
            f"scalar_mul takes a number, not shape {factor.shape}", hint="use multiply"
        )
    if isinstance(x, IndexedSlices):
        return x.with_values(multiply(factor, x.values, name))
    return multiply(factor, x, name)


NEG = OpDef(
    "Neg",
    operands=("x: numeric",),
    compute=lambda xp, x: xp.negative(x),
    grad=lambda op, dy: [negative(dy)],
)


def negative(x: Any, name: str | None = None) -> Tensor:
    """-x. TensorFlow: tf.negative. Gradient: -dy."""
    return NEG(x, name=name)


def _add_n_check(inputs: Sequence[TensorSpec]) -> None:
    shape: Shape = None
    for x in inputs:
        shape = merge(shape, x.shape)


def _add_n_compute(xp: Any, inputs: Sequence[Any]) -> Any:
    total = inputs[0]
    for x in inputs[1:]:
        total = xp.add(total, x)
    return total


ADD_N = OpDef(
    "AddN",
    operands=("inputs*: numeric",),
    check=_add_n_check,
    compute=_add_n_compute,
    grad=lambda op, dy: [dy] * len(op.inputs),
)


def add_n(inputs: Sequence[Any], name: str | None = None) -> Tensor:
    """The sum of tensors of one shape and type.

    TensorFlow: tf.add_n.

    Args:
        inputs: list of tensors; `IndexedSlices` among them count as the arrays they stand for.
        name: name of the node.

    Raises:
        ValueError: the list is empty, or is no list.
        ShapeError, DTypeError: shapes or types differ.

    Gradient: dy for each.
    """
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError("add_n takes a list of at least one tensor")
    if len(inputs) == 1:
        return as_tensor(inputs[0]) if name is None else identity(inputs[0], name)
    return ADD_N(inputs, name=name)


def accumulate_n(
    inputs: Sequence[Any], shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Tensor:
    """The sum of tensors of one shape and type, as `add_n`.

    TensorFlow: tf.accumulate_n.

    Args:
        inputs: list of tensors.
        shape: the shape that they have, or None.
        tensor_dtype: the type that they have, or None.
        name: name of the node.

    Raises:
        ShapeError, DTypeError: they have another shape or type.
    """
    total = add_n(inputs, name)
    if tensor_dtype is not None and total.dtype is not None and total.dtype != tensor_dtype:
        raise DTypeError(f"tensor_dtype is {tensor_dtype}, the inputs are {total.dtype.name}")
    if shape is not None:
        total.set_shape(as_shape(shape))
    return total


def zeros_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Zeros (False for bool) in the shape of a tensor.

    TensorFlow: tf.zeros_like.

    Args:
        tensor: what gives the shape, known or not, and the type.
        dtype: another type, or None.
        name: name of the node.
        optimize: accepted, without effect.

    Gradient: none.
    """
    return _filled(ZEROS_LIKE, tensor, dtype, name or "zeros_like")


ONES_LIKE = OpDef(
    "OnesLike",
    operands=("x: T",),
    compute=lambda xp, x: xp.broadcast_like(xp.full((), 1, x.dtype), x),
    grad=not_differentiable,
)


def ones_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Ones (True for bool) in the shape of a tensor. TensorFlow: tf.ones_like. As `zeros_like`."""
    return _filled(ONES_LIKE, tensor, dtype, name or "ones_like")


def _filled(opdef: OpDef, tensor: Any, dtype: Any, name: str) -> Tensor:
    tensor = as_tensor(tensor)
    if dtype is None or tensor.dtype == dtype:
        return opdef(tensor, name=name)
    return cast(opdef(tensor), dtype, name)
