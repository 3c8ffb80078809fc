"""Adagrad: a learning rate for each element, smaller where its gradients were larger so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.errors import GraphError
from tensorslow.graph import Operation, Tensor
from tensorslow.ops.casting import cast_like
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.optimizer_updates import APPLY_ADAGRAD, SPARSE_APPLY_ADAGRAD
from tensorslow.ops.variable import Variable
from tensorslow.train.duplicates import sums_duplicates
from tensorslow.train.hyperparameters import as_parameter, hyperparameter
from tensorslow.train.optimizer import Optimizer


class AdagradOptimizer(Optimizer):
    """accumulator ← accumulator + gradient²; w ← w − learning_rate · gradient / √accumulator.

    TensorFlow: tf.train.AdagradOptimizer. Paper: Duchi et al. (2011), the diagonal form.

    Args:
        learning_rate: number, scalar tensor, or a function that gives one.
        initial_accumulator_value: where the accumulators begin; positive.
        use_locking: accepted, without effect.
        name: name of the operation that makes a step, and suffix of the slots.

    Slots: "accumulator".

    Raises:
        ValueError: the learning rate is nan or infinite, or the accumulators would not be positive.
    """

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0:
            raise GraphError(
                f"initial_accumulator_value must be positive, not {initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = hyperparameter("learning_rate", learning_rate)
        self._initial_accumulator_value = hyperparameter(
            "initial_accumulator_value", initial_accumulator_value
        )

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            self._filled_slot(
                var, float(self._initial_accumulator_value), "accumulator", self._name
            )

    def _prepare(self) -> None:
        self._learning_rate_tensor = as_parameter("learning_rate", self._learning_rate)

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        slot = self.get_slot(var, "accumulator")
        return APPLY_ADAGRAD.node(var, slot, cast_like(self._learning_rate_tensor, var), grad)

    @sums_duplicates
    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        slot = self.get_slot(var, "accumulator")
        lr = cast_like(self._learning_rate_tensor, var)
        return SPARSE_APPLY_ADAGRAD.node(var, slot, lr, grad.values, grad.indices)
