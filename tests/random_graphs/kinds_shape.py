"""The kinds of steps that move elements about."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorslow as ts
from tests.random_graphs.arrays import Unfit
from tests.random_graphs.recipe import Kind, Proposal
from tests.random_graphs.writer import SIZES, Writer


def _factors(writer: Writer, count: int) -> list[int]:
    """Sizes whose product is `count`."""
    sizes = []
    while count > 1 and len(sizes) < 3:
        divisors = [d for d in range(1, count + 1) if count % d == 0]
        sizes.append(int(writer.rng.choice(divisors)))
        count //= sizes[-1]
    return [*sizes, count] if count > 1 or writer.chance() else sizes


def _reshape(writer: Writer) -> Proposal:
    number = writer.pick()
    shape = _factors(writer, writer.values[number].size)
    if shape and writer.chance(0.3):
        shape[int(writer.rng.integers(len(shape)))] = -1
    return Proposal([number], {"shape": shape})


def _reshape_like(writer: Writer) -> Proposal:
    number = writer.pick()
    size = writer.values[number].size
    return Proposal([number, writer.pick(lambda x: x.size == size)])


def _transpose(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim >= 2)
    return Proposal([number], {"perm": writer.rng.permutation(writer.values[number].ndim).tolist()})


def _expand_dims(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim <= 3)
    rank = writer.values[number].ndim
    return Proposal([number], {"axis": int(writer.rng.integers(-rank - 1, rank + 1))})


def _squeeze(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: 1 in x.shape)
    ones = [i for i, n in enumerate(writer.values[number].shape) if n == 1]
    return Proposal([number], {"axis": [int(writer.rng.choice(ones))]})


def _concat(writer: Writer) -> Proposal:
    first = writer.pick(lambda x: x.ndim > 0)
    x = writer.values[first]
    axis = writer.axis(x)

    def fits(y: Any) -> bool:
        return (
            y.ndim == x.ndim
            and np.delete(y.shape, axis).tolist() == np.delete(x.shape, axis).tolist()
        )

    others = [writer.pick(fits) for _ in range(writer.rng.integers(1, 3))]
    return Proposal([first, *others], {"axis": axis})


def _stack(writer: Writer) -> Proposal:
    first = writer.pick(lambda x: x.ndim <= 3)
    shape = writer.values[first].shape
    others = [writer.pick(lambda x: x.shape == shape) for _ in range(writer.rng.integers(0, 3))]
    return Proposal(
        [first, *others], {"axis": int(writer.rng.integers(-len(shape) - 1, len(shape) + 1))}
    )


def _tile(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim > 0)
    return Proposal(
        [number], {"multiples": writer.rng.integers(1, 4, writer.values[number].ndim).tolist()}
    )


def _pad(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim > 0)
    return Proposal(
        [number], {"paddings": writer.rng.integers(0, 3, (writer.values[number].ndim, 2)).tolist()}
    )


def _reverse(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim > 0)
    axes = writer.axes(writer.values[number])
    if not axes:
        raise Unfit("no axis to reverse")
    return Proposal([number], {"axis": axes})


def _broadcast_to(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim <= 2)
    shape = writer.values[number].shape
    repeated = [int(writer.rng.choice(SIZES)) if n == 1 else n for n in shape]
    return Proposal([number], {"shape": [int(writer.rng.choice(SIZES)), *repeated]})


SHAPE = [
    Kind("reshape", _reshape, ts.reshape, np.reshape),
    Kind(
        "reshape to a computed shape",
        _reshape_like,
        lambda x, y: ts.reshape(x, ts.shape(y)),
        lambda x, y: x.reshape(y.shape),
    ),
    Kind("transpose", _transpose, ts.transpose, lambda x, perm: x.transpose(perm)),
    Kind("expand_dims", _expand_dims, ts.expand_dims, np.expand_dims),
    Kind("squeeze", _squeeze, ts.squeeze, lambda x, axis: np.squeeze(x, tuple(axis))),
    Kind(
        "concat",
        _concat,
        lambda *xs, axis: ts.concat(xs, axis),
        lambda *xs, axis: np.concatenate(xs, axis),
    ),
    Kind(
        "stack", _stack, lambda *xs, axis: ts.stack(xs, axis), lambda *xs, axis: np.stack(xs, axis)
    ),
    Kind("tile", _tile, ts.tile, lambda x, multiples: np.tile(x, multiples)),
    Kind("pad", _pad, ts.pad, lambda x, paddings: np.pad(x, paddings)),
    Kind("reverse", _reverse, ts.reverse, lambda x, axis: np.flip(x, tuple(axis))),
    Kind("broadcast_to", _broadcast_to, ts.broadcast_to, np.broadcast_to),
]
