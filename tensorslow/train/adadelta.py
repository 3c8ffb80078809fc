"""Adadelta: steps in the units of the variable, from the sizes of past gradients and past steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.ops.casting import cast_like
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.optimizer_updates import APPLY_ADADELTA, SPARSE_APPLY_ADADELTA
from tensorslow.ops.variable import Variable
from tensorslow.train.duplicates import sums_duplicates
from tensorslow.train.hyperparameters import as_parameter, hyperparameter
from tensorslow.train.optimizer import Optimizer


class AdadeltaOptimizer(Optimizer):
    """The gradient times the ratio of the past steps' size to the past gradients' size.

    TensorFlow: tf.train.AdadeltaOptimizer. Paper: Zeiler (2012), algorithm 1, whose learning rate
    is 1.

    Args:
        learning_rate: number, scalar tensor, or a function that gives one.
        rho: how much of the past the sizes keep in each step, given likewise.
        epsilon: what keeps both sizes from being 0, given likewise.
        use_locking: accepted, without effect.
        name: name of the operation that makes a step, and suffix of the slots.

    Slots: "accum" (of gradients), "accum_update" (of steps).

    Raises:
        ValueError: a number is nan or infinite.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = hyperparameter("learning_rate", learning_rate)
        self._rho = hyperparameter("rho", rho)
        self._epsilon = hyperparameter("epsilon", epsilon)

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _prepare(self) -> None:
        self._lr_t = as_parameter("lr", self._lr)
        self._rho_t = as_parameter("rho", self._rho)
        self._epsilon_t = as_parameter("epsilon", self._epsilon)

    def _state(self, var: Variable) -> list[Any]:
        """What the operation reads beside the gradient, in its order."""
        slots = [self.get_slot(var, "accum"), self.get_slot(var, "accum_update")]
        return [
            var,
            *slots,
            *[cast_like(x, var) for x in (self._lr_t, self._rho_t, self._epsilon_t)],
        ]

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        return APPLY_ADADELTA.node(*self._state(var), grad)

    @sums_duplicates
    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        return SPARSE_APPLY_ADADELTA.node(*self._state(var), grad.values, grad.indices)
