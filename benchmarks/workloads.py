"""The networks that are timed: initial values and one batch each, from one seed, in NumPy.

A workload says nothing of how it is computed: the same numbers go to every library. `FIVE` are the
ones that our goals speak of; `OTHERS` keep an engine from being good at those five only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Array = np.ndarray
Arrays = dict[str, Array]
Rng = np.random.Generator


@dataclass(frozen=True)
class Workload:
    """What a training step starts from and is fed.

    Attributes:
        name: what the command line calls it.
        initial: the variables' initial values, float32, by name.
        batch: what is fed in every step: inputs first, then labels or targets.
        optimizer: sgd, momentum (0.9), adam, rmsprop, adagrad or clipped_adam (gradients clipped
            to a global norm of 1, the rate a tenth smaller after every 1,000 steps).
        rate: its learning rate.
    """

    name: str
    initial: Arrays
    batch: tuple[Array, ...]
    optimizer: str
    rate: float


def f32(values: Array) -> Array:
    return values.astype(np.float32)


def zeros(*shape: int) -> Array:
    return np.zeros(shape, np.float32)


def ones(*shape: int) -> Array:
    return np.ones(shape, np.float32)


def glorot(rng: Rng, *shape: int) -> Array:
    """Weights [inputs, outputs] or kernels [height, width, inputs, outputs] (Glorot's rule)."""
    area = int(np.prod(shape[:-2]))
    limit = np.sqrt(6 / (area * (shape[-2] + shape[-1])))
    return f32(rng.uniform(-limit, limit, shape))


def xor(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """Four clouds of points, two units and two scores."""
    normal = rng.standard_normal
    corners = [(0, 0), (1, 1), (0, 1), (1, 0)]
    x = np.concatenate([0.2 * normal((25, 2)) + corner for corner in corners])
    shapes = {"w0": (2, 2), "b0": (2,), "w1": (2, 2), "b1": (2,)}
    initial = {name: f32(normal(shape)) for name, shape in shapes.items()}
    return initial, (f32(x), np.repeat([0, 1], 50))


def mlp(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """Three dense layers on 784 numbers."""
    batch = f32(rng.standard_normal((128, 784))), rng.integers(0, 10, 128)
    return {
        "w0": glorot(rng, 784, 256),
        "b0": zeros(256),
        "w1": glorot(rng, 256, 256),
        "b1": zeros(256),
        "w2": glorot(rng, 256, 10),
        "b2": zeros(10),
    }, batch


def cnn(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """Two 5×5 convolutions with pooling, and two dense layers: TensorFlow's old MNIST tutorial."""
    batch = f32(rng.standard_normal((128, 28, 28, 1))), rng.integers(0, 10, 128)
    return {
        "k0": glorot(rng, 5, 5, 1, 32),
        "b0": zeros(32),
        "k1": glorot(rng, 5, 5, 32, 64),
        "b1": zeros(64),
        "w0": glorot(rng, 7 * 7 * 64, 1024),
        "c0": zeros(1024),
        "w1": glorot(rng, 1024, 10),
        "c1": zeros(10),
    }, batch


def lstm(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """An LSTM of 128 units that reads 28 rows of 28 numbers."""
    batch = f32(rng.standard_normal((128, 28, 28))), rng.integers(0, 10, 128)
    return {
        "k": glorot(rng, 28 + 128, 512),
        "b": zeros(512),
        "w": glorot(rng, 128, 10),
        "c": zeros(10),
    }, batch


def gpt(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """Two transformer layers, four heads of 32, over 64 characters of an alphabet of 96."""
    batch = rng.integers(0, 96, (16, 64)), rng.integers(0, 96, (16, 64))
    initial = {
        "emb": f32(0.02 * rng.standard_normal((96, 128))),
        "pos": f32(0.02 * rng.standard_normal((64, 128))),
    }
    for layer in range(2):
        initial |= {
            f"qkv{layer}": glorot(rng, 128, 384),
            f"o{layer}": glorot(rng, 128, 128),
            f"u{layer}": glorot(rng, 128, 512),
            f"ub{layer}": zeros(512),
            f"d{layer}": glorot(rng, 512, 128),
            f"db{layer}": zeros(128),
            f"g1{layer}": ones(128),
            f"h1{layer}": zeros(128),
            f"g2{layer}": ones(128),
            f"h2{layer}": zeros(128),
        }
    initial |= {"gf": ones(128), "hf": zeros(128), "head": glorot(rng, 128, 96)}
    return initial, batch


def softmax(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """Logistic regression on 784 numbers, labels as one-hot rows: the beginners' tutorial."""
    x, labels = f32(rng.random((100, 784))), rng.integers(0, 10, 100)
    return {"w": zeros(784, 10), "b": zeros(10)}, (x, np.eye(10, dtype=np.float32)[labels])


def deep(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """Ten thin tanh layers, one number out."""
    x = f32(rng.standard_normal((32, 16)))
    sizes = [16] + [48] * 10 + [1]
    initial: Arrays = {}
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        initial |= {f"w{layer}": glorot(rng, inputs, outputs), f"b{layer}": zeros(outputs)}
    return initial, (x, np.sin(x.sum(axis=1, keepdims=True)))


def batchnorm(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """3×3 convolutions, two of them with strides, batch normalisation, mean over the picture."""
    batch = f32(rng.standard_normal((64, 32, 32, 3))), rng.integers(0, 10, 64)
    initial: Arrays = {}
    for layer, (inputs, outputs) in enumerate([(3, 16), (16, 32), (32, 64)]):
        initial |= {
            f"k{layer}": glorot(rng, 3, 3, inputs, outputs),
            f"g{layer}": ones(outputs),
            f"h{layer}": zeros(outputs),
        }
    return initial | {"w": glorot(rng, 64, 10), "c": zeros(10)}, batch


def gru(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """A GRU of 64 units over 40 time steps, as a loop in the graph."""
    batch = f32(rng.standard_normal((32, 40, 16))), rng.integers(0, 5, 32)
    return {
        "kg": glorot(rng, 16 + 64, 128),
        "bg": ones(128),
        "kc": glorot(rng, 16 + 64, 64),
        "bc": zeros(64),
        "w": glorot(rng, 64, 5),
        "c": zeros(5),
    }, batch


def autoencoder(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """784 numbers through 32 and back, sigmoids all the way, mean squared error."""
    sizes = [784, 128, 32, 128, 784]
    x = f32(rng.random((64, 784)))
    initial: Arrays = {}
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        initial |= {f"w{layer}": glorot(rng, inputs, outputs), f"b{layer}": zeros(outputs)}
    return initial, (x,)


def word2vec(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """Words predict their neighbours: an embedding and a softmax over 2,000 words."""
    batch = rng.integers(0, 2000, 128), rng.integers(0, 2000, 128)
    return {
        "emb": f32(rng.uniform(-1, 1, (2000, 64))),
        "w": f32(rng.standard_normal((2000, 64)) / 8),
        "b": zeros(2000),
    }, batch


def depthwise(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """Depthwise and 1×1 convolutions with relu6, as in MobileNet."""
    batch = f32(rng.standard_normal((32, 32, 32, 3))), rng.integers(0, 10, 32)
    initial: Arrays = {"k": glorot(rng, 3, 3, 3, 16), "b": zeros(16)}
    for layer, (inputs, outputs) in enumerate([(16, 32), (32, 64), (64, 64)]):
        initial |= {
            f"d{layer}": f32(rng.standard_normal((3, 3, inputs, 1)) / 3),
            f"p{layer}": glorot(rng, 1, 1, inputs, outputs),
            f"b{layer}": zeros(outputs),
        }
    return initial | {"w": glorot(rng, 64, 10), "c": zeros(10)}, batch


def encoder(rng: Rng) -> tuple[Arrays, tuple[Array, ...]]:
    """One wide transformer layer without mask, normalised after each half, mean over time."""
    batch = rng.integers(0, 500, (8, 48)), rng.integers(0, 2, 8)
    return {
        "emb": f32(0.1 * rng.standard_normal((500, 256))),
        "pos": f32(0.1 * rng.standard_normal((48, 256))),
        "q": glorot(rng, 256, 256),
        "k": glorot(rng, 256, 256),
        "v": glorot(rng, 256, 256),
        "o": glorot(rng, 256, 256),
        "g1": ones(256),
        "h1": zeros(256),
        "u": glorot(rng, 256, 1024),
        "ub": zeros(1024),
        "d": glorot(rng, 1024, 256),
        "db": zeros(256),
        "g2": ones(256),
        "h2": zeros(256),
        "w": glorot(rng, 256, 2),
        "c": zeros(2),
    }, batch


Maker = Callable[[Rng], tuple[Arrays, tuple[Array, ...]]]
FIVE: dict[str, Maker] = {f.__name__: f for f in (xor, mlp, cnn, lstm, gpt)}
OTHERS: dict[str, Maker] = {
    f.__name__: f
    for f in (softmax, deep, batchnorm, gru, autoencoder, word2vec, depthwise, encoder)
}
WORKLOADS = FIVE | OTHERS
# The programs for TensorFlow say it themselves; this is for those who write updates by hand.
OPTIMIZERS = {
    "xor": ("sgd", 0.03),
    "softmax": ("sgd", 0.05),
    "deep": ("momentum", 0.01),
    "batchnorm": ("momentum", 0.05),
    "gru": ("rmsprop", 1e-3),
    "autoencoder": ("adam", 0.01),
    "word2vec": ("adagrad", 0.1),
    "encoder": ("clipped_adam", 1e-4),
}
USUAL = ("adam", 1e-3)


def make(name: str) -> Workload:
    """The workload of that name, the same numbers every time."""
    initial, batch = WORKLOADS[name](np.random.default_rng(0))
    return Workload(name, initial, batch, *OPTIMIZERS.get(name, USUAL))
