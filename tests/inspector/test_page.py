"""The page: self-contained, closed to the outside, and nothing that it shows is executed."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re

import pytest

import tensorslow as ts
from tensorslow.inspector import page
from tests.inspector.networks import xor

NASTY = "</script><script>alert(1)</script><!-- & \u2028 \u2029 \"'"


@pytest.fixture(scope="module")
def found():
    network = xor()
    found = ts.inspect(network.loss, network.feeds, graph=network.graph, title=NASTY)
    found.document["nodes"][0]["name"] = NASTY
    found.document["nodes"][0]["scope"] = "<script>alert(2)</script>"
    return found


def scripts(text):
    return re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)


def test_a_name_can_end_no_element(found):
    text = found.html()
    assert "alert(1)</script>" not in text
    (_, data), _ = scripts(text)
    assert not set(data) & set("<>&\u2028\u2029")
    assert json.loads(data) == found.document
    assert f"<title>{html.escape(NASTY)} · tensorslow</title>" in text


def test_it_has_one_script_and_may_run_no_other(found):
    (kind, _), (module, script) = scripts(found.html())
    assert 'type="application/json"' in kind
    assert module == ' type="module"'
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = html.unescape(re.search(r'Policy" content="([^"]*)"', found.html())[1])
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert "unsafe-eval" not in policy


def test_it_refers_to_nothing_outside(found):
    shell = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", found.html(), flags=re.DOTALL)
    assert re.findall(r"(?:src|href|url)\s*[=(]", shell) == []
    assert "//" not in shell


def test_a_notebook_gets_a_frame_that_is_shut_in(found):
    frame = found._repr_html_()
    assert frame.startswith('<iframe sandbox="allow-scripts" ')
    srcdoc = re.search(r'srcdoc="([^"]*)"', frame)[1]
    assert html.unescape(srcdoc) == found.html()
    assert frame.count("<") == 2


def test_save_writes_the_page(found, tmp_path):
    path = found.save(tmp_path / "page.html")
    assert path.read_text(encoding="utf-8") == found.html()


def test_nan_never_gets_into_a_page(found):
    broken = {**found.document, "title": float("nan")}
    with pytest.raises(ValueError, match="not JSON compliant"):
        page.embedded(broken)


def test_a_widget_holds_the_document(found):
    pytest.importorskip("anywidget", reason="an extra")
    widget = found.widget()
    assert widget.document == found.document
    assert "render" in widget._esm
    assert widget._css == page.asset("inspector.css")


def test_without_anywidget_it_says_what_to_install(found, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    with pytest.raises(ImportError, match=r"pip install 'tensorslow\[inspect\]'"):
        found.widget()
