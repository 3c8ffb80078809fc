"""Twelve operations, each in a small program with its gradient and the gradient of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tensorslow as ts
from tensorslow.plan import RunPlan, plan_run
from tests.ops.case import distinct, integers, normal


@dataclass(frozen=True)
class Program:
    """A function of fed arrays.

    Attributes:
        name: the operation that it is about.
        feeds: the arrays; floating ones are differentiated in.
        build: from placeholders, what is to be differentiated.
        more: from (placeholders, first gradients), what else is fetched: updates, say.
    """

    name: str
    feeds: Sequence[Any]
    build: Callable[..., Any]
    more: Callable[..., list[Any]] = lambda xs, dxs: []

    def plan(self) -> tuple[RunPlan, list[Any]]:
        """The plan for the value, its gradients and theirs, and its inputs."""
        with ts.Graph().as_default() as graph:
            xs = [ts.placeholder(x.dtype, [None] * x.ndim) for x in self.feeds]
            y = self.build(*xs)
            sources = [x for x in xs if x.dtype.is_floating] + graph.get_collection("variables")
            first = [ts.convert_to_tensor(dx) for dx in ts.gradients(ts.sin(y), sources)]
            # Of a sum of squares, so that what is linear in x has a second gradient too.
            second = ts.gradients([ts.reduce_sum(dx * dx) for dx in first], sources)
            fetches = [y, *first, *map(ts.convert_to_tensor, second), *self.more(xs, first)]
            run_plan = plan_run(fetches, xs)
            state = [
                VALUES[cell.op.name] if isinstance(cell, ts.Tensor) else np.uint64(0)
                for cell in run_plan.reads
            ]
        return run_plan, [*self.feeds, *state]


VALUES = {"weights": normal(3, 2, seed=9)}


def _random(x: Any) -> Any:
    return x * ts.random_uniform([2, 3], dtype=ts.float64, seed=1)


def _assigned(x: Any) -> Any:
    weights = ts.Variable(VALUES["weights"], name="weights")
    return ts.matmul(x, weights)


def _step(xs: Any, dxs: Any) -> list[Any]:
    (weights,) = ts.global_variables()
    return [ts.assign(weights, weights - 0.1 * dxs[-1])]


def _cond(x: Any, y: Any) -> Any:
    return ts.cond(
        ts.reduce_sum(x) > ts.reduce_sum(y), lambda: ts.matmul(x, y), lambda: ts.matmul(x, x) * x
    )


def _while(x: Any, y: Any) -> Any:
    """Until the numbers are small: how often is known to the run alone."""

    def smaller(i: Any, state: Any) -> Any:
        return i + 1, ts.tanh(ts.matmul(state, y)) * 0.2

    return ts.while_loop(lambda i, state: ts.reduce_max(ts.abs(state)) > 0.01, smaller, [0, x])[1]


@ts.RegisterGradient("HostCubeGrad")
def _cube_grad(op: Any, dy: Any) -> Any:
    return 3.0 * dy * ts.square(op.inputs[0])


def _py_func(x: Any) -> Any:
    with ts.get_default_graph().gradient_override_map({"PyFunc": "HostCubeGrad"}):
        cube = ts.py_func(lambda a: a**3, [ts.exp(x)], ts.float64)
    return ts.sqrt(cube)


IMAGE, KERNEL = normal(2, 5, 5, 2), normal(3, 3, 2, 3)
PROGRAMS = [
    Program("matmul", [normal(3, 4), normal(4, 2)], ts.matmul),
    Program("add", [normal(3, 4), normal(4)], ts.add),
    Program("sum", [normal(3, 4, 2)], lambda x: ts.reduce_sum(x, [0, 2])),
    Program("reshape", [normal(3, 4)], lambda x: ts.reshape(x, ts.stack([ts.shape(x)[1], -1]))),
    Program("gather", [normal(5, 3), integers(0, 5, 4)], ts.gather),
    Program(
        "conv2d",
        [IMAGE, KERNEL],
        lambda x, k: ts.nn.conv2d(x, k, strides=[1, 2, 2, 1], padding="SAME"),
    ),
    Program(
        "max_pool",
        [distinct(2, 5, 5, 2)],
        lambda x: ts.nn.max_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME"),
    ),
    Program("random_uniform", [normal(2, 3)], _random),
    Program("assign", [normal(4, 3)], _assigned, _step),
    Program("cond, first branch", [normal(3, 3) + 1, normal(3, 3)], _cond),
    Program("cond, second branch", [normal(3, 3), normal(3, 3) + 1], _cond),
    Program("while_loop", [normal(3, 3), normal(3, 3, seed=1)], _while),
    Program("py_func", [normal(3, 2)], _py_func),
]
