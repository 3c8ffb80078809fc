"""Rules of branches and loops: what holds whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.shapes import relax


def require(x: TensorSpec, good: Any, complain: Any) -> TensorSpec:
    return x if isinstance(x, TensorSpec) else TensorSpec.of(x)


def cond(
    predicate: Any, then_branch: Any, else_branch: Any, args: Sequence[Any]
) -> tuple[Any, ...]:
    return tuple(_either(a, b) for a, b in zip(then_branch(*args), else_branch(*args), strict=True))


def _either(a: TensorSpec | None, b: TensorSpec | None) -> TensorSpec:
    """What holds of a value that is `a` or `b`; None: this branch does not have it."""
    if a is None or b is None:
        known = a or b
        assert known is not None
        return known.without_value()
    return TensorSpec(relax(a.shape, b.shape), a.dtype if a.dtype == b.dtype else None)


def while_loop(
    condition: Any,
    body: Any,
    limit: Any,
    carries: Sequence[Any],
    xs: Any,
    stacked: Any,
    reverse: bool = False,
) -> tuple[Any, ...]:
    results = body(TensorSpec((), np.dtype(np.int32)), *carries, *[_row(x) for x in xs])
    finals = [
        TensorSpec(relax(c.shape, r.shape), c.dtype)
        for c, r in zip(carries, results[: len(carries)], strict=True)
    ]
    kept = [
        TensorSpec(spec.shape and (None, *spec.shape) if spec.shape != () else (None,), spec.dtype)
        for spec in stacked
    ]
    return (*finals, TensorSpec((), np.dtype(np.int32)), *kept)


def _row(x: TensorSpec) -> TensorSpec:
    return TensorSpec(x.shape and x.shape[1:], x.dtype)
