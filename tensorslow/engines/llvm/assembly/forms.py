"""Forms: one order for the values and stores of equal kernels, found once for each form.

Kernels that compute the same may have been fused from nests in different orders. Here each gets the
order in which a walk from its stores comes by its values; only the stores have to be sorted. Most
have been fused in the same order as one before, layer after layer. For these nothing is sorted:
their key as they were fused, and to how many buffers they store, is all that the order follows
from, so they are put in order as that one was. What they read and write, and which nodes
and lines of a program they come from, stays their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tensorslow.engines.llvm.assembly.sharing import kernel_key
from tensorslow.engines.llvm.kernels.nests import Nest, Store, Value
from tensorslow.engines.llvm.loops.emit import Place, places_of

DEPTH = 4  # operations that are compared to tell stores apart


@dataclass(frozen=True, slots=True)
class Form:
    """What equal kernels have in common when they are in order.

    Attributes:
        code: a number, equal for those that can share their code.
        any_size: whether that code serves arrays of every length.
        values, stores, places: by number, which one of the kernel as it was fused comes there.
    """

    code: int
    any_size: bool
    values: list[int]
    stores: list[int]
    places: list[int]


class Forms:
    """Puts kernels in order; those that were fused alike as one of them was."""

    def __init__(self) -> None:
        self._forms: dict[Any, Form] = {}  # by the key of a kernel as it was fused
        self._codes: dict[Any, int] = {}  # by the key of a kernel in order

    def put_in_order(self, nest: Nest) -> tuple[Form, list[Place]]:
        """Sorts a kernel, without changing what it does.

        Returns:
            Its form, and its places in order.
        """
        places = places_of(nest)
        key = (*kernel_key(nest, places), len({s.buffer for s in nest.stores}))
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = self._form(nest, places)
        nest.values = [nest.values[i] for i in form.values]
        nest.stores = [nest.stores[i] for i in form.stores]
        return form, [places[i] for i in form.places]

    def _form(self, nest: Nest, places: Sequence[Place]) -> Form:
        """The form of a kernel that is not in order yet."""
        ordered = replace(nest, values=list(nest.values), stores=list(nest.stores))
        _put_in_order(ordered)
        ordered_places = places_of(ordered)
        key, any_size = kernel_key(ordered, ordered_places)
        values = {x: i for i, x in enumerate(nest.values)}
        return Form(
            self._codes.setdefault(key, len(self._codes)),
            any_size,
            [values[x] for x in ordered.values],
            [nest.stores.index(s) for s in ordered.stores],
            [places.index(place) for place in ordered_places],
        )


def _put_in_order(nest: Nest) -> None:
    """Sorts the stores and values of a kernel, without changing what it does."""
    stores = nest.stores
    buffers = {s.buffer for s in stores}
    if 1 < len(stores) == len(buffers) and not any(s.add or s.indirect for s in stores):
        looks = {s: _looks(s, 1) for s in stores}
        if len(set(looks.values())) < len(stores):
            looks = {s: _looks(s, DEPTH) for s in stores}
        stores.sort(key=lambda s: looks[s])
    found: dict[Value, None] = {}
    stack = [v for s in reversed(stores) for v in (*[x for x, _ in s.indirect[::-1]], s.value)]
    while stack:
        x = stack[-1]
        waiting = [a for a in x.args if a not in found] if x not in found else []
        if waiting:
            stack += reversed(waiting)
        else:
            found[x] = None
            stack.pop()
    nest.values = list(found)


def _looks(s: Store, depth: int) -> str:
    """What is the same for stores of equal kernels, and mostly not for those of one."""
    return repr((s.buffer is None, s.strides, _shape(s.value, depth)))


def _shape(x: Value, depth: int) -> Any:
    if not depth:
        return x.op
    detail = None if x.op == "literal" else x.detail
    return (x.op, x.dtype.num, detail, x.strides, *[_shape(a, depth - 1) for a in x.args])
