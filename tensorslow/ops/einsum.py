"""einsum: sums over products of elements, by index letters; and what is one, as tensordot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorslow.arrays.spec import TensorSpec
from tensorslow.errors import ShapeError
from tensorslow.graph import Operation, Tensor
from tensorslow.opdef import OpDef, as_tensor, not_differentiable
from tensorslow.ops.axes import static_rank
from tensorslow.ops.broadcast import sum_to
from tensorslow.ops.conjugate import conj
from tensorslow.ops.diagonal import matrix_diag_part
from tensorslow.ops.equations import ELLIPSIS, fresh_letters, parse, read, spelled_out, write
from tensorslow.ops.reduce import reduce_sum
from tensorslow.scopes import name_scope
from tensorslow.shapes import normalize_axes, normalize_axis


def _einsum_check(inputs: Sequence[TensorSpec], *, equation: str) -> None:
    first: dict[
        str, tuple[int, int, int]
    ] = {}  # of each letter: the size, and the operand and axis that has it
    for i, (term, spec) in enumerate(zip(read(equation)[0], inputs, strict=True)):
        for letter, axis, size in _named_axes(i, term, spec):
            expected, operand, other_axis = first.setdefault(letter, (size, i, axis))
            if size != expected:
                raise ShapeError(
                    f"axis {other_axis} of operand {operand} has {expected} elements, "
                    f"axis {axis} of operand {i} has {size}; both are {letter!r} in {equation!r}"
                )


def _named_axes(i: int, term: str, spec: TensorSpec) -> list[tuple[str, int, int]]:
    """Each letter of a term, with the axis and the size that it names, as far as they are known."""
    named = [letter for letter in term if letter.isalpha()]
    if spec.shape is None or len(term) > len(named) + 1:
        return []
    rank = len(spec.shape)
    if rank < len(named) or rank > len(named) == len(term):
        raise ShapeError(
            f"operand {i} has {rank} axes, its term {write([term], '')[:-2]!r} {len(named)}",
            hint="one letter for each axis, or ... for all that are left",
        )
    open_at = next((j for j, place in enumerate(term) if not place.isalpha()), len(term))
    axes = [j if j < open_at else j + rank - len(term) for j in range(len(term))]
    found = [
        (place, axis, spec.shape[axis])
        for place, axis in zip(term, axes, strict=True)
        if place.isalpha()
    ]
    return [(letter, axis, size) for letter, axis, size in found if size is not None]


def _einsum_compute(xp: Any, inputs: Sequence[Any], *, equation: str) -> Any:
    return xp.einsum(spelled_out(equation, [x.ndim for x in inputs]), *inputs)


def _einsum_grad(op: Operation, dy: Tensor) -> list[Tensor]:
    terms, output = read(op.attrs["equation"])
    return [_gradient_in(i, op.inputs, terms, dy, output) for i in range(len(terms))]


def _gradient_in(
    i: int, xs: Sequence[Tensor], terms: Sequence[str], dy: Tensor, output: str
) -> Tensor:
    """The same sum with the gradient in the place of one operand, whose term becomes the output."""
    term, others = terms[i], [*terms[:i], *terms[i + 1 :]]
    operands = [dy, *[conj(x) for j, x in enumerate(xs) if j != i]]
    places = [output, *others]
    plain = _without_repeats(term, fresh_letters("".join(terms)))
    # What was summed over in this operand alone: dy is repeated. What its term has twice: dy is on
    # the diagonal.
    summed = not set(term) <= set("".join(places)) or ELLIPSIS in term and ELLIPSIS not in output
    if summed or plain != term:
        operands.append(DIAGONAL(xs[i], term=term))
        places.append(plain)
    if ELLIPSIS not in term:
        return EINSUM(operands, equation=write(places, plain))
    # Axes that were broadcast are summed: in front, where sum_to counts them.
    front = ELLIPSIS + plain.replace(ELLIPSIS, "")
    dx, like = EINSUM(operands, equation=write(places, front)), xs[i]
    if plain == front:
        return sum_to(dx, like)
    dx = sum_to(dx, EINSUM([like], equation=write([plain], front)))
    return EINSUM([dx], equation=write([front], plain))


def _without_repeats(term: str, letters: list[str]) -> str:
    """The term with other letters where one comes again."""
    return "".join(letters.pop(0) if place in term[:i] else place for i, place in enumerate(term))


EINSUM = OpDef(
    "Einsum",
    operands=("inputs*: numeric",),
    check=_einsum_check,
    compute=_einsum_compute,
    grad=_einsum_grad,
)


def _diagonal_compute(xp: Any, x: Any, *, term: str) -> Any:
    ones = xp.broadcast_like(xp.full((), 1, x.dtype), x)
    mask = ones
    for i, place in enumerate(term):
        if place in term[:i]:
            here, first = (_number_along(xp, ones, term, j) for j in (i, term.index(place)))
            mask = xp.where(xp.equal(here, first), mask, 0)
    return mask


def _number_along(xp: Any, ones: Any, term: str, i: int) -> Any:
    """For each element its number along an axis, given by a place in the term."""
    axis = i - len(term) if ELLIPSIS in term[:i] else i  # behind an ellipsis, from the end
    return xp.cumsum(xp.cast(ones, np.dtype(np.int64)), axis)


# Ours: 1 where the axes of equal letters have equal places, else 0.
DIAGONAL = OpDef("Diagonal", operands=("x: T",), compute=_diagonal_compute, grad=not_differentiable)


def einsum(
    equation: str, *inputs: Any, name: str | None = None, optimize: str = "greedy"
) -> Tensor:
    """A sum over products of elements, by index letters: "ij,jk->ik" is the product of matrices.

    TensorFlow: tf.einsum.

    Args:
        equation: a term of letters for each operand, one letter an axis, and behind "->" the term
            of the result; letters that it does not have are summed over. "..." stands for axes that
            broadcast. Without "->" the result has the letters that come once, in alphabetical
            order.
        inputs: number tensors of one type.
        name: name of the scope.
        optimize: accepted, without effect.

    Raises:
        ValueError: the equation is malformed.
        ShapeError: an operand does not fit its term, or a letter has two sizes.

    Gradient: einsums of dy with the other operands, to any order.

    Example:
        >>> print(einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]).shape)
        (1, 2)
    """
    with name_scope(name, "einsum", inputs):
        return EINSUM(list(inputs), equation=parse(equation, len(inputs)))


def trace(x: Any, name: str | None = None) -> Tensor:
    """The sum of the diagonal of each matrix in [..., rows, columns]. TensorFlow: tf.trace."""
    with name_scope(name, "Trace", [x]) as scope:
        return reduce_sum(matrix_diag_part(x), [-1], name=scope)


def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Each matrix of [..., n, k] times each vector of [..., k].

    TensorFlow: tf.linalg.matvec. Arguments as for `matmul`.
    """
    a = conj(as_tensor(a)) if adjoint_a else a
    term = "...ji" if transpose_a or adjoint_a else "...ij"
    return EINSUM([a, b], equation=f"{term},...j->...i", name=name or "MatVec")


