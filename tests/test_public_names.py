"""The public names: all are listed, and they are TensorFlow's, with TensorFlow's parameters."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType

import pytest

import tensorslow as ts

GOLDEN = Path(__file__).parent / "golden"
NAMESPACES = ("math", "nn", "random", "train")


def rows(file: str) -> list[list[str]]:
    lines = (GOLDEN / file).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


TENSORFLOW = rows("tf115_names.tsv")
CALLABLE = [row for row in TENSORFLOW if len(row) == 3]


def find(name: str) -> object:
    """What `name`, such as "nn.relu", is in the library."""
    found: object = ts
    for part in name.split("."):
        found = getattr(found, part)
    return found


def names_of(module: ModuleType) -> list[str]:
    """Its public names: what `__all__` says."""
    return list(module.__all__)


def public_names() -> list[str]:
    inside = [f"{space}.{name}" for space in NAMESPACES for name in names_of(getattr(ts, space))]
    return sorted([*names_of(ts), *inside])


def test_the_public_names_are_those_listed():
    listed = [name for (name,) in rows("public_names.txt")]
    assert public_names() == listed


def test_what_is_listed_exists_and_nothing_else_is_in_sight():
    for module in (ts, *(getattr(ts, space) for space in NAMESPACES)):
        visible = {
            name
            for name, value in vars(module).items()
            if not name.startswith("_") and not inspect.ismodule(value) and name != "annotations"
        }
        modules = {name for name in names_of(module) if inspect.ismodule(getattr(module, name))}
        assert visible | modules | {"__version__"} >= set(names_of(module))
        assert visible - set(names_of(module)) == set()


@pytest.mark.parametrize("name", [row[0] for row in TENSORFLOW])
def test_a_name_of_tensorflow_is_here(name):
    assert find(name) is not None or name == "newaxis"


@pytest.mark.parametrize("row", CALLABLE, ids=lambda row: row[0])
def test_parameters_are_those_of_tensorflow_in_its_order(row):
    name, _, expected = row
    parameters = list(inspect.signature(find(name)).parameters.values())
    ours = [p.name + "=" * (p.default is not p.empty) for p in parameters]
    theirs = expected.split()
    assert [p.rstrip("=") for p in ours[: len(theirs)]] == [p.rstrip("=") for p in theirs]
    for our, their in zip(ours, theirs):
        assert our.endswith("=") or not their.endswith("="), f"{their} has a default in TensorFlow"
    assert all(p.default is not p.empty for p in parameters[len(theirs) :])


def test_one_function_has_one_definition_under_all_its_names():
    by_name: dict[str, list[str]] = {}
    for row in TENSORFLOW:
        by_name.setdefault(row[0].rpartition(".")[2], []).append(row[0])
    shared = [names for names in by_name.values() if len(names) > 1]
    assert shared
    for first, *others in shared:
        for other in others:
            assert find(other) is find(first), f"{other} is not {first}"


@pytest.mark.parametrize("name", public_names())
def test_what_is_public_and_callable_is_documented(name):
    value = find(name)
    if callable(value):
        assert inspect.getdoc(value), f"{name} has no docstring"
