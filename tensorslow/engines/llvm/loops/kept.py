"""Rows that are kept: what one pass has computed at great expense, and a later one needs again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tensorslow.engines.llvm.kernels.nests import Value
from tensorslow.engines.llvm.loops.order import Loops, Pass
from tensorslow.engines.llvm.loops.points import Points, Scope
from tensorslow.engines.llvm.text.ir import stored_type


class KeptRows:
    """The buffers of a kernel that hold a row each.

    Args:
        points: writes into the kernel's function.
        loops: of the kernel.
    """

    def __init__(self, points: Points, loops: Loops) -> None:
        self.f, self.points, self.loops = points.f, points, loops
        self.buffers: dict[Value, str] = {}

    def reserve(self) -> None:
        """Makes room for them, where the function begins."""
        loops = self.loops
        count = math.prod(loops.nest.sizes[i] for i in loops.inner) + loops.unroll * loops.lanes
        for walk in loops.passes:
            for x in walk.kept:
                kind = stored_type(x.dtype)
                self.buffers[x] = self.f.op(f"alloca [{count} x {kind}], align 64")

    def keep(self, scope: Scope, walk: Pass) -> None:
        """Writes what a pass is to keep, at one of its points."""
        self._each(scope, walk.kept, self._keep)

    def restore(self, scope: Scope, walk: Pass) -> None:
        """Reads what an earlier pass has kept and this one needs."""
        needed = [a for x in walk.values for a in x.args]
        needed += [a for x in walk.reductions for a in x.args]
        needed += [v for s in walk.stores for v in (s.value, *(i for i, _ in s.indirect))]
        again = {x: None for x in needed if x in self.buffers and x not in walk.values}
        self._each(scope, list(again), self._restore)

    def _each(
        self, scope: Scope, values: Sequence[Value], one: Callable[[Scope, Value, str], None]
    ) -> None:
        if not values:
            return
        f, place = self.f, "0"  # the number of the point among all that a pass goes over
        for axis in self.loops.inner:
            place = f.add(f.mul(place, self.loops.nest.sizes[axis]), scope.indices[axis])
        for x in values:
            one(scope, x, f.gep(self.buffers[x], place, stored_type(x.dtype)))

    def _is_wide(self, x: Value) -> bool:
        return self.points.is_vector(x) and self.loops.vector_inside

    def _keep(self, scope: Scope, x: Value, base: str) -> None:
        f, lanes = self.f, self.loops.lanes if self._is_wide(x) else 1
        for (offset, _), register in zip(scope.parts, scope.known[x], strict=False):
            value = self.points.in_memory(register, x.dtype, lanes)
            place = f.gep(base, offset, stored_type(x.dtype))
            f.store(stored_type(x.dtype, lanes), value, place, x.dtype.itemsize)

    def _restore(self, scope: Scope, x: Value, base: str) -> None:
        f, wide = self.f, self._is_wide(x)
        lanes, found = self.loops.lanes if wide else 1, []
        for offset, _ in scope.parts if wide else scope.parts[:1]:
            place = f.gep(base, offset, stored_type(x.dtype))
            loaded = f.load(stored_type(x.dtype, lanes), place, x.dtype.itemsize)
            found.append(self.points.truth(loaded, x, lanes))
        scope.known[x] = found
