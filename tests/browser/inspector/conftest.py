"""What the tests of the inspector's page share: a network, its document, and pages that show it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.inspector import page as inspector_page


def xor():
    """The tutorial's network for XOR, its four points, and a step of its training."""
    rng = np.random.default_rng(1)
    graph = ts.Graph()
    with graph.as_default():
        x = ts.placeholder(ts.float64, [None, 2], name="x")
        c = ts.placeholder(ts.float64, [None, 2], name="c")
        with ts.name_scope("hidden"):
            w = ts.Variable(rng.standard_normal((2, 2)), name="w")
            p = ts.sigmoid(ts.add(ts.matmul(x, w), ts.Variable(np.zeros(2), name="b")), name="p")
        with ts.name_scope("output"):
            v = ts.Variable(rng.standard_normal((2, 2)), name="v")
            y = ts.nn.softmax(ts.matmul(p, v), name="y")
        loss = ts.negative(ts.reduce_sum(c * ts.log(y)), name="loss")
        step = ts.train.GradientDescentOptimizer(0.1).minimize(loss)
    feeds = {x: [[0, 0], [0, 1], [1, 0], [1, 1]], c: [[1, 0], [0, 1], [0, 1], [1, 0]]}
    return SimpleNamespace(graph=graph, loss=loss, step=step, feeds=feeds)


@pytest.fixture(scope="module")
def network():
    return xor()


@pytest.fixture(scope="module")
def found(network):
    session = ts.Session(graph=network.graph)
    return ts.inspect([network.loss, network.step], network.feeds, session=session)


@pytest.fixture(scope="module")
def document(found):
    return found.document


@pytest.fixture
def show(open_page, tmp_path):
    """A function that opens the page of a document."""

    def shown(document, fragment="", **options):
        file = tmp_path / "page.html"
        file.write_text(inspector_page.page_of(document), encoding="utf-8")
        page = open_page(**{"viewport": {"width": 1440, "height": 900}, **options})
        page.goto(file.as_uri() + fragment)
        page.wait_for_selector(".item")
        return page

    return shown
