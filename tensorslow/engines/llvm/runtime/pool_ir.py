"""The pool's code: what a worker does all day, and how a program is run by all.

It is written as LLVM IR, because a worker must never need Python's lock. The C library is used for
sleeping, and Python's for letting its lock go and for signals.
"""

from __future__ import annotations

import time

from tensorslow.engines.llvm.runtime.float_mode import float_mode
from tensorslow.engines.llvm.text.barrier import SYNC_BYTES, filled
from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.target import Target
from tensorslow.engines.llvm.text.waiting import declare_waiting, wait_until

# A worker's mailbox.
TICKET = 0  # i64: the caller adds one when there is something to do
FUNCTION = 8  # ptr: what to do; null: go home
TABLE = 16  # ptr
THREADS = 24  # i64
SYNC = 32  # ptr
TID = 40  # i64
SPINS = 48  # i64: how often a worker looks before it goes to sleep
DONE = 128  # i64: the last ticket that the worker has worked off
SLEEPING = 256  # i32
MUTEX = 320  # the C library's; at most 64 bytes on every system we know
CONDITION = 448
MAILBOX_BYTES = 512

# The pool, then (at 128) the sync block, then (at 512) the mailboxes.
BUSY = 0  # i64: whether a run has taken it
HIRED = 8  # i64: how many threads there are, with the caller
HIRE = 16  # ptr: i64 fn(i64 wanted): starts workers; how many threads there are then
POOL_SYNC = 128
POOL_MAILBOXES = POOL_SYNC + SYNC_BYTES

_AIR_NS = 100_000_000  # how long a program may hold its breath

