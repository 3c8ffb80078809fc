"""Special functions: the error function, and the gamma function's family."""

from __future__ import annotations

import math
from typing import Any

from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.ops.broadcast import sum_to
from tensorslow.ops.elementwise import add, multiply, negative
from tensorslow.ops.exponential import exp
from tensorslow.ops.powers import square

_SLOPE_AT_0 = 2 / math.sqrt(math.pi)


def _bell(x: Tensor, dy: Tensor) -> Tensor:
    """dy · 2/√π · exp(-x²)."""
    return multiply(multiply(dy, _SLOPE_AT_0), exp(negative(square(x))))


ERF = OpDef(
    "Erf",
    operands=("x: floating",),
    compute=lambda xp, x: xp.erf(x),
    grad=lambda op, dy: [_bell(op.inputs[0], dy)],
)


def erf(x: Any, name: str | None = None) -> Tensor:
    """2/√π ∫₀ˣ exp(-t²) dt. TensorFlow: tf.erf. Gradient: dy · 2/√π · exp(-x²)."""
    return ERF(x, name=name)


ERFC = OpDef(
    "Erfc",
    operands=("x: floating",),
    compute=lambda xp, x: xp.erfc(x),
    grad=lambda op, dy: [negative(_bell(op.inputs[0], dy))],
)


def erfc(x: Any, name: str | None = None) -> Tensor:
    """1 - erf x, exact also where tiny. TensorFlow: tf.erfc. Gradient: -dy · 2/√π · exp(-x²)."""
    return ERFC(x, name=name)


LGAMMA = OpDef(
    "Lgamma",
    operands=("x: floating",),
    compute=lambda xp, x: xp.lgamma(x),
    grad=lambda op, dy: [multiply(dy, digamma(op.inputs[0]))],
)


def lgamma(x: Any, name: str | None = None) -> Tensor:
    """log |Γ(x)|. TensorFlow: tf.lgamma. Gradient: dy · digamma x."""
    return LGAMMA(x, name=name)


DIGAMMA = OpDef(
    "Digamma",
    operands=("x: floating",),
    compute=lambda xp, x: xp.digamma(x),
    grad=lambda op, dy: [multiply(dy, polygamma(1, op.inputs[0]))],
)


def digamma(x: Any, name: str | None = None) -> Tensor:
    """ψ(x), the derivative of log Γ(x). TensorFlow: tf.digamma. Gradient: dy · polygamma(1, x)."""
    return DIGAMMA(x, name=name)


def _polygamma_compute(xp: Any, a: Any, x: Any) -> Any:
    # ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! ζ(n + 1, x): Abramowitz & Stegun 6.4.10.
    sign = 2 * xp.mod(a, 2) - 1
    factorial = xp.exp(xp.lgamma(a + 1))
    value = sign * factorial * xp.zeta(a + 1, x)
    whole = xp.equal(xp.floor(a), a)
    return xp.where(xp.equal(a, 0), xp.digamma(x), xp.where(whole, value, math.nan))


def _polygamma_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    a, x = op.inputs
    return [None, sum_to(multiply(dy, polygamma(add(a, 1), x)), x)]


POLYGAMMA = OpDef(
    "Polygamma",
    operands=("a: floating", "x: floating"),
    compute=_polygamma_compute,
    grad=_polygamma_grad,
)


def polygamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """ψ⁽ᵃ⁾(x), the a-th derivative of digamma, for a = 0, 1, 2, …; with broadcasting.

    TensorFlow: tf.polygamma. nan where `a` is no such number.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: in x, dy · polygamma(a + 1, x); none in a.
    """
    return POLYGAMMA(a, x, name=name)


def _zeta_grad(op: Operation, dy: Tensor) -> list[Tensor | None]:
    x, q = op.inputs
    return [None, sum_to(multiply(dy, negative(multiply(x, zeta(add(x, 1), q)))), q)]


ZETA = OpDef(
    "Zeta",
    operands=("x: floating", "q: floating"),
    compute=lambda xp, x, q: xp.zeta(x, q),
    grad=_zeta_grad,
)


def zeta(x: Any, q: Any, name: str | None = None) -> Tensor:
    """Hurwitz's ζ(x, q) = Σ (q + k)⁻ˣ over k = 0, 1, 2, …, for x > 1; with broadcasting.

    TensorFlow: tf.zeta.

    Raises:
        ShapeError: the shapes do not broadcast.
        DTypeError: the types differ.

    Gradient: in q, -dy · x · ζ(x + 1, q); none in x.
    """
    return ZETA(x, q, name=name)
