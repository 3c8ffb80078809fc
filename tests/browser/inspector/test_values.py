"""The inspector's page: each value that it shows, and that everybody can use it."""

from __future__ import annotations

import pytest

import tensorslow as ts
from tests.browser.conftest import screenshot
from tests.browser.inspector.reading import (
    button,
    choose,
    expect_values,
    heading,
    id_of,
    item,
    node_of,
    numbers,
    press,
)

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

# Stepping


def test_each_value_of_each_step_is_what_a_session_gives(show, document, network):
    page = show(document)
    nodes = {node["id"]: node for node in document["nodes"]}
    session = ts.Session(graph=network.graph)
    places = [(i, k) for i in document["steps"] for k in range(len(nodes[i]["outputs"]))]
    tensors = [network.graph.get_tensor_by_name(f"{nodes[i]['name']}:{k}") for i, k in places]
    # In one run, so that all see the variables from before it, and updates what they make.
    values = session.run([tensors, network.step], network.feeds)[0]
    expected = dict(zip(places, values, strict=True))
    compared = 0
    for position, i in enumerate(document["steps"]):
        button(page, "Step forward").click()
        assert heading(page) == nodes[i]["name"]
        assert (
            f"{position + 1} of {len(document['steps'])}"
            in page.locator(".step-words").inner_text()
        )
        for k in range(len(nodes[i]["outputs"])):
            expect_values(numbers(page), expected[i, k])
            compared += 1
    assert compared == len(places) >= 40
    back = [heading(page)]
    while len(back) < len(document["steps"]):
        button(page, "Step back").click()
        back.append(heading(page))
    assert back == [nodes[i]["name"] for i in reversed(document["steps"])]


def test_an_update_shows_what_the_variable_becomes(show, document, network):
    page = show(document)
    session = ts.Session(graph=network.graph)
    session.run(network.step, network.feeds)
    applied = [node for node in document["nodes"] if node["type"] == "ApplyGradientDescent"]
    assert len(applied) == 3
    for node in applied:
        variable = next(x for x in document["nodes"] if x["id"] == node["inputs"][0][0])
        page.get_by_label("Find a node by name or type").fill(node["name"])
        page.keyboard.press("Enter")
        assert heading(page) == node["name"]
        expect_values(numbers(page), session.run(f"{variable['name']}:0"))


def test_a_step_shows_the_values_of_the_inputs(show, document, network):
    page = show(document, fragment="#hidden/MatMul")
    session = ts.Session(graph=network.graph)
    for i, name in enumerate(["x:0", "hidden/w:0"]):
        expect_values(numbers(page, f'[data-input="{i}"]'), session.run(name, network.feeds))


def test_steps_mark_the_node_its_inputs_and_what_is_still_to_come(show, document):
    page = show(document)
    for _ in range(document["steps"].index(id_of(document, "hidden/MatMul")) + 1):
        press(page, "ArrowRight")
    assert "selected" in item(page, "hidden/MatMul").get_attribute("class")
    assert "input" in item(page, "x").get_attribute("class")
    assert "pending" in item(page, "loss").get_attribute("class")
    assert "pending" not in item(page, "hidden/w").get_attribute("class")
    press(page, "ArrowLeft")
    assert "pending" in item(page, "hidden/MatMul").get_attribute("class")
    press(page, "Escape")
    assert page.locator(".pending").count() == 0
    page.get_by_label("Step of the evaluation").fill("3")
    assert page.locator(".step-words").inner_text().startswith("3 of ")
    assert heading(page) == node_of(document, document["steps"][2])["name"]


# For everyone


def test_all_can_be_done_with_keys(show, document):
    page = show(document)
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        element = page.evaluate(
            "() => { const at = document.activeElement;"
            "  return at.className + ' ' + (at.getAttribute('role') ?? at.tagName) + ' '"
            "    + (at.getAttribute('aria-label') ?? at.textContent).slice(0, 40); }"
        )
        if element in reached:
            break
        reached.append(element)
    text = "\n".join(reached)
    for part in ("combobox", "↓ Forward", "Fold all", "application", "Step forward",
                 "Step of the evaluation", "tab Node", "tab Nodes", "treeitem"):  # fmt: skip
        assert part in text, part
    tree = page.get_by_role("tree")
    tree.locator('[tabindex="0"]').focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert heading(page).startswith("hidden/")
    assert tree.locator('[aria-selected="true"]').count() == 1
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert item(page, "hidden/MatMul").count() == 0  # its group is folded
    press(page, "End")
    assert heading(page) == document["nodes"][-1]["name"]
    press(page, "Home")
    press(page, "ArrowDown")
    first = document["nodes"][0]["id"]
    reader = next(node for node in document["nodes"] if [first, 0] in node["inputs"])
    assert heading(page) == reader["name"]
    press(page, "ArrowUp")
    assert heading(page) == document["nodes"][0]["name"]


def test_links_lead_to_nodes_and_follow_the_reader(show, document):
    page = show(document, fragment="#output/y")
    assert heading(page) == "output/y"
    item(page, "hidden/w").click()
    page.wait_for_function("() => decodeURIComponent(location.hash) === '#hidden/w'")


def test_the_users_line_and_the_sources_are_shown(show, document):
    page = show(document, fragment="#output/y")
    here = page.locator(".lines .here")
    assert "ts.nn.softmax" in here.inner_text()
    assert page.locator(".lines .line").count() == 7
    assert "def _softmax_compute" in page.get_by_label("Source of Softmax").inner_text()
    gradient = document["operations"]["Softmax"]["gradient"]
    assert page.get_by_label("Gradient of Softmax").text_content() == gradient
    assert page.locator(".formula math").count() == 2
    page.get_by_role("tab", name="Program").click()
    row = page.locator(".program li.here")
    assert "ts.nn.softmax" in row.inner_text()
    row.get_by_role("button").click()
    assert item(page, "output/y").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(show, document, serious, scheme):
    page = show(document, color_scheme=scheme)
    assert serious(page) == []
    for _ in range(12):
        press(page, "ArrowRight")
    choose(page, "loss", "hidden/w")
    screenshot(page, f"inspector-gradients-{scheme}")
    assert serious(page) == []
    page.get_by_role("tab", name="Node", exact=True).click()
    page.get_by_role("tab", name="Program").click()
    screenshot(page, f"inspector-{scheme}")
    assert serious(page) == []


def test_the_theme_can_be_chosen(show, document):
    page = show(document, color_scheme="light")
    ground = (
        "() => getComputedStyle(document.querySelector('.tensorslow-inspector')).backgroundColor"
    )
    light = page.evaluate(ground)
    theme = page.locator(".theme")
    theme.click()
    assert page.evaluate(ground) == light
    theme.click()
    assert page.evaluate(ground) != light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(show, document, serious, scheme):
    page = show(document, color_scheme=scheme, **PHONE)
    button(page, "Step forward").click()
    for tab in ("Gradients", "Program", "Nodes", "Node"):
        page.get_by_role("tab", name=tab, exact=True).click()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    screenshot(page, f"inspector-phone-{scheme}", full_page=True)
    assert serious(page) == []
    width = page.locator(".picture").bounding_box()["width"]
    assert width >= 360
