"""OpDef: what an operation is, once, for every engine, gradient and error message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from tensorslow import dtypes, origin
from tensorslow.arrays import abstract
from tensorslow.arrays.literals import constant_array
from tensorslow.arrays.spec import TensorSpec, as_spec, known_tuple
from tensorslow.errors import DTypeError, GraphError, ShapeError
from tensorslow.graph import Graph, Operation, Tensor, get_default_graph
from tensorslow.shapes import normalize_axis

# The kinds of element types an operand may have: NumPy's one-letter kinds.
CATEGORIES = {
    "floating": "fc", "real": "fiu", "numeric": "fiuc", "integer": "iu", "index": "iu", "bool": "b",
}  # fmt: skip


def not_differentiable(op: Operation, *dys: Any) -> list[None]:
    """The gradient of an operation whose result moves in steps or does not move at all."""
    return [None] * len(op.inputs)


@dataclass(frozen=True, eq=False)
class OpDef:
    """A kind of operation: its operands, how it computes, how it differentiates.

    Attributes:
        name: TensorFlow's name of the raw operation, such as "MatMul".
        operands: one "name: type" each. The type is a category (`floating`, `real`, `numeric`,
            `integer`), a letter (any type), a fixed type such as `bool`, or `index` (int32 or
            int64). Operands of one category or letter have one type; `index` ties nothing.
            "values*: T" is a list of tensors. The names label the operands in error messages.
        compute: (xp, *arrays, **attrs) → array, or tuple of arrays; it is the shape rule too.
        grad: (op, *dys) → one gradient or None for each input, made of graph nodes. None: it has no
            gradient and asking for one is an error; `not_differentiable`: there is none to flow.
        check: (*specs, **attrs), raises in the operation's own words what a primitive would reject.
        known: operands whose value `compute` needs (axes, sizes); it gets ints and tuples of ints.
        compute_unknown: `compute` for a compiler that cannot know all of these; it gets arrays.
        updates: operands that are variables; the first outputs are their new values.
        variable: its output is a variable: a value that a session keeps from run to run.
        overwrites: the old values of `updates` do not matter; `compute` gets None for them.
        draws: `compute` gets a counter as last operand and returns the next counter as last result.
        host: it runs Python code of the user, and so only in NumPy, once, and never for nothing.
        bodies: attributes that are graphs of their own; `compute` gets them as functions of arrays.
        infer: (*specs, **attrs) → specs, for what `compute` cannot say without running.
    """

    name: str
    operands: tuple[str, ...] = ()
    compute: Callable[..., Any] | None = None
    grad: Callable[..., Any] | None = None
    check: Callable[..., None] | None = None
    known: tuple[str, ...] = ()
    compute_unknown: Callable[..., Any] | None = None
    updates: tuple[str, ...] = ()
    variable: bool = False
    overwrites: bool = False
    draws: bool = False
    host: bool = False
    bodies: tuple[str, ...] = ()
    infer: Callable[..., Any] | None = None
    labels: tuple[str, ...] = field(init=False, repr=False)
    types: tuple[str, ...] = field(init=False, repr=False)
    list_at: int | None = field(init=False, repr=False)  # which operand is a list

    def __post_init__(self) -> None:
        pairs = [operand.partition(":") for operand in self.operands]
        labels = tuple(label.strip() for label, _, _ in pairs)
        starred = [i for i, label in enumerate(labels) if label.endswith("*")]
        object.__setattr__(self, "labels", tuple(label.rstrip("*") for label in labels))
        object.__setattr__(self, "types", tuple(kind.strip() for _, _, kind in pairs))
        object.__setattr__(self, "list_at", starred[0] if starred else None)

    def __call__(self, *operands: Any, name: str | None = None, **attrs: Any) -> Any:
        """A node of this kind in the graph: its output, or the list of its outputs."""
        outputs = self.node(*operands, name=name, **attrs).outputs
        return outputs[0] if len(outputs) == 1 else outputs

    def node(self, *operands: Any, name: str | None = None, **attrs: Any) -> Operation:
        """A node of this kind in the graph.

        Args:
            operands: tensors, or what becomes constants of the type that the other operands have.
            name: the node's name; the kind's name if None.
            attrs: the attributes.

        Raises:
            ShapeError, DTypeError: operands do not fit; the message shows each and the user's line.
        """
        graph = graph_for(operands)
        name = name or self.name
        inputs: list[Tensor] = []
        try:
            name, inputs = self._convert(operands, name, graph)
            specs = [tensor.spec for tensor in inputs]
            self._check_types(specs)
            if self.check is not None:
                self.check(*self.group(specs), **attrs)
            outputs = self.result(specs, attrs)
        except GraphError as error:
            raise self.locate(
                error, name.rstrip("/"), str(origin.here()), self._described(inputs or operands)
            ) from None
        return Operation(inputs, name, opdef=self, attrs=attrs, specs=outputs, graph=graph)

    def result(self, specs: Sequence[TensorSpec], attrs: dict[str, Any]) -> Sequence[TensorSpec]:
        """What the outputs are, as far as the inputs are known: `compute` on abstract arrays."""
        if self.infer is not None:
            return as_tuple(self.infer(*self.group(specs), **attrs))
        assert self.compute is not None
        if self.bodies:
            attrs = {
                **attrs,
                **{body: attrs[body] and attrs[body].abstract for body in self.bodies},
            }
        arguments = self.known_values(specs)
        if self.draws:
            arguments.append(TensorSpec((), np.dtype(np.uint64)))
        results = as_tuple(self.compute(abstract, *self.group(arguments), **attrs))
        return [as_spec(r) for r in (results[:-1] if self.draws else results)]

    def known_values(self, arguments: Sequence[Any]) -> list[Any]:
        """The arguments of `compute`: those that it must know as plain ints and tuples."""
        if not self.known:
            return list(arguments)
        labels = self.each_label(len(arguments))
        return [known_tuple(x) if label in self.known else x for label, x in zip(labels, arguments)]

    def bind(self, xp: Any, attrs: dict[str, Any]) -> Callable[..., Any]:
        """`compute` as a function of arrays alone; operands in `known` must be plain values
        already.
        """
        assert self.compute is not None
        if self.list_at is None:
            return partial(self.compute, xp, **attrs)
        compute, group = self.compute, self.group
        return lambda *arrays: compute(xp, *group(arrays), **attrs)

    def group(self, flat: Sequence[Any]) -> Sequence[Any]:
        """One entry an operand: those of the operand that is a list together."""
        if self.list_at is None:
            return flat
        at = self.list_at
        after = len(self.operands) - at - 1 + (len(flat) > 0 and self.draws)
        end = len(flat) - after
        return [*flat[:at], list(flat[at:end]), *flat[end:]]

    def each_label(self, count: int) -> Sequence[str]:
        """The label of every input: of a list's members, the list's."""
        return self._spread(self.labels, count)

    def _constant_labels(self, count: int) -> Sequence[str]:
        """The last part of the name of a constant made for each input: of a list's members, with
        their number.
        """
        if self.list_at is None:
            return self.labels
        at, labels = self.list_at, list(self.each_label(count))
        for i in range(at, count - len(self.labels) + at + 1):
            labels[i] = f"{labels[i]}_{i - at}"
        return labels

    def _spread(self, per_operand: tuple[str, ...], count: int) -> Sequence[str]:
        if self.list_at is None:
            return per_operand
        at = self.list_at
        return (
            *per_operand[:at],
            *[per_operand[at]] * (count - len(per_operand) + 1),
            *per_operand[at + 1 :],
        )

    # Operands

    def _convert(
        self, operands: Sequence[Any], name: str, graph: Graph
    ) -> tuple[str, list[Tensor]]:
        flat: list[Any] = []
        for i, operand in enumerate(operands):
            flat.extend(operand) if i == self.list_at else flat.append(operand)
        if all(isinstance(x, Tensor) for x in flat):
            return name, flat
        # Constants made here are named after the node and the operand, as TensorFlow does: "mul/y".
        name = graph.scope_of(name)
        labels, types = self._constant_labels(len(flat)), self._spread(self.types, len(flat))
        found: dict[str, Any] = dict.fromkeys(types)
        weak = set()
        for x, kind in zip(flat, types, strict=True):
            inner = _first_tensor(x)
            if inner is not None:
                found[kind] = found[kind] or inner.spec.dtype
                weak |= {kind} if inner.spec.dtype is None else set()
        tensors = []
        for x, label, kind in zip(flat, labels, types, strict=True):
            fixed: Any = np.dtype(bool) if kind == "bool" else None
            free = kind in ("index", "")
            dtype = fixed or (None if free else found[kind])
            if kind == "index" and isinstance(x, (list, tuple)) and not x:
                dtype = np.dtype(np.int32)  # no elements tell it from an empty list of floats
            tensor = as_tensor(x, dtype, f"{name}{label}/", graph, weak=kind in weak and not free)
            if not free and kind not in weak:
                found[kind] = found[kind] or tensor.spec.dtype
            tensors.append(tensor)
        return name, tensors

    def _check_types(self, specs: Sequence[TensorSpec]) -> None:
        first: dict[str, tuple[str, Any]] = {}
        for spec, label, kind in zip(
            specs, self.each_label(len(specs)), self._spread(self.types, len(specs))
        ):
            dtype = spec.dtype
            if dtype is None or not kind:
                continue
            allowed = CATEGORIES.get(kind)
            if allowed is not None and dtype.kind not in allowed:
                raise DTypeError(
                    f"{label} must be {_NEEDS[kind]}, not {dtypes.from_numpy(dtype).name}", _CAST
                )
            if kind in ("index", "bool"):
                continue
            other, expected = first.setdefault(kind, (label, dtype))
            if expected != dtype:
                names = dtypes.from_numpy(expected).name, dtypes.from_numpy(dtype).name
                raise DTypeError(f"{other} is {names[0]} but {label} is {names[1]}", _CAST)

    # Errors

    def locate(
        self, error: GraphError, name: str, created_at: str, operands: Sequence[tuple[str, str]]
    ) -> GraphError:
        """Adds to an error which node it is about, who made it, and what its operands are."""
        return error.locate(
            self.name, [("node", f"{name!r} ({self.name}), created at {created_at}"), *operands]
        )

    def _described(self, operands: Sequence[Any]) -> list[tuple[str, str]]:
        pairs = zip(self.each_label(len(operands)), operands)
        return [(label, x.describe()) for label, x in pairs if isinstance(x, Tensor)]


_CAST = "convert it with ts.cast(x, dtype)"
_NEEDS = {
    "floating": "a floating-point type",
    "real": "a real number type",
    "numeric": "a number type",
    "integer": "an integer type",
    "index": "int32 or int64",
    "bool": "bool",
}


def as_tuple(results: Any) -> tuple[Any, ...]:
    """The results of a `compute` as a tuple, also of one that returns a single array."""
    return tuple(results) if isinstance(results, (tuple, list)) else (results,)


def graph_for(operands: Sequence[Any]) -> Graph:
    """The graph that a node over these operands belongs to: the default one, unless it cannot see
    them.
    """
    graph = get_default_graph()
    for operand in operands:
        for x in operand if isinstance(operand, (list, tuple)) else (operand,):
            if isinstance(x, Tensor) and x.op.graph is not graph:
                return graph if graph.can_capture(x) else x.op.graph.for_outsiders(x)
    return graph


# What turns a plain value into a tensor


def _const_compute(xp: Any, *, value: Any, weak: bool = False) -> Any:
    return value


def _const_infer(*, value: Any, weak: bool = False) -> TensorSpec:
    return TensorSpec.of(value)


CONST = OpDef("Const", compute=_const_compute, infer=_const_infer, grad=not_differentiable)


def _pack_compute(xp: Any, values: Any, *, axis: int) -> Any:
    return xp.stack(values, axis)


def _pack_grad(op: Operation, dy: Tensor) -> Any:
    return as_tuple(UNPACK(dy, axis=op.attrs["axis"], num=len(op.inputs)))


PACK = OpDef("Pack", operands=("values*: T",), compute=_pack_compute, grad=_pack_grad)


def _unpack_compute(xp: Any, value: Any, *, axis: int, num: int) -> Any:
    if isinstance(value, TensorSpec) and value.shape is None:
        return (TensorSpec(None, value.dtype),) * num
    rank = len(value.shape)
    axis = normalize_axis(axis, rank)
    if value.shape[axis] not in (None, num):
        raise ShapeError(f"axis {axis} has {value.shape[axis]} parts, not {num}")
    parts = []
    for i in range(num):
        begin: list[int] = [0] * rank
        end: list[int | None] = [None] * rank
        begin[axis], end[axis] = i, i + 1
        part = xp.slice_(value, begin, end, [1] * rank)
        parts.append(xp.squeeze(part, axis))
    return tuple(parts)


def _unpack_grad(op: Operation, *dys: Any) -> list[Tensor]:
    filled = [ZEROS_LIKE(y) if dy is None else dy for y, dy in zip(op.outputs, dys, strict=True)]
    return [PACK(filled, axis=op.attrs["axis"])]


UNPACK = OpDef("Unpack", operands=("value: T",), compute=_unpack_compute, grad=_unpack_grad)


def _zeros_like_compute(xp: Any, x: Any) -> Any:
    return xp.broadcast_like(xp.zeros((), x.dtype), x)


ZEROS_LIKE = OpDef(
    "ZerosLike", operands=("x: T",), compute=_zeros_like_compute, grad=not_differentiable
)


def as_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    graph: Graph | None = None,
    weak: bool = False,
) -> Tensor:
    """The tensor that a value means: itself, a constant, or a stack of a list's tensors.

    Args:
        value: tensor, number, array, nested list of these, or anything with a `to_tensor` method.
        dtype: NumPy dtype it must have; None: its own.
        name: the name of a constant made here.
        graph: where it is made; the default graph if None.
        weak: whether a Python number shall wait for the type of what it meets when the graph runs.

    Raises:
        DTypeError: a tensor has another type, or a value does not fit the type.
    """
    if isinstance(value, Operation):
        value = value.output
    if isinstance(value, Tensor):
        if dtype is not None and value.spec.dtype is not None and value.spec.dtype != dtype:
            have, want = dtypes.from_numpy(value.spec.dtype).name, dtypes.from_numpy(dtype).name
            raise DTypeError(f"tensor {value.name!r} is {have}, not {want}", _CAST)
        return value
    if hasattr(value, "to_tensor"):
        return as_tensor(value.to_tensor(), dtype)
    with (graph or get_default_graph()).as_default():
        if isinstance(value, (list, tuple)) and _first_tensor(value) is not None:
            return _stacked(value, dtype, name)
        if weak and dtype is None and type(value) in (bool, int, float, complex):
            return CONST(value=value, weak=True, name=name)
        if weak and dtype is None:
            return CONST(value=np.array(value), name=name)
        return CONST(value=constant_array(value, dtype), name=name)


def _first_tensor(value: Any) -> Tensor | None:
    """The first tensor in a nested list; numbers beside it take its type."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Operation) and item.outputs:
            return item.output
        if isinstance(item, Tensor):
            return item
        if hasattr(item, "to_tensor"):
            return item.to_tensor()
        if isinstance(item, (list, tuple)):
            stack.extend(reversed(item))
    return None


def _stacked(value: Sequence[Any], dtype: Any, name: str | None) -> Tensor:
    first = _first_tensor(value)
    found = first.spec.dtype if dtype is None and first is not None else dtype
    name = get_default_graph().scope_of(name or "packed")
    weak = found is None
    return PACK(
        [as_tensor(item, found, f"{name}{i}/", weak=weak) for i, item in enumerate(value)],
        axis=0,
        name=name,
    )
