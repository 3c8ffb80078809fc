"""Writing LLVM's intermediate language as text: functions, loops, and what they call.

Text, because it can be read, and because LLVM parses it faster than it is built call by call.
A value is its name (`%v12`) or a literal; whoever uses it knows its type.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

Typed = tuple[str, str]  # type, value

_TYPES = {"f2": "half", "f4": "float", "f8": "double", "b1": "i1"}


def type_of(dtype: np.dtype, lanes: int = 1) -> str:
    """LLVM's name of an element type, or of a vector of so many of them.

    Truth values are `i1` here; in memory they are bytes.
    """
    name = _TYPES.get(dtype.str[1:]) or f"i{8 * dtype.itemsize}"
    return name if lanes == 1 else f"<{lanes} x {name}>"


def stored_type(dtype: np.dtype, lanes: int = 1) -> str:
    """The type in memory."""
    return type_of(np.dtype(np.uint8) if dtype.kind == "b" else dtype, lanes)


def literal(value: Any, dtype: np.dtype) -> str:
    """A number as LLVM reads it, to the last bit."""
    if dtype.kind == "b":
        return "true" if value else "false"
    if dtype.kind != "f":
        return str(int(np.asarray(value).astype(dtype)))
    if dtype.itemsize == 2:
        return f"0xH{np.float16(value).view(np.uint16):04X}"
    # A float is written as the double that equals it; nan keeps its sign and payload.
    with np.errstate(all="ignore"):
        exact = float(np.asarray(value).astype(dtype))
    return f"0x{struct.unpack('<Q', struct.pack('<d', exact))[0]:016X}"


def splat_literal(value: object, dtype: np.dtype, lanes: int) -> str:
    """The vector that has a number in every lane."""
    one = literal(value, dtype)
    return one if lanes == 1 else f"splat ({type_of(dtype)} {one})"


class Module:
    """The text of several functions and of the declarations that they need."""

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}  # by name: the text
        self.declared: dict[str, str] = {}  # by name: the declaration
        self.constants: dict[str, str] = {}  # by name: a global constant's definition

    def declare(self, name: str, result: str, types: Sequence[str]) -> None:
        """Notes that a function is defined elsewhere: an intrinsic, or one of the C library."""
        if name not in self.declared:
            self.declared[name] = f"declare {result} @{name}({', '.join(types)})"

    def __str__(self) -> str:
        outside = [text for name, text in self.declared.items() if name not in self.functions]
        parts = [*self.constants.values(), *outside, *self.functions.values()]
        return "\n".join(parts) + "\n"


class Function:
    """A function being written, statement by statement, in structured form: loops and ifs.

    Args:
        module: where it will stand, and where what it calls is declared.
        name: without the @.
        params: type and name (with the %) of each.
        result: the type that it returns.
        attributes: such as "noinline" or "alwaysinline".
    """

    def __init__(
        self,
        module: Module,
        name: str,
        params: Sequence[Typed],
        result: str = "void",
        attributes: str = "nounwind",
        linkage: str = "internal ",
    ) -> None:
        self.module, self.name, self.result = module, name, result
        listed = ", ".join(f"{kind} {value}" for kind, value in params)
        self._head = f"define {linkage}{result} @{name}({listed}) {attributes} {{\nentry:\n"
        self._lines: list[str] = []
        self._count = 0
        self.block = "entry"  # the label of the block that is being written

    def finish(self, value: str | None = None) -> str:
        """Returns from the function, and adds it to the module."""
        self.do("ret void" if value is None else f"ret {self.result} {value}")
        text = self._head + "\n".join(self._lines) + "\n}\n"
        self.module.functions[self.name] = text
        return text

    def new(self, hint: str = "v") -> str:
        """A name that is not used yet."""
        self._count += 1
        return f"%{hint}{self._count}"

    def op(self, text: str, hint: str = "v") -> str:
        """A statement with a result, whose name it returns."""
        name = self.new(hint)
        self._lines.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """A statement without a result."""
        self._lines.append("  " + text)

    def note(self, text: str) -> None:
        """A comment for the reader."""
        self._lines.append(f"  ; {text}")

    def label(self, name: str) -> None:
        """Begins the block of that name."""
        self._lines.append(f"{name}:")
        self.block = name

    def call(self, result: str, name: str, *args: Typed) -> str:
        """Calls a function by name; what this module does not define is declared."""
        self.module.declare(name, result, [kind for kind, _ in args])
        text = f"call {result} @{name}({', '.join(f'{kind} {value}' for kind, value in args)})"
        if result == "void":
            self.do(text)
            return ""
        return self.op(text)

    def side_by_side(self, write: Callable[[int], str], count: int) -> list[str]:
        """What `write` gives for 0, 1, …: statement by statement in turn, if they are alike.

        A processor looks ahead only so far: it finds the next of several long chains in time if
        they alternate.
        """
        lines, block, places, found = self._lines, self.block, [len(self._lines)], []
        for i in range(count):
            found.append(write(i))
            places.append(len(lines))
        length, begun = places[1] - places[0], places[0]
        if self.block == block and places == [begun + i * length for i in range(count + 1)]:
            parts = [lines[begun + i * length : begun + (i + 1) * length] for i in range(count)]
            lines[begun:] = [line for row in zip(*parts, strict=True) for line in row]
        return found

    def gep(self, pointer: str, index: str | int, kind: str) -> str:
        """The address `index` elements of type `kind` behind a pointer."""
        if index in (0, "0"):
            return pointer
        return self.op(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {index}", "at")

    def load(self, kind: str, pointer: str, align: int | None = None) -> str:
        """What stands at an address."""
        return self.op(f"load {kind}, ptr {pointer}" + (f", align {align}" if align else ""))

    def store(
        self, kind: str, value: str, pointer: str, align: int | None = None, past: bool = False
    ) -> None:
        """Writes to an address, or `past` the caches, which then keep what they have."""
        aligned = f", align {align}" if align else ""
        how = ", !nontemporal !{i32 1}" if past else ""
        self.do(f"store {kind} {value}, ptr {pointer}{aligned}{how}")

    def masked_load(
        self, kind: str, lanes: int, pointer: str, mask: str, align: int, otherwise: str
    ) -> str:
        """The lanes that the mask names; the others are those of `otherwise`.

        Args:
            kind: the type of one element.
        """
        vector, suffix = f"<{lanes} x {kind}>", f"v{lanes}{suffix_of(kind)}"
        return self.call(
            vector,
            f"llvm.masked.load.{suffix}.p0",
            ("ptr", pointer),
            ("i32", str(align)),
            (f"<{lanes} x i1>", mask),
            (vector, otherwise),
        )

    def masked_store(
        self, kind: str, lanes: int, value: str, pointer: str, mask: str, align: int
    ) -> None:
        """Writes the lanes that the mask names."""
        if mask.count("true") == 1:
            # One lane of a vector that is truncated: LLVM 22 writes it in its full width, over what
            # follows it in memory.
            first = mask.partition("true")[0].count("i1") - 1
            value = self.op(f"extractelement <{lanes} x {kind}> {value}, i64 {first}")
            self.store(kind, value, self.gep(pointer, first, kind), align)
            return
        vector, suffix = f"<{lanes} x {kind}>", f"v{lanes}{suffix_of(kind)}"
        self.call(
            "void",
            f"llvm.masked.store.{suffix}.p0",
            (vector, value),
            ("ptr", pointer),
            ("i32", str(align)),
            (f"<{lanes} x i1>", mask),
        )

    def shuffle(self, vector: str, a: str, b: str, places: Iterable[int | None]) -> str:
        """Elements of two vectors, by their places in both; None: it does not matter which."""
        listed = ", ".join(["i32 poison" if i is None else f"i32 {i}" for i in places])
        mask = f"<{listed.count('i32')} x i32> <{listed}>"
        return self.op(f"shufflevector {vector} {a}, {vector} {b}, {mask}")

    def splat(self, kind: str, lanes: int, value: str) -> str:
        """A vector with one value in every lane."""
        if lanes == 1:
            return value
        vector = f"<{lanes} x {kind}>"
        first = self.op(f"insertelement {vector} poison, {kind} {value}, i64 0")
        zeros = f"<{lanes} x i32> zeroinitializer"
        return self.op(f"shufflevector {vector} {first}, {vector} poison, {zeros}")

    def add(self, a: str | int, b: str | int) -> str:
        """The sum of two indices (i64), folded where both are numbers."""
        if a in (0, "0"):
            return str(b)
        if b in (0, "0"):
            return str(a)
        if str(a).lstrip("-").isdigit() and str(b).lstrip("-").isdigit():
            return str(int(a) + int(b))
        return self.op(f"add nsw i64 {a}, {b}", "i")

    def mul(self, a: str | int, b: str | int) -> str:
        """The product of two indices (i64), folded where it can be."""
        if a in (0, "0") or b in (0, "0"):
            return "0"
        if a in (1, "1"):
            return str(b)
        if b in (1, "1"):
            return str(a)
        if str(a).lstrip("-").isdigit() and str(b).lstrip("-").isdigit():
            return str(int(a) * int(b))
        return self.op(f"mul nsw i64 {a}, {b}", "i")

    def minimum(self, a: str | int, b: str | int) -> str:
        """The smaller one of two indices (i64, not negative), folded where both are numbers."""
        if str(a).isdigit() and str(b).isdigit():
            return str(min(int(a), int(b)))
        return self.call("i64", "llvm.umin.i64", ("i64", str(a)), ("i64", str(b)))

    def maximum(self, a: str | int, b: str | int) -> str:
        """The larger one of two indices (i64, not negative)."""
        return self.call("i64", "llvm.umax.i64", ("i64", str(a)), ("i64", str(b)))

    def loop(
        self,
        stop: str | int,
        body: Callable[[str, list[str]], Sequence[str] | None],
        carried: Sequence[Typed] = (),
        start: str | int = 0,
        step: int = 1,
        may_be_empty: bool = False,
    ) -> list[str]:
        """for i in range(start, stop, step): carried = body(i, carried).

        Args:
            stop: where it ends; at least one iteration is made unless `may_be_empty`.
            body: writes one iteration; it gets the index and the carried values, and returns what
                they become.
            carried: type and first value of what goes from one iteration to the next.

        Returns:
            The carried values after the last iteration.
        """
        begin, end = _number(start), _number(stop)
        known = not may_be_empty and begin is not None and end is not None
        if known and end - begin <= step:  # type: ignore[operator]  # one iteration: no loop
            return list(body(str(start), [value for _, value in carried]) or [])
        self._count += 1
        number, before = self._count, self.block
        index, following = f"%i{number}", f"%next{number}"
        head, done = f"loop{number}", f"done{number}"
        if may_be_empty:
            some = self.op(f"icmp slt i64 {start}, {stop}", "c")
            self.do(f"br i1 {some}, label %{head}, label %{done}")
        else:
            self.do(f"br label %{head}")
        self.label(head)
        place = len(self._lines)
        self._lines.append("")
        names = [self.new("c") for _ in carried]
        results = list(body(index, names) or [])
        self.do(f"{following} = add nuw nsw i64 {index}, {step}")
        more, back = self.op(f"icmp slt i64 {following}, {stop}", "c"), self.block
        self.do(f"br i1 {more}, label %{head}, label %{done}")
        first = [("i64", str(start)), *carried]
        self._lines[place] = _phis([index, *names], first, [following, *results], before, back)
        self.label(done)
        if not may_be_empty:
            return results
        return [
            self.op(f"phi {kind} [ {first}, %{before} ], [ {last}, %{back} ]")
            for (kind, first), last in zip(carried, results, strict=True)
        ]

    def carry(self, kind: str, first: str) -> tuple[str, str, Callable[[str], None]]:
        """Begins a block to which the code will branch back, with a value that it brings along.

        Args:
            kind: the type of the value.
            first: what it is when the block is entered from above.

        Returns:
            The value's name, the block's label, and a function to call where the code branches
            back, which gets what the value is from then on.
        """
        name, before = self.new("c"), self.block
        head = f"head{name[2:]}"
        self.do(f"br label %{head}")
        self.label(head)
        place = len(self._lines)
        self._lines.append("")

        def again(following: str) -> None:
            edges = f"[ {first}, %{before} ], [ {following}, %{self.block} ]"
            self._lines[place] = f"  {name} = phi {kind} {edges}"

        return name, head, again

    def repeat(
        self, body: Callable[[list[str]], tuple[str, Sequence[str]]], carried: Sequence[Typed]
    ) -> list[str]:
        """more, carried = body(carried), again while `more` (i1) holds.

        Args:
            carried: type and first value of what goes from one iteration to the next.

        Returns:
            The carried values after the last iteration.
        """
        self._count += 1
        number, before = self._count, self.block
        self.do(f"br label %again{number}")
        self.label(f"again{number}")
        place = len(self._lines)
        self._lines.append("")
        names = [self.new("c") for _ in carried]
        more, results = body(names)
        self._lines[place] = _phis(names, carried, results, before, self.block)
        self.do(f"br i1 {more}, label %again{number}, label %enough{number}")
        self.label(f"enough{number}")
        return list(results)

    def when(self, condition: str, body: Callable[[], None]) -> None:
        """if condition: body()."""
        self._count += 1
        then, done = f"then{self._count}", f"else{self._count}"
        self.do(f"br i1 {condition}, label %{then}, label %{done}")
        self.label(then)
        body()
        self.do(f"br label %{done}")
        self.label(done)


def _phis(
    names: Sequence[str], first: Sequence[Typed], last: Sequence[str], before: str, back: str
) -> str:
    """What is carried into a loop: first values from the block before it, then from its end."""
    return "\n".join(
        f"  {name} = phi {kind} [ {value}, %{before} ], [ {following}, %{back} ]"
        for name, (kind, value), following in zip(names, first, last, strict=True)
    )


def suffix_of(kind: str) -> str:
    """How an intrinsic's name spells an element type: f32 for float."""
    return {"half": "f16", "float": "f32", "double": "f64"}.get(kind, kind)


def overload(kind: str, lanes: int) -> str:
    """How an intrinsic's name spells a type: v16f32 for <16 x float>."""
    return suffix_of(kind) if lanes == 1 else f"v{lanes}{suffix_of(kind)}"


def _number(value: str | int) -> int | None:
    text = str(value)
    return int(text) if text.lstrip("-").isdigit() else None
