"""What a plan became: every stage's value, for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorslow.engines.llvm.assemble import Code
from tensorslow.engines.llvm.compile import Compiled
from tensorslow.engines.llvm.fuse import Item, Region
from tensorslow.engines.llvm.jit import assembly_for
from tensorslow.engines.llvm.nests import Nest

WIDTH = 79


class Explanation:
    """What the compiler made of a plan; `str()` shows all but the longest stages.

    Attributes:
        program: the array primitives, as they are after `simplify`.
        kernels: what is computed, kernel by kernel.
        loops: the same with its loops, once for each piece of code.
        memory: where arrays lie.
        ir: the text that LLVM compiles.
        seconds: how long each stage took.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self.program = str(compiled.program)
        self.kernels = "\n\n".join(str(item) for item in compiled.items)
        self.loops = "\n\n".join(_code(code) for code in compiled.assembled.codes)
        self.memory = str(compiled.assembled.layout)
        self.ir = str(compiled.assembled.module)
        self.seconds = compiled.seconds

    @property
    def assembly(self) -> str:
        """The machine code as the processor's manual writes it."""
        return assembly_for(self.ir, self._compiled.recipe.target)

    def __str__(self) -> str:
        compiled, assembled = self._compiled, self._compiled.assembled
        items, codes = list(_all(compiled.items)), assembled.codes
        levels = len({item.level for item in compiled.items})
        stages = ", ".join(f"{name} {1e3 * s:.0f} ms" for name, s in self.seconds.items())
        updated = len(compiled.in_place)
        return "\n".join(
            [
                _title("primitives"),
                self.program,
                _title("kernels, with the nodes they came from"),
                self.loops,
                _title("memory"),
                self.memory,
                f"{updated} variables are updated in place",
                _title("sizes and times"),
                f"{sum(1 for _ in compiled.program.all_steps())} primitives, {len(items)} kernels "
                f"in {levels} levels, {len(codes)} pieces of code, "
                f"{self.ir.count(chr(10))} lines of IR",
                f"{'found on disk' if compiled.from_cache else 'compiled'} in "
                f"{1e3 * sum(self.seconds.values()):.0f} ms: {stages}",
                f"runs on {compiled.threads} thread(s)",
            ]
        )


def _title(text: str) -> str:
    return f"── {text} {'─' * (WIDTH - len(text) - 4)}"


def _all(items: list[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        if isinstance(item, Region):
            for part in item.detail.parts:
                yield from _all(part.items)


def _code(code: Code) -> str:
    """A piece of code: its loops, and which nodes it computes."""
    uses = len(code.kernels)
    lines = [f"{code.name}, called {uses} times:" if uses > 1 else f"{code.name}:"]
    nest = code.kernels[0].nest
    if code.loops is not None:
        lines += [f"  {line}" for line in str(code.loops).splitlines()]
    else:
        lines.append(f"  {nest.contraction.shape}")
        lines += [f"  {line}" for line in str(nest).splitlines()]
    for op in _nodes(nest):
        lines.append(f"    {op.name}: {op.type}, created at {op.created_at}")
    return "\n".join(lines)


def _nodes(nest: Nest) -> list[Any]:
    """The graph's nodes behind a kernel, each once, in the order of its values."""
    return list({x.origin: None for x in nest.values if x.origin is not None})
