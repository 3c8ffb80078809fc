"""Laws over many shapes: broadcasting and its adjoint, x[...], reshapes, how axes are counted."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tensorslow as ts
from tensorslow.shapes import compatible

SETTINGS = settings(max_examples=50)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def numbers(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).integers(-9, 10, shape).astype(np.float64)


def run(build, values, hidden=(), unknown_rank=False):
    """The values of what `build` makes of placeholders; some sizes, or even ranks, are hidden."""
    with ts.Graph().as_default(), ts.Session() as session:
        xs = []
        for i, value in enumerate(values):
            sizes = [None if (i, axis) in hidden else n for axis, n in enumerate(value.shape)]
            xs.append(ts.placeholder(value.dtype, None if unknown_rank else sizes))
        ys = build(*xs)
        results = session.run(ys, dict(zip(xs, values, strict=True)))
        for y, result in zip(ys, results, strict=True):
            assert compatible(y.shape.sizes, np.shape(result))
        return results


def hidden_places(draw, values):
    places = [(i, axis) for i, value in enumerate(values) for axis in range(value.ndim)]
    return draw(st.sets(st.sampled_from(places))) if places else set()


@st.composite
def broadcasting_pairs(draw):
    shapes = draw(
        arrays.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=4, max_dims=4)
    )
    values = [numbers(shape, seed) for seed, shape in enumerate(shapes.input_shapes)]
    return values, hidden_places(draw, values), draw(st.booleans())


def summed_to(total, shape):
    """NumPy's own way back from a broadcast."""
    extra = total.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1)
    return total.sum(axis=axes, keepdims=True).reshape(shape)


@SETTINGS
@given(broadcasting_pairs())
def test_broadcasting_and_its_adjoint(pair):
    (x, y), hidden, unknown_rank = pair

    def build(a, b):
        product = ts.multiply(a, b)
        return [product, *ts.gradients(product, [a, b])]

    product, dx, dy = run(build, [x, y], hidden, unknown_rank)
    np.testing.assert_array_equal(product, x * y)
    np.testing.assert_array_equal(dx, summed_to(np.broadcast_to(y, product.shape), x.shape))
    np.testing.assert_array_equal(dy, summed_to(np.broadcast_to(x, product.shape), y.shape))


@st.composite
def keys(draw):
    shape = draw(SHAPES)
    # NumPy's keys; a bare 0-d key is what it makes of no axes at all.
    key = draw(arrays.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    x = numbers(shape)
    return x, key, hidden_places(draw, [x]), draw(st.booleans())


@SETTINGS
@given(keys())
def test_brackets_mean_what_they_mean_in_numpy(drawn):
    x, key, hidden, unknown_rank = drawn

    def build(a):
        part = a[key]
        weights = ts.constant(numbers(np.shape(x[key]), 1))
        (dx,) = ts.gradients(ts.multiply(part, weights), [a])
        (ddy,) = ts.gradients(ts.multiply(dx, a), [weights])
        return [part, dx, ddy]

    part, dx, ddy = run(build, [x], hidden, unknown_rank)
    np.testing.assert_array_equal(part, x[key])
    expected = np.zeros_like(x)
    expected[key] = numbers(np.shape(x[key]), 1)
    np.testing.assert_array_equal(dx, expected)
    np.testing.assert_array_equal(ddy, x[key])  # the adjoint of the adjoint


@st.composite
def slices_given_when_it_runs(draw):
    size = draw(st.integers(0, 6))
    bound = st.integers(-8, 8)
    step = draw(st.integers(-3, 3).filter(bool))
    return numbers((size,)), draw(bound), draw(bound), step


@SETTINGS
@given(slices_given_when_it_runs())
def test_bounds_may_be_tensors(drawn):
    x, begin, end, step = drawn
    bounds = [np.array(n, np.int32) for n in (begin, end, step)]

    def build(a, *abc):
        part = a[slice(*abc)]
        return [part, *ts.gradients(part, [a])]

    part, dx = run(build, [x, *bounds])
    np.testing.assert_array_equal(part, x[begin:end:step])
    expected = np.zeros_like(x)
    expected[begin:end:step] = 1
    np.testing.assert_array_equal(dx, expected)


@st.composite
def reshapes(draw):
    shape = draw(SHAPES)
    left, goal = math.prod(shape), []
    for _ in range(draw(st.integers(0, 3))):
        factors = [n for n in range(1, left + 1) if left % n == 0] if left else [0, 1, 2]
        goal.append(draw(st.sampled_from(factors)))
        left //= max(1, goal[-1])
    goal.append(left)
    assume(math.prod(goal) == math.prod(shape))
    if math.prod(shape) and draw(st.booleans()):
        goal[draw(st.integers(0, len(goal) - 1))] = -1
    x = numbers(shape)
    return x, goal, hidden_places(draw, [x])


@SETTINGS
@given(reshapes())
def test_reshapes(drawn):
    x, goal, hidden = drawn

    def build(a):
        y = ts.reshape(a, goal)
        return [y, *ts.gradients(ts.multiply(y, y), [a])]

    y, dx = run(build, [x], hidden)
    np.testing.assert_array_equal(y, x.reshape(goal))
    np.testing.assert_array_equal(dx, 2 * x)


@st.composite
def axes(draw):
    shape = draw(arrays.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=3))
    x = numbers(shape)
    return x, draw(st.integers(0, len(shape) - 1)), hidden_places(draw, [x])


@SETTINGS
@given(axes())
def test_axes_count_from_either_end(drawn):
    x, axis, hidden = drawn

    def build(a, i, j):
        """What takes an axis; j is the place of a new one."""
        return [
            ts.reduce_sum(a, i),
            ts.reduce_max(a, [i], keepdims=True),
            ts.concat([a, a], i),
            ts.stack([a, a], j),
            ts.expand_dims(a, j),
            ts.squeeze(ts.expand_dims(a, j), j),
            ts.cumsum(a, i, reverse=True),
            ts.reverse(a, [i]),
            ts.gather(a, [0], axis=i),
            ts.split(a, [1, -1], i)[1],
            ts.argmax(a, i),
            *ts.gradients(ts.reduce_sum(a, i), [a]),
        ]

    front = run(lambda a: build(a, axis, axis), [x], hidden)
    back = run(lambda a: build(a, axis - x.ndim, axis - x.ndim - 1), [x], hidden)
    for one, other in zip(front, back, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(front[0], x.sum(axis))
    np.testing.assert_array_equal(front[3], np.stack([x, x], axis))
    np.testing.assert_array_equal(front[7], np.flip(x, axis))


@SETTINGS
@given(axes(), st.randoms(use_true_random=False))
def test_transpose_and_back(drawn, random):
    x, _, hidden = drawn
    order = list(range(x.ndim))
    random.shuffle(order)

    def build(a):
        y = ts.transpose(a, order)
        return [y, *ts.gradients(ts.multiply(y, y), [a])]

    y, dx = run(build, [x], hidden)
    np.testing.assert_array_equal(y, x.transpose(order))
    np.testing.assert_array_equal(dx, 2 * x)