# tensordot


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """Products of elements of `a` and `b`, summed over pairs of axes.

    TensorFlow: tf.tensordot.

    Args:
        a: number tensor.
        b: tensor of the same type.
        axes: a number n: the last n axes of `a` with the first n of `b`; or two axes, or two lists.
        name: name of the node.

    Returns:
        Tensor with the axes of `a` that are left, then those of `b`.

    Raises:
        ShapeError: there are no such axes, or paired axes have different sizes.
        ValueError: `axes` is none of these.

    Gradient: tensordots of dy with the other operand.
    """
    axes_a, axes_b = _paired_axes(axes)
    letters = fresh_letters("")
    paired, letters = letters[: len(axes_a)], letters[len(axes_a) :]
    term_a, free_a = _term(axes_a, paired, letters, "1", static_rank(a))
    term_b, free_b = _term(axes_b, paired, letters, "2", static_rank(b))
    return EINSUM(
        [a, b], equation=write([term_a, term_b], free_a + free_b), name=name or "Tensordot"
    )


def _paired_axes(axes: Any) -> tuple[list[int], list[int]]:
    if isinstance(axes, (int, np.integer)):
        if axes < 0:
            raise ValueError(f"tensordot cannot sum over {axes} axes")
        return list(range(-int(axes), 0)), list(range(int(axes)))
    if len(axes) != 2:
        raise ValueError(f"axes is a number or a pair, not {axes!r}")
    first, second = ([int(x) for x in np.atleast_1d(part)] for part in axes)
    if len(first) != len(second):
        raise ValueError(
            f"as many axes of a as of b are summed over, not {len(first)} and {len(second)}"
        )
    return first, second


def _term(
    axes: list[int], paired: list[str], letters: list[str], group: str, rank: int | None
) -> tuple[str, str]:
    """The term of an operand, and what of it the result has.

    Where the rank is unknown, a group stands for the axes in the middle.
    """
    if rank is not None:
        axes, group = [normalize_axis(axis, rank) for axis in axes], ""
        normalize_axes(axes, rank)  # raises if one is there twice
        front, back = range(rank), range(0)
    else:
        front, back = range(max([-1, *axes]) + 1), range(min([0, *axes]), 0)
    names = dict(zip(axes, paired, strict=True))
    parts = [names.get(axis) or letters.pop() for axis in front]
    parts += [group, *[names.get(axis) or letters.pop() for axis in back]]
    return "".join(parts), "".join(part for part in parts if part not in paired)
