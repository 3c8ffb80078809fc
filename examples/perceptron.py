"""A perceptron learns to tell two point clouds apart.

Run it with `python examples/perceptron.py`; it prints the loss and draws the line it found.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from pictures import draw_classes

import tensorslow as ts

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--out", type=Path, default=Path("out/perceptron.png"))
parser.add_argument("--quick", action="store_true", help="20 steps")
arguments = parser.parse_args()
steps = 20 if arguments.quick else arguments.steps
np.random.seed(arguments.seed)

# Two clouds of 50 points each, the red one around (-2, -2), the blue one around (2, 2)
red_points = np.random.randn(50, 2) - 2 * np.ones((50, 2))
blue_points = np.random.randn(50, 2) + 2 * np.ones((50, 2))

ts.Graph().as_default()

X = ts.placeholder()
c = ts.placeholder()

# One column of weights for each class
W = ts.Variable(np.random.randn(2, 2))
b = ts.Variable(np.random.randn(2))
p = ts.softmax(ts.add(ts.matmul(X, W), b))

# Cross-entropy loss
J = ts.negative(ts.reduce_sum(ts.reduce_sum(ts.multiply(c, ts.log(p)), axis=1)))
minimization_op = ts.train.GradientDescentOptimizer(learning_rate=0.001).minimize(J)

feed_dict = {
    X: np.concatenate((red_points, blue_points)),
    c: [[1, 0]] * len(red_points) + [[0, 1]] * len(blue_points),
}

session = ts.Session()
losses = []
for step in range(steps):
    J_value, _ = session.run([J, minimization_op], feed_dict)
    losses.append(J_value)
    if step % 10 == 0:
        print(f"step {step:4}  loss {J_value:9.5f}")

# The line between the classes is where both have the same score
W_value, b_value = session.run([W, b])
(a1, a2), a0 = W_value[:, 1] - W_value[:, 0], b_value[1] - b_value[0]
print(f"line: {a1:.3f} x1 {a2:+.3f} x2 {a0:+.3f} = 0")
guesses = session.run(p, feed_dict).argmax(axis=1)
print(f"correct: {np.mean(guesses == np.argmax(feed_dict[c], axis=1)):.1%}")

draw_classes(
    arguments.out,
    "A perceptron's line",
    red_points,
    blue_points,
    lambda points: session.run(p, {X: points})[:, 1],
    losses,
)
print(f"picture: {arguments.out}")
