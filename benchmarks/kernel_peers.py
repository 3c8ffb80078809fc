"""One kernel by each peer: tensorslow, OpenBLAS (in NumPy), MKL, oneDNN, XLA (in JAX).

`make(peer, case)` gives a call that computes the kernel into memory, and the result as an array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.kernel_cases import LENGTH, Case
from benchmarks.peers import Step, kind

Made = tuple[Step, np.ndarray]
GELU = float(np.sqrt(2 / np.pi))


def missing(case: Case) -> NotImplementedError:
    return NotImplementedError(f"{case.kind} is left out here")


def repeated(product: Callable[[Any, Any], Any], x: Any, w: Any) -> Any:
    """x·w·w·…, as the chains have it."""
    for _ in range(LENGTH):
        x = product(x, w)
    return x


def with_tensorslow(peer: str, case: Case) -> Made:
    """A graph of the one kernel between variables: nothing is fed, nothing fetched."""
    import tensorslow as tf

    with tf.Graph().as_default():
        operands = [tf.Variable(value) for value in case.operands()]
        stride = case.options.get("stride", 1)
        conv = {"strides": [1, stride, stride, 1], "padding": "SAME"}
        if case.kind == "adam":
            weights, gradient = operands
            optimizer = tf.train.AdamOptimizer(1e-3)
            run = optimizer.apply_gradients([(gradient.read_value(), weights)])
            target: Any = weights
        else:
            x = operands[0]
            build: dict[str, Callable[[], Any]] = {
                "matmul": lambda: tf.matmul(*operands, **case.options),
                "chain": lambda: repeated(tf.matmul, *operands),
                "conv": lambda: tf.nn.conv2d(x, operands[1], **conv),
                "conv_input": lambda: tf.nn.conv2d_backprop_input(
                    case.shapes[0], operands[1], operands[2], **conv
                ),
                "conv_filter": lambda: tf.nn.conv2d_backprop_filter(
                    x, case.shapes[1], operands[2], **conv
                ),
                "negate": lambda: tf.negative(x),
                "add": lambda: operands[0] + operands[1],
                "softmax": lambda: tf.nn.softmax(x),
                "layer_norm": lambda: _layer_norm(tf, *operands),
                "gelu": lambda: 0.5 * x * (1.0 + tf.tanh(GELU * (x + 0.044715 * x * x * x))),
                "tanh": lambda: tf.tanh(x),
                "sigmoid": lambda: tf.sigmoid(x),
                "sum_rows": lambda: tf.reduce_sum(x, 1),
                "sum_columns": lambda: tf.reduce_sum(x, 0),
                "transpose": lambda: tf.transpose(x),
                "max_pool": lambda: tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
            }
            value = build[case.kind]()
            target = tf.Variable(np.zeros(value.shape.as_list(), np.float32))
            run = tf.assign(target, value).op
        session = tf.Session(engine=peer.partition(":")[2] or None)
        session.run(tf.global_variables_initializer())
    session.run(run)
    return lambda: session.run(run), session.run(target)


def _layer_norm(tf: Any, x: Any, scale: Any, offset: Any) -> Any:
    mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
    return (x - mean) * tf.rsqrt(variance + 1e-5) * scale + offset


def with_numpy(peer: str, case: Case) -> Made:
    operands = case.operands()
    x = operands[0]
    if case.kind == "matmul":
        a = np.swapaxes(x, -1, -2) if case.options["transpose_a"] else x
        b = operands[1]
        b = np.swapaxes(b, -1, -2) if case.options["transpose_b"] else b
        out = a @ b
        return lambda: np.matmul(a, b, out=out), out
    if case.kind == "chain":
        return lambda: repeated(np.matmul, *operands), repeated(np.matmul, *operands)
    if case.kind in ("negate", "add", "tanh"):
        function = {"negate": np.negative, "add": np.add, "tanh": np.tanh}[case.kind]
        out = function(*operands)
        return lambda: function(*operands, out=out), out
    if case.kind == "adam":
        w, g = operands
        m, v, t = np.zeros_like(w), np.zeros_like(w), 0

        def adam() -> None:
            nonlocal t
            t += 1
            rate = np.float32(1e-3 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t))
            np.add(m, 0.1 * (g - m), out=m)
            np.add(v, 0.001 * (g * g - v), out=v)
            np.subtract(w, rate * m / (np.sqrt(v) + 1e-8), out=w)

        adam()
        return adam, w.copy()

    def softmax() -> Any:
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    def layer_norm() -> Any:
        centred = x - x.mean(-1, keepdims=True)
        variance = (centred * centred).mean(-1, keepdims=True)
        return centred / np.sqrt(variance + 1e-5) * operands[1] + operands[2]

    rest: dict[str, Step] = {
        "softmax": softmax,
        "layer_norm": layer_norm,
        "gelu": lambda: 0.5 * x * (1 + np.tanh(GELU * (x + 0.044715 * x * x * x))),
        "sigmoid": lambda: 1 / (1 + np.exp(-x)),
        "sum_rows": lambda: x.sum(1),
        "sum_columns": lambda: x.sum(0),
        "transpose": lambda: np.ascontiguousarray(x.T),
    }
    if case.kind not in rest:
        raise missing(case)
    return rest[case.kind], rest[case.kind]()


def with_torch(peer: str, case: Case) -> Made:
    import torch
    from torch.nn import functional as F  # noqa: N812

    torch.set_grad_enabled(False)
    operands = [torch.tensor(value) for value in case.operands()]
    x, out = operands[0], torch.empty_like(operands[0])
    if case.kind == "matmul":
        a = x.transpose(-1, -2) if case.options["transpose_a"] else x
        b = operands[1].transpose(-1, -2) if case.options["transpose_b"] else operands[1]
        out = a @ b
        return lambda: torch.matmul(a, b, out=out), out.numpy()
    if case.kind == "chain":
        run = lambda: repeated(torch.matmul, *operands)  # noqa: E731
        return run, run().numpy()
    if case.kind.startswith("conv"):
        return _torch_conv(case, operands)
    if case.kind == "max_pool":
        x = x.permute(0, 3, 1, 2)  # the same memory: torch knows it as channels last
        pooled = F.max_pool2d(x, 2)
        return lambda: F.max_pool2d(x, 2), pooled.permute(0, 2, 3, 1).numpy()
    if case.kind == "adam":
        optimizer = torch.optim.Adam([x], lr=1e-3, fused=True)
        x.grad = operands[1]
        optimizer.step()
        return optimizer.step, x.clone().numpy()
    rest: dict[str, Step] = {
        "negate": lambda: torch.neg(x, out=out),
        "add": lambda: torch.add(*operands, out=out),
        "softmax": lambda: F.softmax(x, -1),
        "layer_norm": lambda: F.layer_norm(x, x.shape[-1:], operands[1], operands[2]),
        "gelu": lambda: F.gelu(x, approximate="tanh"),
        "tanh": lambda: torch.tanh(x, out=out),
        "sigmoid": lambda: torch.sigmoid(x, out=out),
        "sum_rows": lambda: x.sum(1),
        "sum_columns": lambda: x.sum(0),
        "transpose": lambda: x.T.contiguous(),
    }
    return rest[case.kind], rest[case.kind]().clone().numpy()


def _torch_conv(case: Case, operands: list[Any]) -> Made:
    """oneDNN's convolutions, channels last, so that all read the same layout."""
    import torch

    def pictures(value: Any) -> Any:
        return value.permute(0, 3, 1, 2)

    x, dy = pictures(operands[0]), pictures(operands[2])
    kernel = operands[1].permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    stride, side = case.options["stride"], operands[1].shape[0] // 2
    if stride != 1:
        raise missing(case)  # padding on one side only is a step of its own there
    sizes = ([stride] * 2, [side] * 2, [1, 1], False, [0, 0], 1)
    if case.kind == "conv":
        run = lambda: torch.conv2d(x, kernel, None, stride, side)  # noqa: E731
        return run, run().permute(0, 2, 3, 1).contiguous().numpy()
    wanted = [case.kind == "conv_input", case.kind == "conv_filter", False]
    backward = torch.ops.aten.convolution_backward
    run = lambda: backward(dy, x, kernel, None, *sizes, wanted)  # noqa: E731
    order = (0, 2, 3, 1) if case.kind == "conv_input" else (2, 3, 1, 0)
    result = run()[0 if case.kind == "conv_input" else 1]
    return run, result.permute(*order).contiguous().numpy()


