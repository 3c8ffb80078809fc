"""Long tables of parameters: `make test` takes some rows of each, `make check` all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(names: Any, rows: Iterable[Any], every: int, ids: Any = None) -> Any:
    """`pytest.mark.parametrize`, but only the first row and every so-manyth after it are quick."""
    single = isinstance(names, str)
    parameters = [
        pytest.param(*([row] if single else row), marks=pytest.mark.slow if i % every else ())
        for i, row in enumerate(rows)
    ]
    return pytest.mark.parametrize(names, parameters, ids=ids)
