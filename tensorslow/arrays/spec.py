"""TensorSpec: an array of which only the shape, the type, and perhaps some elements are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.shapes import Shape, merge, show

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
        weak = isinstance(value, (bool, int, float, complex))
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
        return isinstance(other, TensorSpec) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))


def settled(elements: Any, dtype: Any) -> Any:
    """Partly known integers in their own type, once none of them is unknown any more."""
    if dtype is None or dtype == object or elements.dtype != object or any(x is None for x in elements.flat):
        return elements
    return elements.astype(dtype)


def known_tuple(spec: Any) -> Any:
    """An operand listed in `OpDef.known`, as plain Python values: ints and nested tuples of them.

    Sizes that are not known yet are None. A spec of which not even the length is known, or that is
    a scalar without a value, comes back as it is.
    """
    if not isinstance(spec, TensorSpec):
        return to_tuple(np.asarray(spec).tolist())
    if spec.value is not None:
        return to_tuple(spec.value.tolist())
    if spec.shape is None or None in spec.shape or spec.shape == ():
        return spec
    return to_tuple(np.full(spec.shape, None).tolist())


def to_tuple(nested: Any) -> Any:
    """Nested lists as nested tuples."""
    return tuple(to_tuple(item) for item in nested) if isinstance(nested, list) else nested
