"""The graph: a set of operations, and what surrounds the making of new ones; nothing here computes
anything.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tensorslow import origin
from tensorslow.defaults import (
    begin_default_graph,
    default_session,
    get_default_graph,
    graph_stack,
    session_stack,
)
from tensorslow.errors import ExecutionError, GraphError
from tensorslow.nodes import Consumers, Operation, Tensor

VALID_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")  # of an operation or a scope, in full
NOT_AT_FRONT = "_\\/>-"


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
        # for those outside
        self.way_in = "open the session with the node's own graph: Session(graph=x.graph)"

    # Nodes

    def register(self, op: Operation, name: str | None) -> None:
        """Gives a new operation its name and number and takes it in."""
        if self._finalized:
            raise ExecutionError(
                "the graph is finalized: nothing can be added", "build it before finalize()"
            )
        with self._lock:
            op.name = self.scope_of(name or op.opdef.name)[:-1]
            op.id = len(self._operations)
            self._operations.append(op)
            self._by_name[op.name] = op

    def scope_of(self, name: str) -> str:
        """The scope that a node or a scope of that name gets: its full name, with a slash after it.

        Args:
            name: as it was asked for; one that ends in "/" is a scope already, and stands for
                itself.

        Raises:
            GraphError: it holds what no name may hold.
        """
        if not isinstance(name, str):
            raise TypeError(f"a name is a string, not {type(name).__name__}")
        is_scope = name.endswith("/")
        around = "" if is_scope else self._name_scope
        if not VALID_NAME.fullmatch(around + name):
            raise _not_a_name(name, around)
        return name if is_scope else self.unique_name(name) + "/"

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
        """The tensor by which this graph reads one of another graph; a plain graph reads only its
        own.
        """
        hint = "make both nodes in one graph: `with graph.as_default():`"
        raise GraphError(f"tensor {tensor.name!r} is from another graph", hint).locate(
            "", [("at", str(origin.here())), ("tensor", tensor.describe())]
        )

    def for_outsiders(self, tensor: Tensor) -> Graph:
        """The graph in which nodes are made that use a tensor of this graph while another is the
        default.
        """
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
            raise ValueError(
                f"{name!r} is no tensor's name: those end in the number of an output, as {name}:0"
            )
        outputs = self._find_operation(op_name).outputs
        if int(index) >= len(outputs):
            raise KeyError(
                f"operation {op_name!r} has {len(outputs)} outputs, so there is no {name!r}"
            )
        return outputs[int(index)]

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
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
        if (
            isinstance(obj, Tensor)
            and allow_tensor
            or isinstance(obj, Operation)
            and allow_operation
        ):
            if obj.graph is not self:
                raise GraphError(
                    f"{obj!r} is not a node of this graph", hint=obj.graph.way_in
                ).locate("", [("node", obj.describe())])
            return obj
        kinds = " or ".join(["a tensor"] * allow_tensor + ["an operation"] * allow_operation)
        raise TypeError(f"{obj!r} ({type(obj).__name__}) is not {kinds}")

    # What surrounds a new node

    def as_default(self) -> DefaultGraph:
        """Makes this the default graph at once; as a `with` block, until its end."""
        return DefaultGraph(self)

    @contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Names made inside begin with `name/`; a name that ends in "/" opens that very scope
        again.
        """
        old = self._name_scope
        self._name_scope = self.scope_of(name) if name else ""
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
        """A copy of the collection; with `scope`, only items whose name begins to match it."""
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


class DefaultGraph:
    """What `Graph.as_default` returns: leaving it as a `with` block restores the old default."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._stack = graph_stack()
        self._depth = len(self._stack)
        self._stack.append(graph)

    def __enter__(self) -> Graph:
        return self.graph

    def __exit__(self, *exc: object) -> None:
        del self._stack[self._depth :]


def _not_a_name(name: str, around: str) -> GraphError:
    wrong = sorted(set(re.sub(r"[A-Za-z0-9_.\\/>-]", "", name)))
    why = f"has {', '.join(map(repr, wrong))} in it" if wrong else f"begins with {name[0]!r}"
    better = re.sub(r"[^A-Za-z0-9_.\\/>-]", "_", name)
    better = better if around else better.lstrip(NOT_AT_FRONT)
    rule = "use letters, digits and . _ - / > \\ only, the first a letter, a digit or a dot"
    return GraphError(
        f"{name!r} is no name for a node or a scope: it {why}",
        hint=f"call it {better!r}, or {rule}" if better else rule,
    ).locate("", [("at", str(origin.here()))])


def reset_default_graph() -> None:
    """Forgets the default graph and begins a new, empty one. TensorFlow: tf.reset_default_graph."""
    begin_default_graph(Graph())


begin_default_graph(Graph())

__all__ = [
    "Consumers", "DefaultGraph", "Graph", "Operation", "Tensor",
    "default_session", "get_default_graph", "reset_default_graph", "session_stack",
]  # fmt: skip
