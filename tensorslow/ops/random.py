"""Random numbers: TensorFlow's own, for the same seeds.

Each operation has a counter, which belongs to the session: the number of Philox blocks that its
runs have used. It is the last operand of `compute`, and its next value the last result.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.abstract.folding import sizes_of
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, as_tensor, graph_for, not_differentiable
from tensorslow.ops import philox
from tensorslow.ops.elementwise import add, multiply, subtract
from tensorslow.ops.seeds import seed_attrs
from tensorslow.tensor_shape import TensorShape

# For each number TensorFlow sets this many blocks aside, however few are used; so must we, for a
# node's second run to begin where it begins there.
BLOCKS_RESERVED = 256

INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)


def _shape_check(shape: TensorSpec, **attrs: Any) -> None:
    if shape.shape is not None and len(shape.shape) != 1:
        raise ShapeError(
            f"shape must be a list of sizes, not {shape}",
            hint="write [n] for a vector of n numbers",
        )
    if shape.is_value and (shape.value < 0).any():
        raise ShapeError(f"a size is negative in {shape.value.tolist()}")


def _spec(shape: TensorSpec, *, dtype: Any, **attrs: Any) -> TensorSpec:
    return TensorSpec(sizes_of(shape), dtype)


def _draw(
    xp: Any,
    shape: Any,
    counter: Any,
    seeds: tuple[int, int],
    dtype: Any,
    numbers: Callable[..., Any],
) -> Any:
    """Fills a shape, block after block, with what `numbers` makes of the words."""
    count = math.prod(shape)
    per_block = 16 // max(4, dtype.itemsize)
    blocks = philox.block_numbers(xp, counter, -(-count // per_block))
    columns = numbers(philox.words(xp, *seeds, blocks))
    return xp.reshape(philox.in_order(xp, columns, count), shape), advanced(xp, counter, count)


def advanced(xp: Any, counter: Any, count: int) -> Any:
    """The counter after a run that gave `count` numbers."""
    return xp.add(counter, BLOCKS_RESERVED * count)


def _uniform_compute(
    xp: Any, shape: Any, counter: Any, *, dtype: Any, seed: int, seed2: int
) -> Any:
    return _draw(
        xp, shape, counter, (seed, seed2), dtype, lambda block: philox.uniform(xp, block, dtype)
    )


RANDOM_UNIFORM = OpDef(
    "RandomUniform",
    operands=("shape: index",),
    known=("shape",),
    check=_shape_check,
    compute=_uniform_compute,
    infer=_spec,
    grad=not_differentiable,
    draws=True,
)


def _normal_compute(xp: Any, shape: Any, counter: Any, *, dtype: Any, seed: int, seed2: int) -> Any:
    return _draw(
        xp, shape, counter, (seed, seed2), dtype, lambda block: philox.normal(xp, block, dtype)
    )


RANDOM_STANDARD_NORMAL = OpDef(
    "RandomStandardNormal",
    operands=("shape: index",),
    known=("shape",),
    check=_shape_check,
    compute=_normal_compute,
    infer=_spec,
    grad=not_differentiable,
    draws=True,
)


def _truncated_normal_compute(
    xp: Any, shape: Any, counter: Any, *, dtype: Any, seed: int, seed2: int
) -> Any:
    count = math.prod(shape)
    exact = dtype if dtype == philox.FLOAT64 else philox.FLOAT32
    size = 16 // exact.itemsize
    groups = -(-count // size)
    # Each group of numbers has blocks of its own to draw from: none depends on another's luck.
    first = philox.block_numbers(xp, counter, groups, stride=size * BLOCKS_RESERVED // 4)

    def unfinished(i: Any, found: Any, *values: Any) -> Any:
        return xp.any(xp.less(found, size)), found, *values

    def next_block(i: Any, found: Any, *values: Any) -> Any:
        block = philox.words(xp, seed, seed2, xp.add(first, xp.cast(i, philox.UINT64)))
        for candidate in philox.normal(xp, block, exact):
            inside = xp.less(xp.abs(candidate), 2.0)
            places = [xp.logical_and(inside, xp.equal(found, place)) for place in range(size)]
            values = tuple(
                xp.where(here, candidate, x) for here, x in zip(places, values, strict=True)
            )
            found = xp.add(found, xp.cast(inside, INT32))
        return found, *values

    start = [xp.zeros((groups,), INT32), *[xp.zeros((groups,), exact)] * size]
    _, *columns, _ = xp.while_loop(unfinished, next_block, -1, start, [], [])
    values = xp.cast(philox.in_order(xp, columns, count), dtype)
    return xp.reshape(values, shape), advanced(xp, counter, count)


TRUNCATED_NORMAL = OpDef(
    "TruncatedNormal",
    operands=("shape: index",),
    known=("shape",),
    check=_shape_check,
    compute=_truncated_normal_compute,
    infer=_spec,
    grad=not_differentiable,
    draws=True,
)


def _uniform_int_check(
    shape: TensorSpec, minval: TensorSpec, maxval: TensorSpec, **attrs: Any
) -> None:
    _shape_check(shape)
    for label, bound in (("minval", minval), ("maxval", maxval)):
        if bound.shape not in (None, ()):
            raise ShapeError(f"{label} must be a single number, not {bound}")
    if minval.is_value and maxval.is_value and minval.value >= maxval.value:
        raise ShapeError(
            f"there is no integer from {minval.value} up to {maxval.value}",
            hint="maxval itself is never drawn",
        )


def _uniform_int_compute(
    xp: Any, shape: Any, low: Any, high: Any, counter: Any, *, dtype: Any, seed: int, seed2: int
) -> Any:
    def numbers(block: philox.Words) -> list[Any]:
        return philox.integers(xp, block, low, high, dtype)

    return _draw(xp, shape, counter, (seed, seed2), dtype, numbers)


RANDOM_UNIFORM_INT = OpDef(
    "RandomUniformInt",
    operands=("shape: index", "minval: integer", "maxval: integer"),
    known=("shape",),
    check=_uniform_int_check,
    compute=_uniform_int_compute,
    infer=lambda shape, minval, maxval, *, dtype, **attrs: _spec(shape, dtype=dtype),
    grad=not_differentiable,
    draws=True,
)


def shape_operand(shape: Any) -> Tensor:
    """The operand that a shape means: a list of sizes, a `TensorShape`, or a tensor.

    Raises:
        ShapeError: a size is unknown.
    """
    if isinstance(shape, TensorShape):
        shape = shape.as_list()
    if not isinstance(shape, (list, tuple)) or any(isinstance(size, Tensor) for size in shape):
        return as_tensor(shape, name="shape")
    try:
        sizes = [operator.index(size) for size in shape]
    except TypeError:
        raise ShapeError(
            f"{shape!r} is no list of sizes",
            hint="take a size that is not known yet from ts.shape(x)",
        ) from None
    return as_tensor(np.array(sizes, INT32), name="shape")


def _floating(dtype: Any) -> Any:
    found = dtypes.to_numpy(dtype)
    if found is None or found.kind != "f":
        raise DTypeError(
            f"random numbers cannot be {dtype!r}", hint="use float16, float32 or float64"
        )
    return found


def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Numbers spread evenly over [minval, maxval).

    TensorFlow: tf.random_uniform, with its numbers for the same seeds.

    Args:
        shape: list of sizes, or integer tensor.
        minval: tensor or number of type `dtype`, which broadcasts with `shape`; one number for
            integers.
        maxval: the same; None: 1. Integers need it.
        dtype: float16, float32, float64, int32 or int64.
        seed: whole number that decides the numbers, with the graph's; None: see `set_random_seed`.
        name: name of the scope.

    Raises:
        DTypeError: there are no random numbers of that type.
        ShapeError: there is no integer in the range.

    Gradient: flows to `minval` and `maxval`, of floats.
    """
    found = dtypes.to_numpy(dtype)
    if found not in (INT32, INT64):
        found = _floating(dtype)
    whole = found.kind == "i"
    if maxval is None and whole:
        raise ValueError("random_uniform needs maxval for integers")
    maxval = 1 if maxval is None else maxval
    graph = graph_for((shape, minval, maxval))
    with graph.as_default(), graph.name_scope(name or "random_uniform") as scope:
        sizes = shape_operand(shape)
        # [0, 1) is what is drawn, so that 0 and 1 need no arithmetic.
        from_zero, to_one = _is_plain(minval, 0), _is_plain(maxval, 1)
        if whole or not (from_zero and to_one):
            minval, maxval = as_tensor(minval, found, "min"), as_tensor(maxval, found, "max")
        if whole:
            return RANDOM_UNIFORM_INT(
                sizes, minval, maxval, dtype=found, name=scope, **seed_attrs(seed)
            )
        drawn: Tensor = RANDOM_UNIFORM(sizes, dtype=found, **seed_attrs(seed))
        if from_zero:
            return drawn if to_one else multiply(drawn, maxval)
        return add(
            multiply(drawn, subtract(maxval, minval, name="sub"), name="mul"), minval, name=scope
        )


