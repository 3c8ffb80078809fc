"""The pictures that the examples draw; nothing here knows tensorslow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw into files: no window is needed

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

RED, BLUE, GREEN, INK, PAPER = "#c8453b", "#2f6fa7", "#3f8f5b", "#22303c", "#ffffff"
RED_TO_BLUE = LinearSegmentedColormap.from_list("red_to_blue", ["#eda49d", "#fbf7f4", "#9fc3e2"])
WHITE_TO_BLUE = LinearSegmentedColormap.from_list("white_to_blue", [PAPER, "#8db7db", "#174a78"])

plt.rcParams.update(
    {
        "font.size": 10,
        "axes.edgecolor": "#9aa5ae",
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "figure.facecolor": PAPER,
        "savefig.dpi": 110,
    }
)


def draw_classes(
    path: Path,
    title: str,
    red: np.ndarray,
    blue: np.ndarray,
    probability_of_blue: Callable[[np.ndarray], np.ndarray],
    losses: Sequence[float],
) -> None:
    """Two point clouds, the plane in the colours that a network gives it, and how its loss fell.

    Args:
        path: the file to write.
        title: what the left half shows.
        red: points [count, 2] of the first class.
        blue: points [count, 2] of the second class.
        probability_of_blue: what the network says of points [count, 2].
        losses: the loss after each step.
    """
    figure, (plane, curve) = plt.subplots(
        1, 2, figsize=(9.6, 4.4), width_ratios=[1.25, 1], layout="constrained"
    )
    _draw_plane(plane, red, blue, probability_of_blue)
    plane.set_title(title)
    curve.plot(losses, color=INK, linewidth=1.6)
    curve.set(title="Loss", xlabel="step", ylim=(0, None), xlim=(0, len(losses)))
    curve.grid(alpha=0.25)
    _save(figure, path)


def _draw_plane(
    axes: Axes,
    red: np.ndarray,
    blue: np.ndarray,
    probability_of_blue: Callable[[np.ndarray], np.ndarray],
) -> None:
    points = np.concatenate([red, blue])
    low, high = points.min(axis=0) - 0.6, points.max(axis=0) + 0.6
    xs, ys = np.meshgrid(np.linspace(low[0], high[0], 300), np.linspace(low[1], high[1], 300))
    blueness = probability_of_blue(np.stack([xs.ravel(), ys.ravel()], axis=1)).reshape(xs.shape)
    axes.contourf(xs, ys, blueness, levels=np.linspace(0, 1, 21), cmap=RED_TO_BLUE)
    axes.contour(xs, ys, blueness, levels=[0.5], colors=INK, linewidths=1.6)
    for cloud, colour, label in [(red, RED, "red"), (blue, BLUE, "blue")]:
        axes.scatter(*cloud.T, s=30, color=colour, edgecolors=PAPER, linewidths=0.7, label=label)
    axes.legend(loc="upper left", framealpha=0.9)
    axes.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")


def draw_digits(path: Path, images: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> None:
    """A confusion matrix, and sample images with what the network reads in them.

    Args:
        path: the file to write.
        images: grey values [count, 8, 8].
        labels: the true digits [count].
        scores: the probability of each digit [count, 10].
    """
    guesses = scores.argmax(axis=1)
    accuracy = np.mean(guesses == labels)
    figure = plt.figure(figsize=(11.2, 5.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.25], wspace=0.04)
    _draw_confusion(left.subplots(), labels, guesses)
    for axes, i in zip(right.subplots(4, 6).ravel(), _chosen(labels, scores), strict=True):
        _draw_digit(axes, images[i], labels[i], guesses[i], scores[i, guesses[i]])
    right.suptitle(
        f"Read correctly: {accuracy:.1%} of {len(labels)} digits never seen in training",
        fontsize=12,
        fontweight="bold",
    )
    _save(figure, path)


def _chosen(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """24 images: first some mistakes, then what was read least certainly, then others."""
    right = scores.argmax(axis=1) == labels
    mistakes, correct = np.flatnonzero(~right), np.flatnonzero(right)
    hardest = correct[np.argsort(scores[correct].max(axis=1))][:6]
    others = np.setdiff1d(correct, hardest)
    return np.concatenate([mistakes[:6], hardest, others, mistakes[6:]])[:24]


def _draw_confusion(axes: Axes, labels: np.ndarray, guesses: np.ndarray) -> None:
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels, guesses), 1)
    # Square roots, so that a single mistake is visible beside dozens of correct answers.
    axes.imshow(np.sqrt(counts), cmap=WHITE_TO_BLUE)
    for true, guess in np.argwhere(counts):
        colour = PAPER if true == guess else RED
        axes.text(guess, true, counts[true, guess], color=colour, ha="center", va="center")
    axes.set(title="Confusion matrix", xlabel="the network says", ylabel="the digit is")
    axes.set(xticks=range(10), yticks=range(10))
    axes.set_xticks(np.arange(9) + 0.5, minor=True)
    axes.set_yticks(np.arange(9) + 0.5, minor=True)
    axes.grid(which="minor", color="#eef1f3")
    axes.tick_params(which="both", length=0)
    axes.spines[:].set(visible=True, color="#eef1f3")


def _draw_digit(axes: Axes, image: np.ndarray, label: int, guess: int, certainty: float) -> None:
    axes.imshow(image, cmap="gray_r", interpolation="bilinear")
    right = label == guess
    text = f"{guess}  {certainty:.0%}" if right else f"{guess}, not {label}"
    axes.set_title(text, color=GREEN if right else RED, loc="center", fontsize=10)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(
        visible=True, color="#d5dade" if right else RED, linewidth=0.8 if right else 1.6
    )


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)
