"""Plans that cannot be compiled whole: some operations run in NumPy, between compiled pieces.

These are Python functions, operations that need a value which only the run knows (a shape that is
computed from data), and the few that have no compiled form.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.memory import is_view
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.interpret import NeedsValue, Values, run_in_numpy, run_in_pieces
from tensorslow.engines.llvm.fed_sizes import FedSizes
from tensorslow.engines.llvm.programs.program import NotCompiled, Program, Symbol
from tensorslow.engines.llvm.programs.trace import trace_steps
from tensorslow.engines.numpy import explain
from tensorslow.plan import Plan, Step

Run = Callable[[list[Any]], list[Any] | None]
MOST = 64  # compiled pieces of a plan that are kept; those last used longest ago go


class Stopped(Exception):
    """A check failed in a piece."""


class Pieces:
    """A plan that is compiled piece by piece, as the shapes of what lies between become known.

    Args:
        plan: what to do.
        specs: what each input is.
        compile_piece: gets a function that traces a program with room for so many iterations, and
            returns one of the program's inputs; see `Executable`.

    Attributes:
        sizes: fed integers that are taken for known.
    """

    def __init__(
        self,
        plan: Plan,
        specs: Sequence[TensorSpec],
        compile_piece: Callable[[Callable[[int], Program]], Run],
    ) -> None:
        self.plan, self.compile_piece = plan, compile_piece
        self.in_place: frozenset[int] = frozenset()
        self._by_fixed: dict[frozenset[int], OrderedDict[Any, _Piece | NeedsValue]] = {}
        self._pieces: OrderedDict[Any, _Piece | NeedsValue] = OrderedDict()  # of the last run
        self.sizes = FedSizes(plan, specs)

    def __call__(self, inputs: list[Any]) -> list[Any] | None:
        """The outputs; None if a check failed."""
        fixed = self.sizes.values(inputs)
        self._pieces = self._by_fixed.setdefault(frozenset(fixed), OrderedDict())
        try:
            results, _ = run_in_pieces(self.plan, inputs, self._run, _run_host, fixed)
        except Stopped:
            return None
        return _apart(results, inputs)

    def explain(self, inputs: list[Any] | None = None) -> PiecesExplanation:
        """What was made of the plan: of its pieces those that have been needed so far.

        Their times are not measured, as a run of Python functions cannot be repeated.
        """
        return PiecesExplanation(self)

    def _run(
        self, steps: Sequence[Step], arrays: Values, known: Values, wanted: set[int]
    ) -> tuple[Values, Values]:
        read = sorted({slot for step in steps for slot in step.inputs} & arrays.keys())
        given = [np.asarray(arrays[slot]) for slot in read]
        given = [x if x.flags.c_contiguous else np.ascontiguousarray(x) for x in given]
        # What is known at this place follows from the plan, and from the shapes until here.
        key = (id(steps[0]), len(steps), *((x.shape, x.dtype) for x in given), *_numbers(known))
        pieces = self._pieces
        piece = pieces.get(key)
        if piece is None:
            try:
                piece = self._new(steps, dict(zip(read, given, strict=True)), known, wanted)
            except NeedsValue as reason:
                piece = reason
                self.sizes.note(reason.step)
            pieces[key] = piece
            if len(pieces) > MOST:
                pieces.popitem(last=False)
        pieces.move_to_end(key)
        if isinstance(piece, NeedsValue):
            raise piece
        computed = piece.run(given)
        if computed is None:
            raise Stopped
        return dict(zip(piece.targets, computed, strict=True)), piece.known

    def _new(
        self, steps: Sequence[Step], arrays: Values, known: Values, wanted: set[int]
    ) -> _Piece:
        """Compiles some steps; what turns out to be known needs no code."""
        specs = {slot: TensorSpec(x.shape, x.dtype) for slot, x in arrays.items()}
        slots = sorted(wanted)
        targets: list[int] = []
        found: Values = {}

        def build(rows: int) -> Program:
            program = trace_steps(steps, specs, known, slots, rows)
            pairs = list(zip(slots, program.results, strict=True))
            targets[:] = [slot for slot, x in pairs if isinstance(x, Symbol)]
            program.results = [x for _, x in pairs if isinstance(x, Symbol)]
            found.update((slot, x) for slot, x in pairs if not isinstance(x, Symbol))
            return program

        try:
            return _Piece(self.compile_piece(build), targets, found)
        except NotCompiled as reason:
            (step,) = [step for step in steps if step.op is reason.op]
            raise NeedsValue(f"{reason} has no compiled form", step) from reason


def _run_host(step: Step, arguments: list[Any]) -> Sequence[Any]:
    """The results of a step in NumPy; what goes wrong is worded as the NumPy engine words it."""
    try:
        return run_in_numpy(step, arguments)
    except Exception as error:
        raise explain(step, arguments, error) from error


def _apart(results: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """Results of which each is an array of its own."""
    taken = {id(x) for x in inputs}
    apart = []
    for x in results:
        own = np.asarray(x)
        if id(own) in taken or is_view(own) or not own.flags.writeable:
            own = own.copy()
        taken.add(id(own))
        apart.append(own)
    return apart


class PiecesExplanation:
    """What the compiler made of a plan in pieces.

    Attributes:
        pieces: what was made of each.
        host: why an operation runs in NumPy, for each that does.
    """

    def __init__(self, pieces: Pieces) -> None:
        found = list(pieces._pieces.values())
        self.pieces = [x.run.explain() for x in found if isinstance(x, _Piece)]  # type: ignore[attr-defined]
        self.host = [str(x) for x in found if isinstance(x, NeedsValue)]
        self.host += [
            f"{step.op.name}: {step.op.type} calls Python"
            for step in pieces.plan.steps
            if step.has_effect
        ]

    def __str__(self) -> str:
        reasons = [f"in NumPy: {reason}" for reason in self.host]
        none = [] if self.pieces else ["what is between them is compiled when it is first run"]
        return "\n\n".join([*reasons, *none, *map(str, self.pieces)])


class _Piece:
    """Some compiled steps.

    Attributes:
        run: from the arrays that they read to those that others read.
        targets: the slots of these.
        known: by slot, values that are the same in every run.
    """

    def __init__(self, run: Run, targets: list[int], known: Values) -> None:
        self.run, self.targets, self.known = run, targets, known


def _numbers(known: Values) -> list[Any]:
    """Small known values, which shapes may follow from."""
    return [
        (slot, x.tobytes())
        for slot, x in known.items()
        if isinstance(x, np.ndarray) and x.size <= 64 and x.dtype.kind in "iub"
    ]
