"""JAX: each workload's loss as a function, the whole training step compiled by `jax.jit`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn

from benchmarks.peers import Step
from benchmarks.workloads import Workload

Params = dict[str, Any]


def losses(logits: Any, y: Any) -> Any:
    return -jnp.take_along_axis(nn.log_softmax(logits), y[..., None], -1)


def layer_norm(h: Any, scale: Any, offset: Any, epsilon: float = 1e-5) -> Any:
    mean = h.mean(-1, keepdims=True)
    variance = ((h - mean) ** 2).mean(-1, keepdims=True)
    return (h - mean) * lax.rsqrt(variance + epsilon) * scale + offset


def conv(h: Any, kernel: Any, stride: int = 1, groups: int = 1) -> Any:
    return lax.conv_general_dilated(
        h,
        kernel,
        (stride, stride),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )


def xor(p: Params, x: Any, y: Any) -> Any:
    h = nn.sigmoid(x @ p["w0"] + p["b0"])
    return losses(h @ p["w1"] + p["b1"], y).sum()


def mlp(p: Params, x: Any, y: Any) -> Any:
    h = nn.relu(x @ p["w0"] + p["b0"])
    h = nn.relu(h @ p["w1"] + p["b1"])
    return losses(h @ p["w2"] + p["b2"], y).mean()


def cnn(p: Params, x: Any, y: Any) -> Any:
    def pool(h: Any) -> Any:
        return lax.reduce_window(h, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")

    h = pool(nn.relu(conv(x, p["k0"]) + p["b0"]))
    h = pool(nn.relu(conv(h, p["k1"]) + p["b1"]))
    h = nn.relu(h.reshape(len(x), -1) @ p["w0"] + p["c0"])
    return losses(h @ p["w1"] + p["c1"], y).mean()


def lstm(p: Params, x: Any, y: Any) -> Any:
    def cell(carried: Any, row: Any) -> Any:
        c, h = carried
        i, j, f, o = jnp.split(jnp.concatenate([row, h], 1) @ p["k"] + p["b"], 4, 1)
        c = nn.sigmoid(f + 1) * c + nn.sigmoid(i) * jnp.tanh(j)
        return (c, nn.sigmoid(o) * jnp.tanh(c)), None

    start = jnp.zeros((len(x), 128))
    (_, h), _ = lax.scan(cell, (start, start), x.transpose(1, 0, 2))
    return losses(h @ p["w"] + p["c"], y).mean()


def gpt(p: Params, x: Any, y: Any) -> Any:
    batch, time = x.shape
    mask = jnp.tril(jnp.ones((time, time), bool))
    h = p["emb"][x] + p["pos"]
    for i in range(2):
        a = layer_norm(h, p[f"g1{i}"], p[f"h1{i}"])
        heads = (a @ p[f"qkv{i}"]).reshape(batch, time, 3, 4, 32)
        q, k, v = heads.transpose(2, 0, 3, 1, 4)
        scores = jnp.where(mask, q @ k.transpose(0, 1, 3, 2) / np.sqrt(32), -1e30)
        a = (nn.softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(batch, time, 128)
        h = h + a @ p[f"o{i}"]
        a = layer_norm(h, p[f"g2{i}"], p[f"h2{i}"])
        h = h + nn.gelu(a @ p[f"u{i}"] + p[f"ub{i}"]) @ p[f"d{i}"] + p[f"db{i}"]
    return losses(layer_norm(h, p["gf"], p["hf"]) @ p["head"], y).mean()


def softmax(p: Params, x: Any, y: Any) -> Any:
    return -(y * nn.log_softmax(x @ p["w"] + p["b"])).sum(-1).mean()


def deep(p: Params, x: Any, y: Any) -> Any:
    h = x
    for i in range(10):
        h = jnp.tanh(h @ p[f"w{i}"] + p[f"b{i}"])
    return ((h @ p["w10"] + p["b10"] - y) ** 2).mean()


def batchnorm(p: Params, x: Any, y: Any) -> Any:
    h = x
    for i, stride in enumerate([1, 2, 2]):
        h = conv(h, p[f"k{i}"], stride)
        mean, variance = h.mean((0, 1, 2)), h.var((0, 1, 2))
        h = nn.relu((h - mean) * lax.rsqrt(variance + 1e-3) * p[f"g{i}"] + p[f"h{i}"])
    return losses(h.mean((1, 2)) @ p["w"] + p["c"], y).mean()


def gru(p: Params, x: Any, y: Any) -> Any:
    def cell(h: Any, row: Any) -> Any:
        r, u = jnp.split(nn.sigmoid(jnp.concatenate([row, h], 1) @ p["kg"] + p["bg"]), 2, 1)
        candidate = jnp.tanh(jnp.concatenate([row, r * h], 1) @ p["kc"] + p["bc"])
        return u * h + (1 - u) * candidate, None

    h, _ = lax.scan(cell, jnp.zeros((len(x), 64)), x.transpose(1, 0, 2))
    return losses(h @ p["w"] + p["c"], y).mean()


def autoencoder(p: Params, x: Any) -> Any:
    h = x
    for i in range(4):
        h = nn.sigmoid(h @ p[f"w{i}"] + p[f"b{i}"])
    return ((x - h) ** 2).mean()


def word2vec(p: Params, words: Any, neighbours: Any) -> Any:
    return losses(p["emb"][words] @ p["w"].T + p["b"], neighbours).mean()


def depthwise(p: Params, x: Any, y: Any) -> Any:
    h = nn.relu6(conv(x, p["k"]) + p["b"])
    for i, stride in enumerate([1, 2, 2]):
        channels = h.shape[-1]
        h = conv(h, p[f"d{i}"].reshape(3, 3, 1, channels), stride, groups=channels)
        h = nn.relu6(conv(h, p[f"p{i}"]) + p[f"b{i}"])
    return losses(h.mean((1, 2)) @ p["w"] + p["c"], y).mean()


def encoder(p: Params, x: Any, y: Any) -> Any:
    def heads(a: Any) -> Any:
        return a.reshape(*x.shape, 8, 32).transpose(0, 2, 1, 3)

    h = p["emb"][x] * 16.0 + p["pos"]
    q, k, v = heads(h @ p["q"]), heads(h @ p["k"]), heads(h @ p["v"])
    mixed = nn.softmax(q @ k.transpose(0, 1, 3, 2) * 32**-0.5) @ v
    mixed = mixed.transpose(0, 2, 1, 3).reshape(h.shape) @ p["o"]
    h = layer_norm(h + mixed, p["g1"], p["h1"], 1e-6)
    a = nn.relu(h @ p["u"] + p["ub"]) @ p["d"] + p["db"]
    h = layer_norm(h + a, p["g2"], p["h2"], 1e-6)
    return losses(h.mean(1) @ p["w"] + p["c"], y).mean()


LOSSES = {
    f.__name__: f
    for f in (xor, mlp, cnn, lstm, gpt, softmax, deep, batchnorm, gru)
    + (autoencoder, word2vec, depthwise, encoder)
}


def updated(optimizer: str, rate: Any, p: Any, g: Any, m: Any, v: Any, t: Any) -> Any:
    """The new weights and slots, by TensorFlow's formulas; `t` counts from 1."""
    trees = jax.tree.map
    if optimizer == "sgd":
        return trees(lambda p, g: p - rate * g, p, g), m, v
    if optimizer == "momentum":
        m = trees(lambda m, g: 0.9 * m + g, m, g)
        return trees(lambda p, m: p - rate * m, p, m), m, v
    if optimizer == "adagrad":
        v = trees(lambda v, g: v + g * g, v, g)
        return trees(lambda p, g, v: p - rate * g * lax.rsqrt(v), p, g, v), m, v
    if optimizer == "rmsprop":
        v = trees(lambda v, g: 0.9 * v + 0.1 * g * g, v, g)
        return trees(lambda p, g, v: p - rate * g * lax.rsqrt(v + 1e-10), p, g, v), m, v
    if optimizer == "clipped_adam":
        norm = jnp.sqrt(sum((leaf**2).sum() for leaf in jax.tree.leaves(g)))
        g = trees(lambda g: g / jnp.maximum(norm, 1.0), g)
        rate = rate * 0.9 ** ((t - 1) / 1000)
    m = trees(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = trees(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    rate = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return trees(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), p, m, v), m, v


def make_step(peer: str, workload: Workload) -> Step:
    loss_of = LOSSES[workload.name]
    batch = [jnp.asarray(array) for array in workload.batch]
    start = {"adagrad": 0.1, "rmsprop": 1.0}.get(workload.optimizer, 0.0)
    p = {name: jnp.asarray(value) for name, value in workload.initial.items()}
    m = jax.tree.map(jnp.zeros_like, p)
    v = jax.tree.map(lambda leaf: jnp.full_like(leaf, start), p)

    def train_once(state: Any, *batch: Any) -> Any:
        p, m, v, t = state
        loss, g = jax.value_and_grad(loss_of)(p, *batch)
        t = t + 1
        return (*updated(workload.optimizer, workload.rate, p, g, m, v, t), t), loss

    compiled = jax.jit(train_once, donate_argnums=0)
    state: Any = (p, m, v, jnp.float32(0))

    def step() -> Any:
        nonlocal state
        state, loss = compiled(state, *batch)
        return loss.block_until_ready()

    return step
