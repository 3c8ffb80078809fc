"""Kernels for people: what each one does, for which lines of the program, and how much it moves."""

from __future__ import annotations

import functools
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorslow.engines.llvm.assembly.assemble import Assembled, Code
from tensorslow.engines.llvm.contractions.matmul import Matmul
from tensorslow.engines.llvm.contractions.methods import method
from tensorslow.engines.llvm.explain.table import quantity, table
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.items import Item, Kernel, Region
from tensorslow.engines.llvm.kernels.nests import Nest, Value
from tensorslow.engines.llvm.kernels.prepack import Packing
from tensorslow.engines.llvm.sorting.order import Order
from tensorslow.engines.llvm.text.target import Target

_WORDS = 52  # characters that may say what a kernel does
_LINES = 4  # lines of the program that the table names for a kernel
_SILENT = ("load", "literal", "index", "product")  # values that take no word
_FREE = (*_SILENT, "cast", "where", "bitcast")  # and those that are no arithmetic


@dataclass(eq=False)
class ExplainedKernel:
    """A piece of code, and the equal kernels that it serves.

    Attributes:
        code: its function, and how it walks.
        kernels: those that it serves in this place, in the order of their calls.
        depth: how many branches and loops are around it.
        text: of its function, as LLVM reads it.
        target: the processor.
        assembled: gives the assembly of the whole program.
        seconds: of one run of all its kernels, if that was measured.
    """

    code: Code
    kernels: list[Kernel]
    depth: int
    text: str
    target: Target
    assembled: Callable[[], str]
    seconds: float | None = None

    @property
    def name(self) -> str:
        """Of its function."""
        return self.code.name

    @property
    def levels(self) -> list[int]:
        """The levels on which it is called."""
        return sorted({kernel.level for kernel in self.kernels})

    @property
    def nodes(self) -> list[Any]:
        """The graph's nodes behind it, each once."""
        values = (x for kernel in self.kernels for x in kernel.nest.values)
        return list({x.origin: None for x in values if x.origin is not None})

    @property
    def lines(self) -> str:
        """The lines of the program behind it, in brief; ∂ before one whose gradient it is."""
        return _lines(self.nodes)

    @property
    def work(self) -> str:
        """What it does, in a few words."""
        return _work(self.kernels[0].nest, self.method)

    @functools.cached_property
    def method(self) -> str:
        """How a product or convolution is computed, if not as a plain sum of packed panels."""
        root = self.kernels[0].nest.contraction
        return "" if root is None else method(root.shape, self.target)

    @property
    def reads(self) -> int:
        """Bytes that its kernels read."""
        return sum(bytes_read(kernel.nest) for kernel in self.kernels)

    @property
    def writes(self) -> int:
        """Bytes that its kernels write."""
        return sum(bytes_written(kernel.nest) for kernel in self.kernels)

    @property
    def flops(self) -> int:
        """Operations on floating-point numbers; an exponential counts as one.

        A convolution counts as the plain sum that it is, also where Winograd's method needs fewer.
        """
        return sum(flops(kernel.nest) for kernel in self.kernels)

    @property
    def loops(self) -> str:
        """How it walks, and what it computes where."""
        nest = self.kernels[0].nest
        return str(nest) if self.code.loops is None else str(self.code.loops)

    @property
    def ir(self) -> str:
        """Its function, as LLVM reads it."""
        return self.text

    @property
    def assembly(self) -> str:
        """Its function, as the processor's manual writes it."""
        return function_in(self.assembled(), self.name)

    @property
    def rate(self) -> str:
        """How fast it was: in operations for products, in bytes moved for all else."""
        if not self.seconds:
            return ""
        root = self.kernels[0].nest.contraction
        if root is not None and root.shape.flops:
            return f"{self.flops / self.seconds / 1e9:.1f} GFLOP/s"
        return f"{(self.reads + self.writes) / self.seconds / 1e9:.1f} GB/s"

    def __str__(self) -> str:
        count = len(self.kernels)
        facts = [
            f"level {', '.join(map(str, self.levels))}",
            *([f"called {count} times"] if count > 1 else []),
            f"reads {quantity(self.reads, 'B')}, writes {quantity(self.writes, 'B')}",
            f"{quantity(self.flops)} flops{' as a plain sum' if 'F(' in self.method else ''}",
        ]
        if self.seconds is not None:
            facts.append(f"{1e6 * self.seconds:.1f} µs, {self.rate}")
        return "\n".join(
            [
                f"{self.name}: {self.work}",
                f"  {'; '.join(facts)}",
                *(f"  of {node_line(op)}" for op in self.nodes),
                *(f"    {line}" for line in self.loops.splitlines()),
            ]
        )


