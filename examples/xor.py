"""A network with one hidden layer learns the XOR problem, which no perceptron can.

Run it with `python examples/xor.py`; it prints the loss and draws the boundary it found.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from pictures import draw_classes

import tensorslow as ts

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--steps", type=int, default=2000)
parser.add_argument("--seed", type=int, default=4)
parser.add_argument("--out", type=Path, default=Path("out/xor.png"))
parser.add_argument("--quick", action="store_true", help="200 steps")
arguments = parser.parse_args()
steps = 200 if arguments.quick else arguments.steps
np.random.seed(arguments.seed)

# Four clouds of 25 points each at the corners of a square, opposite corners of one colour
red_points = np.concatenate(
    (0.2 * np.random.randn(25, 2) + [0, 0], 0.2 * np.random.randn(25, 2) + [1, 1])
)
blue_points = np.concatenate(
    (0.2 * np.random.randn(25, 2) + [0, 1], 0.2 * np.random.randn(25, 2) + [1, 0])
)

ts.Graph().as_default()

X = ts.placeholder()
c = ts.placeholder()

# A hidden layer of two sigmoids: as few as it can be done with, and so few that from some seeds
# gradient descent gets stuck on the way
W_hidden = ts.Variable(np.random.randn(2, 2))
b_hidden = ts.Variable(np.random.randn(2))
p_hidden = ts.sigmoid(ts.add(ts.matmul(X, W_hidden), b_hidden))

# One output for each class
W_output = ts.Variable(np.random.randn(2, 2))
b_output = ts.Variable(np.random.randn(2))
p_softmax = ts.softmax(ts.add(ts.matmul(p_hidden, W_output), b_output))

# Cross-entropy loss
J = ts.negative(ts.reduce_sum(ts.reduce_sum(ts.multiply(c, ts.log(p_softmax)), axis=1)))
minimization_op = ts.train.GradientDescentOptimizer(learning_rate=0.03).minimize(J)

feed_dict = {
    X: np.concatenate((red_points, blue_points)),
    c: [[1, 0]] * len(red_points) + [[0, 1]] * len(blue_points),
}

session = ts.Session()
losses = []
for step in range(steps):
    J_value, _ = session.run([J, minimization_op], feed_dict)
    losses.append(J_value)
    if step % 100 == 0:
        print(f"step {step:4}  loss {J_value:9.5f}")

guesses = session.run(p_softmax, feed_dict).argmax(axis=1)
print(f"correct: {np.mean(guesses == np.argmax(feed_dict[c], axis=1)):.1%}")

draw_classes(
    arguments.out,
    "Two hidden units bend the boundary",
    red_points,
    blue_points,
    lambda points: session.run(p_softmax, {X: points})[:, 1],
    losses,
)
print(f"picture: {arguments.out}")
