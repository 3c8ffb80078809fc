"""From a program to machine code, stage by stage, unless the disk has it already."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tensorslow.engines.llvm.assembly.split import split
from tensorslow.engines.llvm.collection import uncollected
from tensorslow.engines.llvm.laps import Laps
from tensorslow.engines.llvm.programs.program import Program
from tensorslow.engines.llvm.runtime import artifact, cache, pool
from tensorslow.engines.llvm.runtime.artifact import Artifact
from tensorslow.engines.llvm.runtime.jit import Library, load_objects, objects_of
from tensorslow.engines.llvm.text.target import Target, host

if TYPE_CHECKING:
    from tensorslow.engines.llvm.assembly.assemble import Assembled
    from tensorslow.engines.llvm.kernels.items import Item
    from tensorslow.engines.llvm.stages import Stages

SHORT = 20e-6  # seconds of work below which one thread is faster than several


@dataclass(frozen=True)
class Recipe:
    """All that machine code follows from.

    Attributes:
        program: in few primitives.
        updates: pairs of an input and the output that may be written over it.
        target: the processor.
        threads: how many may run it at most.
        timed: whether it notes when each kernel is done.
    """

    program: Program
    updates: Sequence[tuple[int, int]]
    target: Target
    threads: int
    timed: bool

    def key(self) -> str | None:
        """The name of what is kept on disk; None: it is not kept."""
        if self.timed or not cache.is_on():
            return None
        return artifact.key_of(self.program, self.updates, self.target, self.threads)

    def stages(self) -> Stages:
        """Goes through all stages before machine code."""
        from tensorslow.engines.llvm.stages import run_stages  # a hit in the cache needs none

        return run_stages(self.program, self.updates, self.target, self.threads, self.timed)


class Compiled:
    """A program as machine code.

    Attributes:
        recipe: what it was made from.
        artifact: memory that it needs, and so on; its objects are in `library`.
        library: its machine code.
        from_cache: whether it was found on disk.
        seconds: how long each stage took.
    """

    def __init__(
        self,
        recipe: Recipe,
        found: Artifact,
        library: Library,
        from_cache: bool,
        seconds: dict[str, float],
    ) -> None:
        self.recipe, self.artifact, self.library = recipe, found.without_objects(), library
        self.from_cache, self.seconds = from_cache, seconds

    @property
    def program(self) -> Program:
        """Its primitives."""
        return self.recipe.program

    @property
    def threads(self) -> int:
        """How many run it."""
        return self.recipe.threads if self.artifact.work > SHORT else 1

    @property
    def address(self) -> int:
        """Of the function that runs it."""
        return self.library.address("run")

    @property
    def in_place(self) -> dict[int, int]:
        """By number of an output, the input that it is written over."""
        return self.artifact.in_place

    @functools.cached_property
    def stages(self) -> Stages:
        """What it was on the way, made anew when somebody asks: it takes memory."""
        return self.recipe.stages()

    @property
    def items(self) -> list[Item]:
        """Its kernels."""
        return self.stages.items

    @property
    def assembled(self) -> Assembled:
        """Its text."""
        return self.stages.assembled


def compile_program(
    program: Program,
    updates: Sequence[tuple[int, int]] = (),
    target: Target | None = None,
    timed: bool = False,
) -> Compiled:
    """Compiles a simplified program, or takes it from the disk.

    Args:
        program: what `simplify` gave.
        updates: pairs of an input and the output that may be written over it.
        target: the processor; None: this one.
        timed: whether it notes when each kernel is done.

    Raises:
        NotCompiled: a primitive has no compiled form.
    """
    recipe = Recipe(program, updates, target or host(), pool.thread_count(), timed)
    laps = Laps()
    key = recipe.key()
    found = artifact.load(key) if key else None
    from_cache = found is not None
    laps.end("cache")
    if found is None:
        with uncollected():
            stages = recipe.stages()
            laps.take_over(stages.seconds)
            texts = split(stages.assembled.module, recipe.threads)
            unfinished = _unfinished(stages, timed)
            del stages  # most of memory, before somebody looks through it
        found = replace(unfinished, objects=tuple(objects_of(texts, recipe.target)))
        laps.end("machine code")
        if key:
            cache.store(key, found.to_bytes())
            laps.end("cache")
    library = load_objects(found.objects, recipe.target, ["run"])
    laps.end("load")
    return Compiled(recipe, found, library, from_cache, laps.seconds)


def _unfinished(stages: Stages, timed: bool) -> Artifact:
    """All but machine code."""
    assembled = stages.assembled
    offsets = assembled.layout.offsets
    return Artifact(
        objects=(),
        constants=tuple((offsets[x], x.array.tobytes()) for x in assembled.constants),
        in_place=stages.in_place,
        schedule=assembled.schedule,
        arena=assembled.layout.size,
        work=assembled.work,
        endless=assembled.endless,
        clocks=len(assembled.calls) + 1 if timed else 0,
    )
