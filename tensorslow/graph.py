"""The graph: operations are its nodes, tensors its edges; nothing here computes anything."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from tensorslow import dtypes, origin
from tensorslow.errors import ExecutionError, GraphError
from tensorslow.shapes import Shape, TensorShape, as_shape, show

VALID_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
VALID_SCOPE = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")


class Consumers(list["Operation"]):
    """The operations that use a tensor: a list, which TensorFlow's programs call as a method."""

    def __call__(self) -> list[Operation]:
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
    def graph(self) -> Graph:
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

    TensorFlow: tf.Operation. The library makes them through `OpDef.node`. A user makes an operation of
    his own by subclassing, with `compute(self, *values)` over NumPy arrays:

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
        gradient_of: the operation of whose gradient it is a part, if it is; it sees the variables that one saw.
        created_at: the user's own line that made it.
        id: its number in the order of creation.
    """

    # Set by `ops.install`: makes the OpDef and the input tensors of a user's own subclass.
    define: ClassVar[Callable[[Operation, Sequence[Any]], tuple[Any, list[Tensor], list[Any]]]]

    def __init__(
        self,
        input_nodes: Sequence[Any] = (),
        name: str | None = None,
        *,
        opdef: Any = None,
        attrs: dict[str, Any] | None = None,
        specs: Sequence[Any] = (),
        graph: Graph | None = None,
    ) -> None:
        self.graph = graph or get_default_graph()
        inputs: Sequence[Tensor] = input_nodes
        self.created_at = origin.here()
        if opdef is None:
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


class Graph:
    """A set of operations and the tensors between them.

    TensorFlow: tf.Graph. Every node that is made belongs to the default graph.
    """

    def __init__(self) -> None:
        self._operations: list[Operation] = []
        self._by_name: dict[str, Operation] = {}
        self._names_in_use: dict[str, int] = {}
        self._name_scope = ""
        self._control_stack: list[list[Operation]] = []
        self._collections: dict[Any, list[Any]] = {}
        self._lock = threading.RLock()
        self._finalized = False
        self.gradient_overrides: dict[str, str] = {}
        self.differentiated: Operation | None = None  # the operation whose gradient is being made
        self.seed: int | None = None
        self.random_ops = 0  # how many took their seed from the graph's
        self.in_order = True  # every operation comes after all that it needs
        self.way_in = "open the session with the node's own graph: Session(graph=x.graph)"  # for those outside

    # Nodes

    def register(self, op: Operation, name: str | None) -> None:
        """Gives a new operation its name and number and takes it in."""
        if self._finalized:
            raise ExecutionError("the graph is finalized: nothing can be added", "build it before finalize()")
        with self._lock:
            op.name = self._op_name(name or op.opdef.name)
            op.id = len(self._operations)
            self._operations.append(op)
            self._by_name[op.name] = op

    def _op_name(self, name: str) -> str:
        if name.endswith("/"):  # the name of an open scope stands for itself
            return name[:-1]
        if not VALID_NAME.match(name):
            raise ValueError(f"{name!r} is not a valid name for an operation: use letters, digits, _ . - /")
        return self.unique_name(name)

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` inside the current scope, with _1, _2, … appended where it is taken already."""
        name = self._name_scope + name
        in_use = self._names_in_use
        key = name.lower()
        number = in_use.get(key, 0)
        if mark_as_used:
            in_use[key] = number + 1
        if number:
            base = name
            while key in in_use:
                name = f"{base}_{number}"
                key = name.lower()
                number += 1
            if mark_as_used:
                in_use[key] = 1
        return name

    def capture(self, tensor: Tensor) -> Tensor:
        """The tensor by which this graph reads one of another graph; a plain graph reads only its own."""
        raise GraphError(
            f"tensor {tensor.name!r} (created at {tensor.op.created_at}) is from another graph",
            hint="make both nodes in one graph: `with graph.as_default():`",
        )

    def for_outsiders(self, tensor: Tensor) -> Graph:
        """The graph in which nodes are made that use a tensor of this graph while another is the default."""
        return self

    def can_capture(self, tensor: Tensor) -> bool:
        """Whether a node of this graph may read that tensor."""
        return tensor.op.graph is self

    def get_operations(self) -> list[Operation]:
        """All operations, in the order of their creation."""
        return list(self._operations)

    def _of_kind(self, *kinds: str) -> list[Operation]:
        # A user's own class may have any name.
        return [op for op in self._operations if op.opdef.name in kinds and type(op) is Operation]

    @property
    def operations(self) -> list[Operation]:
        """The operations that compute: all but placeholders, variables and constants."""
        leaves = set(self._of_kind("Placeholder", "PlaceholderWithDefault", "VariableV2", "Const"))
        return [op for op in self._operations if op not in leaves]

    @property
    def placeholders(self) -> list[Tensor]:
        """The placeholders, in the order of their creation."""
        return [op.outputs[0] for op in self._of_kind("Placeholder", "PlaceholderWithDefault")]

    @property
    def variables(self) -> list[Tensor]:
        """The variables, in the order of their creation."""
        return [op.outputs[0] for op in self._of_kind("VariableV2")]

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation of that name.

        Raises:
            KeyError: there is none.
        """
        return self._find_operation(name)

    def _find_operation(self, name: str) -> Operation:
        if not isinstance(name, str):
            raise TypeError(f"a name is a string, not {type(name).__name__}")
        if name not in self._by_name:
            raise KeyError(f"the graph has no operation named {name!r}")
        return self._by_name[name]

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor of that name, such as "MatMul:0".

        Raises:
            KeyError: there is none.
            ValueError: the name is an operation's.
        """
        if not isinstance(name, str):
            raise TypeError(f"a name is a string, not {type(name).__name__}")
        op_name, colon, index = name.rpartition(":")
        if not colon or not index.isdigit():
            raise ValueError(f"{name!r} is no tensor's name: those end in the number of an output, as {name}:0")
        outputs = self._find_operation(op_name).outputs
        if int(index) >= len(outputs):
            raise KeyError(f"operation {op_name!r} has {len(outputs)} outputs, so there is no {name!r}")
        return outputs[int(index)]

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """The node of this graph that `obj` is or names: a tensor, an operation, or a string.

        Raises:
            TypeError: `obj` is none of these.
            ValueError: it is from another graph.
            KeyError: there is no node of that name.
        """
        if isinstance(obj, str):
            if ":" in obj and allow_tensor:
                return self.get_tensor_by_name(obj)
            if not allow_operation:
                return self.get_tensor_by_name(obj)
            return self.get_operation_by_name(obj)
        if isinstance(obj, Tensor) and allow_tensor or isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise GraphError(f"{obj!r} is not a node of this graph", hint=obj.graph.way_in).locate(
                    "", [("node", obj.describe())]
                )
            return obj
        kinds = " or ".join(["a tensor"] * allow_tensor + ["an operation"] * allow_operation)
        raise TypeError(f"{obj!r} ({type(obj).__name__}) is not {kinds}")

    # What surrounds a new node

    def as_default(self) -> DefaultGraph:
        """Makes this the default graph at once; as a `with` block, until its end."""
        return DefaultGraph(self)

    @contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Names made inside begin with `name/`; a name that ends in "/" opens that very scope again."""
        if name and not VALID_SCOPE.match(name):
            raise ValueError(f"{name!r} is not a valid name for a scope: use letters, digits, _ . - /")
        old = self._name_scope
        if not name:
            self._name_scope = ""
        else:
            self._name_scope = name if name.endswith("/") else self.unique_name(name) + "/"
        try:
            yield self._name_scope
        finally:
            self._name_scope = old

    @contextmanager
    def control_dependencies(self, control_inputs: Iterable[Any] | None) -> Iterator[None]:
        """Operations made inside run after all of `control_inputs`; None forgets outer ones.

        TensorFlow: tf.control_dependencies.
        """
        old = self._control_stack
        if control_inputs is None:
            self._control_stack = []
        else:
            nodes = [node if isinstance(node, Operation) else node.op for node in control_inputs]
            self._control_stack = [*old, [op for op in nodes if self.owns_control(op)]]
        try:
            yield
        finally:
            self._control_stack = old

    def waits_for(self, op: Operation) -> bool:
        """Whether nodes of this graph may wait for that operation."""
        return op.graph is self

    def owns_control(self, op: Operation) -> bool:
        """Whether `op` may be waited for here.

        Raises:
            GraphError: it is from another graph.
        """
        return self.as_graph_element(op, allow_tensor=False) is op

    def current_control_inputs(self) -> list[Operation]:
        """What an operation made now has to wait for."""
        if not self._control_stack:
            return []
        return list(dict.fromkeys(op for group in self._control_stack for op in group))

    @contextmanager
    def gradient_scope(self, op: Operation) -> Iterator[None]:
        """Operations made inside are the gradient of `op`."""
        old = self.differentiated
        self.differentiated = op
        try:
            with self.name_scope(f"{op.name}_grad"):
                yield
        finally:
            self.differentiated = old

    @contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """Operations made inside, of the types named, take another registered gradient."""
        old = self.gradient_overrides
        self.gradient_overrides = {**old, **op_type_map}
        try:
            yield
        finally:
            self.gradient_overrides = old

    @contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Accepted and without effect: the session's engine decides where a graph runs."""
        yield

    @contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Accepted and without effect, as `device`."""
        yield

    # Collections

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Appends `value` to the collection of that name."""
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Appends `value` to each of the collections."""
        for name in (names,) if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The collection itself: changing the list changes the graph."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of the collection; with `scope`, only items whose name matches it from the start."""
        items = self._collections.get(name, [])
        if scope is None:
            return list(items)
        return [item for item in items if re.match(scope, getattr(item, "name", None) or "")]

    def get_all_collection_keys(self) -> list[Any]:
        """The names of all collections that hold something."""
        return [name for name, items in self._collections.items() if items]

    def clear_collection(self, name: Any) -> None:
        """Empties a collection."""
        self._collections.pop(name, None)

    # Its end

    @property
    def finalized(self) -> bool:
        """Whether nothing can be added any more."""
        return self._finalized

    def finalize(self) -> None:
        """Makes the graph read-only."""
        self._finalized = True

    @property
    def version(self) -> int:
        """How many operations it has."""
        return len(self._operations)

    def is_feedable(self, tensor: Any) -> bool:
        """Every tensor can be fed."""
        return True

    def is_fetchable(self, node: Any) -> bool:
        """Every node can be fetched."""
        return True


