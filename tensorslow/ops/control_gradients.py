"""The gradients of branches and loops: operations of the same kind, over what the forward ones
computed.
"""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import ZEROS_LIKE, as_tensor
from tensorslow.ops.elementwise import add, subtract
from tensorslow.ops.func_graph import ARG, Forward, FuncGraph, params_for, writes
from tensorslow.ops.identity import identity
from tensorslow.ops.indexed_slices import IndexedSlices

Gradient = Tensor | IndexedSlices | None


def _dense(gradient: Gradient) -> Tensor | None:
    return None if gradient is None else as_tensor(gradient)


def _flows(tensor: Tensor) -> bool:
    return tensor.spec.dtype is None or tensor.spec.dtype.kind in "fc"


def as_seen(tensor: Tensor, body: FuncGraph, user: FuncGraph) -> Tensor:
    """A tensor of a body; of a variable that the body writes, the value that the operation being
    differentiated saw.
    """
    op = user.differentiated
    if op is None or op.graph is not body or tensor.op.opdef is not ARG or not writes(body, tensor):
        return tensor
    with body.as_default(), body.control_dependencies([op]):
        value = identity(tensor)
    value.op.gradient_of = op
    return value


class BranchForward(Forward):
    """Values of a branch: its parameters from the operation's inputs, the rest as further outputs
    of it.
    """

    def __init__(self, op: Operation, branch: str) -> None:
        self.op = op
        self.branch = branch
        self.body: FuncGraph = op.attrs[branch]

    def value_of(self, tensor: Tensor, user: FuncGraph) -> Tensor:
        """A tensor of `user` with the value that `tensor` had in the branch."""
        op = self.op
        tensor = as_seen(tensor, self.body, user)
        if tensor in self.body.params:
            return user.capture(op.inputs[1 + self.body.params.index(tensor)])
        for output, result in zip(op.outputs, self.body.results, strict=True):
            if result is tensor:
                return user.capture(output)
        for attr in op.opdef.bodies:
            op.attrs[attr].results.append(tensor if attr == self.branch else None)
        op.outputs.append(Tensor(op, len(op.outputs), tensor.spec.without_value()))
        return user.capture(op.outputs[-1])


def if_grad(op: Operation, *dys: Gradient, differentiate: Any) -> list[Gradient]:
    """A choice between the gradients of the branches."""
    found: dict[str, tuple[FuncGraph, list[Gradient]]] = {}
    for attr in op.opdef.bodies:
        forward: FuncGraph = op.attrs[attr]
        body = FuncGraph(f"{forward.name}_grad", BranchForward(op, attr))
        with body.as_default():
            pairs = [
                (y, as_tensor(dy))
                for y, dy in zip(forward.results, dys)
                if y is not None and dy is not None
            ]
            arriving = [body.capture(dy) for _, dy in pairs]
            found[attr] = (
                body,
                [
                    _dense(dx)
                    for dx in differentiate([y for y, _ in pairs], forward.params, arriving)
                ],
            )
    wanted = [
        i for i in range(len(op.inputs) - 1) if any(dxs[i] is not None for _, dxs in found.values())
    ]
    if not wanted:
        return [None] * len(op.inputs)
    for attr, (body, dxs) in found.items():
        params = op.attrs[attr].params
        with body.as_default():
            body.results = [
                _own(body, dxs[i] if dxs[i] is not None else ZEROS_LIKE(params[i])) for i in wanted
            ]
    bodies = {attr: body for attr, (body, _) in found.items()}
    captured = params_for(list(bodies.values()))
    outputs = op.opdef.node(op.inputs[0], captured, name="If", **bodies).outputs
    result: list[Gradient] = [None] * len(op.inputs)
    for i, output in zip(wanted, outputs):
        result[1 + i] = output
    return result


def _own(body: FuncGraph, tensor: Any) -> Tensor:
    """A result that belongs to the body itself."""
    return tensor if tensor.graph is body else body.capture(tensor)


