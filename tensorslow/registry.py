"""Gradients that users register, beside those that operations bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tensorslow.graph import Operation

_REGISTERED: dict[str, Callable[..., Any]] = {}
# Names of the users' own classes: what is registered for class Relu is not for TensorFlow's Relu.
user_types: set[str] = set()
F = TypeVar("F", bound=Callable[..., Any])


class RegisterGradient:
    """A decorator for the gradient of an operation type.

    TensorFlow: tf.RegisterGradient. For a type of the graph, or a name used in
    `gradient_override_map`, the function is `(op, *dys)` over tensors. For a subclass of
    `Operation` of the user's own it is `(op, grad)` over the NumPy values in `op.inputs`,
    `op.output` and `grad`. Registering a name again replaces it.

    Args:
        op_type: the name of the type or class.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError(f"the name of an operation type is a string, not {op_type!r}")
        self.op_type = op_type

    def __call__(self, function: F) -> F:
        """Registers the function, and gives it back."""
        _REGISTERED[self.op_type] = function
        return function


def lookup(op_type: str) -> Callable[..., Any] | None:
    """The function registered under that name, if any."""
    return _REGISTERED.get(op_type)


def registered_gradient(op: Operation) -> Callable[..., Any] | None:
    """The rule for one node: a user's, if there is one, else its OpDef's."""
    override = op.gradient_type
    if override in _REGISTERED and type(op) is Operation and override not in user_types:
        return _REGISTERED[override]
    rule: Callable[..., Any] | None = op.opdef.grad
    return rule
