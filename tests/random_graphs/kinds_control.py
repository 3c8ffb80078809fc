"""The kinds of steps that hold bodies: branches and loops, nested as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tensorslow as ts
from tests.random_graphs.arrays import Unfit, decided, fit
from tests.random_graphs.kinds import BINARY, REDUCTIONS, UNARY
from tests.random_graphs.recipe import Kind, Proposal, Recipe
from tests.random_graphs.writer import Writer

DEEPEST = 3  # bodies within bodies
_BY_NAME = {kind.name: kind for kind in [*UNARY, *BINARY, *REDUCTIONS]}


def _body(writer: Writer, params: list[Any], shape: tuple[int, ...]) -> Recipe:
    """A body that takes such values, and whose result has that shape."""
    if writer.level >= DEEPEST:
        raise Unfit("deep enough")
    inner = writer.inner()
    numbers = [inner.add_param(value) for value in params]
    inner.write(int(writer.rng.integers(1, 5)))
    made = [number for number in inner.own if number not in numbers]
    alike = [number for number in made if inner.values[number].shape == shape]
    if alike:
        return inner.finish(alike[-1])
    # Else one number is made of what there is, and scales something of that shape.
    whole = {"axis": None, "keepdims": False}
    mean = inner.take(_BY_NAME["reduce_mean"], Proposal([made[-1]], whole))
    scale = inner.take(_BY_NAME["tanh"], Proposal([mean]))
    base = inner.pick(lambda x: x.shape == shape)
    return inner.finish(inner.take(_BY_NAME["multiply"], Proposal([base, scale])))


def _alike(result: Any, like: Any) -> Any:
    """A loop variable keeps its shape; where that is known of one side only, we say so."""
    result.set_shape(like.shape)
    return result


# cond


def _cond(writer: Writer) -> Proposal:
    shape = writer.values[writer.pick()].shape
    bodies = {name: _body(writer, [], shape) for name in ("then", "otherwise")}
    return Proposal([writer.pick(), writer.pick()], {}, bodies)


def _cond_build(a: Any, b: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    return ts.cond(ts.reduce_sum(a) > ts.reduce_sum(b) + 0.1, then, otherwise)


def _cond_evaluate(a: Any, b: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    return then() if decided(np.sum(a) - np.sum(b) - 0.1) else otherwise()


# Loops


def _counted(writer: Writer) -> Proposal:
    start = writer.pick()
    value = writer.values[start]
    body = _body(writer, [np.float64(0.0), value], value.shape)
    return Proposal([start], {"times": int(writer.rng.integers(0, 5))}, {"body": body})


def _counted_build(start: Any, times: int, body: Callable[..., Any]) -> Any:
    def step(i: Any, state: Any) -> Any:
        return i + 1, _alike(body(ts.cast(i, ts.float64), state), state)

    return ts.while_loop(lambda i, state: i < times, step, [0, start])[1]


def _counted_evaluate(start: Any, times: int, body: Callable[..., Any]) -> Any:
    state = start
    for i in range(times):
        state = fit(body(np.float64(i), state))
    return state


def _open_ended(writer: Writer) -> Proposal:
    start = writer.pick()
    value = writer.values[start]
    limit = round(float(np.mean(value) * writer.rng.uniform(0.2, 1.5)), 2)
    return Proposal([start], {"limit": limit}, {"body": _body(writer, [value], value.shape)})


def _open_ended_build(start: Any, limit: float, body: Callable[..., Any]) -> Any:
    return ts.while_loop(
        lambda state: ts.reduce_mean(state) < limit,
        lambda state: _alike(body(state), state),
        [start],
        maximum_iterations=6,
    )


def _open_ended_evaluate(start: Any, limit: float, body: Callable[..., Any]) -> Any:
    state = start
    for _ in range(6):
        if not decided(limit - np.mean(state)):
            break
        state = fit(body(state))
    return state


def _map(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim > 0 and x.shape[0])
    row = writer.values[number][0]
    return Proposal([number], {}, {"body": _body(writer, [row], row.shape)})


def _map_evaluate(x: Any, body: Callable[..., Any]) -> Any:
    return np.stack([fit(body(row)) for row in x])


def _scan(writer: Writer) -> Proposal:
    number = writer.pick(lambda x: x.ndim > 0 and x.shape[0])
    start = writer.pick()
    first, row = writer.values[start], writer.values[number][0]
    body = _body(writer, [first, row], first.shape)
    return Proposal(
        [number, start], {"keep": writer.chance(), "reverse": writer.chance()}, {"body": body}
    )


def _scan_build(x: Any, start: Any, keep: bool, reverse: bool, body: Callable[..., Any]) -> Any:
    def step(state: Any, row: Any) -> Any:
        return _alike(body(state, row), state)

    if keep:
        return ts.scan(step, x, initializer=start, reverse=reverse)
    return (ts.foldr if reverse else ts.foldl)(step, x, initializer=start)


def _scan_evaluate(x: Any, start: Any, keep: bool, reverse: bool, body: Callable[..., Any]) -> Any:
    states, state = [], start
    for row in x[::-1] if reverse else x:
        state = fit(body(state, row))
        states.append(state)
    return np.stack(states[::-1] if reverse else states) if keep else state


CONTROL = [
    Kind("cond", _cond, _cond_build, _cond_evaluate),
    Kind("while_loop, counted", _counted, _counted_build, _counted_evaluate),
    Kind("while_loop, open-ended", _open_ended, _open_ended_build, _open_ended_evaluate),
    Kind("map_fn", _map, lambda x, body: ts.map_fn(body, x), _map_evaluate),
    Kind("scan or fold", _scan, _scan_build, _scan_evaluate),
]
