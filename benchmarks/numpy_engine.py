"""How fast the NumPy engine is: a training step, graph building, what a run adds, the import.

usage: python benchmarks/numpy_engine.py [--rounds N] [--seconds S] [--only NAME]

Every comparison is made in one run, in turn: a bit of ours, a bit of each peer, again and again, so
that a noisy
machine disturbs all alike. What counts is the ratio of the medians. TensorFlow and PyTorch join
where installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorslow as ts

Step = Callable[[], float]
LEARNING_RATE = 0.03


def xor_data() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """The weights, 100 points around the corners of a square, and their classes."""
    rng = np.random.default_rng(0)
    normal = rng.standard_normal
    corners = [(0, 0), (1, 1), (0, 1), (1, 0)]
    points = np.concatenate([0.2 * normal((25, 2)) + corner for corner in corners]).astype(
        np.float32
    )
    classes = np.array([0] * 50 + [1] * 50)
    weights = {"w0": (2, 2), "b0": (2,), "w1": (2, 2), "b1": (2,)}
    return {k: normal(shape).astype(np.float32) for k, shape in weights.items()}, points, classes


def xor_by_hand() -> Step:
    """What a learner writes in NumPy."""
    p, x, y = xor_data()
    one_hot = np.eye(2, dtype=np.float32)[y]
    rows = np.arange(100)

    def step() -> float:
        h = 1 / (1 + np.exp(-(x @ p["w0"] + p["b0"])))
        z = h @ p["w1"] + p["b1"]
        z -= z.max(1, keepdims=True)
        e = np.exp(z)
        q = e / e.sum(1, keepdims=True)
        loss = -np.log(q[rows, y]).sum()
        dz = q - one_hot
        dh = dz @ p["w1"].T * h * (1 - h)
        p["w1"] -= LEARNING_RATE * (h.T @ dz)
        p["b1"] -= LEARNING_RATE * dz.sum(0)
        p["w0"] -= LEARNING_RATE * (x.T @ dh)
        p["b0"] -= LEARNING_RATE * dh.sum(0)
        return float(loss)

    return step


def xor_as_graph(library: object) -> Step:
    """The same with tensorslow, or with TensorFlow's v1 session: the program is the same."""
    tf = library
    p, x, y = xor_data()
    with tf.Graph().as_default():
        points, classes = tf.placeholder(tf.float32, [100, 2]), tf.placeholder(tf.int64, [100])
        v = {name: tf.Variable(value) for name, value in p.items()}
        hidden = tf.sigmoid(tf.matmul(points, v["w0"]) + v["b0"])
        logits = tf.matmul(hidden, v["w1"]) + v["b1"]
        loss = tf.reduce_sum(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=classes, logits=logits)
        )
        train = tf.train.GradientDescentOptimizer(LEARNING_RATE).minimize(loss)
        session = ts.Session(engine="numpy") if tf is ts else tf.Session()
        session.run(tf.global_variables_initializer())
    feeds = {points: x, classes: y}
    return lambda: session.run([loss, train], feeds)[0]


def xor_in_torch() -> Step:
    """The same in PyTorch, eagerly."""
    import torch

    p, x, y = xor_data()
    v = {name: torch.tensor(value, requires_grad=True) for name, value in p.items()}
    points, classes = torch.tensor(x), torch.tensor(y)
    optimizer = torch.optim.SGD(v.values(), lr=LEARNING_RATE)

    def step() -> float:
        optimizer.zero_grad()
        logits = torch.sigmoid(points @ v["w0"] + v["b0"]) @ v["w1"] + v["b1"]
        loss = torch.nn.functional.cross_entropy(logits, classes, reduction="sum")
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def installed(name: str) -> bool:
    """Whether a peer can be imported."""
    return importlib.util.find_spec(name) is not None


