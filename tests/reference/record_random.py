"""Records the numbers that TensorFlow draws: `python -m tests.reference.record_random`.

It needs TensorFlow (2.21 was used) and writes `tests/golden/random.json`, for
`tests/unit/test_random.py`. Of each result it keeps a few elements and a digest of all.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "random.json"
RUNS = 3
KEPT = 9

FLOATS = ("float16", "float32", "float64")
SHAPES = ([], [1], [3], [7], [2, 3, 5], [0], [1000], [100, 100])
RANGES = {
    "int32": [(0, 10), (-5, 5), (7, 8), (-(2**31), 2**31 - 1)],
    "int64": [(0, 10), (-7, 12345678901), (-(2**63), 2**63 - 1)],
}
LOGITS = [[0.1, 0.7, -0.4, 2.0], [1.0, 1.0, 1.0, 1.0], [-50.0, 3.0, 2.9, float("-inf")]]

LARGE_SEEDS = (0, -1, 2**31 - 1, 2**40 + 3)

Call = dict[str, Any]  # "function", and its arguments by name


def calls() -> list[Call]:
    """One call of everything, in many sizes and types."""
    rows: list[Call] = []
    for function in ("random_uniform", "random_normal", "truncated_normal"):
        for dtype in FLOATS:
            rows += [{"function": function, "shape": shape, "dtype": dtype} for shape in SHAPES]
    for dtype, ranges in RANGES.items():
        for low, high in ranges:
            bounds = {"minval": low, "maxval": high, "dtype": dtype}
            call = {"function": "random_uniform", **bounds}
            rows += [{**call, "shape": shape} for shape in ([3], [1000])]
    rows.append({"function": "random_uniform", "shape": [100], "minval": -2.0, "maxval": 3.0})
    rows.append({"function": "random_normal", "shape": [100], "mean": 5.0, "stddev": 0.25})
    rows.append({"function": "truncated_normal", "shape": [9], "mean": -1.0, "stddev": 3.0})
    rows += [{"function": "random_shuffle", "value": [n]} for n in (1, 2, 3, 7, 1000)]
    rows += [
        {"function": "random_shuffle", "value": shape} for shape in ([6, 2, 3], [5, 0], [1, 4])
    ]
    for samples in (1, 3, 100):
        rows.append({"function": "multinomial", "logits": LOGITS, "num_samples": samples})
    return rows


def programs() -> list[dict[str, Any]]:
    """Graphs with their seed and their calls; each is run several times."""
    few = [row for row in calls() if row.get("shape", [7]) in ([7], [2, 3, 5])]
    return [
        {"graph_seed": 1234, "calls": [{**row, "seed": 1 + i} for i, row in enumerate(calls())]},
        {"graph_seed": None, "calls": [{**row, "seed": 3 * i} for i, row in enumerate(few)]},
        # Those without seeds of their own count.
        {
            "graph_seed": 42,
            "calls": [{**row, "seed": i} if i % 3 else row for i, row in enumerate(few)],
        },
        {"graph_seed": 0, "calls": few[:3]},
        {"graph_seed": -5, "calls": [{**few[0], "seed": seed} for seed in LARGE_SEEDS]},
    ]


def build(tf: Any, call: Call) -> Any:
    """The tensor that a call makes, in TensorFlow or in a namespace with the same functions."""
    arguments = dict(call)
    function = getattr(tf, arguments.pop("function"))
    if "value" in arguments:
        shape = arguments["value"]
        arguments["value"] = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    if "logits" in arguments:
        arguments["logits"] = np.array(arguments["logits"], np.float32)
    return function(**arguments)


def described(array: Any) -> dict[str, Any]:
    """What is kept of a result."""
    flat = np.ravel(array)
    places = np.unique(np.linspace(0, flat.size - 1, KEPT).astype(int)) if flat.size else []
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
    return {
        "dtype": str(flat.dtype),
        "shape": list(np.shape(array)),
        "some": [flat[i].item() for i in places],
        "digest": digest,
    }


def main() -> None:
    import tensorflow.compat.v1 as tf

    tf.disable_eager_execution()
    programs_run = programs()
    for program in programs_run:
        with tf.Graph().as_default(), tf.Session() as session:
            if program["graph_seed"] is not None:
                tf.set_random_seed(program["graph_seed"])
            tensors = [build(tf, call) for call in program["calls"]]
            program["names"] = [tensor.name for tensor in tensors]
            runs = [session.run(tensors) for _ in range(RUNS)]
            program["runs"] = [[described(array) for array in run] for run in runs]
    lines = [json.dumps(program) for program in programs_run]
    text = ",\n".join(lines)
    GOLDEN.write_text(f'{{"tensorflow": "{tf.__version__}", "programs": [\n{text}\n]}}\n')


if __name__ == "__main__":
    main()
