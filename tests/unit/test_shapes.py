"""Shapes with unknown sizes: what two say together, and what users of TensorFlow see of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import tensorslow as ts
from tensorslow import shapes
from tensorslow.errors import ShapeError
from tensorslow.tensor_shape import Dimension, TensorShape, as_shape

sizes = strategies.one_of(strategies.none(), strategies.integers(0, 3))
some_shapes = strategies.one_of(strategies.none(), strategies.lists(sizes, max_size=3).map(tuple))


@given(mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_dims=4))
def test_broadcast_is_numpys(found: Any) -> None:
    a, b = found.input_shapes
    assert shapes.broadcast(a, b) == found.result_shape


@given(mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_dims=3), strategies.data())
def test_broadcast_of_less_known_shapes_says_nothing_wrong(found: Any, data: Any) -> None:
    a, b = (
        tuple(data.draw(strategies.sampled_from([n, None])) for n in shape)
        for shape in found.input_shapes
    )
    assert shapes.compatible(shapes.broadcast(a, b), found.result_shape)
    assert shapes.broadcast(a, None) is None or a == ()


@given(some_shapes, some_shapes)
def test_merge_keeps_all_that_either_knows(a: Any, b: Any) -> None:
    if not shapes.compatible(a, b):
        with pytest.raises(ShapeError, match="are not compatible"):
            shapes.merge(a, b)
        return
    merged = shapes.merge(a, b)
    assert merged == shapes.merge(b, a)
    assert shapes.merge(merged, a) == merged == shapes.merge(merged, b)


@given(some_shapes, some_shapes)
def test_relax_holds_for_both(a: Any, b: Any) -> None:
    either = shapes.relax(a, b)
    assert shapes.compatible(either, a)
    assert shapes.compatible(either, b)
    assert shapes.relax(a, a) == a


def test_broadcast_words_what_does_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"shapes \[2, 3\] and \[4\] do not broadcast: 3 meets 4"):
        shapes.broadcast((2, 3), (4,))
    assert shapes.broadcast((None, 3), (5, 1)) == (5, 3)
    assert shapes.broadcast((None,), (1,)) == (None,)
    assert shapes.broadcast((0,), (1,)) == (0,)


def test_show() -> None:
    assert shapes.show(()) == "[]"
    assert shapes.show((2, None)) == "[2, ?]"
    assert shapes.show(None) == "[...]"


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        (None, None),
        ([], ()),
        (5, (5,)),
        ([2, None], (2, None)),
        ([2, -1], (2, None)),
        ((Dimension(2), Dimension(None)), (2, None)),
        (TensorShape([4]), (4,)),
        (np.array([2, 3]), (2, 3)),
        ([np.int64(7)], (7,)),
        (np.int32(7), (7,)),
    ],
)
def test_as_shape(given: Any, shape: Any) -> None:
    assert as_shape(given) == shape


def test_as_shape_refuses_what_is_no_shape() -> None:
    with pytest.raises(TypeError, match=r"a size must be a whole number or None, not 2\.5"):
        as_shape([2.5])
    with pytest.raises(TypeError, match="a size must be a whole number or None, not 'abc'"):
        as_shape(["abc"])
    with pytest.raises(ShapeError, match="a size cannot be negative: -2"):
        as_shape([-2])


@given(strategies.lists(strategies.integers(-4, 3), max_size=4))
def test_axes_are_counted_from_the_front(axes: list[int]) -> None:
    normal = [axis % 4 for axis in axes]
    if len(set(normal)) < len(normal):
        with pytest.raises(ShapeError, match="an axis is named twice"):
            shapes.normalize_axes(axes, 4)
    else:
        assert shapes.normalize_axes(axes, 4) == tuple(sorted(normal))


def test_axes_out_of_range() -> None:
    assert shapes.normalize_axes(None, 3) == (0, 1, 2)
    assert shapes.normalize_axis(-1, 3) == 2
    with pytest.raises(ShapeError, match="axis 3 does not exist: there are 3 axes"):
        shapes.normalize_axis(3, 3)
    with pytest.raises(ShapeError, match="axis 0 does not exist: there are 0 axes"):
        shapes.normalize_axis(0, 0)


def test_tensor_shape_as_programs_use_it() -> None:
    shape = ts.placeholder(ts.float32, [None, 3]).get_shape()
    assert str(shape) == "(?, 3)"
    assert repr(shape) == "TensorShape([Dimension(None), Dimension(3)])"
    assert (shape.ndims, shape.rank, len(shape)) == (2, 2, 2)
    assert shape.as_list() == [None, 3]
    assert shape[1] == 3
    assert int(shape[1]) == 3
    assert shape[0].value is None
    assert shape[1:] == TensorShape([3])
    assert [size.value for size in shape] == [None, 3]
    assert shape.num_elements() is None
    assert TensorShape([2, 3]).num_elements() == 6
    assert shape.merge_with([2, None]) == [2, 3]
    assert shape.concatenate([4]) == [None, 3, 4]
    assert (shape + [4], [4] + shape) == (TensorShape([None, 3, 4]), TensorShape([4, None, 3]))
    assert not shape.is_fully_defined()
    assert shape.is_compatible_with([7, 3])
    assert not shape.is_compatible_with([7, 4])
    assert hash(TensorShape([2])) == hash(TensorShape((2,)))


def test_tensor_shape_of_unknown_rank() -> None:
    unknown = TensorShape(None)
    assert str(unknown) == "<unknown>"
    assert (unknown.ndims, unknown.dims, bool(unknown)) == (None, None, False)
    assert unknown[3].value is None
    assert unknown.with_rank(2) == [None, None]
    for use in (len, list, TensorShape.as_list):
        with pytest.raises(ValueError, match="the rank of this shape is unknown"):
            use(unknown)


def test_tensor_shape_refuses() -> None:
    shape = TensorShape([None, 3])
    with pytest.raises(ValueError, match=r"shapes \[\?, 3\] and \[2\] are not compatible"):
        shape.assert_is_compatible_with([2])
    with pytest.raises(ValueError, match=r"shape \(\?, 3\) must have rank 3"):
        shape.assert_has_rank(3)
    with pytest.raises(ValueError, match="must have rank between 3 and any"):
        shape.with_rank_at_least(3)
    with pytest.raises(ValueError, match="is not fully defined"):
        shape.assert_is_fully_defined()


def test_dimensions_are_numbers_that_may_be_unknown() -> None:
    five, unknown = Dimension(5), Dimension(None)
    assert (five + 1, 1 + five, five - 2, 7 - five, five * 2, five // 2, five % 3) == (
        6,
        6,
        3,
        2,
        10,
        2,
        2,
    )
    assert isinstance(five + 1, Dimension)
    assert list(range(five)) == [0, 1, 2, 3, 4]
    assert (unknown + 1).value is None
    assert (five == unknown) is None
    assert (five < unknown) is None
    assert five > 4
    assert five >= 5
    assert (five == "five") is False
    with pytest.raises(TypeError, match="the size is unknown; take it from the graph"):
        int(unknown)
    with pytest.raises(ValueError, match="are not compatible"):
        five.merge_with(4)
    assert five.merge_with(unknown) == five


def test_set_shape_adds_what_is_known_and_refuses_what_contradicts() -> None:
    x = ts.placeholder(ts.float32, [None, 3])
    x.set_shape([5, None])
    assert x.shape == [5, 3]
    with pytest.raises(ValueError, match=r"shapes \[5, 3\] and \[4, 3\] are not compatible"):
        x.set_shape([4, 3])
    assert x.shape == [5, 3]
