"""The inspector's page shows where gradients flow, and what went wrong."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import tensorslow as ts
from tests.browser.inspector.reading import button, choose, heading, item

# Gradients


def test_the_way_of_a_gradient_is_shown_with_its_norms(show, document, network):
    page = show(document)
    choose(page, "loss", "hidden/w")
    names = page.locator(".way-list .place").all_text_contents()
    assert names[0] == "loss"
    assert names[-2:] == ["hidden/MatMul", "hidden/w"]
    assert "✓" in page.locator(".verdict").inner_text()
    with network.graph.as_default():
        (slope,) = ts.gradients(network.loss, network.graph.get_tensor_by_name("hidden/w:0"))
    norm = np.linalg.norm(ts.Session(graph=network.graph).run(slope, network.feeds))
    assert float(page.locator(".way-list .brief").last.text_content()) == pytest.approx(
        norm, rel=5e-3
    )
    assert "way" in item(page, "output/y").get_attribute("class").split()
    assert "way" not in item(page, "x").get_attribute("class").split()


def test_the_table_of_norms_is_sorted_both_ways(show, document):
    page = show(document)
    page.get_by_role("tab", name="Gradients").click()
    norms = [gradient["norm"] for gradient in document["gradients"]]
    shown = page.locator(".norms td .place")
    expected = sorted(norms, reverse=True)
    assert [float(x) for x in shown.all_text_contents()] == pytest.approx(expected, rel=1e-3)
    page.get_by_role("button", name="Norm", exact=True).click()
    assert [float(x) for x in shown.all_text_contents()] == pytest.approx(sorted(norms), rel=1e-3)


def test_edges_get_thicker_with_the_norm(show, document):
    page = show(document)
    button(page, "Gradient flow").click()
    widths = page.locator(".edge.gradient").evaluate_all(
        "x => x.map(e => parseFloat(e.style.strokeWidth))"
    )
    assert len(widths) > 8
    assert max(widths) > 2 * min(widths)
    assert page.locator(".norm").count() == len(widths)


def broken():
    with ts.Graph().as_default() as graph:
        x = ts.placeholder(ts.float64, [3], name="x")
        alone = ts.constant([1.0, 2.0, 3.0], dtype=ts.float64, name="alone")
        y = ts.reduce_sum(ts.stop_gradient(x * 2.0, name="wall") * alone, name="y")
        return ts.inspect(y, {x: [1.0, 2.0, 3.0]}, session=ts.Session(graph=graph)).document


def test_a_broken_way_is_shown_with_its_reason(show):
    document = broken()
    page = show(document)
    choose(page, "y", "x")
    (reason,) = next(n for n in document["nodes"] if n["name"] == "wall")["gradient"]
    verdict = page.locator(".verdict.broken").inner_text()
    assert "does not reach x" in verdict
    assert "wall" in verdict
    assert reason in verdict
    assert "broken" in item(page, "wall").get_attribute("class").split()
    choose(page, "x", "y")
    assert "does not depend on" in page.locator(".verdict.broken").inner_text()


def test_two_shift_clicks_pick_the_ends(show, document):
    page = show(document)
    item(page, "loss").click(modifiers=["Shift"])
    item(page, "hidden/w").click(modifiers=["Shift"])
    assert "reaches hidden/w" in page.locator(".verdict").inner_text()


# What is wrong, and what is hostile


def test_the_first_culprit_is_named_and_led_to(show):
    with ts.Graph().as_default() as graph:
        x = ts.placeholder(ts.float64, [3], name="x")
        y = ts.reduce_sum(ts.log(x, name="culprit") * 2.0, name="y")
        session = ts.Session(graph=graph)
        document = ts.inspect(y, {x: [0.0, 1.0, 2.0]}, session=session).document
    page = show(document)
    banner = page.get_by_role("alert")
    assert "First inf: culprit" in banner.inner_text()
    assert document["culprit"]["why"] in banner.inner_text()
    banner.get_by_role("button").click()
    assert heading(page) == "culprit"
    assert "1 infinite of 3" in page.locator(".wrong").inner_text()
    assert page.locator(".numbers .bad").text_content() == "-inf"
    assert page.locator(".item.bad").count() == 3
    assert page.locator(".item.culprit").count() == 1


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_names_and_texts_are_never_markup(show, document, text):
    hostile = copy.deepcopy(document)
    node = hostile["nodes"][0]
    node["name"] = node["type"] = node["scope"] = text
    node["line"] = {"file": text, "number": 1, "text": text}
    node["engine"] = {"kernel": text, "loops": text, "microseconds": 1.0}
    node["gradient"] = [text]
    hostile["title"] = text
    hostile["program"] = {"file": text, "lines": [text]}
    hostile["culprit"] = {"node": node["id"], "what": "nan", "why": text, "operands": [text]}
    hostile["error"] = {"node": node["id"], "text": f"{text}\n{text}"}
    formula = f"<math href='x:y'><mi>safe</mi>{text}<mtext>kept{text}</mtext></math>"
    foreign = f"<annotation-xml encoding='text/html'>{text}</annotation-xml>"
    hostile["operations"][text] = {
        "formula": formula,
        "gradient_formula": f"<math>{foreign}</math>",
        "plain": text, "gradient_plain": text, "summary": text,
        "compute": text, "gradient": text, "file": text, "line": 1,
    }  # fmt: skip
    page = show(hostile)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name=f"Go to {text}").first.click()
    assert heading(page) == text
    page.get_by_role("tab", name="Program").click()
    page.get_by_role("tab", name="Gradients").click()
    page.get_by_label("Find a node by name or type").fill(text)
    assert page.locator("body script").count() == 2  # the document and the page's own
    assert page.locator("body img").count() == 0
    assert page.locator("[onclick], [onerror]").count() == 0
    # What might listen to events is not even parsed; of the rest, what is no formula is left out.
    assert page.locator("math mi").all_text_contents() == ([] if "onerror" in text else ["safe"])
    assert page.locator("math annotation-xml, math [href]").count() == 0
    assert dialogs == []
