"""What an elementwise primitive gives: one rule for the shape, NumPy's answer for the type."""

from __future__ import annotations

from functools import lru_cache, reduce
from typing import Any

import numpy as np

from tensorslow.arrays import numeric
from tensorslow.arrays.spec import LARGEST_KNOWN, TensorSpec, settled
from tensorslow.shapes import broadcast

PREDICATES = frozenset(
    "equal not_equal less less_equal greater greater_equal isnan isinf isfinite logical_not logical_and logical_or".split()
)
# Those that size arithmetic needs, over integers of which some are unknown (None).
_SIZE_ARITHMETIC = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "floor_divide": lambda a, b: a // b,
    "maximum": max,
    "minimum": min,
}


def as_spec(x: Any) -> TensorSpec:
    """An operand as a spec: itself, or what a known value is."""
    return x if isinstance(x, TensorSpec) else TensorSpec.of(x)


def elementwise(name: str, *operands: Any) -> TensorSpec:
    """The abstract result of the elementwise primitive `name`.

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    specs = [as_spec(x) for x in operands]
    shape = reduce(broadcast, (spec.shape for spec in specs))
    if any(spec.shape is None for spec in specs):
        shape = None
    dtype = result_dtype(name, operands)
    return TensorSpec(shape, dtype, _known_elements(name, operands, specs, dtype))


def result_dtype(name: str, operands: Any) -> Any:
    """The type of the result, or None where an operand's is unknown and matters."""
    if name in PREDICATES:
        return np.dtype(bool)
    if name == "where":
        operands = operands[1:]
    kinds = tuple(x.dtype if isinstance(x, (TensorSpec, np.ndarray, np.generic)) else type(x) for x in operands)
    return None if None in kinds else _result_dtype(name, kinds)


@lru_cache(maxsize=None)
def _result_dtype(name: str, kinds: tuple[Any, ...]) -> np.dtype[Any]:
    """Asks the reference itself, with one element of each type."""
    samples = [kind(1) if isinstance(kind, type) else np.ones(1, kind) for kind in kinds]
    if name == "where":
        samples.insert(0, True)
    with np.errstate(all="ignore"):
        return np.asarray(getattr(numeric, name)(*samples)).dtype


def _known_elements(name: str, operands: Any, specs: list[TensorSpec], dtype: Any) -> Any:
    if any(spec.value is None for spec in specs):
        return None
    values = [x.value if isinstance(x, TensorSpec) else x for x in operands]
    if all(spec.is_value for spec in specs):
        if sum(spec.value.size for spec in specs) > LARGEST_KNOWN:
            return None
        try:
            with np.errstate(all="ignore"):
                return np.asarray(getattr(numeric, name)(*values))
        except ZeroDivisionError:
            return None  # raised again, with the node's name, when it runs
    if name in _SIZE_ARITHMETIC and (dtype is None or dtype.kind in "iu"):
        combine = _SIZE_ARITHMETIC[name]
        values = [np.asarray(value, dtype=object) for value in values]
        merged = np.frompyfunc(lambda a, b: None if a is None or b is None else combine(a, b), 2, 1)
        try:
            return settled(np.asarray(merged(*values), object), dtype)
        except ZeroDivisionError:
            return None
    return None


def _binary(name: str) -> Any:
    return lambda x, y: elementwise(name, x, y)


def _reflected(name: str) -> Any:
    return lambda x, y: elementwise(name, y, x)


# The operators that `compute` may use on arrays work on specs too.
TensorSpec.__add__, TensorSpec.__radd__ = _binary("add"), _reflected("add")  # type: ignore[attr-defined]
TensorSpec.__sub__, TensorSpec.__rsub__ = _binary("subtract"), _reflected("subtract")  # type: ignore[attr-defined]
TensorSpec.__mul__, TensorSpec.__rmul__ = _binary("multiply"), _reflected("multiply")  # type: ignore[attr-defined]
TensorSpec.__truediv__, TensorSpec.__rtruediv__ = _binary("divide"), _reflected("divide")  # type: ignore[attr-defined]
TensorSpec.__neg__ = lambda x: elementwise("negative", x)  # type: ignore[attr-defined]
