"""The LLVM engine: a whole step as machine code.

A plan goes through stages, each a function from one value that can be printed to the next:

| stage | file | from → to |
| --- | --- | --- |
| trace | `trace.py` | a plan and the shapes of its inputs → a program of array primitives |
| simplify | `simplify.py` | → the same in few primitives |
| lower | `lower.py` | → loop nests: what each element is |
| fuse | `fuse.py` | → few kernels |
| memory | `memory.py` | → where arrays lie; updates in place |
| loops | `loops.py` | → the order in which a kernel walks through its axes |
| emit | `emit.py`, `assemble.py` | → LLVM's intermediate language, and a schedule of its calls |
| machine code | `jit.py`, `artifact.py` | → functions in memory, kept on disk |

What is found on disk goes through the first two stages only: `compile.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines import Executable, Unavailable
from tensorslow.plan import Plan


def compile_plan(
    plan: Plan, specs: Sequence[TensorSpec], updates: Sequence[tuple[int, int]] = ()
) -> Executable:
    """Compiles a plan; see `tensorslow.engines`.

    Raises:
        Unavailable: llvmlite is not installed.
    """
    try:
        import llvmlite.binding
    except ImportError as error:
        raise Unavailable(
            f"llvmlite cannot be imported ({error}); `pip install llvmlite` helps"
        ) from error
    from tensorslow.engines.llvm import executable

    return executable.compile_plan(plan, specs, updates)
