"""Makes the printed output in compiler.md: runs the page's program through every stage.

    python -m docs.design.compiler            # says whether the page is as it should be
    python -m docs.design.compiler --update   # rewrites it

Each block that follows a line `<!-- printed: name -->` is what `printed()[name]` is; all else is
written by hand. The target is fixed, so every machine prints the same, but for the assembly: that
depends on the version of LLVM, which the page names.
"""

from __future__ import annotations

import argparse
import linecache
import re
import sys
from pathlib import Path
from typing import Any

import tensorslow as ts
from tensorslow.compiled import updates
from tensorslow.engines.llvm.assembly.assemble import Assembled
from tensorslow.engines.llvm.compile import Recipe
from tensorslow.engines.llvm.explain.explanation import Memory
from tensorslow.engines.llvm.explain.kernels import ExplainedKernels, function_in
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.lower.rules import lower_block
from tensorslow.engines.llvm.kernels.nests import Nest
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Program
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.llvm.text.target import AVX2
from tensorslow.listing import Listing
from tensorslow.plan import plan_run

PAGE = Path(__file__).with_suffix(".md")
FILE = "step.py"  # what the page calls its program
ASSEMBLY = "assembly"
_BLOCK = re.compile(
    r"(<!-- printed: (\w+)[^>]*-->\n```\w+\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE
)


def llvm_version() -> int:
    """Of the LLVM that is installed."""
    import llvmlite.binding as llvm

    return int(llvm.llvm_version_info[0])


def program() -> dict[str, Any]:
    """Runs the page's program; the names that it defines."""
    match = re.search(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert match is not None
    text, names = match[1], dict[str, Any]()
    linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)
    with ts.Graph().as_default():
        exec(compile(text, FILE, "exec"), names)
    return names


def printed() -> dict[str, str]:
    """By name: what each block of the page shows."""
    names = program()
    run_plan = plan_run([names["loss"], names["train"]], [names["x"], names["labels"]])
    plan = run_plan.plan
    traced = trace(plan, [x.spec for x in plan.inputs])
    simplified = simplify(traced)
    recipe = Recipe(simplified, updates(run_plan), AVX2, threads=2, timed=False)
    stages = recipe.stages()
    made = stages.assembled
    kernels = ExplainedKernels.of(stages.items, made, AVX2, lambda: _assembly(made))
    softmax = next(k for k in kernels if "exp" in k.work)
    product = next(k for k in kernels if k.work.startswith("product"))
    bias = next(k for k in kernels if k.work.endswith("sum, multiply, subtract"))
    return {
        "plan": str(Listing(plan)),
        "trace": str(traced),
        "simplify": str(simplified),
        "lower": "\n".join(map(str, _nests(simplified)[:5])),
        "fuse": "\n\n".join(map(str, stages.items)),
        "kernels": str(kernels),
        "memory": str(Memory.of(recipe, stages, plan)),
        "product": str(product),
        "loops": softmax.loops,
        "ir": bias.ir,
        ASSEMBLY: _innermost(_assembly(made), made),
    }


def _nests(simplified: Program) -> list[Nest]:
    """A nest for each primitive."""
    params = list(enumerate(simplified.params))
    buffers = [Buffer(x.size, x.dtype, "input", number) for number, x in params]
    views = {x: View.whole(buffers[number], x.shape) for number, x in params}
    return [nest for nest in lower_block(simplified, views).nests if isinstance(nest, Nest)]


def _assembly(made: Assembled) -> str:
    from tensorslow.engines.llvm.runtime.jit import assembly_for

    return assembly_for(str(made.module), AVX2)


def _innermost(assembly: str, made: Assembled) -> str:
    """The loop of the first product's micro-kernel."""
    name = next(name for name in made.module.functions if name.startswith("tile"))
    lines = function_in(assembly, name).splitlines()
    (start,) = (i for i, line in enumerate(lines) if line.startswith(".LBB"))
    (stop,) = (i for i, line in enumerate(lines) if line.split()[:1] == ["jl"])
    return "\n".join(line.expandtabs(4) for line in lines[start : stop + 1])


def updated(text: str) -> str:
    """The page with its blocks printed anew; assembly only by the LLVM that the page names."""
    blocks = printed()

    def block(match: re.Match[str]) -> str:
        head, name, old, end = match.groups()
        assert name in blocks, f"nothing is called {name}"
        if name == ASSEMBLY and f"LLVM {llvm_version()} " not in head:
            return head + old + end
        return f"{head}{blocks[name].rstrip()}\n{end}"

    return _BLOCK.sub(block, text)


def main() -> int:
    """Compares, or with --update rewrites; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--update", action="store_true", help="rewrite the page")
    text = PAGE.read_text("utf-8")
    if parser.parse_args().update:
        text = re.sub(
            r"(<!-- printed: assembly) .*? -->", rf"\1 by LLVM {llvm_version()} -->", text
        )
        PAGE.write_text(updated(text), "utf-8")
        return 0
    if updated(text) != text:
        print("compiler.md is out of date: python -m docs.design.compiler --update")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
