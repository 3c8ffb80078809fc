"""Formulas: each can be shown as MathML and as text, and names an operation that exists."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

import tensorslow as ts
from tensorslow.inspector.formulas import FORMULAS, MATHML, derivative, mathml, plain
from tensorslow.opdef import OpDef


@pytest.mark.parametrize("kind", FORMULAS)
def test_it_is_mathml_and_plain_text(kind):
    formula = FORMULAS[kind]
    for tex in filter(None, (formula.value, formula.gradient)):
        root = ET.fromstring(mathml(tex))
        assert root.tag == "{http://www.w3.org/1998/Math/MathML}math"
        assert "merror" not in mathml(tex)
        assert not set("\\{}") & set(plain(tex))


def test_the_file_has_these_formulas_and_no_others():
    texts = {tex for f in FORMULAS.values() for tex in (f.value, f.gradient) if tex}
    assert set(json.loads(MATHML.read_text(encoding="utf-8"))) == texts, (
        "python -m tensorslow.inspector.formulas writes it anew"
    )


def test_the_file_is_what_the_converter_makes():
    converter = pytest.importorskip("latex2mathml.converter", reason="only whoever edits needs it")
    for tex, written in json.loads(MATHML.read_text(encoding="utf-8")).items():
        assert converter.convert(tex) == written


def test_each_is_of_an_operation_that_exists():
    import pkgutil
    from importlib import import_module

    import tensorslow.ops as ops

    modules = [
        import_module(f"tensorslow.ops.{m.name}") for m in pkgutil.iter_modules(ops.__path__)
    ]
    kinds = {x.name for m in modules for x in vars(m).values() if isinstance(x, OpDef)}
    assert set(FORMULAS) - kinds == set()
    assert len(FORMULAS) >= 60


def test_as_text():
    assert plain(r"\bar{x} = \bar{y} \odot \frac{1}{2 y}") == "dx = dy · 1/(2 y)"
    assert plain(r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}") == "y_i = (e^(x_i))/(Σ_j e^(x_j))"
    assert derivative("Mul", 0) == "da = dy · b"
    assert derivative("Mul", 1) == "db = dy · a"
    assert derivative("AddN", 5) == "dx_k = dy"
    assert derivative("Nobody", 0) == ""


@pytest.mark.parametrize(
    ("make", "value", "slope"),
    [
        (ts.reciprocal, lambda x: 1 / x, lambda x, y: -(y**2)),
        (ts.rsqrt, lambda x: x**-0.5, lambda x, y: -0.5 * y**3),
        (ts.sqrt, lambda x: x**0.5, lambda x, y: 1 / (2 * y)),
        (ts.tanh, lambda x: x.__class__(__import__("math").tanh(x)), lambda x, y: 1 - y**2),
        (ts.sigmoid, lambda x: 1 / (1 + __import__("math").exp(-x)), lambda x, y: y * (1 - y)),
        (ts.nn.elu, lambda x: x, lambda x, y: 1.0),
        (ts.nn.softsign, lambda x: x / (1 + abs(x)), lambda x, y: 1 / (1 + abs(x)) ** 2),
    ],
)
def test_what_the_formula_says_is_what_the_library_computes(make, value, slope):
    x = ts.constant(0.7, ts.float64)
    y = make(x)
    with ts.Session() as session:
        found, gradient = session.run([y, ts.gradients(y, x)[0]])
    assert found == pytest.approx(value(0.7), 1e-12)
    assert gradient == pytest.approx(slope(0.7, found), 1e-12)
