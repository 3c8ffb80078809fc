"""RMSProp: steps in units of the recent size of the gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.ops.casting import cast_like
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.optimizer_updates import (
    APPLY_CENTERED_RMS_PROP,
    APPLY_RMS_PROP,
    SPARSE_APPLY_CENTERED_RMS_PROP,
    SPARSE_APPLY_RMS_PROP,
)
from tensorslow.ops.variable import Variable
from tensorslow.train.duplicates import sums_duplicates
from tensorslow.train.hyperparameters import as_parameter, hyperparameter
from tensorslow.train.optimizer import Optimizer


class RMSPropOptimizer(Optimizer):
    """rms ← mean of gradient²; w ← w − learning_rate · gradient / √(rms + epsilon), with momentum.

    TensorFlow: tf.train.RMSPropOptimizer, whose mean of squares begins at 1. Rows without a
    gradient (of `gather`) stay as they are, and so do their slots.

    Args:
        learning_rate: number, scalar tensor, or a function that gives one.
        decay: how much of the past the mean keeps in each step, given likewise.
        momentum: how much of its speed a step keeps, given likewise.
        epsilon: what keeps the root from being 0, given likewise.
        use_locking: accepted, without effect.
        centered: whether the variance stands for the mean of squares.
        name: name of the operation that makes a step, and suffix of the slots.

    Slots: "rms", "momentum", and "mg" (the mean gradient) if `centered`.

    Raises:
        ValueError: a number is nan or infinite.
    """

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = hyperparameter("learning_rate", learning_rate)
        self._decay = hyperparameter("decay", decay)
        self._momentum = hyperparameter("momentum", momentum)
        self._epsilon = hyperparameter("epsilon", epsilon)
        self._centered = bool(centered)

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            self._filled_slot(var, 1, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = as_parameter("learning_rate", self._learning_rate)
        self._decay_tensor = as_parameter("decay", self._decay)
        self._momentum_tensor = as_parameter("momentum", self._momentum)
        self._epsilon_tensor = as_parameter("epsilon", self._epsilon)

    def _state(self, var: Variable) -> list[Any]:
        """What the operation reads beside the gradient, in its order."""
        names = ("mg", "rms", "momentum") if self._centered else ("rms", "momentum")
        slots = [self.get_slot(var, name) for name in names]
        numbers = (
            self._learning_rate_tensor,
            self._decay_tensor,
            self._momentum_tensor,
            self._epsilon_tensor,
        )
        return [var, *slots, *[cast_like(number, var) for number in numbers]]

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        update = APPLY_CENTERED_RMS_PROP if self._centered else APPLY_RMS_PROP
        return update.node(*self._state(var), grad)

    @sums_duplicates
    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        update = SPARSE_APPLY_CENTERED_RMS_PROP if self._centered else SPARSE_APPLY_RMS_PROP
        return update.node(*self._state(var), grad.values, grad.indices)
