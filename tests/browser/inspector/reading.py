"""How these tests read the inspector's page, and use it."""

from __future__ import annotations

import numpy as np


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def press(page, key):
    page.locator(".picture").focus()
    page.keyboard.press(key)


def heading(page):
    return page.locator(".panel h2").text_content()


def item(page, name):
    """A node in the picture."""
    return page.locator(f'.item[aria-label^="{name}, "]')


NUMBERS = """panel => {
  const value = panel.querySelector('.value');
  if (!value) return null;
  if (value.dataset.kind === 'heatmap') {
    const rows = [...value.querySelectorAll('tr')];
    const cells = row => [...row.cells].map(cell => cell.dataset.value);
    const texts = row => [...row.cells].map(cell => cell.textContent);
    return {numbers: rows.map(cells), texts: rows.map(texts)};
  }
  const all = [...value.querySelectorAll('.number data, .numbers data')];
  return {numbers: all.map(data => data.value), texts: all.map(data => data.textContent)};
}"""


def numbers(page, selector=".panel .output"):
    """The numbers of the first value inside an element, as they are and as they are written."""
    return page.locator(selector).first.evaluate(NUMBERS)


def expect_values(shown, expected):
    """What is shown is what a session gives: to the six digits that are kept, four in cells."""
    expected = np.asarray(expected)
    for texts, digits in ((shown["numbers"], 5e-6), (shown["texts"], 5e-4)):
        actual = np.array(texts, dtype=np.float64).reshape(expected.shape)
        np.testing.assert_allclose(actual, expected, rtol=digits, atol=1e-12)


def id_of(document, name):
    return next(node["id"] for node in document["nodes"] if node["name"] == name)


def node_of(document, number):
    return next(node for node in document["nodes"] if node["id"] == number)


def choose(page, result, source):
    page.get_by_role("tab", name="Gradients").click()
    page.get_by_label("The gradient of", exact=True).select_option(label=result)
    page.get_by_label("With respect to", exact=True).select_option(label=source)
