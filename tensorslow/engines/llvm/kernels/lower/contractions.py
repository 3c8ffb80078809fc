"""Lowering of matrix products and convolutions: each is the root of a nest of its own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorslow.engines.llvm.contractions.convolution import Convolution
from tensorslow.engines.llvm.contractions.matmul import Matmul
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering, spread
from tensorslow.engines.llvm.kernels.root import Root
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Instruction

SHORT = 64  # elements of a row from which on its product with a column is worth a call


def matmul(low: Lowering, do: Instruction) -> View:
    """A product of matrices, or of batches of them."""
    a, b = (low.in_memory(low.view(x)) for x in do.args)
    (target,) = do.targets
    *batch, m, n = target.shape
    if n == 1 and a.shape[-1] < SHORT and a.strides[-1] == 1 and target.dtype != np.float16:
        return _summed(low, do, a, b)
    sizes = tuple(target.shape)
    shape = Matmul(target.dtype, tuple(batch), m, n, a.shape[-1], a.strides, b.strides)
    return _contracted(low, do, shape, (a, b), sizes)


def _summed(low: Lowering, do: Instruction, a: View, b: View) -> View:
    """Short rows times a column, as sums over the rows: a vector takes a number of several rows,
    where the vectors of a product lie along its columns, so that all but a lane would be empty.
    """
    (target,) = do.targets
    nest = low.nest(a.shape)
    column = View(b.buffer, a.shape, (*b.strides[:-2], 0, b.strides[-2]), b.offset)
    x = nest.compute("multiply", target.dtype, low.read(nest, a), low.read(nest, column))
    rank = len(a.shape)
    x = nest.reduce("sum", target.dtype, x, [rank - 1], origin=do.op)
    result = low.new(a.shape[:-1], target.dtype)
    nest.store(x, spread(result, range(rank - 1), rank))
    found = result.reshaped(target.shape)
    assert found is not None
    return found


def _contracted(
    low: Lowering, do: Instruction, shape: Any, operands: tuple[View, View], sizes: tuple[int, ...]
) -> View:
    dtype = do.targets[0].dtype
    nest = low.nest(sizes)
    nest.contraction = Root.of(shape, operands, sizes)
    result = low.new(sizes, dtype)
    nest.store(nest.product(dtype, origin=do.op), result)
    found = result.reshaped(do.targets[0].shape)
    assert found is not None
    return found


def conv(low: Lowering, do: Instruction) -> View:
    """A convolution or one of its gradients."""
    a, b = (low.whole(low.view(x)) for x in do.args)
    options, y = do.options, do.targets[0].shape
    kind = {"conv": "forward", "conv_input": "input", "conv_filter": "filter"}[do.name]
    x_shape, kernel_shape, y_shape = {
        "forward": (a.shape, b.shape, y),
        "input": (y, a.shape, b.shape),
        "filter": (a.shape, y, b.shape),
    }[kind]
    pads = tuple((before, after) for before, after in options["padding"])
    shape = Convolution(
        do.targets[0].dtype, kind, x_shape, kernel_shape, y_shape, tuple(options["strides"]),
        pads, tuple(options["dilations"]),
    )  # fmt: skip
    return _contracted(low, do, shape, (a, b), (math.prod(y[:-1]), y[-1]))
