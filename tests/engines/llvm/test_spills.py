"""A micro-kernel keeps its tile in registers: its innermost loop leaves the stack alone."""

import re
from itertools import product

import numpy as np

from tensorslow.engines.llvm.contractions.microkernel import MicroKernel, most_rows, most_vectors
from tensorslow.engines.llvm.runtime.jit import assembly_for
from tensorslow.engines.llvm.text.ir import Module
from tensorslow.engines.llvm.text.target import AVX2, AVX512, NEON, SSE2, named
from tests.sampling import sampled

X86, ARM = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"
TARGETS = {
    "sse2": SSE2,
    "avx2": AVX2,
    "haswell": named("haswell", AVX2.features, X86),
    "znver3": named("znver3", AVX2.features, X86),
    "avx512": AVX512,
    "skylake-avx512": named("skylake-avx512", AVX512.features, X86),
    "sapphirerapids": named("sapphirerapids", AVX512.features, X86),
    "znver4": named("znver4", AVX512.features, X86),
    "znver5": named("znver5", AVX512.features, X86),
    "neon": NEON,
    "apple-m1": named("apple-m1", "", ARM),
}
REGISTER = {
    X86: re.compile(r"[xyz]mm\d+.*\(%rsp|\(%rsp.*[xyz]mm\d+"),
    ARM: re.compile(r"\b[qdv]\d+\b.*\[sp"),
}
PRODUCT = re.compile(r"\b(v?fn?m?(madd|mla)|mulp[sd]|vmulp[sd])|\bfmul\b")


def kernels(target, dtype):
    """The tiles that take the most registers, in several forms."""
    for apart in (False, True):
        for rows in range(1, most_rows(target, apart) + 1):
            vectors = most_vectors(target, rows, apart)
            if vectors < 8 and (rows + 1) * (vectors + 1) < 2 * target.registers // 3:
                continue
            masked = target.vector_bytes >= 32
            yield MicroKernel(dtype, rows, vectors, 1 + rows % 3, apart=apart)
            yield MicroKernel(dtype, rows, vectors, 2, True, masked, apart)


def loops(assembly):
    """The loops of a function in which products are computed."""
    blocks = re.split(r"^\.L\w+:.*$", assembly, flags=re.M)
    loops = [re.match(r".*\n\s+(j\w+|b\.\w+|cbn?z)\b", block, re.S) for block in blocks]
    return [loop[0] for loop in loops if loop and PRODUCT.search(loop[0])]


COMMON = ("avx2", "float32")
OTHERS = [row for row in product(TARGETS, ["float32", "float64"]) if row != COMMON]


@sampled(("name", "dtype"), [COMMON, *OTHERS], 22)
def test_no_vector_goes_to_the_stack(name, dtype):
    target, module = TARGETS[name], Module()
    names = {kernel.emit(module, target) for kernel in kernels(target, np.dtype(dtype))}
    for function in names:
        module.functions[function] = module.functions[function].replace("internal ", "")
    text = assembly_for(str(module), target)
    bodies = dict(re.findall(r"^(tile[\w.]+):(.*?)^\.Lfunc_end", text, re.S | re.M))
    assert names == set(bodies)
    for function, body in bodies.items():
        inner = loops(body)
        assert inner, function
        spilled = [x for x in "".join(inner).splitlines() if REGISTER[target.triple].search(x)]
        assert not spilled, (function, spilled)