def in_turn(steps: dict[str, Step], rounds: int, seconds: float) -> dict[str, float]:
    """Median time of each step in µs, measured a little at a time, in turn."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            end = time.perf_counter() + seconds / rounds
            while time.perf_counter() < end:
                begin = time.perf_counter()
                step()
                times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) * 1e6 for name, values in times.items()}


def bench_xor(rounds: int, seconds: float) -> None:
    """The XOR network's step: loss and update in one run, 100×2 → 2 → 2."""
    steps = {"tensorslow": xor_as_graph(ts), "NumPy by hand": xor_by_hand()}
    if installed("tensorflow"):
        import tensorflow

        tensorflow.compat.v1.disable_eager_execution()
        steps["TensorFlow (v1 session)"] = xor_as_graph(tensorflow.compat.v1)
    if installed("torch"):
        steps["PyTorch (eager)"] = xor_in_torch()
    first = {name: step() for name, step in steps.items()}
    for name, loss in first.items():
        if abs(loss - first["NumPy by hand"]) > 1e-4 * abs(loss):
            raise SystemExit(
                f"{name} computes another loss: {loss}, by hand {first['NumPy by hand']}"
            )
    medians = in_turn(steps, rounds, seconds)
    print("xor: one training step, loss and update")
    for name, median in medians.items():
        print(f"  {name:<24} {median:9.1f} µs   ours / this {medians['tensorslow'] / median:5.2f}")


def bench_build(rounds: int, seconds: float) -> None:
    """Nodes a second, with shape inference and the user's line."""
    rates: dict[str, list[float]] = {"add, known shapes": [], "matmul + add + relu": []}
    for _ in range(rounds):
        with ts.Graph().as_default():
            x = ts.placeholder(ts.float32, [None, 10])
            y = ts.placeholder(ts.float32, [10])
            begin, count, z = time.perf_counter(), 5000, x
            for _ in range(count):
                z = ts.add(z, y)
            rates["add, known shapes"].append(count / (time.perf_counter() - begin))
            w = ts.placeholder(ts.float32, [10, 10])
            begin, z = time.perf_counter(), x
            for _ in range(count // 3):
                z = ts.nn.relu(ts.add(ts.matmul(z, w), y))
            rates["matmul + add + relu"].append(count / (time.perf_counter() - begin))
    print("building: nodes a second (goal 20,000)")
    for name, values in rates.items():
        print(f"  {name:<24} {statistics.median(values):9.0f}")


def bench_run(rounds: int, seconds: float) -> None:
    """What Session.run adds around an engine's call: a fetched loss, an update, two feeds."""
    with ts.Graph().as_default():
        a, b = ts.placeholder(ts.float32, [4]), ts.placeholder(ts.float32, [4])
        variable = ts.Variable(np.zeros(4, np.float32))
        loss = ts.multiply(a, b)
        update = ts.assign(variable, loss).op
        session = ts.Session(engine="numpy")
    feeds = {a: np.ones(4, np.float32), b: np.ones(4, np.float32)}
    fetches = [loss, update]
    session.run(fetches, feeds)
    (call,) = [call for key, call in session._calls.items() if key[0] is list]
    inputs = [*feeds.values(), *call.state.read(call.reads)]
    steps = {"run": lambda: session.run(fetches, feeds), "engine": lambda: call.program(inputs)}
    medians = in_turn(steps, rounds, seconds)
    print("run: what Session.run adds around the engine's call (goal 5 µs)")
    added = medians["run"] - medians["engine"]
    print(f"  run {medians['run']:.2f} µs, engine {medians['engine']:.2f} µs: adds {added:.2f} µs")


def bench_import(rounds: int, seconds: float) -> None:
    """Seconds that `import tensorslow` takes after `import numpy`."""
    program = (
        "import time; a = time.perf_counter(); import numpy; b = time.perf_counter();"
        "import tensorslow; print(b - a, time.perf_counter() - b)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    rows = []
    for _ in range(max(rounds, 3)):
        output = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        rows.append([float(value) for value in output.stdout.split()])
    numpy_s, ours_s = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"import: numpy {numpy_s:.3f} s, tensorslow after it {ours_s:.3f} s (goal 0.07 s)")


BENCHMARKS = {"xor": bench_xor, "build": bench_build, "run": bench_run, "import": bench_import}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rounds", type=int, default=10, help="how often each is measured, in turn"
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds for each in all")
    parser.add_argument("--only", choices=BENCHMARKS, help="just one of them")
    options = parser.parse_args()
    for name, bench in BENCHMARKS.items():
        if options.only in (None, name):
            bench(options.rounds, options.seconds)


if __name__ == "__main__":
    main()
