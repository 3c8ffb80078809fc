"""cond, case and while_loop: operations whose bodies are graphs of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow import nest
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.graph import Operation, Tensor, get_default_graph
from tensorslow.opdef import OpDef, as_tensor
from tensorslow.ops.control_gradients import if_grad, while_grad
from tensorslow.ops.func_graph import FuncGraph, params_for
from tensorslow.ops.identity import stop_gradient
from tensorslow.ops.indexed_slices import IndexedSlices
from tensorslow.ops.selection import maximum
from tensorslow.shapes import compatible, show
from tensorslow.tensor_shape import TensorShape, as_shape


def _if_compute(
    xp: Any, condition: Any, args: Sequence[Any], *, then_branch: Any, else_branch: Any
) -> Any:
    return xp.cond(condition, then_branch, else_branch, args)


IF = OpDef(
    "If",
    operands=("condition: bool", "input*"),
    compute=_if_compute,
    grad=if_grad,
    bodies=("then_branch", "else_branch"),
)


def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """What `true_fn` makes if `pred` is true when the graph runs, else what `false_fn` makes.

    TensorFlow: tf.cond. Only the operations made inside the functions depend on the choice.

    Args:
        pred: bool scalar tensor; a Python bool decides now.
        true_fn, false_fn: functions without arguments; both return tensors of the same types,
            nested alike.
        strict: whether a list of one tensor stays a list.
        name: name of the node.
        fn1, fn2: old names of the functions.

    Raises:
        TypeError: an argument is no function.
        ShapeError, DTypeError: the branches differ in type or structure.

    Gradient: a cond between the gradients of the branches, to any order.
    """
    true_fn = fn1 if true_fn is None else true_fn
    false_fn = fn2 if false_fn is None else false_fn
    for label, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(function):
            raise TypeError(f"{label} must be a function without arguments, not {function!r}")
    assert true_fn is not None
    assert false_fn is not None
    if isinstance(pred, bool):
        raise TypeError("pred must be a tensor, not a Python bool: an `if` would do")
    predicate = as_tensor(pred)
    if predicate.spec.shape not in (None, ()):
        raise ShapeError(
            f"pred must be a scalar, not {show(predicate.spec.shape)}",
            hint="reduce it, with reduce_all say",
        )
    graph = get_default_graph()
    bodies, structures = [], []
    with graph.name_scope(name or "cond") as scope:
        for label, function in (("cond_true", true_fn), ("cond_false", false_fn)):
            body, structure = traced(label, function)
            bodies.append(body)
            structures.append(structure)
        _check_branches(bodies, structures, scope)
        captured = params_for(bodies)
        with graph.control_dependencies([op for body in bodies for op in body.outer_controls]):
            node = IF.node(
                predicate, captured, name=scope, then_branch=bodies[0], else_branch=bodies[1]
            )
    result = nest.pack_like(structures[0], list(node.outputs))
    return (
        result[0] if not strict and type(result) in (list, tuple) and len(result) == 1 else result
    )


def traced(
    label: str, function: Callable[..., Any], *args: Any, body: FuncGraph | None = None
) -> tuple[FuncGraph, Any]:
    """Runs a user's function inside a body; its results become the body's."""
    body = body or FuncGraph(label)
    with body.as_default():
        structure = function(*args)
        results = []
        for leaf in nest.flatten(structure):
            results.append(_result(body, leaf))
        body.results = list(results)
    return body, structure


def _result(body: FuncGraph, leaf: Any) -> Tensor:
    """A result as a tensor of the body; an operation is waited for, and stands as False."""
    if leaf is None or type(leaf) is Operation:
        with body.control_dependencies([] if leaf is None else [leaf]):
            return as_tensor(False)
    if isinstance(leaf, IndexedSlices):
        leaf = leaf.to_tensor()
    tensor = as_tensor(leaf)
    return tensor if tensor.graph is body else body.capture(tensor)


def _check_branches(bodies: Sequence[FuncGraph], structures: Sequence[Any], scope: str) -> None:
    if not nest.same_structure(*structures):
        raise DTypeError(
            "cond: the branches return different structures",
            hint="both must return alike nested tensors",
        )
    for i, (a, b) in enumerate(zip(bodies[0].results, bodies[1].results, strict=True)):
        assert a is not None
        assert b is not None
        if _types_differ(a.spec, b.spec):
            raise DTypeError(
                f"result {i} is {a.spec} in one branch and {b.spec} in the other",
                hint="cast one of them",
            ).locate("cond", [("true_fn", a.describe()), ("false_fn", b.describe())])


def _types_differ(a: TensorSpec, b: TensorSpec) -> bool:
    # `is`, since NumPy takes None for float64 when it compares.
    return a.dtype is not None and b.dtype is not None and a.dtype != b.dtype


def case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """What the function beside the first true predicate makes.

    TensorFlow: tf.case.

    Args:
        pred_fn_pairs: list of (bool scalar tensor, function), or a dictionary.
        default: function for when none is true; None: the last pair's function, whatever its
            predicate.
        exclusive: accepted; at most one predicate is meant to be true.
        strict: as in `cond`.
        name: name of the scope.
    """
    pairs = list(pred_fn_pairs.items()) if hasattr(pred_fn_pairs, "items") else list(pred_fn_pairs)
    if not pairs:
        raise ValueError("case needs at least one pair of a predicate and a function")
    if default is None:
        *pairs, (_, default) = pairs
    chosen = default
    for pred, function in reversed(pairs):
        chosen = _choice(pred, function, chosen, strict)
    with get_default_graph().name_scope(name):
        return chosen()


def _choice(
    pred: Any, function: Callable[[], Any], otherwise: Callable[[], Any], strict: bool
) -> Callable[[], Any]:
    return lambda: cond(pred, function, otherwise, strict=strict)


def _while_compute(
    xp: Any,
    limit: Any,
    flat: Sequence[Any],
    *,
    cond: Any,
    body: Any,
    carries: int,
    slices: int,
    reverse: bool,
    kept: Any,
) -> Any:
    captures = flat[carries + slices :]

    def condition(i: Any, *now: Any) -> Any:
        return cond(i, *now, *captures)

    def iteration(i: Any, *now: Any) -> Any:
        return body(i, *now, *captures)

    xs = flat[carries : carries + slices]
    return xp.while_loop(cond and condition, iteration, limit, flat[:carries], xs, kept, reverse)


# Beside TensorFlow's operands it has `limit`, and arrays of which each iteration reads one slice;
# beside its results the number of iterations, and what each of them kept, stacked. With these a
# loop's gradient is a loop.
WHILE = OpDef(
    "While",
    operands=("limit: index", "input*"),
    compute=_while_compute,
    grad=while_grad,
    bodies=("cond", "body"),
)

INDEX = TensorSpec((), np.dtype(np.int32))  # the number of an iteration


def loop_node(
    body: FuncGraph,
    cond: FuncGraph | None,
    limit: Any,
    carries: Sequence[Tensor],
    slices: Sequence[Tensor],
    name: str | None = None,
    reverse: bool = False,
) -> Operation:
    """The node of a loop whose bodies are traced: (i, *carries, *slices, *captured) → (*carries,
    *kept).
    """
    captured = params_for([body] if cond is None else [body, cond])
    controls = body.outer_controls + ([] if cond is None else cond.outer_controls)
    with get_default_graph().control_dependencies(controls):
        return WHILE.node(
            limit,
            [*carries, *slices, *captured],
            name=name,
            cond=cond,
            body=body,
            carries=len(carries),
            slices=len(slices),
            reverse=reverse,
            kept=[r.spec for r in body.results[len(carries) :] if r is not None],
        )


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Repeats `body` on the loop variables as long as `cond` holds for them.

    TensorFlow: tf.while_loop.

    Args:
        cond: function of the loop variables; returns a bool scalar.
        body: function of the loop variables; returns their next values, nested alike.
        loop_vars: list (or other structure) of tensors, their first values.
        shape_invariants: alike nested shapes; what of each shape stays the same. None: all of it.
        back_prop: whether a gradient can go through.
        parallel_iterations, swap_memory: accepted, without effect.
        name: name of the node.
        maximum_iterations: how often at most.
        return_same_structure: whether a list of one tensor stays a list.

    Returns:
        The last values of the loop variables.

    Raises:
        TypeError: `cond` or `body` is no function.
        ShapeError, DTypeError: a loop variable changes its shape, type or the structure.

    Gradient: a loop backwards over what the iterations kept, to any order.
    """
    if not callable(cond) or not callable(body):
        raise TypeError("cond and body must be functions of the loop variables")
    graph = get_default_graph()
    with graph.name_scope(name or "while") as scope:
        starts = [as_tensor(leaf) for leaf in nest.flatten(loop_vars)]
        if not starts:
            raise ValueError("while_loop needs at least one loop variable")
        specs = _invariant_specs(starts, loop_vars, shape_invariants)
        condition = _traced_in_loop("cond", cond, specs, loop_vars)
        iteration = _traced_in_loop("body", body, specs, loop_vars)
        _check_condition(condition)
        check_results(iteration, specs, starts, "while_loop")
        limit = -1 if maximum_iterations is None else maximum(maximum_iterations, 0)
        node = loop_node(iteration, condition, limit, starts, [], name=scope)
    for output, spec in zip(node.outputs, specs):
        output.spec = spec.without_value()
    outputs: list[Any] = list(node.outputs[: len(starts)])
    if not back_prop:
        outputs = [stop_gradient(output) for output in outputs]
    result = nest.pack_like(loop_vars, outputs)
    single = not return_same_structure and type(result) in (list, tuple) and len(result) == 1
    return result[0] if single else result


