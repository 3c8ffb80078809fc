"""Nested structures (lists, tuples, named tuples, dictionaries) as flat lists, and back."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from copy import copy
from typing import Any


def is_nested(structure: Any) -> bool:
    """Whether it is a list, tuple or dictionary."""
    return isinstance(structure, (list, tuple, Mapping))


def flatten(structure: Any) -> list[Any]:
    """The leaves from left to right; a dictionary's in the order of its sorted keys."""
    if not is_nested(structure):
        return [structure]
    items = (
        [structure[key] for key in _keys(structure)]
        if isinstance(structure, Mapping)
        else structure
    )
    return [leaf for item in items for leaf in flatten(item)]


def _keys(mapping: Mapping[Any, Any]) -> list[Any]:
    try:
        return sorted(mapping)
    except TypeError:  # keys that have no order, such as tensors: the dictionary's own
        return list(mapping)


def pack_like(structure: Any, leaves: list[Any]) -> Any:
    """`leaves` in the form of `structure`.

    Raises:
        ValueError: there are more or fewer leaves than places.
    """
    remaining = list(leaves)
    result = _pack(structure, remaining)
    if remaining:
        raise ValueError(f"{len(leaves)} values for {len(leaves) - len(remaining)} places")
    return result


def _pack(structure: Any, remaining: list[Any]) -> Any:
    if not is_nested(structure):
        if not remaining:
            raise ValueError("fewer values than places")
        return remaining.pop(0)
    if isinstance(structure, Mapping):
        packed = {key: _pack(structure[key], remaining) for key in _keys(structure)}
        ordered = {key: packed[key] for key in structure}
        if type(structure) is dict or not isinstance(structure, MutableMapping):
            return ordered
        filled = copy(structure)  # it may have more to it than its items, as a defaultdict has
        filled.update(ordered)
        return filled
    items = [_pack(item, remaining) for item in structure]
    return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)


def same_structure(a: Any, b: Any) -> bool:
    """Whether two structures have their leaves in the same places."""
    if not is_nested(a) or not is_nested(b):
        return not is_nested(a) and not is_nested(b)
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        both = isinstance(a, Mapping) and isinstance(b, Mapping) and a.keys() == b.keys()
        return both and all(same_structure(a[key], b[key]) for key in a)
    return len(a) == len(b) and all(same_structure(x, y) for x, y in zip(a, b, strict=True))
