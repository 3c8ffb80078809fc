"""Tiers: which engine makes a run, decided by counting runs and never by timing them.

NumPy begins at once, and names the operation that fails. A compiled plan is faster, but takes a
while to make, and is good for certain shapes and types only: for one *specialisation* of a call. So
the first runs of a specialisation are interpreted. At the second its compilation begins in the
background, and at a run whose number follows from the size of the plan the compiled one takes over,
waited for if it must be. The two may differ in the last bits, so the moment must depend on the
program alone: then the program gives the same numbers every time.
"""

from __future__ import annotations

import importlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.compilation import Compilation
from tensorslow.compiled import Compiled, updates
from tensorslow.engines import ENGINES, Executable, Unavailable
from tensorslow.notices import note, warn_once, where
from tensorslow.plan import Plan, RunPlan

AUTO = "auto"  # NumPy first, then the first engine that compiles
BEGIN = 2  # the run of a specialisation at which its compilation begins
FREE = 8  # specialisations of a call that are compiled so soon; after that, each waits for twice
SLOWEST = 1024  # as many runs as the one before, but for no more than this
COMPILED = 64  # compiled plans that a session keeps
COUNTED = 1024  # specialisations whose runs a call counts

_unavailable: dict[str, str] = {}  # by module of an engine: why it cannot work in this process


class Specialisation:
    """A call whose feeds, and cells where they vary, have certain shapes and types.

    Attributes:
        feeds, cells: shape and type of each.
        runs: how many there were before the compiled plan took over.
        switch: which run is the first that the compiled plan makes; 0: nobody compiles it.
        compilation: what makes the executable.
        compiled: the compiled plan, once it has taken over.
        used: whether it ran since `Engine` last looked for one to give up.
    """

    __slots__ = ("feeds", "cells", "runs", "switch", "compilation", "compiled", "used")

    def __init__(self, feeds: Sequence[Any], cells: Sequence[Any]) -> None:
        self.feeds, self.cells = feeds, cells
        self.used = True
        self.reset()

    def reset(self) -> None:
        """Begins to count anew."""
        self.runs = self.switch = 0
        self.compilation: Compilation | None = None
        self.compiled: Compiled | None = None


class Specialisations:
    """Those of one call, and when each is compiled."""

    def __init__(self, engine: Engine, run_plan: RunPlan) -> None:
        self.engine, self.run_plan = engine, run_plan
        self._updates = updates(run_plan)
        self._found: OrderedDict[Any, Specialisation] = OrderedDict()
        self._compilations = 0  # so far
        self._lock = threading.Lock()

    def find(self, feeds: Sequence[Any], cells: Sequence[Any]) -> Specialisation:
        """The one for these shapes and types."""
        key = (*feeds, *cells)
        with self._lock:
            found = self._found.get(key)
            if found is None:
                found = self._found[key] = Specialisation(feeds, cells)
                if len(self._found) > COUNTED:
                    self._found.popitem(last=False)
            else:
                self._found.move_to_end(key)
            return found

    def advance(self, found: Specialisation) -> Executable | None:
        """Counts a run; the executable, if it shall make this one."""
        with self._lock:
            found.runs += 1
            if not found.switch and found.runs >= self._patience():
                self._begin(found)
            compiled = found.switch and found.runs >= found.switch
        return self.executable(found) if compiled else None

    def _patience(self) -> int:
        """At which of its runs the next specialisation is compiled."""
        if self.engine.at_once:
            return 1
        return min(BEGIN << min(max(0, self._compilations - FREE + 1), 20), SLOWEST)

    def _begin(self, found: Specialisation) -> None:
        self._compilations += 1
        found.switch = found.runs
        compilation = self._compilation(found)
        if not self.engine.at_once:
            found.switch += switch_after(self.run_plan.plan) - BEGIN
            compilation.begin()

    def _compilation(self, found: Specialisation) -> Compilation:
        if found.compilation is None:
            module, plan, pairs = self.engine.module, self.run_plan.plan, self._updates
            specs = [TensorSpec(shape, dtype) for shape, dtype in (*found.feeds, *found.cells)]
            found.compilation = Compilation(
                lambda: importlib.import_module(module).compile_plan(plan, specs, pairs)
            )
            self.engine.keep(found)
        return found.compilation

    def executable(self, found: Specialisation) -> Executable | None:
        """What was compiled, waited for if need be; None if there is nothing to have.

        Raises:
            Exception: the compiler's, which has a bug.
        """
        try:
            return self._compilation(found).result()
        except (Unavailable, ImportError) as error:
            self.engine.is_unavailable(error)
        return None


def switch_after(plan: Plan) -> int:
    """The number of the run that the compiled plan makes first: 3 for tiny plans, 16 at most."""
    return min(16, 3 + steps_in(plan) // 64)


def steps_in(plan: Plan) -> int:
    """How many steps a plan has, those of branches and loops included."""
    count, plans = 0, [plan]
    while plans:
        steps = plans.pop().steps
        count += len(steps)
        plans.extend(x for step in steps for x in step.attrs.values() if isinstance(x, Plan))
    return count


class Engine:
    """The engine of a session, and the plans that it keeps compiled.

    Args:
        name: "auto", or one of `ENGINES`: an engine that compiles then does so at the first run.

    Raises:
        ValueError: there is no such engine.
    """

    def __init__(self, name: str) -> None:
        if name != AUTO and name not in ENGINES:
            names = ", ".join(sorted([AUTO, *ENGINES]))
            raise ValueError(f"there is no engine {name!r}; there is {names}")
        compilers = (other for other, module in ENGINES.items() if module)
        self.at_once = name != AUTO
        self.name = name if self.at_once else next(compilers, "numpy")
        self.module = ENGINES[self.name]
        self._compiled: OrderedDict[Specialisation, None] = OrderedDict()
        self._lock = threading.Lock()
        if self.module in _unavailable:
            self._say_unavailable()

    @property
    def compiles(self) -> bool:
        """Whether it compiles, as far as is known."""
        return bool(self.module) and self.module not in _unavailable

    def keep(self, found: Specialisation) -> None:
        """Notes that it is compiled, and gives up what was not used lately, if there are many."""
        with self._lock:
            while len(self._compiled) >= COMPILED:
                oldest, _ = self._compiled.popitem(last=False)
                if oldest.used:  # it has a second chance
                    oldest.used = False
                    self._compiled[oldest] = None
                else:
                    _drop(oldest)
            self._compiled[found] = None

    def close(self) -> None:
        """Gives up everything."""
        while self._compiled:
            _drop(self._compiled.popitem()[0])

    def is_unavailable(self, error: Exception) -> None:
        """Says once that there is no such engine here: aloud to who asked for it."""
        _unavailable[self.module] = str(error)
        self._say_unavailable()

    def _say_unavailable(self) -> None:
        why = _unavailable[self.module]
        say = warn_once if self.at_once else note
        say(f"the {self.name} engine is not available: {why}; NumPy runs everything instead")

    def failed(self, plan: Plan, error: Exception) -> None:
        """Says that the engine has a bug."""
        warn_once(
            f"the {self.name} engine failed on a plan of {steps_in(plan)} steps ({where(error)}); "
            "NumPy runs it instead. This is a bug of tensorslow: please report it, with the "
            "program and this text. TENSORSLOW_ENGINE=numpy leaves that engine out.",
            error,
        )


def _drop(found: Specialisation) -> None:
    if found.compilation is not None:
        found.compilation.cancel()
    found.reset()
