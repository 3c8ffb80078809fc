"""A graph as a table for people."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from tensorslow.analysis.phases import phases
from tensorslow.graph import Graph, Operation, Tensor
from tensorslow.order import needed
from tensorslow.shapes import show


@dataclass(frozen=True)
class Row:
    """One node.

    Attributes:
        name, type: of the operation.
        shape, dtype: of its first output, as text; "?" where a size is unknown, "" without output.
        parameters: how many numbers a variable holds; 0 for other nodes; None: not known.
        trainable: whether optimizers change them by default.
        bytes: what they take.
    """

    name: str
    type: str
    shape: str
    dtype: str
    parameters: int | None
    trainable: bool
    bytes: int | None


@dataclass(frozen=True)
class Scope:
    """The nodes whose names begin alike.

    Attributes:
        name: "" for those without a scope.
        nodes: how many, of all kinds.
        parameters: of its variables, as far as they are known.
    """

    name: str
    nodes: int
    parameters: int


@dataclass(frozen=True)
class Summary:
    """What `summary_of` finds; printing it shows a table.

    Attributes:
        rows: nodes, in the order of their creation.
        scopes: the outermost scopes.
        nodes: how many there are, those without a row included.
        parameters, trainable: how many numbers all variables, and those that are trained, hold.
        bytes: what they take.
    """

    rows: tuple[Row, ...]
    scopes: tuple[Scope, ...]
    nodes: int
    parameters: int
    trainable: int
    bytes: int

    def __str__(self) -> str:
        cells = [["name", "type", "shape", "dtype", "parameters"], *map(_cells, self.rows)]
        lines = _table(cells)
        total = (
            f"{self.nodes} nodes, {len(self.rows)} shown; {self.parameters:,} parameters, "
            f"{self.trainable:,} trainable, {_size(self.bytes)}"
        )
        scopes = [["scope", "nodes", "parameters"]]
        scopes += [
            [_line(s.name) or "(none)", f"{s.nodes}", f"{s.parameters:,}"] for s in self.scopes
        ]
        return "\n".join([*lines, total, "", *_table(scopes)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def summary_of(graph: Graph, everything: bool = False) -> Summary:
    """A table of a graph's nodes, see `ts.summary_of`."""
    ops = graph.get_operations()
    shown = ops if everything else forward_ops(graph)
    variables = [op.outputs[0] for op in ops if op.opdef.variable]
    counts = [(count_of(x) or 0, x) for x in variables]
    return Summary(
        tuple(map(_row, shown)),
        _scopes(ops),
        len(ops),
        sum(count for count, _ in counts),
        sum(count for count, x in counts if getattr(x, "trainable", True)),
        sum(count * _itemsize(x) for count, x in counts),
    )


def forward_ops(graph: Graph) -> list[Operation]:
    """The operations that compute forward: without constants, gradients, updates, beginnings, and
    the reading of variables.
    """
    ops = needed(graph.get_operations(), ())
    kind = phases(ops)
    return [
        op
        for op in ops
        if kind[op] == "forward" and op.type != "Const" and not _reads_a_variable(op)
    ]


def _reads_a_variable(op: Operation) -> bool:
    return (
        op.type == "Identity"
        and op.inputs[0].op.opdef.variable
        and op.name == f"{op.inputs[0].op.name}/read"
        and not op.outputs[0].consumers
    )


def count_of(tensor: Tensor) -> int | None:
    """How many elements a tensor has, if that is known."""
    shape = tensor.spec.shape
    if shape is None or None in shape:
        return None
    return math.prod(shape)


def _itemsize(tensor: Tensor) -> int:
    return 0 if tensor.spec.dtype is None else int(tensor.spec.dtype.itemsize)


def _row(op: Operation) -> Row:
    x = op.outputs[0] if op.outputs else None
    variable = x is not None and op.opdef.variable
    count = count_of(x) if variable and x is not None else 0
    return Row(
        op.name,
        op.type,
        "" if x is None else show(x.spec.shape),
        "" if x is None else ("unknown" if x.dtype is None else x.dtype.name),
        count,
        variable and bool(getattr(x, "trainable", True)),
        None if count is None or x is None else count * _itemsize(x),
    )


def _scopes(ops: Sequence[Operation]) -> tuple[Scope, ...]:
    found: dict[str, list[int]] = {}
    for op in ops:
        name = op.name.partition("/")[0] if "/" in op.name else ""
        entry = found.setdefault(name, [0, 0])
        entry[0] += 1
        entry[1] += (count_of(op.outputs[0]) or 0) if op.opdef.variable else 0
    return tuple(Scope(name, *entry) for name, entry in found.items())


def _cells(row: Row) -> list[str]:
    parameters = "?" if row.parameters is None else f"{row.parameters:,}" if row.parameters else ""
    if parameters and not row.trainable:
        parameters += " (not trained)"
    return [_line(row.name), row.type, row.shape, row.dtype, parameters]


def _line(name: str) -> str:
    """A name that stays in its row of the table, whatever is in it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _table(cells: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ["  ".join(f"{x:<{w}}" for x, w in zip(row, widths)).rstrip() for row in cells]
    return [lines[0], "─" * len(max(lines, key=len)), *lines[1:]]


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000  # type: ignore[assignment]
    return f"{count:.3g} GB"
