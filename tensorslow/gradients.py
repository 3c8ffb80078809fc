"""Reverse-mode differentiation: a graph in, a larger graph out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tensorslow.errors import GradientError, ShapeError
from tensorslow.graph import Operation, Tensor, get_default_graph
from tensorslow.opdef import as_tensor
from tensorslow.ops.control_gradients import Gradient
from tensorslow.ops.elementwise import add_n, ones_like, zeros_like
from tensorslow.ops.func_graph import captured_from, depth
from tensorslow.ops.indexed_slices import IndexedSlices, concat_slices
from tensorslow.order import needed
from tensorslow.registry import registered_gradient
from tensorslow.shapes import compatible, show


def backprop(
    ys: Sequence[Tensor], xs: Sequence[Tensor], dys: Sequence[Any], stop: Sequence[Tensor] = ()
) -> list[Gradient]:
    """For each of `xs` the gradient of Σ <y, dy>, or None where no path leads there.

    Operations are visited once each, in the reverse of an order in which they could run: when the
    turn comes to one, everything that uses its outputs has already said what it thinks of them.

    Args:
        ys: what is differentiated.
        xs: with respect to what.
        dys: the gradient that arrives at each of `ys`.
        stop: tensors that count as constants: the walk goes no further.

    Raises:
        GradientError: an operation on the way has no gradient.
    """
    arriving: dict[Tensor, list[Gradient]] = {}
    for y, dy in zip(ys, dys, strict=True):
        arriving.setdefault(y, []).append(dy)
    order = _order(ys, xs, stop)
    stopped = set(stop)
    on_the_way = _between(order, set(xs), stopped)
    graph = get_default_graph()

    def flows(y: Tensor) -> bool:
        return y in arriving and y not in stopped and is_differentiable(y)

    for op in reversed(order):
        if op not in on_the_way or not any(map(flows, op.outputs)):
            continue
        op_dys = [_total(arriving, y) if flows(y) else None for y in op.outputs]
        if captured_from(op) is None:
            with graph.gradient_scope(op):
                dxs = _gradient_of(op, op_dys, partial(_path, op, on_the_way, ys))
        else:
            dxs = op_dys
        for x, dx in zip(_sources(op), dxs, strict=True):
            if dx is not None and is_differentiable(x):
                arriving.setdefault(x, []).append(dx)
    return [_total(arriving, x) for x in xs]


def _order(ys: Sequence[Tensor], xs: Sequence[Tensor], stop: Sequence[Tensor]) -> list[Operation]:
    """The operations before `ys` in an order in which they could run.

    Inside the body of a branch or loop, this includes operations of the graphs around it, if some
    of `xs` are there too: what a body captures is computed before it.
    """
    inner = max((y.graph for y in ys), key=depth, default=None)
    order = needed([y.op for y in ys if y.graph is inner], stop)
    outer = [y for y in ys if y.graph is not inner]
    if any(x.graph is not inner for x in xs):
        captured = [captured_from(op) for op in order]
        outer += [x for x in captured if x is not None and x not in stop]
    return [*_order(outer, xs, stop), *order] if outer else order


def _sources(op: Operation) -> Sequence[Tensor]:
    """The inputs of an operation; of a body's parameter, what it stands for."""
    outside = captured_from(op)
    return op.inputs if outside is None else [outside]


def is_differentiable(tensor: Tensor) -> bool:
    """Whether gradients flow through a tensor: floating, complex, or of a type not known yet."""
    return tensor.spec.dtype is None or tensor.spec.dtype.kind in "fc"


def _between(order: Sequence[Operation], xs: set[Tensor], stop: set[Tensor]) -> set[Operation]:
    """The operations through which something of `xs` reaches further."""
    reached: set[Operation] = set()
    for op in order:
        for x in _sources(op):
            if is_differentiable(x) and (x in xs or (x.op in reached and x not in stop)):
                reached.add(op)
                break
    return reached


def _total(arriving: dict[Tensor, list[Gradient]], tensor: Tensor) -> Gradient:
    """The sum of all that arrives at a tensor; summed once, and remembered."""
    parts = arriving.get(tensor)
    if not parts:
        return None
    if len(parts) > 1:
        slices = [part for part in parts if isinstance(part, IndexedSlices)]
        if len(slices) == len(parts):
            arriving[tensor] = [concat_slices(slices)]
        else:
            arriving[tensor] = [add_n([as_tensor(part) for part in parts])]
    return arriving[tensor][0]