@dataclass(eq=False)
class ExplainedRegion:
    """A branch or a loop, whose kernels follow.

    Attributes:
        region: what it is.
        depth: how many branches and loops are around it.
        seconds: of all of it in one run, if that was measured.
    """

    region: Region
    depth: int
    seconds: float | None = None

    @property
    def work(self) -> str:
        """What it does, in a few words."""
        return str(self.region).partition("\n")[0].rstrip(":")


@dataclass(eq=False)
class ExplainedKernels:
    """All kernels of a program: `kernels["k3"]`, or one after the other; `print` shows a table.

    Attributes:
        rows: kernels, and the branches and loops around them, in the order of a run.
    """

    rows: list[ExplainedKernel | ExplainedRegion] = field(default_factory=list)

    @classmethod
    def of(
        cls, items: Iterable[Item], made: Assembled, target: Target, assembly: Callable[[], str]
    ) -> ExplainedKernels:
        """Those of a program.

        Args:
            items: its kernels, branches and loops.
            made: what they were made into.
            target: the processor.
            assembly: gives the assembly of it.
        """
        code_of = {kernel: code for code in made.codes for kernel in code.kernels}
        rows: dict[Any, ExplainedKernel | ExplainedRegion] = {}

        def add(items: Iterable[Item], around: tuple[Region, ...]) -> None:
            for item in sorted(items, key=lambda item: item.level):
                if isinstance(item, Region):
                    rows[item] = ExplainedRegion(item, len(around))
                    for part in item.detail.parts:
                        add(part.items, (*around, item))
                    continue
                code = code_of[item]
                row = rows.get((around, code.name))
                if isinstance(row, ExplainedKernel):
                    row.kernels.append(item)
                else:
                    text = made.module.functions[code.name]
                    rows[around, code.name] = ExplainedKernel(
                        code, [item], len(around), text, target, assembly
                    )

        add(items, ())
        return cls(list(rows.values()))

    def __iter__(self) -> Iterator[ExplainedKernel]:
        return (row for row in self.rows if isinstance(row, ExplainedKernel))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str | int) -> ExplainedKernel:
        for number, row in enumerate(self):
            if name in (number, row.name):
                return row
        raise (IndexError if isinstance(name, int) else KeyError)(name)

    @property
    def count(self) -> int:
        """How many kernels a run consists of, a loop's counted once."""
        return sum(len(row.kernels) for row in self)

    def lines(self, most: int | None = None) -> list[str]:
        """The table, line by line.

        Args:
            most: how many kernels it may show; of measured ones it shows those that take longest.
        """
        shown = self.rows
        if most is not None and len(shown) > most:
            longest = sorted(shown, key=lambda row: -(row.seconds or 0.0))[:most]
            shown = [row for row in shown if row in longest]
        timed = any(row.seconds is not None for row in self.rows)
        head = ["kernel", "level", "what", "reads", "writes", "flops"]
        head += ["µs", "speed"] if timed else []
        cells = [[*head, "lines"], *(_cells(row, timed) for row in shown)]
        lines = table(cells, right={"level", "reads", "writes", "flops", "µs", "speed"})
        if any("F(" in row.method for row in shown if isinstance(row, ExplainedKernel)):
            lines.append("Winograd's F(m, r) takes fewer flops than these, which a plain sum has")
        left = len(self.rows) - len(shown)
        return lines if not left else [*lines, f"… {left} more: print(explanation.kernels)"]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _cells(row: ExplainedKernel | ExplainedRegion, timed: bool) -> list[str]:
    indent = "  " * row.depth
    time = [] if not timed else [f"{1e6 * row.seconds:.1f}" if row.seconds is not None else ""]
    if isinstance(row, ExplainedRegion):
        rest = [*time, ""] if timed else []
        return ["", f"{row.region.level}", indent + row.work, "", "", "", *rest, ""]
    count = len(row.kernels)
    levels = [str(level) for level in row.levels]
    return [
        f"{row.name} ×{count}" if count > 1 else row.name,
        levels[0] if len(levels) == 1 else f"{levels[0]}…{levels[-1]}",
        indent + row.work,
        quantity(row.reads, "B"),
        quantity(row.writes, "B"),
        quantity(row.flops),
        *([*time, row.rate] if timed else []),
        row.lines,
    ]


# What a kernel does


