"""A look inside one training step of a network that learns XOR.

Run it with `python examples/inspect_xor.py`, and open the page that it writes: every node with its
value, its source line and its gradient. What the page shows, a program can ask, too; this one does.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import tensorslow as ts

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--steps", type=int, default=300, help="before the one that is looked into")
parser.add_argument("--out", type=Path, default=Path("out/inspect_xor.html"))
arguments = parser.parse_args()
random = np.random.default_rng(4)

points = ts.placeholder(ts.float64, [None, 2], name="points")
classes = ts.placeholder(ts.float64, [None, 2], name="classes")
with ts.name_scope("hidden"):
    W = ts.Variable(random.standard_normal((2, 4)), name="W")
    b = ts.Variable(np.zeros(4), name="b")
    hidden = ts.sigmoid(ts.matmul(points, W) + b, name="activity")
with ts.name_scope("output"):
    V = ts.Variable(random.standard_normal((4, 2)), name="V")
    probabilities = ts.nn.softmax(ts.matmul(hidden, V), name="probabilities")
loss = ts.negative(ts.reduce_mean(classes * ts.log(probabilities)), name="loss")
step = ts.train.AdamOptimizer(0.05).minimize(loss)

corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
feeds = {points: corners, classes: [[1, 0], [0, 1], [0, 1], [1, 0]]}

print(ts.summary_of(), end="\n\n")
print(ts.explain_gradient(loss, W), end="\n\n")

with ts.Session(debug=True) as session:  # it would name the node that makes the first nan
    for _ in range(arguments.steps):
        session.run(step, feeds)
    inspection = ts.inspect([loss, step], feeds, session, title="XOR, one step")
    before = session.run(loss, feeds)

gradients = {tuple(x["of"]): x["norm"] for x in inspection.document["gradients"]}
for variable in (W, b, V):
    print(f"{variable.op.name:9} gradient's norm {gradients[variable.op.id, 0]:.4f}")
print(f"loss {before:.4f}: looking at a step did not make it")

arguments.out.parent.mkdir(parents=True, exist_ok=True)
print(f"page: {inspection.save(arguments.out)}")
