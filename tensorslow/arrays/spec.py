"""TensorSpec: an array of which only the shape, the type and perhaps some elements are known, and
its arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays import numeric
from tensorslow.shapes import Shape, broadcast, merge, show

# Larger constants are not looked into while a graph is built: no shape is computed from them.
LARGEST_KNOWN = 1024


class TensorSpec:
    """What is known of an array before it exists; the array of abstract evaluation.

    Attributes:
        shape: tuple of sizes (None: unknown), or None for an unknown rank.
        dtype: NumPy dtype, or None when it is not known.
        value: the array itself where it is known; an object array with None in place of the unknown
            elements where some integers are known; else None.
    """

    __slots__ = ("shape", "dtype", "value")

    def __init__(self, shape: Shape, dtype: Any = None, value: Any = None) -> None:
        self.shape = shape
        self.dtype = dtype
        self.value = value

    @classmethod
    def of(cls, value: Any, dtype: Any = None) -> TensorSpec:
        """The spec of a known array; large ones are described without being kept.

        Python scalars have no type of their own yet: they take that of the array beside them.
        """
        weak = type(value) in (bool, int, float, complex)  # np.float64 is a float, and has a type
        array = np.asarray(value)
        if dtype is None and not weak:
            dtype = array.dtype
        return cls(array.shape, dtype, array if array.size <= LARGEST_KNOWN else None)

    @property
    def ndim(self) -> int | None:
        """The rank, or None."""
        return None if self.shape is None else len(self.shape)

    @property
    def is_value(self) -> bool:
        """Whether every element is known."""
        return self.value is not None and (self.value.dtype != object or self.dtype == object)

    def with_shape(self, shape: Shape) -> TensorSpec:
        """The same array, of which one more shape is known.

        Raises:
            ShapeError: it contradicts what was known.
        """
        return TensorSpec(merge(self.shape, shape), self.dtype, self.value)

    def without_value(self) -> TensorSpec:
        """The same shape and type for some other elements."""
        return TensorSpec(self.shape, self.dtype)

    def __str__(self) -> str:
        dtype = "unknown" if self.dtype is None else dtypes.from_numpy(self.dtype).name
        return f"{dtype}{show(self.shape)}"

    def __repr__(self) -> str:
        return f"TensorSpec({self})"

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, TensorSpec) and (self.shape, self.dtype) == (
            other.shape,
            other.dtype,
        )

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    # The operators that `compute` may use on arrays.

    def __add__(self, other: Any) -> TensorSpec:
        return elementwise("add", self, other)

    def __radd__(self, other: Any) -> TensorSpec:
        return elementwise("add", other, self)

    def __sub__(self, other: Any) -> TensorSpec:
        return elementwise("subtract", self, other)

    def __rsub__(self, other: Any) -> TensorSpec:
        return elementwise("subtract", other, self)

    def __mul__(self, other: Any) -> TensorSpec:
        return elementwise("multiply", self, other)

    def __rmul__(self, other: Any) -> TensorSpec:
        return elementwise("multiply", other, self)

    def __truediv__(self, other: Any) -> TensorSpec:
        return elementwise("divide", self, other)

    def __rtruediv__(self, other: Any) -> TensorSpec:
        return elementwise("divide", other, self)

    def __neg__(self) -> TensorSpec:
        return elementwise("negative", self)


def settled(elements: Any, dtype: Any) -> Any:
    """Partly known integers in their own type, once none of them is unknown any more."""
    if (
        dtype is None
        or dtype.kind == "O"
        or elements.dtype != object
        or any(x is None for x in elements.flat)
    ):
        return elements
    return elements.astype(dtype)


def known_tuple(spec: Any) -> Any:
    """An operand listed in `OpDef.known`, as plain Python values: ints and nested tuples of them.

    Sizes that are not known yet are None. A spec of which not even the length is known, or that is
    a scalar without a value, comes back as it is.
    """
    if not isinstance(spec, TensorSpec):
        return to_tuple(np.asarray(spec).tolist())
    if spec.value is not None and spec.shape != ():
        return to_tuple(spec.value.tolist())
    if spec.value is not None and spec.is_value:
        return spec.value.item()
    if spec.shape is None or None in spec.shape or spec.shape == ():
        return spec
    sizes: Any = spec.shape
    return to_tuple(np.full(sizes, None).tolist())


def to_tuple(nested: Any) -> Any:
    """Nested lists as nested tuples."""
    return tuple(to_tuple(item) for item in nested) if isinstance(nested, list) else nested


PREDICATES = frozenset(
    "equal not_equal less less_equal greater greater_equal isnan isinf isfinite "
    "logical_not logical_and logical_or".split()
)
# Those that size arithmetic needs, over integers of which some are unknown (None).
_SIZE_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
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
    kinds = tuple(
        x.dtype if isinstance(x, (TensorSpec, np.ndarray, np.generic)) else type(x)
        for x in operands
    )
    # `is`, since NumPy takes None for float64 when it compares.
    return None if any(kind is None for kind in kinds) else _result_dtype(name, kinds)


@cache
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
        except (ArithmeticError, ValueError):  # a division by 0, a negative power of an integer
            return None  # raised again, with the node's name, when it runs
    if name in _SIZE_ARITHMETIC and (dtype is None or dtype.kind in "iu"):
        combine = _SIZE_ARITHMETIC[name]
        values = [np.asarray(value, dtype=object) for value in values]
        merged: Any = np.frompyfunc(_known_or_none(combine), 2, 1)
        try:
            return settled(np.asarray(merged(*values), object), dtype)
        except ZeroDivisionError:
            return None
    return None


def _known_or_none(combine: Callable[[int, int], int]) -> Callable[..., Any]:
    """`combine` for integers that may be unknown."""
    return lambda a, b: None if a is None or b is None else combine(a, b)
