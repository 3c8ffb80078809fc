"""Adam: momentum in units of the recent size of the gradient, both without their first bias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.graph import Operation, Tensor, get_default_graph
from tensorslow.ops.casting import cast_like
from tensorslow.ops.elementwise import multiply
from tensorslow.ops.group import group
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.optimizer_updates import APPLY_ADAM
from tensorslow.ops.shape import shape
from tensorslow.ops.variable import Variable
from tensorslow.train.duplicates import sums_duplicates
from tensorslow.train.hyperparameters import as_parameter, hyperparameter
from tensorslow.train.optimizer import Optimizer


class AdamOptimizer(Optimizer):
    """m ← mean of past gradients, v ← of their squares; w ← w − rate · m / (√v + epsilon).

    TensorFlow: tf.train.AdamOptimizer. Paper: Kingma and Ba (2015), in the form at the end of
    section 2: rate = learning_rate · √(1 − beta2ᵗ) / (1 − beta1ᵗ) in step t. For a gradient of
        `gather`, too, all rows
    move: where there is no gradient, it is 0.

    Args:
        learning_rate: number, scalar tensor, or a function that gives one.
        beta1, beta2: how much of the past the two means keep in each step, given likewise.
        epsilon: what keeps the root from being 0, given likewise.
        use_locking: accepted, without effect.
        name: name of the operation that makes a step, and suffix of the slots.

    Slots: "m", "v"; beside them the variables beta1_power and beta2_power.

    Raises:
        ValueError: a number is nan or infinite.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = hyperparameter("learning_rate", learning_rate)
        self._beta1 = hyperparameter("beta1", beta1)
        self._beta2 = hyperparameter("beta2", beta2)
        self._epsilon = hyperparameter("epsilon", epsilon)

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        """The variables with beta1ᵗ and beta2ᵗ for the step t that comes next."""
        return self._get_non_slot_variable("beta1_power"), self._get_non_slot_variable(
            "beta2_power"
        )

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        first = min(var_list, key=lambda var: var.name)
        self._create_non_slot_variable(self._beta1, "beta1_power", first)
        self._create_non_slot_variable(self._beta2, "beta2_power", first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self) -> None:
        self._lr_t = as_parameter("learning_rate", self._lr)
        self._beta1_t = as_parameter("beta1", self._beta1)
        self._beta2_t = as_parameter("beta2", self._beta2)
        self._epsilon_t = as_parameter("epsilon", self._epsilon)

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        slots = [self.get_slot(var, "m"), self.get_slot(var, "v")]
        numbers = (
            *self._get_beta_accumulators(),
            self._lr_t,
            self._beta1_t,
            self._beta2_t,
            self._epsilon_t,
        )
        return APPLY_ADAM.node(
            var, *slots, *[cast_like(x, var) for x in numbers], grad, use_nesterov=False
        )

    @sums_duplicates
    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        # TensorFlow assigns the decayed slots, adds the rows, and then moves everything: in effect
        # this.
        return self._apply_dense(
            IndexedSlices(grad.values, grad.indices, shape(var)).to_tensor(), var
        )

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Operation:
        with get_default_graph().control_dependencies(update_ops):
            beta1_power, beta2_power = self._get_beta_accumulators()
            powers = [
                beta1_power.assign(multiply(beta1_power, self._beta1_t, name="mul")),
                beta2_power.assign(multiply(beta2_power, self._beta2_t, name="mul")),
            ]
        return group(*update_ops, *powers, name=name_scope)
