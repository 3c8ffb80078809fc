"""Changing the element type: by value (cast) and by bytes (bitcast)."""

from __future__ import annotations

from typing import Any

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import DTypeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor


def _cast_check(x: TensorSpec, *, DstT: Any) -> None:  # noqa: N803 - TensorFlow's attribute
    if x.dtype is not None and (x.dtype.kind == "O") != (DstT.kind == "O"):
        raise DTypeError(
            "text is not cast to numbers, nor numbers to text",
            hint="use string_to_number or as_string",
        )


def _cast_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    (x,) = op.inputs
    flows = op.attrs["DstT"].kind in "fc" and (x.spec.dtype is None or x.spec.dtype.kind in "fc")
    return [cast_like(dy, x) if flows else None]


def _cast_compute(xp: Any, x: Any, *, DstT: Any) -> Any:  # noqa: N803 - TensorFlow's attribute
    return xp.cast(x, DstT)


CAST = OpDef(
    "Cast",
    operands=("x: T",),
    check=_cast_check,
    compute=_cast_compute,
    grad=_cast_grad,
)


def cast(x: Any, dtype: Any, name: str | None = None) -> Tensor:
    """The elements in another type; the tensor itself when it has that type already.

    TensorFlow: tf.cast. Towards integers, fractions are cut off; what is not 0 becomes True.

    Args:
        x: number or bool tensor.
        dtype: the new type, in any spelling.
        name: name of the node.

    Raises:
        DTypeError: one of the types is string.

    Gradient: dy, in the type of `x`; none from or to integers.
    """
    tensor, goal = as_tensor(x), dtypes.as_dtype(dtype)
    if tensor.dtype is goal:
        return tensor
    return CAST(tensor, DstT=goal.numpy, name=name)


def _cast_like_compute(xp: Any, x: Any, like: Any) -> Any:
    # A gradient for integers fed without a declared type keeps its own: cut off it would be wrong.
    if like.dtype is not None and like.dtype.kind not in "fc":
        return x
    return xp.cast(x, like.dtype)


# Ours: Cast to a type that is not known before the run, for the gradients of untyped placeholders.
CAST_LIKE = OpDef(
    "CastLike",
    operands=("x", "like"),
    compute=_cast_like_compute,
    grad=lambda op, dy: [cast_like(dy, op.inputs[0]), None],
)


def cast_like(x: Tensor, like: Tensor) -> Tensor:
    """`x` in the type of `like`, known or not."""
    return CAST_LIKE(x, like) if like.dtype is None else cast(x, like.dtype)


def to_float(x: Any, name: str = "ToFloat") -> Tensor:
    """As float32. TensorFlow: tf.to_float."""
    return cast(x, dtypes.float32, name)


def to_double(x: Any, name: str = "ToDouble") -> Tensor:
    """As float64. TensorFlow: tf.to_double."""
    return cast(x, dtypes.float64, name)


def to_int32(x: Any, name: str = "ToInt32") -> Tensor:
    """As int32. TensorFlow: tf.to_int32."""
    return cast(x, dtypes.int32, name)


def to_int64(x: Any, name: str = "ToInt64") -> Tensor:
    """As int64. TensorFlow: tf.to_int64."""
    return cast(x, dtypes.int64, name)


def to_complex64(x: Any, name: str = "ToComplex64") -> Tensor:
    """As complex64. TensorFlow: tf.to_complex64."""
    return cast(x, dtypes.complex64, name)


def to_complex128(x: Any, name: str = "ToComplex128") -> Tensor:
    """As complex128. TensorFlow: tf.to_complex128."""
    return cast(x, dtypes.complex128, name)


# No gradient, as in TensorFlow: what the bytes mean afterwards has no slope.
BITCAST = OpDef(
    "Bitcast", operands=("input: T",), compute=lambda xp, x, *, type: xp.bitcast(x, type)
)


def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:
    """The same bytes read as another type.

    TensorFlow: tf.bitcast. Where the sizes differ, a new last axis holds the parts of an element,
    or the last axis is taken up.

    Raises:
        ShapeError: the last axis does not make up whole elements of the larger type.
    """
    return BITCAST(input, type=dtypes.to_numpy(type), name=name)
