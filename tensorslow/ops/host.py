"""Operations that call Python while the graph runs: py_func, Print, Assert, and a user's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorslow import dtypes
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ExecutionError, GradientError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.registry import lookup, user_types


def _py_func_compute(
    xp: Any, inputs: Sequence[Any], *, function: Any, dtypes: Any, single: bool
) -> Any:
    return xp.host(function, *inputs)


PY_FUNC = OpDef(
    "PyFunc",
    operands=("input*",),
    compute=_py_func_compute,
    infer=lambda inputs, *, function, dtypes, single: [TensorSpec(None, dtype) for dtype in dtypes],
    host=True,
)


def py_func(
    func: Callable[..., Any],
    inp: Sequence[Any],
    Tout: Any,  # noqa: N803 - TensorFlow's name
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Calls a Python function over NumPy arrays each time the graph runs.

    TensorFlow: tf.py_func.

    Args:
        func: takes one array for each input, returns an array or a list of them.
        inp: list of tensors.
        Tout: the type of each result, or one type for a function with one result.
        stateful: accepted; the function is called exactly once in each run that needs it.
        name: name of the node.

    Returns:
        A list of tensors, or one tensor if `Tout` is no list. Their shapes are unknown
        (`set_shape`).

    Raises (when it runs):
        ExecutionError: the function failed, or returned something else than `Tout` says.

    Gradient: none, unless `gradient_override_map` names one.
    """
    single = not isinstance(Tout, (list, tuple))
    kinds = [dtypes.to_numpy(dtype) for dtype in ([Tout] if single else Tout)]

    def checked(*arrays: Any) -> tuple[Any, ...]:
        results = func(*[_own(a) for a in arrays])
        if single or not isinstance(results, (list, tuple)):
            results = [results] if kinds else []
        if len(results) != len(kinds):
            raise ExecutionError(
                f"the function returned {len(results)} values, Tout names {len(kinds)}"
            )
        return tuple(
            _checked_result(value, kind) for value, kind in zip(results, kinds, strict=True)
        )

    node = PY_FUNC.node(list(inp), function=checked, dtypes=kinds, single=single, name=name)
    return node.outputs[0] if single and kinds else node if not kinds else node.outputs


def _own(array: Any) -> Any:
    """A copy for the user's function, which may write into it; scalars as NumPy scalars."""
    return np.array(array) if np.ndim(array) else np.asarray(array)[()]


def _checked_result(value: Any, dtype: Any) -> Any:
    try:
        array = np.array(
            value
        )  # a copy: what the function goes on to do with its array is its own affair
    except ValueError:
        raise ExecutionError(
            "the function returned rows of different lengths", "pad them to one length"
        ) from None
    if dtype.kind == "O":
        return array.astype(object)
    is_number = array.dtype.kind in "biufc"
    is_plain = isinstance(value, (bool, int, float, complex, list, tuple, np.generic))
    if not is_number or array.dtype != dtype and not is_plain:
        have = dtypes.from_numpy(array.dtype).name if is_number else repr(value)
        raise ExecutionError(
            f"the function returned {have}, Tout says {dtypes.from_numpy(dtype).name}",
            hint=f"return value.astype({dtypes.from_numpy(dtype).name!r}), or change Tout",
        )
    return array.astype(dtype)


def _print_compute(xp: Any, x: Any, data: Sequence[Any], *, message: str, show: Any) -> Any:
    xp.host(show, *data)
    return x


PRINT = OpDef(
    "Print",
    operands=("input: T", "data*"),
    compute=_print_compute,
    infer=lambda x, data, *, message, show: x,
    grad=lambda op, dy: [dy] + [None] * (len(op.inputs) - 1),
    host=True,
)


def Print(  # noqa: N802 - TensorFlow's name
    input_: Any, data: Sequence[Any], message: str | None = None, first_n: int | None = None,
    summarize: int | None = None, name: str | None = None,
) -> Tensor:  # fmt: skip
    """The same value; writes `data` to standard error whenever it is computed.

    TensorFlow: tf.Print.

    Args:
        input_: tensor that is passed on.
        data: list of tensors to show.
        message: text in front.
        first_n: how often at most; None: always.
        summarize: how many elements of each tensor; None: 3; negative: all.
        name: name of the node.

    Gradient: dy.
    """
    count = 0

    def show(*arrays: Any) -> None:
        nonlocal count
        count += 1
        if first_n is None or first_n < 0 or count <= first_n:
            print((message or "") + "".join(summary(a, summarize) for a in arrays), file=sys.stderr)

    return PRINT(input_, list(data), message=message or "", show=show, name=name)


