"""Optimizer: from a loss to an operation that makes one step of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tensorslow import dtypes, nest
from tensorslow.collections import GraphKeys
from tensorslow.errors import GraphError
from tensorslow.gradients import gradients
from tensorslow.graph import Graph, Operation, Tensor, get_default_graph
from tensorslow.opdef import as_tensor
from tensorslow.ops.group import group
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.variable import Variable, assign_add, outermost
from tensorslow.train.duplicates import sum_duplicates
from tensorslow.train.hyperparameters import call_if_callable
from tensorslow.train.slots import create_slot, filled


class Optimizer:
    """What all optimizers share; the base class of a user's own.

    TensorFlow: tf.train.Optimizer. A subclass says how a variable changes in `_apply_dense`, and in
    `_apply_sparse` for gradients of `gather`; what it keeps beside a variable it makes in
    `_create_slots`, and what all variables need in `_prepare` and `_finish`:

        class Halving(ts.train.Optimizer):
            def __init__(self, name="Halving"):
                super().__init__(use_locking=False, name=name)

            def _apply_dense(self, grad, var):
                return ts.assign_sub(var, 0.5 * grad)

    All gradients of a step are computed from the values before it, whatever `gate_gradients` says.

    Args:
        use_locking: accepted: runs that write the same variable always take turns.
        name: scope of the nodes of a step, and suffix of the slots' names.

    Raises:
        ValueError: the name is empty.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("an optimizer needs a name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Any, Variable]] = {}
        self._non_slot_dict: dict[tuple[str, Graph], Variable] = {}

    def get_name(self) -> str:
        """The name that was given."""
        return self._name

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Operation:
        """An operation that makes one step towards a smaller loss.

        TensorFlow: Optimizer.minimize.

        Args:
            loss: floating tensor; of one with axes, the sum is minimized.
            global_step: variable that counts the steps; it grows by one when all others have
                changed.
            var_list: the variables to change; None: all trainable ones.
            gate_gradients, aggregation_method, colocate_gradients_with_ops: accepted, without
                effect.
            name: name of the operation; None: the optimizer's.
            grad_loss: gradient that arrives at the loss; None: ones.

        Raises:
            ValueError: the loss is no floating tensor, or depends on none of the variables.
            TypeError: something in `var_list` is no variable.
        """
        pairs = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        _check_some_gradient(pairs, f"{loss} depends on none of")
        return self.apply_gradients(pairs, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Variable]]:
        """The first half of `minimize`: the gradient of the loss for each variable.

        TensorFlow: Optimizer.compute_gradients. Arguments as `minimize`.

        Returns:
            A pair (gradient, variable) for each variable; the gradient is a tensor,
            `IndexedSlices` or None.

        Raises:
            ValueError: the loss is no floating tensor, or there are no variables.
            TypeError: something in `var_list` is no variable.
        """
        if gate_gradients not in (Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH):
            raise ValueError(
                f"gate_gradients must be GATE_NONE, GATE_OP or GATE_GRAPH, not {gate_gradients!r}"
            )
        loss = _checked_loss(call_if_callable(loss))
        self._assert_valid_dtypes([loss])
        if var_list is None:
            var_list = outermost(loss.graph).get_collection(GraphKeys.TRAINABLE_VARIABLES)
        variables = _checked_variables(var_list)
        found = gradients(loss, variables, grad_ys=None if grad_loss is None else [grad_loss])
        pairs = list(zip(found, variables, strict=True))
        self._assert_valid_dtypes(variable for grad, variable in pairs if grad is not None)
        return pairs

    def apply_gradients(
        self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None
    ) -> Operation:
        """The second half of `minimize`: an operation that changes variables by given gradients.

        TensorFlow: Optimizer.apply_gradients.

        Args:
            grads_and_vars: pairs (gradient, variable), as `compute_gradients` gives them; the
                gradient may be None, and the variable then stays as it is.
            global_step: variable that counts the steps.
            name: name of the operation; None: the optimizer's.

        Raises:
            ValueError: there are no variables, or none has a gradient.
            TypeError: a gradient is no tensor, or a variable no variable.
        """
        pairs = [_checked_pair(pair) for pair in grads_and_vars]
        if not pairs:
            raise GraphError("there are no variables to change")
        _check_some_gradient(pairs, "all are None, for")
        pairs = [(grad, variable) for grad, variable in pairs if grad is not None]
        variables = [variable for _, variable in pairs]
        graph = get_default_graph()
        if not graph.can_capture(variables[0]):
            graph = variables[0].graph
        with graph.as_default():
            self._create_slots(variables)
            with graph.name_scope(name or self._name) as scope:
                step = self._step(pairs, global_step, scope)
        operation: Operation = step.op if isinstance(step, Tensor) else step
        train_ops = graph.get_collection_ref(GraphKeys.TRAIN_OP)
        if operation not in train_ops:
            train_ops.append(operation)
        return operation

    def _step(self, pairs: Sequence[tuple[Any, Variable]], global_step: Any, scope: str) -> Any:
        """The operation for a whole step, made inside its scope."""
        self._prepare()
        updates = [self._update(grad, variable) for grad, variable in pairs]
        if global_step is None:
            return self._finish(updates, scope)
        with get_default_graph().control_dependencies([self._finish(updates, "update")]):
            return assign_add(global_step, 1, name=scope)

    def _update(self, grad: Any, variable: Variable) -> Any:
        """The change of one variable, and the constraint on its new value."""
        graph = get_default_graph()
        constraint = getattr(variable, "constraint", None)
        with graph.name_scope(f"update_{variable.op.name}"):
            if isinstance(grad, IndexedSlices):
                if constraint is not None:
                    name = variable.op.name
                    raise RuntimeError(f"{name!r} has a constraint: it cannot be changed by rows")
                return self._apply_sparse_duplicate_indices(grad, variable)
            update = self._apply_dense(grad, variable)
            if constraint is None:
                return update
            with graph.control_dependencies([update]):
                return variable.assign(constraint(variable))

    # Slots

    def get_slot(self, var: Any, name: str) -> Variable | None:
        """The slot of that name kept beside a variable, or None."""
        return self._slots.get(name, {}).get(_var_key(var))

    def get_slot_names(self) -> list[str]:
        """The names of all kinds of slots made so far, in order."""
        return sorted(self._slots)

    def variables(self) -> list[Variable]:
        """All variables that the optimizer itself has in the default graph, by name."""
        graph = outermost(get_default_graph())
        kept = [
            *self._non_slot_variables(),
            *[slot for slots in self._slots.values() for slot in slots.values()],
        ]
        return sorted((v for v in kept if v.graph is graph), key=lambda v: v.name)

    def _slot_dict(self, slot_name: str) -> dict[Any, Variable]:
        """By `_var_key`, the slots of one kind."""
        return self._slots.setdefault(slot_name, {})

    def _make_slot(
        self, var: Any, initial_value: Callable[[], Any], slot_name: str, op_name: str
    ) -> Variable:
        slots = self._slot_dict(slot_name)
        key = _var_key(var)
        if key not in slots:
            slots[key] = create_slot(var, initial_value, op_name)
        return slots[key]

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Variable:
        """The slot of that name; if need be a new one with the initial value `val`."""
        return self._make_slot(var, lambda: val, slot_name, op_name)

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Variable:
        """The slot of that name; a new one begins as `initializer(shape, dtype=dtype)`."""

        def initial() -> Any:
            return initializer(shape, dtype=dtype) if callable(initializer) else initializer

        return self._make_slot(var, initial, slot_name, op_name)

    def _filled_slot(self, var: Any, value: Any, slot_name: str, op_name: str) -> Variable:
        """The slot of that name; if need be a new one with `value` everywhere."""
        return self._make_slot(var, filled(var, value), slot_name, op_name)

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Variable:
        """The slot of that name; if need be a new one of zeros."""
        return self._filled_slot(var, 0, slot_name, op_name)

    def _create_non_slot_variable(
        self, initial_value: Any, name: str, colocate_with: Any
    ) -> Variable:
        """A variable beside no other one, such as Adam's beta1_power; one for each graph."""
        key = (name, outermost(colocate_with.graph))
        if key not in self._non_slot_dict:
            self._non_slot_dict[key] = Variable(initial_value, name=name, trainable=False)
        return self._non_slot_dict[key]

    def _get_non_slot_variable(self, name: str, graph: Graph | None = None) -> Variable | None:
        """The variable that `_create_non_slot_variable` made in that graph, or None."""
        return self._non_slot_dict.get((name, outermost(graph or get_default_graph())))

    def _non_slot_variables(self) -> list[Variable]:
        """All variables that belong to no other one."""
        return list(self._non_slot_dict.values())

    # What a subclass says

    def _valid_dtypes(self) -> set[dtypes.DType]:
        """The types that losses and variables may have."""
        return {dtypes.float16, dtypes.float32, dtypes.float64}

    def _assert_valid_dtypes(self, tensors: Iterable[Tensor]) -> None:
        """Raises GraphError for a tensor of another type; one not known yet may be any."""
        valid = self._valid_dtypes()
        for tensor in tensors:
            if tensor.dtype is not None and tensor.dtype not in valid:
                allowed = ", ".join(sorted(dtype.name for dtype in valid))
                what = f"{tensor.op.name!r} is {tensor.dtype.name}; an optimizer takes {allowed}"
                error = GraphError(what, hint="convert it with ts.cast(x, ts.float32)")
                raise error.locate("", [("tensor", tensor.describe())])

    def _call_if_callable(self, param: Any) -> Any:
        """What a hyperparameter that was given as a function returns; any other as it is."""
        return call_if_callable(param)

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        """Makes the slots of these variables."""

    def _prepare(self) -> None:
        """Makes the tensors that all variables share; called inside the scope of the step."""

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        """The change of a variable by a gradient of its shape: an operation or tensor."""
        return self._resource_apply_dense(grad, var)

    def _resource_apply_dense(self, grad: Tensor, handle: Variable) -> Any:
        """As `_apply_dense`, by the name it has where variables are resources."""
        raise NotImplementedError(f"{type(self).__name__} has no _apply_dense(self, grad, var)")

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Variable) -> Any:
        """The change by a gradient that may have several rows for one place."""
        if not getattr(self._apply_sparse, "sums_duplicates", False):
            grad = sum_duplicates(grad)
        return self._apply_sparse(grad, var)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        """The change by a gradient with some rows, each for another place."""
        return self._resource_apply_sparse(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad: Tensor, handle: Variable, indices: Tensor) -> Any:
        """As `_apply_sparse`, by the name it has where variables are resources."""
        raise NotImplementedError(f"{type(self).__name__} has no _apply_sparse(self, grad, var)")

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Operation:
        """The operation for the whole step, of that name."""
        return group(*update_ops, name=name_scope)


