"""Simplified programs compute what the plan says, in canonical primitives, and fewer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.interpret import run_in_pieces
from tensorslow.engines.llvm.programs.program import Program, Symbol
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.llvm.simplify import simplify
from tensorslow.engines.numpy import compile_plan
from tensorslow.plan import plan_run
from tests.engines.llvm.simplify.canonical import rewritten
from tests.ops.case import Case
from tests.ops.cases import CASES
from tests.ops.laws import Program as NumpyProgram
from tests.ops.laws import assert_all_near, present, row_of
from tests.random_graphs.graphs import Built, random_graph
from tests.sampling import sampled
from tests.waist.pieces import traced_piece
from tests.waist.programs import PROGRAMS

# A few sums are made in another order, and small powers are products.
NEARLY = {"float64": 1e-13, "float32": 1e-6, "float16": 1e-3}


@sampled("case", CASES, 5, ids=str)
def test_simplified_rows_agree(case: Case):
    row = row_of(case)
    twice = case.gradient and case.second
    fetches = [
        *row.ys,
        *present(row.dxs if case.gradient else []),
        *present(row.ddxs if twice else []),
    ]
    fed, values = row.everything if twice else ([*row.xs, *row.dys], [*row.arrays, *row.cotangents])
    program = NumpyProgram(fetches, fed)
    inputs = program.inputs(values)
    run_piece = traced_piece([], rewritten(simplify))
    actual, _ = run_in_pieces(program.run_plan.plan, inputs, run_piece)
    assert_all_near(actual, program.everything(values), NEARLY)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_simplified_programs_agree(program):
    run_plan, inputs = program.plan()
    actual, _ = run_in_pieces(run_plan.plan, inputs, traced_piece([], rewritten(simplify)))
    assert_all_near(actual, compile_plan(run_plan.plan)(inputs), NEARLY)


@sampled("part", range(5), 5)
def test_simplified_random_graphs_agree(part, pytestconfig):
    for seed in range(part, pytestconfig.getoption("--graphs") // 2, 5):
        random = random_graph(seed)
        built = Built(random)
        plan = plan_run([built.y, *built.dxs], built.xs).plan
        actual, _ = run_in_pieces(plan, random.arrays, traced_piece([], rewritten(simplify)))
        assert_all_near(actual, compile_plan(plan)(random.arrays), NEARLY)


# What becomes of single primitives


def simplified(fetches: Any, *placeholders: Any) -> Program:
    """The simplified program for some tensors."""
    fetches = fetches if isinstance(fetches, list) else [fetches]
    plan = plan_run(fetches, placeholders).plan
    specs = [TensorSpec(x.spec.shape, x.spec.dtype) for x in placeholders]
    program = rewritten(simplify)(trace(plan, specs))
    return program


def text(program: Program) -> list[str]:
    """The lines of a program without its inputs and results."""
    return [line for line in str(program).split("\n") if "input" not in line][:-1]


@pytest.fixture
def x():
    return ts.placeholder(ts.float32, [4, 6])


@pytest.mark.parametrize(
    "same",
    [
        lambda x: x * 1,
        lambda x: x / 1,
        lambda x: ts.negative(ts.negative(x)),
        lambda x: x - 0,
        lambda x: ts.transpose(ts.transpose(x)),
        lambda x: ts.reshape(ts.reshape(x, [24]), [4, 6]),
        lambda x: ts.concat([x[:2], x[2:]], 0),
        lambda x: ts.reverse(ts.reverse(x, [0]), [0]),
        lambda x: ts.pad(x, [[1, 2], [0, 3]])[1:5, :6],
        lambda x: ts.maximum(x, x),
        lambda x: ts.cast(ts.cast(x, ts.float64), ts.float32),
        lambda x: ts.reduce_sum(ts.expand_dims(x, 1), 1),
        lambda x: ts.where(ts.constant(True, shape=[4, 6]), x, x + 1),
        lambda x: ts.stack(ts.unstack(x)),
    ],
)
def test_what_changes_nothing_is_gone(x, same):
    program = simplified(same(x), x)
    assert text(program) == []
    assert program.results == program.params


_FIRST = [  # of many equal numbers
    "b = slice_(a; begin=(0, 0), end=(1, 1), strides=(1, 1))",
    "c = exp(b)",
    "d = subtract(0.0, c)",
    "e = reshape(d; shape=())",
]


@pytest.mark.parametrize(
    ("build", "lines"),
    [
        (lambda x: x + (-x * 2), ["b = multiply(a, -2.0)", "c = add(a, b)"]),
        (lambda x: x**2, ["b = multiply(a, a)"]),
        (lambda x: x / 4, ["b = multiply(a, 0.25)"]),
        (lambda x: x + 0.0, ["b = add(a, 0.0)"]),  # -0 becomes 0
        (lambda x: x * 0.0, ["b = multiply(a, 0.0)"]),  # nan stays
        (lambda x: x + ts.constant(2.0, shape=[4, 6]), ["b = add(a, 2.0)"]),
        (lambda x: ts.exp(x) + ts.exp(x), ["b = exp(a)", "c = add(b, b)"]),
        (lambda x: (x + 1) * (1 + x), ["b = add(a, 1.0)", "c = multiply(b, b)"]),
        (lambda x: ts.cast(x, ts.bool), ["b = not_equal(a, 0.0)"]),
        (lambda x: ts.reduce_mean(x), ["b = sum(a; axis=(0, 1))", "c = divide(b, 24.0)"]),
        (
            lambda x: ts.strided_slice(x, [3, 0], [0, 6], [-2, 1]),
            [
                "b = slice_(a; begin=(1, 0), end=(4, 6), strides=(2, 1))",
                "c = flip(b; axis=(0,))",
            ],
        ),
        (lambda x: ts.reduce_max(ts.zeros_like(x) - ts.exp(x[0, 0])), _FIRST),
    ],
)
def test_one_way_to_say_it(x, build, lines):
    assert [line.partition("  ")[0] for line in text(simplified(build(x), x))] == lines


def test_a_tall_matrix_times_one():
    a, w = ts.placeholder(ts.float32, [5, 4, 3]), ts.placeholder(ts.float32, [3, 2])
    program = simplified(ts.einsum("bij,jk->bik", a, w), a, w)
    assert names(program) == ["reshape", "matmul", "reshape"]
    assert program.steps[1].targets[0].shape == (20, 2)


def test_a_convolution_of_single_places_is_a_product():
    x, kernel = ts.placeholder(ts.float32, [2, 5, 5, 3]), ts.placeholder(ts.float32, [1, 1, 3, 4])
    y = ts.nn.conv2d(x, kernel, [1, 1, 1, 1], "SAME")
    program = simplified([y, *ts.gradients(y, [x, kernel])], x, kernel)
    names = {step.name for step in program.steps}
    assert "matmul" in names
    assert not any(name.startswith("conv") for name in names)


def names(program: Program) -> list[str]:
    return [step.name for step in program.steps]


def test_of_a_product_only_what_is_read_is_computed():
    a, b = ts.placeholder(ts.float32, [5, 4]), ts.placeholder(ts.float32, [4, 6])
    y = ts.matmul(a, b)
    program = simplified(y[1:3, 2:], a, b)
    assert names(program) == ["slice_", "slice_", "matmul"]
    assert program.results[0].shape == (2, 4)
    assert names(simplified([y[1:3, 2:], y], a, b)) == ["matmul", "slice_"]


def test_a_product_is_not_computed_again_for_its_transpose():
    a, b = ts.placeholder(ts.float32, [5, 4]), ts.placeholder(ts.float32, [4, 6])
    y = ts.matmul(a, b)
    assert names(simplified(ts.transpose(y), a, b)) == ["transpose", "transpose", "matmul"]
    assert names(simplified([ts.transpose(y), y], a, b)) == ["matmul", "transpose"]


def test_primitives_keep_the_shape_of_a_product():
    a, w = ts.placeholder(ts.float32, [6, 4]), ts.placeholder(ts.float32, [4, 3])
    bias, scale = ts.placeholder(ts.float32, [3]), ts.placeholder(ts.float32, [2, 3, 1])
    y = ts.nn.relu(ts.reshape(a @ w, [2, 3, 3]) + bias) * scale
    program = simplified(ts.reduce_sum(y, -1), a, w, bias, scale)
    shapes = [(step.name, step.targets[0].shape) for step in program.steps]
    assert shapes == [
        ("matmul", (6, 3)),
        ("add", (6, 3)),
        ("maximum", (6, 3)),
        ("reshape", (6, 1)),
        ("multiply", (6, 3)),
        ("sum", (6,)),
        ("reshape", (2, 3)),
    ]


def test_the_class_of_each_row_is_read_before_what_rows_have_in_common_is_subtracted():
    logits, labels = ts.placeholder(ts.float32, [4, 9]), ts.placeholder(ts.int64, [4])
    loss = ts.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    program = simplified(loss, logits, labels)
    (take,) = [step for step in program.steps if step.name == "take"]
    assert take.args[0] is program.params[0]


# Checks


def test_a_check_stands_before_what_it_protects():
    x, i = ts.placeholder(ts.float32, [5, 3]), ts.placeholder(ts.int32, [4])
    program = simplified(ts.gather(x, i), x, i)
    assert [step.name for step in program.steps] == ["check_indices", "take"]
    with pytest.raises(IndexError):
        program.run([np.zeros((5, 3), np.float32), np.array([0, 1, 2, 5], np.int32)])


def test_a_check_is_kept_when_its_result_is_not():
    x, i = ts.placeholder(ts.float32, [5, 3]), ts.placeholder(ts.int32, [4])
    same = ts.while_loop(lambda n, s: n < 2, lambda n, s: (n + 1, s), [0, ts.gather(x, i)])[0]
    assert "check_indices" in [step.name for step in simplified(same, x, i).steps]


def test_a_divisor_is_checked_unless_it_is_known():
    x, y = ts.placeholder(ts.int32, [4]), ts.placeholder(ts.int32, [4])
    assert [s.name for s in simplified(x // 3, x).steps] == ["floor_divide"]
    assert [s.name for s in simplified(x // y, x, y).steps] == ["check_nonzero", "floor_divide"]


# Blocks


def test_what_does_not_change_leaves_the_loop():
    x, w = ts.placeholder(ts.float32, [4]), ts.placeholder(ts.float32, [4])
    y = ts.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * ts.exp(w)), [0, x])[1]
    program = simplified(y, x, w)
    assert [step.name for step in program.steps] == ["exp", "while_loop"]


def loops(program: Program) -> list[Any]:
    return [step for step in program.steps if step.name == "while_loop"]


def test_a_loop_carries_what_is_read_or_changes():
    x, n = ts.placeholder(ts.float64, [3]), ts.placeholder(ts.int32, [])

    def body(i, s, unread, same):
        return i + 1, ts.tanh(s) * same, unread + ts.exp(unread), same

    y = ts.while_loop(lambda i, *_: i < n, body, [0, x, x, x])[1]
    (loop,) = loops(simplified(y, x, n))
    assert loop.options["carries"] == 1  # s; i is the number of the iteration
    assert [step.name for step in loop.blocks[1].steps] == ["tanh", "multiply"]


def test_what_a_loop_keeps_is_kept_once():
    x, n = ts.placeholder(ts.float64, [3]), ts.placeholder(ts.int32, [])
    y = ts.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, ts.tanh(s) * 2), [0, x])[1]
    forward, backward = loops(simplified(ts.gradients(y, [x]), x, n))
    assert len(forward.targets) == 1 + 1 + 1  # s, how many, tanh(s)
    assert backward.options["reverse"]


def test_a_branch_that_is_known_leaves_no_trace():
    x = ts.placeholder(ts.float32, [3])
    y = ts.cond(ts.constant(2) > 1, lambda: ts.exp(x), lambda: ts.log(x))
    assert names(simplified(y, x)) == ["exp"]


def test_a_key_tells_programs_apart(x):
    def key(tensor: Any) -> bytes:
        return simplified(tensor, x).key()

    assert key(x + 1) == key(x + 1)
    assert len({key(x + 1), key(x + 2), key(x - 1), key(x * 0.0), key(x * -0.0)}) == 5


def test_depth_does_not_matter():
    x = ts.placeholder(ts.float32, [3])
    y = x
    for _ in range(5000):
        y = y + x
    program = simplified([y, *ts.gradients(y, [x])], x)
    assert len(program.steps) >= 5000
    assert isinstance(program.results[0], Symbol)


@pytest.mark.slow
def test_pieces_joined_a_thousand_times_are_found():
    x = ts.placeholder(ts.float32, [2])
    y = x
    for i in range(2000):
        y = ts.concat([y, x * i], 0)
    assert names(simplified(y[:2] + y[3:4], x))[-1] == "add"
    assert names(simplified(y[:2], x)) == []


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("exponent", [0.25, 0.5, 0.75, 1.5, 3.75, -0.25, -0.5, -0.75, -1.5, -6.5])
def test_powers_of_quarters(exponent, dtype):
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, -5.0, 1e30, 1e-30]
    values = np.array([*special, *np.exp(np.linspace(-30, 30, 100))], dtype)
    with ts.Graph().as_default():
        x = ts.placeholder(dtype, values.shape)
        y = ts.pow(x, ts.constant(exponent, dtype))
        plan = plan_run([y, *ts.gradients(y, x)], [x]).plan
    program = simplify(trace(plan, [TensorSpec(values.shape, np.dtype(dtype))]))
    assert "power" not in {step.name for step in program.steps}
    actual, _ = run_in_pieces(plan, [values], traced_piece([], rewritten(simplify)))
    with np.errstate(all="ignore"):
        expected = compile_plan(plan)([values])
    for got, want in zip(actual, expected, strict=True):
        # What would be denormal is 1 divided by what is too large.
        near = {"rtol": NEARLY[np.dtype(dtype).name], "atol": np.finfo(dtype).tiny}
        np.testing.assert_allclose(got, want, **near)
        number = ~np.isnan(want)
        np.testing.assert_array_equal(np.signbit(got)[number], np.signbit(want)[number])


def test_a_power_that_is_no_number():
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [3])
        plan = plan_run([ts.pow(x, np.float32(np.nan))], [x]).plan
    program = simplify(trace(plan, [TensorSpec((3,), np.dtype(np.float32))]))
    assert [step.name for step in program.steps] == ["power"]
