"""Reading answers: what a reader typed may be anything, and no check may fail on it."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np


def as_numbers(answer: Any, *shape: int) -> np.ndarray | None:
    """An answer as real numbers of that shape, or None if it is something else."""
    try:
        found = np.asarray(answer)
        if found.dtype.kind == "O" and all(isinstance(x, Real) for x in found.ravel()):
            found = found.astype(float)  # such as fractions
    except Exception:  # whatever the object does when it is asked for an array
        return None
    if found.dtype.kind not in "iuf" or found.shape != shape:
        return None
    return found.astype(float)


def as_number(answer: Any) -> float | None:
    """An answer as one real number, or None if it is something else."""
    found = as_numbers(answer)
    return None if found is None else float(found)


def near(found: Any, wanted: Any, tolerance: float = 5e-3) -> bool:
    """Whether all numbers agree, to the digits that one writes by hand unless told otherwise."""
    return bool(np.allclose(found, wanted, rtol=tolerance, atol=1e-9))


def call(function: Callable[..., Any], *arguments: Any) -> tuple[Any, str | None]:
    """What the reader's function returns; or None, and a hint that says how it failed."""
    if not callable(function):
        return None, "The answer is a function: write its name, without brackets after it."
    try:
        with np.errstate(all="ignore"):
            return function(*arguments), None
    except Exception as error:  # the reader's code may raise anything
        return None, f"Your function failed: `{type(error).__name__}: {error}`."
