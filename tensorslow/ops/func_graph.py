"""FuncGraph: the body of a branch or a loop, a graph of its own that captures what it uses from
outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import GraphError
from tensorslow.graph import NOT_AT_FRONT, Graph, Operation, Tensor, get_default_graph
from tensorslow.opdef import OpDef, not_differentiable

# A parameter of a body. Its value comes from outside, so it computes nothing.
ARG = OpDef("_Arg", infer=lambda *, spec: spec, grad=not_differentiable)


class FuncGraph(Graph):
    """A graph with parameters and results, which an operation of the outer graph holds as an
    attribute.

    Attributes:
        outer: the graph in which the operation with this body stands.
        params: the parameters, in order: given ones first, then one for each captured tensor.
        captured: by outer tensor, the parameter that stands for it.
        outside: by such a parameter, the outer tensor.
        results: the results; None where a branch does not have one that the other branch has.
        forward: the body of which this one computes the gradient, if it does.
    """

    def __init__(self, name: str, forward: Forward | None = None) -> None:
        super().__init__()
        self.outer = get_default_graph()
        self.way_in = (
            "it is inside the body of a branch or loop: "
            "return it from the function to use it outside"
        )
        self.seed = self.outer.seed
        self.name = name
        self.params: list[Tensor] = []
        self.captured: dict[Tensor, Tensor] = {}
        self.outside: dict[Tensor, Tensor] = {}
        self.results: list[Tensor | None] = []
        self.forward = forward
        self.outer_controls: list[Operation] = []

    def add_param(self, spec: TensorSpec, name: str = "arg") -> Tensor:
        """A further parameter."""
        with self.as_default(), self.control_dependencies(None):
            param: Tensor = ARG(spec=spec, name=name)
        self.params.append(param)
        return param

    def for_outsiders(self, tensor: Tensor) -> Graph:
        """None: what is computed in a body is not there outside."""
        raise GraphError(f"tensor {tensor.name!r} cannot be used here", hint=self.way_in).locate(
            "", [("tensor", tensor.describe())]
        )

    def can_capture(self, tensor: Tensor) -> bool:
        """Tensors of the graphs around this one, and of the body whose gradient this is."""
        graph: Any = self
        while graph is not None:
            if tensor.graph is graph or graph_forward(graph) is tensor.graph:
                return True
            graph = getattr(graph, "outer", None)
        return False

    def capture(self, tensor: Tensor) -> Tensor:
        """The parameter through which this body reads a tensor from outside."""
        if tensor in self.captured:
            return self.captured[tensor]
        if self.forward is not None and tensor.graph is self.forward.body:
            return self.forward.value_of(tensor, self)
        if tensor.graph is not self.outer:
            if not self.can_capture(tensor):
                return super().capture(tensor)
            tensor = self.outer.capture(tensor)
            return self.capture(tensor)
        name = tensor.op.name.rpartition("/")[2].lstrip(NOT_AT_FRONT)
        param = self.add_param(tensor.spec, name=name)
        self.captured[tensor], self.outside[param] = param, tensor
        return param

    def waits_for(self, op: Operation) -> bool:
        """Operations of this graph, and of those around it, for which the whole body waits."""
        graph: Any = self
        while graph is not None and op.graph is not graph:
            graph = getattr(graph, "outer", None)
        return graph is not None

    def owns_control(self, op: Operation) -> bool:
        """What a body waits for outside, the operation that holds the body waits for."""
        if op.graph is self:
            return True
        self.outer_controls.append(op)
        return False

    def abstract(self, *specs: TensorSpec) -> list[TensorSpec | None]:
        """The static types of the results, as far as they are known for any arguments."""
        return [None if result is None else result.spec for result in self.results]


class Forward:
    """How a gradient's body finds the values that the forward body computed."""

    body: FuncGraph

    def value_of(self, tensor: Tensor, user: FuncGraph) -> Tensor:
        """A tensor of `user` with the value that `tensor` had when the forward body ran."""
        raise NotImplementedError


def graph_forward(graph: Any) -> FuncGraph | None:
    """The body whose gradient `graph` computes, if it does."""
    forward = getattr(graph, "forward", None)
    return None if forward is None else forward.body


def is_variable(tensor: Tensor) -> bool:
    """Whether a tensor is a variable, or stands for one inside a body."""
    return variable_of(tensor) is not None


def variable_of(tensor: Tensor) -> Tensor | None:
    """The variable that a tensor is, or stands for inside a body."""
    while (outside := captured_from(tensor.op)) is not None:
        tensor = outside
    return tensor if tensor.op.opdef.variable else None


def captured_from(op: Operation) -> Tensor | None:
    """The outer tensor that is the value of a body's parameter, if `op` is a parameter for a
    captured one.
    """
    if op.opdef is not ARG:
        return None
    outside: Tensor | None = op.graph.outside.get(op.outputs[0])
    return outside


def depth(graph: Graph) -> int:
    """How many graphs are around one."""
    around = 0
    while isinstance(graph, FuncGraph):
        graph, around = graph.outer, around + 1
    return around


def writes(body: FuncGraph, variable: Tensor) -> bool:
    """Whether something in a body, or in a body inside it, writes the variable that a parameter
    stands for.
    """
    for op in variable.consumers:
        opdef = op.opdef
        if any(
            x is variable and label in opdef.updates
            for x, label in zip(op.inputs, opdef.each_label(len(op.inputs)))
        ):
            return True
        inner = [op.attrs[attr] for attr in opdef.bodies if op.attrs[attr] is not None]
        if any(
            variable in graph.captured and writes(graph, graph.captured[variable])
            for graph in inner
        ):
            return True
    return False


def params_for(bodies: Sequence[FuncGraph]) -> list[Tensor]:
    """All tensors that some of the bodies capture; afterwards each has a parameter for each."""
    captured = list(dict.fromkeys(tensor for body in bodies for tensor in body.captured))
    for body in bodies:
        for tensor in captured:
            body.capture(tensor)
        body.params = body.params[: len(body.params) - len(body.captured)] + [
            body.captured[t] for t in captured
        ]
    return captured
