"""Products of matrices."""

from __future__ import annotations

from typing import Any

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef
from tensorslow.shapes import may_be_equal


def _flip_last_two(xp: Any, x: Any) -> Any:
    return xp.swap_last_two(x)


def _matmul_compute(xp: Any, a: Any, b: Any, *, transpose_a: bool, transpose_b: bool) -> Any:
    return xp.matmul(xp.swap_last_two(a) if transpose_a else a, xp.swap_last_two(b) if transpose_b else b)


def _matmul_check(a: TensorSpec, b: TensorSpec, *, transpose_a: bool, transpose_b: bool) -> None:
    for spec, label in ((a, "a"), (b, "b")):
        if spec.shape is not None and len(spec.shape) < 1:
            raise ShapeError(f"{label} is a scalar", hint="use multiply for numbers")
    if a.shape is None or b.shape is None:
        return
    columns = a.shape[-2 if transpose_a and len(a.shape) > 1 else -1]
    rows = b.shape[-1 if transpose_b or len(b.shape) == 1 else -2]
    if not may_be_equal(columns, rows):
        want = f"[{columns}, {b.shape[-1]}]" if len(b.shape) > 1 and not transpose_b else f"{columns} rows"
        raise ShapeError(
            f"inner dimensions differ: a has {columns} columns, b has {rows} rows",
            hint=f"b should have shape {want}, or pass transpose_a/transpose_b",
        )


def _matmul_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    a, b = op.inputs
    ta, tb = op.attrs["transpose_a"], op.attrs["transpose_b"]
    if not ta and not tb:
        return [matmul(dy, b, transpose_b=True), matmul(a, dy, transpose_a=True)]
    if not ta and tb:
        return [matmul(dy, b), matmul(dy, a, transpose_a=True)]
    if ta and not tb:
        return [matmul(b, dy, transpose_b=True), matmul(a, dy)]
    return [matmul(b, dy, transpose_a=True, transpose_b=True), matmul(dy, a, transpose_a=True, transpose_b=True)]


MATMUL = OpDef(
    "MatMul",
    operands=("a: numeric", "b: numeric"),
    check=_matmul_check,
    compute=_matmul_compute,
    grad=_matmul_grad,
)


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, name: str | None = None) -> Tensor:
    return MATMUL(a, b, transpose_a=transpose_a, transpose_b=transpose_b, name=name)