def _traced_in_loop(
    label: str, function: Callable[..., Any], specs: Sequence[TensorSpec], loop_vars: Any
) -> FuncGraph:
    """What a function of the loop variables makes, as a body: (i, *loop variables) → results."""
    body = FuncGraph(label)
    params = [body.add_param(spec, "arg") for spec in (INDEX, *specs)]
    packed = nest.pack_like(loop_vars, params[1:])
    one_by_one = isinstance(packed, (list, tuple)) and not hasattr(packed, "_fields")
    traced(label, function, *(packed if one_by_one else [packed]), body=body)
    return body


def _invariant_specs(
    starts: Sequence[Tensor], loop_vars: Any, shape_invariants: Any
) -> list[TensorSpec]:
    """The types of the loop variables in every iteration."""
    if shape_invariants is None:
        return [TensorSpec(x.spec.shape, x.spec.dtype) for x in starts]
    shapes = [as_shape(s) for s in _flat_shapes(shape_invariants)]
    for x, shape in zip(starts, shapes, strict=True):
        if not compatible(x.spec.shape, shape):
            raise ShapeError(
                f"a loop variable begins as {x.spec}, its invariant is {show(shape)}"
            ).locate("while_loop", [("variable", x.describe())])
    return [TensorSpec(shape, x.spec.dtype) for x, shape in zip(starts, shapes, strict=True)]


