"""Static shapes are as good as TensorFlow's, and hold when the graph runs.

The answers were read off TensorFlow 2.21 in v1 mode; None stands for its unknown rank.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.ops.sorting import top_k
from tensorslow.shapes import compatible

# x: float32[?, 3]; u: float32 of unknown rank; k: int32 scalar; v: int32[?]
# d: a constant, float32[4, 5]
X = np.arange(12, dtype=np.float32).reshape(4, 3)
FEEDS = {"x": X, "u": X + 1, "k": np.int32(1), "v": np.array([1, 0], np.int32)}

SHAPES = [
    # x[...]
    ("x[0]", lambda t: t.x[0], (3,)),
    ("x[k]", lambda t: t.x[t.k], (3,)),
    ("x[:, 1:k]", lambda t: t.x[:, 1 : t.k], (None, None)),
    ("x[..., None]", lambda t: t.x[..., None], (None, 3, 1)),
    ("x[1:2]", lambda t: t.x[1:2], (None, 3)),
    ("x[:0]", lambda t: t.x[:0], (None, 3)),
    ("x[1:, -1]", lambda t: t.x[1:, -1], (None,)),
    ("x[:, : shape(x)[1] - 1]", lambda t: t.x[:, : ts.shape(t.x)[1] - 1], (None, 2)),
    ("d[1:, ::-1]", lambda t: t.d[1:, ::-1], (3, 5)),
    ("d[-2:, None, ::2]", lambda t: t.d[-2:, None, ::2], (2, 1, 3)),
    ("d[k:, :k]", lambda t: t.d[t.k :, : t.k], (None, None)),
    ("u[0]", lambda t: t.u[0], None),
    ("slice, all given", lambda t: ts.slice(t.x, [0, 1], [2, 2]), (2, 2)),
    ("slice, the rest", lambda t: ts.slice(t.x, [0, 1], [-1, -1]), (None, 2)),
    ("slice from k", lambda t: ts.slice(t.d, [t.k, 1], [2, -1]), (2, 4)),
    ("slice of k", lambda t: ts.slice(t.d, [1, 1], [t.k, 2]), (None, 2)),
    ("slice of u", lambda t: ts.slice(t.u, [0, 1], [2, -1]), (2, None)),
    ("slice by v", lambda t: ts.slice(t.d, t.v, t.v), (None, None)),
    ("slice by shape(d) - 1", lambda t: ts.slice(t.d, [1, 1], ts.shape(t.d) - 1), (3, 4)),
    # reshapes
    (
        "reshape to a stack",
        lambda t: ts.reshape(ts.tile(t.x, [1, 2]), ts.stack([ts.shape(t.x)[0], 6])),
        (None, 6),
    ),
    (
        "reshape to computed sizes",
        lambda t: ts.reshape(t.x, [ts.shape(t.x)[0], ts.shape(t.x)[1] * 1]),
        (None, 3),
    ),
    (
        "reshape to a concat",
        lambda t: ts.reshape(t.x, ts.concat([ts.shape(t.x)[:1], [3]], 0)),
        (None, 3),
    ),
    ("reshape [-1, 6]", lambda t: ts.reshape(t.x, [-1, 6]), (None, 6)),
    ("reshape [3, -1]", lambda t: ts.reshape(t.x, [3, -1]), (3, None)),
    ("reshape [k, 20]", lambda t: ts.reshape(t.d, [t.k, 20]), (1, 20)),
    ("reshape [k, -1, 5]", lambda t: ts.reshape(t.d, [t.k, -1, 5]), (None, None, 5)),
    ("reshape to a Dimension", lambda t: ts.reshape(t.x, [t.x.shape[1], -1]), (3, None)),
    ("reshape to int64", lambda t: ts.reshape(t.x, ts.shape(t.x, out_type=ts.int64)), (None, 3)),
    ("reshape of nothing", lambda t: ts.reshape(ts.zeros([0, 3]), [-1, 3]), (0, 3)),
    ("squeeze", lambda t: ts.squeeze(t.x), None),
    ("squeeze one", lambda t: ts.squeeze(ts.expand_dims(t.x, 1), 1), (None, 3)),
    ("expand_dims", lambda t: ts.expand_dims(t.x, -1), (None, 3, 1)),
    ("expand_dims of u", lambda t: ts.expand_dims(t.u, 0), None),
    ("transpose", lambda t: ts.transpose(t.x), (3, None)),
    ("transpose by v", lambda t: ts.transpose(t.d, t.v), (None, None)),
    ("transpose of u", lambda t: ts.transpose(t.u, [1, 0]), (None, None)),
    ("transpose of u, all axes", lambda t: ts.transpose(t.u), None),
    ("broadcast_to", lambda t: ts.broadcast_to(t.x[:1], ts.shape(t.x)), (None, 3)),
    # sizes computed from shapes
    ("range(shape(x)[1])", lambda t: ts.range(ts.shape(t.x)[1]), (3,)),
    ("range(k)", lambda t: ts.range(t.k), (None,)),
    ("zeros([shape(x)[1], 2])", lambda t: ts.zeros([ts.shape(t.x)[1], 2]), (3, 2)),
    ("zeros(shape(x))", lambda t: ts.zeros(ts.shape(t.x)), (None, 3)),
    ("zeros([k, 3])", lambda t: ts.zeros([t.k, 3]), (None, 3)),
    ("fill(shape(d) // 2)", lambda t: ts.fill(ts.shape(t.d) // 2, 1.0), (2, 2)),
    ("zeros(cast(shape(x)))", lambda t: ts.zeros(ts.cast(ts.shape(t.x), ts.int64)), (None, 3)),
    ("zeros(cumsum(shape(d)))", lambda t: ts.zeros(ts.cumsum(ts.shape(t.d))), (4, 9)),
    ("zeros(reverse(shape(d)))", lambda t: ts.zeros(ts.reverse(ts.shape(t.d), [0])), (5, 4)),
    ("zeros(split(shape(d)))", lambda t: ts.zeros(ts.split(ts.shape(t.d), 2)[1]), (5,)),
    ("zeros(unstack(shape(x)))", lambda t: ts.zeros(ts.unstack(ts.shape(t.x))[1]), (3,)),
    ("zeros(tile)", lambda t: ts.zeros(ts.tile([2], [3])), (2, 2, 2)),
    (
        "zeros(ceil of a half)",
        lambda t: ts.zeros(ts.to_int32(ts.ceil(ts.to_float(ts.shape(t.d)) / 2.0))),
        (2, 3),
    ),
    ("ones(size(d))", lambda t: ts.ones([ts.size(t.d)]), (20,)),
    ("ones(rank(x))", lambda t: ts.ones(ts.rank(t.x)), (2,)),
    ("shape(u)", lambda t: ts.shape(t.u), (None,)),
    ("eye(shape(x)[1])", lambda t: ts.eye(ts.shape(t.x)[1]), (3, 3)),
    ("one_hot(v, shape(x)[1])", lambda t: ts.one_hot(t.v, ts.shape(t.x)[1]), (None, 3)),
    ("one_hot along 0", lambda t: ts.one_hot(t.v, 5, axis=0), (5, None)),
    # joining, cutting, repeating
    ("concat", lambda t: ts.concat([t.x, t.x[:, :1]], 1), (None, 4)),
    ("concat tells of the others", lambda t: ts.concat([t.x, t.d[:, :3]], 1), (4, 6)),
    ("concat with u", lambda t: ts.concat([t.x, t.u], 1), (None, None)),
    ("concat along k", lambda t: ts.concat([t.x, t.x], t.k), (None, None)),
    ("stack tells of the others", lambda t: ts.stack([t.x, t.d[:, :3]]), (2, 4, 3)),
    ("split", lambda t: ts.split(t.x, 2)[0], (None, 3)),
    ("split by sizes", lambda t: ts.split(t.x, [1, 2], axis=1)[1], (None, 2)),
    ("split along k", lambda t: ts.split(t.d[:, :4], 2, t.k)[0], (None, None)),
    ("tile", lambda t: ts.tile(t.x, [1, ts.shape(t.x)[1]]), (None, 9)),
    ("tile u", lambda t: ts.tile(t.u, [2, 1]), (None, None)),
    ("pad", lambda t: ts.pad(t.x, [[0, 1], [ts.shape(t.x)[1], 0]]), (None, 6)),
    ("pad by k", lambda t: ts.pad(t.x, [[t.k, 1], [0, 2]]), (None, 5)),
    ("pad u", lambda t: ts.pad(t.u, [[1, 1], [0, 2]]), (None, None)),
    # places
    ("gather", lambda t: ts.gather(t.x, ts.zeros([2, 7], ts.int32), axis=-1), (None, 2, 7)),
    ("gather v", lambda t: ts.gather(t.d, t.v, axis=1), (4, None)),
    ("gather along k", lambda t: ts.gather(t.d, [1], axis=t.k), (None, None)),
    ("gather_nd", lambda t: ts.gather_nd(t.x, [[0, 1]]), (1,)),
    ("scatter_nd", lambda t: ts.scatter_nd([[0], [0]], ts.zeros([2, 3]), [t.k, 3]), (None, 3)),
    ("boolean_mask", lambda t: ts.boolean_mask(t.d, [True, False, True, True]), (None, 5)),
    ("top_k", lambda t: top_k(t.x, 2).values, (None, 2)),
    ("top_k of k", lambda t: top_k(t.x, t.k).values, (None, None)),
    ("matrix_diag", lambda t: ts.matrix_diag(t.x), (None, 3, 3)),
]

# Where TensorFlow knows less: its answer, then ours.
MORE = [
    (
        "reshape to a product",
        lambda t: ts.reshape(t.x, [-1, ts.reduce_prod(ts.shape(t.x)[1:])]),
        (None, None),
        (None, 3),
    ),
    ("zeros(shape(x) + 1)", lambda t: ts.zeros(ts.shape(t.x) + 1), (None, None), (None, 4)),
    ("zeros(minimum)", lambda t: ts.zeros(ts.minimum(ts.shape(t.x), 4)), (None, None), (None, 3)),
    (
        "reshape to a gather",
        lambda t: ts.reshape(t.x, ts.gather(ts.shape(t.x), [1, 0])),
        (None, None),
        (3, None),
    ),
    ("strided_slice by v", lambda t: ts.strided_slice(t.d, t.v, [2, 2]), None, (None, None)),
    (
        "slice of computed",
        lambda t: ts.slice(t.x, [0, 1], [ts.shape(t.x)[0], -1]),
        (None, None),
        (None, 2),
    ),
]


@pytest.fixture
def t():
    with ts.Graph().as_default():
        yield SimpleNamespace(
            x=ts.placeholder(ts.float32, [None, 3]),
            u=ts.placeholder(ts.float32),
            k=ts.placeholder(ts.int32, []),
            v=ts.placeholder(ts.int32, [None]),
            d=ts.constant(np.arange(20, dtype=np.float32).reshape(4, 5)),
        )


def check(t, build, expected):
    y = build(t)
    assert y.shape.sizes == expected
    with ts.Session() as session:
        computed = session.run(y, {getattr(t, name): value for name, value in FEEDS.items()})
    assert compatible(expected, np.shape(computed))


@pytest.mark.parametrize(
    ("build", "expected"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES]
)
def test_as_much_is_known_as_in_tensorflow(t, build, expected):
    check(t, build, expected)


@pytest.mark.parametrize(
    ("build", "theirs", "ours"), [row[1:] for row in MORE], ids=[row[0] for row in MORE]
)
def test_more_is_known_than_in_tensorflow(t, build, theirs, ours):
    assert compatible(theirs, ours)
    check(t, build, ours)


def test_the_type_may_be_unknown_too(t):
    bare = ts.placeholder()
    y = ts.concat([ts.reshape(bare, [-1, 3]), t.x], 0)
    assert (y.dtype, y.shape.sizes) == (None, (None, 3))  # what is fed may be wider than float32
    assert ts.reshape(bare, [2, -1]).dtype is None
