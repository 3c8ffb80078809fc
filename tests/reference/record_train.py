"""Records how TensorFlow trains: `python -m tests.reference.record_train`.

It needs TensorFlow (2.21 was used) and writes `tests/golden/train.json`, which
`tests/unit/test_train.py` reads: for each optimizer the names of its nodes, and the values of all
variables after each of some steps; the learning rates of the decays; moving averages.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "train.json"
STEPS = 5
ROWS, COLUMNS = 4, 2
# Rows are named twice, in every order, and some not at all; row 3 for the first time in the last
# step.
INDICES = [[0, 2, 0], [2, 2, 2], [1, 0, 1], [2, 1, 0], [3, 0, 3]]

Program = dict[str, Any]

OPTIMIZERS: list[Program] = [
    {"optimizer": "GradientDescentOptimizer", "arguments": {"learning_rate": 0.1}},
    {"optimizer": "MomentumOptimizer", "arguments": {"learning_rate": 0.05, "momentum": 0.9}},
    {
        "optimizer": "MomentumOptimizer",
        "arguments": {
            "learning_rate": 0.05,
            "momentum": 0.9,
            "use_nesterov": True,
            "name": "Nesterov",
        },
    },
    {"optimizer": "AdagradOptimizer", "arguments": {"learning_rate": 0.3}},
    {
        "optimizer": "AdagradOptimizer",
        "arguments": {"learning_rate": 0.3, "initial_accumulator_value": 1.0},
    },
    {
        "optimizer": "AdadeltaOptimizer",
        "arguments": {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-3},
    },
    {"optimizer": "AdadeltaOptimizer", "arguments": {}},
    {"optimizer": "RMSPropOptimizer", "arguments": {"learning_rate": 0.02}},
    {
        "optimizer": "RMSPropOptimizer",
        "arguments": {
            "learning_rate": 0.02,
            "decay": 0.7,
            "momentum": 0.5,
            "epsilon": 1e-3,
            "centered": True,
        },
    },
    {"optimizer": "AdamOptimizer", "arguments": {}},
    {
        "optimizer": "AdamOptimizer",
        "arguments": {"learning_rate": 0.1, "beta1": 0.6, "beta2": 0.9, "epsilon": 0.01},
    },
    {"optimizer": "FtrlOptimizer", "arguments": {"learning_rate": 0.5}},
    {
        "optimizer": "FtrlOptimizer",
        "arguments": {
            "learning_rate": 0.5,
            "learning_rate_power": -0.7,
            "initial_accumulator_value": 0.5,
            "l1_regularization_strength": 1.0,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.1,
        },
    },
]

DECAY_STEPS = [0, 1, 2, 3, 7, 10, 11, 25, 49, 100]
DECAYS: list[tuple[str, dict[str, Any]]] = [
    ("exponential_decay", {"learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}),
    (
        "exponential_decay",
        {"learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True},
    ),
    ("natural_exp_decay", {"learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}),
    (
        "natural_exp_decay",
        {"learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True},
    ),
    ("inverse_time_decay", {"learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}),
    (
        "inverse_time_decay",
        {"learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True},
    ),
    ("polynomial_decay", {"learning_rate": 0.1, "decay_steps": 10}),
    (
        "polynomial_decay",
        {"learning_rate": 0.1, "decay_steps": 10, "end_learning_rate": 0.01, "power": 2.5},
    ),
    ("polynomial_decay", {"learning_rate": 0.1, "decay_steps": 10, "power": 0.5, "cycle": True}),
    ("piecewise_constant", {"boundaries": [2, 10, 11], "values": [1.0, 0.5, 0.25, 0.125]}),
    ("piecewise_constant", {"boundaries": [10], "values": [3, 4]}),
    ("cosine_decay", {"learning_rate": 0.1, "decay_steps": 25}),
    ("cosine_decay", {"learning_rate": 0.1, "decay_steps": 11, "alpha": 0.3}),
    ("cosine_decay_restarts", {"learning_rate": 0.1, "first_decay_steps": 4}),
    (
        "cosine_decay_restarts",
        {"learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 1.0, "m_mul": 0.7, "alpha": 0.1},
    ),
    ("linear_cosine_decay", {"learning_rate": 0.1, "decay_steps": 25}),
    (
        "linear_cosine_decay",
        {"learning_rate": 0.1, "decay_steps": 25, "num_periods": 2.0, "alpha": 0.1, "beta": 0.01},
    ),
]

AVERAGES: list[dict[str, Any]] = [
    {"decay": 0.9},
    {"decay": 0.9, "num_updates": 3, "name": "Slow"},
    {"decay": 0.5, "zero_debias": True},
]


def programs() -> list[Program]:
    """Every optimizer, with whole gradients and with those of `gather`, in both types."""
    return [
        {**row, "sparse": sparse, "dtype": dtype, "counted": dtype == "float64"}
        for row in OPTIMIZERS
        for sparse in (False, True)
        for dtype in ("float32", "float64")
    ]


def start(*shape: int) -> Any:
    """Numbers of both signs that are no rounder than they need be."""
    return np.cos(3.7 * np.arange(np.prod(shape, dtype=int))).reshape(shape)


def feeds(step: int) -> dict[str, Any]:
    """What is fed in a step."""
    return {"x": start(3, COLUMNS) * (1 + step) / 2, "indices": np.array(INDICES[step], np.int32)}


def trained(tf: Any, program: Program) -> dict[str, Any]:
    """What a program of training does, in TensorFlow or in a namespace with the same functions."""
    dtype = getattr(tf, program["dtype"])
    with tf.Graph().as_default() as graph:
        w = tf.Variable(start(ROWS, COLUMNS), dtype=dtype, name="w")
        bias = tf.Variable(0.5, dtype=dtype, name="scope/bias")
        x = tf.placeholder(dtype, [3, COLUMNS], name="x")
        indices = tf.placeholder(tf.int32, [3], name="indices")
        rows = tf.gather(w, indices) if program["sparse"] else tf.matmul(x, w, transpose_b=True)
        other = x if program["sparse"] else 1.0
        loss = tf.reduce_sum(tf.square(rows * other + bias - 1.0))
        step_count = tf.train.create_global_step() if program["counted"] else None
        optimizer = getattr(tf.train, program["optimizer"])(**program["arguments"])
        before = set(graph.get_operations())
        step = optimizer.minimize(loss, step_count)
        nodes = [
            op.name
            for op in graph.get_operations()
            if op not in before and "gradients/" not in op.name
        ]
        variables = tf.global_variables()
        result = {
            "nodes": nodes,
            "train_op": [step.name, step.type],
            "variables": [v.name for v in variables],
            "optimizer_variables": [v.name for v in optimizer.variables()],
            "slots": {
                name: optimizer.get_slot(w, name).name for name in optimizer.get_slot_names()
            },
            "steps": [],
        }
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for number in range(STEPS):
                fed = feeds(number)
                value = session.run([loss, step], {x: fed["x"], indices: fed["indices"]})[0]
                after = [np.asarray(v).tolist() for v in session.run(variables)]
                result["steps"].append({"loss": float(value), "values": after})
    return result


def decayed(tf: Any, name: str, arguments: dict[str, Any]) -> list[float]:
    """The learning rate at each of `DECAY_STEPS`."""
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.placeholder(tf.int64, [])
        label = "x" if name == "piecewise_constant" else "global_step"
        rate = getattr(tf.train, name)(**{label: step}, **arguments)
        return [float(session.run(rate, {step: number})) for number in DECAY_STEPS]


def averaged(tf: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """The moving averages of a variable and of a tensor, update by update."""
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.Variable(start(3), dtype=tf.float32, name="w")
        twice = tf.identity(w * 2.0, name="twice")
        average = tf.train.ExponentialMovingAverage(**arguments)
        planned = average.average_name(w)
        update = average.apply([w, twice])
        change = tf.assign_add(w, [1.0, -0.5, 0.25])
        kept = [average.average(w), average.average(twice)]
        session.run(
            w.initializer
        )  # first, or TensorFlow sometimes finds no value to begin the average with
        session.run(tf.global_variables_initializer())
        values = []
        for _ in range(STEPS):
            session.run(change)
            session.run(update)
            values.append([value.tolist() for value in session.run(kept)])
        names = [planned, average.average_name(w), average.average_name(twice), update.name]
        return {"names": names, "values": values}


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow.compat.v1 as tf

    tf.disable_eager_execution()
    tf.disable_resource_variables()
    recorded = {
        "programs": [{**program, **trained(tf, program)} for program in programs()],
        "decays": [[name, arguments, decayed(tf, name, arguments)] for name, arguments in DECAYS],
        "averages": [[arguments, averaged(tf, arguments)] for arguments in AVERAGES],
    }
    sections = []
    for name, rows in recorded.items():
        lines = ",\n".join(json.dumps(row) for row in rows)
        sections.append(f'"{name}": [\n{lines}\n]')
    text = ",\n".join(sections)
    GOLDEN.write_text(f'{{"tensorflow": "{tf.__version__}",\n{text}}}\n')


if __name__ == "__main__":
    main()
