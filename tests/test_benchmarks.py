"""The benchmarks compute what they say, and their runner runs."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from benchmarks import alternate, kernel_cases, kernel_peers, kernels, peers, report, workloads
from tests.sampling import sampled

ROOT = Path(__file__).parents[1]
# Of the untrained networks, as JAX, PyTorch and TensorFlow compute them, equal to six digits.
FIRST_LOSSES = {
    "xor": 125.1691,
    "mlp": 2.569302,
    "cnn": 2.339952,
    "lstm": 2.330897,
    "gpt": 5.091132,
    "softmax": np.log(10),
    "deep": 0.7059692,
    "batchnorm": 2.378958,
    "gru": 1.665638,
    "autoencoder": 0.08742595,
    "word2vec": 7.663165,
    "depthwise": 2.300419,
    "encoder": 0.6732743,
}


def run(module: str, *options: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == status, done.stderr
    return done.stdout


def test_every_workload_has_a_loss_here_and_a_program():
    assert set(FIRST_LOSSES) == set(workloads.WORKLOADS)
    programs = {path.stem for path in (ROOT / "benchmarks" / "programs").glob("[a-z]*.py")}
    assert programs == set(workloads.WORKLOADS)


@sampled("name", workloads.WORKLOADS, 3)
def test_the_first_loss_is_that_of_others(name):
    workload = workloads.make(name)
    program = importlib.import_module(f"benchmarks.programs.{name}")
    with ts.Graph().as_default():
        placeholders, loss, train = program.build(workload.initial)
        assert isinstance(train, ts.Operation)
        session = ts.Session(engine="numpy")
        first = session.run(loss, dict(zip(placeholders, workload.batch)))
    np.testing.assert_allclose(first, FIRST_LOSSES[name], rtol=alternate.FIRST_LOSS)


@pytest.mark.parametrize("name", ["xor", "mlp", "softmax", "autoencoder"])
def test_training_is_that_of_numpy_by_hand(name):
    ours, theirs = (peers.make_step(p, workloads.make(name)) for p in ("tensorslow:numpy", "numpy"))
    for _ in range(3):
        np.testing.assert_allclose(ours(), theirs(), rtol=1e-4)


def test_a_peer_says_what_nobody_wrote_for_it():
    with pytest.raises(NotImplementedError, match="cnn is not written by hand"):
        peers.make_step("numpy", workloads.make("cnn"))


def test_an_engine_may_be_named():
    assert peers.chosen("tensorslow,numpy", "numpy") == ["tensorslow:numpy", "numpy"]
    assert peers.title("tensorslow:numpy") == "tensorslow (numpy)"
    with pytest.raises(SystemExit, match="there is no peer 'nompy'; there is tensorslow, numpy"):
        peers.chosen("nompy")


@pytest.mark.slow
def test_the_runner_compares_and_draws(tmp_path):
    picture, record = tmp_path / "new" / "p.png", tmp_path / "r.json"
    printed = run(
        "benchmarks", "--workloads", "xor", "--peers", "tensorslow,numpy", "--engine", "numpy",
        "--seconds", "0.05", "--rounds", "2",
        "--json", str(record), "--picture", str(picture),
    )  # fmt: skip
    assert "all first losses agree to 0.0001" in printed
    assert "| µs a step | tensorslow (numpy) | NumPy by hand |" in printed
    assert picture.stat().st_size > 5000
    found = json.loads(record.read_text())["workloads"]["xor"]
    assert set(found) == {"tensorslow:numpy", "numpy"}
    for each in found.values():
        assert 0 < each["fastest_us"] <= each["median_us"]
        assert len(each["blocks_us"]) == 2
        assert each["losses"][0] == pytest.approx(FIRST_LOSSES["xor"], rel=1e-4)


def test_a_failing_peer_is_told_and_left_out(tmp_path):
    results = alternate.run_workload(
        "xor", ["tensorslow:missing", "numpy"], tmp_path,
        rounds=1, seconds=0.01, fresh_caches=True,
    )  # fmt: skip
    assert "there is no engine 'missing'" in results["tensorslow:missing"]["error"]
    chosen = list(results)
    assert "| xor | – |" in report.times_table({"xor": results}, chosen)
    assert "| xor | – |" in report.beginnings_table({"xor": results}, chosen)


def test_another_loss_is_noticed():
    def with_losses(first: float, tenth: float) -> dict[str, Any]:
        return {"losses": [first] * 9 + [tenth]}

    results = {
        "tensorslow": with_losses(2.0, 1.0),
        "numpy": with_losses(2.0, 1.0),
        "jax": with_losses(2.001, 1.0),
        "torch": with_losses(2.0, float("nan")),
    }
    assert alternate.disagreements(results) == [
        "JAX's first loss is 2.001, the others' 2",
        "PyTorch eager's tenth loss is nan, the others' 1",
    ]


WITH_NUMPY_TOO = [
    case
    for case in kernel_cases.CASES.values()
    if case.flops < 1e8 and case.size < 1e7 and case.kind[:4] not in ("conv", "max_")
]


@pytest.mark.parametrize("case", WITH_NUMPY_TOO, ids=lambda case: case.name)
def test_a_kernel_is_that_of_numpy(case):
    _, expected = kernel_peers.make("numpy", case)
    step, found = kernel_peers.make("tensorslow:numpy", case)
    assert case.kind == "adam" or step() is None
    np.testing.assert_allclose(found, expected, atol=kernels.TOLERANCE * np.abs(expected).max())


@pytest.mark.slow
def test_the_kernels_table(tmp_path):
    printed = run(
        "benchmarks.kernels", "--only", "32x48x48", "--peers", "tensorslow:numpy,numpy",
        "--seconds", "0.02", "--rounds", "2", "--json", str(tmp_path / "k.json"),
    )  # fmt: skip
    assert "| matmul 32x48x48 | GFLOP/s |" in printed
    assert set(json.loads((tmp_path / "k.json").read_text())) == {"machine", "reference", "kernels"}
