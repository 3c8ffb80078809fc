"""conj: complex numbers mirrored at the real axis."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, as_tensor

CONJ = OpDef(
    "Conj",
    operands=("input: numeric",),
    compute=lambda xp, x: xp.conj(x),
    grad=lambda op, dy: [conj(dy)],
)


def conj(x: Any, name: str | None = None) -> Tensor:
    """The complex conjugate; of a real number, itself. TensorFlow: tf.conj. Gradient: of dy."""
    tensor = as_tensor(x)
    if tensor.dtype is not None and not tensor.dtype.is_complex:
        return tensor
    return CONJ(tensor, name=name)
