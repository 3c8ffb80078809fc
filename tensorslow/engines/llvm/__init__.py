"""The LLVM engine: a whole step as machine code.

A plan goes through stages, each a function from one value that can be printed to the next:

| stage | where | from → to |
| --- | --- | --- |
| trace | `programs/` | a plan and the shapes of its inputs → a program of array primitives |
| simplify | `simplify/` | → the same in few primitives |
| lower | `kernels/lower/` | → loop nests: what each element is |
| fuse | `kernels/fuse.py` | → few kernels |
| memory | `kernels/in_place.py`, `memory.py` | → updates in place; where arrays lie |
| loops | `loops/` | → the order in which a kernel walks through its axes, and the text of it |
| contractions | `contractions/` | → the text of matrix products and convolutions |
| orders | `sorting/` | → the text of what finds the first elements of rows |
| assemble | `assembly/` | → one program, and a schedule of its calls |
| machine code | `runtime/` | → functions in memory, kept on disk; the threads that run them |

`stages.py` goes through them. `arithmetic/` is what a primitive is in registers, `text/` writes
LLVM's language, `explain/` shows every stage. Each folder begins with a map of its files; which
folder may import from which is in `pyproject.toml`.

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
