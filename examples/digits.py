"""A small convolutional network learns to read real handwritten digits.

Run it with `make demo`, or `python examples/digits.py`. The 1,797 scanned digits come with
scikit-learn, so nothing is downloaded. It prints the accuracy on digits that the network has never
seen and saves a confusion matrix with sample predictions as a picture.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pictures import draw_digits
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import tensorslow as ts

REQUIRED_ACCURACY = 0.97


@dataclass(frozen=True)
class Digits:
    """Images [count, 8, 8, 1] with grey values from 0 to 1, and the digits they show [count]."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self, size: int, rng: np.random.Generator) -> list[Digits]:
        """All of them in random order, `size` at a time."""
        order = rng.permutation(len(self))
        parts = [order[i : i + size] for i in range(0, len(self), size)]
        return [Digits(self.images[part], self.labels[part]) for part in parts]


def load(seed: int) -> tuple[Digits, Digits, Digits]:
    """The digits for training, for validation during it, and for the test after it (60:20:20)."""
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype(np.float32) / 16
    images, test_images, labels, test_labels = train_test_split(
        images, labels, test_size=0.2, stratify=labels, random_state=seed
    )
    images, validation_images, labels, validation_labels = train_test_split(
        images, labels, test_size=0.25, stratify=labels, random_state=seed
    )
    return (
        Digits(images, labels),
        Digits(validation_images, validation_labels),
        Digits(test_images, test_labels),
    )


def weights(shape: list[int], inputs: int, name: str) -> ts.Variable:
    """Weights for a layer of relus, so scaled that signals keep their size from layer to layer."""
    return ts.Variable(ts.truncated_normal(shape, stddev=(2 / inputs) ** 0.5), name=name)


class Network:
    """The graph: convolution, convolution, pooling, a hidden layer with dropout, ten scores."""

    def __init__(self, learning_rate: float) -> None:
        self.images = ts.placeholder(ts.float32, [None, 8, 8, 1], name="images")
        self.labels = ts.placeholder(ts.int64, [None], name="labels")
        self.keep_prob = ts.placeholder(ts.float32, [], name="keep_prob")

        with ts.name_scope("conv1"):
            kernel = weights([3, 3, 1, 16], inputs=3 * 3 * 1, name="kernel")
            bias = ts.Variable(ts.zeros([16]), name="bias")
            x = ts.nn.conv2d(self.images, kernel, strides=[1, 1, 1, 1], padding="SAME")
            x = ts.nn.relu(ts.nn.bias_add(x, bias))  # [batch, 8, 8, 16]
        with ts.name_scope("conv2"):
            kernel = weights([3, 3, 16, 32], inputs=3 * 3 * 16, name="kernel")
            bias = ts.Variable(ts.zeros([32]), name="bias")
            x = ts.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")
            x = ts.nn.relu(ts.nn.bias_add(x, bias))
            x = ts.nn.max_pool(x, [1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
        with ts.name_scope("hidden"):
            kernel = weights([4 * 4 * 32, 64], inputs=4 * 4 * 32, name="kernel")
            bias = ts.Variable(ts.zeros([64]), name="bias")
            x = ts.reshape(x, [-1, 4 * 4 * 32])
            x = ts.nn.dropout(ts.nn.relu(ts.matmul(x, kernel) + bias), self.keep_prob)
        with ts.name_scope("scores"):
            kernel = weights([64, 10], inputs=64, name="kernel")
            bias = ts.Variable(ts.zeros([10]), name="bias")
            logits = ts.matmul(x, kernel) + bias

        self.probabilities = ts.nn.softmax(logits)
        self.accuracy = ts.reduce_mean(
            ts.cast(ts.equal(ts.argmax(logits, axis=1), self.labels), ts.float32)
        )
        self.loss = ts.reduce_mean(
            ts.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=logits)
        )
        self.train = ts.train.AdamOptimizer(learning_rate).minimize(self.loss)

    def feed(self, digits: Digits, keep_prob: float = 1.0) -> dict[ts.Tensor, object]:
        """What a run over these digits needs; all of the hidden layer is kept unless asked."""
        return {
            self.images: digits.images,
            self.labels: digits.labels,
            self.keep_prob: keep_prob,
        }


def fit(
    session: ts.Session,
    network: Network,
    training: Digits,
    validation: Digits,
    epochs: int,
    rng: np.random.Generator,
) -> None:
    """Trains the network; the bar shows the loss and the accuracy on the validation digits."""
    batches_per_epoch = -(-len(training) // 32)
    with tqdm(total=epochs * batches_per_epoch, unit="step") as bar:
        for epoch in range(epochs):
            losses = []
            for batch in training.batches(32, rng):
                loss, _ = session.run([network.loss, network.train], network.feed(batch, 0.5))
                losses.append(loss)
                bar.update()
            accuracy = session.run(network.accuracy, network.feed(validation))
            bar.set_description(f"epoch {epoch + 1}/{epochs}")
            bar.set_postfix_str(f"loss {np.mean(losses):.3f}, validation {accuracy:.1%}")


def main() -> int:
    """Trains, tests, draws; the exit status is 0 if enough of the test digits were read."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("out/digits.png"))
    parser.add_argument("--quick", action="store_true", help="two epochs, any accuracy is fine")
    arguments = parser.parse_args()

    training, validation, test = load(arguments.seed)
    print(f"{len(training)} digits to learn from, {len(validation)} to watch, {len(test)} to test")

    with ts.Graph().as_default():
        ts.set_random_seed(arguments.seed)
        network = Network(learning_rate=0.002)
        with ts.Session() as session:
            session.run(ts.global_variables_initializer())
            begin = time.perf_counter()
            epochs = 2 if arguments.quick else arguments.epochs
            rng = np.random.default_rng(arguments.seed)
            fit(session, network, training, validation, epochs, rng)
            seconds = time.perf_counter() - begin
            accuracy, probabilities = session.run(
                [network.accuracy, network.probabilities], network.feed(test)
            )

    draw_digits(arguments.out, test.images[..., 0], test.labels, probabilities)
    print(f"trained for {seconds:.1f} s")
    print(f"test accuracy: {accuracy:.2%}")
    print(f"picture: {arguments.out}")
    if accuracy < REQUIRED_ACCURACY and not arguments.quick:
        print(f"that is less than {REQUIRED_ACCURACY:.0%}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
