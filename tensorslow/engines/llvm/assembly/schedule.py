"""The schedule: which kernels run one after the other and what they are given, as data.

Written as code, a call with a dozen pointers takes LLVM half a millisecond, and a function of
thousands of calls far more. As data it takes no time. An entry is a few words of 8 bytes:

    @call.n · the kernel · (slot, offset) of its scratch memory · (slot, offset) of n pointers

Functions are numbers of places in a table. `@call.n`, of which there is one for each n, looks up
the pointers, calls the kernel and returns the address of the next entry. Where the threads meet,
an entry is `@meet` alone.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tensorslow.engines.llvm.runtime.artifact import CLOCK, FLAGS, SCHEDULE
from tensorslow.engines.llvm.text.ir import Function, Module, Typed

Pointer = tuple[int, int]  # a place in the table, and an offset in bytes from where it points

_HANDED = [("i64", "%tid"), ("i64", "%nt"), ("ptr", "%sync")]
_PARAMS = [*_HANDED, ("ptr", "%table"), ("ptr", "%words")]


class Schedule:
    """What is to be called, while it is written down."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._words: list[int] = []
        self._called = 0  # how many words `run` calls already
        self.table = "%table"  # with the pointers that kernels get
        self._functions: dict[str, int] = {}  # by name: their places in the table

    def call(self, kernel: str, scratch: Pointer, pointers: Sequence[Pointer]) -> None:
        """Adds a call of a kernel."""
        name = f"call.{len(pointers)}"
        if name not in self._functions:
            self._write_call(name, 1 + len(pointers))
        self._words += [self._number(name), self._number(kernel)]
        for pointer in (scratch, *pointers):
            self._words += pointer

    def meet(self) -> None:
        """Lets all threads come to this place before one of them goes on."""
        if "meet" not in self._functions:
            f = Function(self.module, "meet", _PARAMS, "ptr")
            f.call("void", "barrier", ("ptr", "%sync"), ("i64", "%nt"))
            f.finish(f.gep("%words", 1, "i64"))
        self._words.append(self._number("meet"))

    def clock(self, number: int) -> None:
        """Notes the time behind the flags, if this is the first thread."""
        if "clock" not in self._functions:
            self._write_clock()
        self._words += [self._number("clock"), CLOCK + number]

    def flush(self, run: Function) -> None:
        """Lets `run` call what was added since the last time."""
        first, self._called = self._called, len(self._words)
        if first == self._called:
            return
        if "calls" not in self.module.functions:
            self._write_calls()
        words = run.load("ptr", run.gep("%table", SCHEDULE, "ptr"), 8)
        begin, end = (run.gep(words, place, "i64") for place in (first, self._called))
        run.call("void", "calls", *_HANDED, ("ptr", self.table), ("ptr", begin), ("ptr", end))

    def finish(self) -> bytes:
        """The whole as data; the functions become a part of the module."""
        if self._functions:
            names = ", ".join(f"ptr @{name}" for name in self._functions)
            kind = f"[{len(self._functions)} x ptr]"
            self.module.constants["functions"] = f"@functions = internal constant {kind} [{names}]"
        return struct.pack(f"={len(self._words)}q", *self._words)

    def _number(self, function: str) -> int:
        return self._functions.setdefault(function, len(self._functions))

    def _write_calls(self) -> None:
        f = Function(self.module, "calls", [*_PARAMS, ("ptr", "%end")])

        def entry(carried: list[str]) -> tuple[str, list[str]]:
            (now,) = carried
            args = _listed([*_PARAMS[:-1], ("ptr", now)])
            following = f.op(f"call ptr {_function(f, now)}({args})")
            return f.op(f"icmp ne ptr {following}, %end", "c"), [following]

        f.repeat(entry, [("ptr", "%words")])
        f.finish()

    def _write_call(self, name: str, count: int) -> None:
        f = Function(self.module, name, _PARAMS, "ptr")
        args: list[Typed] = [*_HANDED]
        for i in range(count):
            slot, offset = (
                f.load("i64", f.gep("%words", 2 + 2 * i + k, "i64"), 8) for k in range(2)
            )
            base = f.load("ptr", f.gep("%table", slot, "ptr"), 8)
            args.append(("ptr", f.op(f"getelementptr i8, ptr {base}, i64 {offset}")))
        kernel = _function(f, f.gep("%words", 1, "i64"))
        f.do(f"call void {kernel}({_listed(args)})")
        f.finish(f.gep("%words", 2 + 2 * count, "i64"))

    def _write_clock(self) -> None:
        f = Function(self.module, "clock", _PARAMS, "ptr")
        # On ARM, too, this is a counter that user mode may read; `readsteadycounter` is 0 on both.
        now = f.call("i64", "llvm.readcyclecounter")
        number = f.load("i64", f.gep("%words", 1, "i64"), 8)
        flags = f.load("ptr", f.gep("%table", FLAGS, "ptr"), 8)
        first = f.op("icmp eq i64 %tid, 0", "c")
        f.when(first, lambda: f.store("i64", now, f.gep(flags, number, "i64"), 8))
        f.finish(f.gep("%words", 2, "i64"))


def _function(f: Function, word: str) -> str:
    """The function whose number stands at an address."""
    return f.load("ptr", f.gep("@functions", f.load("i64", word, 8), "ptr"), 8)


def _listed(args: Sequence[Typed]) -> str:
    return ", ".join(f"{kind} {value}" for kind, value in args)