def _work(nest: Nest, method: str) -> str:
    ops = list(dict.fromkeys(_word(x) for x in nest.values if x.op not in _SILENT))
    if any(s.buffer is None for s in nest.stores):
        ops.append("check")
    if nest.contraction is not None:
        words = f"{_contraction(nest.contraction.shape)}{', ' if method else ''}{method}"
        words += ", then " if ops else ""
    else:
        words = f"{', '.join(map(str, nest.sizes)) or 'one point'}: {'' if ops else 'copy'}"
    for i, op in enumerate(ops):
        if len(words) + len(op) > _WORDS + len(method):
            return f"{words}, …" if i else f"{words}…"
        words += f", {op}" if i else op
    return words


def _word(x: Value) -> str:
    return str(x.detail) if x.op == "reduce" else x.op


def _contraction(shape: Any) -> str:
    if isinstance(shape, Packing):
        return f"packing [{shape.product.k}, {shape.product.n}]"
    if isinstance(shape, Matmul):
        batch = f"{math.prod(shape.batch)} × " if shape.batch else ""
        return f"product {batch}[{shape.m}, {shape.k}]·[{shape.k}, {shape.n}]"
    if isinstance(shape, Order):
        first = f"first {shape.count} of the " if shape.count < shape.length else ""
        return f"{first}order of {shape.rows} × {shape.length}"
    kind = {"forward": "conv", "input": "conv, gradient of x", "filter": "conv, gradient of kernel"}
    window = "×".join(map(str, shape.window))
    return f"{kind[shape.kind]} {list(shape.x_shape)} by {window} to {shape.y_shape[-1]}"


def flops(nest: Nest) -> int:
    """How many floating-point operations a kernel makes, what is computed twice counted once."""
    count = 0 if nest.contraction is None else int(nest.contraction.shape.flops)
    for x in nest.values:
        if x.op not in _FREE and x.dtype.kind == "f":
            varies = x.args[0].free if x.op == "reduce" else x.free
            count += _points(nest, varies) * (2 if x.op == "fma" else 1)
    return count


def bytes_read(nest: Nest) -> int:
    """How much a kernel reads: of each array what it needs of it, once."""
    found: dict[Buffer, int] = {}
    for x in nest.values:
        if x.op == "load" and x.buffer is not None:
            steps = x.free if x.args else [s != 0 for s in x.strides]
            found[x.buffer] = found.get(x.buffer, 0) + _points(nest, steps)
    if nest.contraction is not None:
        for view in nest.contraction.operands:
            found[view.buffer] = found.get(view.buffer, 0) + view.size
    return sum(min(n, buffer.size) * buffer.dtype.itemsize for buffer, n in found.items())


def bytes_written(nest: Nest) -> int:
    """How much a kernel writes."""
    count = 0
    for s in nest.stores:
        if s.buffer is not None:
            steps = s.value.free if s.indirect else [stride != 0 for stride in s.strides]
            count += min(_points(nest, steps), s.buffer.size) * s.buffer.dtype.itemsize
    return count


def _points(nest: Nest, varies: Sequence[bool]) -> int:
    return math.prod(size for size, free in zip(nest.sizes, varies, strict=False) if free)


# Where it comes from


def node_line(op: Any) -> str:
    """A node, and the line that made it."""
    return f"{op.name} ({op.type}), created at {op.created_at}"


def _lines(nodes: Iterable[Any]) -> str:
    places = list(dict.fromkeys(map(_place, nodes)))
    more = f" +{len(places) - _LINES}" if len(places) > _LINES else ""
    parts: list[str] = []
    before = ""
    for mark, file, line in places[:_LINES]:
        parts.append(f"{mark}{line}" if file == before else f"{mark}{file}:{line}")
        before = file
    return ", ".join(parts) + more


def _place(op: Any) -> tuple[str, str, int]:
    """∂ or nothing, the file and the line: a gradient belongs to the line that it is one of."""
    mark = ""
    while op.gradient_of is not None:
        op, mark = op.gradient_of, "∂"
    return mark, os.path.basename(op.created_at.filename), op.created_at.lineno


@functools.lru_cache(maxsize=8)
def _functions(assembly: str) -> dict[str, str]:
    """By name: the lines of a function, from its label to its end."""
    found: dict[str, list[str]] = {}
    now: list[str] | None = None
    for line in assembly.splitlines():
        label = re.match(r'"?_?([\w.]+)"?:', line)
        if label and not label[1].startswith(("L", ".L")):
            now = found.setdefault(label[1], [])
        elif line.lstrip().startswith((".size", ".section")) or re.match(r"\.?Lfunc_end", line):
            now = None
        if now is not None and not line.lstrip().startswith((".cfi", ".p2align")):
            now.append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def function_in(assembly: str, name: str) -> str:
    """One function's part of an assembly."""
    return _functions(assembly)[name]
