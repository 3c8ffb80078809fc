"""Shows after the tests how many random graphs were compared, of what they consisted, and how deep
they were."""

from __future__ import annotations

import pytest

REPORTS = pytest.StashKey[list[str]]()


@pytest.fixture
def show(request: pytest.FixtureRequest):
    """A function that adds a text to what is shown at the end."""
    return request.config.stash.setdefault(REPORTS, []).append


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for text in config.stash.get(REPORTS, []):
        terminalreporter.section("random graphs")
        terminalreporter.line(text)
