"""Arguments that go by two names: TensorFlow renamed some, and its 1.x functions take both."""

from __future__ import annotations

from typing import Any


def renamed(name: str, value: Any, old_name: str, old_value: Any) -> Any:
    """What was given under either name; None if neither was.

    Raises:
        ValueError: both were given.
    """
    if old_value is None:
        return value
    if value is not None:
        raise ValueError(f"give {name} or {old_name}, which is its old name, but not both")
    return old_value