def with_jax(peer: str, case: Case) -> Made:
    import jax
    import jax.numpy as jnp
    from jax import lax, nn

    operands = [jnp.asarray(value) for value in case.operands()]
    stride = case.options.get("stride", 1)

    def conv(x: Any, kernel: Any) -> Any:
        numbers = ("NHWC", "HWIO", "NHWC")
        return lax.conv_general_dilated(
            x, kernel, (stride, stride), "SAME", dimension_numbers=numbers
        )

    def matmul(a: Any, b: Any) -> Any:
        a = a.swapaxes(-1, -2) if case.options["transpose_a"] else a
        return a @ (b.swapaxes(-1, -2) if case.options["transpose_b"] else b)

    def layer_norm(x: Any, scale: Any, offset: Any) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        variance = (centred**2).mean(-1, keepdims=True)
        return centred * lax.rsqrt(variance + 1e-5) * scale + offset

    def adam(w: Any, g: Any, m: Any, v: Any) -> Any:
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        return w - 1e-3 * np.sqrt(0.001) / 0.1 * m / (jnp.sqrt(v) + 1e-8), m, v

    if case.kind == "adam":
        w, g = operands
        update = jax.jit(adam, donate_argnums=(0, 2, 3))
        state = update(w, g, jnp.zeros_like(g), jnp.zeros_like(g))
        result = np.array(state[0])

        def step() -> None:
            nonlocal state
            state = update(state[0], g, *state[1:])
            state[0].block_until_ready()

        return step, result
    functions: dict[str, Callable[..., Any]] = {
        "matmul": matmul,
        "chain": lambda x, w: repeated(matmul, x, w),
        "conv": lambda x, kernel, dy: conv(x, kernel),
        "conv_input": lambda x, kernel, dy: jax.vjp(lambda x: conv(x, kernel), x)[1](dy)[0],
        "conv_filter": lambda x, kernel, dy: jax.vjp(lambda k: conv(x, k), kernel)[1](dy)[0],
        "negate": lambda x: -x,
        "add": lambda x, y: x + y,
        "softmax": nn.softmax,
        "layer_norm": layer_norm,
        "gelu": nn.gelu,
        "tanh": jnp.tanh,
        "sigmoid": nn.sigmoid,
        "sum_rows": lambda x: x.sum(1),
        "sum_columns": lambda x: x.sum(0),
        "transpose": lambda x: x.T,
        "max_pool": lambda x: lax.reduce_window(
            x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME"
        ),
    }
    compiled = jax.jit(functions[case.kind])
    return lambda: compiled(*operands).block_until_ready(), np.asarray(compiled(*operands))


