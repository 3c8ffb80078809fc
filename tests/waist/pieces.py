"""Two ways to run a piece of a plan as a compiler would: jitted by JAX, or written down by our
tracer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tensorslow.arrays import abstract
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.interpret import RunPiece, Values, run_steps
from tensorslow.plan import Step

# Options of XLA's: a program here runs once, so its compilation is what a test waits for, and with
# these it takes a tenth of the time. They are good for single operations only: in larger programs
# XLA's older fusion computes a value in two kernels, once contracted to fused multiply-adds and
# once not, and then `equal(x, max(x))` may find none.
QUICKLY = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
    "xla_cpu_parallel_codegen_split_count": 1,
}
AS_USUAL: dict[str, Any] = {}


def abstract_piece(
    steps: Sequence[Step], arrays: Values, known: Values, wanted: set[int]
) -> tuple[Values, Values]:
    """Only shapes and types."""
    values = {**{slot: _spec(x) for slot, x in known.items()}, **arrays}
    run_steps(steps, abstract, values, _spec)
    return {slot: values[slot] for slot in wanted}, {}


def abstract_host(step: Step, arguments: list[Any]) -> Sequence[Any]:
    """What is known of the results of a step that no engine looks into."""
    return step.op.opdef.result([_spec(x) for x in arguments], step.op.attrs)


def _spec(x: Any) -> Any:
    return TensorSpec.of(x) if isinstance(x, (np.ndarray, np.generic)) else x


def traced_piece(
    programs: list[Any], change: Callable[[Any], Any] = lambda program: program
) -> RunPiece:
    """Writes a program, changes it, notes it in `programs`, and runs it in NumPy."""

    Symbol = pytest.importorskip("tensorslow.engines.llvm.programs.program").Symbol
    trace_steps = pytest.importorskip("tensorslow.engines.llvm.programs.trace").trace_steps

    def run(
        steps: Sequence[Step], arrays: Values, known: Values, wanted: set[int]
    ) -> tuple[Values, Values]:
        read = sorted({slot for step in steps for slot in step.inputs} & arrays.keys())
        given = {slot: TensorSpec.of(arrays[slot]).without_value() for slot in read}
        slots = sorted(wanted)
        program = trace_steps(steps, given, known, slots)
        pairs = list(zip(slots, program.results, strict=True))
        targets = [slot for slot, x in pairs if isinstance(x, Symbol)]
        program.results = [x for _, x in pairs if isinstance(x, Symbol)]
        program = change(program)
        programs.append(program)
        computed = program.run([arrays[slot] for slot in read])
        return dict(zip(targets, computed, strict=True)), {
            slot: x for slot, x in pairs if slot not in targets
        }

    return run


def jitted_piece(max_trips: int = 16, options: dict[str, Any] = AS_USUAL) -> RunPiece:
    """Traces with jax.numpy and compiles, with these options of XLA's.

    A loop that outgrows its buffers is traced again, with larger ones.
    """
    import jax

    from tests.waist.jax_namespace import JaxNamespace, is_jax

    def run(
        steps: Sequence[Step], arrays: Values, known: Values, wanted: set[int]
    ) -> tuple[Values, Values]:
        xp, found = JaxNamespace(max_trips), {}

        def program(inputs: Values) -> tuple[Values, Any]:
            values = {**known, **inputs}
            run_steps(steps, xp, values)
            found.update({slot: values[slot] for slot in wanted if not is_jax(values[slot])})
            return {slot: values[slot] for slot in wanted - found.keys()}, xp.outgrown

        read = {slot: arrays[slot] for step in steps for slot in step.inputs if slot in arrays}
        with jax.numpy_dtype_promotion("strict"):  # a type is decided by our rule or not at all
            computed, outgrown = jax.jit(program, compiler_options=options)(read)
        if outgrown:
            return jitted_piece(2 * max_trips, options)(steps, arrays, known, wanted)
        return {slot: np.asarray(x) for slot, x in computed.items()}, found

    return run