def _gradient_of(op: Operation, dys: list[Gradient], path: Callable[[], str]) -> Sequence[Gradient]:
    """What the operation's own rule makes of the gradients of its outputs."""
    rule = registered_gradient(op)
    if rule is None:
        raise GradientError(
            f"{op.type} has no gradient, so it cannot be differentiated through",
            hint=f"the path: {path()}; ts.stop_gradient cuts it, "
            f"ts.RegisterGradient({op.type!r}) gives a rule",
        ).locate("", [("node", op.describe())])
    dense = [as_tensor(dy) if isinstance(dy, IndexedSlices) else dy for dy in dys]
    dxs = rule(op, *dense, differentiate=backprop) if op.opdef.bodies else rule(op, *dense)
    dxs = list(dxs) if isinstance(dxs, (list, tuple)) else [dxs]
    if len(dxs) != len(op.inputs):
        raise GradientError(
            f"the gradient of {op.type} gave {len(dxs)} values for {len(op.inputs)} inputs"
        ).locate("", [("node", op.describe())])
    return dxs


def _path(op: Operation, on_the_way: set[Operation], ys: Sequence[Tensor]) -> str:
    """The names from a y down to the operation; of a long path only its two ends."""
    targets = {y.op for y in ys}
    below: dict[Operation, Operation | None] = {op: None}
    stack = [op]
    while stack and stack[-1] not in targets:
        node = stack.pop()
        for consumer in node.consumers:
            if consumer in on_the_way and consumer not in below:
                below[consumer] = node
                stack.append(consumer)
    names = []
    step: Operation | None = stack[-1] if stack else op
    while step is not None:
        names.append(step.name)
        step = below[step]
    return " <- ".join(names if len(names) <= 12 else [*names[:5], "...", *names[-5:]])


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "none",
) -> list[Gradient]:
    """The gradients of the sum of all `ys` with respect to each of `xs`, as further nodes.

    TensorFlow: tf.gradients. Since the result is a graph, it can be differentiated again.

    Args:
        ys: a tensor or list of tensors.
        xs: a tensor or list of tensors.
        grad_ys: what arrives at each of `ys`, of the same shapes; None: ones.
        name: scope of the new nodes.
        colocate_gradients_with_ops, gate_gradients, aggregation_method: accepted, without effect.
        stop_gradients: tensors that count as constants.
        unconnected_gradients: "none" or "zero": what stands for an x on which no y depends.

    Returns:
        One entry for each of `xs`: a tensor; `IndexedSlices` where `gather` reads from x; or None.

    Raises:
        GradientError: an operation on the way has no gradient; the message names the path.
    """
    y_list, x_list = as_list(ys), as_list(xs)
    dy_list = [None] * len(y_list) if grad_ys is None else as_list(grad_ys)
    stop = [as_tensor(x) for x in as_list(stop_gradients)] if stop_gradients is not None else []
    tensors = [as_tensor(y) for y in y_list]
    sources = [x.values if isinstance(x, IndexedSlices) else as_tensor(x) for x in x_list]
    graph = (
        tensors[0].graph
        if tensors and not get_default_graph().can_capture(tensors[0])
        else get_default_graph()
    )
    with graph.as_default(), graph.name_scope(name):
        dys = [_initial(y, dy, i) for i, (y, dy) in enumerate(zip(tensors, dy_list, strict=True))]
        found = backprop(tensors, sources, dys, stop)
        if getattr(unconnected_gradients, "value", unconnected_gradients) == "zero":
            found = [zeros_like(x) if g is None else g for x, g in zip(sources, found, strict=True)]
    return found


def as_list(value: Any) -> list[Any]:
    """A list of what was given one by one or together."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _initial(y: Tensor, dy: Any, i: int) -> Gradient:
    if dy is None:
        return ones_like(y, name=f"grad_ys_{i}")
    tensor = as_tensor(dy, y.spec.dtype, name=f"grad_ys_{i}")
    if not compatible(tensor.spec.shape, y.spec.shape):
        raise ShapeError(
            f"grad_ys[{i}] has shape {show(tensor.spec.shape)}, its y {show(y.spec.shape)}",
            hint="each of grad_ys has the shape of its y",
        ).locate("gradients", [("y", y.describe())])
    return tensor


def compute_gradients(loss: Tensor) -> dict[Any, Gradient]:
    """The gradient of `loss` with respect to every node that it depends on.

    Returns:
        A dictionary from node to gradient: from tensors, of which a variable is one, and from
            operations of the user's own classes. Nodes without a gradient are left out.
    """
    loss = as_tensor(loss)
    tensors = [
        tensor for op in needed([loss.op], ()) for tensor in op.outputs if is_differentiable(tensor)
    ]
    found: dict[Any, Gradient] = {}
    for tensor, dx in zip(tensors, gradients(loss, tensors), strict=True):
        if dx is not None:
            found[tensor] = as_tensor(dx)
            if type(tensor.op) is not Operation:
                found[tensor.op] = found[tensor]
    return found
