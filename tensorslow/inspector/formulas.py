r"""Formulas of operations in TeX: what an operation computes, and its gradient.

In a gradient, \bar{y} is what arrives at the output y, and \bar{x} what goes on to the input x. The
page shows MathML, which `python -m tensorslow.inspector.formulas` writes into mathml.json beside
this file with latex2mathml; so nobody needs that package to look at a page.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path

MATHML = Path(__file__).with_name("mathml.json")


@dataclass(frozen=True)
class Formula:
    """What one type of operation computes.

    Attributes:
        value: y = …, in TeX.
        gradients: for each input its gradient, in TeX; inputs that get none are left out.
    """

    value: str
    gradients: tuple[str, ...] = ()

    @property
    def gradient(self) -> str:
        """All gradients, one after the other."""
        return r",\quad ".join(self.gradients)

    @property
    def plain(self) -> str:
        """What it computes, as a line of text."""
        return plain(self.value)

    @property
    def plain_gradient(self) -> str:
        """Its gradients, as a line of text."""
        return ",  ".join(map(plain, self.gradients))

    def of_input(self, i: int) -> str:
        """The gradient of one input as a line of text; "" where none is known."""
        if not self.gradients:
            return ""
        return plain(self.gradients[min(i, len(self.gradients) - 1)])


def _elementwise(value: str, slope: str) -> Formula:
    """Of y = f(x): the gradient is that of y times f'(x)."""
    return Formula(f"y = {value}", (rf"\bar{{x}} = \bar{{y}} \odot {slope}",))


_SAME = (r"\bar{x} = \bar{y}",)
_RESHAPED = Formula(
    r"y = \operatorname{reshape}(x)", (r"\bar{x} = \operatorname{reshape}(\bar{y})",)
)
_COMPARED = r"y_i = [\, a_i %s b_i \,]"