def summary(array: Any, summarize: int | None = 3) -> str:
    """An array in brackets, cut after some elements: "[1 2 3...]"."""
    flat = np.asarray(array).ravel()
    limit = 3 if summarize is None else len(flat) if summarize < 0 else summarize
    return (
        "["
        + " ".join(str(item).removesuffix(".0") for item in flat[:limit])
        + ("..." if len(flat) > limit else "")
        + "]"
    )


def _assert_compute(xp: Any, condition: Any, data: Sequence[Any], *, check: Any) -> Any:
    xp.require(condition, condition, lambda value: check(value, *data))
    return ()


ASSERT = OpDef(
    "Assert",
    operands=("condition: bool", "data*"),
    compute=_assert_compute,
    infer=lambda condition, data, *, check: (),
    grad=not_differentiable,
)


def Assert(  # noqa: N802 - TensorFlow's name
    condition: Any, data: Sequence[Any], summarize: int | None = None, name: str | None = None
) -> Operation:
    """Ends the run with an error unless `condition` is true; no variable changes then.

    TensorFlow: tf.Assert. It runs only where something waits for it (`control_dependencies`).

    Args:
        condition: bool tensor; all elements must be true.
        data: list of tensors to show in the message.
        summarize: how many elements of each.
        name: name of the node.

    Raises (when it runs):
        ExecutionError: the condition is false.
    """

    def check(value: Any, *arrays: Any) -> None:
        if not np.all(value):
            shown = " ".join(summary(a, summarize) for a in arrays)
            raise ExecutionError(f"assertion failed: {shown}")

    return ASSERT.node(condition, [as_tensor(x) for x in data], check=check, name=name or "Assert")


# A user's own operation


def _stand_in(op: Operation) -> Any:
    """What `compute` gets as `self`: all that the node has, so that writing to it leaves the node
    alone.
    """
    view = object.__new__(type(op))
    view.__dict__.update(op.__dict__)
    return view


def user_opdef(
    op: Operation, input_nodes: Sequence[Any]
) -> tuple[OpDef, list[Tensor], list[TensorSpec]]:
    """The OpDef of a subclass that a user wrote, its inputs as tensors, and what is known of its
    results.

    Its second output is the stand-in on which `compute` ran, for the gradient.

    Raises:
        TypeError: the class has no `compute`.
    """
    if not callable(getattr(op, "compute", None)):
        raise TypeError(
            f"{type(op).__name__} needs a method compute(self, *values) over NumPy arrays"
        )

    user_types.add(type(op).__name__)

    def call(*values: Any) -> tuple[Any, Any]:
        view = _stand_in(op)
        view.inputs = list(values)
        result = type(op).compute(view, *map(_own, values))  # type: ignore[attr-defined]
        view.inputs = list(values)
        view.user_output = np.asarray(result)
        return np.array(result), view

    opdef = OpDef(
        type(op).__name__,
        operands=("input*",),
        compute=lambda xp, inputs: xp.host(call, *inputs),
        infer=lambda inputs: (TensorSpec(None), TensorSpec((), np.dtype(object))),
        grad=_user_grad,
        host=True,
    )
    return (
        opdef,
        [as_tensor(x) for x in input_nodes],
        [TensorSpec(None), TensorSpec((), np.dtype(object))],
    )


class GradientView:
    """The `op` that a user's gradient function gets: the values of one run."""

    def __init__(self, record: Any) -> None:
        self.__dict__.update(record.__dict__)
        self.inputs = [_own(x) for x in record.inputs]
        self.output = _own(record.user_output)
        self.outputs = [self.output]


def _user_grad(op: Operation, dy: Tensor, _: Any) -> list[Tensor]:
    function = lookup(op.type)
    if function is None:
        raise GradientError(
            f"{op.type} has no gradient, so it cannot be differentiated through",
            hint=f"decorate a function (op, grad) with @ts.RegisterGradient({op.type!r})",
        ).locate("", [("node", op.describe())])
    count = len(op.inputs)

    def call(record: Any, grad: Any) -> tuple[Any, ...]:
        found = function(GradientView(record), grad)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        if len(found) != count:
            raise ExecutionError(
                f"the gradient of {op.type} returned {len(found)} values for {count} inputs"
            )
        return tuple(
            np.zeros_like(x) if dx is None else np.array(dx)
            for x, dx in zip(record.inputs, found, strict=True)
        )

    opdef = OpDef(
        f"{op.type}Grad",
        operands=("record", "dy"),
        compute=lambda xp, record, grad: xp.host(call, record, grad),
        infer=lambda record, grad: [TensorSpec(x.spec.shape, x.spec.dtype) for x in op.inputs],
        host=True,
    )
    return opdef.node(op.outputs[1], dy).outputs


def install(operation: type[Operation]) -> None:
    """Tells the graph how a user's own subclass of Operation becomes a node."""
    operation.define = staticmethod(user_opdef)
