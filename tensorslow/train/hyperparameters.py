"""The numbers that steer an optimizer, checked when they are given or, if need be, in each run."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.arrays.literals import constant_array
from tensorslow.errors import GraphError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.identity import check_numerics
from tensorslow.shapes import show


def hyperparameter(name: str, value: Any) -> Any:
    """`value` itself: a finite number, a tensor, or a function that gives one of these.

    Raises:
        GraphError: it is a number, but nan or infinite, or more than one.
        DTypeError: it is no number at all.
    """
    if callable(value) or isinstance(value, (Tensor, Operation)):
        return value
    array = constant_array(value)
    if array.shape != () or array.dtype.kind not in "fiu":
        raise GraphError(f"{name} must be one number, not {value!r}")
    if not np.isfinite(array):
        raise GraphError(
            f"{name} must be finite, not {value!r}", hint="each step would make every variable nan"
        )
    return value


def as_parameter(name: str, value: Any) -> Tensor:
    """The tensor for a hyperparameter, inside the scope of an optimizer's step.

    A number becomes a constant. A tensor is checked in each run, since a variable that was made
    nan cannot be
    mended: the run fails, and nothing has changed.

    Raises:
        GraphError: it is nan or infinite, or no scalar.
    """
    value = hyperparameter(name, call_if_callable(value))
    if not isinstance(value, (Tensor, Operation)):
        return as_tensor(value, name=name)
    tensor = as_tensor(value)
    if tensor.spec.shape not in (None, ()):
        where = [(name, tensor.describe())]
        raise GraphError(f"{name} must be a scalar, not {show(tensor.spec.shape)}").locate(
            "", where
        )
    if tensor.spec.dtype is not None and tensor.spec.dtype.kind != "f":
        return tensor  # integers are finite
    if tensor.spec.value is not None:
        hyperparameter(name, tensor.spec.value[()])
        return tensor
    return check_numerics(tensor, f"{name} is not finite")


def call_if_callable(value: Any) -> Any:
    """What a function without arguments gives; anything else as it is."""
    return value() if callable(value) else value
