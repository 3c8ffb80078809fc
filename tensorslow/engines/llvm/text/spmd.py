"""How kernels divide work: every thread runs the same function and takes a share by its number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tensorslow.engines.llvm.text.barrier import emit_barrier
from tensorslow.engines.llvm.text.ir import Function, Module, Typed
from tensorslow.engines.llvm.text.target import Target

# The parameters of every kernel's function, in front of its data pointers.
PARAMETERS: tuple[Typed, ...] = (
    ("i64", "%tid"),
    ("i64", "%nt"),
    ("ptr", "%sync"),
    ("ptr", "%scratch"),
)


def kernel_function(module: Module, name: str, pointers: int) -> Function:
    """A kernel's function, to be written and finished: with %p0, %p1, … for its data."""
    data = [("ptr", f"%p{i}") for i in range(pointers)]
    return Function(module, name, [*PARAMETERS, *data], attributes="nounwind noinline")


def quotient(f: Function, index: str, size: int | str) -> str:
    """index // size, where both are not negative."""
    return index if str(size) == "1" else f.op(f"udiv i64 {index}, {size}", "i")


def remainder(f: Function, index: str, size: int | str) -> str:
    """index % size, where both are not negative."""
    return "0" if str(size) == "1" else f.op(f"urem i64 {index}, {size}", "i")


def unravel(f: Function, index: str, sizes: Sequence[int]) -> list[str]:
    """The index of each axis, of what stands at `index` in row-major order."""
    places: list[str] = []
    for position, size in reversed(list(enumerate(sizes))):
        if size == 1:
            places.append("0")
        elif all(other == 1 for other in sizes[:position]):
            places.append(index)
        else:
            places.append(remainder(f, index, size))
            index = quotient(f, index, size)
    return places[::-1]


def share(f: Function, count: int) -> tuple[str, str]:
    """From where to where this thread works, of so many pieces of work."""
    _emit_share(f.module)
    after, pieces = f.op("add i64 %tid, 1", "i"), ("i64", str(count))
    first = f.call("i64", "share", pieces, ("i64", "%tid"), ("i64", "%nt"))
    return first, f.call("i64", "share", pieces, ("i64", after), ("i64", "%nt"))


def _emit_share(module: Module) -> None:
    """Where the share of a thread begins. A function, as LLVM makes much code of a division."""
    if "share" not in module.functions:
        params = [("i64", "%count"), ("i64", "%tid"), ("i64", "%nt")]
        f = Function(module, "share", params, "i64", "nounwind noinline")
        f.finish(f.op(f"udiv i64 {f.op('mul i64 %count, %tid')}, %nt"))


def shared_loop(f: Function, count: int, body: Callable[[str], None]) -> None:
    """Each thread does its share of `count` pieces of work: body(index)."""
    if count:
        first, stop = share(f, count)
        f.loop(stop, lambda i, _: body(i), start=first, may_be_empty=True)


def meet(f: Function, target: Target) -> None:
    """Waits until all threads are here."""
    emit_barrier(f.module, target)
    f.call("void", "barrier", ("ptr", "%sync"), ("i64", "%nt"))
