"""The networks that these tests look into."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

import tensorslow as ts


def xor() -> Any:
    """Four points, two hidden units, and a step of gradient descent, in a graph of their own."""
    rng = np.random.default_rng(0)
    graph = ts.Graph()
    with graph.as_default():
        x = ts.placeholder(ts.float64, [None, 2], name="x")
        c = ts.placeholder(ts.float64, [None, 2], name="c")
        with ts.name_scope("hidden"):
            w = ts.Variable(rng.standard_normal((2, 2)), name="w")
            b = ts.Variable(rng.standard_normal(2), name="b")
            hidden = ts.sigmoid(ts.matmul(x, w) + b)
        with ts.name_scope("output"):
            v = ts.Variable(rng.standard_normal((2, 2)), name="v")
            p = ts.nn.softmax(ts.matmul(hidden, v), name="p")
        loss = ts.negative(ts.reduce_sum(c * ts.log(p)), name="loss")
        step = ts.train.GradientDescentOptimizer(0.5).minimize(loss)
    feeds = {x: [[0, 0], [0, 1], [1, 0], [1, 1]], c: [[1, 0], [0, 1], [0, 1], [1, 0]]}
    return SimpleNamespace(graph=graph, x=x, c=c, w=w, b=b, v=v, loss=loss, step=step, feeds=feeds)


def deep(layers: int) -> Any:
    """A chain of layers with an Adam step: some 27 nodes a layer."""
    graph = ts.Graph()
    with graph.as_default():
        x = ts.placeholder(ts.float32, [None, 64], name="x")
        y = x
        for i in range(layers):
            with ts.name_scope(f"layer{i}"):
                w = ts.Variable(ts.random_normal([64, 64], stddev=0.1, seed=i), name="w")
                y = y + 0.1 * ts.tanh(ts.matmul(y, w) + ts.Variable(ts.zeros([64]), name="b"))
        loss = ts.reduce_mean(ts.square(y))
        step = ts.train.AdamOptimizer(1e-3).minimize(loss)
    feeds = {x: np.random.default_rng(0).standard_normal((32, 64))}
    return SimpleNamespace(graph=graph, loss=loss, step=step, feeds=feeds)


def node(document: Any, name: str) -> Any:
    """The node of that name."""
    (found,) = [x for x in document["nodes"] if x["name"] == name]
    return found
