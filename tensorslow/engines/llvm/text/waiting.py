"""Waiting for another thread: looking again and again, and after a while letting others run."""

from __future__ import annotations

from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.target import Target

PATIENCE = 1000  # looks (some 20 to 40 us) before a waiting thread offers its processor to others

_WAIT = """\
look:
  %looks = phi i64 [ 0, %{came_from} ], [ %looked, %wait ], [ %looked, %yield ]
  %now = load atomic i64, ptr {address} acquire, align 8
  %opened = icmp {condition}
  br i1 %opened, label %done, label %pause
pause:
  {pause}
  %looked = add i64 %looks, 1
  %long = icmp ugt i64 %looked, {patience}
  br i1 %long, label %yield, label %wait
yield:
  %ignored = call i32 @sched_yield()
  br label %look
wait:
  br label %look
"""


def wait_until(target: Target, address: str, condition: str, came_from: str) -> str:
    """Blocks, the first of which is `look`, that go to `done` when a number is what it should be.

    Args:
        target: the processor.
        address: where the number stands, an i64 that another thread will change.
        condition: a comparison of it, which is called `%now`.
        came_from: the block before these.
    """
    return _WAIT.format(
        came_from=came_from,
        address=address,
        condition=condition,
        pause=pause(target),
        patience=PATIENCE,
    )


def declare_waiting(module: Module, target: Target) -> None:
    """Declares what `wait_until` and `pause` call."""
    module.declare("sched_yield", "i32", [])
    if target.triple.startswith("x86_64"):
        module.declare("llvm.x86.sse2.pause", "void", [])
    elif target.triple.startswith(("aarch64", "arm64")):
        module.declare("llvm.aarch64.hint", "void", ["i32"])


def pause(target: Target) -> str:
    """The processor's instruction that waits for a moment, if it has one."""
    if target.triple.startswith("x86_64"):
        return "call void @llvm.x86.sse2.pause()"
    if target.triple.startswith(("aarch64", "arm64")):
        return "call void @llvm.aarch64.hint(i32 1)"
    return ""
