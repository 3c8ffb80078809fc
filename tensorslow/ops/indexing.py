"""x[...]: what Python's brackets mean on tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorslow import dtypes, nest
from tensorslow.errors import ShapeError
from tensorslow.graph import Tensor
from tensorslow.opdef import as_tensor, graph_for
from tensorslow.ops.casting import cast
from tensorslow.ops.elementwise import add, ones_like
from tensorslow.ops.gather import gather
from tensorslow.ops.join import concat
from tensorslow.ops.reduce import reduce_prod
from tensorslow.ops.selection import where
from tensorslow.ops.shape import reshape, shape, squeeze
from tensorslow.ops.slicing import STRIDED_SLICE
from tensorslow.scopes import name_scope
from tensorslow.shapes import compatible, show
from tensorslow.tensor_shape import Dimension

newaxis = None  # TensorFlow: tf.newaxis


@dataclass
class Key:
    """A key in brackets, entry by entry, as the operands and bit masks of StridedSlice."""

    begin: list[Any] = field(default_factory=list)
    end: list[Any] = field(default_factory=list)
    strides: list[Any] = field(default_factory=list)
    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0

    def append(self, entry: Any) -> None:
        """Takes up the next entry."""
        bit = 1 << len(self.begin)
        begin: Any = 0
        end: Any = 0
        stride: Any = 1
        if isinstance(entry, slice):
            begin, open_begin = _bound(entry.start)
            end, open_end = _bound(entry.stop)
            stride, unit = _bound(entry.step)
            stride = 1 if unit else stride
            self.begin_mask |= bit * open_begin
            self.end_mask |= bit * open_end
        elif entry is Ellipsis:
            self.ellipsis_mask |= bit
        elif entry is None:
            self.new_axis_mask |= bit
        else:
            begin = _index(entry)
            end = add(begin, 1, name="add") if isinstance(begin, Tensor) else begin + 1
            self.shrink_axis_mask |= bit
        self.begin.append(begin)
        self.end.append(end)
        self.strides.append(stride)


def _bound(value: Any) -> tuple[Any, bool]:
    """A bound of a slice, and whether it is left open."""
    if value is None or isinstance(value, Dimension) and value.value is None:
        return 0, True
    return _index(value), False


def _index(value: Any) -> Any:
    """A Python int, or an integer scalar tensor.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, Tensor):
        integer = value.dtype is None or value.dtype.is_integer
        if integer and value.spec.ndim in (None, 0):
            return value
    elif (
        not isinstance(value, (bool, np.bool_))
        and hasattr(value, "__index__")
        and np.ndim(value) == 0
    ):
        return int(value)
    raise TypeError(
        f"{value!r} is no index: in x[...] stand integers, slices, ..., None and integer scalar "
        "tensors; for several at once use ts.gather"
    )


def getitem(tensor: Tensor, key: Any) -> Tensor:
    """What `tensor[key]` makes.

    TensorFlow: tf.Tensor.__getitem__. As in NumPy, with integers, slices, `...` and `None`; bounds
    and indices may be tensors. An array or tensor of bools picks out what is true (`boolean_mask`).
    A list is a key of several entries, as a tuple; NumPy's lists of places are `gather`.

    Raises:
        ShapeError: too many entries, or an integer that is out of range; when the graph runs, if it
            is not known before.
        TypeError: an entry that is none of these.

    Gradient: zeros, with dy where it was read.
    """
    if _is_mask(key):
        return boolean_mask(tensor, key)
    entries = key if isinstance(key, (list, tuple)) else [key]
    with graph_for([tensor, *_tensors(entries)]).as_default() as graph:
        parsed = Key()
        for entry in entries:
            parsed.append(entry)
        with graph.name_scope("strided_slice") as scope:
            wide = any(_is_int64(x) for x in (*parsed.begin, *parsed.end, *parsed.strides))
            return STRIDED_SLICE(
                tensor,
                _packed(parsed.begin, wide),
                _packed(parsed.end, wide),
                _packed(parsed.strides, wide),
                begin_mask=parsed.begin_mask,
                end_mask=parsed.end_mask,
                ellipsis_mask=parsed.ellipsis_mask,
                new_axis_mask=parsed.new_axis_mask,
                shrink_axis_mask=parsed.shrink_axis_mask,
                name=scope,
            )


