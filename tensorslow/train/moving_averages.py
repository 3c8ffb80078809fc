"""Moving averages of variables, which often predict better than the variables' last values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow import dtypes
from tensorslow.collections import GraphKeys
from tensorslow.graph import Operation, Tensor, get_default_graph
from tensorslow.opdef import as_tensor
from tensorslow.ops.casting import cast, cast_like
from tensorslow.ops.constant import zeros
from tensorslow.ops.division import truediv
from tensorslow.ops.elementwise import add, multiply, subtract
from tensorslow.ops.group import group
from tensorslow.ops.powers import pow
from tensorslow.ops.selection import minimum
from tensorslow.ops.variable import Variable, assign_sub, outermost
from tensorslow.train.slots import create_slot, filled


class ExponentialMovingAverage:
    """Keeps an average of each variable's past values, in which older ones count less.

    TensorFlow: tf.train.ExponentialMovingAverage.

        average = ts.train.ExponentialMovingAverage(0.999)
        with ts.control_dependencies([train_step]):
            train_step = average.apply(ts.trainable_variables())
        ...
        session.run(average.average(w))

    Args:
        decay: how much of the average stays in each update: a number or scalar tensor, close to 1.
        num_updates: count of updates, by which the decay is smaller at first: at most
            (1 + num_updates) / (10 + num_updates).
        zero_debias: whether averages of tensors, which begin at 0, are freed of the bias of that
            beginning.
        name: suffix of the averages' names.
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Tensor, Variable] = {}
        self._debiased: dict[
            Variable, tuple[Variable, Variable]
        ] = {}  # the biased average, how often updated

    @property
    def name(self) -> str:
        """The name that was given."""
        return self._name

    def apply(self, var_list: Sequence[Tensor] | None = None) -> Operation:
        """An operation that takes the present values into the averages.

        average ← average − (1 − decay) · (average − value). What is averaged for the first time
        gets a variable for it, which begins at the variable's initial value, or at 0 for a tensor.

        Args:
            var_list: variables or tensors; None: all trainable variables.

        Raises:
            TypeError: one is not floating.
        """
        graph = get_default_graph()
        if var_list is None:
            var_list = outermost(graph).get_collection(GraphKeys.TRAINABLE_VARIABLES)
        for var in var_list:
            if var.dtype is not None and not var.dtype.is_floating:
                name = f"{var.op.name!r} ({var.dtype.name})"
                raise TypeError(f"only floating variables have moving averages, not {name}")
            if var not in self._averages:
                self._averages[var] = self._new_average(var)
        with graph.name_scope(self._name) as scope:
            decay = self._present_decay()
            updates = [self._update(self._averages[var], var, decay) for var in var_list]
            return group(*updates, name=scope)

    def _new_average(self, var: Tensor) -> Variable:
        if isinstance(var, Variable):
            average = create_slot(var, var.initialized_value, self._name)
            var.graph.add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
            return average
        average = create_slot(var, filled(var, 0), self._name)
        if self._zero_debias:
            steps = create_slot(average, lambda: zeros([], average.dtype), "local_step")
            self._debiased[average] = create_slot(average, filled(average, 0), "biased"), steps
        return average

    def _present_decay(self) -> Tensor:
        decay = as_tensor(self._decay, name="decay")
        if self._num_updates is None:
            return decay
        updates = cast(self._num_updates, dtypes.float32, name="num_updates")
        fraction = truediv(
            add(1.0, updates, name="add"), add(10.0, updates, name="add"), name="truediv"
        )
        return minimum(decay, fraction)

    def _update(self, average: Variable, value: Tensor, decay: Tensor) -> Tensor:
        with get_default_graph().name_scope("AssignMovingAvg") as scope:
            weight = cast_like(subtract(1.0, decay, name="sub"), average)
            if average not in self._debiased:
                change = multiply(subtract(average, value, name="sub"), weight, name="mul")
                return assign_sub(average, change, name=scope)
            # Kingma and Ba (2015), section 3: after t updates from 0, the weights sum to 1 −
            # decayᵗ.
            biased, steps = self._debiased[average]
            total = assign_sub(
                biased, multiply(subtract(biased, value, name="sub"), weight, name="mul")
            )
            weights = subtract(
                1.0, pow(subtract(1.0, weight, name="sub"), steps.assign_add(1.0)), name="sub"
            )
            return average.assign(truediv(total, weights, name="truediv"), name=scope)

    def average(self, var: Tensor) -> Variable | None:
        """The variable with the average of `var`; None if it has none."""
        return self._averages.get(var)

    def average_name(self, var: Tensor) -> str:
        """The name of the variable with the average of `var`, whether or not it exists yet."""
        if var in self._averages:
            return self._averages[var].op.name
        return var.graph.unique_name(f"{var.op.name}/{self._name}", mark_as_used=False)

    def variables_to_restore(
        self, moving_avg_variables: Sequence[Variable] | None = None
    ) -> dict[str, Variable]:
        """Each variable, by the name of what to restore it from: of its average, if it has one.

        Args:
            moving_avg_variables: which have averages; None: the trainable ones and those in the
                collection of averaged variables.
        """
        graph = outermost(get_default_graph())
        if moving_avg_variables is None:
            moving_avg_variables = [
                *graph.get_collection(GraphKeys.TRAINABLE_VARIABLES),
                *graph.get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES),
            ]
        averaged = dict.fromkeys(moving_avg_variables)
        names = {self.average_name(var): var for var in averaged}
        for var in graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
            if var not in averaged:
                names.setdefault(var.op.name, var)
        return names
