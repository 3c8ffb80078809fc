"""Variables, and the operations that change them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Graph, Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.shapes import Shape, compatible, show

VARIABLE = OpDef("VariableV2", infer=lambda *, shape, dtype: TensorSpec(shape, dtype), grad=not_differentiable)


def _assign_check(ref: TensorSpec, value: TensorSpec, *, dtype: Any) -> None:
    if not compatible(ref.shape, value.shape):
        raise ShapeError(f"the variable has shape {show(ref.shape)}, the value {show(value.shape)}")


ASSIGN = OpDef(
    "Assign",
    operands=("ref: T", "value: T"),
    check=_assign_check,
    compute=lambda xp, ref, value, *, dtype: xp.cast(value, dtype),
    updates=("ref",),
    overwrites=True,
)
ASSIGN_ADD = OpDef(
    "AssignAdd",
    operands=("ref: numeric", "value: numeric"),
    compute=lambda xp, ref, value: xp.cast(xp.add(ref, value), ref.dtype),
    updates=("ref",),
)
