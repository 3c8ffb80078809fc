"""Pages in Debian's Chromium, which may say no error, and axe-core's opinion of them.

`tests/browser/install.sh` installs what is needed; without it these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
HOW = "see tests/browser/install.sh"
SHOTS = os.environ.get("SHOTS")  # a folder: tests put their screenshots there, to be looked at


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason=f"no Playwright; {HOW}")
    if not CHROMIUM or not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium; {HOW}")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # it refuses root its sandbox
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield opened
        opened.close()


@pytest.fixture
def errors() -> list[str]:
    """What the pages of a test wrote to the console as errors; at its end there must be none."""
    return []


@pytest.fixture
def open_page(browser: Any, errors: list[str]) -> Iterator[Callable[..., Any]]:
    """A function that opens an empty page; it takes what `Browser.new_context` takes."""
    contexts = []

    def opened(**options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(errors, message))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """An empty page, 1280 wide."""
    return open_page()


@pytest.fixture
def serious() -> Callable[..., list[str]]:
    """A function of a page: axe-core's serious and critical violations in it, a line each."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=f"no axe; {HOW}")

    def of(page: Any, options: dict[str, Any] | None = None) -> list[str]:
        # It would fetch style sheets anew, which a page from a file may not.
        found = axe.Axe().run(page, options={"preload": False, **(options or {})})
        violations = found.response["violations"]
        return [
            f"{violation['id']}: {violation['help']}: {node['target']}"
            for violation in violations
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]

    return of


def screenshot(page: Any, name: str, **options: Any) -> None:
    """Puts a screenshot into the folder that SHOTS names, if it names one."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", **options)


def _note(errors: list[str], message: Any) -> None:
    if message.type == "error":
        errors.append(f"{message.location.get('url', '')}: {message.text}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a browser is slow."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