def with_tensorflow(peer: str, case: Case) -> Made:
    """Called eagerly, one operation at a time; only what oneDNN computes for it."""
    import tensorflow as tf

    operands = [tf.constant(value) for value in case.operands()]
    stride = case.options.get("stride", 1)
    conv = {"strides": [1, stride, stride, 1], "padding": "SAME"}
    functions: dict[str, Step] = {
        "matmul": lambda: tf.matmul(*operands, **case.options),
        "chain": lambda: repeated(tf.matmul, *operands),
        "softmax": lambda: tf.nn.softmax(operands[0]),
        "max_pool": lambda: tf.nn.max_pool2d(operands[0], 2, 2, "SAME"),
        "conv": lambda: tf.raw_ops.Conv2D(input=operands[0], filter=operands[1], **conv),
        "conv_input": lambda: tf.raw_ops.Conv2DBackpropInput(
            input_sizes=case.shapes[0], filter=operands[1], out_backprop=operands[2], **conv
        ),
        "conv_filter": lambda: tf.raw_ops.Conv2DBackpropFilter(
            input=operands[0], filter_sizes=case.shapes[1], out_backprop=operands[2], **conv
        ),
    }
    if case.kind not in functions:
        raise missing(case)
    return functions[case.kind], functions[case.kind]().numpy()


MAKERS = {
    "tensorslow": with_tensorslow,
    "numpy": with_numpy,
    "torch": with_torch,
    "jax": with_jax,
    "tensorflow": with_tensorflow,
}
TITLES = {
    "tensorslow": "tensorslow",
    "numpy": "NumPy (OpenBLAS)",
    "torch": "PyTorch (MKL, oneDNN)",
    "jax": "JAX (XLA)",
    "tensorflow": "TensorFlow (oneDNN)",
}


def make(peer: str, case: Case) -> Made:
    return MAKERS[kind(peer)](peer, case)
