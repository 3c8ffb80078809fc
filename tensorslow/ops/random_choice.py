"""Random choices among given things: an order, a class, a part.

They draw as the operations in `random.py` do.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import OpDef, as_tensor, graph_for, not_differentiable
from tensorslow.ops import philox
from tensorslow.ops.division import floormod
from tensorslow.ops.elementwise import add, subtract
from tensorslow.ops.random import INT32, INT64, advanced, random_uniform
from tensorslow.ops.seeds import seed_attrs
from tensorslow.ops.selection import maximum
from tensorslow.ops.shape import shape
from tensorslow.ops.slicing import slice as cut


def _shuffle_compute(xp: Any, value: Any, counter: Any, *, seed: int, seed2: int) -> Any:
    size = value.shape[0] if value.shape else 1
    if math.prod(value.shape) <= 1 or size == 1:
        return value, counter
    blocks = -(-(size - 1) // 4)
    words = philox.words(xp, seed, seed2, philox.block_numbers(xp, counter, blocks))
    order = xp.host(_random_order, philox.in_order(xp, words, size - 1))
    return xp.take(value, order, 0), xp.add(counter, blocks)


def _random_order(words: Any) -> Any:
    """Fisher and Yates: what comes i-th is drawn from what has not come yet.

    Each step needs the one before it, which no compiler makes faster: so it runs in Python.
    """
    order = list(range(len(words) + 1))
    for i, word in enumerate(words.tolist()):
        j = i + word % (len(order) - i)
        order[i], order[j] = order[j], order[i]
    return np.array(order)


RANDOM_SHUFFLE = OpDef(
    "RandomShuffle",
    operands=("value: T",),
    compute=_shuffle_compute,
    infer=lambda value, **attrs: value.without_value(),
    grad=not_differentiable,
    draws=True,
)


def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """The rows of a tensor in random order.

    TensorFlow: tf.random_shuffle, with its order for the same seeds.

    Args:
        value: tensor whose first axis is shuffled.
        seed: whole number that decides the order, with the graph's; None: see `set_random_seed`.
        name: name of the node.

    Gradient: none, as in TensorFlow; shuffle numbers and gather rows where one is needed.
    """
    return RANDOM_SHUFFLE(value, name=name, **seed_attrs(seed))


def _multinomial_check(logits: TensorSpec, num_samples: TensorSpec, **attrs: Any) -> None:
    if logits.shape is not None and len(logits.shape) != 2:
        raise ShapeError(f"logits must be [batch, classes], not {logits}")
    if logits.shape is not None and logits.shape[1] == 0:
        raise ShapeError("there are no classes to draw from")
    if num_samples.shape not in (None, ()) or (num_samples.is_value and num_samples.value < 0):
        raise ShapeError(f"num_samples must be a number of at least 0, not {num_samples.value}")


def _multinomial_infer(
    logits: TensorSpec, num_samples: TensorSpec, *, output_dtype: Any, **attrs: Any
) -> TensorSpec:
    batch = None if logits.shape is None else logits.shape[0]
    samples = int(num_samples.value) if num_samples.is_value else None
    return TensorSpec((batch, samples), output_dtype)


def _multinomial_compute(
    xp: Any,
    logits: Any,
    num_samples: int,
    counter: Any,
    *,
    seed: int,
    seed2: int,
    output_dtype: Any,
) -> Any:
    batch = logits.shape[0]
    count = batch * num_samples
    words = philox.words(xp, seed, seed2, philox.block_numbers(xp, counter, -(-count // 2)))
    draws = xp.reshape(
        philox.in_order(xp, philox.uniform(xp, words, philox.FLOAT64), count),
        (batch, num_samples, 1),
    )
    usable = xp.isfinite(logits)
    largest = xp.max(xp.where(usable, logits, -math.inf), axis=1, keepdims=True)
    weights = xp.exp(xp.cast(logits, philox.FLOAT64) - xp.cast(largest, philox.FLOAT64))
    sums = xp.expand_dims(xp.cumsum(xp.where(usable, weights, 0.0), 1), 1)
    total = xp.slice_(sums, [0, 0, logits.shape[1] - 1], [None] * 3, [1] * 3)
    # The class drawn is the number of those whose sum is not above the draw.
    passed = xp.cast(xp.less_equal(sums, draws * total), output_dtype)
    reserved = batch * -(-num_samples // 4) * 4 * 2
    return xp.sum(passed, axis=2), advanced(xp, counter, reserved)


MULTINOMIAL = OpDef(
    "Multinomial",
    operands=("logits: floating", "num_samples: index"),
    known=("num_samples",),
    check=_multinomial_check,
    compute=_multinomial_compute,
    infer=_multinomial_infer,
    grad=not_differentiable,
    draws=True,
)


def multinomial(
    logits: Any,
    num_samples: Any,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Tensor:
    """Classes drawn, for each row, with probabilities proportional to exp(logits).

    TensorFlow: tf.multinomial. It gives each of its threads some rows and a generator; ours are the
    numbers of a single thread, and so its numbers for small batches.

    Args:
        logits: floating tensor [batch, classes].
        num_samples: how many to draw for each row.
        seed: whole number that decides the draws, with the graph's; None: see `set_random_seed`.
        name: name of the scope.
        output_dtype: int32 or int64; None: int64.

    Returns:
        Tensor [batch, num_samples] of numbers of classes.

    Raises:
        ShapeError: logits are no matrix, or there are no classes.

    Gradient: none.
    """
    return _multinomial(logits, num_samples, seed, name or "multinomial", output_dtype)


def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Classes drawn, for each row, with probabilities proportional to exp(logits).

    TensorFlow: tf.random.categorical. Arguments, result and errors as `multinomial`, whose
    `output_dtype` is called `dtype` here.
    """
    return _multinomial(logits, num_samples, seed, name or "categorical", dtype)


def _multinomial(logits: Any, num_samples: Any, seed: int | None, scope: str, dtype: Any) -> Tensor:
    found = INT64 if dtype is None else dtypes.to_numpy(dtype)
    if found not in (INT32, INT64):
        raise DTypeError(f"classes cannot be {dtype!r}", hint="use int32 or int64")
    graph = graph_for((logits, num_samples))
    with graph.as_default(), graph.name_scope(scope):
        tensor = as_tensor(logits, name="logits")
        return MULTINOMIAL(tensor, num_samples, output_dtype=found, **seed_attrs(seed))


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """A part of a tensor, of a given size, from anywhere in it.

    TensorFlow: tf.random_crop, with its choice for the same seeds.

    Args:
        value: any tensor.
        size: the sizes of the part, for every axis of `value`.
        seed: whole number that decides the place, with the graph's; None: see `set_random_seed`.
        name: name of the scope.

    Raises:
        ShapeError: the part is larger than the whole.

    Gradient: dy where the part was, zeros elsewhere.
    """
    graph = graph_for((value, size))
    with graph.as_default(), graph.name_scope(name or "random_crop") as scope:
        whole, part = as_tensor(value, name="value"), as_tensor(size, INT32, "size")
        sizes = shape(whole)
        # Where nothing fits, `slice` says so: it is told to begin at the front.
        places = maximum(add(subtract(sizes, part, name="sub"), 1, name="add"), 1)
        drawn = random_uniform(shape(sizes), maxval=dtypes.int32.max, dtype=INT32, seed=seed)
        return cut(whole, floormod(drawn, places, name="mod"), part, name=scope)