def _var_key(var: Any) -> Any:
    """By what slots are filed: the variable itself."""
    return var


def _check_some_gradient(pairs: Sequence[tuple[Any, Tensor]], what: str) -> None:
    if all(grad is None for grad, _ in pairs):
        names = ", ".join(repr(variable.op.name) for _, variable in pairs)
        raise GraphError(
            f"no gradients for any variable: {what} {names}",
            hint="no path, or one cut by stop_gradient, integers, or a function in steps",
        )


def _checked_loss(loss: Any) -> Tensor:
    if not isinstance(loss, (Tensor, Operation)):
        raise GraphError(
            f"the loss must be a tensor, not {loss!r}",
            hint="a function without `return` gives None",
        )
    return as_tensor(loss)


def _checked_variables(var_list: Any) -> list[Any]:
    variables = nest.flatten(var_list)
    if not variables:
        raise GraphError(
            "there are no variables to optimize",
            hint="make some with ts.Variable, or name them in var_list",
        )
    for variable in variables:
        if not isinstance(variable, Tensor):
            raise TypeError(f"only variables can be optimized, not {variable!r}")
    return variables


def _checked_pair(pair: Any) -> tuple[Any, Any]:
    """A (gradient, variable) pair; what can become a tensor does."""
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise TypeError(
            f"grads_and_vars must be a list of pairs (gradient, variable); one entry is {pair!r}"
        )
    grad, variable = pair
    if not isinstance(variable, Tensor) or variable.op.type != "VariableV2":
        raise TypeError(f"only a variable can be changed by a gradient, not {variable!r}")
    if grad is None or isinstance(grad, (Tensor, IndexedSlices)):
        return grad, variable
    return as_tensor(grad, variable.spec.dtype), variable
