"""Element types: TensorFlow's names over NumPy's types."""

from __future__ import annotations

from typing import Any

import numpy as np


class DType:
    """An element type, such as `ts.float32`. There is one object for each, so `is` compares them.

    TensorFlow: tf.DType. Equal to anything that NumPy or TensorFlow would call by the same name:
    `ts.float32 == "float32" == np.float32`.

    Attributes:
        name: TensorFlow's name, for example "float32".
        numpy: the NumPy dtype that stores it (strings are Python objects in an object array).
        enum: its number in TensorFlow's files.
    """

    __slots__ = ("name", "numpy", "enum")

    def __init__(self, name: str, numpy: Any, enum: int) -> None:
        self.name = name
        self.numpy = np.dtype(numpy)
        self.enum = enum

    @property
    def as_numpy_dtype(self) -> type:
        """The NumPy scalar type: `ts.float32.as_numpy_dtype(1.5)` is a value."""
        return self.numpy.type

    @property
    def as_datatype_enum(self) -> int:
        """The number of this type in TensorFlow's protocol buffers."""
        return self.enum

    @property
    def base_dtype(self) -> DType:
        """Itself: there are no reference types here, variables have plain ones."""
        return self

    @property
    def is_floating(self) -> bool:
        """Whether it is a real floating-point type."""
        return self.numpy.kind == "f"

    @property
    def is_integer(self) -> bool:
        """Whether it is an integer type; bool is not one."""
        return self.numpy.kind in "iu"

    @property
    def is_complex(self) -> bool:
        """Whether it is a complex type."""
        return self.numpy.kind == "c"

    @property
    def is_bool(self) -> bool:
        """Whether it is the boolean type."""
        return self.numpy.kind == "b"

    @property
    def is_unsigned(self) -> bool:
        """Whether it is an unsigned integer type."""
        return self.numpy.kind == "u"

    @property
    def is_numpy_compatible(self) -> bool:
        """Always: every type here has a NumPy representation."""
        return True

    @property
    def real_dtype(self) -> DType:
        """The type of the real part: float32 for complex64."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.numpy.itemsize

    @property
    def min(self) -> Any:
        """The smallest finite value."""
        return self._limits().min

    @property
    def max(self) -> Any:
        """The largest finite value."""
        return self._limits().max

    def _limits(self) -> Any:
        if self.is_integer:
            return np.iinfo(self.numpy)
        if self.is_floating:
            return np.finfo(self.numpy)
        raise TypeError(f"{self.name} has no smallest and largest value")

    @property
    def limits(self) -> tuple[Any, Any]:
        """(min, max)."""
        return self.min, self.max

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor of type `other` may stand where this type is expected."""
        return self == other

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, DType):
            return self is other
        if other is None:
            return False
        try:
            return self is as_dtype(other)
        except TypeError:
            return False

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)

    def __repr__(self) -> str:
        return f"ts.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"


float16 = half = DType("float16", np.float16, 19)
float32 = DType("float32", np.float32, 1)
float64 = double = DType("float64", np.float64, 2)
int8 = DType("int8", np.int8, 6)
int16 = DType("int16", np.int16, 5)
int32 = DType("int32", np.int32, 3)
int64 = DType("int64", np.int64, 9)
uint8 = DType("uint8", np.uint8, 4)
uint16 = DType("uint16", np.uint16, 17)
uint32 = DType("uint32", np.uint32, 22)
uint64 = DType("uint64", np.uint64, 23)
complex64 = DType("complex64", np.complex64, 8)
complex128 = DType("complex128", np.complex128, 18)
bool_ = DType("bool", np.bool_, 10)
string = DType("string", object, 7)

ALL = (
    float16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64,
    complex64, complex128, bool_, string,
)  # fmt: skip
_BY_NUMPY = {dtype.numpy: dtype for dtype in ALL}
_BY_NAME = {dtype.name: dtype for dtype in ALL} | {"half": half, "double": double, "float": float32}
_BY_ENUM = {dtype.enum: dtype for dtype in ALL}


def as_dtype(type_value: Any) -> DType:
    """The DType that `type_value` names: a DType, its name or number, a NumPy dtype or a Python
    type.

    TensorFlow: tf.as_dtype. Python's `float` and `int` are float32 and int32, as there.

    Raises:
        TypeError: there is no such element type.
    """
    if isinstance(type_value, DType):
        return type_value
    if isinstance(type_value, str) and type_value.removesuffix("_ref") in _BY_NAME:
        return _BY_NAME[type_value.removesuffix("_ref")]
    if type_value is float or type_value is int or type_value is bool:
        return {float: float32, int: int32, bool: bool_}[type_value]
    if isinstance(type_value, int) and type_value in _BY_ENUM:
        return _BY_ENUM[type_value]
    try:
        return from_numpy(np.dtype(type_value))
    except (TypeError, KeyError):
        raise TypeError(
            f"{type_value!r} is not an element type; try ts.float32 or 'int64'"
        ) from None


def from_numpy(dtype: np.dtype[Any]) -> DType:
    """The DType stored as this NumPy dtype; every kind of text is `string`."""
    return string if dtype.kind in "OSU" else _BY_NUMPY[dtype]


def to_numpy(dtype: Any) -> np.dtype[Any] | None:
    """The NumPy dtype of anything that names an element type; None, the unknown one, is None."""
    return None if dtype is None else as_dtype(dtype).numpy
