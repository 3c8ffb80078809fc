"""The public names: all are listed, and they are TensorFlow's, with TensorFlow's parameters.

`python -m tests.test_public_names` writes the list anew.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import tensorslow as ts

GOLDEN = Path(__file__).parent / "golden"
PUBLIC = "public_names.txt"
NAMESPACES = ("math", "nn", "random", "train")

# Names that TensorFlow 1.15 has not.
OURS = {
    "__version__",
    "explain_gradient",  # looks at a graph
    "inspect",
    "summary_of",
    "compute_gradients",  # the tutorial's: a gradient for every node
    "log_softmax",  # at top level as in the tutorial; TensorFlow has them in nn and math
    "relu",
    "softmax",
    "nn.gelu",  # came with TensorFlow 2.4
    *NAMESPACES,  # modules
}
# Functions here, classes there; they are called in the same way.
FUNCTIONS_HERE = {"name_scope"}


def rows(file: str) -> list[list[str]]:
    lines = (GOLDEN / file).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def find(name: str) -> object:
    """What `name`, such as "nn.relu", is in the library."""
    found: object = ts
    for part in name.split("."):
        found = getattr(found, part)
    return found


def all_names() -> list[str]:
    """Every name in every `__all__`."""
    inside = [f"{space}.{name}" for space in NAMESPACES for name in getattr(ts, space).__all__]
    return sorted([*ts.__all__, *inside])


TENSORFLOW = {name: (kind, rest) for name, kind, *rest in rows("tf115_names.tsv")}
NAMES = all_names()
TENSORFLOWS = [name for name in NAMES if name not in OURS]


def test_the_public_names_are_those_listed():
    listed = [name for (name,) in rows(PUBLIC)]
    assert listed == NAMES


def test_nothing_else_is_in_sight():
    for space in (ts, *(getattr(ts, name) for name in NAMESPACES)):
        visible = {
            name
            for name, value in vars(space).items()
            if not name.startswith("_") and not inspect.ismodule(value)
        }
        assert visible <= set(space.__all__)


def test_names_are_tensorflows():
    unknown = [name for name in TENSORFLOWS if name not in TENSORFLOW]
    assert unknown == [], "TensorFlow 1.15 has no such name; if it is meant, list it in OURS"


def test_what_is_a_class_or_a_function_in_tensorflow_is_one_here():
    wrong = {}
    for name in TENSORFLOWS:
        kind, value = TENSORFLOW[name][0], find(name)
        if callable(value) != (kind in ("class", "function")):
            wrong[name] = kind
        if inspect.isclass(value) != (kind == "class") and name not in FUNCTIONS_HERE:
            wrong[name] = kind
    assert wrong == {}


def test_parameters_are_tensorflows_in_its_order():
    """We may have more of them (those that TensorFlow added later), but no more required ones."""
    wrong = {}
    for name in TENSORFLOWS:
        expected = " ".join(TENSORFLOW[name][1])
        if not expected:
            continue
        parameters = list(inspect.signature(find(name)).parameters.values())
        theirs = [their.rstrip("=") for their in expected.split()]
        required = {their for their in expected.split() if not their.endswith("=")}
        in_order = [p.name for p in parameters if p.name in theirs] == theirs
        if not in_order or not {p.name for p in parameters if p.default is p.empty} <= required:
            wrong[name] = (expected, str(inspect.signature(find(name))))
    assert wrong == {}


def test_one_function_has_one_definition_under_all_its_names():
    by_name: dict[str, list[str]] = {}
    for name in NAMES:
        by_name.setdefault(name.rpartition(".")[2], []).append(name)
    pairs = [(first, other) for first, *others in by_name.values() for other in others]
    pairs += [(f"random_{name}", f"random.{name}") for name in ("normal", "shuffle", "uniform")]
    different = [(first, other) for first, other in pairs if find(first) is not find(other)]
    assert len(pairs) > 50
    assert different == []


def test_what_can_be_called_is_documented():
    found = {name: find(name) for name in NAMES}
    assert [n for n, value in found.items() if callable(value) and not inspect.getdoc(value)] == []


if __name__ == "__main__":
    header = "# Every public name. A change here is a change for users: CHANGELOG.md tells them."
    (GOLDEN / PUBLIC).write_text("\n".join([header, *NAMES, ""]), encoding="utf-8")