class LoopForward(Forward):
    """Values of a loop's body, iteration by iteration: what it kept, read backwards."""

    def __init__(self, op: Operation) -> None:
        self.op = op
        self.body: FuncGraph = op.attrs["body"]
        self.slices: list[
            tuple[Tensor, Tensor]
        ] = []  # (the gradient body's parameter, the array it is cut from)
        self._found: dict[Tensor, Tensor] = {}

    def value_of(self, tensor: Tensor, user: FuncGraph) -> Tensor:
        """A tensor of `user` with the value that `tensor` had in the iteration now gone through."""
        tensor = as_seen(tensor, self.body, user)
        if tensor not in self._found:
            self._found[tensor] = self._value_of(tensor, user)
        return self._found[tensor]

    def _value_of(self, tensor: Tensor, user: FuncGraph) -> Tensor:
        op, params = self.op, self.body.params
        n, m = op.attrs["carries"], op.attrs["slices"]
        if tensor is params[0]:
            with user.as_default():
                return subtract(subtract(user.capture(op.outputs[n]), 1), user.params[0])
        place = params.index(tensor) if tensor in params else -1
        if place > n + m:
            return user.capture(op.inputs[place])
        if place > n:
            return self.sliced(op.inputs[place], tensor.spec, user)
        self.body.results.append(tensor)
        shape = tensor.spec.shape
        kept = TensorSpec(None if shape is None else (None, *shape), tensor.spec.dtype)
        op.outputs.append(Tensor(op, len(op.outputs), kept))
        return self.sliced(op.outputs[-1], tensor.spec, user)

    def sliced(self, array: Tensor, spec: TensorSpec, user: FuncGraph) -> Tensor:
        """A parameter that gets one slice of an array in each iteration."""
        param = user.add_param(spec.without_value(), "slice")
        self.slices.append((param, array))
        return param


def while_grad(op: Operation, *dys: Gradient, differentiate: Any) -> list[Gradient]:
    """A loop of as many iterations, backwards; it carries the gradients of what the loop carried.

    The gradients of what the loop captured add up from iteration to iteration; those of what it cut
    into slices are stacked again.
    """
    n, m = op.attrs["carries"], op.attrs["slices"]
    forward: FuncGraph = op.attrs["body"]
    loop = LoopForward(op)
    body = FuncGraph(f"{forward.name}_grad", loop)
    body.add_param(forward.params[0].spec, "i")
    carried = [i for i in range(1, 1 + n) if _flows(forward.params[i])]
    sliced = [i for i in range(1 + n, 1 + n + m) if _flows(forward.params[i])]
    captured = [i for i in range(1 + n + m, len(op.inputs)) if _flows(forward.params[i])]
    starts = [
        ZEROS_LIKE(op.outputs[i - 1]) if dys[i - 1] is None else as_tensor(dys[i - 1])
        for i in carried
    ]
    starts += [ZEROS_LIKE(op.inputs[i]) for i in captured]
    moving = [body.add_param(start.spec.without_value(), "grad") for start in starts]
    with body.as_default():
        ys = [forward.results[i - 1] for i in carried]
        arriving = moving[: len(carried)]
        for i, dy in enumerate(dys[n + 1 :]):
            if dy is not None and _flows(op.outputs[n + 1 + i]):
                result = forward.results[n + i]
                assert result is not None
                ys.append(result)
                arriving.append(loop.sliced(as_tensor(dy), result.spec, body))
        xs = [forward.params[i] for i in (*carried, *captured, *sliced)]
        dxs = [_dense(dx) for dx in differentiate(ys, xs, arriving)]
        body.results = _loop_results(body, dxs, moving, len(carried), xs)
    params = body.params
    cut = [param for param, _ in loop.slices]
    fixed = list(body.captured.values())
    body.params = [params[0], *moving, *cut, *fixed]
    inputs = [*starts, *[array for _, array in loop.slices], *body.captured]
    node = op.opdef.node(
        op.outputs[n],
        inputs,
        name="While",
        cond=None,
        body=body,
        carries=len(moving),
        slices=len(cut),
        reverse=not op.attrs["reverse"],
        kept=[result.spec for result in body.results[len(moving) :] if result is not None],
    )
    found: list[Gradient] = [None] * len(op.inputs)
    for i, output in zip((*carried, *captured), node.outputs):
        found[i] = output
    for i, output in zip(sliced, node.outputs[len(moving) + 1 :]):
        found[i] = output
    return found


def _loop_results(
    body: FuncGraph, dxs: list[Any], moving: list[Tensor], carried: int, xs: list[Tensor]
) -> list[Any]:
    """The next carried gradients, the grown sums, and the slices' gradients."""
    results = []
    for i, dx in enumerate(dxs):
        if i < carried:
            results.append(ZEROS_LIKE(moving[i]) if dx is None else dx)
        elif i < len(moving):
            results.append(moving[i] if dx is None else add(moving[i], dx))
        else:
            results.append(ZEROS_LIKE(xs[i]) if dx is None else dx)
    return [_own(body, result) for result in results]
