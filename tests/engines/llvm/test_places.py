"""Arrays that lie in others: parts of joined arrays, rows of loops, panels packed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm.executable import Executable, Growing, compile_plan
from tensorslow.engines.llvm.kernels.items import Item, Kernel, Region
from tensorslow.engines.llvm.kernels.prepack import Packing
from tensorslow.engines.numpy import compile_plan as compile_for_numpy
from tensorslow.plan import plan_run


def compiled(fetches: Any, *placeholders: Any) -> Growing:
    """The compiled program for some tensors; it computes what NumPy's engine does."""
    fetches = fetches if isinstance(fetches, list) else [fetches]
    plan = plan_run(fetches, placeholders).plan
    specs = [TensorSpec(x.spec.shape, x.spec.dtype) for x in placeholders]
    random = np.random.default_rng(0)
    arrays = [random.standard_normal(s.shape).astype(s.dtype) for s in specs]
    run = compile_plan(plan, specs)
    assert isinstance(run, Growing)
    expected = compile_for_numpy(plan)(arrays)
    for _ in range(2):  # the second time there is something in memory already
        found = run([x.copy() for x in arrays])
        assert found is not None
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_allclose(x, y, 1e-10, 1e-10)
    return run


def kernels(run: Growing) -> list[Kernel]:
    now = run._now
    assert isinstance(now, Executable)
    return list(_kernels(now.compiled.items))


def _kernels(items: Sequence[Item]) -> Iterator[Kernel]:
    for item in items:
        if isinstance(item, Region):
            for part in item.detail.parts:
                yield from _kernels(part.items)
        else:
            yield item


def copies(run: Growing) -> int:
    """How many arrays are read only to be written elsewhere."""
    return sum(
        s.value.op == "load" and s.value.buffer.kind == "temp"
        for kernel in kernels(run)
        for s in kernel.nest.stores
    )


@pytest.fixture
def x():
    return ts.placeholder(ts.float64, [6, 5])


@pytest.fixture
def w():
    return ts.placeholder(ts.float64, [5, 5])


def test_parts_are_computed_in_their_places(x, w):
    a, b = ts.tanh(x @ w), ts.reduce_sum(x @ w, 1, keepdims=True) * ts.ones([1, 5], ts.float64)
    joined = ts.concat([a @ w, b, a], 0)
    assert copies(compiled([ts.transpose(joined) @ joined, a + 1], x, w)) == 0


def test_parts_of_parts_are_too(x, w):
    rows = [x]
    for _ in range(3):
        rows.append(ts.tanh(rows[-1] @ w))
    first, second = ts.concat(rows[1:3], 0), ts.stack([rows[3] * 2, rows[3]])
    joined = ts.concat([ts.exp(first), ts.reshape(second, [12, 5])], 0)
    compiled([ts.transpose(joined) @ joined, ts.reduce_sum(second, 0)], x, w)


def test_who_reads_a_part_and_the_whole_waits_for_both(x):
    a = ts.exp(x)
    joined = ts.concat([ts.ones([2, 5], ts.float64), a], 0)
    compiled(a * joined[:6], x)  # the second factor is the first one, moved on


def test_a_part_may_be_a_result(x):
    a = ts.exp(x)
    joined = ts.concat([a, ts.log1p(a)], 0)
    compiled([a, joined, ts.tanh(joined)], x)


def test_an_array_may_be_a_part_twice(x):
    a = ts.exp(x) @ ts.transpose(x)
    compiled([ts.concat([a, a], 0) * 2, ts.concat([a, a * 2], 0) * 3], x)


def test_running_sums_are_computed_in_their_places(x):
    compiled(ts.tanh(ts.concat([ts.cumsum(x, 0), ts.cumprod(x, 0)], 0)), x)


# Rows


def test_rows_are_read_and_written_where_they_lie(x, w):
    rows = ts.placeholder(ts.float64, [7, 6, 5])

    def step(i: Any, h: Any) -> Any:
        return i + 1, ts.tanh(ts.gather(rows, i) + h @ w)

    y = ts.while_loop(lambda i, _: i < 7, step, [0, x])[1]
    run = compiled([y, *ts.gradients(y, [rows, w])], rows, x, w)
    assert len(kernels(run)) < 20


