"""A plan written down: what is in the program, what is not, and what cannot be."""

from __future__ import annotations

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.arrays.spec import TensorSpec
from tensorslow.engines.interpret import NeedsValue
from tensorslow.engines.llvm.programs.program import NeedsRows, Program
from tensorslow.engines.llvm.programs.trace import trace
from tensorslow.engines.numpy import compile_plan
from tensorslow.plan import plan_run


def traced(fetches, specs, **options) -> Program:
    """The program for tensors of placeholders, whose shapes are these."""
    fetches = fetches if isinstance(fetches, list) else [fetches]
    found = [TensorSpec(shape, x.spec.dtype) for x, shape in specs.items()]
    return trace(plan_run(fetches, list(specs)).plan, found, **options)


def test_a_program_remembers_the_nodes_it_comes_from():
    x = ts.placeholder(ts.float32, [None])
    y = ts.exp(x, name="grown")
    program = traced(y * y, {x: (3,)})
    assert [(step.name, step.op.type) for step in program.steps] == [
        ("exp", "Exp"),
        ("multiply", "Mul"),
    ]
    assert program.steps[0].op is y.op
    assert "test_trace.py" in str(program.steps[0].op.created_at)


def test_inside_a_branch_the_nodes_are_those_of_the_branch():
    x = ts.placeholder(ts.float32, [])
    y = ts.cond(x > 0, lambda: ts.exp(x), lambda: ts.log(x))
    program = traced(ts.sin(y), {x: ()})
    assert [(step.name, step.op.type) for step in program.all_steps()] == [
        ("greater", "Greater"),
        ("cond", "If"),
        ("exp", "Exp"),
        ("log", "Log"),
        ("sin", "Sin"),
    ]


def test_shapes_are_those_of_this_program_only():
    x = ts.placeholder(ts.float32, None)
    y = ts.reshape(x, [ts.shape(x)[0] * 2, -1])
    for rows in (2, 3):
        program = traced(y, {x: (rows, 4)})
        assert program.results[0].shape == (2 * rows, 2)
        assert [step.name for step in program.steps] == ["reshape"]


def test_what_is_known_is_a_result_without_a_symbol():
    x = ts.placeholder(ts.float32, [None, 4])
    program = traced([ts.shape(x), x], {x: (2, 4)})
    assert program.steps == []
    np.testing.assert_array_equal(program.results[0], [2, 4])
    assert program.results[1] is program.params[0]


def test_elements_that_are_known_among_others_are_used():
    x, n = ts.placeholder(ts.float32, [None]), ts.placeholder(ts.int32, [])
    sizes = ts.stack([n, 3, 2])
    program = traced(ts.reshape(x, sizes[1:]), {x: (6,), n: ()})
    assert program.results[0].shape == (3, 2)


def test_a_step_that_needs_a_value_says_which():
    x, n = ts.placeholder(ts.float32, [None]), ts.placeholder(ts.int32, [])
    with pytest.raises(NeedsValue, match="Reshape: int32\\[1\\] is not known") as found:
        traced(ts.reshape(x, [n]), {x: (6,), n: ()})
    assert found.value.step.op.type == "Reshape"


def test_a_step_that_fails_is_left_to_numpy_which_says_why():
    a, b = ts.placeholder(ts.float32, [None, 2]), ts.placeholder(ts.float32, [None, 2])
    with pytest.raises(NeedsValue, match="inner dimensions differ") as found:
        traced(ts.matmul(a, b), {a: (3, 2), b: (3, 2)})
    assert found.value.step.op.type == "MatMul"


def test_a_truth_value_is_not_guessed():
    x = ts.placeholder(ts.float32, [])
    symbol = traced(x + 1, {x: ()}).results[0]
    for question in (bool, int, float, len, list, np.asarray):
        with pytest.raises(NeedsValue):
            question(symbol)


@pytest.mark.parametrize("build", [lambda x: ts.py_func(np.sin, [x], ts.float32), lambda x: x])
def test_python_functions_are_not_called(build):
    x = ts.placeholder(ts.float32, [3])
    y = ts.exp(build(x))
    if build(x).op.type == "Placeholder":
        assert traced(y, {x: (3,)}).steps
    else:
        with pytest.raises(NeedsValue):
            traced(y, {x: (3,)})


def test_types_and_primitives_that_are_not_compiled():
    z = ts.placeholder(ts.complex64, [2])
    with pytest.raises(NeedsValue, match="complex64"):
        traced(z * z, {z: (2,)})
    assert traced(z, {z: (2,)}).steps == []  # it may pass through
    x = ts.placeholder(ts.float32, [2])
    with pytest.raises(NeedsValue, match="no compiled exp"):
        traced(ts.exp(x), {x: (2,)}, missing=frozenset({"exp"}))


def loop(limit=None):
    """Powers of a number, and the gradient, which reads what the loop kept."""
    x, n = ts.placeholder(ts.float64, []), ts.placeholder(ts.int32, [])
    y = ts.while_loop(
        lambda i, s: i < n, lambda i, s: (i + 1, s * x), [0, x], maximum_iterations=limit
    )[1]
    return x, n, [y, *ts.gradients(y, [x])]


def test_a_loop_has_room_for_so_many_iterations():
    x, n, fetches = loop()
    plan = plan_run(fetches, [x, n]).plan
    program = trace(plan, [TensorSpec((), x.spec.dtype), TensorSpec((), n.spec.dtype)], max_trips=4)
    for count in (0, 1, 4):
        values = [np.float64(1.5), np.int32(count)]
        np.testing.assert_allclose(program.run(values), compile_plan(plan)(values))
    with pytest.raises(NeedsRows):
        program.run([np.float64(1.5), np.int32(5)])


def test_a_limit_is_room_enough():
    x, n, fetches = loop(limit=3)
    program = traced(fetches, {x: (), n: ()})
    rows = {step.options["rows"] for step in program.all_steps() if step.name == "while_loop"}
    assert rows == {3, 16}  # the gradient runs as often as the loop did, which is not known


def test_a_carried_value_keeps_its_shape():
    x, n = ts.placeholder(ts.float32, [None]), ts.placeholder(ts.int32, [])
    longer = ts.while_loop(
        lambda i, s: i < n,
        lambda i, s: (i + 1, ts.concat([s, s], 0)),
        [0, x],
        shape_invariants=[ts.TensorShape([]), ts.TensorShape([None])],
    )[1]
    with pytest.raises(NeedsValue, match="changes its shape"):
        traced(longer, {x: (2,), n: ()})


def test_a_program_shows_itself():
    x = ts.placeholder(ts.float32, [2])
    y = ts.cond(x[0] > 0, lambda: x * 2, lambda: ts.negative(x))
    assert str(traced(y, {x: (2,)})) == "\n".join(
        [
            "a = input float32[2]",
            "b = slice_(a, [0], [1], [1])  float32[1]",
            "c = squeeze(b, (0,))  float32[]",
            "d = greater(c, 0.0)  bool[]",
            "e = cond(d)  float32[2]",
            "    f = multiply(a, 2.0)  float32[2]",
            "    return f",
            "    g = negative(a)  float32[2]",
            "    return g",
            "return e",
        ]
    )
