"""Arrays whose sizes lie around the edges of vectors, blocks and rows, in fused combinations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tests.engines.llvm.compiled import Question, answers, assert_agree
from tests.ops.laws import assert_all_near
from tests.sampling import sampled

EDGES = [1, 7, 16, 33, 257]
ALL = [*range(1, 71), 127, 128, 129, 130, 255, 256, 257, 272, 273, 511, 513, 1000, 4097]
SIZES = [pytest.param(EDGES, id="edges"), pytest.param(ALL, id="all", marks=pytest.mark.slow)]


def daily(*first: Any, rest: Sequence[Any]) -> list[Any]:
    """Parameters for every day, and some for `make check` only."""
    return [*first, *(pytest.param(x, marks=pytest.mark.slow) for x in rest)]


# A sum of n numbers in another order: the error grows with n.
LONG_SUMS = {"float64": 1e-12, "float32": 1e-4, "float16": 2e-2}


def numbers(*shape: int, dtype: Any = np.float32, seed: int = 0) -> Any:
    """Normally distributed."""
    rng = np.random.default_rng([seed, *shape])
    return rng.standard_normal(shape).astype(dtype)


def gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """The gradient of a function's weighted sum, in its first argument."""

    def run(x, *others):
        y = function(x, *others)
        weights = ts.cast(ts.range(ts.size(y)) % 7, y.dtype) - 3
        return [y, *ts.gradients(ts.reduce_sum(ts.reshape(y, [-1]) * weights), [x])]

    return run


def layer_norm(x):
    mean, variance = ts.nn.moments(x, [-1], keep_dims=True)
    return (x - mean) * ts.rsqrt(variance + 0.1)


def moments(x):
    mean, variance = ts.nn.moments(x, [0])
    return [mean, variance, (x - mean) / ts.sqrt(variance + 1)]


ROWS: dict[str, Callable[..., Any]] = {
    "softmax": gradient(ts.nn.softmax),
    "log_softmax": gradient(ts.nn.log_softmax),
    "softmax of something dear": lambda x: [ts.nn.softmax(ts.sin(x)), ts.sin(x)],
    "softmax over columns": gradient(lambda x: ts.nn.softmax(x, axis=0)),
    "layer_norm": gradient(layer_norm),
    "moments": moments,
    "logsumexp": gradient(lambda x: ts.reduce_logsumexp(x, 1)),
    "sums": lambda x: [ts.reduce_sum(x * x, axis) for axis in (0, 1, None)],
    "extremes": lambda x: [
        ts.reduce_max(x, 1), ts.reduce_min(x, 0), ts.reduce_max(x), ts.argmax(x, 1),
        ts.argmin(x, 0), ts.argmax(x, 0), ts.argmin(x, 1),
    ],
    "truths": lambda x: [
        f(x > limit, axis)
        for f in (ts.reduce_any, ts.reduce_all)
        for limit in (-2.5, 2.5)
        for axis in (0, 1, None)
    ],
    "running": gradient(
        lambda x: ts.cumsum(x, 1, exclusive=True) + ts.cumsum(x, 0, reverse=True) + x[:, ::-1]
    ),
    "transposed": lambda x: [ts.transpose(x) * 2, ts.transpose(ts.exp(x)) + 1, x + x[::-1]],
    "broadcast": gradient(lambda x: x * x[:, :1] + x[:1] - ts.reduce_mean(x, 0)),
    "slices": gradient(lambda x: ts.exp(x[1:, ::2]) * x[:-1, ::2] - x[2, ::2]),
    "pad and concat": gradient(
        lambda x: ts.concat([ts.pad(x, [[1, 0], [2, 3]]), ts.pad(x * 0, [[0, 1], [5, 0]])], 0)
        * 2
    ),
    "mixed": lambda x: [
        ts.cast(x * 50, ts.int8), ts.cast(ts.cast(x, ts.int32), ts.float64) + 0.5,
        ts.where(x > 0, x, ts.square(x)), ts.cast(x > 0, ts.uint8) + 1, ts.cast(x, ts.float16) * 2,
    ],
}  # fmt: skip


@pytest.mark.parametrize("sizes", SIZES)
@sampled("name", ROWS, 3)
def test_rows_of_every_length(name: str, sizes: Sequence[int]):
    asked = [Question.of(ROWS[name], numbers(5, n)) for n in sizes]
    assert_agree(asked, LONG_SUMS)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.slow
def test_columns_of_every_length(name: str):
    asked = [Question.of(ROWS[name], numbers(n, 6, dtype=np.float64)) for n in ALL if n > 2]
    assert_agree(asked, LONG_SUMS)


LONG = [(70001,), (40000, 3), (3, 40000), (33, 40, 31), (65536,)]


@pytest.mark.parametrize("shape", daily((40000,), rest=LONG))
def test_long_reductions(shape: tuple[int, ...]):
    x = numbers(*shape, dtype=np.float64)
    axes = [None, *range(len(shape))]
    asked = Question.of(
        lambda x: [
            f(x, axis)
            for f in (ts.reduce_sum, ts.reduce_max, ts.reduce_mean, ts.reduce_logsumexp)
            for axis in axes
        ],
        x,
    )  # fmt: skip
    assert_agree([asked, Question.of(lambda x: ts.argmax(ts.abs(x), 0), x)])