def _flat_shapes(shapes: Any) -> list[Any]:
    if shapes is None or isinstance(shapes, TensorShape):
        return [shapes]
    items = list(shapes.values()) if hasattr(shapes, "values") else list(shapes)
    return [leaf for item in items for leaf in _flat_shapes(item)]


def _check_condition(condition: FuncGraph) -> None:
    result = condition.results[0] if len(condition.results) == 1 else None
    if result is None or result.spec.dtype is not None and result.spec.dtype.kind != "b":
        raise DTypeError(
            "while_loop: cond must return one bool scalar", hint="compare with ts.less, ts.equal, …"
        )
    if result.spec.shape not in ((), None):
        raise ShapeError(
            f"while_loop: cond must return a scalar, not {show(result.spec.shape)}",
            hint="use ts.reduce_all",
        )


def check_results(
    body: FuncGraph, specs: Sequence[TensorSpec], starts: Sequence[Tensor], what: str
) -> None:
    """Raises unless the body returns what it takes: values of the same types, as many."""
    if len(body.results) != len(specs):
        raise DTypeError(
            f"{what}: body takes {len(specs)} loop variables but returns {len(body.results)}",
            hint="return the next value of each, in the same order",
        )
    for start, spec, result in zip(starts, specs, body.results, strict=True):
        assert result is not None
        where = [("before", start.describe()), ("after", result.describe())]
        if _types_differ(spec, result.spec):
            raise DTypeError(
                f"a loop variable begins as {spec} and becomes {result.spec}",
                hint="cast it inside the body",
            ).locate(what, where)
        if _loses(spec, result.spec):
            raise ShapeError(
                f"a loop variable begins as {spec} and becomes {result.spec}",
                hint="give shape_invariants with None for the sizes that change",
            ).locate(what, where)


def _loses(invariant: TensorSpec, result: TensorSpec) -> bool:
    """Whether less is known of a result than the invariant says, or something else."""
    if invariant.shape is None:
        return False
    if result.shape is None or len(result.shape) != len(invariant.shape):
        return True
    return any(m is not None and m != n for m, n in zip(invariant.shape, result.shape, strict=True))
