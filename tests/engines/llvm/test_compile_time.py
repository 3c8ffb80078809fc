"""What compiling costs, counted: how it grows with depth, and what it leaves behind."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.llvm.assembly import forms
from tensorslow.engines.llvm.compile import Recipe, compile_program
from tensorslow.engines.llvm.executable import Executable
from tensorslow.engines.llvm.kernels.buffers import Buffer
from tensorslow.engines.llvm.kernels.items import Kernel
from tensorslow.engines.llvm.kernels.lower.lowering import Lowering
from tensorslow.engines.llvm.kernels.lower.rules import lower_block
from tensorslow.engines.llvm.kernels.nests import Nest, Value
from tensorslow.engines.llvm.kernels.views import View
from tensorslow.engines.llvm.programs.program import Program
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.llvm.text.target import host
from tensorslow.plan import plan_run

WIDTH = 24


def program_of(fetches: list[Any], feeds: dict[Any, tuple[int, ...]]) -> Program:
    specs = [TensorSpec(shape, x.spec.dtype) for x, shape in feeds.items()]
    return simplify(trace(plan_run(fetches, list(feeds)).plan, specs))


def layers(count: int) -> tuple[Program, list[tuple[int, int]]]:
    """A residual network of equal layers and its training step, with the updates."""
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [40, WIDTH])
        kernels = [ts.placeholder(ts.float32, [WIDTH, WIDTH]) for _ in range(count)]
        slots = [ts.placeholder(ts.float32, [WIDTH, WIDTH]) for _ in range(count)]
        y = x
        for kernel in kernels:
            z = y - ts.reduce_mean(y, axis=1, keepdims=True)
            y = y + ts.tanh(ts.matmul(z, kernel))
        gradients = ts.gradients(ts.reduce_mean(ts.square(y)), kernels)
        new_slots = [0.9 * s + g for s, g in zip(slots, gradients, strict=True)]
        new = [k - 0.1 * s for k, s in zip(kernels, new_slots, strict=True)]
        feeds = {v: tuple(v.shape.as_list()) for v in [x, *kernels, *slots]}
        return program_of([*new, *new_slots], feeds), [(1 + i, i) for i in range(2 * count)]


def recipe(count: int) -> Recipe:
    return Recipe(*layers(count), host(), 2, False)


def chain(length: int) -> Recipe:
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float64, [3])
        y = x
        for _ in range(length):
            y = y + x
        return Recipe(program_of([y, *ts.gradients(y, x)], {x: (3,)}), (), host(), 2, False)


def calls(function: Callable[[], Any]) -> int:
    """How many functions it calls, Python's and builtin ones."""
    count = 0

    def note(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def test_equal_layers_share_their_code():
    few, many = (recipe(count).stages() for count in (6, 18))
    assert len(many.items) > 2 * len(few.items)
    # What is stored and what is computed again may alternate from layer to layer.
    assert len(many.assembled.codes) <= len(few.assembled.codes) + 2
    assert len(str(many.assembled.module)) < 1.2 * len(str(few.assembled.module))
    assert len(many.in_place) == 36


def test_work_grows_no_faster_than_depth():
    recipe(2).stages()  # what is done once a process
    few, many = (calls(recipe(count).stages) for count in (8, 24))
    assert many < 2.4 * few


def test_a_further_equal_layer_costs_little():
    few, many = recipe(4), recipe(16)
    kernels = len(many.stages().items) - len(few.stages().items)
    assert kernels == 60
    # 930 on Python 3.11, where calls for comprehensions are counted too: none writes any text.
    assert calls(many.stages) - calls(few.stages) < 1050 * kernels


def test_equal_kernels_are_put_in_order_alike(monkeypatch):
    sort, sorted_ones = forms._put_in_order, []

    def noted(nest: Nest) -> None:
        sorted_ones.append(nest)
        sort(nest)

    monkeypatch.setattr(forms, "_put_in_order", noted)
    few = len(recipe(6).stages().items), len(sorted_ones)
    sorted_ones.clear()
    many = len(recipe(18).stages().items), len(sorted_ones)
    assert few[1] < few[0] < many[0] / 2
    assert many[1] <= few[1] + 2  # see `test_equal_layers_share_their_code`


def nests(fetches: list[Any], feeds: dict[Any, tuple[int, ...]]) -> list[Nest]:
    """What a program is lowered to."""
    program = program_of(fetches, feeds)
    views = {}
    for number, x in enumerate(program.params):
        views[x] = View.whole(Buffer(x.size, x.dtype, "input", number), x.shape)
    return [nest for nest in lower_block(program, views).nests if isinstance(nest, Nest)]


def test_an_update_of_adam_is_one_nest():
    with ts.Graph().as_default():
        shapes = [(3, 4), (3, 5), (4, 5), (4, 5), (4, 5), ()]
        x, dy, w, m, v, power = (ts.placeholder(ts.float32, shape) for shape in shapes)
        gradient = ts.matmul(x, dy, transpose_a=True)
        new_m = m + (gradient - m) * 0.1
        new_v = v + (ts.square(gradient) - v) * 0.001
        rate = 0.01 * ts.sqrt(1 - power)
        new_w = w - rate * new_m / (ts.sqrt(new_v) + 1e-8)
        feeds = dict(zip((x, dy, w, m, v, power), shapes, strict=True))
        made = nests([new_w, new_m, new_v], feeds)
    assert [len(nest.stores) for nest in made] == [1, 1, 3]  # the gradient, the rate, the update
    assert [nest.sizes for nest in made] == [(4, 5), (), (20,)]


def test_a_chain_ends_where_somebody_else_reads_it():
    with ts.Graph().as_default():
        x, w = (ts.placeholder(ts.float32, shape) for shape in ((4, 3), (3, 5)))
        y = ts.tanh(ts.matmul(x, w) + 1.0)
        z = y * ts.reduce_sum(y, axis=0)
        made = nests([ts.exp(z) - 2.0], {x: (4, 3), w: (3, 5)})
    assert [nest.values[-1].op for nest in made] == ["product", "tanh", "reduce", "subtract"]
    assert [len(nest.stores) for nest in made] == [1, 1, 1, 1]


def test_a_chain_takes_nothing_in_that_waits_for_more():
    with ts.Graph().as_default():
        x, y, w = (ts.placeholder(ts.float32, shape) for shape in ((4, 3), (4, 3), (3, 5)))
        one, other = ts.tanh(ts.matmul(x, w)), ts.exp(ts.matmul(y, w))
        made = nests([ts.sqrt(one * other)], {x: (4, 3), y: (4, 3), w: (3, 5)})
    # Each factor is computed where its product is, and only what needs both waits for both.
    assert [nest.values[-1].op for nest in made] == ["product", "product", "tanh", "exp", "sqrt"]


def test_a_long_chain_is_cut_into_pieces_of_one_form():
    few, many = (chain(length) for length in (2000, 6000))
    one, other = (made.stages().assembled for made in (few, many))
    assert len(one.codes) == len(other.codes) < 6
    assert len(str(other.module)) < 1.5 * len(str(one.module))
    assert calls(many.stages) < 3.2 * calls(few.stages)


def test_a_long_chain_is_right():
    made = compile_program(chain(3000).program)
    y, gradient = Executable(made)([np.arange(3.0)])
    np.testing.assert_array_equal(y, 3001 * np.arange(3.0))
    np.testing.assert_array_equal(gradient, np.full(3, 3001.0))


def test_the_same_program_gives_the_same_text():
    one = recipe(3)
    first, second = (one.stages().assembled for _ in range(2))
    assert str(first.module) == str(second.module)
    assert first.schedule == second.schedule


def test_the_text_is_the_same_in_every_process():
    command = (
        "import hashlib, test_compile_time as t; a = t.recipe(3).stages().assembled;"
        "print(hashlib.sha256(str(a.module).encode() + a.schedule).hexdigest())"
    )
    texts = set()
    for seed in "12":
        env = {**os.environ, "PYTHONHASHSEED": seed, "TENSORSLOW_CACHE": "off"}
        env["PYTHONPATH"] = os.pathsep.join([os.path.dirname(__file__), *sys.path])
        answer = subprocess.run(
            [sys.executable, "-c", command], env=env, capture_output=True, text=True, check=True
        )
        texts.add(answer.stdout)
    assert len(texts) == 1


def test_the_stages_leave_nothing_behind(monkeypatch):
    monkeypatch.setenv("TENSORSLOW_CACHE", "off")
    kinds = (Nest, Value, Buffer, Kernel, Lowering)

    def left() -> int:
        return sum(isinstance(x, kinds) for x in gc.get_objects())

    program, updates = layers(2)
    gc.collect()
    before = left()
    gc.disable()  # who waits for a search for cycles waits long
    try:
        made = compile_program(program, updates)
        assert left() == before
    finally:
        gc.enable()
    assert made.stages.items
    assert left() > before