def _is_mask(key: Any) -> bool:
    if isinstance(key, Tensor):
        return key.dtype is not None and key.dtype.is_bool
    if isinstance(key, np.ndarray):
        return key.dtype == bool and key.ndim > 0
    return (
        isinstance(key, list)
        and bool(key)
        and all(isinstance(x, (bool, np.bool_)) for x in nest.flatten(key))
    )


def _tensors(entries: Sequence[Any]) -> list[Any]:
    """All parts of a key that are tensors."""
    parts = [
        x for e in entries for x in ((e.start, e.stop, e.step) if isinstance(e, slice) else (e,))
    ]
    return [x for x in parts if isinstance(x, Tensor)]


def _is_int64(x: Any) -> bool:
    return isinstance(x, Tensor) and x.dtype == dtypes.int64


def _packed(bounds: list[Any], wide: bool) -> Tensor:
    """Bounds as one vector: a constant, or a stack where some are tensors."""
    dtype = dtypes.int64 if wide else dtypes.int32
    if not any(isinstance(x, Tensor) for x in bounds):
        return as_tensor(np.array(bounds, dtype.numpy), None, "stack")
    if wide:
        bounds = [cast(x, dtype) if isinstance(x, Tensor) else x for x in bounds]
    return as_tensor(bounds, None, "stack")


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor:
    """What Python writes as x[begin:end:stride, ...], its parts given as vectors.

    TensorFlow: tf.strided_slice. Mostly made by `x[1:3, ..., None]`.

    Args:
        input_: any tensor.
        begin, end, strides: vectors of one length, an element for each axis, or for fewer from the
            front. Negative bounds count from the end, those out of range are clipped. No strides:
            ones.
        begin_mask, end_mask: bit i: the slice is open at that side.
        ellipsis_mask: bit i: entry i stands for all axes that the others leave.
        new_axis_mask: bit i: entry i is a new axis of size 1.
        shrink_axis_mask: bit i: entry i takes the one element at `begin`, and the axis is dropped.
        var: accepted, without effect.
        name: name of the node.

    Raises:
        ShapeError: too many entries, a stride of 0, or an index that is out of range.

    Gradient: zeros, with dy where the slice was.
    """
    with graph_for([input_, begin, end, strides]).as_default():
        first = as_tensor(begin)
        if strides is None:
            strides = ones_like(first)
        return STRIDED_SLICE(
            input_,
            first,
            end,
            strides,
            begin_mask=begin_mask,
            end_mask=end_mask,
            ellipsis_mask=ellipsis_mask,
            new_axis_mask=new_axis_mask,
            shrink_axis_mask=shrink_axis_mask,
            name=name,
        )


def boolean_mask(
    tensor: Any, mask: Any, name: str = "boolean_mask", axis: int | None = None
) -> Tensor:
    """The slices of a tensor for which a mask is true.

    TensorFlow: tf.boolean_mask.

    Args:
        tensor: any tensor.
        mask: bool tensor of known rank, at least 1, with the shape of the axes that it picks from.
        name: name of the scope of its nodes.
        axis: the first of these axes; None: 0.

    Returns:
        Tensor with one axis, as long as there are trues, in the place of the mask's axes.

    Raises:
        ShapeError: mask and tensor do not fit, or the mask's rank is unknown or 0.

    Gradient: dy where the mask is true, zeros elsewhere.
    """
    with name_scope(name, "boolean_mask", [tensor, mask]):
        x, chosen = as_tensor(tensor, None, "tensor"), as_tensor(mask, np.dtype(bool), "mask")
        sizes = chosen.spec.shape
        if not sizes:
            raise ShapeError(
                f"the rank of a mask must be known and at least 1, but it has shape {show(sizes)}"
            )
        first = axis or 0
        if x.spec.shape is not None:
            first %= max(1, len(x.spec.shape))
            picked = x.spec.shape[first : first + len(sizes)]
            if not compatible(picked, sizes):
                raise ShapeError(
                    f"the mask has shape {show(sizes)}, the axes that it picks from {show(picked)}"
                )
        if len(sizes) > 1:
            x, chosen = _flattened(x, first, len(sizes)), reshape(chosen, [-1])
        return gather(x, squeeze(where(chosen), [1]), axis=first)


def _flattened(x: Tensor, first: int, count: int) -> Tensor:
    """`x` with several axes taken together."""
    sizes = shape(x)
    joint = reduce_prod(getitem(sizes, slice(first, first + count)), [0], keepdims=True)
    return reshape(
        x,
        concat(
            [getitem(sizes, slice(first)), joint, getitem(sizes, slice(first + count, None))], 0
        ),
    )
