"""NumPy by hand: what a learner writes, with the gradients worked out on paper."""

from __future__ import annotations

import numpy as np

from benchmarks.peers import Step
from benchmarks.workloads import Array, Arrays, Workload


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def adam(p: Arrays, rate: float) -> tuple[Arrays, Step]:
    """The gradients' place, and the update that reads them from there."""
    g: Arrays = {}
    m = {name: np.zeros_like(value) for name, value in p.items()}
    v = {name: np.zeros_like(value) for name, value in p.items()}
    t = 0

    def update() -> None:
        nonlocal t
        t += 1
        now = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        for name, value in p.items():
            m[name] += 0.1 * (g[name] - m[name])
            v[name] += 0.001 * (g[name] * g[name] - v[name])
            value -= np.float32(now) * m[name] / (np.sqrt(v[name]) + 1e-8)

    return g, update


def xor(p: Arrays, x: Array, y: Array, rate: float) -> Step:
    one_hot, rows = np.eye(2, dtype=np.float32)[y], np.arange(len(y))

    def step() -> float:
        h = 1 / (1 + np.exp(-(x @ p["w0"] + p["b0"])))
        q = softmax(h @ p["w1"] + p["b1"])
        loss = -np.log(q[rows, y]).sum()
        dz = q - one_hot
        dh = dz @ p["w1"].T * h * (1 - h)
        p["w1"] -= rate * (h.T @ dz)
        p["b1"] -= rate * dz.sum(0)
        p["w0"] -= rate * (x.T @ dh)
        p["b0"] -= rate * dh.sum(0)
        return loss

    return step


def mlp(p: Arrays, x: Array, y: Array, rate: float) -> Step:
    one_hot, rows = np.eye(10, dtype=np.float32)[y], np.arange(len(y))
    g, update = adam(p, rate)

    def step() -> float:
        h0 = np.maximum(x @ p["w0"] + p["b0"], 0)
        h1 = np.maximum(h0 @ p["w1"] + p["b1"], 0)
        q = softmax(h1 @ p["w2"] + p["b2"])
        loss = -np.log(q[rows, y]).mean()
        dz = (q - one_hot) / np.float32(len(y))
        g["w2"], g["b2"] = h1.T @ dz, dz.sum(0)
        dh1 = (dz @ p["w2"].T) * (h1 > 0)
        g["w1"], g["b1"] = h0.T @ dh1, dh1.sum(0)
        dh0 = (dh1 @ p["w1"].T) * (h0 > 0)
        g["w0"], g["b0"] = x.T @ dh0, dh0.sum(0)
        update()
        return loss

    return step


def softmax_regression(p: Arrays, x: Array, y: Array, rate: float) -> Step:
    def step() -> float:
        q = softmax(x @ p["w"] + p["b"])
        loss = -(y * np.log(q)).sum(1).mean()
        dz = (q - y) / np.float32(len(y))
        p["w"] -= rate * (x.T @ dz)
        p["b"] -= rate * dz.sum(0)
        return loss

    return step


def autoencoder(p: Arrays, x: Array, rate: float) -> Step:
    g, update = adam(p, rate)

    def step() -> float:
        hs = [x]
        for i in range(4):
            hs.append(1 / (1 + np.exp(-(hs[-1] @ p[f"w{i}"] + p[f"b{i}"]))))
        error = hs[-1] - x
        loss = (error * error).mean()
        dh = error * np.float32(2 / error.size)
        for i in reversed(range(4)):
            dz = dh * hs[i + 1] * (1 - hs[i + 1])
            g[f"w{i}"], g[f"b{i}"] = hs[i].T @ dz, dz.sum(0)
            dh = dz @ p[f"w{i}"].T
        update()
        return loss

    return step


STEPS = {"xor": xor, "mlp": mlp, "softmax": softmax_regression, "autoencoder": autoencoder}


def make_step(peer: str, workload: Workload) -> Step:
    if workload.name not in STEPS:
        raise NotImplementedError(f"{workload.name} is not written by hand")
    p = {name: value.copy() for name, value in workload.initial.items()}
    return STEPS[workload.name](p, *workload.batch, workload.rate)
