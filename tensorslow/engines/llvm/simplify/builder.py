"""What simplified programs are written with: each value once, constants in one form.

A value here is a `Symbol`, a literal (`np.generic`) or a constant array. Literals and constant
arrays are the same object wherever they are equal to the last bit, so that two instructions are
equal when their operands are the same objects.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.engines.llvm.programs.program import Block, Instruction, Symbol

Value = Any  # a Symbol, an np.generic, or an np.ndarray with an axis
COMMUTATIVE = frozenset(
    "add multiply maximum minimum equal not_equal logical_and logical_or bitwise_and bitwise_or "
    "bitwise_xor".split()
)
# Constants of so many bytes are compared by their contents, larger ones by identity.
COMPARED = 1 << 20
SHORT = 3  # elements from which on 0, 1, 2, … is counted rather than stored


class Scope:
    """A block that is being written.

    Attributes:
        block: what is there so far.
        written: by name, operands and options: the symbol.
        own: the symbols defined here.
        loop: whether it is the body of a loop.
        rows: what the body reads of arrays around it (rows.py).
    """

    __slots__ = ("block", "written", "own", "loop", "rows")

    def __init__(self, loop: bool = False) -> None:
        self.block = Block()
        self.written: dict[Any, Symbol] = {}
        self.own: set[Symbol] = set()
        self.loop = loop
        self.rows: Any = None


class Builder:
    """Writes canonical instructions.

    Attributes:
        scopes: the blocks that are being written, the innermost last.
        op: the operation that what is written comes from.
        target: the symbol of the program being read whose value is computed.
    """

    def __init__(self) -> None:
        self.scopes = [Scope()]
        self.op: Any = None
        self.target: Any = None
        self._literals: dict[Any, np.generic] = {}
        self._constants: dict[Any, np.ndarray[Any, Any]] = {}
        self._known: dict[int, tuple[Any, Value]] = {}  # by identity: a constant and its value

    # Constants

    def literal(self, value: Any, dtype: Any) -> Value:
        """A number of some type."""
        if type(value) is not dtype.type:
            value = np.asarray(value, dtype)[()]
        key = dtype, value.tobytes()
        found = self._literals.get(key)
        if found is None:
            found = self._literals[key] = value
        return found

    def constant(self, array: Any) -> Value:
        """A known array: a literal, many times a literal, a counter, or what is stored."""
        known = self._known.get(id(array))
        if known is not None:
            return known[1]
        value = self._constant(np.asarray(array))
        if len(self.scopes) == 1 or not isinstance(value, Symbol):
            self._known[id(array)] = array, value
        return value

    def _constant(self, array: Any) -> Value:
        if not array.ndim:
            return self.literal(array[()], array.dtype)
        if array.size and _is_uniform(array):
            return self.uniform(array.flat[0], array.dtype, array.shape)
        counted = self._as_counter(array)
        if counted is not None:
            return counted
        array = np.ascontiguousarray(array)
        key = (array.shape, array.dtype, array.tobytes() if array.nbytes <= COMPARED else id(array))
        return self._constants.setdefault(key, array)

    def uniform(self, value: Any, dtype: Any, shape: tuple[int, ...]) -> Value:
        """An array with one value everywhere."""
        literal = self.literal(value, dtype)
        if not shape:
            return literal
        if 0 in shape:
            return self._constants.setdefault((shape, dtype), np.zeros(shape, dtype))
        return self.write("broadcast_to", (literal,), {"shape": shape}, shape, dtype)

    def _as_counter(self, array: Any) -> Value | None:
        """first + step * iota, for integers that go in equal steps along their only axis."""
        if array.dtype.kind not in "iu" or array.size < SHORT or max(array.shape) != array.size:
            return None
        flat = array.reshape(-1)
        first, step = int(flat[0]), int(flat[1]) - int(flat[0])
        if not np.array_equal(flat, first + step * np.arange(flat.size)):
            return None
        shape, dtype = array.shape, array.dtype
        axis = max(range(array.ndim), key=shape.__getitem__)
        value: Value = self.write(
            "iota", (), {"shape": shape, "axis": axis, "dtype": dtype}, shape, dtype
        )
        for name, number, nothing in (("multiply", step, 1), ("add", first, 0)):
            if number != nothing:
                literal = self.literal(np.asarray(number).astype(dtype)[()], dtype)
                value = self.write(name, (value, literal), {}, shape, dtype)
        return value

    # Instructions

    def write(
        self, name: str, args: tuple[Value, ...], options: dict[str, Any], shape: Any, dtype: Any
    ) -> Symbol:
        """The symbol that an instruction defines: an earlier one's, if that says the same."""
        # Every value is one object, which the builder keeps alive.
        keys = sorted(map(id, args)) if name in COMMUTATIVE else map(id, args)
        key: tuple[Any, ...] = (name, *keys)
        if name == "pad":  # 0.0 and -0.0 are two values, but equal
            key = (*key, options["paddings"], id(options["value"]))
        elif options:
            key = (*key, *options.values())
        scopes = self.scopes
        for scope in scopes:
            found = scope.written.get(key)
            if found is not None:
                return found
        scope = scopes[0] if len(scopes) == 1 else self._home(args)
        symbol = Symbol(shape, dtype)
        symbol.source = Instruction(name, args, options, (symbol,), (), self.op)
        scope.block.steps.append(symbol.source)
        scope.written[key] = symbol
        scope.own.add(symbol)
        return symbol

    def _home(self, args: tuple[Value, ...]) -> Scope:
        """The outermost block where an instruction gives the same: out of loops, not branches."""
        at = len(self.scopes) - 1
        while at and self.scopes[at].loop and self.scopes[at].own.isdisjoint(_symbols(args)):
            at -= 1
        return self.scopes[at]

    def effect(self, name: str, args: tuple[Value, ...], options: dict[str, Any]) -> None:
        """An instruction without a result."""
        key = (name, *map(id, args), *options.values())
        if any(key in scope.written for scope in self.scopes):
            return
        step = Instruction(name, args, options, (), (), self.op)
        self.scopes[-1].block.steps.append(step)
        self.scopes[-1].written[key] = None  # type: ignore[assignment]

    def param(self, shape: tuple[int, ...], dtype: Any) -> Symbol:
        """A new parameter of the innermost block."""
        symbol = Symbol(shape, dtype)
        self.scopes[-1].block.params.append(symbol)
        self.scopes[-1].own.add(symbol)
        return symbol


def _symbols(args: tuple[Value, ...]) -> list[Symbol]:
    return [x for x in args if type(x) is Symbol]


def _is_uniform(array: Any) -> bool:
    """Whether all elements are equal to the last bit."""
    if array.size == 1:
        return True
    if array.dtype.kind == "O":
        return False
    first = array[(0,) * array.ndim]
    if array[(-1,) * array.ndim].tobytes() != first.tobytes():
        return False
    if not any(array.strides):
        return True
    bits = np.ascontiguousarray(array).view(f"u{array.itemsize}")
    return bool((bits == bits.flat[0]).all())


def defined_by(x: Value, name: str) -> Instruction | None:
    """The instruction of that name which defines a value, if one does."""
    if type(x) is Symbol and x.source is not None and x.source.name == name:
        return x.source
    return None


def operand(b: Builder, x: Any, values: dict[Symbol, Value]) -> Any:
    """An argument that is no symbol: constants become values, plain ones stay."""
    if isinstance(x, Symbol):
        return values[x]
    if isinstance(x, (np.ndarray, np.generic)):
        return b.constant(x)
    if type(x) is list:
        return [operand(b, item, values) for item in x]
    return x