FORMULAS = {
    # arithmetic
    "AddV2": Formula("y = a + b", (r"\bar{a} = \bar{y}", r"\bar{b} = \bar{y}")),
    "AddN": Formula(r"y = \sum_k x_k", (r"\bar{x}_k = \bar{y}",)),
    "Sub": Formula("y = a - b", (r"\bar{a} = \bar{y}", r"\bar{b} = -\bar{y}")),
    "Mul": Formula(
        r"y = a \odot b", (r"\bar{a} = \bar{y} \odot b", r"\bar{b} = \bar{y} \odot a")
    ),
    "RealDiv": Formula(
        r"y = \frac{a}{b}", (r"\bar{a} = \frac{\bar{y}}{b}", r"\bar{b} = -\frac{\bar{y} a}{b^2}")
    ),
    "DivNoNan": Formula(
        r"y = \frac{a}{b}, 0 \text{ where } b = 0",
        (r"\bar{a} = \frac{\bar{y}}{b}", r"\bar{b} = -\frac{\bar{y} a}{b^2}"),
    ),
    "FloorDiv": Formula(r"y = \lfloor \frac{a}{b} \rfloor"),
    "FloorMod": Formula(
        r"y = a - b \lfloor \frac{a}{b} \rfloor",
        (r"\bar{a} = \bar{y}", r"\bar{b} = -\bar{y} \lfloor \frac{a}{b} \rfloor"),
    ),
    "Neg": Formula("y = -x", (r"\bar{x} = -\bar{y}",)),
    "Reciprocal": _elementwise(r"\frac{1}{x}", "(-y^2)"),
    "Square": _elementwise("x^2", "2 x"),
    "Sqrt": _elementwise(r"\sqrt{x}", r"\frac{1}{2 y}"),
    "Rsqrt": _elementwise(r"\frac{1}{\sqrt{x}}", r"(-\frac{1}{2} y^3)"),
    "Pow": Formula(
        "y = a^b",
        (r"\bar{a} = \bar{y} \odot b a^{b-1}", r"\bar{b} = \bar{y} \odot y \ln a"),
    ),
    "SquaredDifference": Formula(
        "y = (a - b)^2", (r"\bar{a} = 2 \bar{y} (a - b)", r"\bar{b} = -2 \bar{y} (a - b)")
    ),
    "Abs": _elementwise("|x|", r"\operatorname{sign} x"),
    "Sign": Formula(r"y = \operatorname{sign} x"),
    "Maximum": Formula(
        r"y = \max(a, b)",
        (r"\bar{a} = \bar{y} \odot [a \geq b]", r"\bar{b} = \bar{y} \odot [a < b]"),
    ),
    "Minimum": Formula(
        r"y = \min(a, b)",
        (r"\bar{a} = \bar{y} \odot [a \leq b]", r"\bar{b} = \bar{y} \odot [a > b]"),
    ),
    # elementary functions
    "Exp": _elementwise("e^x", "y"),
    "Expm1": _elementwise("e^x - 1", "e^x"),
    "Log": Formula(r"y = \ln x", (r"\bar{x} = \frac{\bar{y}}{x}",)),
    "Log1p": Formula(r"y = \ln(1 + x)", (r"\bar{x} = \frac{\bar{y}}{1 + x}",)),
    "Sigmoid": _elementwise(r"\frac{1}{1 + e^{-x}}", r"y \odot (1 - y)"),
    "Tanh": _elementwise(r"\tanh x", "(1 - y^2)"),
    "Softplus": _elementwise(r"\ln(1 + e^x)", r"\frac{1}{1 + e^{-x}}"),
    "Softsign": _elementwise(r"\frac{x}{1 + |x|}", r"\frac{1}{(1 + |x|)^2}"),
    "Sin": _elementwise(r"\sin x", r"\cos x"),
    "Cos": _elementwise(r"\cos x", r"(-\sin x)"),
    "Tan": _elementwise(r"\tan x", "(1 + y^2)"),
    "Atan": _elementwise(r"\arctan x", r"\frac{1}{1 + x^2}"),
    "Erf": _elementwise(
        r"\frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2} dt", r"\frac{2}{\sqrt{\pi}} e^{-x^2}"
    ),
    "Relu": _elementwise(r"\max(x, 0)", "[x > 0]"),
    "Relu6": _elementwise(r"\min(\max(x, 0), 6)", "[0 < x < 6]"),
    "LeakyRelu": _elementwise(
        r"\max(x, \alpha x)", r"([x > 0] + \alpha [x \leq 0])"
    ),
    "Elu": _elementwise(
        r"[x > 0] x + [x \leq 0] (e^x - 1)", r"([x > 0] + [x \leq 0] (y + 1))"
    ),
    "ReluGrad": Formula(r"y = g \odot [x > 0]", (r"\bar{g} = \bar{y} \odot [x > 0]",)),
    # matrices
    "MatMul": Formula("y = a b", (r"\bar{a} = \bar{y} b^T", r"\bar{b} = a^T \bar{y}")),
    "BatchMatMulV2": Formula(
        "y_i = a_i b_i", (r"\bar{a}_i = \bar{y}_i b_i^T", r"\bar{b}_i = a_i^T \bar{y}_i")
    ),
    "Transpose": Formula("y = x^T", (r"\bar{x} = \bar{y}^T",)),
    "BiasAdd": Formula(
        "y_{ij} = x_{ij} + b_j", (r"\bar{x} = \bar{y}", r"\bar{b}_j = \sum_i \bar{y}_{ij}")
    ),
    "BiasAddGrad": Formula(r"y_j = \sum_i x_{ij}", (r"\bar{x}_{ij} = \bar{y}_j",)),
    "Conv2D": Formula(
        r"y_{ijo} = \sum_{u,v,c} x_{i+u, j+v, c} k_{uvco}",
        (
            r"\bar{x} = \bar{y} * \operatorname{flip}(k)",
            r"\bar{k}_{uvco} = \sum_{i,j} x_{i+u, j+v, c} \bar{y}_{ijo}",
        ),
    ),
    # reductions
    "Sum": Formula(r"y = \sum_i x_i", (r"\bar{x}_i = \bar{y}",)),
    "Mean": Formula(r"y = \frac{1}{n} \sum_i x_i", (r"\bar{x}_i = \frac{\bar{y}}{n}",)),
    "Max": Formula(
        r"y = \max_i x_i", (r"\bar{x}_i = \bar{y} \frac{[x_i = y]}{\sum_j [x_j = y]}",)
    ),
    "Min": Formula(
        r"y = \min_i x_i", (r"\bar{x}_i = \bar{y} \frac{[x_i = y]}{\sum_j [x_j = y]}",)
    ),
    "Prod": Formula(r"y = \prod_i x_i", (r"\bar{x}_i = \bar{y} \prod_{j \neq i} x_j",)),
    "L2Loss": Formula(r"y = \frac{1}{2} \sum_i x_i^2", (r"\bar{x} = \bar{y} x",)),
    "ArgMax": Formula(r"y = \operatorname{argmax}_i x_i"),
    "ArgMin": Formula(r"y = \operatorname{argmin}_i x_i"),
    "Cumsum": Formula(r"y_i = \sum_{j \leq i} x_j", (r"\bar{x}_j = \sum_{i \geq j} \bar{y}_i",)),
    # probabilities
    "Softmax": Formula(
        r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
        (r"\bar{x}_i = y_i (\bar{y}_i - \sum_j \bar{y}_j y_j)",),
    ),
    "LogSoftmax": Formula(
        r"y_i = x_i - \ln \sum_j e^{x_j}",
        (r"\bar{x}_i = \bar{y}_i - e^{y_i} \sum_j \bar{y}_j",),
    ),
    "SoftmaxCrossEntropyWithLogits": Formula(
        r"y = -\sum_i c_i \ln \operatorname{softmax}(x)_i",
        (r"\bar{x} = \bar{y} (\operatorname{softmax}(x) - c)",),
    ),
    "SparseSoftmaxCrossEntropyWithLogits": Formula(
        r"y = -\ln \operatorname{softmax}(x)_c",
        (r"\bar{x}_i = \bar{y} (\operatorname{softmax}(x)_i - [i = c])",),
    ),
    # the same numbers in another form
    "Identity": Formula("y = x", _SAME),
    "StopGradient": Formula("y = x"),
    "CheckNumerics": Formula("y = x", _SAME),
    "Cast": Formula("y = x", _SAME),
    "Reshape": _RESHAPED,
    "ExpandDims": _RESHAPED,
    "Squeeze": _RESHAPED,
    "GatherV2": Formula("y_k = x_{i_k}", (r"\bar{x}_i = \sum_{k : i_k = i} \bar{y}_k",)),
    "SelectV2": Formula(
        r"y = [c] a + [\neg c] b",
        (r"\bar{c} = 0", r"\bar{a} = [c] \bar{y}", r"\bar{b} = [\neg c] \bar{y}"),
    ),
    "BroadcastTo": Formula("y_{ki} = x_i", (r"\bar{x}_i = \sum_k \bar{y}_{ki}",)),
    "SumTo": Formula(r"y_i = \sum_k x_{ki}", (r"\bar{x}_{ki} = \bar{y}_i",)),
    "ZerosLike": Formula("y = 0"),
    "OnesLike": Formula("y = 1"),
    "Equal": Formula(_COMPARED % "="),
    "Less": Formula(_COMPARED % "<"),
    "Greater": Formula(_COMPARED % ">"),
    "LessEqual": Formula(_COMPARED % r"\leq"),
    "GreaterEqual": Formula(_COMPARED % r"\geq"),
    # changes of variables
    "Assign": Formula(r"w \leftarrow x"),
    "AssignAdd": Formula(r"w \leftarrow w + x"),
    "AssignSub": Formula(r"w \leftarrow w - x"),
    "ApplyGradientDescent": Formula(r"w \leftarrow w - \alpha \bar{w}"),
}  # fmt: skip


