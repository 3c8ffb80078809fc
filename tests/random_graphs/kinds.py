"""The kinds of steps that compute: how each is made up, built with the library, and evaluated in
NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tensorslow as ts
from tests.random_graphs import arrays as independent
from tests.random_graphs.arrays import Unfit, away
from tests.random_graphs.recipe import Kind, Proposal
from tests.random_graphs.writer import SIZES, Writer

# Elementwise


def _one(writer: Writer) -> Proposal:
    return Proposal([writer.pick()])


def _with_axes(writer: Writer) -> Proposal:
    return Proposal([writer.pick(lambda x: x.ndim > 0)])


UNARY = [
    Kind(name, _one, build, evaluate)
    for name, build, evaluate in [
        ("negative", ts.negative, lambda x: -x),
        ("tanh", ts.tanh, np.tanh),
        ("sin", ts.sin, np.sin),
        ("cos", ts.cos, np.cos),
        ("atan", ts.atan, np.arctan),
        ("exp", ts.exp, np.exp),
        ("expm1", ts.expm1, np.expm1),
        ("square", ts.square, lambda x: x * x),
        ("sigmoid", ts.sigmoid, independent.sigmoid),
        ("softplus", ts.nn.softplus, independent.softplus),
        ("erf", ts.erf, independent.erf),
        ("relu", ts.nn.relu, independent.relu),
        ("abs", ts.abs, independent.absolute),
        ("sqrt", ts.sqrt, lambda x: np.sqrt(away(x, 0.1))),
        ("rsqrt", ts.rsqrt, lambda x: 1 / np.sqrt(away(x, 0.1))),
        ("log", ts.log, lambda x: np.log(away(x, 0.1))),
        ("log1p", ts.log1p, lambda x: np.log1p(away(x, -0.9))),
        ("reciprocal", ts.reciprocal, lambda x: 1 / away(x, 0.1)),
        ("identity", ts.identity, lambda x: x),
    ]
]
ALONG_LAST_AXIS = [
    Kind("softmax", _with_axes, ts.nn.softmax, independent.softmax),
    Kind("log_softmax", _with_axes, ts.nn.log_softmax, independent.log_softmax),
]


def _affine(writer: Writer) -> Proposal:
    a, b = (round(float(x), 3) for x in writer.rng.uniform(-1.5, 1.5, 2))
    return Proposal([writer.pick()], {"a": a, "b": b})


def _broadcastable(a: Any, b: Any) -> bool:
    return all(m == n or 1 in (m, n) for m, n in zip(a.shape[::-1], b.shape[::-1], strict=False))


def _two(writer: Writer) -> Proposal:
    first = writer.pick()
    second = writer.pick(lambda x: _broadcastable(x, writer.values[first]))
    pair = [first, second]
    return Proposal(pair if writer.chance() else pair[::-1])


BINARY = [
    Kind("affine", _affine, lambda x, a, b: a * x + b, lambda x, a, b: a * x + b),
    *[
        Kind(name, _two, build, evaluate)
        for name, build, evaluate in [
            ("add", ts.add, lambda x, y: x + y),
            ("subtract", ts.subtract, lambda x, y: x - y),
            ("multiply", ts.multiply, lambda x, y: x * y),
            ("divide", ts.divide, lambda x, y: x / away(y, 0.2)),
            ("squared_difference", ts.squared_difference, lambda x, y: (x - y) * (x - y)),
            ("maximum", ts.maximum, lambda x, y: independent.chosen(x, y, x, y)),
            ("minimum", ts.minimum, lambda x, y: independent.chosen(x, y, y, x)),
        ]
    ],
]


def _four(writer: Writer) -> Proposal:
    first = writer.pick()
    shape = writer.values[first].shape
    return Proposal([first, *[writer.pick(lambda x: x.shape == shape) for _ in range(3)]])


WHERE = Kind("where", _four, lambda a, b, c, d: ts.where(a > b, c, d), independent.chosen)

# Products


def _matmul(writer: Writer) -> Proposal:
    left, right = writer.chance(0.3), writer.chance(0.3)
    first = writer.pick(lambda x: x.ndim >= 2)
    a = writer.values[first]
    inner = a.shape[-2] if left else a.shape[-1]
    at = -1 if right else -2
    second = writer.pick(
        lambda x: x.ndim == a.ndim and x.shape[:-2] == a.shape[:-2] and x.shape[at] == inner
    )
    return Proposal([first, second], {"transpose_a": left, "transpose_b": right})


def _matmul_evaluate(a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
    return np.matmul(
        np.swapaxes(a, -1, -2) if transpose_a else a, np.swapaxes(b, -1, -2) if transpose_b else b
    )


def _weighted(writer: Writer) -> Proposal:
    """A product with a constant matrix, for values that find no partner."""
    first = writer.pick(lambda x: x.ndim == 2)
    shape = writer.values[first].shape[-1], int(writer.rng.choice(SIZES))
    return Proposal([first], {"matrix": writer.rng.standard_normal(shape).round(2).tolist()})


PRODUCTS = [
    Kind("matmul", _matmul, ts.matmul, _matmul_evaluate),
    Kind(
        "matmul with a constant",
        _weighted,
        lambda x, matrix: ts.matmul(x, np.array(matrix)),
        lambda x, matrix: x @ np.array(matrix),
    ),
]

# Reductions


def _reduction(writer: Writer) -> Proposal:
    number = writer.pick()
    axis = None if writer.chance(0.2) else writer.axes(writer.values[number])
    return Proposal([number], {"axis": axis, "keepdims": writer.chance()})


def _over(function: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate(x: Any, axis: Any, keepdims: bool) -> Any:
        return function(x, axis=None if axis is None else tuple(axis), keepdims=keepdims)

    return evaluate


def _log_sum_exp(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.log(_over(np.sum)(np.exp(x), axis, keepdims))


REDUCTIONS = [
    Kind(name, _reduction, build, evaluate)
    for name, build, evaluate in [
        ("reduce_sum", ts.reduce_sum, _over(np.sum)),
        ("reduce_mean", ts.reduce_mean, _over(np.mean)),
        ("reduce_prod", ts.reduce_prod, _over(np.prod)),
        ("reduce_max", ts.reduce_max, independent.largest),
        (
            "reduce_min",
            ts.reduce_min,
            lambda x, axis, keepdims: -independent.largest(-x, axis, keepdims),
        ),
        ("reduce_logsumexp", ts.reduce_logsumexp, _log_sum_exp),
    ]
]


def _along(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim > 0)
    return Proposal([number], {"axis": writer.axis(writer.values[number])})


CUMSUM = Kind("cumsum", _along, ts.cumsum, lambda x, axis: np.cumsum(x, axis))

# Indexing


def _gather(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim > 0 and x.size)
    axis = writer.axis(writer.values[number])
    shape = tuple(int(n) for n in writer.rng.choice(SIZES, size=writer.rng.integers(0, 3)))
    indices = writer.rng.integers(0, writer.values[number].shape[axis], shape)
    return Proposal([number], {"indices": indices.tolist(), "axis": axis})


def _gather_nd(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim > 0 and x.size)
    x = writer.values[number]
    depth = int(writer.rng.integers(1, x.ndim + 1))
    rows = int(writer.rng.integers(1, 4))
    indices = [[int(writer.rng.integers(n)) for n in x.shape[:depth]] for _ in range(rows)]
    return Proposal([number], {"indices": indices})


def _slice(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim > 0)
    key: list[tuple[int | None, int | None, int]] = []
    for n in writer.values[number].shape:
        begin = None if writer.chance() else int(writer.rng.integers(-n, n))
        end = None if writer.chance() else int(writer.rng.integers(-n, n + 1))
        key.append((begin, end, int(writer.rng.choice([1, 1, 2, -1]))))
    key = key[: int(writer.rng.integers(1, len(key) + 1))]
    if 0 in writer.values[number][tuple(slice(*part) for part in key)].shape:
        raise Unfit("nothing is left")
    return Proposal([number], {"key": key})


def _sliced(x: Any, key: Any) -> Any:
    return x[tuple(slice(*part) for part in key)]


INDEXING = [
    Kind(
        "gather",
        _gather,
        lambda x, indices, axis: ts.gather(x, np.array(indices, np.int32), axis=axis),
        lambda x, indices, axis: np.take(x, np.array(indices, int), axis),
    ),
    Kind(
        "gather_nd",
        _gather_nd,
        lambda x, indices: ts.gather_nd(x, indices),
        lambda x, indices: np.stack([x[tuple(row)] for row in indices]),
    ),
    Kind("slice", _slice, _sliced, _sliced),
]
