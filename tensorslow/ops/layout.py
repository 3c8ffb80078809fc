"""How images lie in memory, and what sizes, strides and paddings given for all axes mean for them.

The primitives take channels last; `data_format` names the axes as they are: "NHWC", say, or "NCHW".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow import nest
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError

FORMATS = {3: ("NWC", "NCW"), 4: ("NHWC", "NCHW"), 5: ("NDHWC", "NCDHW")}
AXES = {"N": "batch", "D": "depth", "H": "height", "W": "width", "C": "channels"}


def channels_last(xp: Any, x: Any, data_format: str) -> Any:
    """The array with its channels as the last axis."""
    if data_format[-1] == "C":
        return x
    return xp.transpose(x, (0, *range(2, len(data_format)), 1))


def as_given(xp: Any, y: Any, data_format: str) -> Any:
    """The array with its channels where `data_format` has them."""
    if data_format[-1] == "C":
        return y
    last = len(data_format) - 1
    return xp.transpose(y, (0, last, *range(1, last)))


def sizes_last(sizes: Any, data_format: str) -> Any:
    """The sizes of an array with the channels' as the last; a spec, for unknown sizes, as it is."""
    if data_format[-1] == "C" or isinstance(sizes, TensorSpec):
        return sizes
    return (sizes[0], *sizes[2:], sizes[1])


def spatial(values: Sequence[Any], data_format: str) -> tuple[Any, ...]:
    """Of one value for each axis, those for the spatial ones."""
    return tuple(v for v, axis in zip(values, data_format, strict=True) if axis not in "NC")


def every_axis(value: Any, data_format: str) -> tuple[int, ...]:
    """One number for each axis, from one for all spatial axes, one for each, or one for every axis.

    What has another length comes back as it is, for `check_every_axis` to reject.
    """
    if value is None:
        return (1,) * len(data_format)
    given = [int(v) for v in np.ravel(value)]
    n = len(data_format) - 2
    if len(given) == 1:
        given = given * n
    if len(given) != n:
        return tuple(given)
    remaining = iter(given)
    return tuple(1 if axis in "NC" else next(remaining) for axis in data_format)


def check_every_axis(label: str, values: Sequence[int], data_format: str) -> None:
    """Rejects what is not one number of at least 1 for each axis, and 1 for batch and channels."""
    n = len(data_format)
    if len(values) != n:
        raise ShapeError(f"{label} must be 1, {n - 2} or {n} numbers, not {list(values)}")
    if min(values) < 1:
        raise ShapeError(f"{label} must be at least 1, not {list(values)}")
    for axis, value in zip(data_format, values, strict=True):
        if axis in "NC" and value != 1:
            raise ShapeError(
                f"{label} must be 1 for the {AXES[axis]}, not {list(values)}",
                hint=f"the axes are {data_format}: {describe(data_format)}",
            )


def describe(data_format: str) -> str:
    """The axes in words: [batch, height, width, channels]."""
    return "[" + ", ".join(AXES[axis] for axis in data_format) + "]"


def check_images(label: str, x: TensorSpec, data_format: str, rank: int) -> None:
    """Rejects unknown formats, and arrays that have not one axis for each of its letters."""
    if data_format not in FORMATS[rank]:
        raise ShapeError(f"data_format must be {' or '.join(FORMATS[rank])}, not {data_format!r}")
    if x.shape is not None and len(x.shape) != rank:
        raise ShapeError(f"{label} must be {describe(data_format)}, not {x}")


def padding_attrs(padding: Any) -> dict[str, Any]:
    """The attributes that say how to pad, from a word or one [before, after] for each axis."""
    if isinstance(padding, (list, tuple)):
        sizes = tuple(int(n) for n in nest.flatten(padding))
        return {"padding": "EXPLICIT", "explicit_paddings": sizes}
    return {"padding": padding}


def check_padding(padding: Any, explicit_paddings: Sequence[int], data_format: str) -> None:
    """Rejects unknown words, and lists that do not have [before, after] for each axis."""
    if padding != "EXPLICIT":
        if padding not in ("SAME", "VALID"):
            raise ShapeError(
                f"padding must be 'SAME' or 'VALID', not {padding!r}",
                hint="or a list with [before, after] for each axis",
            )
        return
    pairs = list(zip(explicit_paddings[::2], explicit_paddings[1::2], strict=False))
    if len(explicit_paddings) != 2 * len(data_format) or min(explicit_paddings) < 0:
        raise ShapeError(
            f"padding must be [before, after] for each of {describe(data_format)}, not {pairs}"
        )
    for axis, pair in zip(data_format, pairs, strict=True):
        if axis in "NC" and any(pair):
            raise ShapeError(f"there is no padding along the {AXES[axis]}, so {pairs} cannot be")


def spatial_padding(padding: str, explicit_paddings: Sequence[int], data_format: str) -> Any:
    """The padding as the primitives take it: a word, or (before, after) for each spatial axis."""
    if padding != "EXPLICIT":
        return padding
    pairs = zip(explicit_paddings[::2], explicit_paddings[1::2], strict=True)
    return spatial(list(pairs), data_format)
