"""The inspector's page in files, frames and notebooks; what is built is current."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tensorslow.inspector import page as inspector_page
from tests.browser.inspector.reading import button, heading

WEB = Path(inspector_page.__file__).parent / "web"

# In notebooks


def test_the_script_is_a_widget_too(open_page, document, tmp_path):
    script = inspector_page.asset("inspector.js").replace("</script", "<\\/script")
    data = json.dumps(document).replace("<", "\\u003c")
    code = "document.getElementById('code').textContent"
    url = f"URL.createObjectURL(new Blob([{code}], {{type: 'text/javascript'}}))"
    style = inspector_page.asset("inspector.css")
    (tmp_path / "widget.html").write_text(
        f"<!doctype html><html lang=en><title>t</title><style>{style}</style>"
        f"<div id=cell></div><script type=text/plain id=code>{script}</script><script type=module>"
        f"const {{default: widget}} = await import({url}); const data = {data};"
        "widget.render({model: {get: () => data, on() {}}, el: document.getElementById('cell')});"
        "</script>",
        encoding="utf-8",
    )
    page = open_page()
    page.goto((tmp_path / "widget.html").as_uri())
    page.wait_for_selector("#cell .item")
    page.locator("#cell").get_by_role("button", name="Step forward").click()
    assert heading(page) == document["nodes"][0]["name"]


def test_a_frame_in_a_notebook_works_without_rights(open_page, found, tmp_path):
    (tmp_path / "notebook.html").write_text(found._repr_html_(), encoding="utf-8")
    page = open_page()
    page.goto((tmp_path / "notebook.html").as_uri())
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Step forward").click()
    first = found.document["nodes"][0]["name"]
    assert frame.locator(".panel h2").text_content() == first
    page.wait_for_timeout(400)  # an address that may not be written would be by now


def test_the_page_asks_for_nothing_from_outside(open_page, found, tmp_path):
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    file = Path(tmp_path / "page.html")
    file.write_text(found.html(), encoding="utf-8")
    page.goto(file.as_uri())
    page.wait_for_selector(".item")
    button(page, "Step forward").click()
    assert asked == [file.as_uri()]


# How it is built


def test_the_built_files_are_what_the_sources_give(tmp_path):
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("no node: the built files are taken as they are")
    web = tmp_path / "web"
    shutil.copytree(WEB, web, ignore=shutil.ignore_patterns("node_modules"))
    if (WEB / "node_modules").exists():
        (web / "node_modules").symlink_to(WEB / "node_modules")
    else:
        fetched = subprocess.run([npm, "ci"], cwd=web, capture_output=True, timeout=120)
        if fetched.returncode:
            pytest.skip("npm ci failed: no network?")
    for command in (["run", "check"], ["run", "build", "--", str(tmp_path / "static")]):
        done = subprocess.run([npm, *command], cwd=web, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    for name in ("inspector.js", "inspector.css"):
        built = (tmp_path / "static" / name).read_text(encoding="utf-8")
        assert built == inspector_page.asset(name), f"{name}: npm ci && npm run build"
