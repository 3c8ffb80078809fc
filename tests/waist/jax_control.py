"""Branches, loops and host calls in JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tensorslow.arrays import numeric
from tests.waist.interpret import NeedsValue


class Control:
    """Control flow under `jax.jit`, where every array must have one shape.

    A loop of unknown length stacks what it keeps into buffers of `max_trips` rows, of which the first ones
    count; its gradient reads no others. A loop that runs longer raises a flag instead of going on: `outgrown`
    is to be returned by the traced function, and whoever runs it then doubles the bound and traces again.
    """

    def __init__(self, max_trips: int = 16) -> None:
        self.max_trips = max_trips
        self._flags: list[Any] = []  # of the loops traced so far in the innermost function

    @property
    def outgrown(self) -> Any:
        """Whether one of the loops that were traced needed more iterations than `max_trips`."""
        return jnp.any(jnp.asarray([False, *self._flags]))

    def _collect(self, function: Callable[..., Any], *args: Any) -> tuple[Any, list[Any]]:
        """(whether a loop inside was outgrown, the results as JAX's arrays)."""
        outside, self._flags = self._flags, []
        try:
            results = [None if x is None else jnp.asarray(x) for x in function(*args)]
            return self.outgrown, results
        finally:
            self._flags = outside

    def host(self, function: Callable[..., Any], *args: Any) -> Any:
        """Calls the user's function, where there are values to call it with."""
        if any(isinstance(x, jax.core.Tracer) for x in args):
            raise NeedsValue("a Python function needs values")
        return numeric.host(function, *map(np.asarray, args))

    def cond(self, predicate: Any, then_branch: Any, else_branch: Any, args: Sequence[Any]) -> Any:
        """Both branches are traced; one that lacks a result of the other gives zeros for it."""
        if not isinstance(predicate, jax.core.Tracer):
            return then_branch(*args) if predicate else else_branch(*args)
        branches = [
            partial(self._collect, branch.own_results, *args)
            for branch in (then_branch, else_branch)
        ]
        (_, left), (_, right) = [jax.eval_shape(branch) for branch in branches]
        specs = [b if a is None else a for a, b in zip(left, right, strict=True)]

        def filled(branch: Callable[[], Any]) -> Callable[[], Any]:
            def run() -> Any:
                flag, results = branch()
                return flag, [
                    jnp.zeros(s.shape, s.dtype) if x is None else x.astype(s.dtype)
                    for x, s in zip(results, specs, strict=True)
                ]

            return run

        flag, results = lax.cond(jnp.reshape(predicate, ()), *map(filled, branches))
        self._flags.append(flag)
        return results

    def while_loop(
        self,
        condition: Callable[..., Any] | None,
        body: Callable[..., Any],
        limit: Any,
        carries: Sequence[Any],
        xs: Sequence[Any],
        stacked: Sequence[Any],
        reverse: bool = False,
    ) -> Any:
        """As `numeric.while_loop`; carried values keep their shape."""
        carries = [jnp.asarray(x) for x in carries]
        xs = [jnp.asarray(x) for x in xs]
        if condition is None and not isinstance(limit, jax.core.Tracer):
            return self._counted(body, int(limit), carries, xs, reverse)
        return self._open_ended(condition, body, jnp.asarray(limit), carries, xs, reverse)

    def _iteration(
        self, body: Any, i: Any, carries: list[Any], rows: Sequence[Any]
    ) -> tuple[Any, list[Any], list[Any]]:
        flag, results = self._collect(body, i, *carries, *rows)
        n = len(carries)
        moved = zip(results[:n], carries, strict=True)
        return flag, [new.astype(old.dtype) for new, old in moved], results[n:]

    def _counted(
        self, body: Any, trips: int, carries: list[Any], xs: list[Any], reverse: bool
    ) -> Any:
        """A loop whose length is known while tracing: `lax.scan`, which stacks by itself."""

        def step(state: Any, inputs: Any) -> Any:
            flag, moving = state
            i, rows = inputs
            raised, moving, kept = self._iteration(body, i, moving, rows)
            return (flag | raised, moving), kept

        order = jnp.arange(trips, dtype=np.int32)
        inputs = (order[::-1] if reverse else order), [x[:trips] for x in xs]
        (flag, carries), kept = lax.scan(
            step, (jnp.asarray(False), carries), inputs, reverse=reverse
        )
        self._flags.append(flag)
        return (*carries, np.int32(trips), *kept)

    def _open_ended(
        self,
        condition: Any,
        body: Any,
        limit: Any,
        carries: list[Any],
        xs: list[Any],
        reverse: bool,
    ) -> Any:
        """A loop whose length only its run can tell: `lax.while_loop`, with buffers for what it keeps."""
        bound = self.max_trips
        limit = limit.astype(np.int32)

        def asked(i: Any, moving: list[Any]) -> tuple[Any, Any, list[Any]]:
            """(outgrown inside, whether to go on, carried values), which the condition may change too."""
            allowed = (limit < 0) | (i < limit)
            if condition is None:
                return jnp.asarray(False), allowed, moving
            flag, (go_on, *changed) = self._collect(condition, i, *moving)
            changed = [
                jnp.where(allowed, new, old).astype(old.dtype)
                for new, old in zip(changed, moving, strict=True)
            ]
            return flag, allowed & jnp.reshape(go_on, ()), changed

        def step(state: Any) -> Any:
            i, flag, _, moving, buffers = state
            at = limit - 1 - i if reverse else i
            inside, moving, kept = self._iteration(body, i, moving, [x[at] for x in xs])
            buffers = [b.at[at].set(row) for b, row in zip(buffers, kept, strict=True)]
            again, go_on, moving = asked(i + 1, moving)
            return i + 1, flag | inside | again, go_on, moving, buffers

        zero = jnp.zeros((), np.int32)
        rows = [jax.ShapeDtypeStruct(x.shape[1:], x.dtype) for x in xs]
        _, _, kept = jax.eval_shape(lambda *rows: self._iteration(body, zero, carries, rows), *rows)
        buffers = [jnp.zeros((bound, *row.shape), row.dtype) for row in kept]
        flag, go_on, carries = asked(zero, carries)
        state = lax.while_loop(
            lambda s: s[2] & (s[0] < bound), step, (zero, flag, go_on, carries, buffers)
        )
        count, flag, go_on, carries, buffers = state
        self._flags.append(flag | go_on)
        return (*carries, count, *buffers)
