"""What the tests of optimizers share: one of each kind, and the values of all variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorslow as ts

# From a learning rate to an optimizer.
ALL: list[Callable[..., Any]] = [
    lambda rate=0.1: ts.train.GradientDescentOptimizer(rate),
    lambda rate=0.1: ts.train.MomentumOptimizer(rate, 0.9),
    lambda rate=0.1: ts.train.AdagradOptimizer(rate),
    lambda rate=1.0: ts.train.AdadeltaOptimizer(rate),
    lambda rate=0.1: ts.train.RMSPropOptimizer(rate),
    lambda rate=0.1: ts.train.RMSPropOptimizer(rate, centered=True),
    lambda rate=0.1: ts.train.AdamOptimizer(rate),
    lambda rate=0.1: ts.train.FtrlOptimizer(rate),
]
every_optimizer = pytest.mark.parametrize("make", ALL, ids=lambda make: type(make()).__name__)


def state(session: Any) -> dict[str, Any]:
    """The values of all variables."""
    variables = ts.global_variables()
    return dict(zip([v.name for v in variables], session.run(variables), strict=True))


def assert_same_state(session: Any, before: dict[str, Any]) -> None:
    for name, value in state(session).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)
