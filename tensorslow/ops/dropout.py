"""dropout: elements left out at random, so that a network learns not to rely on any one of them."""

from __future__ import annotations

import numbers
from typing import Any

from tensorslow import dtypes
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor
from tensorslow.ops.casting import cast
from tensorslow.ops.comparison import greater_equal
from tensorslow.ops.division import realdiv
from tensorslow.ops.elementwise import multiply, subtract
from tensorslow.ops.random import random_uniform
from tensorslow.ops.seeds import get_seed
from tensorslow.ops.selection import where_v2
from tensorslow.ops.shape import shape
from tensorslow.scopes import name_scope
from tensorslow.tensor_shape import Dimension, TensorShape


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Tensor:
    """Each element 0 with probability `rate`, else divided by 1 - rate, so that the mean stays.

    TensorFlow: tf.nn.dropout, of 1.x. Given both seeds, with TensorFlow's own choice of elements.
    Paper: Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting.

    Args:
        x: floating tensor.
        keep_prob: 1 - rate: number or scalar tensor, so that a feed can switch it off with 1.
        noise_shape: a shape that broadcasts to that of `x`: along an axis of size 1 all elements
            share their fate; None in it: the size of `x`. None: each has its own.
        seed: whole number, for the same choice again; None: taken from the graph's seed.
        name: name of the scope.
        rate: number in [0, 1) or scalar tensor; instead of `keep_prob`.

    Raises:
        ValueError: neither or both of `rate` and `keep_prob` were given, or a rate outside [0, 1).
        DTypeError: `x` is not floating.

    Gradient: dy / (1 - rate) where an element was kept, else 0.
    """
    if (rate is None) == (keep_prob is None):
        raise ValueError("dropout takes either rate or keep_prob, which is 1 - rate")
    rate = _rate_of(keep_prob) if rate is None else rate
    is_number = isinstance(rate, numbers.Real)
    if is_number and not 0 <= rate < 1:
        raise ValueError(
            f"rate is the probability that an element is dropped, in [0, 1), not {rate}"
        )
    with name_scope(name, "dropout", [x]):
        x = as_tensor(x, name="x")
        if x.dtype is not None and not x.dtype.is_floating:
            raise DTypeError(
                f"{x.dtype.name} cannot be scaled", hint="convert it with ts.cast(x, dtype)"
            ).locate("dropout", [("x", x.describe())])
        if is_number and rate == 0:
            get_seed(
                seed
            )  # counted, so that other operations draw the same numbers as with another rate
            return x
        if is_number:
            scaled = multiply(x, 1 / (1 - rate))
        else:
            rate = rate if x.dtype is None else cast(rate, x.dtype, name="rate")
            scaled = realdiv(x, subtract(1, rate))
        noise = random_uniform(
            _noise_shape(x, noise_shape), dtype=x.dtype or dtypes.float32, seed=seed
        )
        kept = where_v2(greater_equal(noise, rate), scaled, 0)
        kept.set_shape(x.get_shape())
        return kept


def _rate_of(keep_prob: Any) -> Any:
    if isinstance(keep_prob, numbers.Real):
        return 1.0 - keep_prob
    return subtract(1.0, keep_prob)


def _noise_shape(x: Tensor, noise_shape: Any) -> Any:
    """The shape of the random numbers: the one given, with the sizes of `x` where it has none."""
    if noise_shape is None:
        return shape(x)
    if isinstance(noise_shape, TensorShape):
        noise_shape = noise_shape.as_list()
    if not isinstance(noise_shape, (list, tuple)):
        return noise_shape
    sizes = [size.value if isinstance(size, Dimension) else size for size in noise_shape]
    known = x.spec.shape
    if known is not None and len(known) == len(sizes):
        sizes = [own if size is None else size for size, own in zip(sizes, known, strict=True)]
    if None in sizes:
        raise ShapeError(
            f"noise_shape {noise_shape} leaves open what is not known of x",
            hint="use ts.shape(x)[axis]",
        )
    return sizes
