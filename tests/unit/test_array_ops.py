"""What the rows of the case table do not say of arrays: names of nodes, errors, IndexedSlices."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import DTypeError, ExecutionError, ShapeError
from tensorslow.ops.embedding import embedding_lookup
from tensorslow.ops.indexed_slices import concat_slices
from tensorslow.ops.sorting import top_k

X = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture(autouse=True)
def graph():
    with ts.Graph().as_default() as graph:
        yield graph


@pytest.fixture
def x():
    return ts.placeholder(ts.float32, [None, 3], name="x")


def run(fetches, feeds=None):
    with ts.Session() as session:
        return session.run(fetches, feeds)


# Names, as TensorFlow 2.21 gives them in v1 mode

NAMES = [
    (
        lambda x: x[0],
        ["strided_slice/stack", "strided_slice/stack_1", "strided_slice/stack_2", "strided_slice"],
    ),
    (lambda x: ts.reshape(x, [-1, 3]), ["Reshape/shape", "Reshape"]),
    (lambda x: ts.transpose(x), ["transpose/perm", "transpose"]),
    (lambda x: ts.expand_dims(x, 0), ["ExpandDims/dim", "ExpandDims"]),
    (lambda x: ts.squeeze(x), ["Squeeze"]),
    (lambda x: ts.concat([x, x], 1), ["concat/axis", "concat"]),
    (lambda x: ts.stack([x, x]), ["stack"]),
    (lambda x: ts.unstack(x, axis=1)[0], ["unstack"]),
    (lambda x: ts.split(x, 3, 1)[0], ["split/split_dim", "split"]),
    (lambda x: ts.split(x, [1, 2], 1)[0], ["Const", "split/split_dim", "split"]),
    (lambda x: ts.tile(x, [1, 2]), ["Tile/multiples", "Tile"]),
    (lambda x: ts.pad(x, [[1, 0], [0, 0]]), ["Pad/paddings", "Pad"]),
    (lambda x: ts.gather(x, [1]), ["GatherV2/indices", "GatherV2/axis", "GatherV2"]),
    (lambda x: ts.slice(x, [0, 0], [1, 1]), ["Slice/begin", "Slice/size", "Slice"]),
    (lambda x: ts.shape(x), ["Shape"]),
    (lambda x: ts.zeros([2]), ["zeros"]),
    (lambda x: ts.range(3), ["range/start", "range/limit", "range/delta", "range"]),
    (lambda x: ts.cumsum(x), ["Cumsum/axis", "Cumsum"]),
    (lambda x: ts.reverse(x, [0]), ["ReverseV2/axis", "ReverseV2"]),
    (lambda x: ts.constant(1), ["Const"]),
    (lambda x: top_k(x).values, ["TopKV2/k", "TopKV2"]),
    (
        lambda x: ts.reshape(x, [ts.shape(x)[0], 3]),
        [
            "Shape",
            "strided_slice/stack",
            "strided_slice/stack_1",
            "strided_slice/stack_2",
            "strided_slice",
            "Reshape/shape/1",
            "Reshape/shape",
            "Reshape",
        ],
    ),
]


@pytest.mark.parametrize(("build", "names"), NAMES, ids=[names[-1] for _, names in NAMES])
def test_nodes_are_named_as_in_tensorflow(graph, x, build, names):
    build(x)
    assert [op.name for op in graph.get_operations()[1:]] == names


# Constants


def test_the_last_element_fills_the_rest_of_a_constant():
    assert run(ts.constant([1, 2], shape=[2, 2])).tolist() == [[1, 2], [2, 2]]
    with pytest.raises(ShapeError, match="3 elements do not fill shape \\[2\\]"):
        ts.constant([1, 2, 3], shape=[2])
    with pytest.raises(ShapeError, match="the value has shape \\[3\\], not \\[4\\]"):
        ts.constant([1, 2, 3], shape=[4], verify_shape=True)


def test_plain_values_have_tensorflows_types():
    kinds = [
        (1, ts.int32),
        (1.5, ts.float32),
        (True, ts.bool),
        ("a", ts.string),
        (np.float64(1), ts.float64),
    ]
    assert [ts.constant(value).dtype for value, _ in kinds] == [kind for _, kind in kinds]
    assert ts.convert_to_tensor([1, 2], preferred_dtype=ts.float64).dtype == ts.float64
    assert ts.convert_to_tensor(1.5, preferred_dtype=ts.int32).dtype == ts.float32
    with pytest.raises(DTypeError, match=r"1\.5 is not int32"):
        ts.constant(1.5, ts.int32)


def test_large_uniform_arrays_are_made_when_the_graph_runs():
    assert (ts.zeros([10]).op.type, ts.zeros([1000]).op.type) == ("Const", "Fill")


def test_sizes_may_be_dimensions_and_shapes(x):
    assert ts.zeros(x.shape[1:]).shape == [3]
    assert ts.reshape(x, [-1, x.shape[1], 1]).shape.as_list() == [None, 3, 1]
    with pytest.raises(DTypeError, match="holds a size that is not known"):
        ts.reshape(x, x.shape)


def test_numbers_beside_tensors_take_their_type():
    double = ts.placeholder(ts.float64, [])
    assert ts.stack([1.0, double]).dtype == ts.float64
    assert ts.convert_to_tensor([[1.0, 2.0], [double, 3.0]]).dtype == ts.float64


# Errors

ERRORS = [
    (lambda x: x[:, 3], "index 3 is outside axis 1, which has 3 elements"),
    (lambda x: x[0, 0, 0], "3 indices for 2 axes"),
    (lambda x: x[::0], "the step of a slice cannot be 0"),
    (lambda x: x[..., ...], "there can only be one ellipsis"),
    (
        lambda x: ts.slice(x, [0, 2], [1, 2]),
        "axis 1 has 3 elements, so a slice of 2 from 2 is not inside",
    ),
    (lambda x: ts.slice(x, [0], [1, 2]), "begin has 1 elements and size has 2 elements"),
    (
        lambda x: ts.concat([x, ts.zeros([2, 4])], 0),
        r"shapes \[\?, 3\] and \[2, 4\] do not match outside axis 0",
    ),
    (
        lambda x: ts.split(x, 2, 1),
        "axis 1 has 3 elements, which cannot be split into 2 equal parts",
    ),
    (
        lambda x: ts.split(x, [1, 3], 1),
        r"the sizes \[1, 3\] do not add up to the 3 elements of axis 1",
    ),
    (lambda x: ts.unstack(x, 2, axis=1), "axis 1 has 3 parts, not 2"),
    (lambda x: ts.reshape(x, [-1, -1]), "only one size can be -1, not 2"),
    (lambda x: ts.reshape(x, [0, -1]), "-1 cannot stand beside a size of 0"),
    (lambda x: ts.squeeze(x, 1), r"axis 1 of \[\?, 3\] has 3 elements, so it cannot be dropped"),
    (lambda x: ts.transpose(x, [1, 1]), r"perm names an axis twice: \[1, 1\]"),
    (lambda x: ts.tile(x, [2]), r"1 multiples for the 2 axes of \[\?, 3\]"),
    (lambda x: ts.pad(x, [[1, 1]]), r"1 rows of paddings for the 2 axes of \[\?, 3\]"),
    (
        lambda x: ts.pad(x, [[0, 0], [3, 0]], "REFLECT"),
        "axis 1 has 3 elements, too few for a REFLECT padding of 3",
    ),
    (lambda x: ts.range(0, 3, 0), "the step of a range cannot be 0"),
    (lambda x: ts.zeros([-2]), "a size cannot be negative"),
    (
        lambda x: ts.boolean_mask(x, np.ones((2, 4), bool)),
        r"the mask has shape \[2, 4\], the axes that it picks from",
    ),
    (lambda x: top_k(x, 4), "the last axis has 3 elements, so there are no 4 largest"),
    (lambda x: ts.matrix_diag_part(ts.zeros([2, 3]), k=3), "has no diagonal 3"),
    (lambda x: ts.gather(x, [[0]], batch_dims=3, axis=3), "axis 3 does not exist"),
]


@pytest.mark.parametrize(("build", "message"), ERRORS, ids=[message[:40] for _, message in ERRORS])
def test_what_does_not_fit_is_refused_when_the_node_is_made(x, build, message):
    with pytest.raises(ShapeError, match=message):
        build(x)


@pytest.mark.parametrize("key", [1.0, "a", np.array([0, 1]), True])
def test_what_is_no_index_is_refused(x, key):
    with pytest.raises(TypeError, match=r"is no index: in x\[...\] stand integers"):
        x[key]


def test_a_tensor_that_is_no_integer_scalar_is_no_index(x):
    with pytest.raises(TypeError, match="is no index"):
        x[ts.constant(1.5)]
    with pytest.raises(TypeError, match="is no index"):
        x[ts.constant([0, 1])]


def test_the_number_of_parts_must_be_known(x):
    with pytest.raises(ValueError, match="the number of slices of 'x:0' is not known: pass num"):
        ts.unstack(x)
    with pytest.raises(ValueError, match="the number of parts must be known: pass num"):
        ts.split(x, ts.placeholder(ts.int32, [None]))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x, i: ts.gather(x, [0, i]), r"indices\[1\] = (9|-1) is not in \[0, 4\)"),
        (lambda x, i: ts.gather_nd(x, [[0, i]]), r"indices\[0\]\[1\] = (9|-1) is not in \[0, 3\)"),
        (
            lambda x, i: ts.scatter_nd([[i]], [1.0], [4]),
            r"indices\[0\]\[0\] = (9|-1) is not in \[0, 4\)",
        ),
        (
            lambda x, i: embedding_lookup([x, x[:3]], [i]),
            r"indices\[0\] = (9|-1) is not in \[0, 7\)",
        ),
    ],
)
@pytest.mark.parametrize("index", [9, -1])
def test_places_out_of_range_are_refused_when_the_graph_runs(x, build, message, index):
    i = ts.placeholder(ts.int32, [])
    with pytest.raises(ExecutionError, match=message):
        run(build(x, i), {x: X, i: index})


def test_also_where_all_is_constant():
    outside = ts.gather([1, 2, 3], 3)  # TensorFlow makes the node too
    with pytest.raises(ExecutionError, match=r"indices = 3 is not in \[0, 3\)"):
        run(outside)


def test_an_index_out_of_range_is_refused_and_a_slice_is_clipped_when_the_graph_runs(x):
    i = ts.placeholder(ts.int32, [])
    with pytest.raises(ShapeError, match="index 4 is outside axis 0, which has 4 elements"):
        run(x[i], {x: X, i: 4})
    np.testing.assert_array_equal(run(x[i], {x: X, i: -4}), X[0])
    np.testing.assert_array_equal(run(x[i:], {x: X, i: -9}), X)


# IndexedSlices


def test_the_gradient_of_gather_is_its_rows(x):
    (dx,) = ts.gradients(ts.gather(x, [[1, 1], [0, 1]]) * 2.0, [x])
    assert isinstance(dx, ts.IndexedSlices)
    assert (dx.shape.as_list(), dx.dtype) == ([None, 3], ts.float32)
    values, indices, dense_shape = run(dx, {x: X})
    assert (values.shape, indices.tolist(), dense_shape.tolist()) == ((4, 3), [1, 1, 0, 1], [4, 3])
    np.testing.assert_array_equal(run(ts.convert_to_tensor(dx), {x: X})[:, 0], [2, 6, 0, 0])
    np.testing.assert_array_equal(run(ts.add(dx, 1.0), {x: X})[:, 0], [3, 7, 1, 1])


def test_rows_from_several_places_are_joined(x):
    narrow, wide = ts.constant([1]), ts.constant([1, 2], ts.int64)
    y = ts.reduce_sum(ts.gather(x, narrow)) + ts.reduce_sum(ts.gather(x, wide))
    (dx,) = ts.gradients(y, [x])
    assert isinstance(dx, ts.IndexedSlices)
    assert dx.indices.dtype == ts.int64
    np.testing.assert_array_equal(run(ts.convert_to_tensor(dx), {x: X})[:, 0], [0, 2, 1, 0])


def test_rows_and_a_whole_add_up(x):
    (dx,) = ts.gradients(ts.reduce_sum(ts.gather(x, [1])) + ts.reduce_sum(x), [x])
    np.testing.assert_array_equal(run(dx, {x: X})[:, 0], [1, 2, 1, 1])


def test_rows_without_a_shape_are_no_whole():
    rows = ts.IndexedSlices(ts.ones([1, 2]), ts.constant([0]))
    with pytest.raises(ValueError, match="it has no dense_shape"):
        ts.convert_to_tensor(rows)
    assert concat_slices([rows, rows.with_values(ts.zeros([1, 2]))]).values.shape == [2, 2]


def test_rows_of_another_axis_are_a_whole_at_once(x):
    (dx,) = ts.gradients(ts.gather(x, [0, 0], axis=1), [x])
    assert isinstance(dx, ts.Tensor)
    np.testing.assert_array_equal(run(dx, {x: X})[0], [2, 0, 0])
