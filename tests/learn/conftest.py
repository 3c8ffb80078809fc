"""Chapters that ran once, in a process of their own, for all tests that look at them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CHAPTERS = Path(__file__).parents[2] / "tensorslow" / "learn" / "chapters"


class Ran(NamedTuple):
    """A chapter that ran: how long it took, and the `repr` of what its cells defined."""

    seconds: float
    defined: dict[str, str]


PROGRAM = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location(sys.argv[1], sys.argv[1] + ".py")
module = importlib.util.module_from_spec(spec)
sys.modules[sys.argv[1]] = module
spec.loader.exec_module(module)
_, defined = module.app.run()
json.dump({name: repr(defined[name]) for name in sys.argv[2:]}, open("defined.json", "w"))
"""


@pytest.fixture(scope="session")
def ran(tmp_path_factory: Any) -> Callable[..., Ran]:
    """A function of a chapter's name and of names that it defines; it runs the chapter."""
    pytest.importorskip("marimo", reason="chapters are marimo notebooks")
    pytest.importorskip("matplotlib", reason="chapters draw with matplotlib")

    def run(chapter: str, *names: str) -> Ran:
        folder = tmp_path_factory.mktemp(chapter)
        shutil.copy(CHAPTERS / f"{chapter}.py", folder)
        command = [sys.executable, "-W", "error", "-c", PROGRAM, chapter, *names]
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=_paths())
        seconds = time.perf_counter() - start
        assert done.returncode == 0, done.stderr
        return Ran(seconds, json.loads((folder / "defined.json").read_text(encoding="utf-8")))

    return run


def _paths() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "OPENBLAS_NUM_THREADS": "1"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """To run a chapter takes ten seconds."""
    for item in items:
        if "ran" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