@pytest.mark.parametrize("axis", [1, 2])
def test_rows_need_not_be_rows_in_memory(axis):
    a = ts.placeholder(ts.float64, [5, 4, 3])
    size = a.spec.shape[axis]

    def step(i: Any, h: Any) -> Any:
        return i + 1, ts.tanh(h + ts.gather(a, size - 1 - i, axis=axis))

    shape = [n for k, n in enumerate(a.spec.shape) if k != axis]
    y = ts.while_loop(lambda i, _: i < size, step, [0, ts.zeros(shape, ts.float64)])[1]
    compiled([y, *ts.gradients(y, [a])], a)


def test_loops_in_loops_keep_rows_of_rows(w):
    a = ts.placeholder(ts.float64, [3, 4, 5])

    def outer(i: Any, h: Any) -> Any:
        def inner(j: Any, g: Any) -> Any:
            return j + 1, ts.tanh(g @ w + ts.gather(ts.gather(a, i), j) * ts.exp(h))

        return i + 1, ts.while_loop(lambda j, _: j < 4, inner, [0, h * 2])[1] + h

    y = ts.while_loop(lambda i, _: i < 3, outer, [0, ts.ones([2, 5], ts.float64)])[1]
    compiled([y, *ts.gradients(y, [w])], a, w)


def test_a_branch_in_a_loop_reads_and_keeps_rows(w):
    a = ts.placeholder(ts.float64, [6, 2, 5])

    def step(i: Any, h: Any) -> Any:
        row = ts.gather(a, i)
        there = ts.cond(ts.reduce_sum(row) > 0, lambda: ts.tanh(row @ w), lambda: row * h)
        return i + 1, h + there

    y = ts.while_loop(lambda i, _: i < 6, step, [0, ts.ones([2, 5], ts.float64)])[1]
    compiled([y, *ts.gradients(y, [w])], a, w)


def test_a_loop_of_unknown_length_keeps_rows(x, w):
    def step(i: Any, h: Any) -> Any:
        return i + 1, h * 0.5 + ts.tanh(h @ w) * 0.01

    results = ts.while_loop(lambda i, h: ts.reduce_sum(h * h) > 0.5, step, [0, x])
    compiled([*results, *ts.gradients(results[1], [w])], x, w)


def test_what_is_kept_may_be_carried_too(x):
    def step(i: Any, h: Any, g: Any) -> Any:
        new = ts.tanh(h * g)
        return i + 1, new, ts.exp(new) - g

    y = ts.while_loop(lambda i, *_: i < 5, step, [0, x, x * 2])
    compiled(ts.gradients([y[1], y[2]], [x]), x)


# Panels


def packings(run: Growing) -> int:
    roots = [kernel.nest.contraction for kernel in kernels(run)]
    return sum(root is not None and isinstance(root.shape, Packing) for root in roots)


@pytest.mark.parametrize("columns", [16, 37])
def test_what_several_products_read_is_packed_once(columns):
    x = ts.placeholder(ts.float64, [40, columns])
    w = ts.placeholder(ts.float64, [columns, columns])
    y = x
    for _ in range(4):
        y = ts.tanh(y @ ts.transpose(w) * 0.1)
    assert packings(compiled([y, *ts.gradients(y, [w])], x, w)) >= 1


def test_a_loop_finds_it_packed():
    x = ts.placeholder(ts.float64, [40, 24])
    w = ts.placeholder(ts.float64, [24, 24])

    def step(i: Any, h: Any) -> Any:
        return i + 1, ts.tanh(ts.matmul(h, w, transpose_b=True) * 0.1)

    y = ts.while_loop(lambda i, _: i < 5, step, [0, x])[1]
    assert packings(compiled([y, *ts.gradients(y, [w])], x, w)) >= 1


def test_what_changes_in_a_loop_is_packed_there():
    x = ts.placeholder(ts.float64, [40, 24])
    w = ts.placeholder(ts.float64, [24, 24])

    def step(i: Any, h: Any, w: Any) -> Any:
        return i + 1, ts.tanh(ts.matmul(h, w, transpose_b=True) * 0.1), ts.sin(w)

    y = ts.while_loop(lambda i, *_: i < 5, step, [0, x, w])[1]
    assert packings(compiled(y, x, w)) == 0
