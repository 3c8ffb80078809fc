"""The parts of a graph: operations, which are its nodes, and tensors, its edges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from tensorslow import dtypes, origin
from tensorslow.defaults import default_session, get_default_graph
from tensorslow.errors import GraphError
from tensorslow.tensor_shape import TensorShape, as_shape


class Consumers(list["Operation"]):
    """The operations that use a tensor: a list, which TensorFlow's programs call as a method."""

    def __call__(self) -> list[Operation]:
        """The operations, as TensorFlow gives them."""
        return list(self)


class Tensor:
    """One output of an operation: an edge of the graph, a promise of an array.

    TensorFlow: tf.Tensor. Arithmetic on it builds further nodes; `Session.run` gives its value.

    Attributes:
        op: the operation that computes it.
        value_index: which of the operation's outputs it is.
        spec: what is known of its value before anything runs (`arrays.spec.TensorSpec`).
        consumers: the operations that use it.
    """

    __slots__ = ("op", "value_index", "spec", "consumers", "__weakref__")
    __array_priority__ = 100  # so that `numpy_array + tensor` asks the tensor

    def __init__(self, op: Operation, value_index: int, spec: Any) -> None:
        self.op = op
        self.value_index = value_index
        self.spec = spec
        self.consumers = Consumers()

    @property
    def name(self) -> str:
        """TensorFlow's name for it: "MatMul_1:0"."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def graph(self) -> Any:
        """The graph it belongs to."""
        return self.op.graph

    @property
    def dtype(self) -> dtypes.DType | None:
        """The element type, or None when it depends on what is fed."""
        return None if self.spec.dtype is None else dtypes.from_numpy(self.spec.dtype)

    @property
    def shape(self) -> TensorShape:
        """The static shape: what is known of the sizes now."""
        return TensorShape(self.spec.shape)

    def get_shape(self) -> TensorShape:
        """The static shape, as older programs ask for it."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Adds what the caller knows of the shape to what is known already.

        Raises:
            ShapeError: the two contradict each other.
        """
        self.spec = self.spec.with_shape(as_shape(shape))

    @property
    def device(self) -> str:
        """Always empty: an engine runs the whole graph in one place."""
        return ""

    @property
    def input_nodes(self) -> list[Tensor]:
        """The tensors that its operation was made from."""
        return self.op.input_nodes

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value, computed by `session` or the default session."""
        return (session or default_session()).run(self, feed_dict)

    def describe(self) -> str:
        """One line for an error message: name, type, and the line that made it."""
        return f"{self.op.name!r}  {self.spec}  created at {self.op.created_at}"

    def __repr__(self) -> str:
        dtype = "unknown" if self.dtype is None else self.dtype.name
        return f"<ts.Tensor '{self.name}' shape={self.shape} dtype={dtype}>"

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self!r} has no truth value while the graph is being built; "
            "use ts.cond for a choice inside the graph, or `is not None` to ask whether it is there"
        )

    def __iter__(self) -> Iterator[Tensor]:
        raise TypeError(f"{self!r} cannot be iterated over; use ts.unstack or ts.map_fn")

    def __len__(self) -> int:
        raise TypeError(f"{self!r} has no len(); use ts.shape(x)[0]")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError(f"{self!r} is not an array yet; Session.run gives its value")


class Operation:
    """A node of the graph: what is to be computed, and from which tensors.

    TensorFlow: tf.Operation. The library makes them through `OpDef.node`. A user makes an operation
    of his own by subclassing, with `compute(self, *values)` over NumPy arrays:

        class Double(ts.Operation):
            def __init__(self, x):
                super().__init__([x])

            def compute(self, x):
                return 2 * x

    Attributes:
        opdef: what kind of operation it is.
        attrs: the values fixed when the node was made, by name.
        inputs: the tensors it reads.
        outputs: the tensors it computes.
        control_inputs: operations that must have run before it.
        gradient_of: the operation of whose gradient it is a part, if it is; it sees the variables
            that one saw.
        created_at: the user's own line that made it.
        id: its number in the order of creation.
    """

    # Set by `ops.host.install`: makes the OpDef and the input tensors of a user's own subclass.
    define: ClassVar[Callable[[Operation, Sequence[Any]], tuple[Any, list[Tensor], list[Any]]]]

    def __init__(
        self,
        input_nodes: Sequence[Any] = (),
        name: str | None = None,
        *,
        opdef: Any = None,
        attrs: dict[str, Any] | None = None,
        specs: Sequence[Any] = (),
        graph: Any = None,
    ) -> None:
        self.graph = graph or get_default_graph()
        inputs: Sequence[Tensor] = input_nodes
        self.created_at = origin.here()
        if opdef is None:
            self.created_at = origin.here(made=self)
            opdef, inputs, specs = Operation.define(self, input_nodes)
        self.opdef = opdef
        self.attrs = attrs or {}
        self.inputs = [x if x.op.graph is self.graph else self.graph.capture(x) for x in inputs]
        self.outputs: list[Tensor] = [Tensor(self, i, spec) for i, spec in enumerate(specs)]
        if self.outputs:
            self.output = self.outputs[0]
        self.gradient_type: str = self.graph.gradient_overrides.get(opdef.name, opdef.name)
        self.control_inputs: list[Operation] = self.graph.current_control_inputs()
        self.gradient_of: Operation | None = self.graph.differentiated
        self.graph.register(self, name)
        for tensor in self.inputs:
            tensor.consumers.append(self)

    name: str
    id: int
    output: Tensor  # the first output

    @property
    def type(self) -> str:
        """The kind of operation, by TensorFlow's name."""
        return str(self.opdef.name)

    @property
    def input_nodes(self) -> list[Tensor]:
        """The tensors that it reads."""
        return list(self.inputs)

    @property
    def consumers(self) -> Consumers:
        """The operations that use one of its outputs."""
        return Consumers(op for tensor in self.outputs for op in tensor.consumers)

    @property
    def device(self) -> str:
        """Always empty: an engine runs the whole graph in one place."""
        return ""

    def values(self) -> tuple[Tensor, ...]:
        """The outputs."""
        return tuple(self.outputs)

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Runs it in `session` or the default session."""
        (session or default_session()).run(self, feed_dict)

    def get_attr(self, name: str) -> Any:
        """The value of an attribute.

        Raises:
            ValueError: the operation has no such attribute.
        """
        if name not in self.attrs:
            known = ", ".join(sorted(self.attrs)) or "none"
            raise GraphError(
                f"operation {self.name!r} ({self.type}) has no attribute {name!r}",
                hint=f"its attributes: {known}",
            )
        value = self.attrs[name]
        return dtypes.from_numpy(value) if isinstance(value, np.dtype) else value

    def add_control_input(self, op: Operation) -> None:
        """Makes `op` run before this operation in every run that needs this one."""
        self.control_inputs.append(op)
        self.graph.in_order = self.graph.in_order and op.id < self.id

    _add_control_input = add_control_input

    def describe(self) -> str:
        """One line for an error message: name, kind, and the line that made it."""
        return f"{self.name!r} ({self.type}), created at {self.created_at}"

    def __repr__(self) -> str:
        return f"<ts.Operation '{self.name}' type={self.type}>"


Node = Tensor | Operation
