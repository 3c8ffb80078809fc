"""Python's operators on tensors: `x + y` makes the node that `add` makes, named "add"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorslow.graph import Tensor
from tensorslow.ops.comparison import greater, greater_equal, less, less_equal
from tensorslow.ops.division import div, floordiv, floormod, truediv
from tensorslow.ops.elementwise import add, multiply, negative, subtract
from tensorslow.ops.indexing import getitem
from tensorslow.ops.logical import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    invert,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
)
from tensorslow.ops.matmul import matmul
from tensorslow.ops.powers import pow
from tensorslow.ops.rounding import abs
from tensorslow.scopes import name_scope

Binary = Callable[[Any, Any], Any]


def _is_bool(*operands: Any) -> bool:
    return any(isinstance(x, Tensor) and x.dtype is not None and x.dtype.is_bool for x in operands)


def _and(x: Any, y: Any, name: str) -> Tensor:
    return logical_and(x, y, name) if _is_bool(x, y) else bitwise_and(x, y, name)


def _or(x: Any, y: Any, name: str) -> Tensor:
    return logical_or(x, y, name) if _is_bool(x, y) else bitwise_or(x, y, name)


def _xor(x: Any, y: Any, name: str) -> Tensor:
    if not _is_bool(x, y):
        return bitwise_xor(x, y, name)
    with name_scope(None, name, [x, y]) as scope:
        return logical_xor(x, y, scope)


def _not(x: Tensor) -> Tensor:
    return logical_not(x) if _is_bool(x) else invert(x)


def _both_ways(function: Callable[..., Any], name: str) -> tuple[Binary, Binary]:
    """The operator and its reflected form, for nodes of that name."""
    return lambda x, y: function(x, y, name), lambda y, x: function(x, y, name)


def install(tensor: Any) -> None:
    """Gives the class of tensors its operators.

    `==` stays what it is for every object, the question whether two are one and the same: so
    tensors can be keys of a dictionary, and TensorFlow 1 has it no other way.
    """
    tensor.__add__, tensor.__radd__ = _both_ways(add, "add")
    tensor.__sub__, tensor.__rsub__ = _both_ways(subtract, "sub")
    tensor.__mul__, tensor.__rmul__ = _both_ways(multiply, "mul")
    # Python 2's; some programs call it by name.
    tensor.__div__, tensor.__rdiv__ = _both_ways(div, "div")
    tensor.__truediv__, tensor.__rtruediv__ = _both_ways(truediv, "truediv")
    tensor.__floordiv__, tensor.__rfloordiv__ = _both_ways(floordiv, "floordiv")
    tensor.__mod__, tensor.__rmod__ = _both_ways(floormod, "mod")
    tensor.__pow__, tensor.__rpow__ = _both_ways(pow, "pow")
    tensor.__matmul__, tensor.__rmatmul__ = _both_ways(_matmul, "matmul")
    tensor.__and__, tensor.__rand__ = _both_ways(_and, "and")
    tensor.__or__, tensor.__ror__ = _both_ways(_or, "or")
    tensor.__xor__, tensor.__rxor__ = _both_ways(_xor, "xor")
    tensor.__lt__, tensor.__le__ = less, less_equal
    tensor.__gt__, tensor.__ge__ = greater, greater_equal
    tensor.__neg__, tensor.__abs__, tensor.__invert__ = negative, abs, _not
    tensor.__getitem__ = getitem


def _matmul(x: Any, y: Any, name: str) -> Tensor:
    return matmul(x, y, name=name)
