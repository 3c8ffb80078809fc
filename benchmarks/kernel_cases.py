"""The kernels that are timed alone: shapes, operands, and what they cost at least."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

Array = np.ndarray
CONV_SIZES = {  # batch, height and width, channels in, channels out, kernel, stride
    "5x5 32-64": (128, 14, 32, 64, 5, 1),
    "5x5 1-32": (128, 28, 1, 32, 5, 1),
    "3x3 16-32 /2": (64, 32, 16, 32, 3, 2),
    "3x3 64-64": (32, 16, 64, 64, 3, 1),
    "1x1 64-128": (32, 16, 64, 128, 1, 1),
    "3x3 3-32": (32, 64, 3, 32, 3, 1),
    "3x3 64-3": (16, 64, 64, 3, 3, 1),
}

LENGTH = 50  # products in a chain of them


@dataclass(frozen=True)
class Case:
    """One kernel with its shapes.

    Attributes:
        name: as the command line and the table call it.
        kind: matmul, chain (products one after the other, in one program where a peer has
            programs), conv, conv_input, conv_filter, or what `_MEMORY` names.
        shapes: of its operands; for a convolution those of input, kernel and output.
        options: transpose_a, transpose_b, stride.
        flops: multiplications and additions; 0 where memory is the limit.
        size: bytes that must be read or written, each once.
    """

    name: str
    kind: str
    shapes: tuple[tuple[int, ...], ...]
    options: dict[str, Any]
    flops: int
    size: int

    def operands(self) -> list[Array]:
        """float32 operands, the same every time."""
        rng = np.random.default_rng(0)
        scale = self.shapes[0][0] ** -0.5 if self.kind == "chain" else 1.0  # else it overflows
        return [(scale * rng.standard_normal(shape)).astype(np.float32) for shape in self.shapes]


def _matmul(m: int, n: int, k: int, *, ta: bool = False, tb: bool = False, batch: int = 0) -> Case:
    mark = ("ᵀ" if ta else "") + "·" + ("ᵀ" if tb else "")
    name = f"matmul{'' if mark == '·' else ' A' + mark.replace('·', '·B')} {m}x{n}x{k}"
    a, b = (k, m) if ta else (m, k), (n, k) if tb else (k, n)
    many = (batch,) if batch else ()
    size = 4 * (batch or 1) * (m * k + k * n + m * n)
    options = {"transpose_a": ta, "transpose_b": tb}
    name += f" x{batch}" if batch else ""
    return Case(name, "matmul", (many + a, many + b), options, 2 * m * n * k * (batch or 1), size)


def _chain(n: int) -> Case:
    name, options = f"{LENGTH} products {n}x{n}x{n}", {"transpose_a": False, "transpose_b": False}
    return Case(name, "chain", ((n, n), (n, n)), options, LENGTH * 2 * n**3, LENGTH * 12 * n * n)


def _conv(label: str, kind: str) -> Case:
    batch, side, inputs, outputs, k, stride = CONV_SIZES[label]
    after = side // stride
    shapes = (
        (batch, side, side, inputs),
        (k, k, inputs, outputs),
        (batch, after, after, outputs),
    )
    flops = 2 * batch * after * after * outputs * k * k * inputs
    words = {"conv": "forward", "conv_input": "to input", "conv_filter": "to kernel"}
    size = 4 * sum(prod(shape) for shape in shapes)
    return Case(f"conv {label} {words[kind]}", kind, shapes, {"stride": stride}, flops, size)


def _memory(name: str, kind: str, shapes: list[tuple[int, ...]], passes: int) -> Case:
    """`passes`: how many arrays of the first shape are read or written."""
    return Case(name, kind, tuple(shapes), {}, 0, 4 * passes * prod(shapes[0]))


_MATMULS = [
    _matmul(128, 256, 784),
    _matmul(784, 256, 128, ta=True),
    _matmul(128, 784, 256, tb=True),
    _matmul(1024, 512, 128),
    _matmul(1024, 96, 128),
    _matmul(25088, 64, 800),
    _matmul(128, 1024, 3136),
    _matmul(100, 10, 784),
    _matmul(32, 48, 48),
    _matmul(64, 64, 32, tb=True, batch=64),
    _matmul(2048, 2048, 2048),
    *(_chain(n) for n in (4, 8, 16, 32, 48, 64)),
]
_CONVS = [
    _conv("5x5 32-64", "conv"),
    _conv("5x5 32-64", "conv_input"),
    _conv("5x5 32-64", "conv_filter"),
    _conv("5x5 1-32", "conv"),
    _conv("5x5 1-32", "conv_filter"),
    _conv("3x3 16-32 /2", "conv"),
    _conv("3x3 16-32 /2", "conv_input"),
    _conv("3x3 64-64", "conv"),
    _conv("1x1 64-128", "conv"),
    _conv("3x3 3-32", "conv"),
    _conv("3x3 3-32", "conv_input"),
    _conv("3x3 64-3", "conv"),
    _conv("3x3 64-3", "conv_filter"),
]
_MEMORY = [
    _memory("negate 1048576", "negate", [(1 << 20,)], 2),
    _memory("negate 16777216", "negate", [(1 << 24,)], 2),
    _memory("add 1048576", "add", [(1 << 20,), (1 << 20,)], 3),
    _memory("softmax [1024, 96]", "softmax", [(1024, 96)], 2),
    _memory("layer norm [1024, 128]", "layer_norm", [(1024, 128), (128,), (128,)], 2),
    _memory("gelu 524288", "gelu", [(524288,)], 2),
    _memory("tanh 524288", "tanh", [(524288,)], 2),
    _memory("sigmoid 524288", "sigmoid", [(524288,)], 2),
    _memory("sum of rows [4096, 512]", "sum_rows", [(4096, 512)], 1),
    _memory("sum of columns [4096, 512]", "sum_columns", [(4096, 512)], 1),
    _memory("transpose [1024, 1024]", "transpose", [(1024, 1024)], 2),
    _memory("max pool [128, 28, 28, 32]", "max_pool", [(128, 28, 28, 32)], 1),
    # Reads weights, gradient and two slots, writes all but the gradient.
    _memory("Adam 1048576", "adam", [(1 << 20,), (1 << 20,)], 7),
]
CASES = {case.name: case for case in _MATMULS + _CONVS + _MEMORY}
