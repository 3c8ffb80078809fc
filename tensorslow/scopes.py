"""What surrounds the making of nodes: name scopes and control dependencies of the default graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from tensorslow.graph import Tensor, get_default_graph


class name_scope:  # noqa: N801 - TensorFlow's name
    """Puts a name in front of the names of nodes made inside. TensorFlow: tf.name_scope.

    Args:
        name: the scope's name, or None.
        default_name: the name where `name` is None.
        values: tensors that will be used inside; the first decides the graph.

    As a `with` block it gives the scope's full name with a slash, which opens it again later.
    """

    def __init__(
        self, name: str | None, default_name: str | None = None, values: Sequence[Any] | None = None
    ):
        if name is None and values is not None and default_name is None:
            raise ValueError("name_scope needs a name or a default_name")
        self._name = default_name if name is None else name
        self._values = values or ()
        self._stack = ExitStack()

    @property
    def name(self) -> str | None:
        """The name that was asked for."""
        return self._name

    def __enter__(self) -> str:
        graph = get_default_graph()
        for value in self._values:
            if isinstance(value, Tensor) and not graph.can_capture(value):
                graph = value.graph
                self._stack.enter_context(graph.as_default())
                break
        return self._stack.enter_context(graph.name_scope(self._name))

    def __exit__(self, *exc: object) -> None:
        self._stack.close()


def control_dependencies(control_inputs: Iterable[Any] | None) -> AbstractContextManager[None]:
    """Nodes made inside run after all of these. TensorFlow: tf.control_dependencies."""
    return get_default_graph().control_dependencies(control_inputs)


def device(device_name_or_function: Any) -> AbstractContextManager[None]:
    """Accepted and without effect: a session's engine decides where its graph runs. TensorFlow:
    tf.device.
    """
    return get_default_graph().device(device_name_or_function)


def colocate_with(op: Any, ignore_existing: bool = False) -> AbstractContextManager[None]:
    """Accepted and without effect, as `device`. TensorFlow: tf.colocate_with."""
    return get_default_graph().colocate_with(op, ignore_existing)
