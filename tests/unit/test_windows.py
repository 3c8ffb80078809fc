"""The primitives of convolution and pooling are what their definitions say, element by element."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from tensorslow.arrays import numeric as xp
from tensorslow.arrays.windows import window_count, window_padding
from tensorslow.errors import ShapeError

Geometry = dict[str, Any]


def geometries(count: int, rank: int, dilated: bool) -> list[Geometry]:
    """Random sizes, windows and paddings in which at least one window fits."""
    rng = np.random.default_rng(rank)
    found: list[Geometry] = []
    while len(found) < count:
        sizes, window = rng.integers(1, 8, rank), rng.integers(1, 5, rank)
        strides = rng.integers(1, 4, rank)
        dilations = rng.integers(1, 3 if dilated else 2, rank)
        padding = rng.choice(["SAME", "VALID", "EXPLICIT"])
        geometry = {
            "sizes": tuple(map(int, sizes)),
            "window": tuple(map(int, window)),
            "strides": tuple(map(int, strides)),
            "dilations": tuple(map(int, dilations)),
            "padding": rng.integers(0, 4, (rank, 2)).tolist()
            if padding == "EXPLICIT"
            else str(padding),
            "groups": int(rng.choice([1, 1, 2, 3])),
            "channels": int(rng.integers(1, 4)),
            "seed": len(found),
        }
        pads = pads_of(geometry)
        reach = (window - 1) * dilations + 1
        if all(n + sum(pad) >= r for n, pad, r in zip(sizes, pads, reach, strict=True)):
            found.append(geometry)
    return found


def pads_of(g: Geometry) -> Any:
    return window_padding(g["sizes"], g["window"], g["strides"], g["padding"], g["dilations"])


def windows_of(x: Any, g: Geometry, value: float = 0) -> Any:
    """Each window by itself: (its place, its elements [batch, *window, channels])."""
    padded = np.pad(x, ((0, 0), *pads_of(g), (0, 0)), constant_values=value)
    reach = [(w - 1) * d + 1 for w, d in zip(g["window"], g["dilations"], strict=True)]
    sizes = zip(padded.shape[1:-1], reach, g["strides"], strict=True)
    counts = [(n - r) // s + 1 for n, r, s in sizes]
    for place in product(*map(range, counts)):
        axes = zip(place, g["strides"], reach, g["dilations"], strict=True)
        yield place, padded[(slice(None), *(slice(i * s, i * s + r, d) for i, s, r, d in axes))]


def arrays(g: Geometry) -> tuple[Any, Any]:
    """Images and a kernel."""
    rng = np.random.default_rng(g["seed"])
    x = rng.standard_normal((2, *g["sizes"], g["channels"] * g["groups"]))
    return x, rng.standard_normal((*g["window"], g["channels"], 2 * g["groups"]))


def settings(g: Geometry) -> tuple[Any, Any, Any]:
    return g["strides"], g["padding"], g["dilations"]


ANY_RANK = [g for rank in (1, 2, 3) for g in geometries(20, rank, dilated=True)]


@pytest.mark.parametrize("g", ANY_RANK, ids=str)
def test_conv(g: Geometry) -> None:
    x, kernel = arrays(g)
    y = xp.conv(x, kernel, *settings(g))
    axes = tuple(range(1, len(g["window"]) + 2))
    parts = zip(np.split(kernel, g["groups"], -1), range(g["groups"]), strict=True)
    for part, group in parts:
        mine = slice(group * g["channels"], (group + 1) * g["channels"])
        results = slice(2 * group, 2 * group + 2)
        for place, window in windows_of(x, g):
            expected = np.tensordot(window[..., mine], part, (axes, [a - 1 for a in axes]))
            np.testing.assert_allclose(y[(slice(None), *place, results)], expected, atol=1e-12)


@pytest.mark.parametrize("g", ANY_RANK, ids=str)
def test_adjoints_of_conv(g: Geometry) -> None:
    x, kernel = arrays(g)
    y = xp.conv(x, kernel, *settings(g))
    dy = np.random.default_rng(1).standard_normal(y.shape)
    total = np.sum(y * dy)  # bilinear in x and in the kernel
    dx = xp.conv_input(x.shape, kernel, dy, *settings(g))
    dkernel = xp.conv_filter(x, kernel.shape, dy, *settings(g))
    assert (dx.shape, dkernel.shape) == (x.shape, kernel.shape)
    np.testing.assert_allclose([np.sum(x * dx), np.sum(kernel * dkernel)], total, atol=1e-11)


POOLED = [g for rank in (1, 2, 3) for g in geometries(12, rank, dilated=False)]


@pytest.mark.parametrize("g", [g for g in POOLED if isinstance(g["padding"], str)], ids=str)
def test_pooling(g: Geometry) -> None:
    rng = np.random.default_rng(g["seed"])
    x = rng.integers(0, 4, (2, *g["sizes"], 2)).astype(np.float64)  # with ties
    values = rng.standard_normal(x.shape)
    window = g["window"], g["strides"], g["padding"]
    largest, mean = xp.window_max(x, *window), xp.window_mean(x, *window)
    gathered = xp.window_max_gather(x, values, *window)
    for (place, cells), (_, others) in zip(
        windows_of(x, g, -np.inf), windows_of(values, g), strict=True
    ):
        flat = cells.reshape(2, -1, 2)
        np.testing.assert_array_equal(largest[:, *place], flat.max(1))
        counted = np.where(np.isfinite(flat), flat, np.nan)
        np.testing.assert_allclose(mean[:, *place], np.nanmean(counted, 1))
        first = flat.argmax(1)[:, None]
        expected = np.take_along_axis(others.reshape(2, -1, 2), first, 1)[:, 0]
        np.testing.assert_array_equal(gathered[:, *place], expected)
    dy = rng.standard_normal(largest.shape)
    scattered = xp.window_max_scatter(x, dy, *window)
    np.testing.assert_allclose(np.sum(scattered * values), np.sum(dy * gathered))
    shares = xp.window_mean_input(x.shape, dy, *window)
    np.testing.assert_allclose(np.sum(shares * x), np.sum(dy * mean))


def test_an_infinite_gradient_reaches_the_maximum_alone() -> None:
    x, dy = np.arange(4.0).reshape(1, 2, 2, 1), np.full((1, 1, 1, 1), np.inf)
    found = xp.window_max_scatter(x, dy, (2, 2), (2, 2), "VALID")
    np.testing.assert_array_equal(found.ravel(), [0, 0, 0, np.inf])


def test_types_stay() -> None:
    x, kernel = np.ones((1, 4, 4, 2), np.float32), np.ones((3, 3, 2, 2), np.float32)
    dy = np.ones((1, 4, 4, 2), np.float32)
    moves = (1, 1), "SAME", (1, 1)
    results = [
        xp.conv(x, kernel, *moves),
        xp.conv_input(x.shape, kernel, dy, *moves),
        xp.conv_filter(x, kernel.shape, dy, *moves),
        xp.conv(x, kernel[:, :, :1], *moves),
        xp.window_mean(x, (2, 2), (1, 1), "SAME"),
        xp.window_mean_input(x.shape, dy, (2, 2), (1, 1), "SAME"),
        xp.window_max_scatter(x, dy, (2, 2), (1, 1), "SAME"),
    ]
    assert {y.dtype for y in results} == {np.dtype(np.float32)}


@pytest.mark.parametrize("shape", [(0, 5, 5, 2), (2, 0, 5, 2)])
def test_nothing_to_see(shape: tuple[int, ...]) -> None:
    kernel, moves = np.ones((3, 3, 2, 4)), ((1, 1), "SAME", (1, 1))
    y = xp.conv(np.ones(shape), kernel, *moves)
    assert y.shape == (*shape[:3], 4)
    assert xp.conv_input(shape, kernel, y, *moves).shape == shape
    np.testing.assert_array_equal(
        xp.conv_filter(np.ones(shape), kernel.shape, y, *moves), 0 * kernel
    )


def test_counts_of_windows() -> None:
    assert window_count(7, 3, 2, "SAME", 1) == 4
    assert window_count(7, 3, 2, "VALID", 1) == 3
    assert window_count(7, 3, 1, "VALID", 2) == 3
    assert window_count(7, 3, 1, (1, 0), 1) == 6
    assert window_count(None, 3, 1, "SAME", 1) is None
    assert window_count(7, None, 2, "SAME", 1) == 4
    assert window_count(7, None, 2, "VALID", 1) is None
    with pytest.raises(ShapeError, match="a window of 5 does not fit into 4"):
        window_count(4, 3, 1, "VALID", 2)


def test_what_does_not_fit_together() -> None:
    x, moves = np.ones((1, 4, 4, 3)), ((1, 1), "VALID", (1, 1))
    with pytest.raises(ValueError, match="does not divide 3 channels"):
        xp.conv(x, np.ones((3, 3, 2, 2)), *moves)
    with pytest.raises(ValueError, match="is not"):
        xp.conv_input(x.shape, np.ones((3, 3, 3, 2)), np.ones((1, 3, 3, 2)), *moves)
    with pytest.raises(ShapeError, match="a window of 5 does not fit into 4"):
        xp.window_max(x, (5, 5), (1, 1), "VALID")
