"""The schedule: which kernels run one after the other and what they are given, as data.

Written as code, a call with a dozen pointers takes LLVM half a millisecond, and a function of
thousands of calls far more. As data it takes no time. An entry is a few words of 8 bytes:

    the address of @call.n · the kernel's · (slot, offset) of its scratch memory · of n pointers

and `@call.n`, of which there is one for each n, looks up the pointers in the table, calls the
kernel and returns the address of the next entry. Where the threads meet, an entry is `@meet` alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorslow.engines.llvm.artifact import CLOCK, FLAGS
from tensorslow.engines.llvm.ir import Function, Module, Typed

Pointer = tuple[int, int]  # a place in the table, and an offset in bytes from where it points

_HANDED = [("i64", "%tid"), ("i64", "%nt"), ("ptr", "%sync")]
_PARAMS = [*_HANDED, ("ptr", "%table"), ("ptr", "%words")]


class Schedule:
    """What is to be called, while it is written down."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._words: list[str] = []
        self._called = 0  # how many words `run` calls already

    def call(self, kernel: str, scratch: Pointer, pointers: Sequence[Pointer]) -> None:
        """Adds a call of a kernel."""
        name = f"call.{len(pointers)}"
        if name not in self.module.functions:
            self._write_call(name, 1 + len(pointers))
        self._words += [_address(name), _address(kernel)]
        for slot, offset in (scratch, *pointers):
            self._words += [f"i64 {slot}", f"i64 {offset}"]

    def meet(self) -> None:
        """Lets all threads come to this place before one of them goes on."""
        if "meet" not in self.module.functions:
            f = Function(self.module, "meet", _PARAMS, "ptr")
            f.call("void", "barrier", ("ptr", "%sync"), ("i64", "%nt"))
            f.finish(f.gep("%words", 1, "i64"))
        self._words.append(_address("meet"))

    def clock(self, number: int) -> None:
        """Notes the time behind the flags, if this is the first thread."""
        if "clock" not in self.module.functions:
            self._write_clock()
        self._words += [_address("clock"), f"i64 {CLOCK + number}"]

    def flush(self, run: Function) -> None:
        """Lets `run` call what was added since the last time."""
        first, self._called = self._called, len(self._words)
        if first == self._called:
            return
        if "calls" not in self.module.functions:
            self._write_calls()
        begin, end = (run.gep("@schedule", place, "i64") for place in (first, self._called))
        run.call("void", "calls", *_HANDED, ("ptr", "%table"), ("ptr", begin), ("ptr", end))
        text = ",\n  ".join(self._words)
        kind = f"[{len(self._words)} x i64]"
        self.module.constants["schedule"] = f"@schedule = internal constant {kind} [\n  {text}\n]"

    def _write_calls(self) -> None:
        params = [*_PARAMS, ("ptr", "%end")]
        f = Function(self.module, "calls", params)

        def entry(carried: list[str]) -> tuple[str, list[str]]:
            (now,) = carried
            caller = f.load("ptr", now, 8)
            args = ", ".join(f"{kind} {value}" for kind, value in [*_PARAMS[:-1], ("ptr", now)])
            following = f.op(f"call ptr {caller}({args})")
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
        kernel = f.load("ptr", f.gep("%words", 1, "i64"), 8)
        f.do(f"call void {kernel}({', '.join(f'{kind} {value}' for kind, value in args)})")
        f.finish(f.gep("%words", 2 + 2 * count, "i64"))

    def _write_clock(self) -> None:
        f = Function(self.module, "clock", _PARAMS, "ptr")
        now = f.call("i64", "llvm.readcyclecounter")
        number = f.load("i64", f.gep("%words", 1, "i64"), 8)
        flags = f.load("ptr", f.gep("%table", FLAGS, "ptr"), 8)
        first = f.op("icmp eq i64 %tid, 0", "c")
        f.when(first, lambda: f.store("i64", now, f.gep(flags, number, "i64"), 8))
        f.finish(f.gep("%words", 2, "i64"))


def _address(function: str) -> str:
    return f"i64 ptrtoint (ptr @{function} to i64)"
