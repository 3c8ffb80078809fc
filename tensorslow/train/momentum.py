"""Momentum: gradient descent that keeps some of its speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.ops.casting import cast_like
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.optimizer_updates import APPLY_MOMENTUM, SPARSE_APPLY_MOMENTUM
from tensorslow.ops.variable import Variable
from tensorslow.train.duplicates import sums_duplicates
from tensorslow.train.hyperparameters import as_parameter, hyperparameter
from tensorslow.train.optimizer import Optimizer


class MomentumOptimizer(Optimizer):
    """accumulation ← momentum · accumulation + gradient; w ← w − learning_rate · accumulation.

    TensorFlow: tf.train.MomentumOptimizer. A row without a gradient (of `gather`) keeps its speed
    and place.

    Args:
        learning_rate, momentum: number, scalar tensor, or a function that gives one.
        use_locking: accepted, without effect.
        name: name of the operation that makes a step, and suffix of the slots.
        use_nesterov: whether the step is that of Sutskever et al. (2013), in TensorFlow's form.

    Slots: "momentum".

    Raises:
        ValueError: a number is nan or infinite.
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = hyperparameter("learning_rate", learning_rate)
        self._momentum = hyperparameter("momentum", momentum)
        self._use_nesterov = bool(use_nesterov)

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = as_parameter("learning_rate", self._learning_rate)
        self._momentum_tensor = as_parameter("momentum", self._momentum)

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        lr, momentum = (
            cast_like(self._learning_rate_tensor, var),
            cast_like(self._momentum_tensor, var),
        )
        slot = self.get_slot(var, "momentum")
        return APPLY_MOMENTUM.node(var, slot, lr, grad, momentum, use_nesterov=self._use_nesterov)

    @sums_duplicates
    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        lr, momentum = (
            cast_like(self._learning_rate_tensor, var),
            cast_like(self._momentum_tensor, var),
        )
        slot = self.get_slot(var, "momentum")
        return SPARSE_APPLY_MOMENTUM.node(
            var, slot, lr, grad.values, grad.indices, momentum, use_nesterov=self._use_nesterov
        )
