"""Equations of einsum, and what it and tensordot say of operands that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorslow as ts
from tensorslow.errors import ShapeError
from tensorslow.ops.equations import parse, spelled_out


@pytest.mark.parametrize(
    ("equation", "count", "expected"),
    [
        ("ij, jk", 2, "ij,jk->ik"),
        ("ba", 1, "ba->ab"),
        ("ii", 1, "ii->"),
        ("...ij,jk", 2, "...ij,jk->...ik"),
        (",->", 2, ",->"),
    ],
)
def test_an_equation_gets_its_output(equation, count, expected):
    assert parse(equation, count) == expected


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("i.j->i", "is no equation of einsum"),
        ("i1->i", "is no equation of einsum"),
        ("ij,jk->ik", "has 2 terms for 1 operands"),
        ("ij->k", "'k' is in no operand"),
        ("ij->ii", "'i' is there twice"),
        ("...i...->i", "has two ellipses"),
        ("i->...i", r"'\.\.\.' is in no operand"),
    ],
)
def test_malformed_equations(equation, words):
    with pytest.raises(ValueError, match=words):
        parse(equation, 1)


@pytest.mark.parametrize(
    ("equation", "ranks", "expected"),
    [
        ("...ij,...jk->...ik", [4, 3], "ZYij,Yjk->ZYik"),
        ("i...,i->...", [1, 1], "i,i->"),
        ("1a,a2->12", [2, 3], "Za,aYX->ZYX"),
        ("12,a2->1a", [3, 2], "YXZ,aZ->YXa"),  # the second term tells what 2 is
        ("...i->...", [None], "...i->..."),
        ("ij->i", [None], "ij->i"),
    ],
)
def test_groups_are_spelled_out_where_ranks_are_known(equation, ranks, expected):
    assert spelled_out(equation, ranks) == expected


@given(st.permutations("abc"), st.permutations("bcd"), st.data())
def test_einsum_is_numpys(first, second, data):
    sizes = dict(zip("abcd", (2, 3, 1, 2), strict=True))
    output = data.draw(st.lists(st.sampled_from("abcd"), unique=True).map("".join))
    equation = f"{''.join(first)},{''.join(second)}->{output}"
    a = np.arange(6.0).reshape([sizes[letter] for letter in first])
    b = np.arange(6.0).reshape([sizes[letter] for letter in second]) - 2
    with ts.Graph().as_default(), ts.Session() as session:
        result = session.run(ts.einsum(equation, a, b))
    np.testing.assert_array_equal(result, np.einsum(equation, a, b))


def test_operands_that_do_not_fit_their_terms():
    with ts.Graph().as_default():
        x, w = ts.zeros([2, 3]), ts.zeros([4, 5])
        with pytest.raises(
            ShapeError, match="axis 1 of operand 0 has 3 elements, axis 0 of operand 1 has 4"
        ):
            ts.einsum("ij,jk->ik", x, w)
        with pytest.raises(
            ShapeError, match="axis 0 of operand 0 has 2 elements, axis 1 of operand 0 has 3"
        ):
            ts.einsum("ii->i", x)
        with pytest.raises(ShapeError, match="operand 0 has 2 axes, its term 'ijk' 3"):
            ts.einsum("ijk->i", x)
        with pytest.raises(ShapeError, match=r"operand 0 has 2 axes, its term '\.\.\.ijk' 3"):
            ts.einsum("...ijk->i", x)


def test_axes_that_tensordot_refuses():
    with ts.Graph().as_default():
        x, w = ts.zeros([2, 3]), ts.zeros([4, 5])
        with pytest.raises(
            ShapeError, match="axis 1 of operand 0 has 3 elements, axis 0 of operand 1 has 4"
        ):
            ts.tensordot(x, w, 1)
        with pytest.raises(ShapeError, match="axis 2 does not exist"):
            ts.tensordot(x, w, [[2], [0]])
        with pytest.raises(ShapeError, match="an axis is named twice"):
            ts.tensordot(x, x, [[1, 1], [0, 1]])
        with pytest.raises(ValueError, match="not 1 and 2"):
            ts.tensordot(x, x, [[1], [0, 1]])
        with pytest.raises(ValueError, match="cannot sum over -1 axes"):
            ts.tensordot(x, x, -1)
