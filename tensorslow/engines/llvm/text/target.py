"""The processor that code is made for: what it is called, and how wide its vectors are."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Target:
    """A processor, as far as the shape of our code depends on it.

    Attributes:
        triple: LLVM's name of the architecture and system.
        cpu: LLVM's name of the processor.
        features: what it can do, as LLVM lists it: "+avx2,-avx512f".
        vector_bytes: size of a vector register.
        registers: how many of them there are.
    """

    triple: str
    cpu: str
    features: str
    vector_bytes: int
    registers: int

    @property
    def has_masks(self) -> bool:
        """Whether a load may leave out lanes at no cost."""
        return self.vector_bytes >= 32

    def lanes(self, dtype: np.dtype) -> int:
        """How many elements a vector register holds."""
        return max(1, self.vector_bytes // dtype.itemsize)


def _shape(triple: str, features: set[str]) -> tuple[int, int]:
    """Size and number of the vector registers."""
    if triple.startswith(("aarch64", "arm64")):
        return 16, 32
    if "avx512f" in features and "avx512vl" in features:
        return 64, 32
    if "avx2" in features or "avx" in features:
        return 32, 16
    return 16, 16


def named(cpu: str, features: str, triple: str) -> Target:
    """A target by LLVM's names; `features` must list all that matter to the width of vectors."""
    have = {name[1:] for name in features.split(",") if name.startswith("+")}
    return Target(triple, cpu, features, *_shape(triple, have))


@functools.cache
def host() -> Target:
    """The processor of this machine.

    The features are asked for one by one: the name may be that of an older processor than the
    machine has.
    """
    import llvmlite.binding as llvm

    features = ",".join(
        f"{'+' if has else '-'}{name}" for name, has in sorted(llvm.get_host_cpu_features().items())
    )
    return named(llvm.get_host_cpu_name(), features, llvm.get_default_triple())


# For tests, and for code that shall run on older machines than this one.
_X86 = "x86_64-unknown-linux-gnu"
SSE2 = named("x86-64", "", _X86)
AVX2 = named("x86-64-v3", "+avx2,+fma,+avx,+bmi,+bmi2,+f16c,+lzcnt,+movbe,+popcnt", _X86)
AVX512 = named("x86-64-v4", "+avx512f,+avx512vl,+avx512bw,+avx512dq,+avx512cd,+avx2,+fma", _X86)
NEON = named("neoverse-n1", "", "aarch64-unknown-linux-gnu")
