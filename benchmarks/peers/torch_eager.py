"""PyTorch: each workload's loss as a function, `backward` and an optimizer, as one writes it.

Pictures are [batch, channels, height, width] here, so kernels are transposed once, at the start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from benchmarks.peers import Step
from benchmarks.workloads import Array, Workload

Params = dict[str, Any]


def xor(p: Params, x: Any, y: Any) -> Any:
    h = torch.sigmoid(x @ p["w0"] + p["b0"])
    return F.cross_entropy(h @ p["w1"] + p["b1"], y, reduction="sum")


def mlp(p: Params, x: Any, y: Any) -> Any:
    h = F.relu(x @ p["w0"] + p["b0"])
    h = F.relu(h @ p["w1"] + p["b1"])
    return F.cross_entropy(h @ p["w2"] + p["b2"], y)


def cnn(p: Params, x: Any, y: Any) -> Any:
    h = F.max_pool2d(F.relu(F.conv2d(x, p["k0"], p["b0"], padding=2)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, p["k1"], p["b1"], padding=2)), 2)
    h = F.relu(h.flatten(1) @ p["w0"] + p["c0"])
    return F.cross_entropy(h @ p["w1"] + p["c1"], y)


def lstm(p: Params, x: Any, y: Any) -> Any:
    h = c = torch.zeros(len(x), 128)
    for t in range(28):
        i, j, f, o = (torch.cat([x[:, t], h], 1) @ p["k"] + p["b"]).chunk(4, 1)
        c = torch.sigmoid(f + 1) * c + torch.sigmoid(i) * torch.tanh(j)
        h = torch.sigmoid(o) * torch.tanh(c)
    return F.cross_entropy(h @ p["w"] + p["c"], y)


def gpt(p: Params, x: Any, y: Any) -> Any:
    batch, time = x.shape
    h = p["emb"][x] + p["pos"]
    for i in range(2):
        a = F.layer_norm(h, (128,), p[f"g1{i}"], p[f"h1{i}"])
        q, k, v = (a @ p[f"qkv{i}"]).view(batch, time, 3, 4, 32).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        h = h + a.transpose(1, 2).reshape(batch, time, 128) @ p[f"o{i}"]
        a = F.layer_norm(h, (128,), p[f"g2{i}"], p[f"h2{i}"])
        a = F.gelu(a @ p[f"u{i}"] + p[f"ub{i}"], approximate="tanh")
        h = h + a @ p[f"d{i}"] + p[f"db{i}"]
    logits = F.layer_norm(h, (128,), p["gf"], p["hf"]) @ p["head"]
    return F.cross_entropy(logits.reshape(-1, 96), y.reshape(-1))


def softmax(p: Params, x: Any, y: Any) -> Any:
    return F.cross_entropy(x @ p["w"] + p["b"], y)


def deep(p: Params, x: Any, y: Any) -> Any:
    h = x
    for i in range(10):
        h = torch.tanh(h @ p[f"w{i}"] + p[f"b{i}"])
    return F.mse_loss(h @ p["w10"] + p["b10"], y)


def strided(h: Any, kernel: Any, stride: int, groups: int = 1) -> Any:
    """A 3×3 convolution with TensorFlow's padding, which for even sizes is one-sided."""
    if stride == 1:
        return F.conv2d(h, kernel, padding=1, groups=groups)
    return F.conv2d(F.pad(h, (0, 1, 0, 1)), kernel, stride=stride, groups=groups)


def batchnorm(p: Params, x: Any, y: Any) -> Any:
    h = x
    for i, stride in enumerate([1, 2, 2]):
        h = strided(h, p[f"k{i}"], stride)
        h = F.relu(F.batch_norm(h, None, None, p[f"g{i}"], p[f"h{i}"], training=True, eps=1e-3))
    return F.cross_entropy(h.mean((2, 3)) @ p["w"] + p["c"], y)


def gru(p: Params, x: Any, y: Any) -> Any:
    h = torch.zeros(len(x), 64)
    for t in range(40):
        r, u = torch.sigmoid(torch.cat([x[:, t], h], 1) @ p["kg"] + p["bg"]).chunk(2, 1)
        candidate = torch.tanh(torch.cat([x[:, t], r * h], 1) @ p["kc"] + p["bc"])
        h = u * h + (1 - u) * candidate
    return F.cross_entropy(h @ p["w"] + p["c"], y)