_RUNTIME = """\
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare i32 @PyErr_CheckSignals()
declare i32 @clock_gettime(i32, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_signal(ptr)

; So many pauses, to measure one.
define void @pauses(i64 %n) nounwind {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  {PAUSE}
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}}

; A worker's life.
define ptr @worker(ptr %box) nounwind {{
entry:
  %mode = call i64 @enter_float_mode()
  %tid.at = getelementptr i8, ptr %box, i64 {TID}
  %tid = load i64, ptr %tid.at, align 8
  %spins.at = getelementptr i8, ptr %box, i64 {SPINS}
  %spins = load i64, ptr %spins.at, align 8
  %function.at = getelementptr i8, ptr %box, i64 {FUNCTION}
  %table.at = getelementptr i8, ptr %box, i64 {TABLE}
  %threads.at = getelementptr i8, ptr %box, i64 {THREADS}
  %sync.at = getelementptr i8, ptr %box, i64 {SYNC}
  %done.at = getelementptr i8, ptr %box, i64 {DONE}
  %sleeping.at = getelementptr i8, ptr %box, i64 {SLEEPING}
  %mutex = getelementptr i8, ptr %box, i64 {MUTEX}
  %condition = getelementptr i8, ptr %box, i64 {CONDITION}
  br label %idle
idle:
  %last = phi i64 [ 0, %entry ], [ %ticket, %work ]
  br label %look
look:
  %looks = phi i64 [ 0, %idle ], [ %looked, %pause ], [ 0, %up ]
  %ticket = load atomic i64, ptr %box acquire, align 8
  %new = icmp ne i64 %ticket, %last
  br i1 %new, label %read, label %pause
pause:
  {PAUSE}
  %looked = add i64 %looks, 1
  %tired = icmp ugt i64 %looked, %spins
  br i1 %tired, label %bed, label %look
bed:
  %locked = call i32 @pthread_mutex_lock(ptr %mutex)
  store atomic i32 1, ptr %sleeping.at seq_cst, align 4
  br label %sleep
sleep:
  %ticket.now = load atomic i64, ptr %box seq_cst, align 8
  %called = icmp ne i64 %ticket.now, %last
  br i1 %called, label %up, label %dream
dream:
  %woken = call i32 @pthread_cond_wait(ptr %condition, ptr %mutex)
  br label %sleep
up:
  store atomic i32 0, ptr %sleeping.at seq_cst, align 4
  %unlocked = call i32 @pthread_mutex_unlock(ptr %mutex)
  br label %look
read:
  %function = load ptr, ptr %function.at, align 8
  %quit = icmp eq ptr %function, null
  br i1 %quit, label %home, label %work
work:
  %threads = load i64, ptr %threads.at, align 8
  %sync = load ptr, ptr %sync.at, align 8
  %table = load ptr, ptr %table.at, align 8
  call void %function(i64 %tid, i64 %threads, ptr %sync, ptr %table)
  store atomic i64 %ticket, ptr %done.at release, align 8
  br label %idle
home:
  ret ptr null
}}

; Gives a worker something to do.
define void @post(ptr %box, ptr %function, i64 %nt, ptr %sync, ptr %table) nounwind {{
entry:
  %function.at = getelementptr i8, ptr %box, i64 {FUNCTION}
  store ptr %function, ptr %function.at, align 8
  %table.at = getelementptr i8, ptr %box, i64 {TABLE}
  store ptr %table, ptr %table.at, align 8
  %threads.at = getelementptr i8, ptr %box, i64 {THREADS}
  store i64 %nt, ptr %threads.at, align 8
  %sync.at = getelementptr i8, ptr %box, i64 {SYNC}
  store ptr %sync, ptr %sync.at, align 8
  %ticket = load atomic i64, ptr %box monotonic, align 8
  %next = add i64 %ticket, 1
  ; In one order with what the worker does before it sleeps: one of the two sees the other.
  store atomic i64 %next, ptr %box seq_cst, align 8
  %sleeping.at = getelementptr i8, ptr %box, i64 {SLEEPING}
  %sleeping = load atomic i32, ptr %sleeping.at seq_cst, align 4
  %asleep = icmp ne i32 %sleeping, 0
  br i1 %asleep, label %wake, label %done
wake:
  %mutex = getelementptr i8, ptr %box, i64 {MUTEX}
  %condition = getelementptr i8, ptr %box, i64 {CONDITION}
  %locked = call i32 @pthread_mutex_lock(ptr %mutex)
  %unlocked = call i32 @pthread_mutex_unlock(ptr %mutex)
  %woken = call i32 @pthread_cond_signal(ptr %condition)
  br label %done
done:
  ret void
}}

; Waits until a worker has done what it was given.
define internal void @join(ptr %box) noinline nounwind {{
entry:
  %done.at = getelementptr i8, ptr %box, i64 {DONE}
  %ticket = load atomic i64, ptr %box monotonic, align 8
  br label %look
{WAIT}done:
  ret void
}}

; Readies a sync block for a run.
define internal void @prepare(ptr %sync, ptr %state) nounwind {{
entry:
  %stop.at = getelementptr i8, ptr %sync, i64 {STOP}
  store atomic i32 0, ptr %stop.at monotonic, align 4
  %surface.at = getelementptr i8, ptr %sync, i64 {SURFACE}
  store ptr @surface, ptr %surface.at, align 8
  %state.at = getelementptr i8, ptr %sync, i64 {THREAD_STATE}
  store ptr %state, ptr %state.at, align 8
  %time.at = getelementptr i8, ptr %sync, i64 {SURFACE_AT}
  store i64 0, ptr %time.at, align 8
  ret void
}}

; Runs a program on nt threads, of which the caller is the first, or, if another run has taken the
; pool, on the caller alone. The caller holds Python's lock, and lets it go if `release` says so.
define void @run(ptr %pool, ptr %function, ptr %table, i64 %wanted, i64 %release) uwtable {{
entry:
  %own = alloca [{SYNC_BYTES} x i8], align 128
  %hired.at = getelementptr i8, ptr %pool, i64 {HIRED}
  %hired = load i64, ptr %hired.at, align 8
  %enough = icmp ule i64 %wanted, %hired
  br i1 %enough, label %enter, label %hire
hire:
  %hire.at = getelementptr i8, ptr %pool, i64 {HIRE}
  %hire.function = load ptr, ptr %hire.at, align 8
  %got = call i64 %hire.function(i64 %wanted)
  br label %enter
enter:
  %nt = phi i64 [ %wanted, %entry ], [ %got, %hire ]
  %mode = call i64 @enter_float_mode()
  %letting = icmp ne i64 %release, 0
  br i1 %letting, label %let, label %choose
let:
  %saved = call ptr @PyEval_SaveThread()
  br label %choose
choose:
  %state = phi ptr [ null, %enter ], [ %saved, %let ]
  %many = icmp ugt i64 %nt, 1
  br i1 %many, label %take, label %alone
take:
  %pair = cmpxchg ptr %pool, i64 0, i64 1 acquire monotonic, align 8
  %taken = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %taken, label %fork, label %alone
alone:
  %own.generation = getelementptr i8, ptr %own, i64 {GENERATION}
  store i64 0, ptr %own.generation, align 8
  call void @prepare(ptr %own, ptr %state)
  call void %function(i64 0, i64 1, ptr %own, ptr %table)
  br label %back
fork:
  %sync = getelementptr i8, ptr %pool, i64 {POOL_SYNC}
  call void @prepare(ptr %sync, ptr %state)
  %boxes = getelementptr i8, ptr %pool, i64 {POOL_MAILBOXES}
  br label %give
give:
  %tid = phi i64 [ 1, %fork ], [ %tid.next, %give ]
  %place = sub i64 %tid, 1
  %box = getelementptr [{MAILBOX_BYTES} x i8], ptr %boxes, i64 %place
  call void @post(ptr %box, ptr %function, i64 %nt, ptr %sync, ptr %table)
  %tid.next = add i64 %tid, 1
  %more = icmp ult i64 %tid.next, %nt
  br i1 %more, label %give, label %mine
mine:
  call void %function(i64 0, i64 %nt, ptr %sync, ptr %table)
  br label %gather
gather:
  %from = phi i64 [ 0, %mine ], [ %from.next, %gather ]
  %other = getelementptr [{MAILBOX_BYTES} x i8], ptr %boxes, i64 %from
  call void @join(ptr %other)
  %from.next = add i64 %from, 1
  %awaited = add i64 %from.next, 1
  %missing = icmp ult i64 %awaited, %nt
  br i1 %missing, label %gather, label %free
free:
  store atomic i64 0, ptr %pool release, align 8
  br label %back
back:
  call void @leave_float_mode(i64 %mode)
  br i1 %letting, label %hold, label %done
hold:
  call void @PyEval_RestoreThread(ptr %state)
  br label %done
done:
  ret void
}}

; Comes up for air: from time to time, lets Python run the handlers of signals that have come. If
; one raises an exception (KeyboardInterrupt), the run is to stop; the exception stays pending.
define internal void @surface(ptr %sync) uwtable {{
entry:
  %clock = alloca [2 x i64], align 8
  %got = call i32 @clock_gettime(i32 {CLOCK}, ptr %clock)
  %s = load i64, ptr %clock, align 8
  %ns.at = getelementptr i64, ptr %clock, i64 1
  %ns = load i64, ptr %ns.at, align 8
  %s.ns = mul i64 %s, 1000000000
  %now = add i64 %s.ns, %ns
  %then = add i64 %now, {AIR_NS}
  %time.at = getelementptr i8, ptr %sync, i64 {SURFACE_AT}
  %time = load i64, ptr %time.at, align 8
  %unknown = icmp eq i64 %time, 0
  br i1 %unknown, label %set, label %compare
set:
  store i64 %then, ptr %time.at, align 8
  ret void
compare:
  %early = icmp slt i64 %now, %time
  br i1 %early, label %done, label %air
air:
  store i64 %then, ptr %time.at, align 8
  %state.at = getelementptr i8, ptr %sync, i64 {THREAD_STATE}
  %state = load ptr, ptr %state.at, align 8
  %holds = icmp eq ptr %state, null
  br i1 %holds, label %let, label %up
let:
  ; The others have waited long enough.
  %let.state = call ptr @PyEval_SaveThread()
  br label %up
up:
  %its.state = phi ptr [ %state, %air ], [ %let.state, %let ]
  call void @PyEval_RestoreThread(ptr %its.state)
  %raised = call i32 @PyErr_CheckSignals()
  br i1 %holds, label %decide, label %down
down:
  %same = call ptr @PyEval_SaveThread()
  br label %decide
decide:
  %any = icmp ne i32 %raised, 0
  br i1 %any, label %stop, label %done
stop:
  %stop.at = getelementptr i8, ptr %sync, i64 {STOP}
  store atomic i32 1, ptr %stop.at monotonic, align 4
  br label %done
done:
  ret void
}}
"""


def runtime(target: Target) -> str:
    """The module with `run`, `worker`, `post` and `pauses`."""
    module = Module()
    declare_waiting(module, target)
    module.functions["float mode"] = float_mode(target)
    module.functions["runtime"] = filled(
        _RUNTIME,
        target,
        WAIT=wait_until(target, "%done.at", "eq i64 %now, %ticket", came_from="entry"),
        HIRED=HIRED,
        HIRE=HIRE,
        TID=TID,
        FUNCTION=FUNCTION,
        TABLE=TABLE,
        THREADS=THREADS,
        SYNC=SYNC,
        SPINS=SPINS,
        DONE=DONE,
        SLEEPING=SLEEPING,
        MUTEX=MUTEX,
        CONDITION=CONDITION,
        MAILBOX_BYTES=MAILBOX_BYTES,
        POOL_SYNC=POOL_SYNC,
        POOL_MAILBOXES=POOL_MAILBOXES,
        AIR_NS=_AIR_NS,
        CLOCK=getattr(time, "CLOCK_MONOTONIC", 1),
    )
    return str(module)
