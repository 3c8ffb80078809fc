"""A namespace of symbols: running a plan through it writes down a straight program of primitives.

It is the first stage of a compiler and nothing more. Shapes and types come from the abstract rules;
whatever these say is known (a shape, what follows from constants) stays a NumPy value and is never
written down. `Program.run` gives the program back to NumPy, `str(program)` shows it:

    a = input float64[2, 3]
    b = exp(a)  float64[2, 3]
    c = sum(b, (1,), False)  float64[2]
    return c
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from tensorslow.arrays import abstract, numeric
from tensorslow.arrays.spec import TensorSpec, as_spec
from tests.waist.interpret import NeedsValue, Repeated


class Symbol:
    """An array of the program: only its shape and type are known."""

    __array_ufunc__ = None  # NumPy arrays leave `array + symbol` to the symbol

    def __init__(self, tracer: Tracer, spec: TensorSpec) -> None:
        self.tracer, self.spec, self.number = tracer, spec, next(tracer.numbers)
        self.shape, self.dtype = spec.shape, spec.dtype
        self.ndim = len(self.shape)

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise NeedsValue(f"{self} is not known while the program is written")

    def __add__(self, other: Any) -> Any:
        return self.tracer.call("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.tracer.call("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.tracer.call("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.tracer.call("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.tracer.call("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.tracer.call("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.tracer.call("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.tracer.call("divide", other, self)

    def __neg__(self) -> Any:
        return self.tracer.call("negative", self)

    def __str__(self) -> str:
        letters, number = "", self.number
        while number >= 0:
            letters, number = chr(97 + number % 26) + letters, number // 26 - 1
        return letters


@dataclass
class Block:
    """A straight piece of program: a branch, an iteration, or the whole."""

    params: list[Symbol] = field(default_factory=list)
    steps: list[Instruction] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)

    def run(self, known: dict[Symbol, Any], *arguments: Any) -> list[Any]:
        """The results, computed in NumPy; symbols from around the block are in `known`."""
        values = {**known, **dict(zip(self.params, arguments, strict=True))}
        for step in self.steps:
            step.run(values)
        return [_evaluate(x, values) for x in self.results]

    def lines(self, indent: str = "") -> list[str]:
        """The text, line by line."""
        inputs = [f"{indent}{x} = input {x.spec}" for x in self.params]
        body = [line for step in self.steps for line in step.lines(indent)]
        return [*inputs, *body, f"{indent}return {', '.join(map(_show, self.results))}"]

    def __str__(self) -> str:
        return "\n".join(self.lines())


@dataclass
class Instruction:
    """One primitive: what it is called with, the symbols it defines, and the blocks it runs."""

    name: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    targets: list[Symbol]
    blocks: list[Block | None] = field(default_factory=list)
    rows: int | None = None  # a loop's: the length of the buffers for what it keeps

    def run(self, values: dict[Symbol, Any]) -> None:
        """Computes the primitive and notes the results."""
        args = [_evaluate(x, values) for x in self.args]
        bodies = [block and partial(block.run, values) for block in self.blocks]
        if self.name == "cond":
            results = numeric.cond(args[0], *bodies, ())
        elif self.name == "while_loop":
            limit, carries, xs, stacked = args
            rows = [x[: int(limit)] for x in xs]  # without what a buffer has room for beyond them
            results = numeric.while_loop(*bodies, limit, carries, rows, stacked, **self.options)
            first = len(results) - len(args[-1])  # what was kept of each iteration comes last
            results = [*results[:first], *map(self._in_buffer, results[first:])]
        else:
            results = [getattr(numeric, self.name)(*args, **self.options)]
        values.update(zip(self.targets, results, strict=True))

    def _in_buffer(self, rows: Any) -> Any:
        missing = 0 if self.rows is None else self.rows - len(rows)
        if missing < 0:
            raise NeedsValue(
                f"a loop took {len(rows)} iterations, but the program has room for {self.rows}"
            )
        return np.concatenate([rows, np.zeros((missing, *rows.shape[1:]), rows.dtype)])

    def lines(self, indent: str) -> list[str]:
        """The text, line by line."""
        shown = [_show(x) for x in self.args] + [f"{k}={_show(v)}" for k, v in self.options.items()]
        specs = ", ".join(str(x.spec) for x in self.targets)
        targets = ", ".join(map(str, self.targets))
        first = f"{indent}{targets} = {self.name}({', '.join(shown)})  {specs}"
        return [
            first,
            *[line for block in self.blocks if block for line in block.lines(indent + "    ")],
        ]


def _evaluate(x: Any, values: dict[Symbol, Any]) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(_evaluate(item, values) for item in x)
    return values[x] if isinstance(x, Symbol) else x


def _show(x: Any) -> str:
    if isinstance(x, (list, tuple)):
        return "[" + ", ".join(map(_show, x)) + "]"
    if isinstance(x, np.ndarray) and x.size > 8:
        return f"<{TensorSpec.of(x)}>"
    return str(x.tolist() if isinstance(x, (np.ndarray, np.generic)) else x)


def _symbols(x: Any) -> bool:
    return any(map(_symbols, x)) if isinstance(x, (list, tuple)) else isinstance(x, Symbol)


def _abstract(x: Any) -> Any:
    """An argument as the abstract rules take it."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(_abstract, x))
    if isinstance(x, Symbol):
        return x.spec
    return TensorSpec.of(x) if isinstance(x, (np.ndarray, np.generic)) else x


