"""map_fn, scan, foldl and foldr: loops over the first axis of their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorslow import dtypes, nest
from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import DTypeError, ShapeError
from tensorslow.graph import Tensor, get_default_graph
from tensorslow.opdef import as_tensor
from tensorslow.ops.control_flow import INDEX, check_results, loop_node, traced
from tensorslow.ops.func_graph import FuncGraph
from tensorslow.ops.identity import stop_gradient
from tensorslow.ops.indexing import getitem
from tensorslow.ops.join import concat
from tensorslow.ops.shape import expand_dims, shape
from tensorslow.shapes import may_be_equal


def _rows(elems: Any) -> list[Tensor]:
    """The flattened arguments.

    Raises:
        ShapeError: one has no first axis, or those of two differ.
    """
    tensors = [as_tensor(leaf) for leaf in nest.flatten(elems)]
    if not tensors:
        raise ShapeError("there is nothing to go over: elems is empty")
    count = None
    for x in tensors:
        if x.spec.shape == ():
            raise ShapeError("a scalar has no first axis to go over").locate(
                "", [("elems", x.describe())]
            )
        size = None if x.spec.shape is None else x.spec.shape[0]
        if not may_be_equal(size, count):
            where = [("elems", tensor.describe()) for tensor in tensors]
            raise ShapeError(f"first axes differ: {count} rows and {size}").locate("", where)
        count = size if count is None else count
    return tensors


def _row_spec(x: Tensor) -> TensorSpec:
    sizes = x.spec.shape
    return TensorSpec(None if sizes is None else sizes[1:], x.spec.dtype)


def _count(x: Tensor) -> Any:
    """How many rows there are, when the graph runs."""
    return getitem(shape(x), 0)


def _checked_dtypes(results: list[Any], dtype: Any, what: str) -> None:
    wanted = [dtypes.to_numpy(d) for d in nest.flatten(dtype)] if dtype is not None else []
    for result, kind in zip(results, wanted):
        if result.spec.dtype is not None and result.spec.dtype != kind:
            assert kind is not None
            raise DTypeError(
                f"{what}: fn returns {result.spec}, dtype says {dtypes.from_numpy(kind).name}"
            )


def map_fn(
    fn: Callable[..., Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
) -> Any:
    """`fn` of every row of `elems`, stacked.

    TensorFlow: tf.map_fn.

    Args:
        fn: function of one row (of a tuple of rows, if `elems` is one).
        elems: tensor, or nested tensors of equal first sizes.
        dtype: the types that `fn` returns, nested alike; None: those of `elems`.
        back_prop: whether a gradient can go through.
        parallel_iterations, swap_memory, infer_shape: accepted, without effect.
        name: name of the scope.

    Gradient: row by row, to any order.
    """
    with get_default_graph().name_scope(name or "map") as scope:
        rows = _rows(elems)
        body = FuncGraph("map")
        params = [body.add_param(spec, "arg") for spec in (INDEX, *map(_row_spec, rows))]
        _, structure = traced("map", fn, nest.pack_like(elems, params[1:]), body=body)
        _checked_dtypes(body.results, dtype, "map_fn")
        node = loop_node(body, None, _count(rows[0]), [], rows, name=scope)
        return nest.pack_like(structure, _outputs(node.outputs[1:], rows[0], back_prop))


def _outputs(outputs: Any, rows: Tensor, back_prop: bool) -> list[Tensor]:
    """Stacked results, which have as many rows as there were."""
    sizes = rows.spec.shape
    for output in outputs:
        if sizes is not None and output.spec.shape is not None:
            output.spec = output.spec.with_shape((sizes[0], *output.spec.shape[1:]))
    return [output if back_prop else stop_gradient(output) for output in outputs]


def _fold(
    what: str,
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any,
    reverse: bool,
    keep: bool,
    name: str | None,
) -> Any:
    """Carries a value over the rows; returns its last value, or with `keep` all of them."""
    with get_default_graph().name_scope(name or what) as scope:
        rows = _rows(elems)
        count = _count(rows[0])
        first: list[Tensor] = []
        if initializer is None:
            # The first row is where it begins, and the loop goes over the others.
            first = [getitem(x, -1 if reverse else 0) for x in rows]
            rows = [getitem(x, slice(None, -1) if reverse else slice(1, None)) for x in rows]
            count = count - 1
            starts, form = first, elems
        else:
            starts, form = [as_tensor(leaf) for leaf in nest.flatten(initializer)], initializer
        body = FuncGraph(what)
        specs = [TensorSpec(x.spec.shape, x.spec.dtype) for x in starts]
        params = [body.add_param(spec, "arg") for spec in (INDEX, *specs, *map(_row_spec, rows))]
        carried = nest.pack_like(form, params[1 : 1 + len(starts)])
        row = nest.pack_like(elems, params[1 + len(starts) :])
        _, structure = traced(what, fn, carried, row, body=body)
        check_results(body, specs, starts, what)
        if keep:
            body.results = [*body.results, *body.results]
        node = loop_node(body, None, count, starts, rows, name=scope, reverse=reverse)
        n = len(starts)
        if not keep:
            return nest.pack_like(structure, list(node.outputs[:n]))
        kept = _outputs(node.outputs[n + 1 :], rows[0], True)
        if initializer is None:
            kept = [_joined(x, y, reverse) for x, y in zip(first, kept, strict=True)]
        return nest.pack_like(structure, kept)


def _joined(first: Tensor, others: Tensor, reverse: bool) -> Tensor:
    row = expand_dims(first, 0)
    return concat([others, row] if reverse else [row, others], 0)


def foldl(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """fn(… fn(fn(initializer, row 0), row 1) …).

    TensorFlow: tf.foldl.

    Args:
        fn: function of the value so far and one row; returns the next value.
        elems: tensor, or nested tensors of equal first sizes.
        initializer: the first value; None: the first row.
        back_prop, parallel_iterations, swap_memory: as in `map_fn`.
        name: name of the scope.
    """
    return _fold("foldl", fn, elems, initializer, False, False, name)


def foldr(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """As `foldl`, from the last row to the first. TensorFlow: tf.foldr."""
    return _fold("foldr", fn, elems, initializer, True, False, name)


def scan(
    fn: Callable[..., Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """As `foldl`, with all values on the way, stacked. TensorFlow: tf.scan.

    Args:
        fn, elems, initializer, back_prop, parallel_iterations, swap_memory, name: as in `foldl`.
        infer_shape: accepted, without effect.
        reverse: whether it goes from the last row to the first; results stay at their rows' places.
    """
    return _fold("scan", fn, elems, initializer, reverse, True, name)