# The default graph

_process_default = [Graph()]
_of_thread = threading.local()


class DefaultGraph:
    """What `Graph.as_default` returns: leaving it as a `with` block restores the old default graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._stack = default_stack()
        self._depth = len(self._stack)
        self._stack.append(graph)

    def __enter__(self) -> Graph:
        return self.graph

    def __exit__(self, *exc: object) -> None:
        del self._stack[self._depth :]


def default_stack() -> list[Graph]:
    """This thread's default graphs, the innermost last."""
    if not hasattr(_of_thread, "graphs"):
        _of_thread.graphs = []
    return _of_thread.graphs


def session_stack() -> list[Any]:
    """This thread's default sessions, the innermost last."""
    if not hasattr(_of_thread, "sessions"):
        _of_thread.sessions = []
    return _of_thread.sessions


def default_session() -> Any:
    """The default session.

    Raises:
        ValueError: there is none.
    """
    if not session_stack():
        raise GraphError("there is no default session", hint="use `with Session():`, or pass session=")
    return session_stack()[-1]


def get_default_graph() -> Graph:
    """The graph that new nodes go into. TensorFlow: tf.get_default_graph."""
    stack = default_stack()
    return stack[-1] if stack else _process_default[0]


def reset_default_graph() -> None:
    """Forgets the default graph and begins a new, empty one. TensorFlow: tf.reset_default_graph."""
    default_stack().clear()
    _process_default[0] = Graph()


__all__ = [
    "Consumers", "DefaultGraph", "Graph", "Operation", "Shape", "Tensor",
    "get_default_graph", "reset_default_graph", "show",
]  # fmt: skip
