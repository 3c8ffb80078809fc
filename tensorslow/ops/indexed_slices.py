"""IndexedSlices: the gradient of `gather`, rows that belong at certain places of a larger array."""

from __future__ import annotations

from typing import Any, NamedTuple

from tensorslow import dtypes
from tensorslow.graph import Graph, Operation, Tensor


class IndexedSlices:
    """Rows of an array that is zero elsewhere. TensorFlow: tf.IndexedSlices.

    Attributes:
        values: [rows, ...].
        indices: [rows], which row of the whole each one is; one named twice counts twice.
        like: a tensor with the shape of the whole.
    """

    def __init__(self, values: Tensor, indices: Tensor, dense_shape: Tensor | None = None, like: Tensor | None = None):
        self.values = values
        self.indices = indices
        self._dense_shape = dense_shape
        self.like = like

    @property
    def dense_shape(self) -> Tensor | None:
        """The shape of the whole, as a tensor."""
        if self._dense_shape is None and self.like is not None:
            from tensorslow.ops.shape import shape

            self._dense_shape = shape(self.like)
        return self._dense_shape

    @property
    def dtype(self) -> dtypes.DType | None:
        """The type of the rows."""
        return self.values.dtype

    @property
    def op(self) -> Operation:
        """The operation that computes the rows."""
        return self.values.op

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self.values.graph

    @property
    def name(self) -> str:
        """The name of the rows."""
        return self.values.name

    def to_tensor(self) -> Tensor:
        """The whole array: rows for the same place are summed."""
        from tensorslow.ops.gather import dense

        return dense(self)

    def __repr__(self) -> str:
        return f"IndexedSlices(indices={self.indices!r}, values={self.values!r})"


class IndexedSlicesValue(NamedTuple):
    """What a run gives for `IndexedSlices`. TensorFlow: tf.compat.v1.IndexedSlicesValue."""

    values: Any
    indices: Any
    dense_shape: Any
