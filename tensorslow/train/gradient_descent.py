"""Gradient descent: against the gradient, as far as the learning rate says."""

from __future__ import annotations

from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.ops.casting import cast_like
from tensorslow.ops.elementwise import multiply
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.optimizer_updates import APPLY_GRADIENT_DESCENT, SCATTER_SUB
from tensorslow.ops.variable import Variable
from tensorslow.train.duplicates import sums_duplicates
from tensorslow.train.hyperparameters import as_parameter, hyperparameter
from tensorslow.train.optimizer import Optimizer


class GradientDescentOptimizer(Optimizer):
    """w ← w − learning_rate · gradient.

    TensorFlow: tf.train.GradientDescentOptimizer.

    Args:
        learning_rate: number, scalar tensor, or a function that gives one.
        use_locking: accepted, without effect.
        name: name of the operation that makes a step.

    Raises:
        ValueError: the learning rate is nan or infinite.
    """

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = hyperparameter("learning_rate", learning_rate)

    def _prepare(self) -> None:
        self._learning_rate_tensor = as_parameter("learning_rate", self._learning_rate)

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        return APPLY_GRADIENT_DESCENT.node(var, cast_like(self._learning_rate_tensor, var), grad)

    @sums_duplicates
    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        change = multiply(grad.values, cast_like(self._learning_rate_tensor, var), name="mul")
        return SCATTER_SUB.node(var, grad.indices, change)