@functools.cache
def _table() -> dict[str, str]:
    table: dict[str, str] = json.loads(MATHML.read_text(encoding="utf-8"))
    return table


def mathml(tex: str) -> str | None:
    """A formula as MathML; None if it is not in the file that is written beforehand."""
    return _table().get(tex)


@functools.cache
def derivative(kind: str, index: int) -> str:
    """How gradient goes on to an input, as a line of text; "" where there is no formula.

    >>> derivative("MatMul", 1)
    'db = aᵀ dy'
    """
    formula = FORMULAS.get(kind)
    return formula.of_input(index) if formula else ""


# As a line of text

_SYMBOLS = {
    r"\odot": "·", r"\sum": "Σ", r"\prod": "Π", r"\int": "∫", r"\pi": "π", r"\alpha": "α",
    r"\leq": "≤", r"\geq": "≥", r"\neq": "≠", r"\neg": "¬", r"\leftarrow": "←", r"\quad": " ",
    r"\lfloor": "⌊", r"\rfloor": "⌋", r"\,": "",
}  # fmt: skip
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"


def plain(tex: str) -> str:
    r"""A formula as a line of text: \bar{x} becomes dx, \frac{a}{b} a/b.

    >>> plain(r"\bar{x} = \frac{\bar{y}}{1 + x}")
    'dx = dy/(1 + x)'
    """
    text = re.sub(r"\\bar\{(\w)\}", r"d\1", tex)
    text = re.sub(r"\\(?:operatorname|text)\{([^{}]*)\}", r"\1", text)
    for _ in range(3):  # one inside the other
        text = re.sub(r"\\frac" + _GROUP + _GROUP, lambda m: f"{_tight(m[1])}/{_tight(m[2])}", text)
        text = re.sub(r"\\sqrt" + _GROUP, r"√\1", text)
    for symbol, letter in _SYMBOLS.items():
        text = text.replace(symbol + " ", letter + " ").replace(symbol, letter)
    text = re.sub(r"\\(\w+)", r"\1", text)  # \ln, \max, …
    text = text.replace("^T", "ᵀ").replace("^2", "²").replace("^3", "³")
    text = re.sub(r"([_^])\{(\w)\}", r"\1\2", text)
    text = re.sub(r"_\{([^{}]*)\}", r"[\1]", text)
    text = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", text).replace("{", "(").replace("}", ")")
    return re.sub(r"  +", " ", text).replace("[ ", "[").replace(" ]", "]").strip()


def _tight(part: str) -> str:
    return part if re.fullmatch(r"[\w|]+|\\sqrt\{\w+\}|√\w", part) else f"({part})"


def _write() -> None:
    """Writes MathML of all formulas; it needs latex2mathml."""
    from latex2mathml.converter import convert  # type: ignore[import-not-found,import-untyped,unused-ignore]

    texts = [tex for f in FORMULAS.values() for tex in (f.value, f.gradient) if tex]
    table = {tex: convert(tex) for tex in dict.fromkeys(texts)}
    MATHML.write_text(json.dumps(table, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
