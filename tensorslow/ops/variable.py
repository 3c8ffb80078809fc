"""Variables, and the operations that change them; the values are in the session (`state.State`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.collections import GraphKeys
from tensorslow.errors import DTypeError, GraphError, ShapeError
from tensorslow.graph import Graph, Operation, Tensor, default_session, get_default_graph
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.func_graph import FuncGraph, is_variable
from tensorslow.ops.group import group
from tensorslow.ops.identity import identity
from tensorslow.shapes import compatible, show
from tensorslow.tensor_shape import as_shape

VARIABLE = OpDef(
    "VariableV2",
    infer=lambda *, shape, dtype: TensorSpec(shape, dtype),
    grad=not_differentiable,
    variable=True,
)

# Ours. Counted among the writes (it writes what it finds), it comes after an initializer in the
# same run, and finds the same random numbers. TensorFlow: a cond between the initial value and a
# read.
INITIALIZED_VALUE = OpDef(
    "InitializedValue",
    operands=("ref: T",),
    compute=lambda xp, ref: ref,
    grad=lambda op, dy: [dy],
    updates=("ref",),
)


class Variable(Tensor):
    """A tensor whose value a session keeps from run to run.

    TensorFlow: tf.Variable. It is the output of its operation, so it stands wherever a tensor does;
    a use sees the value from before the run unless a dependency puts a write before it.

    Args:
        initial_value: tensor, array, number, list, or a function without arguments that gives one.
            The variable takes it when an initializer runs or, without one, on first use in a
            session.
        trainable: whether optimizers change it by default.
        collections: names of the collections it joins; None: the global variables.
        validate_shape: whether the initial value decides the shape; False: it may be of any.
        name: name of its operation.
        dtype: type that the initial value is converted to; None: its own.
        expected_shape, shape: the static shape, where the initial value leaves it open.
        constraint: function from a new value to the one to keep, applied after an optimizer's step.
        caching_device, variable_def, import_scope, use_resource, synchronization, aggregation:
        accepted, without effect.

    Raises:
        ValueError: there is no initial value.
    """

    __slots__ = ("_initial_value", "initializer", "trainable", "constraint", "_read")

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Sequence[Any] | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        if initial_value is None:
            raise GraphError("a variable needs an initial value", "ts.Variable(0.0), for example")
        self.trainable = True if trainable is None else bool(trainable)
        self.constraint = constraint
        graph = outermost(get_default_graph())
        with graph.as_default(), graph.control_dependencies(None):
            with graph.name_scope(name or "Variable") as scope:
                self._initial_value = _initial_tensor(initial_value, dtypes.to_numpy(dtype))
            spec = self._initial_value.spec
            sizes = as_shape(shape if shape is not None else expected_shape)
            if sizes is None and validate_shape:
                sizes = spec.shape
            op = VARIABLE.node(name=scope, shape=sizes, dtype=spec.dtype)
            super().__init__(op, 0, op.outputs[0].spec)
            op.outputs[0] = self
            self.initializer = ASSIGN(
                self, self._initial_value, name=f"{scope}Assign/", dtype=spec.dtype
            ).op
            self._read = identity(self, name=f"{scope}read/")
        keys = [GraphKeys.GLOBAL_VARIABLES] if collections is None else list(collections)
        if self.trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
            keys.append(GraphKeys.TRAINABLE_VARIABLES)
        graph.add_to_collections(keys, self)

    @property
    def initial_value(self) -> Tensor:
        """The tensor with its initial value."""
        return self._initial_value

    def initialized_value(self) -> Tensor:
        """Its value, or the one that it takes in the same run, for initial values that depend on
        it.
        """
        return INITIALIZED_VALUE(self, name="initialized_value")

    # A variable takes its session first, a tensor its feeds: so it is in TensorFlow.
    def eval(self, session: Any = None, feed_dict: Any = None) -> Any:  # type: ignore[override]
        """Its value in `session` or the default session."""
        return super().eval(feed_dict, session)

    def value(self) -> Tensor:
        """The variable as a plain tensor."""
        return self._read

    def read_value(self) -> Tensor:
        """Its value as of now: after the control dependencies in force here."""
        return identity(self, name="read")

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Tensor:
        """See `ts.assign`."""
        return assign(self, value, name=name)

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Tensor:
        """See `ts.assign_add`."""
        return assign_add(self, delta, name=name)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Tensor:
        """See `ts.assign_sub`."""
        return assign_sub(self, delta, name=name)

    def load(self, value: Any, session: Any = None) -> None:
        """Puts a value straight into a session."""
        (session or default_session()).run(self.initializer, {self._initial_value: value})

    def __repr__(self) -> str:
        dtype = "unknown" if self.dtype is None else self.dtype.name
        return f"<ts.Variable '{self.name}' shape={self.shape} dtype={dtype}>"


def outermost(graph: Graph) -> Graph:
    """The graph around all bodies: a variable lives there, wherever it is made."""
    while isinstance(graph, FuncGraph):
        graph = graph.outer
    return graph


def _initial_tensor(value: Any, dtype: Any) -> Tensor:
    if callable(value) and not isinstance(value, Tensor):
        value = value()
    if isinstance(value, Variable):
        value = identity(value)
    return as_tensor(value, dtype, name="initial_value")


def _assign_check(ref: TensorSpec, value: TensorSpec, *, dtype: Any) -> None:
    if not compatible(ref.shape, value.shape):
        raise ShapeError(
            f"the variable has shape {show(ref.shape)}, the value {show(value.shape)}",
            hint="a variable keeps its shape, unless made with validate_shape=False",
        )


ASSIGN = OpDef(
    "Assign",
    operands=("ref: T", "value: T"),
    check=_assign_check,
    compute=lambda xp, ref, value, *, dtype: xp.cast(value, dtype or value.dtype),
    updates=("ref",),
    overwrites=True,
)


def _update_check(ref: TensorSpec, value: TensorSpec) -> None:
    if not compatible(ref.shape, value.shape) and value.shape != ():
        raise ShapeError(
            f"the variable has shape {show(ref.shape)}, the change {show(value.shape)}"
        )


ASSIGN_ADD = OpDef(
    "AssignAdd",
    operands=("ref: numeric", "value: numeric"),
    check=_update_check,
    compute=lambda xp, ref, value: xp.cast(xp.add(ref, value), ref.dtype),
    updates=("ref",),
)
ASSIGN_SUB = OpDef(
    "AssignSub",
    operands=("ref: numeric", "value: numeric"),
    check=_update_check,
    compute=lambda xp, ref, value: xp.cast(xp.subtract(ref, value), ref.dtype),
    updates=("ref",),
)


def checked_variable(ref: Any) -> Tensor:
    """`ref`, if it is a variable or stands for one inside a body.

    Raises:
        DTypeError: it is something else, which cannot be written.
    """
    if isinstance(ref, Tensor) and (is_variable(ref) or ref.op.opdef.updates):
        return ref.op.inputs[0] if ref.op.opdef.updates else ref
    raise DTypeError(
        f"only a variable can be assigned to, not {ref!r}", hint="make it with ts.Variable"
    )


def _after(ref: Tensor) -> AbstractContextManager[None]:
    """Puts a write of `assign(…)`'s result after that assignment."""
    return get_default_graph().control_dependencies([ref] if ref.op.opdef.updates else [])