@pytest.mark.parametrize("dtype", daily("i1", rest=["u4", "i2", "i4", "i8", "u1", "u2", "u8"]))
def test_integers_of_every_width(dtype: str):
    limits = np.iinfo(dtype)
    rng = np.random.default_rng(0)
    asked = []
    for n in (1, 15, 33, 130, 1025):
        x = rng.integers(limits.min, limits.max, (3, n), dtype=dtype, endpoint=True)
        x[:, 0], x[0, -1] = limits.min, limits.max
        y = rng.integers(1, limits.max, (3, n), dtype=dtype, endpoint=True)
        asked.append(
            Question.of(
                lambda x, y: [
                    x + y, x - y, x * y, x // y, x % y, ts.maximum(x, y), x < y, ts.abs(x),
                    ts.reduce_sum(x, 1), ts.reduce_prod(x, 0), ts.reduce_max(x, 1),
                    ts.reduce_min(x), ts.argmax(x, 1), ts.cumsum(x, 1), ts.cast(x, ts.float32),
                    ts.cast(x, ts.int16), ts.cast(x, ts.uint8), ts.cast(x, ts.bool),
                ],
                x, y,
            )
        )  # fmt: skip
    assert_agree(asked)


SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.5, 5e-324, 1e308, 2.5, -2.5, 65504.0, 1e-40]


@pytest.mark.parametrize("dtype", daily("f4", rest=["f8", "f2"]))
def test_special_numbers(dtype: str):
    with np.errstate(all="ignore"):
        x = np.array(SPECIAL).astype(dtype)
    rows = np.stack([np.roll(np.resize(x, 40), i) for i in range(13)])
    a, b = np.repeat(x, len(x)), np.tile(x, len(x))
    asked = [
        Question.of(
            lambda a, b: [
                a + b, a - b, a * b, a / b, ts.maximum(a, b), ts.minimum(a, b), a < b, a >= b,
                ts.equal(a, b), ts.not_equal(a, b), ts.atan2(a, b),
            ],
            a, b,
        ),
        Question.of(
            lambda x: [
                ts.reduce_sum(x, 1), ts.reduce_max(x, 1), ts.reduce_min(x, 0), ts.argmax(x, 1),
                ts.argmin(x, 0), ts.nn.softmax(x), ts.cumsum(x, 1), ts.reduce_logsumexp(x, 0),
                ts.nn.relu(x), ts.sign(x), ts.floor(x), ts.round(x), ts.exp(x), ts.tanh(x),
                ts.sigmoid(x), ts.sqrt(x), ts.log(x),
            ],
            rows,
        ),
    ]  # fmt: skip
    with np.errstate(all="ignore"):
        assert_agree(asked)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 5), (0, 0)])
def test_empty_arrays(shape: tuple[int, ...]):
    asked = Question.of(
        lambda x: [
            ts.exp(x) + 1, ts.reduce_sum(x, 0), ts.reduce_sum(x), ts.reduce_max(x, -1),
            ts.reduce_prod(x), ts.nn.softmax(x), ts.transpose(x), ts.concat([x, x], 0),
            ts.pad(x, [[1, 2]] * len(shape)), ts.cumsum(x, 0), ts.reduce_any(x > 0),
            ts.reduce_all(x > 0), ts.reshape(x, [-1, 1]) * 2,
        ],
        numbers(*shape),
    )  # fmt: skip
    assert_agree([asked])


PRODUCTS = [(1, 1, 1), (1, 5, 1), (3, 1, 4), (7, 8, 9), (17, 33, 16), (64, 65, 31), (130, 17, 257)]


@pytest.mark.parametrize("dtype", daily("f4", rest=["f8", "f2"]))
def test_products_and_what_follows_them(dtype: str):
    def function(a, b, bias):
        y = ts.matmul(a, b) + bias
        small = ts.cast(ts.minimum(ts.abs(y), 100), ts.uint8)
        loss = ts.reduce_sum(ts.tanh(y) * y)
        return [ts.nn.relu(y), small, ts.transpose(y) * 2, *ts.gradients(loss, [a, b, bias])]

    asked = [
        Question.of(
            function,
            numbers(m, k, dtype=dtype) / math.sqrt(k),
            numbers(k, n, dtype=dtype, seed=1),
            numbers(n, dtype=dtype, seed=2),
        )
        for m, k, n in PRODUCTS
    ]
    for question, found in zip(asked, answers(asked), strict=True):
        expected = question.expected()
        if dtype != "f8":  # what is nearly equal may not be so without its fraction
            found[1] = expected[1]
        assert_all_near(found, expected, LONG_SUMS)


def test_what_a_pass_keeps_has_room():
    """A row is kept for the next pass, and its last block may stick out over its end."""
    asked = [
        Question.of(lambda x: [ts.nn.softmax(ts.sin(x)), ts.nn.softmax(ts.cos(x))], numbers(3, n))
        for n in (257, 273, 321, 4097)
    ]
    assert_agree(asked)
