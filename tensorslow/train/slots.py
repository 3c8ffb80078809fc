"""Slots: the variables that an optimizer keeps beside those that it trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorslow.graph import Tensor
from tensorslow.ops.constant import LARGEST_CONSTANT, constant, fill, ones, zeros
from tensorslow.ops.elementwise import multiply, ones_like
from tensorslow.ops.variable import Variable, outermost
from tensorslow.shapes import is_known


def create_slot(primary: Tensor, initial_value: Callable[[], Any], name: str) -> Variable:
    """A variable named after `primary`: "w/Momentum".

    Args:
        primary: the variable (or tensor) that it belongs to.
        initial_value: makes the nodes of its initial value.
        name: the last part of its name.
    """
    graph = outermost(primary.graph)

    def initial() -> Any:
        with graph.name_scope("Initializer"):
            return initial_value()

    with graph.as_default(), graph.name_scope(None):
        scope = graph.unique_name(f"{primary.op.name}/{name}") + "/"
        return Variable(
            initial, trainable=False, validate_shape=is_known(primary.spec.shape), name=scope
        )


def filled(primary: Tensor, value: float) -> Callable[[], Tensor]:
    """An initial value for `create_slot`: one number, in the shape and type of `primary`.

    The nodes are named as TensorFlow does: "zeros" and "ones" for the integers 0 and 1, else
    "Const".
    """

    def initial() -> Tensor:
        shape, dtype = primary.spec.shape, primary.dtype
        if shape is None or dtype is None or not is_known(shape):
            # Of what shape and type it is, its first value will show.
            first = primary.initialized_value() if isinstance(primary, Variable) else primary
            return multiply(ones_like(first), value)
        if type(value) is int:
            return ones(shape, dtype) if value else zeros(shape, dtype)
        if np.prod(shape) < LARGEST_CONSTANT:
            return constant(value, dtype, shape)
        return fill(shape, constant(value, dtype))

    return initial
