"""Plans in machine code, beside the same plans in NumPy.

Compiling is what takes the time, so many plans become one program: their primitives stand side by
side, and whatever can be fused is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm.compile import compile_program
from tensorslow.engines.llvm.executable import Executable, Growing
from tensorslow.engines.llvm.programs.program import Program
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.numpy import compile_plan as in_numpy
from tensorslow.plan import Plan, plan_run
from tests.ops.laws import ENGINES, assert_all_near


@dataclass
class Question:
    """A plan, and what it is run on."""

    plan: Plan
    arrays: Sequence[Any]

    @classmethod
    def of(cls, function: Callable[..., Any], *arrays: Any) -> Question:
        """What a function of tensors gives for these arrays."""
        arrays = tuple(map(np.asarray, arrays))
        with ts.Graph().as_default():
            xs = [ts.placeholder(x.dtype, x.shape) for x in arrays]
            ys = function(*xs)
            ys = [ts.convert_to_tensor(y) for y in (ys if isinstance(ys, (list, tuple)) else [ys])]
            return cls(plan_run(ys, xs).plan, arrays)

    @property
    def specs(self) -> list[TensorSpec]:
        """Of its arrays."""
        return [TensorSpec(np.shape(x), np.asarray(x).dtype) for x in self.arrays]

    def traced(self, rows: int) -> Program:
        """The plan's primitives, with room for so many iterations of its loops."""
        return trace(self.plan, self.specs, rows)

    def expected(self) -> list[Any]:
        """What NumPy says."""
        return in_numpy(self.plan)(list(self.arrays))


def together(questions: Sequence[Question]) -> Growing:
    """One program for all of them."""

    def build(rows: int) -> Executable:
        programs = [question.traced(rows) for question in questions]
        parts = [
            [x for program in programs for x in getattr(program, part)]
            for part in ("params", "steps", "results")
        ]
        return Executable(compile_program(simplify(Program(*parts))))

    return Growing(build)


def answers(questions: Sequence[Question]) -> list[list[Any]]:
    """What the compiled program says to each."""
    found = together(questions)([x for question in questions for x in owned(question.arrays)])
    assert found is not None, "a check failed"
    results = iter(found)
    return [[next(results) for _ in question.plan.outputs] for question in questions]


def owned(arrays: Sequence[Any]) -> list[Any]:
    """Arrays that compiled code can read as they are."""
    return [np.ascontiguousarray(x).reshape(np.shape(x)) for x in arrays]


def assert_agree(questions: Sequence[Question], tolerances: dict[str, float] = ENGINES) -> None:
    """Raises unless compiled code and NumPy give nearly the same."""
    for question, found in zip(questions, answers(questions), strict=True):
        assert_all_near(found, question.expected(), tolerances)
