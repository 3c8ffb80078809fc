"""Losses: how they are called, and what they say of labels that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import ExecutionError, ShapeError

NAMED = [
    ts.nn.softmax_cross_entropy_with_logits,
    ts.nn.sparse_softmax_cross_entropy_with_logits,
    ts.nn.sigmoid_cross_entropy_with_logits,
]


@pytest.mark.parametrize("loss", NAMED)
def test_labels_and_logits_must_be_named(loss):
    with ts.Graph().as_default():
        x = ts.zeros([2, 3])
        with pytest.raises(ValueError, match="with both names"):
            loss(x, x)
        with pytest.raises(ValueError, match="with both names"):
            loss(logits=x)


def test_only_version_2_has_a_gradient_to_the_labels():
    with ts.Graph().as_default():
        labels, logits = ts.placeholder(ts.float32, [2, 3]), ts.placeholder(ts.float32, [2, 3])
        first = ts.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        second = ts.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
        assert ts.gradients(first, [labels]) == [None]
        assert ts.gradients(second, [labels]) != [None]


def test_whole_numbers_may_be_labels_of_classes():
    with ts.Graph().as_default(), ts.Session() as session:
        logits = np.array([[1.0, 2.0], [0.0, 0.0]], np.float32)
        loss = ts.nn.softmax_cross_entropy_with_logits(labels=[[0, 1], [1, 0]], logits=logits)
        np.testing.assert_allclose(session.run(loss), np.log1p(np.exp([-1.0, 0.0])), rtol=1e-6)


def test_float16_is_computed_in_float32():
    logits = np.full((1, 70000), 0, np.float16)  # its sum of exponentials is no float16
    with ts.Graph().as_default(), ts.Session() as session:
        loss = ts.nn.sparse_softmax_cross_entropy_with_logits(labels=[3], logits=logits)
        result = session.run(loss)
    assert result.dtype == np.float16
    np.testing.assert_allclose(result, [np.log(70000)], rtol=1e-3)


def test_gradient_of_logits_that_lie_in_columns():
    columns = np.array([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]], np.float32)
    with ts.Graph().as_default(), ts.Session() as session:
        logits = ts.transpose(ts.placeholder_with_default(columns, columns.shape))
        loss = ts.nn.sparse_softmax_cross_entropy_with_logits(labels=[2, 0], logits=logits)
        [gradient] = session.run(ts.gradients(loss, [logits]))
    e = np.e
    expected = [[1 / 3, 1 / 3, -2 / 3], [-2 / (e + 2), 1 / (e + 2), 1 / (e + 2)]]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)


@pytest.mark.parametrize("label", [3, -1])
def test_a_class_that_does_not_exist(label):
    with ts.Graph().as_default(), ts.Session() as session:
        labels = ts.placeholder(ts.int32, [None])
        loss = ts.nn.sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=ts.zeros([2, 3])
        )
        with pytest.raises(ExecutionError, match=rf"indices\[1\] = {label} is not in \[0, 3\)"):
            session.run(loss, {labels: [0, label]})


def test_labels_of_another_shape():
    with ts.Graph().as_default():
        logits = ts.placeholder(ts.float32, [None, 3])
        numbers = ts.placeholder(ts.int32, [None])
        with pytest.raises(ShapeError, match="for class numbers use sparse_softmax_cross_entropy"):
            ts.nn.softmax_cross_entropy_with_logits(labels=numbers, logits=logits)
        with pytest.raises(ShapeError, match=r"labels must be \[\?\], one class number a row"):
            ts.nn.sparse_softmax_cross_entropy_with_logits(labels=numbers[:, None], logits=logits)
        with pytest.raises(ShapeError, match=r"labels have shape \[2\], logits \[\?, 3\]"):
            ts.nn.sigmoid_cross_entropy_with_logits(labels=[0.0, 1.0], logits=logits)
        with pytest.raises(ShapeError, match="there are no classes"):
            ts.nn.sparse_softmax_cross_entropy_with_logits(labels=1, logits=1.0)
