"""Values for people: of an array a small sample, and what is typical of all of it."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np

from tensorslow import dtypes
from tensorslow.inspector.document import Histogram, Number, Value

SIDE = 32  # rows and columns that a preview has at most
FEWEST = 6  # and that it may always have
BUDGET = 1_000_000  # bytes that all previews of a document may take together
ENTRY = 12  # bytes that a number in a preview takes, about
BINS = 16
CHANNELS = (1, 3, 4)
PIXELS = 8  # an image has this many rows and columns at least
LARGEST = 999_999_999  # an integer that the page writes out as it is
TEXT = 200  # characters of a string that are shown


def side_for(count: int) -> int:
    """How many rows and columns each of `count` previews may have."""
    return max(FEWEST, min(SIDE, math.isqrt(BUDGET // ENTRY // max(1, count))))


def value_of(array: Any, side: int = SIDE) -> Value:
    """An array as the page shows it.

    Args:
        array: of numbers, booleans or text.
        side: rows and columns of the preview at most.
    """
    array = np.asarray(array)
    kind = kind_of(array)
    value = {
        **{"shape": list(array.shape), "dtype": name_of(array.dtype), "kind": kind},
        **_preview(array, kind, side),
        **dict.fromkeys(("min", "max", "mean", "std", "norm", "histogram")),
        **{"nan": 0, "inf": 0},
    }
    if kind != "text":
        value.update(_statistics(array))
    return cast(Value, value)


def name_of(dtype: Any) -> str:
    """TensorFlow's name of an element type."""
    return "unknown" if dtype is None else dtypes.from_numpy(dtype).name


def kind_of(array: Any) -> Any:
    """How an array is best shown."""
    if array.dtype.kind not in "biufc":
        return "text"
    if array.ndim < 2:
        return "list" if array.ndim else "number"
    sides, channels = array.shape[-3:-1], array.shape[-1]
    if array.ndim in (3, 4) and channels in CHANNELS and min(sides) >= PIXELS:
        return "image"
    return "heatmap"


def number(x: Any, digits: int | None = None) -> Number:
    """A number as strict JSON has it."""
    if isinstance(x, (bool, np.bool_)):
        return int(x)
    if isinstance(x, (int, np.integer)):
        return int(x)
    if isinstance(x, (complex, np.complexfloating)):
        return str(complex(x))
    x = float(x)
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    return x if digits is None else float(f"{x:.{digits}g}")


def exact(x: Any) -> Number:
    """A number of which the page shows every digit: of a large integer its text."""
    found = number(x)
    return str(found) if isinstance(found, int) and abs(found) > LARGEST else found


def nested(array: Any, digits: int = 6) -> Any:
    """Nested lists of numbers."""
    if array.ndim == 0:
        return number(array[()], digits)
    return [nested(part, digits) for part in array]


# The preview


def _preview(array: Any, kind: str, side: int) -> dict[str, Any]:
    if kind == "number":
        return {"preview": exact(array[()]), "sampled": None, "rows": None, "columns": None}
    if kind == "text" and array.ndim == 0:
        text, cut = _text(array[()])
        return {"preview": text, "sampled": cut, "rows": None, "columns": None}
    if kind == "text":
        array = array.ravel()
    said: list[str] = []
    last = {"image": 3, "heatmap": 2}.get(kind, 1)
    if array.size == 0:
        return {"preview": None, "sampled": None, "rows": None, "columns": None}
    before = math.prod(array.shape[: array.ndim - last])
    if array.ndim > last:
        array = array[(0,) * (array.ndim - last)]
        if before > 1:
            said.append(f"{'image' if kind == 'image' else 'matrix'} 1 of {before}")
    limit = side * side if last == 1 else side
    rows = _sample(array.shape[0], limit, "elements" if last == 1 else "rows", said)
    columns = None if last == 1 else _sample(array.shape[1], side, "columns", said)
    if rows is not None:
        array = array[rows]
    if columns is not None:
        array = array[:, columns]
    if kind == "image" and array.shape[2] == 1:
        array = array[:, :, 0]
    shown = [_text(x)[0] for x in array] if kind == "text" else nested(array)
    return {
        "preview": shown,
        "sampled": "; ".join(said) or None,
        "rows": rows,
        "columns": columns,
    }


def _sample(size: int, limit: int, what: str, said: list[str]) -> list[int] | None:
    """Evenly spread indices, if there are more than may be shown."""
    if size <= limit:
        return None
    said.append(f"{limit} of {size} {what}, evenly spread")
    return [i * (size - 1) // (limit - 1) for i in range(limit)]


def _text(x: Any) -> tuple[str, str | None]:
    text = x.decode("utf-8", "replace") if isinstance(x, bytes) else str(x)
    if len(text) <= TEXT:
        return text, None
    return text[: TEXT - 1] + "…", f"the first {TEXT - 1} of {len(text)} characters"


# What is typical


def _statistics(array: Any) -> dict[str, Any]:
    if array.dtype.kind == "c":
        plain = np.abs(array)
    else:
        plain = array.astype(np.float64)
    with np.errstate(all="ignore"):
        finite = plain[np.isfinite(plain)]
        found: dict[str, Any] = {
            "nan": int(np.isnan(plain).sum()),
            "inf": int(np.isinf(plain).sum()),
            "norm": norm_of(plain),
        }
        if finite.size:
            exact = array.min(), array.max()
            if array.dtype.kind not in "biu":
                exact = finite.min(), finite.max()
            low, high = map(number, exact)
            found |= {"min": low, "max": high}
            found |= {"mean": number(finite.mean(), 9), "std": number(finite.std(), 9)}
        if finite.size >= BINS:
            found["histogram"] = _histogram(finite)
    return found


def norm_of(array: Any) -> Number:
    """The Euclidean norm; of large numbers, too."""
    plain = np.abs(np.asarray(array)).astype(np.float64).ravel()
    largest = plain.max(initial=0.0)
    if not np.isfinite(largest) or largest == 0:
        return number(largest)
    return number(largest * math.sqrt(float(np.square(plain / largest).sum())), 9)


def _histogram(finite: Any) -> Histogram | None:
    low, high = float(finite.min()), float(finite.max())
    if not math.isfinite(high - low):
        return None
    try:
        counts, edges = np.histogram(finite, bins=min(BINS, finite.size))
    except ValueError:  # so near to each other that there is nothing between them
        return None
    return {"edges": [float(f"{x:.5g}") for x in edges], "counts": counts.tolist()}
