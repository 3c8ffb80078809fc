"""The way of a gradient from one tensor back to another, or where it ends and why."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tensorslow.analysis.body_flow import Stop
from tensorslow.analysis.gradient_flow import HOW, Flow, without_slope
from tensorslow.gradients import is_differentiable
from tensorslow.graph import Operation, Tensor
from tensorslow.ops.func_graph import captured_from
from tensorslow.order import needed

MOST = 12  # nodes of a path that are printed; of a longer one, both ends
BREAKS = 5  # breaks that are printed


@dataclass(frozen=True)
class Edge:
    """From an operation back to one of its inputs.

    Attributes:
        op: the operation.
        index: which input.
        derivative: how the gradient goes on, such as "da = dy bᵀ"; "" if there is no formula.
    """

    op: Operation
    index: int
    derivative: str = ""

    @property
    def source(self) -> Tensor:
        """The input."""
        return self.op.inputs[self.index]

    def __str__(self) -> str:
        return f"{self.op.name!r} ({self.op.type}), created at {self.op.created_at}"


@dataclass(frozen=True)
class Break:
    """Where a gradient ends on its way.

    Attributes:
        edge: the operation, and the input that gets no gradient; None: already y has none.
        reason, remedy: why, and what to do about it.
        fails: whether `ts.gradients` raises an error here, instead of giving None.
    """

    edge: Edge | None
    reason: str
    remedy: str
    fails: bool = False
    _came: Mapping[Operation, Edge | None] = field(default_factory=dict, repr=False)

    @property
    def above(self) -> tuple[Edge, ...]:
        """The edges from y to it."""
        return () if self.edge is None else _back(self._came, self._came[self.edge.op])


@dataclass(frozen=True)
class GradientPaths:
    """What `explain_gradient` finds; printing it shows it.

    Attributes:
        y, x: of what, and with respect to what.
        path: a shortest way of the gradient, edge by edge from y to x; () if there is none.
        count: how many ways there are; their gradients add up.
        breaks: where else it would go on to x, and ends.
        missing: why y does not depend on x at all; "" if it does.
        remark: what else is to be known about x.
    """

    y: Tensor
    x: Tensor
    path: tuple[Edge, ...]
    count: int
    breaks: tuple[Break, ...]
    missing: str = ""
    remark: str = ""

    @property
    def flows(self) -> bool:
        """Whether a gradient arrives at x, rather than None or an error."""
        return self.count > 0 and not any(stop.fails for stop in self.breaks)

    def __bool__(self) -> bool:
        return self.flows

    def __str__(self) -> str:
        return "\n".join(self._lines)

    __repr__ = __str__

    @cached_property
    def _lines(self) -> list[str]:
        pair = f"from {self.y.name!r} to {self.x.name!r}"
        if self.missing:
            lines = [f"no gradient flows {pair}: {self.missing}"]
        elif not self.flows:
            lines = [f"no gradient flows {pair}"]
        elif self.y is self.x:
            lines = [f"gradient flows {pair}: they are one, so it is 1"]
        else:
            ways = (
                "one way"
                if self.count == 1
                else f"{_many(self.count)} ways, which add up; a shortest"
            )
            lines = [f"gradient flows {pair}: {ways}", *_walk(self.path, self.x)]
        for stop in self.breaks[:BREAKS]:
            lines += ["", *_break_lines(stop, self.flows)]
        if len(self.breaks) > BREAKS:
            lines += ["", f"and {len(self.breaks) - BREAKS} more breaks, in .breaks"]
        return [*lines, *(["", self.remark] if self.remark else [])]


def _many(count: int) -> str:
    return f"{count}" if count < 10**15 else f"about 10^{math.log10(count):.0f}"


def _walk(edges: Sequence[Edge], end: Tensor | None) -> list[str]:
    lines = []
    for number, edge in enumerate(edges):
        if len(edges) > MOST and MOST // 2 <= number < len(edges) - MOST // 2:
            if number == MOST // 2:
                lines.append(f"  … {len(edges) - MOST} more nodes, in .path")
            continue
        lines += [f"  {edge}", f"    ↓ {edge.derivative or 'its own rule'}"]
    if end is not None:
        lines.append(f"  {end.op.describe()}")
    return lines


def _break_lines(stop: Break, flows: bool) -> list[str]:
    if stop.edge is None:
        return [f"it has no beginning: {stop.reason}", f"  remedy: {stop.remedy}"]
    also = "another way" if flows else "it"
    return [
        *([] if flows else _walk(stop.above, None)),
        f"{also} ends at {stop.edge}",
        f"  before {stop.edge.source.name!r}: {stop.reason}",
        *(["  ts.gradients raises an error here"] if stop.fails else []),
        f"  remedy: {stop.remedy}",
    ]


def gradient_paths(
    y: Tensor,
    x: Tensor,
    stop_gradients: Sequence[Tensor] = (),
    derivative: Callable[[str, int], str] = lambda kind, index: "",
) -> GradientPaths:
    """How a gradient goes from y back to x.

    Args:
        y: what is differentiated.
        x: with respect to what.
        stop_gradients: tensors that count as constants, as in `ts.gradients`.
        derivative: gives the formula of a type of operation for one of its inputs.

    Raises:
        TypeError: y or x is no tensor.
    """
    y, x = _tensor(y, "y"), _tensor(x, "x")
    if y is x:
        return GradientPaths(y, x, (), 1, (), remark=_remark(x))
    stopped = {_tensor(tensor, "stop_gradients") for tensor in stop_gradients}
    order = needed([y.op], ())
    behind = _behind(order, x)
    if y.op not in behind:
        return GradientPaths(y, x, (), 0, (), missing=_missing(y, x, order))
    begin = _no_beginning(y, stopped)
    if begin is not None:
        return GradientPaths(y, x, (), 0, (begin,))
    ways = _Ways(x, behind, stopped, derivative)
    count = ways.counts(order).get(y.op, 0)
    breaks, path = ways.walk(y)
    remark = _remark(x) if count else ""
    return GradientPaths(y, x, path if count else (), count, breaks, remark=remark)


def _no_beginning(y: Tensor, stopped: set[Tensor]) -> Break | None:
    """Why y itself has no gradient, if so."""
    if y in stopped:
        stop = _among(y)
        return Break(None, stop.reason, stop.remedy)
    if not is_differentiable(y):
        stop = without_slope(y)
        return Break(None, f"{y.name!r} is {stop.reason}", stop.remedy)
    return None


def _among(tensor: Tensor) -> Stop:
    return Stop(
        f"{tensor.name!r} is among stop_gradients, and so a constant",
        "leave it out of stop_gradients",
    )


def _tensor(value: object, name: str) -> Tensor:
    if isinstance(value, Operation) and value.outputs:
        value = value.output
    if isinstance(value, Operation):
        raise TypeError(
            f"{name} is the operation {value.name!r}, which has no output, as the step of an "
            "optimizer; ask about a tensor, such as the loss"
        )
    if isinstance(value, Tensor):
        return value
    raise TypeError(
        f"{name} is {value!r} ({type(value).__name__}), not a tensor: no node of a graph stands "
        "for it, so nothing can depend on it; make it with ts.Variable or ts.placeholder"
    )


def _behind(order: Sequence[Operation], x: Tensor) -> set[Operation]:
    """The operations that depend on x, differentiable or not."""
    found: set[Operation] = set()
    for op in order:
        if any(source is x or source.op in found for source in op.inputs):
            found.add(op)
    return found


class _Ways:
    """The edges on the ways to x: along which gradient flows, and where it ends."""

    def __init__(
        self,
        x: Tensor,
        behind: set[Operation],
        stopped: set[Tensor],
        derivative: Callable[[str, int], str],
    ) -> None:
        self.x, self.behind, self.stopped = x, behind, stopped
        self._derivative = derivative
        self._rules = Flow()
        self._edges: dict[Operation, list[tuple[Edge, Stop | None]]] = {}

    def edges(self, op: Operation) -> list[tuple[Edge, Stop | None]]:
        """The edges of an operation that lead to x, each with why it does not let gradient pass."""
        if op not in self._edges:
            self._edges[op] = [
                (Edge(op, i, self._derivative(op.type, i)), self._stop(source, stop))
                for i, (source, stop) in enumerate(zip(op.inputs, self._rules.stops(op)))
                if source is self.x or source.op in self.behind
            ]
        return self._edges[op]

    def _stop(self, source: Tensor, stop: Stop | None) -> Stop | None:
        if stop is None and source in self.stopped and source is not self.x:
            return _among(source)
        return stop

    def counts(self, order: Sequence[Operation]) -> dict[Operation, int]:
        """By operation: along how many ways gradient flows from it to x."""
        found: dict[Operation, int] = {}
        for op in order:
            if op in self.behind:
                found[op] = sum(
                    1 if edge.source is self.x else found.get(edge.source.op, 0)
                    for edge, stop in self.edges(op)
                    if stop is None
                )
        return found

    def walk(self, y: Tensor) -> tuple[tuple[Break, ...], tuple[Edge, ...]]:
        """The breaks, nearest to y first, and a shortest way to x.

        That axes and sizes get no gradient is told only where there is nothing else to tell.
        """
        came: dict[Operation, Edge | None] = {y.op: None}
        queue, breaks, last = deque([y.op]), [], None
        while queue:
            op = queue.popleft()
            for edge, stop in self.edges(op):
                if stop is not None:
                    breaks.append(Break(edge, stop.reason, stop.remedy, stop.fails, came))
                elif edge.source is self.x:
                    last = last or edge
                elif edge.source.op not in came:
                    came[edge.source.op] = edge
                    queue.append(edge.source.op)
        telling = [stop for stop in breaks if stop.reason != HOW.reason]
        return tuple(telling or breaks), _back(came, last)


def _back(came: Mapping[Operation, Edge | None], edge: Edge | None) -> tuple[Edge, ...]:
    """The edges from y down to this one."""
    found = []
    while edge is not None:
        found.append(edge)
        edge = came[edge.op]
    return tuple(reversed(found))


# What to say where there is no way at all


def _missing(y: Tensor, x: Tensor, order: Sequence[Operation]) -> str:
    if x.graph is not y.graph:
        return "they are of two graphs; make both in one: `with graph.as_default():`"
    if captured_from(x.op) is not None:
        return "x is the parameter of a branch or a loop; ask for what stands for it outside"
    if y.op in needed([x.op], ()):
        return "it is x that depends on y; perhaps explain_gradient(x, y) was meant"
    if x.op in order and len(x.op.outputs) == 1:
        return (
            "what y reads is not computed from x. It only waits for it: perhaps a variable is "
            "written in between, and no gradient goes through a variable's memory"
        )
    if x.op in order:
        return f"y depends on another output of {x.op.name!r}, not on this one"
    for op in order:
        value = getattr(op.outputs[0], "initial_value", None) if op.opdef.variable else None
        if isinstance(value, Tensor) and x.op in needed([value.op], ()):
            return (
                f"x is in the initial value of {op.name!r}, and a variable begins there: "
                "no gradient goes back to what it was made of"
            )
    leaves = [op.name for op in order if op.opdef.variable or op.type.startswith("Placeholder")]
    names = ", ".join(map(repr, leaves[:6])) + (" and others" if len(leaves) > 6 else "")
    depends = f"it depends on {names}" if leaves else "it depends on constants only"
    return (
        f"y does not depend on x; {depends}. A value that was computed before (by Session.run, "
        "eval or NumPy) and put into the graph is a constant there: use the tensor itself"
    )


def _remark(x: Tensor) -> str:
    if x.op.type == "Const":
        return (
            f"{x.name!r} is a constant: it has a gradient, but no optimizer changes it; "
            "ts.Variable makes what can be learned"
        )
    return ""
