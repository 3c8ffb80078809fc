"""TensorShape and Dimension: what users of TensorFlow see of a shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorslow.errors import ShapeError
from tensorslow.shapes import Shape, Size, compatible, is_known, may_be_equal, merge


def as_shape(value: Any) -> Shape:
    """The plain shape that a user's shape means: None, an int, a list, a `TensorShape`."""
    if value is None or isinstance(value, tuple) and all(type(size) is int for size in value):
        return value
    if isinstance(value, TensorShape):
        return value.sizes
    if isinstance(value, (int, Dimension)) or not hasattr(value, "__iter__"):
        value = [value]
    return tuple(_as_size(size) for size in value)


def _as_size(value: Any) -> Size:
    if isinstance(value, Dimension):
        return value.value
    if value is None or value == -1:
        return None
    try:
        size = int(value.__index__())
    except (AttributeError, TypeError):
        raise TypeError(f"a size must be a whole number or None, not {value!r}") from None
    if size < 0:
        raise ShapeError(f"a size cannot be negative: {size}", hint="use None for an unknown size")
    return size


class Dimension:
    """One size of a `TensorShape`, possibly unknown; usable wherever a whole number is.

    TensorFlow: tf.Dimension. Arithmetic with an unknown size is unknown; so is a comparison (None).
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value: Size = _as_size(value)

    def __index__(self) -> int:
        if self.value is None:
            raise TypeError("the size is unknown; take it from the graph: ts.shape(x)[axis]")
        return self.value

    __int__ = __index__

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: Any) -> Any:
        other = _size_or_nothing(other)
        if other is NotImplemented:
            return NotImplemented
        return None if self.value is None or other is None else self.value == other

    def __ne__(self, other: Any) -> Any:
        equal = self.__eq__(other)
        return equal if equal is None or equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(self.value)

    def _with(self, other: Any, combine: Any) -> Any:
        other = _size_or_nothing(other)
        if other is NotImplemented:
            return NotImplemented
        return None if self.value is None or other is None else combine(self.value, other)

    def _size_with(self, other: Any, combine: Any) -> Any:
        size = self._with(other, combine)
        return size if size is NotImplemented else Dimension(size)

    def __add__(self, other: Any) -> Any:
        return self._size_with(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Any:
        return self._size_with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._size_with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._size_with(other, lambda a, b: a * b)

    def __floordiv__(self, other: Any) -> Any:
        return self._size_with(other, lambda a, b: a // b)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._size_with(other, lambda a, b: b // a)

    def __mod__(self, other: Any) -> Any:
        return self._size_with(other, lambda a, b: a % b)

    def __lt__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a < b)

    def __le__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a >= b)

    __radd__, __rmul__, __div__ = __add__, __mul__, __floordiv__

    def is_compatible_with(self, other: Any) -> bool:
        """Whether the two sizes can turn out equal."""
        return may_be_equal(self.value, _as_size(other))

    def merge_with(self, other: Any) -> Dimension:
        """The size that both know.

        Raises:
            ValueError: they differ.
        """
        (size,) = merge((self.value,), (_as_size(other),)) or (None,)
        return Dimension(size)

    def __repr__(self) -> str:
        return f"Dimension({self.value})"

    def __str__(self) -> str:
        return "?" if self.value is None else str(self.value)


def _size_or_nothing(value: Any) -> Any:
    """The plain size of an operand, or NotImplemented for what is no size at all."""
    if value is None or isinstance(value, (int, Dimension)):
        return value.value if isinstance(value, Dimension) else value
    return value.__index__() if hasattr(value, "__index__") else NotImplemented


class TensorShape:
    """The static shape of a tensor: what is known of it before anything runs.

    TensorFlow: tf.TensorShape, with 1.x behaviour: indexing gives a `Dimension`.

    Args:
        dims: None for an unknown rank, else a sequence of sizes, each a whole number or None.
    """

    __slots__ = ("sizes",)

    def __init__(self, dims: Any) -> None:
        self.sizes: Shape = as_shape(dims)

    @property
    def ndims(self) -> int | None:
        """The rank, or None."""
        return None if self.sizes is None else len(self.sizes)

    rank = ndims

    @property
    def dims(self) -> list[Dimension] | None:
        """The sizes as a list of `Dimension`, or None for an unknown rank."""
        return None if self.sizes is None else [Dimension(size) for size in self.sizes]

    def as_list(self) -> list[Size]:
        """The sizes as a list of ints and Nones.

        Raises:
            ValueError: the rank is unknown.
        """
        return list(self._known_rank())

    def _known_rank(self) -> tuple[Size, ...]:
        if self.sizes is None:
            raise ValueError("the rank of this shape is unknown, so it has no list of sizes")
        return self.sizes

    def is_fully_defined(self) -> bool:
        """Whether rank and sizes are all known."""
        return is_known(self.sizes)

    def assert_is_fully_defined(self) -> None:
        """Raises ValueError unless every size is known."""
        if not is_known(self.sizes):
            raise ValueError(f"shape {self} is not fully defined")

    def num_elements(self) -> int | None:
        """The product of the sizes, or None when one is unknown."""
        if self.sizes is None or None in self.sizes:
            return None
        product = 1
        for size in self.sizes:
            product *= size or 0
        return product

    def is_compatible_with(self, other: Any) -> bool:
        """Whether the two shapes can turn out equal."""
        return compatible(self.sizes, as_shape(other))

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError unless the two shapes can turn out equal."""
        merge(self.sizes, as_shape(other))

    def merge_with(self, other: Any) -> TensorShape:
        """What both say together.

        Raises:
            ValueError: they contradict each other.
        """
        return TensorShape(merge(self.sizes, as_shape(other)))

    def concatenate(self, other: Any) -> TensorShape:
        """The sizes of this shape followed by those of the other."""
        other_sizes = as_shape(other)
        if self.sizes is None or other_sizes is None:
            return TensorShape(None)
        return TensorShape(self.sizes + other_sizes)

    def with_rank(self, rank: int) -> TensorShape:
        """This shape, known to have that rank.

        Raises:
            ValueError: it has another one.
        """
        return self.merge_with(
            (None,) * rank if self.sizes is None else self._checked_rank(rank, rank)
        )

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape, after a check that its rank, if known, is no smaller."""
        self._checked_rank(rank, None)
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape, after a check that its rank, if known, is no larger."""
        self._checked_rank(0, rank)
        return self

    def assert_has_rank(self, rank: int) -> None:
        """Raises ValueError if the rank is known and another."""
        self._checked_rank(rank, rank)

    def assert_same_rank(self, other: Any) -> None:
        """Raises ValueError if both ranks are known and differ."""
        sizes = as_shape(other)
        if sizes is not None:
            self._checked_rank(len(sizes), len(sizes))

    def _checked_rank(self, least: int, most: int | None) -> Shape:
        rank = self.ndims
        if rank is not None and (rank < least or most is not None and rank > most):
            wanted = (
                str(least)
                if least == most
                else f"between {least} and {most if most is not None else 'any'}"
            )
            raise ShapeError(f"shape {self} must have rank {wanted}")
        return self.sizes

    def __getitem__(self, key: Any) -> Any:
        if self.sizes is None:
            return TensorShape(None) if isinstance(key, slice) else Dimension(None)
        return (
            TensorShape(self.sizes[key]) if isinstance(key, slice) else Dimension(self.sizes[key])
        )

    def __iter__(self) -> Iterator[Dimension]:
        return iter([Dimension(size) for size in self._known_rank()])

    def __len__(self) -> int:
        return len(self._known_rank())

    def __bool__(self) -> bool:
        return self.sizes is not None

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def __eq__(self, other: Any) -> bool:
        try:
            return self.sizes == as_shape(other)
        except (TypeError, ValueError):
            return False

    def __hash__(self) -> int:
        return hash(self.sizes)

    def __repr__(self) -> str:
        return f"TensorShape({None if self.sizes is None else list(self.dims or ())})"

    def __str__(self) -> str:
        if self.sizes is None:
            return "<unknown>"
        inner = ", ".join("?" if size is None else str(size) for size in self.sizes)
        return f"({inner},)" if len(self.sizes) == 1 else f"({inner})"
