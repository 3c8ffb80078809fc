"""What a user feeds, as arrays that fit the tensors they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.errors import FeedError, GraphError
from tensorslow.graph import Graph, Operation, Tensor
from tensorslow.shapes import compatible, show

_TEXT = "OSU"


def resolve_feed(graph: Graph, key: Any) -> Tensor:
    """The tensor of the graph that a key of `feed_dict` is or names.

    Raises:
        FeedError: it is no tensor, or the graph has none of that name.
        GraphError: it is from another graph.
    """
    if isinstance(key, Operation) and key.outputs:
        key = key.output
    try:
        tensor: Tensor = graph.as_graph_element(key, allow_operation=False)
    except GraphError:
        raise
    except TypeError:
        raise FeedError(
            f"cannot feed {key!r} ({type(key).__name__})", "a feed is a tensor or its name"
        ) from None
    except (KeyError, ValueError) as error:
        raise FeedError(
            f"cannot feed {key!r}: {error.args[0]}", "the keys are tensors or names as 'x:0'"
        ) from None
    return tensor


class Feed:
    """A fed tensor: checks values and makes arrays of them."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.shape = tensor.spec.shape
        self._fits = self.shape  # the last shape that was found to fit
        self.dtype = tensor.spec.dtype

    def convert(self, value: Any) -> Any:
        """The array that is fed.

        Raises:
            FeedError: `value` is no array, or one of another shape or type.
        """
        if type(value) is np.ndarray and value.dtype == self.dtype:
            array = value
        else:
            array = self._array(value)
        if array.shape != self._fits:
            if not compatible(array.shape, self.shape):
                raise self._error(
                    f"a value of shape {show(array.shape)} does not fit {show(self.shape)}",
                    "reshape the value, or give the placeholder None where a size varies",
                )
            self._fits = array.shape
        return array

    def _array(self, value: Any) -> Any:
        if isinstance(value, (Tensor, Operation)):
            raise self._error("a tensor cannot be fed", "feed what Session.run gives for it")
        try:
            array = np.asarray(value)
        except ValueError:
            raise self._error("the rows have different lengths", "pad them to one length") from None
        if array.dtype == object and _has_none(array):
            raise self._error("None is not a value", "a function without `return` gives None")
        if self.dtype is None:
            if array.dtype.kind in _TEXT or array.dtype == object:
                raise self._error(
                    f"{_short(value)} is not a number",
                    "give the placeholder dtype=ts.string for text",
                )
            return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
        return self._as_type(array, value)

    def _as_type(self, array: Any, value: Any) -> Any:
        """The array in the tensor's type, unless that would lose something."""
        assert self.dtype is not None
        have, want = array.dtype.kind, self.dtype.kind
        name = dtypes.from_numpy(self.dtype).name
        if want in _TEXT:
            if have in _TEXT:
                return array.astype(object)
            raise self._error(f"{_short(value)} is not text", f"the tensor holds {name}")
        if have in _TEXT or have not in "biufc":
            raise self._error(f"{_short(value)} is not a number", f"the tensor holds {name}")
        with np.errstate(all="ignore"):
            converted = (array.real if have == "c" and want != "c" else array).astype(self.dtype)
            free = (
                want == "c" or (want == "f" and have != "c") or (have == want and want not in "iu")
            )
        if not free and not np.array_equal(converted, array):
            raise self._error(
                f"{_short(value)} ({array.dtype}) cannot be {name} without loss",
                f"convert it on purpose: value.astype({name!r})",
            )
        return converted

    def _error(self, what: str, hint: str) -> FeedError:
        error = FeedError(what, hint)
        error.locate("feed", [("tensor", self.tensor.describe())])
        return error


def _has_none(array: Any) -> bool:
    return any(item is None for item in array.ravel().tolist())


def _short(value: Any) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 40 else text[:37] + "..."