def _is_plain(bound: Any, number: int) -> bool:
    return isinstance(bound, int) and bound == number


def _scaled(
    opdef: OpDef, scope: str, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: int | None
) -> Tensor:
    """A sample of mean 0 and deviation 1, times `stddev`, plus `mean`."""
    found = _floating(dtype)
    graph = graph_for((shape, mean, stddev))
    with graph.as_default(), graph.name_scope(scope) as inner:
        sizes = shape_operand(shape)
        mean, stddev = as_tensor(mean, found, "mean"), as_tensor(stddev, found, "stddev")
        drawn = opdef(sizes, dtype=found, **seed_attrs(seed))
        return add(multiply(drawn, stddev, name="mul"), mean, name=inner)


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers.

    TensorFlow: tf.random_normal, with its numbers for the same seeds, but for the last bits of log,
    sin and cos.

    Args:
        shape: list of sizes, or integer tensor.
        mean: tensor or number of type `dtype`, which broadcasts with `shape`.
        stddev: the standard deviation, likewise.
        dtype: float16, float32 or float64.
        seed: whole number that decides the numbers, with the graph's; None: see `set_random_seed`.
        name: name of the scope.

    Raises:
        DTypeError: `dtype` is not floating.

    Gradient: flows to `mean` and `stddev`.
    """
    return _scaled(
        RANDOM_STANDARD_NORMAL, name or "random_normal", shape, mean, stddev, dtype, seed
    )


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers, drawn again where they are two deviations from the mean.

    TensorFlow: tf.truncated_normal. Arguments, errors and gradient as `random_normal`.
    """
    return _scaled(TRUNCATED_NORMAL, name or "truncated_normal", shape, mean, stddev, dtype, seed)
