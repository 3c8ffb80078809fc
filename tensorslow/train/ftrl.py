"""FTRL: for linear models with so many weights that most should be exactly 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.errors import GraphError
from tensorslow.graph import Operation, Tensor
from tensorslow.ops.casting import cast_like
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.optimizer_updates import (
    APPLY_FTRL,
    APPLY_FTRL_V2,
    SPARSE_APPLY_FTRL,
    SPARSE_APPLY_FTRL_V2,
)
from tensorslow.ops.variable import Variable
from tensorslow.train.duplicates import sums_duplicates
from tensorslow.train.hyperparameters import as_parameter, hyperparameter
from tensorslow.train.optimizer import Optimizer


class FtrlOptimizer(Optimizer):
    """Follows the regularized leader: the weights that were best for all gradients so far.

    TensorFlow: tf.train.FtrlOptimizer. Paper: McMahan et al. (2013), algorithm 1.

    Args:
        learning_rate: number, scalar tensor, or a function that gives one.
        learning_rate_power: how the rates fall with the sum of squared gradients; −0.5 is its
            root, 0 not at all.
        initial_accumulator_value: where that sum begins; not negative.
        l1_regularization_strength: weights whose gradients do not sum to more than this are 0; not
            negative.
        l2_regularization_strength: how much all weights are drawn to 0; not negative.
        use_locking: accepted, without effect.
        name: name of the operation that makes a step, and suffix of the slots.
        accum_name, linear_name: suffixes of the slots, if others.
        l2_shrinkage_regularization_strength: the same as a part of the gradient; not negative.

    Slots: "accum" (of squared gradients), "linear".

    Raises:
        ValueError: a number is nan, infinite, or of the wrong sign.
    """

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(use_locking, name)
        if learning_rate_power > 0:
            raise GraphError(f"learning_rate_power must not be positive: {learning_rate_power}")
        self._learning_rate = hyperparameter("learning_rate", learning_rate)
        self._learning_rate_power = hyperparameter("learning_rate_power", learning_rate_power)
        self._initial_accumulator_value = _not_negative(
            "initial_accumulator_value", initial_accumulator_value
        )
        self._l1 = _not_negative("l1_regularization_strength", l1_regularization_strength)
        self._l2 = _not_negative("l2_regularization_strength", l2_regularization_strength)
        self._l2_shrinkage = _not_negative(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self._accum_name = accum_name or name
        self._linear_name = linear_name or name

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            self._filled_slot(
                var, float(self._initial_accumulator_value), "accum", self._accum_name
            )
            self._zeros_slot(var, "linear", self._linear_name)

    def _prepare(self) -> None:
        lr = as_parameter("learning_rate", self._learning_rate)
        l1 = as_parameter("l1_regularization_strength", self._l1)
        l2 = as_parameter("l2_regularization_strength", self._l2)
        shrinkage = as_parameter("l2_shrinkage_regularization_strength", self._l2_shrinkage)
        power = as_parameter("learning_rate_power", self._learning_rate_power)
        self._numbers = [lr, l1, l2, *([shrinkage] if self._l2_shrinkage else []), power]

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        update = APPLY_FTRL_V2 if self._l2_shrinkage else APPLY_FTRL
        slots = [self.get_slot(var, "accum"), self.get_slot(var, "linear")]
        return update.node(var, *slots, grad, *[cast_like(x, var) for x in self._numbers])

    @sums_duplicates
    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        update = SPARSE_APPLY_FTRL_V2 if self._l2_shrinkage else SPARSE_APPLY_FTRL
        slots = [self.get_slot(var, "accum"), self.get_slot(var, "linear")]
        return update.node(
            var, *slots, grad.values, grad.indices, *[cast_like(x, var) for x in self._numbers]
        )


def _not_negative(name: str, value: float) -> float:
    if hyperparameter(name, value) < 0:
        raise GraphError(f"{name} must not be negative: {value}")
    return value
