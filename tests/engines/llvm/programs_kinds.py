"""The operations that random programs are made of. Each keeps numbers small, and stays away from
where a rounding decides about much.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import tensorslow as ts
from tests.engines.llvm.programs import LARGEST, Unfit, Writer, fit, kind_of, shape_of

KINDS: list[Callable[[Writer], Any]] = []


def kind(times: int = 1) -> Callable[[Callable[[Writer], Any]], Callable[[Writer], Any]]:
    """Adds an operation to those that are chosen from, once or more often."""

    def add(function: Callable[[Writer], Any]) -> Callable[[Writer], Any]:
        KINDS.extend([function] * times)
        return function

    return add


def small(x):
    return ts.minimum(ts.maximum(x, ts.cast(-3.0, x.dtype)), ts.cast(3.0, x.dtype))


UNARY: list[Callable[[Any], Any]] = [
    lambda x: ts.exp(small(x)), ts.tanh, ts.sigmoid, ts.sin, ts.cos, lambda x: ts.sqrt(ts.abs(x)),
    lambda x: ts.log(ts.abs(x) + 1), ts.nn.relu, ts.negative, ts.square, ts.abs, ts.sign,
    ts.nn.softplus, ts.nn.elu, ts.erf, lambda x: 1 / (ts.abs(x) + 1), lambda x: x * x * x,
    lambda x: x - 1.5, lambda x: 2.5 * x, lambda x: ts.rsqrt(ts.square(x) + 0.5),
    lambda x: ts.expm1(small(x)), lambda x: ts.log1p(ts.abs(x)), ts.atan, ts.floor,
]  # fmt: skip
BINARY: list[Callable[[Any, Any], Any]] = [
    ts.add, ts.subtract, ts.multiply, lambda a, b: a / (ts.abs(b) + 1), ts.maximum, ts.minimum,
    ts.squared_difference, lambda a, b: a - b * 0.3, lambda a, b: ts.atan2(a, ts.abs(b) + 0.5),
    lambda a, b: ts.pow(ts.abs(small(a)) + 0.5, small(b)),
]  # fmt: skip
COMPARISONS = [ts.less, ts.greater, ts.equal, ts.not_equal, ts.less_equal, ts.greater_equal]
REDUCTIONS = [ts.reduce_sum, ts.reduce_mean, ts.reduce_max, ts.reduce_min, ts.reduce_logsumexp]


@kind(7)
def unary(writer: Writer) -> Any:
    return writer.one_of(UNARY)(writer.pick())


@kind(7)
def binary(writer: Writer) -> Any:
    return writer.one_of(BINARY)(*writer.pair())


@kind(2)
def comparison(writer: Writer) -> Any:
    return writer.one_of(COMPARISONS)(*writer.pair("fiu"))


@kind()
def logic(writer: Writer) -> Any:
    a, b = writer.pair("b")
    return writer.one_of([ts.logical_and, ts.logical_or, lambda a, _: ts.logical_not(a)])(a, b)


@kind(2)
def where(writer: Writer) -> Any:
    a, b = writer.pair("fiu")
    shape = np.broadcast_shapes(shape_of(a), shape_of(b))
    return ts.where_v2(writer.pick("b", lambda x: fit(shape_of(x), shape)), a, b)


@kind(2)
def cast(writer: Writer) -> Any:
    x, goal = (
        writer.pick("fiub"),
        np.dtype(writer.one_of(["f2", "f4", "f8", "i1", "i4", "u1", "?"])),
    )
    if kind_of(x) == "f":
        if goal.kind == "f":
            raise Unfit  # what is nearly equal need not be so when it is rounded
        x = small(ts.where(ts.equal(x, x), x, ts.zeros_like(x))) * 1.37
        x = ts.abs(x) if goal.kind == "u" else x
    if goal == np.float16 and kind_of(x) in "iu":
        x = ts.minimum(x, ts.cast(3, x.dtype))
    return ts.cast(x, goal.name)


@kind()
def whole(writer: Writer) -> Any:
    a, b = writer.pair("iu")
    divisor = ts.where(ts.equal(b, ts.zeros_like(b)), ts.ones_like(b), b)
    return writer.one_of(
        [
            lambda: a + b, lambda: a - b, lambda: a * b, lambda: a // divisor,
            lambda: a % divisor, lambda: ts.maximum(a, b), lambda: ts.abs(a),
        ]
    )()  # fmt: skip


@kind(5)
def reduction(writer: Writer) -> Any:
    x = writer.pick()
    return writer.one_of(REDUCTIONS)(x, writer.axes(x), keepdims=writer.chance())


@kind()
def whole_reduction(writer: Writer) -> Any:
    x = writer.pick("iub")
    some = [ts.reduce_sum, ts.reduce_max, ts.reduce_min, ts.reduce_prod]
    if kind_of(x) == "b":
        some = [ts.reduce_any, ts.reduce_all]
    return writer.one_of(some)(x, writer.axes(x), keepdims=writer.chance())


@kind()
def place_of_extreme(writer: Writer) -> Any:
    x = writer.pick("fiu", lambda x: 0 not in shape_of(x))
    return writer.one_of([ts.argmax, ts.argmin])(x, writer.axis(x))


@kind(3)
def softmax(writer: Writer) -> Any:
    x = writer.pick()
    axis = writer.axis(x)
    return writer.one_of([ts.nn.softmax, ts.nn.log_softmax])(
        x, axis=axis if writer.chance() else -1
    )


@kind(2)
def normalised(writer: Writer) -> Any:
    x = writer.pick()
    axes = [writer.axis(x)]
    mean = ts.reduce_mean(x, axes, keepdims=True)
    variance = ts.reduce_mean(ts.square(x - mean), axes, keepdims=True)
    return (x - mean) / ts.sqrt(variance + ts.cast(0.1, x.dtype))


@kind(2)
def divided_by_its_sum(writer: Writer) -> Any:
    x = writer.pick()
    return x / (1 + ts.reduce_sum(ts.abs(x), [writer.axis(x)], keepdims=True))


@kind()
def running(writer: Writer) -> Any:
    x = writer.pick("fiu")
    return ts.cumsum(x, writer.axis(x), exclusive=writer.chance(), reverse=writer.chance())


@kind(2)
def transpose(writer: Writer) -> Any:
    x = writer.pick("fiub")
    return ts.transpose(x, [int(i) for i in writer.rng.permutation(len(shape_of(x)))])


@kind(2)
def reshape(writer: Writer) -> Any:
    x = writer.pick("fiub")
    sizes, axis = list(shape_of(x)), writer.axis(x)
    n = sizes[axis]
    divisors = [k for k in (2, 3, 4, 5, 8, 16) if n and n % k == 0]
    if divisors and writer.chance():
        k = writer.one_of(divisors)
        sizes[axis : axis + 1] = writer.one_of([[k, n // k], [n // k, k]])
    elif axis and writer.chance():
        sizes[axis - 1 : axis + 1] = [sizes[axis - 1] * n]
    else:
        sizes = writer.one_of([[math.prod(sizes)], [*sizes[:axis], 1, *sizes[axis:]]])
    return ts.reshape(x, sizes)


@kind(3)
def sliced(writer: Writer) -> Any:
    x = writer.pick("fiub", lambda x: shape_of(x) and 0 not in shape_of(x))
    rng, places = writer.rng, []
    for n in shape_of(x):
        begin = writer.below(n)
        choices = [
            slice(None), slice(None), slice(begin, int(rng.integers(begin, n + 1)), 2),
            slice(begin, n), slice(None, None, -1 - writer.below(2)), begin,
        ]  # fmt: skip
        places.append(writer.one_of(choices))
    return x[tuple(places)]


@kind()
def padded(writer: Writer) -> Any:
    x = writer.pick("fiu", lambda x: shape_of(x) and min(shape_of(x)) > 3)
    paddings = writer.rng.integers(0, 4, (len(shape_of(x)), 2)).tolist()
    return ts.pad(x, paddings, writer.one_of(["CONSTANT", "CONSTANT", "SYMMETRIC"]))


@kind(2)
def joined(writer: Writer) -> Any:
    a = writer.pick("fiub")
    axis = writer.axis(a)

    def others(x: Any) -> list[int]:
        return [n for i, n in enumerate(shape_of(x)) if i != axis]

    b = writer.pick(
        "fiub",
        lambda x: (
            x.dtype == a.dtype and len(shape_of(x)) == len(shape_of(a)) and others(x) == others(a)
        ),
    )
    return ts.concat([a, b] if writer.chance(0.7) else [b, a, a], axis)


@kind()
def stacked(writer: Writer) -> Any:
    a = writer.pick("fiub")
    b = writer.pick("fiub", lambda x: x.dtype == a.dtype and shape_of(x) == shape_of(a))
    return ts.stack([a, b], writer.below(len(shape_of(a)) + 1))


@kind()
def repeated(writer: Writer) -> Any:
    x = writer.pick("fiub", lambda x: shape_of(x) and math.prod(shape_of(x)) < LARGEST // 4)
    return ts.tile(x, writer.rng.integers(1, 3, len(shape_of(x))).tolist())


@kind(2)
def gathered(writer: Writer) -> Any:
    x = writer.pick("fiub")
    axis = writer.axis(x)
    n, shape = shape_of(x)[axis], writer.one_of([(), (1,), (3,), (17,), (2, 3), (40,)])
    if not n or math.prod(shape_of(x)) // n * math.prod(shape) > LARGEST:
        raise Unfit
    places = writer.rng.integers(0, n, shape).astype(writer.one_of(["i4", "i8"]))
    return ts.gather(x, writer.feed(places) if writer.chance() else places, axis=axis)


@kind(2)
def scattered(writer: Writer) -> Any:
    x = writer.pick("fiu", lambda x: len(shape_of(x)) > 0)
    rows, count = shape_of(x)[0], 1 + writer.below(20)
    places = writer.feed(writer.rng.integers(0, count, (rows, 1)).astype(np.int32))
    shape = [count, *shape_of(x)[1:]]
    if writer.chance():
        return ts.scatter_nd(places, x, shape)
    return ts.tensor_scatter_add(ts.ones(shape, x.dtype), places, x)


@kind(3)
def product(writer: Writer) -> Any:
    a = writer.pick("f", lambda x: len(shape_of(x)) > 1 and max(shape_of(x)[-2:]) <= 300)
    inner = shape_of(a)[-1]
    scale = ts.cast(math.sqrt(inner + 1), a.dtype)
    if writer.chance(0.6):
        b = writer.pick(
            "f",
            lambda x: (
                x.dtype == a.dtype
                and len(shape_of(x)) > 1
                and inner in shape_of(x)[-2:]
                and fit(shape_of(x)[:-2], shape_of(a)[:-2])
            ),
        )
        return ts.matmul(a, b, transpose_b=shape_of(b)[-1] == inner) / scale
    columns = writer.one_of([1, 2, 3, 8, 17, 33, 64])
    weights = ts.cast(ts.constant(writer.rng.standard_normal((inner, columns))), a.dtype)
    return ts.matmul(ts.reshape(a, [math.prod(shape_of(a)[:-1]), inner]), weights) / scale


@kind()
def pooled(writer: Writer) -> Any:
    x = writer.pick("f", lambda x: len(shape_of(x)) == 3 and 0 not in shape_of(x))
    height, width, channels = shape_of(x)
    size, step = 1 + writer.below(3), 1 + writer.below(3)
    padding = "SAME" if writer.chance() or min(height, width) < size else "VALID"
    pool = writer.one_of([ts.nn.max_pool, ts.nn.avg_pool])
    image = ts.reshape(x, [1, height, width, channels])
    return pool(image, [1, size, size, 1], [1, step, step, 1], padding)


@kind()
def broadcast(writer: Writer) -> Any:
    x = writer.pick("fiub", lambda x: 1 in shape_of(x) and math.prod(shape_of(x)) < 1000)
    return ts.broadcast_to(x, [writer.one_of([1, 5, 33]) if n == 1 else n for n in shape_of(x)])
