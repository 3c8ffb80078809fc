"""TensorFlow's answers for the rows of the case table, as tests/reference/record_laws.py recorded
them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PATH = Path(__file__).parents[1] / "golden" / "laws.npz"

# How near we must be to TensorFlow, whose exp, tanh, erf … are polynomials of its own.
TENSORFLOW = {"float64": 1e-11, "float32": 1e-5, "float16": 1e-2}


@dataclass(frozen=True)
class Answer:
    """What TensorFlow computed for a row.

    Attributes:
        values: the flat results.
        gradient: one entry for each differentiated array, None where nothing flows back; None as a
            whole
            where TensorFlow has no gradient.
    """

    values: list[Any]
    gradient: list[Any] | None


def save(answers: Mapping[str, Answer], path: Path = PATH) -> None:
    """Writes the answers, one array each, named after the row's key."""
    arrays: dict[str, Any] = {}
    for key, answer in sorted(answers.items()):
        arrays.update({f"{key}/y{i}": value for i, value in enumerate(answer.values)})
        if answer.gradient is None:
            arrays[f"{key}/no gradient"] = np.zeros(0)
        for i, dx in enumerate(answer.gradient or ()):
            arrays[f"{key}/{'none' if dx is None else 'dx'}{i}"] = np.zeros(0) if dx is None else dx
    np.savez_compressed(path, **arrays)


def load(path: Path = PATH) -> dict[str, Answer]:
    """The recorded answers by key; nothing if there is no file yet."""
    answers: dict[str, Answer] = {}
    if not path.exists():
        return answers
    with np.load(path) as file:
        for name in file.files:
            key, _, part = name.partition("/")
            answer = answers.setdefault(key, Answer([], []))
            if part == "no gradient":
                answers[key] = Answer(answer.values, None)
            elif part.startswith("y"):
                answer.values.append(file[name])
            else:
                assert answer.gradient is not None
                answer.gradient.append(None if part.startswith("none") else file[name])
    return answers


GOLDEN = load()
