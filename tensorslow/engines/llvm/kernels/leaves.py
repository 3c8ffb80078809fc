"""Leaves: arrays that are cheaper to compute, by whoever reads them, than to keep."""

from __future__ import annotations

from dataclasses import replace

from tensorslow.engines.llvm.kernels.accesses import fills
from tensorslow.engines.llvm.kernels.items import Kernel
from tensorslow.engines.llvm.kernels.joins import may_join
from tensorslow.engines.llvm.kernels.match import match
from tensorslow.engines.llvm.kernels.nests import CHEAP, PLAIN, Nest, Value, number_stages

LEAF = 4  # computations that are cheaper than a load


def is_leaf(nest: Nest) -> bool:
    """Whether a nest fills an array with what is cheaper to compute than to keep."""
    if not may_join(nest) or nest.reduced or len(nest.stores) != 1:
        return False
    (store,) = nest.stores
    if store.buffer is None or store.buffer.kind != "temp" or not fills(nest, store):
        return False
    work = [x for x in nest.values if x.op not in PLAIN]
    return (
        0 < len(work) <= LEAF
        and all(x.op in CHEAP for x in work)
        and not any(x.args for x in nest.values if x.op == "load")
    )


def inlined(nest: Nest, load: Value, leaf: Nest) -> bool:
    """Replaces what a nest loads by how it is computed."""
    copy = _copied(leaf)
    kernel = Kernel(copy)
    kernel.note(copy)
    order = match(kernel, nest, [load])
    if order is None:
        return False
    axes = {j: i for i, j in enumerate(order) if j is not None}
    copy.rearrange([axes.get(j) for j in range(len(nest.sizes))], nest.sizes)
    same = {load: copy.stores[0].value}
    rest = [x for x in nest.values if x is not load]
    for x in rest:
        x.args = tuple(same.get(a, a) for a in x.args)
    for s in nest.stores:
        s.value = same.get(s.value, s.value)
        s.indirect = tuple((same.get(v, v), f) for v, f in s.indirect)
    nest.values = [*copy.values, *rest]
    number_stages(nest.values)
    return True


def _copied(nest: Nest) -> Nest:
    """The same nest once more, with values of its own."""
    same: dict[Value, Value] = {}
    for x in nest.values:
        same[x] = x.copy(tuple(same[a] for a in x.args))
    stores = [replace(s, value=same[s.value]) for s in nest.stores]
    return Nest(nest.sizes, list(same.values()), stores)
