"""Winograd's convolutions: fewer multiplications, for windows that move by single steps.

A tile of m results along an axis, from a window of r numbers, is a product of polynomials. It
follows from its values at n = m + r - 1 points: n multiplications take the place of m · r.

    result = Aᵀ [(G · window) ⊙ (Bᵀ · tile)]

In two dimensions each matrix is applied along both axes. What stands between the brackets is
summed over the channels, and so is a product of matrices for each of n² pairs of points.

With more points the numbers get larger and cancel. With 0, 1, -1, 1/2, -2 and infinity the error
stays below 4e-6 of the largest result in float32 (docs/design/compiler.md has the measurements), so
n is always 6: tiles of 2 for windows of 5, of 3 for 4, of 4 for 3.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from tensorslow.engines.llvm.text.target import Target

if TYPE_CHECKING:
    from tensorslow.engines.llvm.contractions.phases import Convolution

POINTS = tuple(map(Fraction, ("0", "1", "-1", "1/2", "-2")))  # and infinity
COUNT = len(POINTS) + 1  # of the points, and so the size of a tile that is read

WINDOWS = (3, 4, 5)  # sizes along an axis that it is used for
FEWEST_IMAGES = 16  # threads divide images

# What the transformation of a number costs, in multiplications of it; and the share of the
# multiplications of the plain sum above which the latter is the better choice.
READING, WRITING, GAIN = 8, 6, 0.75

Matrix = tuple[tuple[Fraction, ...], ...]


def _times(p: Sequence[Fraction], root: Fraction) -> list[Fraction]:
    """The polynomial p(x) · (x - root), lowest power first."""
    return [
        high - root * low for low, high in zip([*p, Fraction(0)], [Fraction(0), *p], strict=True)
    ]


def _polynomial(roots: Sequence[Fraction]) -> list[Fraction]:
    return functools.reduce(_times, roots, [Fraction(1)])


def result(m: int) -> tuple[str, Matrix]:
    """Aᵀ, from products at the points to m results; and its name."""
    powers = [[point**i for point in POINTS] + [Fraction(i == m - 1)] for i in range(m)]
    return f"result{m}", tuple(map(tuple, powers))


def window(r: int) -> tuple[str, Matrix]:
    """G: the values at the points of a window of r numbers, divided by what Bᵀ leaves out."""
    rows = []
    for point in POINTS:
        others = math.prod((point - other for other in POINTS if other != point), start=Fraction(1))
        rows.append(tuple(point**k / others for k in range(r)))
    return f"window{r}", (*rows, tuple(Fraction(k == r - 1) for k in range(r)))


def tile() -> tuple[str, Matrix]:
    """Bᵀ: of a tile of `COUNT` numbers. Row by row Lagrange's polynomials, without denominators."""
    rows = [_polynomial([other for other in POINTS if other != point]) for point in POINTS]
    return "tile", (*((*row, Fraction(0)) for row in rows), tuple(_polynomial(POINTS)))


def step(window: int) -> int:
    """How many results a tile has along an axis."""
    return COUNT + 1 - window


def tiles(sizes: Sequence[int], windows: Sequence[int]) -> list[int]:
    """How many tiles there are along each axis of an image of results."""
    return [-(-size // step(r)) for size, r in zip(sizes, windows, strict=True)]


def pays(v: Convolution, target: Target) -> bool:
    """Whether a convolution is better computed in this way."""
    plain = (
        v.dtype == np.float32
        and len(v.window) == 2
        and {*v.strides, *v.dilations, v.groups} == {1}
        and all(size in WINDOWS for size in v.window)
        and v.x_shape[0] >= FEWEST_IMAGES
    )
    if not plain or 0 in (*v.x_shape, *v.y_shape):
        return False
    channels, out = v.kernel_shape[-2:]
    if v.kind == "input":
        channels, out = out, channels
    lanes = target.lanes(v.dtype)
    if channels % lanes or out < lanes or (v.kind == "filter" and out % lanes):
        return False
    # Of windows that lie in the padding for the most part, rounding would leave little.
    if any(max(pads) >= r or size < r for pads, size, r in zip(v.pads, v.x_shape[1:], v.window)):
        return False
    sizes = (v.x_shape if v.kind == "input" else v.y_shape)[1:-1]
    here = COUNT**2 * math.prod(tiles(sizes, v.window))
    direct = math.prod(sizes) * math.prod(v.window) * channels * out
    return here * (channels * out + READING * channels + WRITING * out) < GAIN * direct
