"""Softmax with one division a row."""

from __future__ import annotations

from tensorslow.engines.llvm.kernels.nests import Nest, Value


def multiply_by_inverses(nest: Nest) -> None:
    """Divides a row's exponentials by their sum with one division for the row.

    Products are several times faster. It is right to 1½ units in the last place, and nothing
    special can happen: the largest exponential is 1, so the sum is not less.
    """
    values: list[Value] = []
    for x in nest.values:
        if x.op == "divide" and _is_softmax(*x.args):
            power, total = x.args
            kept = (False,) * len(nest.sizes)
            one = Value("literal", x.dtype, detail=x.dtype.type(1), free=kept)
            inverse = Value("divide", x.dtype, (one, total), free=total.free, stage=total.stage)
            values += [one, inverse]
            x.op, x.args = "multiply", (power, inverse)
        values.append(x)
    nest.values = values


def _is_softmax(power: Value, total: Value) -> bool:
    """Whether it is e to x - max x, and the sum of that."""
    if power.op != "exp" or (total.op, total.detail) != ("reduce", "sum"):
        return False
    (difference,) = power.args
    if total.args != (power,) or difference.op != "subtract":
        return False
    x, most = difference.args
    return (most.op, most.detail, most.args) == ("reduce", "max", (x,)) and most.axes == total.axes
