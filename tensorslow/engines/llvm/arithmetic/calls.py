"""Functions that a module has once a type, and those of the C library."""

from __future__ import annotations

from collections.abc import Callable

from tensorslow.engines.llvm.arithmetic.lanes import FLOAT64, Lanes
from tensorslow.engines.llvm.text.ir import Function

Writer = Callable[..., str]  # (Lanes, operands…) → result


def shared(v: Lanes, name: str, write: Writer, *args: str) -> str:
    """Calls what `write` writes as a function of its own, which the module then has."""
    full = f"{name}_{'u' if v.dtype.kind == 'u' else ''}{v.suffix}"
    if full not in v.f.module.functions:
        names = [f"%a{i}" for i in range(len(args))]
        g = Function(v.f.module, full, [(v.type, name) for name in names], v.type)
        g.finish(write(Lanes(g, v.target, v.dtype, v.lanes), *names))
    return v.f.call(v.type, full, *[(v.type, x) for x in args])


def in_float64(write: Writer) -> Writer:
    """The same function computed in float64: of float32 no digit is then lost."""

    def wider(v: Lanes, *args: str) -> str:
        if v.dtype == FLOAT64:
            return write(v, *args)
        w = v.like(FLOAT64)
        return w.convert("fptrunc", write(w, *[v.convert("fpext", x, w) for x in args]), v)

    return wider


def library(name: str) -> Writer:
    """A function of the C library, called for every lane (in float64)."""

    def write(v: Lanes, *args: str) -> str:
        return v.each(lambda *one: v.f.call("double", name, *[("double", x) for x in one]), *args)

    return in_float64(write)
