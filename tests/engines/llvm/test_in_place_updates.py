"""Variables that compiled code writes over: what is read before and after, and what a failed check
leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.compiled import updates
from tensorslow.engines.llvm import compile as compiling
from tensorslow.engines.llvm import stages
from tensorslow.engines.llvm.executable import compile_plan
from tensorslow.engines.numpy import compile_plan as in_numpy
from tensorslow.plan import plan_run
from tests.ops.laws import assert_all_near
from tests.sampling import sampled


@pytest.fixture(autouse=True)
def several_threads(monkeypatch):
    """However little there is to do, and whatever was compiled before."""
    monkeypatch.setattr(compiling, "SHORT", -1.0)
    monkeypatch.setenv("TENSORSLOW_CACHE", "off")


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(np.float32)


class Updating:
    """Operations on variables, compiled.

    Args:
        build: gets placeholders, and returns what is fetched.
        feeds: what is fed.
    """

    def __init__(self, build: Callable[..., Sequence[Any]], feeds: Sequence[Any] = ()) -> None:
        self.feeds = [np.asarray(x) for x in feeds]
        graph = ts.Graph()
        with graph.as_default():
            xs = [ts.placeholder(x.dtype, x.shape) for x in self.feeds]
            fetches = build(*xs)
        run_plan = plan_run(fetches, xs)
        with ts.Session(graph=graph, engine="numpy") as session:
            values = session.run(list(run_plan.reads))
        self.inputs = [*self.feeds, *(np.array(x) for x in values)]
        self.updates = updates(run_plan)
        specs = [TensorSpec(x.shape, x.dtype) for x in self.inputs]
        self.executable = compile_plan(run_plan.plan, specs, self.updates)
        self.numpy = in_numpy(run_plan.plan)

    def check(self, steps: int = 3) -> int:
        """Runs it some times beside NumPy; how many variables were updated in place."""
        in_place = self.executable.in_place
        mine, theirs = [x.copy() for x in self.inputs], [x.copy() for x in self.inputs]
        written = {i for i, output in self.updates if output in in_place}
        for _ in range(steps):
            expected = [np.array(y) for y in self.numpy([x.copy() for x in theirs])]
            before = [x.copy() for x in mine]
            found = self.executable(mine)
            assert_all_near(found, expected)
            for i, (x, old) in enumerate(zip(mine, before, strict=True)):
                assert i in written or np.array_equal(x, old), f"input {i} has changed"
            for i, output in self.updates:
                if output in in_place:
                    assert found[output] is mine[i]
                mine[i], theirs[i] = found[output], expected[output]
        return len(in_place)

    def check_stopped(self, *feeds: Any) -> None:
        """Runs it with feeds for which a check fails: nothing may have changed."""
        inputs = [np.asarray(x) for x in feeds] + [x.copy() for x in self.inputs[len(feeds) :]]
        assert self.executable(inputs) is None
        for x, old in zip(inputs[len(feeds) :], self.inputs[len(feeds) :], strict=True):
            np.testing.assert_array_equal(x, old)


def assigned(*pairs: tuple[Any, Any], first: Sequence[Any] = ()) -> list[Any]:
    """Assignments of values that were computed before any of them, and after `first`."""
    values = [ts.identity(value) for _, value in pairs]
    with ts.control_dependencies([*values, *first]):
        return [ts.assign(x, y).op for (x, _), y in zip(pairs, values, strict=True)]


def swapped():
    x, y = ts.Variable(numbers(5, 7)), ts.Variable(numbers(5, 7, seed=1))
    return assigned((x, y), (y, x))


def rotated():
    x, y, z = (ts.Variable(numbers(300, seed=i)) for i in range(3))
    return assigned((x, y + 1), (y, z * 2), (z, x))


def crossed():
    x, y = ts.Variable(numbers(33, 40)), ts.Variable(numbers(33, 40, seed=1))
    return assigned((x, ts.sin(y) - 2), (y, ts.exp(x * 0.1) + 1))


def of_itself(function: Callable[[Any], Any], *shape: int) -> Callable[[], list[Any]]:
    """A variable that becomes a function of its old value."""

    def build() -> list[Any]:
        x = ts.Variable(numbers(*shape) / 6)
        return [ts.assign(x, function(x)).op]

    return build


def old_and_new():
    x = ts.Variable(numbers(33, 30))
    old = ts.identity(x)
    with ts.control_dependencies([old]):
        new = ts.assign_add(x, ts.ones_like(old))
    return [old, new, ts.reduce_sum(new * old)]


def read_late():
    x = ts.Variable(numbers(33, 30))
    old = ts.identity(x)
    with ts.control_dependencies([old]):
        new = ts.assign(x, old * 2)
    scale = ts.reduce_sum(ts.square(old))
    late = ts.matmul(ts.exp(ts.matmul(old, ts.transpose(old)) / 10) / scale, old)
    return [new.op, late]


def written_twice():
    x = ts.Variable(numbers(40))
    first = ts.assign_add(x, ts.ones([40]))
    with ts.control_dependencies([first]):
        second = ts.assign(x, ts.identity(x) * 3)
    with ts.control_dependencies([second]):
        third = ts.assign_sub(x, ts.ones([40]))
    return [first, second, third]


def counted():
    x, y = ts.Variable(np.int64(3)), ts.Variable(np.int32(7))
    return [ts.assign_add(x, 1), ts.assign(y, ts.cast(x, ts.int32) + y)]


def as_another_type():
    x, y = ts.Variable(numbers(50)), ts.Variable(numbers(50, seed=1).astype(np.float64))
    return assigned((x, ts.cast(y, ts.float32)), (y, ts.cast(x, ts.float64)))


# By name: what is done, and how many variables must be updated in place.
PROGRAMS: dict[str, tuple[Callable[[], Sequence[Any]], int]] = {
    "swapped": (swapped, 0),
    "rotated": (rotated, 0),
    "crossed": (crossed, 0),
    "scaled": (of_itself(lambda x: x * 2 + 1, 100), 1),
    "normed": (of_itself(lambda x: x / ts.reduce_sum(ts.square(x)), 33, 300), 0),
    "transposed": (of_itself(ts.transpose, 6, 6), 0),
    "reversed": (of_itself(lambda x: ts.reverse(x, [0]), 100), 0),
    "squared": (of_itself(lambda x: ts.matmul(x, x), 33, 33), 0),
    "square added": (of_itself(lambda x: x + ts.matmul(x, x), 33, 33), 0),
    "softmax": (of_itself(ts.nn.softmax, 33, 300), 0),
    "softmax of columns": (of_itself(lambda x: ts.nn.softmax(x, axis=0), 33, 300), 0),
    "running": (of_itself(lambda x: ts.cumsum(x, 1), 33, 30), 0),
    "rolled": (of_itself(lambda x: ts.concat([x[1:], x[:1]], 0), 10, 8), 0),
    "shifted": (of_itself(lambda x: ts.pad(x[1:], [[1, 0], [0, 0]]), 10, 8), 0),
    "gathered": (of_itself(lambda x: ts.gather(x, [3, 1, 3, 3, 9, 0, 0, 1, 2, 8]), 10, 8), 0),
    "broadcast": (of_itself(lambda x: x + x[:, :1], 10, 8), 0),
    "old and new": (old_and_new, 0),
    "read late": (read_late, 1),
    "written twice": (written_twice, 0),
    "counted": (counted, 2),
    "as another type": (as_another_type, 0),
}


@pytest.fixture
def nothing_moved(monkeypatch):
    """New values are in the place of the old ones from the start, or not at all."""
    monkeypatch.setattr(stages, "move_updates", lambda *_: {})


@sampled("name", PROGRAMS, 3)
def test_a_variable_is_written_over_only_where_nobody_sees_it(name: str, nothing_moved: None):
    build, least = PROGRAMS[name]
    assert Updating(build).check() >= least


@sampled("name", PROGRAMS, 3)
def test_what_cannot_be_written_over_is_moved_there_at_last(name: str):
    step = Updating(PROGRAMS[name][0])
    assert step.check() == len(step.updates)


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "gradient descent": lambda: ts.train.GradientDescentOptimizer(0.1),
    "adam": lambda: ts.train.AdamOptimizer(0.01),
    "momentum": lambda: ts.train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda: ts.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adagrad": lambda: ts.train.AdagradOptimizer(0.1),
    "rmsprop": lambda: ts.train.RMSPropOptimizer(0.01, momentum=0.5, centered=True),
    "adadelta": lambda: ts.train.AdadeltaOptimizer(0.5),
    "ftrl": lambda: ts.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
}


def step_of(optimizer: Callable[[], Any], sparse: bool) -> Updating:
    """A step of training: of two layers, the first of which may be a table of rows."""

    def build(x, rows):
        table, bias = ts.Variable(numbers(20, 30) / 5), ts.Variable(numbers(30))
        kernel = ts.Variable(numbers(30, 10) / 5)
        hidden = ts.gather(table, rows) if sparse else ts.matmul(x, table)
        logits = ts.matmul(ts.tanh(hidden + bias), kernel)
        labels = ts.one_hot(rows % 10, 10)
        losses = ts.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        loss = ts.reduce_mean(losses)
        return [loss, optimizer().minimize(loss), ts.reduce_sum(kernel)]

    return Updating(build, [numbers(16, 20), np.arange(16) * 7 % 20])


@sampled(("name", "sparse"), product(OPTIMIZERS, [False, True]), 3)
def test_optimizers(name: str, sparse: bool, nothing_moved: None):
    step = step_of(OPTIMIZERS[name], sparse)
    in_place = step.check(steps=5)
    assert sparse or in_place == len(step.updates)


def test_an_index_out_of_range_leaves_what_is_moved_at_last():
    def build(rows):
        x, y = ts.Variable(numbers(5, 7)), ts.Variable(numbers(5, 7, seed=1))
        return [ts.gather(x, rows), *assigned((x, y), (y, x))]

    step = Updating(build, [np.arange(4)])
    step.check_stopped([0, 1, 5, 2])
    assert step.check() == 2


@sampled("place", [7, 0, 15], 3)
def test_an_index_out_of_range_leaves_all_variables(place: int):
    step = step_of(OPTIMIZERS["adam"], sparse=True)
    for bad in (20, -1, 10**9, -(2**62)):
        x, rows = step.feeds
        rows = rows.copy()
        rows[place] = bad
        step.check_stopped(x, rows)
    step.check()


def test_a_division_by_zero_leaves_all_variables():
    def build(a, b):
        count, total = ts.Variable(np.arange(1000)), ts.Variable(np.ones(1000, np.float32))
        quotient = a // b
        grown = ts.assign_add(count, a)
        return [quotient, grown.op, ts.assign(total, ts.cast(quotient, ts.float32) + total).op]

    a, b = np.arange(1000), np.arange(1, 1001)
    step = Updating(build, [a, b])
    assert step.check() == 2
    for place in (0, 15, 16, 500, 999):
        divisor = b.copy()
        divisor[place] = 0
        step.check_stopped(a, divisor)
    step.check()


def test_a_loop_that_outgrows_its_room_leaves_all_variables():
    def build(count):
        x, total = ts.Variable(numbers(8)), ts.Variable(np.float32(0))
        grown = ts.assign_add(total, 1.0)
        _, y = ts.while_loop(
            lambda i, v: i < count, lambda i, v: (i + 1, ts.sin(v) + x), [0, ts.identity(x)]
        )
        (dx,) = ts.gradients(y, [x])
        return [grown.op, ts.assign_sub(x, dx * 0.01).op, y]

    for count in (16, 17):
        Updating(build, [np.int32(count)]).check()
