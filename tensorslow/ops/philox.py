"""Philox 4x32-10: random words as a function of a key and a counter.

Paper: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A block
of four 32-bit words follows from a 64-bit key and a 128-bit counter, so any block can be computed
by itself, in any order, on any machine. As TensorFlow, we take the key from a node's `seed`, the
upper half of the counter from its `seed2`, and count blocks in the lower half.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

UINT16, UINT32, UINT64 = np.dtype(np.uint16), np.dtype(np.uint32), np.dtype(np.uint64)
FLOAT16, FLOAT32, FLOAT64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)

ROUNDS = 10
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
KEY_STEPS = 0x9E3779B9, 0xBB67AE85  # the golden ratio and √3 - 1, as fractions of 2³²
LOW_WORD = 0xFFFFFFFF

Words = tuple[Any, Any, Any, Any]


def words(xp: Any, seed: int, seed2: int, numbers: Any) -> Words:
    """The four words of each block, as four uint32 arrays.

    Args:
        xp: the array namespace.
        seed: the key.
        seed2: the upper half of the counter.
        numbers: uint64 array: which blocks, the lower half of the counter.
    """
    key = [seed & LOW_WORD, seed >> 32 & LOW_WORD]
    a, b = xp.cast(numbers, UINT32), xp.cast(xp.right_shift(numbers, 32), UINT32)
    zero = xp.bitwise_xor(a, a)  # of the right shape, whatever that is
    c, d = xp.bitwise_or(zero, seed2 & LOW_WORD), xp.bitwise_or(zero, seed2 >> 32 & LOW_WORD)
    for _ in range(ROUNDS):
        high_a, low_a = _multiply(xp, a, MULTIPLIERS[0])
        high_c, low_c = _multiply(xp, c, MULTIPLIERS[1])
        a, b = xp.bitwise_xor(high_c, xp.bitwise_xor(b, key[0])), low_c
        c, d = xp.bitwise_xor(high_a, xp.bitwise_xor(d, key[1])), low_a
        key = [(word + step) & LOW_WORD for word, step in zip(key, KEY_STEPS, strict=True)]
    return a, b, c, d


def _multiply(xp: Any, x: Any, factor: int) -> tuple[Any, Any]:
    """The upper and the lower word of a product."""
    product = xp.multiply(xp.cast(x, UINT64), factor)
    return xp.cast(xp.right_shift(product, 32), UINT32), xp.cast(product, UINT32)


def block_numbers(xp: Any, first: Any, count: int, stride: int = 1) -> Any:
    """The numbers first, first + stride, … of `count` blocks, as uint64."""
    return xp.add(xp.arange(0, count * stride, stride, UINT64), first)


def in_order(xp: Any, columns: Any, count: int) -> Any:
    """The first `count` values, when each block contributes one to each of `columns`."""
    flat = xp.reshape(xp.stack(list(columns), 1), (-1,))
    return xp.slice_(flat, [0], [count], [1])


# Words to numbers. The random bits become the fraction of a float in [1, 2), which is exact.


def uniform(xp: Any, block: Words, dtype: Any) -> list[Any]:
    """Floats in [0, 1): four from each block, or two of float64."""
    if dtype == FLOAT64:
        return [_unit_double(xp, *block[:2]), _unit_double(xp, *block[2:])]
    if dtype == FLOAT16:
        return [_unit_half(xp, word) for word in block]
    return [_unit_float(xp, word) for word in block]


def _unit_half(xp: Any, word: Any) -> Any:
    bits = xp.bitwise_or(xp.bitwise_and(xp.cast(word, UINT16), 0x3FF), 15 << 10)
    return xp.bitcast(bits, FLOAT16) - 1.0


def _unit_float(xp: Any, word: Any) -> Any:
    bits = xp.bitwise_or(xp.bitwise_and(word, 0x7FFFFF), 127 << 23)
    return xp.bitcast(bits, FLOAT32) - 1.0


def _unit_double(xp: Any, high: Any, low: Any) -> Any:
    fraction = _joined(xp, low, xp.bitwise_and(high, 0xFFFFF))
    return xp.bitcast(xp.bitwise_or(fraction, 1023 << 52), FLOAT64) - 1.0


def _joined(xp: Any, low: Any, high: Any) -> Any:
    """Two words as one of 64 bits."""
    return xp.bitwise_or(xp.cast(low, UINT64), xp.left_shift(xp.cast(high, UINT64), 32))


def integers(xp: Any, block: Words, low: Any, high: Any, dtype: Any) -> list[Any]:
    """Integers in [low, high): four from each block, or two of int64.

    The remainder favours the smaller ones a little, as TensorFlow's does.
    """
    wide = dtype.itemsize == 8
    unsigned = UINT64 if wide else UINT32
    bits = [_joined(xp, *block[:2]), _joined(xp, *block[2:])] if wide else block
    first, end = xp.cast(low, unsigned), xp.cast(high, unsigned)
    # Differences wrap around as they must. An empty range must not pass for one of 2³² numbers:
    # the remainder of a division by 0 is an error.
    span = xp.where(xp.less(low, high), xp.subtract(end, first), 0)
    return [xp.cast(xp.add(xp.mod(word, span), first), dtype) for word in bits]


def normal(xp: Any, block: Words, dtype: Any) -> list[Any]:
    """Normal floats with mean 0 and deviation 1: four from each block, or two of float64.

    Paper: Box and Muller, 1958: √(-2 log u) at the angle 2πv is two independent normals.
    """
    if dtype == FLOAT64:
        u, v = uniform(xp, block, FLOAT64)
        return _box_muller(xp, u, v, FLOAT64)
    u, v, w, z = uniform(xp, block, FLOAT32)
    pairs = _box_muller(xp, u, v, FLOAT32) + _box_muller(xp, w, z, FLOAT32)
    return [xp.cast(x, dtype) for x in pairs]


def _box_muller(xp: Any, u: Any, v: Any, dtype: Any) -> list[Any]:
    # The angle is rounded only once, from float64, as TensorFlow's is.
    angle = xp.cast(xp.multiply(xp.cast(v, FLOAT64), 2 * math.pi), dtype)
    radius = xp.sqrt(xp.log(xp.maximum(u, 1e-7)) * -2.0)
    return [xp.sin(angle) * radius, xp.cos(angle) * radius]
