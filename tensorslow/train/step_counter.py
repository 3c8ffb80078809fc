"""The global step: the variable in which a graph counts its steps of training."""

from __future__ import annotations

from typing import Any

from tensorslow import dtypes
from tensorslow.collections import GraphKeys
from tensorslow.graph import Graph, Tensor, get_default_graph
from tensorslow.ops.constant import zeros
from tensorslow.ops.variable import Variable, outermost
from tensorslow.shapes import is_known


def create_global_step(graph: Graph | None = None) -> Variable:
    """A new variable that counts steps.

    TensorFlow: tf.train.create_global_step. An int64 scalar named "global_step", in the collection
    of that name.

    Args:
        graph: where it is made; None: the default graph.

    Raises:
        ValueError: there is one already.
    """
    graph = outermost(graph or get_default_graph())
    if get_global_step(graph) is not None:
        raise ValueError(
            'the graph has a "global_step" already; get_or_create_global_step gives it'
        )

    def initial_value() -> Tensor:
        with graph.name_scope("Initializer"):
            return zeros([], dtypes.int64)

    keys = [GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP]
    with graph.as_default(), graph.name_scope(None):
        return Variable(
            initial_value, trainable=False, collections=keys, name=GraphKeys.GLOBAL_STEP
        )


def get_global_step(graph: Graph | None = None) -> Any:
    """The variable that counts steps, or None.

    TensorFlow: tf.train.get_global_step. It is the one in the collection "global_step", else that
    of this name.

    Raises:
        TypeError: it is no scalar integer.
        ValueError: the collection has several.
    """
    graph = outermost(graph or get_default_graph())
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) > 1:
        raise ValueError(
            f"the graph has {len(found)} global steps: {', '.join(step.name for step in found)}"
        )
    if not found:
        try:
            found = [graph.get_tensor_by_name(f"{GraphKeys.GLOBAL_STEP}:0")]
        except KeyError:
            return None
    assert_global_step(found[0])
    return found[0]


def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """The variable that counts steps; if need be a new one.

    TensorFlow: tf.train.get_or_create_global_step.
    """
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


def assert_global_step(global_step_tensor: Any) -> None:
    """Raises TypeError unless this is a scalar integer tensor.

    TensorFlow: tf.train.assert_global_step.
    """
    step = global_step_tensor
    if not isinstance(step, Tensor):
        raise TypeError(f'"global_step" must be a variable or tensor, not {step!r}')
    if step.dtype is not None and not step.dtype.is_integer:
        raise TypeError(f'"global_step" must be an integer, not {step.dtype.name}')
    if step.spec.shape != () and is_known(step.spec.shape):
        raise TypeError(f'"global_step" must be a scalar, not of shape {step.shape}')


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The number of steps so far, in that session. TensorFlow: tf.train.global_step."""
    return int(sess.run(global_step_tensor))
