"""dropout: which elements it keeps, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.errors import DTypeError, ShapeError

ONES = np.ones((50, 40), np.float32)


def test_what_is_kept_is_scaled_so_that_the_mean_stays():
    with ts.Graph().as_default(), ts.Session() as session:
        result = session.run(ts.nn.dropout(ONES, rate=0.2, seed=1))
    assert set(np.unique(result)) == {np.float32(0), np.float32(1.25)}
    assert abs(result.mean() - 1) < 0.05  # 2000 elements: two standard deviations


def test_feeding_1_switches_it_off():
    with ts.Graph().as_default(), ts.Session() as session:
        keep_prob = ts.placeholder(ts.float32)
        kept = ts.nn.dropout(ONES, keep_prob)
        np.testing.assert_array_equal(session.run(kept, {keep_prob: 1.0}), ONES)
        assert (session.run(kept, {keep_prob: 0.5}) == 0).any()


def test_along_axes_of_size_1_all_share_their_fate():
    with ts.Graph().as_default(), ts.Session() as session:
        result = session.run(ts.nn.dropout(ONES, rate=0.5, noise_shape=[None, 1], seed=1))
    assert (result == result[:, :1]).all()
    assert 0 < (result[:, 0] == 0).sum() < 50


def test_a_rate_of_0_leaves_the_seeds_of_what_follows_as_they_are():
    drawn = []
    for rate in (0, 0.5):
        with ts.Graph().as_default(), ts.Session() as session:
            ts.set_random_seed(1)
            ts.nn.dropout(ONES, rate=rate)
            drawn.append(session.run(ts.random_uniform([3])))
    np.testing.assert_array_equal(*drawn)


def test_what_it_refuses():
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [None, 3])
        with pytest.raises(ValueError, match="either rate or keep_prob"):
            ts.nn.dropout(x)
        with pytest.raises(ValueError, match="either rate or keep_prob"):
            ts.nn.dropout(x, 0.5, rate=0.5)
        with pytest.raises(ValueError, match=r"in \[0, 1\), not 1\.5"):
            ts.nn.dropout(x, rate=1.5)
        with pytest.raises(DTypeError, match="int64 cannot be scaled"):
            ts.nn.dropout(np.arange(3), 0.5)
        with pytest.raises(ShapeError, match="leaves open what is not known of x"):
            ts.nn.dropout(x, 0.5, noise_shape=[None, 3])
