"""Values as the page shows them: samples, statistics, and JSON without gaps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tensorslow.inspector.values import SIDE, norm_of, number, side_for, value_of

HEATMAPS = [(3, 4), (0, 4), (2, 3, 4), (4, 4, 3), (5, 9, 9, 2)]
KINDS = [((), "number"), ((3,), "list"), ((9, 9, 3), "image"), ((5, 9, 9, 1), "image")]


@pytest.mark.parametrize(("shape", "kind"), KINDS + [(shape, "heatmap") for shape in HEATMAPS])
def test_each_shape_has_its_kind(shape, kind):
    value = value_of(np.zeros(shape))
    assert value["kind"] == kind
    assert value["shape"] == list(shape)
    json.dumps(value, allow_nan=False)


def test_a_sample_is_even_and_says_so():
    array = np.arange(100 * 64, dtype=np.float64).reshape(100, 64)
    value = value_of(array)
    preview = np.array(value["preview"])
    assert preview.shape == (SIDE, SIDE)
    np.testing.assert_array_equal(preview, array[np.ix_(value["rows"], value["columns"])])
    assert (value["rows"][0], value["rows"][-1]) == (0, 99)
    assert set(np.diff(value["rows"])) == {3, 4}
    assert value["sampled"] == "32 of 100 rows, evenly spread; 32 of 64 columns, evenly spread"


def test_of_a_batch_it_is_the_first():
    batch = np.arange(2 * 9 * 9 * 3).reshape(2, 9, 9, 3)
    value = value_of(batch)
    np.testing.assert_array_equal(value["preview"], batch[0])
    assert value["sampled"] == "image 1 of 2"
    np.testing.assert_array_equal(value_of(batch[..., :1])["preview"], batch[0, :, :, 0])
    assert value_of(np.zeros((2, 3, 4, 5)))["sampled"] == "matrix 1 of 6"


def test_small_values_are_all_there():
    value = value_of(np.float32([0.1, 2, -3]))
    assert value["preview"] == [0.1, 2, -3]
    assert value["sampled"] is value["rows"] is value["columns"] is None
    assert value_of(np.array([True, False]))["preview"] == [1, 0]


def test_a_single_number_is_exact():
    assert value_of(np.float64(1 / 3))["preview"] == 1 / 3
    assert value_of(np.int64(-7))["preview"] == -7


def test_statistics_are_of_the_finite_elements():
    array = np.array([1.0, np.nan, 3.0, np.inf, -np.inf])
    value = value_of(array)
    assert (value["nan"], value["inf"]) == (1, 2)
    assert (value["min"], value["max"], value["mean"], value["std"]) == (1, 3, 2, 1)
    assert value["norm"] == "nan"
    assert value_of(array[[0, 2, 3]])["norm"] == "inf"
    nothing = value_of(np.array([np.nan]))
    assert nothing["min"] is None
    assert nothing["preview"] == ["nan"]


def test_a_histogram_counts_every_finite_element():
    array = np.append(np.random.default_rng(0).standard_normal(1000), np.nan)
    histogram = value_of(array)["histogram"]
    assert sum(histogram["counts"]) == 1000
    assert len(histogram["edges"]) == len(histogram["counts"]) + 1
    assert histogram["edges"] == sorted(histogram["edges"])
    assert value_of(array[:15])["histogram"] is None
    json.dumps(value_of(np.float64([-1.7e308, 1.7e308] * 20)), allow_nan=False)
    json.dumps(value_of(np.full(40, 1e300)), allow_nan=False)


def test_norms_of_large_numbers_do_not_overflow():
    assert norm_of(np.float64([3e200, 4e200])) == pytest.approx(5e200)
    assert norm_of(np.float16([300, 400])) == pytest.approx(500)
    assert norm_of(np.zeros((0, 2))) == 0


def test_numbers_are_strict_json():
    found = [number(x) for x in (np.nan, np.inf, -np.inf, 1j, np.bool_(True), np.int8(-3))]
    assert found == ["nan", "inf", "-inf", "1j", 1, -3]


def test_text_is_cut_and_no_markup():
    value = value_of(np.array("<script>" + "x" * 300, dtype=object))
    assert value["kind"] == "text"
    assert value["preview"].startswith("<script>xxx")
    assert len(value["preview"]) == 200
    assert value["sampled"] == "the first 199 of 308 characters"
    assert value_of(np.array([b"a", b"\xff"], dtype=object))["preview"] == ["a", "�"]


def test_many_values_share_what_a_page_may_weigh():
    assert side_for(10) == SIDE
    assert side_for(2000) < 8
    assert side_for(10**6) == 6


def test_a_large_integer_keeps_every_digit():
    assert value_of(np.int64(2**53 + 1))["preview"] == "9007199254740993"
    assert value_of(np.uint64(2**64 - 1))["preview"] == "18446744073709551615"
    assert value_of(np.int64(-(10**9)))["preview"] == "-1000000000"
    assert value_of(np.int64(999_999_999))["preview"] == 999_999_999
