"""Floating point as IEEE has it, whatever mode a thread is in.

Rounding to nearest, denormals kept: results must not depend on who computes them. The pool enters
that mode before a program and puts the caller's back behind it.
"""

from __future__ import annotations

from tensorslow.engines.llvm.text.target import Target

_X86 = """\
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
define internal i64 @enter_float_mode() nounwind {
entry:
  %at = alloca i32, align 4
  call void @llvm.x86.sse.stmxcsr(ptr %at)
  %mode = load i32, ptr %at, align 4
  %control = and i32 %mode, -64
  %usual = icmp eq i32 %control, 8064
  br i1 %usual, label %done, label %set
set:
  store i32 8064, ptr %at, align 4
  call void @llvm.x86.sse.ldmxcsr(ptr %at)
  br label %done
done:
  %wide = zext i32 %control to i64
  ret i64 %wide
}
define internal void @leave_float_mode(i64 %mode) nounwind {
entry:
  %usual = icmp eq i64 %mode, 8064
  br i1 %usual, label %done, label %set
set:
  %at = alloca i32, align 4
  %narrow = trunc i64 %mode to i32
  store i32 %narrow, ptr %at, align 4
  call void @llvm.x86.sse.ldmxcsr(ptr %at)
  br label %done
done:
  ret void
}
"""
_ARM = """\
declare i64 @llvm.aarch64.get.fpcr()
declare void @llvm.aarch64.set.fpcr(i64)
define internal i64 @enter_float_mode() nounwind {
entry:
  %mode = call i64 @llvm.aarch64.get.fpcr()
  call void @leave_float_mode(i64 0)
  ret i64 %mode
}
define internal void @leave_float_mode(i64 %mode) nounwind {
entry:
  %now = call i64 @llvm.aarch64.get.fpcr()
  %same = icmp eq i64 %now, %mode
  br i1 %same, label %done, label %set
set:
  call void @llvm.aarch64.set.fpcr(i64 %mode)
  br label %done
done:
  ret void
}
"""
_UNKNOWN = """\
define internal i64 @enter_float_mode() nounwind {
  ret i64 0
}
define internal void @leave_float_mode(i64 %mode) nounwind {
  ret void
}
"""


def float_mode(target: Target) -> str:
    """The functions `i64 @enter_float_mode()` and `void @leave_float_mode(i64)`.

    The latter gets what the former returned.
    """
    if target.triple.startswith("x86_64"):
        return _X86
    return _ARM if target.triple.startswith(("aarch64", "arm64")) else _UNKNOWN