def assign(
    ref: Any,
    value: Any,
    validate_shape: bool | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> Tensor:
    """Gives a variable a new value, kept when the run succeeds.

    TensorFlow: tf.assign.

    Args:
        ref: a variable.
        value: tensor of its type and shape.
        validate_shape, use_locking: accepted; shapes are always checked, runs that write take
            turns.
        name: name of the node.

    Returns:
        The new value.

    Raises:
        ShapeError, DTypeError: the value does not fit the variable.
    """
    variable = checked_variable(ref)
    with _after(ref):
        return ASSIGN(variable, value, name=name, dtype=variable.spec.dtype)


def assign_add(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Tensor:
    """Adds to what the last write left in a variable. TensorFlow: tf.assign_add. Returns the new
    value.
    """
    variable = checked_variable(ref)
    with _after(ref):
        return ASSIGN_ADD(variable, value, name=name)


def assign_sub(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Tensor:
    """Subtracts from what the last write left in a variable. TensorFlow: tf.assign_sub. Returns the
    new value.
    """
    variable = checked_variable(ref)
    with _after(ref):
        return ASSIGN_SUB(variable, value, name=name)


def global_variables(scope: str | None = None) -> list[Variable]:
    """All variables of the default graph. TensorFlow: tf.global_variables."""
    return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Variable]:
    """The variables that optimizers change. TensorFlow: tf.trainable_variables."""
    return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def local_variables(scope: str | None = None) -> list[Variable]:
    """The variables of the local collection. TensorFlow: tf.local_variables."""
    return get_default_graph().get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def variables_initializer(var_list: Sequence[Variable], name: str = "init") -> Operation:
    """An operation that gives variables their initial values. TensorFlow:
    tf.variables_initializer.
    """
    return group(*[variable.initializer for variable in var_list], name=name)


def global_variables_initializer() -> Operation:
    """An operation that gives all variables their initial values. TensorFlow:
    tf.global_variables_initializer.
    """
    return variables_initializer(global_variables())


def local_variables_initializer() -> Operation:
    """An operation that gives the local variables their initial values. TensorFlow:
    tf.local_variables_initializer.
    """
    return variables_initializer(local_variables())
