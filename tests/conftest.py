"""What all tests share: each begins with an empty default graph and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

import tensorslow as ts
from tensorslow import registry
from tensorslow.graph import session_stack

collect_ignore_glob = ["waist/jax_*.py"]  # no tests, and they import JAX

# The same examples every time, and no limit in seconds: a busy machine is no mistake.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--graphs`."""
    parser.addoption("--graphs", type=int, default=200, help="how many random graphs are compared")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`make test` does not even import a file whose tests are all slow."""
    if config.option.markexpr != "not slow" or collection_path.suffix != ".py":
        return None
    text = collection_path.read_text(encoding="utf-8")
    return "\npytestmark = pytest.mark.slow\n" in text or None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows what tests report with `record_property("shown", text)`."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "shown":
                terminalreporter.section(report.nodeid.partition("::")[2])
                terminalreporter.line(text)


@pytest.fixture(autouse=True)
def empty_default_graph() -> Iterator[None]:
    """A new default graph, no default session, and no gradients registered by other tests."""
    registered, user_types = dict(registry._REGISTERED), set(registry.user_types)
    ts.reset_default_graph()
    session_stack().clear()
    yield
    ts.reset_default_graph()
    session_stack().clear()
    registry._REGISTERED.clear()
    registry._REGISTERED.update(registered)
    registry.user_types.clear()
    registry.user_types.update(user_types)
