"""Kernels become one program: the function `run`, which calls them level by level.

Equal kernels are written once: a kernel is code over pointers, and twelve equal layers of a network
cost as much as one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorslow.engines.llvm.assembly.forms import Forms
from tensorslow.engines.llvm.assembly.rows import Rows
from tensorslow.engines.llvm.assembly.schedule import Pointer, Schedule
from tensorslow.engines.llvm.assembly.work import seconds
from tensorslow.engines.llvm.contractions.convolution import Convolution, emit_convolution
from tensorslow.engines.llvm.contractions.matmul import Matmul, emit_matmul
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.items import Item, Kernel, Region
from tensorslow.engines.llvm.kernels.memory import Layout, lay_out
from tensorslow.engines.llvm.kernels.nests import Nest
from tensorslow.engines.llvm.kernels.prepack import Packing
from tensorslow.engines.llvm.kernels.regions import Branch, Part
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.loops.emit import emit_contraction, emit_loops
from tensorslow.engines.llvm.loops.order import Loops, make_loops
from tensorslow.engines.llvm.runtime.artifact import ARENA, FIRST, FLAGS, NEEDS_ROWS, NOTHING
from tensorslow.engines.llvm.sorting.order import Order, emit_order
from tensorslow.engines.llvm.text.barrier import emit_barrier, emit_breathe
from tensorslow.engines.llvm.text.ir import Function, Module, stored_type
from tensorslow.engines.llvm.text.target import Target

# By what is at the root of a kernel: who writes it.
EMITS: dict[type, Callable[..., None]] = {
    Matmul: emit_matmul,
    Convolution: emit_convolution,
    Order: emit_order,
}


@dataclass(slots=True)
class Code:
    """A kernel as it was written.

    Attributes:
        name: of its function.
        loops: how it walks; None: it has a matrix product, a convolution or an order at its root.
        kernels: those that it serves.
    """

    name: str
    loops: Loops | None
    kernels: list[Kernel] = field(default_factory=list)


@dataclass(slots=True)
class Assembled:
    """A program as text.

    Attributes:
        module: its functions; "run" is the one to call.
        codes: the kernels in it.
        schedule: which kernels are called with what, see `schedule.py`.
        layout: of the arena.
        constants: what must be in the arena before the first run.
        work: an estimate of its duration on one thread, in seconds.
        endless: whether it may run so long that it must let Python handle signals.
        calls: the kernels in the order in which they are called.
    """

    module: Module
    codes: list[Code]
    schedule: bytes
    layout: Layout
    constants: list[Buffer]
    work: float
    endless: bool
    calls: list[Kernel]


def assemble(
    items: Sequence[Item],
    owner: Any,
    constants: list[Buffer],
    inputs: int,
    target: Target,
    threads: int,
    timed: bool = False,
) -> Assembled:
    """Writes all kernels, and the function that calls them.

    Args:
        items: the kernels.
        owner: the block whose buffers have places in the arena.
        constants: arrays that are known.
        inputs: how many inputs the program has; outputs follow them in the table.
        threads: how many may run it at most.
        timed: whether it writes down the processor's clock behind the flags: at the beginning,
            and when the first thread is done with each kernel.
    """
    items = sorted(items, key=lambda item: item.level)
    writer = _Assembler(target, threads, inputs, timed)
    scratch = {item: writer.scratch(item) for item in items}
    layout = lay_out(items, scratch, constants, owner)
    writer.offsets.update(layout.offsets)
    writer.run(items)
    work = sum(map(seconds, items))
    return Assembled(
        writer.module,
        list(writer.codes.values()),
        writer.schedule.finish(),
        layout,
        constants,
        work,
        writer.endless,
        writer.calls,
    )


class _Assembler:
    def __init__(self, target: Target, threads: int, inputs: int, timed: bool) -> None:
        self.target, self.threads, self.inputs, self.timed = target, threads, inputs, timed
        self.calls: list[Kernel] = []  # in the order in which they are written
        self.module = Module()
        self.forms = Forms()
        self.codes: dict[int, Code] = {}  # by the number in a form
        self.offsets: dict[Any, int] = {}  # of buffers and of the scratch of kernels
        self.schedule = Schedule(self.module)
        self._scratch: dict[Any, int] = {}  # by contraction, how many bytes it needs
        self.endless = False

    def scratch(self, item: Item) -> int:
        """Bytes that a kernel needs while it runs."""
        if isinstance(item, Region):
            return max(part.lay_out(self.scratch) for part in item.detail.parts)
        if item.nest.contraction is None:
            return 0
        shape = item.nest.contraction.shape
        if shape not in self._scratch:
            self._scratch[shape] = shape.scratch_bytes(self.target, self.threads)
        return self._scratch[shape]

    def run(self, items: Sequence[Item]) -> None:
        """Writes the function that calls them all."""
        emit_barrier(self.module, self.target)
        params = [("i64", "%tid"), ("i64", "%nt"), ("ptr", "%sync"), ("ptr", "%table")]
        f = self.f = Function(self.module, "run", params, linkage="")
        outputs = [b.number for item in items for b in item.written if b.kind == "output"]
        self.rows = Rows(f, items, FIRST + self.inputs + max(outputs, default=-1) + 1)
        self.schedule.table = self.rows.table
        self.flags = self._entry(FLAGS)
        self.clock()
        self.sequence(items)
        f.finish()

    def clock(self) -> None:
        """Notes the time, if it is asked for."""
        if self.timed:
            self.schedule.clock(len(self.calls))

    def _entry(self, number: int) -> str:
        return self.f.load("ptr", self.f.gep("%table", number, "ptr"), 8)

    def sequence(self, items: Sequence[Item], inside: bool = False) -> None:
        """Calls kernels level by level; the threads meet between levels.

        Args:
            items: the kernels, sorted by level.
            inside: whether they belong to a region, beside which other kernels may run.
        """
        checked = False
        for i, item in enumerate(items):
            if i and item.level != items[i - 1].level:
                self.schedule.meet()
                if checked:
                    # Who reads the flag late must not see what a later check says.
                    self.stop_if_bad(
                        inside or any(x.checks and x.level == item.level for x in items)
                    )
                    checked = False
            checked |= item.checks
            if isinstance(item, Kernel):
                self.call(item)
            elif isinstance(item.detail, Branch):
                self.branch(item)
            else:
                self.loop(item)
        self.schedule.flush(self.f)

    def meet(self) -> None:
        """Lets all threads come to this place before one of them goes on."""
        self.f.call("void", "barrier", ("ptr", "%sync"), ("i64", "%nt"))

    def stop_if_bad(self, meet: bool) -> None:
        """Ends the run if a check has failed.

        Args:
            meet: whether the flag may be set again before the threads meet the next time.
        """
        f = self.f
        self.schedule.flush(f)
        bad = f.op(f"icmp ne i32 {f.load('i32', self.flags, 4)}, 0", "c")
        if meet:
            self.meet()
        f.when(bad, lambda: f.do("ret void"))

    def call(self, kernel: Kernel) -> None:
        """Calls a kernel; its function is written if no equal one has been."""
        nest = kernel.nest
        form, places = self.forms.put_in_order(nest)
        code = self.codes.get(form.code)
        if code is None:
            code = self._write(nest, len(places), f"k{len(self.codes)}", form.any_size)
            self.codes[form.code] = code
        code.kernels.append(kernel)
        pointers = [self.place(buffer, offset) for buffer, offset in places]
        if code.loops is not None:
            pointers.append((FLAGS, 0))
            pointers.append((NOTHING, math.prod(nest.sizes) if form.any_size else 0))
        scratch = self.offsets.get(kernel)
        self.schedule.call(
            code.name, (NOTHING, 0) if scratch is None else (ARENA, scratch), pointers
        )
        self.calls.append(kernel)
        self.clock()

    def _write(self, nest: Nest, params: int, name: str, any_size: bool) -> Code:
        if nest.contraction is not None:
            shape = nest.contraction.shape
            if isinstance(shape, Packing):
                shape.emit(self.module, self.target, name)
                return Code(name, None)
            emit = EMITS[type(shape)]
            emit_contraction(self.module, self.target, name, nest, emit)
            return Code(name, None)
        loops = make_loops(nest, self.target, any_size)
        emit_loops(self.module, self.target, name, loops, params)
        return Code(name, loops)

    def place(self, buffer: Buffer, offset: int) -> Pointer:
        """Where an element of a buffer lies."""
        while buffer.alias is not None and buffer not in self.rows.slots:
            offset += buffer.offset
            buffer = buffer.alias
        at = offset * buffer.dtype.itemsize
        if buffer in self.rows.slots:
            return self.rows.slots[buffer], at
        if buffer.kind in ("temp", "constant"):
            return ARENA, self.offsets[buffer] + at
        first = FIRST if buffer.kind == "input" else FIRST + self.inputs
        return first + buffer.number, at

    def _is_placed(self, row: Buffer) -> bool:
        """Whether any kernel uses the array that a row belongs to: else it has no memory."""
        buffer = row
        while buffer.alias is not None:
            buffer = buffer.alias
            if buffer in self.rows.slots:
                return True
        return buffer.kind not in ("temp", "constant") or buffer in self.offsets

    # Branches and loops

    def part(self, region: Region, part: Part) -> None:
        """The kernels of one part, in the region's piece of the arena."""
        base = self.offsets.get(region, 0)
        for key, offset in part.layout.offsets.items():
            self.offsets[key] = base + offset
        self.sequence(part.items, inside=True)

    def branch(self, region: Region) -> None:
        """One part or the other; all threads read the same predicate."""
        f, detail = self.f, region.detail
        self.schedule.flush(f)
        truth = f.op(f"icmp ne i8 {self._read(detail.predicate)}, 0", "c")
        number = f.new("branch")[1:]
        f.do(f"br i1 {truth}, label %{number}.then, label %{number}.else")
        for label, part in zip(("then", "else"), detail.parts, strict=True):
            f.label(f"{number}.{label}")
            self.part(region, part)
            f.do(f"br label %{number}.done")
        f.label(f"{number}.done")

    def loop(self, region: Region) -> None:
        """Repeats the parts until the condition or the limit ends it."""
        f, detail = self.f, region.detail
        self.schedule.flush(f)
        name = f.new("loop")[1:]
        # Every thread counts for itself: the counter in memory may be written while another reads.
        counter, head, again = f.carry("i32", "0")
        if any(item.checks for part in detail.parts for item in part.items):
            self.stop_if_bad(meet=True)
        stop = self._ask_limit(detail.limit, counter, name)
        detail.moving = [x for x in detail.moving if self._is_placed(x)]  # the others are not used
        places = [self.place(x.alias, x.offset) for x in detail.moving if x.alias is not None]
        self.rows.move(detail, counter, stop, places)
        *asked, body = detail.parts
        for part in asked:
            self.part(region, part)
            self.meet()
            truth = f.op(f"icmp ne i8 {self._read(detail.go_on)}, 0", "c")
            f.do(f"br i1 {truth}, label %{name}.body, label %{name}.done")
        if not asked:
            f.do(f"br label %{name}.body")
        f.label(f"{name}.body")
        if detail.rows is not None:
            self._ask_for_room(detail.rows, counter, name)
        self.part(region, body)
        following = f.op(f"add i32 {counter}, 1")
        if detail.endless:
            stop = self._breathe()
            again(following)
            f.do(f"br i1 {stop}, label %{name}.stop, label %{head}")
            f.label(f"{name}.stop")
            f.do("ret void")
        else:
            self.meet()
            again(following)
            f.do(f"br label %{head}")
        f.label(f"{name}.done")
        result = self.rows.pointer(self.place(detail.counter.buffer, 0))
        f.when(f.op("icmp eq i64 %tid, 0", "c"), lambda: f.store("i32", counter, result, 4))

    def _ask_limit(self, limit: View, counter: str, name: str) -> str:
        """Leaves a loop that has made as many iterations as it may; how many these are, as i64."""
        f, kind, most = self.f, stored_type(limit.buffer.dtype), self._read(limit)
        wide = counter if kind == "i32" else f.op(f"sext i32 {counter} to {kind}")
        stop = most if kind == "i64" else f.op(f"sext {kind} {most} to i64")
        endless = f.op(f"icmp slt {kind} {most}, 0", "c")
        below = f.op(f"icmp slt {kind} {wide}, {most}", "c")
        more = f.op(f"or i1 {endless}, {below}", "c")
        f.do(f"br i1 {more}, label %{name}.ask, label %{name}.done")
        f.label(f"{name}.ask")
        return stop

    def _breathe(self) -> str:
        """Lets Python handle signals; whether the run shall end. All threads meet."""
        self.endless = True
        emit_breathe(self.module, self.target)
        return self.f.call("i1", "breathe", ("i64", "%tid"), ("i64", "%nt"), ("ptr", "%sync"))

    def _ask_for_room(self, rows: int, counter: str, name: str) -> None:
        """Ends the run if a loop has filled all rows that there are."""
        f = self.f
        full = f.op(f"icmp sge i32 {counter}, {rows}", "c")
        f.do(f"br i1 {full}, label %{name}.full, label %{name}.room")
        f.label(f"{name}.full")
        f.store("i32", str(NEEDS_ROWS), self.flags, 4)
        f.do("ret void")
        f.label(f"{name}.room")

    def _read(self, view: View) -> str:
        kind = stored_type(view.buffer.dtype)
        if view.number is not None:
            return str(int(view.number))
        pointer = self.rows.pointer(self.place(view.buffer, view.offset))
        return self.f.load(kind, pointer, 1)