class Tracer:
    """The namespace `xp` whose primitives write themselves down.

    Args:
        max_trips: how many iterations a loop of unknown length has room for.
    """

    def __init__(self, max_trips: int = 16) -> None:
        self.max_trips = max_trips
        self.numbers = count()
        self.block = Block()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # All primitives but two are treated alike, and this class is thereby shorter than the list
        # of them.
        if not hasattr(abstract, name):
            raise AttributeError(f"there is no primitive {name!r}")
        return partial(self.call, name)

    def call(self, name: str, *args: Any, **options: Any) -> Any:
        """The result of a primitive: a symbol, or a NumPy value where everything it depends on is
        known."""
        if not _symbols((*args, *options.values())):
            return getattr(numeric, name)(*args, **options)
        spec = getattr(abstract, name)(
            *map(_abstract, args), **{k: _abstract(v) for k, v in options.items()}
        )
        if spec.is_value:
            return spec.value.astype(spec.dtype, copy=False)
        return self._write(name, args, options, [spec])[0]

    def input(self, shape: Sequence[int], dtype: Any) -> Symbol:
        """A new symbol that the program is given."""
        symbol = Symbol(self, TensorSpec(tuple(shape), np.dtype(dtype)))
        self.block.params.append(symbol)
        return symbol

    def _write(
        self, name: str, args: Any, options: Any, specs: Sequence[TensorSpec], **more: Any
    ) -> list[Symbol]:
        for spec in specs:
            if spec.shape is None or None in spec.shape or spec.dtype is None:
                raise NeedsValue(f"the result of {name} is {spec}: its shape depends on values")
        targets = [Symbol(self, spec) for spec in specs]
        self.block.steps.append(Instruction(name, tuple(args), dict(options), targets, **more))
        return targets

    def _traced(self, function: Callable[..., Any], params: Sequence[TensorSpec]) -> Block:
        outside, self.block = self.block, Block()
        try:
            symbols = [self.input(spec.shape, spec.dtype) for spec in params]
            self.block.results = list(function(*symbols))
            return self.block
        finally:
            self.block = outside

    def cond(self, predicate: Any, then_branch: Any, else_branch: Any, args: Sequence[Any]) -> Any:
        """Both branches are written down, unless it is known which one runs."""
        if not isinstance(predicate, Symbol):
            return then_branch(*args) if predicate else else_branch(*args)
        blocks = [
            self._traced(partial(branch.own_results, *args), [])
            for branch in (then_branch, else_branch)
        ]
        # What only one branch has is read where that branch ran; if it is known, it is known there.
        pairs = list(zip(*[block.results for block in blocks], strict=True))
        only = [b if a is None else a if b is None else None for a, b in pairs]
        wanted = [i for i, x in enumerate(only) if x is None or isinstance(x, Symbol)]
        for block in blocks:
            block.results = [block.results[i] for i in wanted]
        specs = abstract.cond(None, *[partial(_specs, block) for block in blocks], ())
        results = self._write("cond", [predicate], {}, specs, blocks=blocks)
        return [results[wanted.index(i)] if i in wanted else x for i, x in enumerate(only)]

    def host(self, function: Callable[..., Any], *args: Any) -> Any:
        """Calls the user's function, where there are values to call it with."""
        if _symbols(args):
            raise NeedsValue("a Python function needs values")
        return numeric.host(function, *args)

    def while_loop(
        self,
        condition: Any,
        body: Any,
        limit: Any,
        carries: Any,
        xs: Any,
        stacked: Any,
        reverse: bool = False,
    ) -> Any:
        """One iteration is written down; carried values keep their shape."""
        counted = condition is None and not isinstance(limit, Symbol)
        rows = int(limit) if counted else self.max_trips
        number = TensorSpec((), np.dtype(np.int32))
        moving = [as_spec(_abstract(x)).without_value() for x in carries]
        sliced = [x for x in xs if not isinstance(x, Repeated)]
        cut = [TensorSpec(x.shape[1:], x.dtype) for x in sliced]

        def once(i: Any, *given: Any) -> Any:
            rows_given = iter(given[len(moving) :])
            row = [x.row if isinstance(x, Repeated) else next(rows_given) for x in xs]
            return body(i, *given[: len(moving)], *row)

        iteration = self._traced(once, [number, *moving, *cut])
        asked = condition and self._traced(condition, [number, *moving])
        n = len(moving)
        repeated = [Repeated.of(row, rows) for row in iteration.results[n:]]
        left = [
            row for row, known in zip(iteration.results[n:], repeated, strict=True) if known is None
        ]
        iteration.results = [*iteration.results[:n], *left]
        row_specs = _specs(iteration)[n:]
        kept = [TensorSpec((rows, *s.shape), s.dtype) for s in row_specs]
        args = [limit, list(carries), sliced, row_specs]
        specs, blocks = [*moving, number, *kept], [asked, iteration]
        found = self._write(
            "while_loop", args, {"reverse": reverse}, specs, blocks=blocks, rows=rows
        )
        stacks = iter(found[n + 1 :])
        count = np.int32(rows) if counted else found[n]
        return (*found[:n], count, *[next(stacks) if x is None else x for x in repeated])


def _specs(block: Block) -> list[Any]:
    """What a block returns; None for a result that it does not have."""
    return [None if x is None else as_spec(_abstract(x)).without_value() for x in block.results]
