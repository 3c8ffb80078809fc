"""The examples, each run as a reader would run it, but for fewer steps."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(example: str, picture: Path, *options: str, status: int = 0) -> str:
    """What the example prints; it must leave a picture, and nothing may be warned of."""
    command = [sys.executable, ROOT / "examples" / f"{example}.py", "--out", picture, *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=picture.parent, timeout=300)
    assert done.returncode == status, done.stderr
    assert "Warning" not in done.stderr
    assert f"picture: {picture}" in done.stdout
    return done.stdout


def losses(printed: str) -> list[float]:
    return [float(loss) for loss in re.findall(r"step +\d+  loss +([\d.]+)", printed)]


def assert_is_drawn(picture: Path) -> None:
    """It is a picture with more than one colour on its paper."""
    from matplotlib.image import imread

    pixels = imread(picture)
    assert pixels.shape[0] > 300
    assert pixels.shape[1] > 600
    ink = (pixels[..., :3] < 0.9).any(axis=-1).mean()
    assert 0.02 < ink < 0.98


@pytest.mark.slow
@pytest.mark.parametrize("example", ["perceptron", "xor"])
def test_a_point_cloud_example_learns_and_draws(example, tmp_path):
    picture = tmp_path / "drawn" / "clouds.png"
    picture.parent.mkdir()
    first, *_, last = losses(run(example, picture, "--quick"))
    assert last < first / 2 if example == "perceptron" else last < first
    assert_is_drawn(picture)


def test_a_step_can_be_looked_into(tmp_path):
    page = tmp_path / "drawn" / "page.html"
    command = [sys.executable, ROOT / "examples" / "inspect_xor.py", "--out", page]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert "gradient flows from 'loss:0' to 'hidden/W:0': one way" in done.stdout
    assert float(re.search(r"^loss ([\d.]+)", done.stdout, re.MULTILINE)[1]) < 0.1
    assert done.stdout.endswith(f"page: {page}\n")
    assert "<title>XOR, one step · tensorslow</title>" in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_perceptron_separates_the_clouds(tmp_path):
    assert "correct: 100.0%" in run("perceptron", tmp_path / "p.png")


@pytest.mark.slow
def test_xor_separates_what_no_line_can(tmp_path):
    printed = run("xor", tmp_path / "x.png")
    assert "correct: 100.0%" in printed
    assert losses(printed)[-1] < 2


@pytest.mark.slow
def test_digits_learns_in_two_epochs_what_two_epochs_teach(tmp_path):
    picture = tmp_path / "digits.png"
    printed = run("digits", picture, "--quick", "--seed", "1")
    assert "1077 digits to learn from, 360 to watch, 360 to test" in printed
    accuracy = float(re.search(r"test accuracy: ([\d.]+)%", printed)[1])
    assert accuracy > 80
    assert_is_drawn(picture)


@pytest.mark.slow
def test_the_seed_decides_everything_in_digits(tmp_path):
    results = set()
    for seed in (5, 5, 6):
        printed = run("digits", tmp_path / "digits.png", "--quick", "--seed", str(seed))
        results.add(re.search(r"test accuracy: .*", printed)[0])
    assert len(results) == 2


@pytest.mark.slow
def test_digits_fails_when_it_has_not_learned_enough(tmp_path):
    printed = run("digits", tmp_path / "digits.png", "--epochs", "0", status=1)
    assert float(re.search(r"test accuracy: ([\d.]+)%", printed)[1]) < 50


@pytest.mark.slow
def test_digits_reads_97_percent(tmp_path):
    printed = run("digits", tmp_path / "digits.png")
    assert float(re.search(r"test accuracy: ([\d.]+)%", printed)[1]) >= 97
