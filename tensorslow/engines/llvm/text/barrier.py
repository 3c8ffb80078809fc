"""Where the threads of one run meet, and where a long run comes up for air.

A program is `void fn(i64 tid, i64 nt, ptr sync, ptr table)`, called by every thread with its own
`tid`. `sync` points to a block that the threads of one run share; programs use it only through
`@barrier` and `@breathe`, which this file defines in a program's module.
"""

from __future__ import annotations

from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.target import Target, host
from tensorslow.engines.llvm.text.waiting import declare_waiting, pause, wait_until

# The sync block: offsets in bytes. What different threads write lies 128 bytes apart, as
# processors fetch cache lines in pairs.
ARRIVED = 0  # i64: how many threads wait at the barrier
GENERATION = 128  # i64: how many times the barrier has opened
STOP = 256  # i32: nonzero: this run shall end early
DECISIONS = 264  # 2 x i64: what the last two calls of @breathe answered
SURFACE = 280  # ptr: the function that lets Python handle signals, or null
THREAD_STATE = 288  # ptr: Python's state of the calling thread, null if it holds Python's lock
SURFACE_AT = 296  # i64: the time, in ns, of the next coming up for air; 0: not known yet
SYNC_BYTES = 384

_BARRIER = """\
; Nobody leaves before all nt threads have come.
define internal void @barrier(ptr %sync, i64 %nt) noinline nounwind {{
entry:
  %alone = icmp eq i64 %nt, 1
  br i1 %alone, label %done, label %arrive
arrive:
  %generation.at = getelementptr i8, ptr %sync, i64 {GENERATION}
  %generation = load atomic i64, ptr %generation.at acquire, align 8
  %before = atomicrmw add ptr %sync, i64 1 acq_rel, align 8
  %came = add i64 %before, 1
  %last = icmp eq i64 %came, %nt
  br i1 %last, label %open, label %look
open:
  store atomic i64 0, ptr %sync monotonic, align 8
  %next = add i64 %generation, 1
  store atomic i64 %next, ptr %generation.at release, align 8
  br label %done
{WAIT}done:
  ret void
}}
"""

_BREATHE = """\
; Whether the program shall stop: all threads ask together, and all get the same answer.
define internal i1 @breathe(i64 %tid, i64 %nt, ptr %sync) noinline nounwind {{
entry:
  %generation.at = getelementptr i8, ptr %sync, i64 {GENERATION}
  %generation = load atomic i64, ptr %generation.at monotonic, align 8
  ; Two answers take turns: a thread may be late in reading the last one.
  %turn = and i64 %generation, 1
  %decisions = getelementptr i8, ptr %sync, i64 {DECISIONS}
  %decision = getelementptr i64, ptr %decisions, i64 %turn
  %first = icmp eq i64 %tid, 0
  br i1 %first, label %decide, label %meet
decide:
  %surface.at = getelementptr i8, ptr %sync, i64 {SURFACE}
  %surface = load ptr, ptr %surface.at, align 8
  %none = icmp eq ptr %surface, null
  br i1 %none, label %look, label %up
up:
  call void %surface(ptr %sync)
  br label %look
look:
  %stop.at = getelementptr i8, ptr %sync, i64 {STOP}
  %stop = load atomic i32, ptr %stop.at monotonic, align 4
  %wide = zext i32 %stop to i64
  store atomic i64 %wide, ptr %decision monotonic, align 8
  br label %meet
meet:
  call void @barrier(ptr %sync, i64 %nt)
  %answer = load atomic i64, ptr %decision monotonic, align 8
  %yes = icmp ne i64 %answer, 0
  ret i1 %yes
}}
"""


def emit_barrier(module: Module, target: Target | None = None) -> None:
    """Defines `void @barrier(ptr %sync, i64 %nt)` in a module.

    Args:
        module: whose functions will call it.
        target: what the module is compiled for, if not for this machine.
    """
    if "barrier" not in module.functions:
        target = target or host()
        declare_waiting(module, target)
        wait = wait_until(target, "%generation.at", "ne i64 %now, %generation", came_from="arrive")
        module.functions["barrier"] = filled(_BARRIER, target, WAIT=wait)


def emit_breathe(module: Module, target: Target | None = None) -> None:
    """Defines `i1 @breathe(i64 %tid, i64 %nt, ptr %sync)` in a module.

    It is for loops that may run long: all threads call it, once an iteration. Ctrl-C works as it
    lets Python handle signals every 0.1 s; if it returns true, the program must return at once,
    and `run` will raise what the handler raised. It is a barrier, too.
    """
    emit_barrier(module, target)
    if "breathe" not in module.functions:
        module.functions["breathe"] = filled(_BREATHE, target or host())


def filled(text: str, target: Target, **values: int | str) -> str:
    """A template with offsets, and with the target's way to wait for a moment."""
    return text.format(
        **values,
        PAUSE=pause(target),
        GENERATION=GENERATION,
        STOP=STOP,
        DECISIONS=DECISIONS,
        SURFACE=SURFACE,
        THREAD_STATE=THREAD_STATE,
        SURFACE_AT=SURFACE_AT,
        SYNC_BYTES=SYNC_BYTES,
    )
