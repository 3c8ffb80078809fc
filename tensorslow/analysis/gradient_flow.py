"""Through which inputs of an operation gradient flows and, where it does not, why not.

A rule for the gradient of an operation says so only when it is asked: it gives None for the inputs
that it does not differentiate. So it is asked, about a copy of the operation in a graph of its own,
and the user's graph stays as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorslow.analysis.body_flow import Stop, body_stops
from tensorslow.errors import GraphError
from tensorslow.gradients import is_differentiable
from tensorslow.graph import Graph, Operation, Tensor
from tensorslow.opdef import CONST, OpDef, not_differentiable
from tensorslow.registry import lookup, registered_gradient

# A stand-in for what an operation reads.
_INPUT = OpDef("Input", infer=lambda *, spec: spec, grad=not_differentiable)
LARGEST = 64  # elements of a known operand that the copy gets


# What makes steps or leaves nothing to differentiate, in the words of the operation.
_STEPS = Stop(
    "its result moves in steps, so its derivative is zero wherever there is one",
    "replace the step by something smooth: sigmoid for a threshold, softmax for argmax",
)
_WORDS = {
    "StopGradient": Stop(
        "stop_gradient makes it a constant for differentiation",
        "take stop_gradient out, if the gradient is wanted",
    ),
    **dict.fromkeys(
        ("Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"),
        Stop(
            "a comparison is true or false, and has no slope",
            "replace it by something smooth: sigmoid(k · (a − b)) for a > b; "
            "or use it in ts.where only to choose",
        ),
    ),
    **dict.fromkeys(
        ("ArgMax", "ArgMin", "TopKV2"),
        Stop(
            "it gives the place of an element, which moves in steps",
            "use softmax, whose weights change smoothly, or reduce_max for the element itself",
        ),
    ),
    "Cast": Stop(
        "the conversion cuts off what could move a little",
        "stay in floats until after what is differentiated",
    ),
    **dict.fromkeys(
        ("Shape", "ShapeN", "Size", "Rank"),
        Stop("it reads the sizes only, not the numbers", "there is nothing to differentiate"),
    ),
    **dict.fromkeys(
        ("ZerosLike", "OnesLike"),
        Stop("its result is the same for all numbers", "there is nothing to differentiate"),
    ),
}
_NUMBERS = Stop(
    "only floating-point numbers can move a little",
    "compute in floats from here on: ts.cast(x, ts.float32) before what is differentiated",
)
_WRITE = Stop(
    "it writes a variable, and no gradient goes back through a write",
    "differentiate what is written instead, or cut the path with ts.stop_gradient",
)
HOW = Stop(
    "axes and sizes say how it is done; they are integers, which cannot move a little",
    "there is nothing to differentiate",
)
_UNUSED = Stop(
    "its rule differentiates with respect to other inputs only",
    "make the operation of others, if a gradient is wanted here",
)


class Flow:
    """Where gradient flows. Alike operations, of which a graph has many, are asked once."""

    def __init__(self) -> None:
        self._given: dict[Any, list[bool]] = {}

    def stops(self, op: Operation) -> list[Stop | None]:
        """For each input: None if gradient flows there, else why not."""
        types = [_type_stop(op, i) for i in range(len(op.inputs))]
        if not op.inputs or all(types):
            return types
        dead = _dead_end(op)
        if dead is not None:
            return [stop or dead for stop in types]
        if type(op) is not Operation:
            return types
        if op.opdef.bodies:
            return [stop or inside for stop, inside in zip(types, body_stops(op, self.stops))]
        return [
            stop or (None if flows else _WORDS.get(op.type, _UNUSED))
            for stop, flows in zip(types, self._gives(op))
        ]

    def _gives(self, op: Operation) -> list[bool]:
        """For each input, whether the operation's own rule gives a gradient."""
        known = _all_that_a_rule_sees(op)
        if known not in self._given:
            self._given[known] = _rule_gives(op)
        return self._given[known]


def _type_stop(op: Operation, i: int) -> Stop | None:
    x = op.inputs[i]
    if is_differentiable(x):
        return None
    if op.opdef.each_label(len(op.inputs))[i] in op.opdef.known:
        return HOW
    return without_slope(x)


def without_slope(x: Tensor) -> Stop:
    """Why no gradient flows through a tensor of integers or truth values."""
    assert x.dtype is not None
    words = _WORDS.get(x.op.type, _NUMBERS)
    return Stop(f"{x.dtype.name} from {x.op.type}: {words.reason}", words.remedy)


def _dead_end(op: Operation) -> Stop | None:
    """Why no gradient enters the operation at all."""
    of_a_class = type(op) is not Operation
    rule = lookup(type(op).__name__) if of_a_class else registered_gradient(op)
    kind = type(op).__name__ if of_a_class else op.type
    if op.opdef.updates and rule in (None, not_differentiable):
        return _WRITE._replace(fails=rule is None)
    if rule is None:
        what = "py_func calls Python, which" if op.type == "PyFunc" else kind
        return Stop(
            f"{what} has no gradient: asking for one is an error",
            f"give it a rule with ts.RegisterGradient({kind!r})"
            + (" and graph.gradient_override_map" if op.type == "PyFunc" else "")
            + ", or cut the path on purpose with ts.stop_gradient",
            fails=True,
        )
    if rule is not_differentiable:
        return _WORDS.get(op.type, _STEPS)
    return None


def _all_that_a_rule_sees(op: Operation) -> Any:
    """Equal for operations about which a rule answers the same."""
    specs = [(x.spec, _comparable(x.spec.value)) for x in op.inputs]
    attrs = [(name, _comparable(value)) for name, value in op.attrs.items()]
    return op.opdef, registered_gradient(op), tuple(specs), tuple(attrs)


def _comparable(value: Any) -> Any:
    """Something hashable that is equal for equal values of one type."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, tuple(value.ravel().tolist())
    if isinstance(value, (list, tuple)):
        return type(value), *map(_comparable, value)
    if isinstance(value, (bool, int, float, str, np.dtype)):
        return type(value), value
    return id(value)  # of the graph's own, and so alive as long as it


def _rule_gives(op: Operation) -> list[bool]:
    """For each input, whether the operation's own rule gives a gradient."""
    rule = registered_gradient(op)
    assert rule is not None
    with Graph().as_default():
        try:
            copy = op.opdef.node(*op.opdef.group([_stand_in(x) for x in op.inputs]), **op.attrs)
            dxs = rule(copy, *[_INPUT(spec=y.spec.without_value()) for y in copy.outputs])
        except (GraphError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return [True] * len(op.inputs)  # it needs what only the real operation has
    dxs = list(dxs) if isinstance(dxs, (list, tuple)) else [dxs]
    return [dx is not None for dx in dxs] if len(dxs) == len(op.inputs) else [True] * len(op.inputs)


def _stand_in(x: Tensor) -> Any:
    spec = x.spec
    if spec.is_value and spec.dtype is not None and spec.value.size <= LARGEST:
        return CONST(value=spec.value)
    return _INPUT(spec=spec)
