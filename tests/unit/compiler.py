"""An engine that compiles nothing: NumPy in the place of machine code, so that a test decides what
happens, and when."""

from __future__ import annotations

import ctypes
import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow import compilation, notices, tiers
from tensorslow.engines import ENGINES
from tensorslow.engines.numpy import compile_plan
from tensorslow.errors import GraphError

NAME = "pretended"


class Pretended:
    """What it made of a plan.

    Attributes:
        runs: how many it made.
        before, after: called before anything is written, and after everything is.
    """

    def __init__(self, plan: Any, specs: Any, updates: Any, in_place: Any) -> None:
        self.plan, self.specs, self.updates = plan, specs, dict(updates)
        self.program = compile_plan(plan)
        self.in_place = frozenset() if plan.has_host else in_place(self)
        self.runs = 0
        self.before: Callable[[], Any] = lambda: None
        self.after: Callable[[], Any] = lambda: None

    def __call__(self, inputs: list[Any]) -> list[Any] | None:
        self.runs += 1
        for value, spec in zip(inputs, self.specs, strict=True):
            assert (value.shape, value.dtype) == (spec.shape, spec.dtype)
            assert type(value) is not np.ndarray or value.flags.c_contiguous and value.flags.aligned
        try:
            outputs = [np.array(x) for x in self.program(inputs)]
        except GraphError:
            if self.plan.has_host:
                raise
            return None
        self.before()
        for source, target in self.updates.items():
            if target in self.in_place:
                write(inputs[source], outputs[target])
                outputs[target] = inputs[source]
        del inputs
        self.after()
        return outputs

    def explain(self) -> str:
        """What it would show."""
        return f"pretended: {len(self.plan.steps)} steps for {self.specs}"


def write(target: Any, value: Any) -> None:
    """Overwrites an array as machine code does, which no flag hinders."""
    assert target.shape == value.shape
    ctypes.memmove(target.ctypes.data, np.ascontiguousarray(value).ctypes.data, target.nbytes)


def all_in_place(made: Pretended) -> frozenset[int]:
    """The outputs that fit the arrays that they update."""
    return frozenset(made.updates.values())


class Engine:
    """The module of the engine, as the table of engines knows it.

    Attributes:
        made: what was compiled, in this order.
        threads: the names of the threads that did it.
        gate: compilations wait until it is open.
        fails: raised in place of compiling, if it is an error.
        in_place: which outputs are updated in place.
    """

    def __init__(self) -> None:
        self.made: list[Pretended] = []
        self.threads: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.fails: BaseException | None = None
        self.in_place = all_in_place

    def compile_plan(self, plan: Any, specs: Any, updates: Any) -> Pretended:
        """See `tensorslow.engines`."""
        self.begun.set()
        assert self.gate.wait(20)
        self.threads.append(threading.current_thread().name)
        if self.fails is not None:
            raise self.fails
        self.made.append(Pretended(plan, specs, updates, self.in_place))
        return self.made[-1]

    @property
    def runs(self) -> int:
        """How many runs all that was compiled has made."""
        return sum(made.runs for made in self.made)


def settled() -> None:
    """Waits until nothing is compiled in the background."""
    while (thread := compilation._background._thread) is not None:
        thread.join(20)


def pretended_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The only engine that compiles, in a process that knows nothing of engines yet."""
    engine = Engine()
    module: Any = types.ModuleType(NAME)
    module.compile_plan = engine.compile_plan
    monkeypatch.setitem(sys.modules, NAME, module)
    for name in [name for name, path in ENGINES.items() if path]:
        monkeypatch.delitem(ENGINES, name)
    monkeypatch.setitem(ENGINES, NAME, NAME)
    monkeypatch.setattr(tiers, "_unavailable", {})
    monkeypatch.setattr(notices, "_said", set())
    yield engine
    engine.gate.set()
    settled()


def product(rows: int | None = None) -> tuple[Any, Any]:
    """A placeholder and an operation on it: a tiny plan."""
    x = ts.placeholder(ts.float32, [rows, 2], name="x")
    return x, ts.reduce_sum(x * x, name="y")


def ones(rows: int) -> Any:
    return np.ones((rows, 2), np.float32)
