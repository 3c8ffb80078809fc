"""Programs: straight lists of array primitives over symbols, with blocks for branches and loops.

It is the language between a plan and loops. `str(program)` shows a program, `program.run` computes
it in NumPy (which is what it means), and `program.key()` tells it from others:

    a = input float64[2, 3]
    b = exp(a)  float64[2, 3]
    c = sum(b; axis=(1,))  float64[2]
    return c

A loop is `while_loop(limit, *carries, *xs; carries, rows, reverse)`. Its body takes (i, *carries,
*one row of each of xs) and gives (*carries, *what to keep); its condition, if it has one, takes
(i, *carries) and gives (whether to go on, *carries). The results are (*carries, the number of
iterations as int32, *what was kept, one row an iteration). `limit` bounds the iterations unless it
is negative. There is room for `rows` iterations: if it keeps something and makes more, the run must
stop, and the plan be traced with more room. Of the rows that were kept only as many count as there
were iterations. With `reverse`, rows are read and kept from number limit - 1 down to 0.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays import numeric as _numeric
from tensorslow.shapes import show

numeric: Any = _numeric  # a namespace: what it has is known when it runs


class NeedsRows(ValueError):
    """A loop takes more iterations than the program has room for.

    Attributes:
        rows: how many, if that is known.
    """

    def __init__(self, *message: str, rows: int = 0) -> None:
        super().__init__(*message)
        self.rows = rows


class Symbol:
    """An array of a program: what is known before the run is its shape and its type.

    Attributes:
        shape: tuple of sizes.
        dtype: NumPy's.
        source: the instruction that defines it; None: it is a parameter.
    """

    __slots__ = ("shape", "dtype", "source")

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], source: Instruction | None = None
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.source = source

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    def __str__(self) -> str:
        return f"{dtypes.from_numpy(self.dtype).name}{show(self.shape)}"

    def __repr__(self) -> str:
        return f"<Symbol {self}>"


class Instruction:
    """One primitive: what it is called with, and the symbols that it defines.

    Attributes:
        name: of the primitive.
        args: symbols, constants, and (before `simplify`) plain values and lists of all these.
        options: further plain values, by name.
        targets: the symbols that it defines.
        blocks: the branches, or the condition (or None) and the body of a loop.
        op: the graph's operation that it comes from; None: unknown.
    """

    __slots__ = ("name", "args", "options", "targets", "blocks", "op")

    def __init__(
        self,
        name: str,
        args: tuple[Any, ...],
        options: dict[str, Any],
        targets: tuple[Symbol, ...] = (),
        blocks: tuple[Block | None, ...] = (),
        op: Any = None,
    ) -> None:
        self.name = name
        self.args = args
        self.options = options
        self.targets = targets
        self.blocks = blocks
        self.op = op

    def __str__(self) -> str:
        return "\n".join(_Printer().instruction(self, ""))

    def __repr__(self) -> str:
        return f"<{self}>"


class NotCompiled(Exception):
    """A primitive that has no compiled form: the operation it belongs to runs in NumPy."""

    def __init__(self, instruction: Instruction) -> None:
        super().__init__(instruction.name)
        self.op = instruction.op


class Block:
    """A straight piece of program: a branch, an iteration, or the whole.

    Attributes:
        params: what it is given.
        steps: the instructions, in order.
        results: symbols, or values that are known.
    """

    __slots__ = ("params", "steps", "results")

    def __init__(
        self,
        params: Sequence[Symbol] = (),
        steps: Sequence[Instruction] = (),
        results: Sequence[Any] = (),
    ) -> None:
        self.params = list(params)
        self.steps = list(steps)
        self.results = list(results)

    def evaluate(self, known: dict[Symbol, Any], *arguments: Any) -> list[Any]:
        """The results, computed in NumPy.

        Args:
            known: the values of symbols of the blocks around it.
            arguments: one value for each of `params`.
        """
        values = {**known, **dict(zip(self.params, arguments, strict=True))}
        for step in self.steps:
            values.update(zip(step.targets, _computed(step, values), strict=True))
        return [_value(x, values) for x in self.results]

    def all_steps(self) -> Iterator[Instruction]:
        """Every instruction, those of inner blocks behind the one that they belong to."""
        waiting = [iter(self.steps)]
        while waiting:
            step = next(waiting[-1], None)
            if step is None:
                waiting.pop()
                continue
            yield step
            waiting += [iter(block.steps) for block in reversed(step.blocks) if block]

    def all_blocks(self) -> list[Block]:
        """This one, and all inner blocks."""
        blocks = [self]
        for block in blocks:
            for step in block.steps:
                if step.blocks:
                    blocks += [inner for inner in step.blocks if inner is not None]
        return blocks

    def readers(self) -> dict[Symbol, int]:
        """How many operands and results each symbol is, here and in inner blocks."""
        count: dict[Symbol, int] = defaultdict(int)
        for block in self.all_blocks():
            for step in block.steps:
                for x in step.args:
                    if type(x) is Symbol:
                        count[x] += 1
            for x in block.results:
                if type(x) is Symbol:
                    count[x] += 1
        return count

    def __str__(self) -> str:
        return "\n".join(_Printer().block(self, ""))


class Program(Block):
    """A whole program: what nothing stands around."""

    __slots__ = ()

    def run(self, inputs: Sequence[Any]) -> list[Any]:
        """The results for these inputs, in NumPy."""
        with np.errstate(all="ignore"):  # as the NumPy engine: infinities are results
            return self.evaluate({}, *inputs)

    def key(self) -> bytes:
        """What is the same for equal programs only, in every process."""
        printer = _Printer(exactly=True)
        return hashlib.sha256("\n".join(printer.block(self, "")).encode()).digest()


# What the primitives mean


def _value(x: Any, values: dict[Symbol, Any]) -> Any:
    if isinstance(x, Symbol):
        return values[x]
    return type(x)([_value(item, values) for item in x]) if isinstance(x, (list, tuple)) else x


def _computed(step: Instruction, values: dict[Symbol, Any]) -> Sequence[Any]:
    """What an instruction gives, when the values of all symbols before it are known."""
    args = [_value(x, values) for x in step.args]
    if step.name == "cond":
        chosen = step.blocks[0 if args[0] else 1]
        assert chosen is not None
        return chosen.evaluate(values)
    if step.name == "while_loop":
        bodies = [block and partial(block.evaluate, values) for block in step.blocks]
        return _loop(bodies, args, step.targets, **step.options)
    meaning = _MEANINGS.get(step.name) or getattr(numeric, step.name)
    result = meaning(*args, **step.options)
    return (result,) if step.targets else ()


def _loop(
    bodies: Sequence[Any],
    args: Sequence[Any],
    targets: Sequence[Symbol],
    *,
    carries: int,
    rows: int,
    reverse: bool,
) -> Sequence[Any]:
    limit, moving, xs = args[0], args[1 : 1 + carries], args[1 + carries :]
    # A buffer has room for more rows than were written.
    xs = [x[: int(limit)] for x in xs]
    kept = targets[carries + 1 :]
    specs = [Symbol(x.shape[1:], x.dtype) for x in kept]
    results = numeric.while_loop(bodies[0], bodies[1], limit, moving, xs, specs, reverse)
    return [*results[: carries + 1], *[_in_buffer(x, rows) for x in results[carries + 1 :]]]


def _in_buffer(x: Any, rows: int) -> Any:
    if len(x) > rows:
        raise NeedsRows(f"a loop took {len(x)} iterations, but the program has room for {rows}")
    return np.concatenate([x, np.zeros((rows - len(x), *x.shape[1:]), x.dtype)])


def _iota(*, shape: Sequence[int], axis: int, dtype: Any) -> Any:
    numbers = np.arange(shape[axis]).astype(dtype)
    return np.broadcast_to(numbers.reshape(-1, *[1] * (len(shape) - axis - 1)), shape)


def _check_indices(indices: Any, *, limit: int | None) -> None:
    if np.any(indices < 0) or limit is not None and np.any(indices >= limit):
        raise IndexError(f"indices {indices} are not all in [0, {limit})")


def _check_nonzero(divisor: Any) -> None:
    if not np.all(divisor):
        raise ZeroDivisionError("division of integers by zero")


def _argsort(x: Any, axis: int = -1, descending: bool = False, count: int | None = None) -> Any:
    order = numeric.argsort(x, axis, descending)
    return np.take(order, range(order.shape[axis] if count is None else count), axis)


def _concat(*arrays: Any, axis: int) -> Any:
    return np.concatenate(arrays, axis)


# Primitives of simplified programs that `numeric` does not have, or has with arguments in another
# order: there operands come first, and all else has a name.
_MEANINGS: dict[str, Callable[..., Any]] = {
    "argsort": _argsort,
    "iota": _iota,
    "require": lambda x, good: numeric.require(x, good, _check_nonzero),
    "check_indices": _check_indices,
    "check_nonzero": _check_nonzero,
    "sigmoid": lambda x: 1 / (np.exp(-x) + 1),
    "transpose": lambda x, perm=None: np.transpose(x, perm),
    "reshape": lambda x, shape: np.reshape(x, shape),
    "concat": lambda *args, axis=None: (
        _concat(*args, axis=axis) if axis is not None else numeric.concat(*args)
    ),
    "conv_input": lambda *args, shape=None, **options: (
        numeric.conv_input(shape, *args, **options) if shape else numeric.conv_input(*args)
    ),
    "conv_filter": lambda *args, kernel_shape=None, **options: (
        numeric.conv_filter(args[0], kernel_shape, args[1], **options)
        if kernel_shape
        else numeric.conv_filter(*args)
    ),
    "window_mean_input": lambda *args, shape=None, **options: (
        numeric.window_mean_input(shape, *args, **options)
        if shape
        else numeric.window_mean_input(*args)
    ),
}


# As text


class _Printer:
    """Names symbols in the order in which they appear: a to z, then aa, ab and so on.

    Args:
        exactly: whether everything that matters is said, down to the last bit.
    """

    def __init__(self, exactly: bool = False) -> None:
        self.names: dict[Symbol, str] = {}
        self.exactly = exactly

    def block(self, block: Block, indent: str) -> list[str]:
        """The text of a block, line by line."""
        lines = [f"{indent}{self.show(x)} = input {x}" for x in block.params]
        for step in block.steps:
            lines += self.instruction(step, indent)
        return [*lines, f"{indent}return {', '.join(map(self.show, block.results))}"]

    def instruction(self, step: Instruction, indent: str) -> list[str]:
        """The text of an instruction, line by line."""
        args = ", ".join(map(self.show, step.args))
        if step.options:
            args += "; " if args else ""
            args += ", ".join(f"{key}={self.show(x)}" for key, x in step.options.items())
        line = f"{indent}{step.name}({args})"
        if step.targets:
            targets = ", ".join(map(self.show, step.targets))
            line = f"{indent}{targets} = {step.name}({args})  {', '.join(map(str, step.targets))}"
        lines = [line]
        for block in step.blocks:
            lines += self.block(block, indent + "    ") if block else [f"{indent}    none"]
        return lines

    def show(self, x: Any) -> str:
        """An argument, an option or a result."""
        if isinstance(x, Symbol):
            name = self.names.get(x)
            if name is None:
                name = self.names[x] = _letters(len(self.names))
            return name
        if isinstance(x, (list, tuple)):
            inner = ", ".join(map(self.show, x))
            if isinstance(x, list):
                return f"[{inner}]"
            return f"({inner},)" if len(x) == 1 else f"({inner})"
        if isinstance(x, np.dtype):
            return dtypes.from_numpy(x).name
        if not isinstance(x, (np.ndarray, np.generic)):
            return str(x)
        if self.exactly:
            x = np.asarray(x)
            digest = hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()
            return f"<{x.dtype} {x.shape} {x.tobytes().hex() if x.nbytes <= 32 else digest}>"
        if x.size > 8:
            return f"<{dtypes.from_numpy(x.dtype).name}{show(x.shape)}>"
        return str(x.tolist())


def _letters(number: int) -> str:
    letters = ""
    while number >= 0:
        letters, number = chr(97 + number % 26) + letters, number // 26 - 1
    return letters