def autoencoder(p: Params, x: Any) -> Any:
    h = x
    for i in range(4):
        h = torch.sigmoid(h @ p[f"w{i}"] + p[f"b{i}"])
    return F.mse_loss(h, x)


def word2vec(p: Params, words: Any, neighbours: Any) -> Any:
    return F.cross_entropy(p["emb"][words] @ p["w"].T + p["b"], neighbours)


def depthwise(p: Params, x: Any, y: Any) -> Any:
    h = F.relu6(F.conv2d(x, p["k"], p["b"], padding=1))
    for i, stride in enumerate([1, 2, 2]):
        h = strided(h, p[f"d{i}"], stride, groups=h.shape[1])
        h = F.relu6(F.conv2d(h, p[f"p{i}"], p[f"b{i}"]))
    return F.cross_entropy(h.mean((2, 3)) @ p["w"] + p["c"], y)


def encoder(p: Params, x: Any, y: Any) -> Any:
    def heads(a: Any) -> Any:
        return a.view(*x.shape, 8, 32).transpose(1, 2)

    h = p["emb"][x] * 16.0 + p["pos"]
    q, k, v = heads(h @ p["q"]), heads(h @ p["k"]), heads(h @ p["v"])
    mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(h.shape) @ p["o"]
    h = F.layer_norm(h + mixed, (256,), p["g1"], p["h1"], 1e-6)
    a = F.relu(h @ p["u"] + p["ub"]) @ p["d"] + p["db"]
    h = F.layer_norm(h + a, (256,), p["g2"], p["h2"], 1e-6)
    return F.cross_entropy(h.mean(1) @ p["w"] + p["c"], y)


LOSSES: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (xor, mlp, cnn, lstm, gpt, softmax, deep, batchnorm, gru)
    + (autoencoder, word2vec, depthwise, encoder)
}


def channels_first(workload: str, name: str, value: Array) -> Array:
    """A parameter or picture in PyTorch's layout."""
    if value.ndim == 4 and name == "x":
        return value.transpose(0, 3, 1, 2)
    if value.ndim == 4 and name.startswith("d"):
        return value.transpose(2, 3, 0, 1)
    if value.ndim == 4:
        return value.transpose(3, 2, 0, 1)
    if (workload, name) == ("cnn", "w0"):  # its rows are the pixels and channels of a picture
        return value.reshape(7, 7, 64, -1).transpose(2, 0, 1, 3).reshape(value.shape)
    return value


def make_optimizer(name: str, rate: float, weights: list[Any]) -> torch.optim.Optimizer:
    """With the formulas and settings of TensorFlow where PyTorch's differ."""
    if name == "sgd":
        return torch.optim.SGD(weights, lr=rate)
    if name == "momentum":
        return torch.optim.SGD(weights, lr=rate, momentum=0.9)
    if name == "adagrad":
        return torch.optim.Adagrad(weights, lr=rate, initial_accumulator_value=0.1, eps=0.0)
    if name == "rmsprop":
        optimizer = torch.optim.RMSprop(weights, lr=rate, alpha=0.9, eps=1e-10)
        for w in weights:  # TensorFlow's mean square begins at one
            optimizer.state[w] = {"step": torch.tensor(0.0), "square_avg": torch.ones_like(w)}
        return optimizer
    return torch.optim.Adam(weights, lr=rate)


def make_step(peer: str, workload: Workload, loss_of: Any = None) -> Step:
    """`loss_of`: what to call instead of this workload's own function."""
    loss_of = loss_of or LOSSES[workload.name]
    p = {
        name: torch.tensor(channels_first(workload.name, name, value).copy(), requires_grad=True)
        for name, value in workload.initial.items()
    }
    first, *rest = workload.batch
    arrays = [channels_first(workload.name, "x", first), *rest]
    batch = [torch.tensor(np.ascontiguousarray(array)) for array in arrays]
    weights = list(p.values())
    optimizer = make_optimizer(workload.optimizer, workload.rate, weights)
    clipped = workload.optimizer == "clipped_adam"
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9 ** (1 / 1000))

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(p, *batch)
        loss.backward()
        if clipped:
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        if clipped:
            schedule.step()
        return loss.detach()

    return step
