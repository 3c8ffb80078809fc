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
from tensorslow.engines.interpret import NeedsValue, Repeated


class Control:
    """Control flow under `jax.jit`, where every array must have one shape.

    A loop of unknown length stacks what it keeps into buffers of `max_trips` rows, of which the
    first ones
    count; its gradient reads no others. A loop that runs longer raises a flag instead of going on:
    `outgrown`
    is to be returned by the traced function, and whoever runs it then doubles the bound and traces
    again.
    """

    def __init__(self, max_trips: int = 16) -> None:
        self.max_trips = max_trips
        self._flags: list[Any] = []  # of the loops traced so far in the innermost function

    @property
    def outgrown(self) -> Any:
        """Whether one of the loops that were traced needed more iterations than `max_trips`."""
        return jnp.any(jnp.asarray([False, *self._flags]))

    def _collect(self, function: Callable[..., Any], *args: Any) -> tuple[Any, list[Any]]:
        """(whether a loop inside was outgrown, the results)."""
        outside, self._flags = self._flags, []
        try:
            results = list(function(*args))
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
        seen: list[list[Any]] = []

        def traced(branch: Any, wanted: Sequence[int] | None = None, specs: Any = ()) -> Any:
            flag, results = self._collect(branch.own_results, *args)
            seen.append(results)
            if wanted is None:
                return [None if x is None else jnp.asarray(x) for x in results]
            made = [results[i] for i in wanted]
            return flag, [
                jnp.zeros(s.shape, s.dtype) if x is None else jnp.asarray(x, s.dtype)
                for x, s in zip(made, specs, strict=True)
            ]

        left, right = [jax.eval_shape(partial(traced, b)) for b in (then_branch, else_branch)]
        specs = [b if a is None else a for a, b in zip(left, right, strict=True)]
        # What only one branch has is read where that branch ran; if it is known, it is known there.
        only = [
            b if a is None else a if b is None else None for a, b in zip(*seen[:2], strict=True)
        ]
        wanted = [i for i, x in enumerate(only) if x is None or isinstance(x, jax.Array)]
        branches = [
            partial(traced, b, wanted, [specs[i] for i in wanted])
            for b in (then_branch, else_branch)
        ]
        flag, results = lax.cond(jnp.reshape(predicate, ()), *branches)
        self._flags.append(flag)
        return [results[wanted.index(i)] if i in wanted else x for i, x in enumerate(only)]

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
        counted = condition is None and not isinstance(limit, jax.core.Tracer)
        iteration = Iteration(self, body, xs, int(limit) if counted else self.max_trips)
        carries = [jnp.asarray(x) for x in carries]
        if counted:
            return self._counted(iteration, carries, reverse)
        return self._open_ended(iteration, condition, jnp.asarray(limit), carries, reverse)

    def _counted(self, iteration: Iteration, carries: list[Any], reverse: bool) -> Any:
        """A loop whose length is known while tracing: `lax.scan`, which stacks by itself."""

        def step(state: Any, inputs: Any) -> Any:
            flag, moving = state
            i, rows = inputs
            raised, moving, kept = iteration(i, moving, rows)
            return (flag | raised, moving), kept

        trips = iteration.rows
        order = jnp.arange(trips, dtype=np.int32)
        inputs = (order[::-1] if reverse else order), [x[:trips] for x in iteration.sliced]
        state = (jnp.asarray(False), carries)
        (flag, carries), kept = lax.scan(step, state, inputs, reverse=reverse)
        self._flags.append(flag)
        return (*carries, np.int32(trips), *iteration.with_repeated(kept))

    def _open_ended(
        self, iteration: Iteration, condition: Any, limit: Any, carries: list[Any], reverse: bool
    ) -> Any:
        """A loop whose length only its run can tell: `lax.while_loop`, with buffers for what it
        keeps."""
        limit = limit.astype(np.int32)

        def asked(i: Any, moving: list[Any]) -> tuple[Any, Any, list[Any]]:
            """(outgrown inside, whether to go on, carried values), which the condition may change
            too."""
            allowed = (limit < 0) | (i < limit)
            if condition is None:
                return jnp.asarray(False), allowed, moving
            flag, (go_on, *changed) = self._collect(condition, i, *moving)
            changed = [
                jnp.where(allowed, jnp.asarray(new, old.dtype), old)
                for new, old in zip(changed, moving, strict=True)
            ]
            return flag, allowed & jnp.reshape(go_on, ()), changed

        def step(state: Any) -> Any:
            i, flag, _, moving, buffers = state
            at = limit - 1 - i if reverse else i
            inside, moving, kept = iteration(i, moving, [x[at] for x in iteration.sliced])
            buffers = [b.at[at].set(row) for b, row in zip(buffers, kept, strict=True)]
            again, go_on, moving = asked(i + 1, moving)
            return i + 1, flag | inside | again, go_on, moving, buffers

        zero, bound = jnp.zeros((), np.int32), iteration.rows
        rows = [jax.ShapeDtypeStruct(x.shape[1:], x.dtype) for x in iteration.sliced]
        _, _, kept = jax.eval_shape(lambda *rows: iteration(zero, carries, rows), *rows)
        buffers = [jnp.zeros((bound, *row.shape), row.dtype) for row in kept]
        flag, go_on, carries = asked(zero, carries)
        state = (zero, flag, go_on, carries, buffers)
        state = lax.while_loop(lambda s: s[2] & (s[0] < bound), step, state)
        count, flag, go_on, carries, buffers = state
        self._flags.append(flag | go_on)
        return (*carries, count, *iteration.with_repeated(buffers))


class Iteration:
    """One iteration of a loop, as it is traced.

    Attributes:
        sliced: the arrays of which each iteration gets a row; others have the same known row for
            all.
        rows: how many rows there are, or is room for.
        repeated: by position, what is kept of every iteration and known.
    """

    def __init__(
        self, control: Control, body: Callable[..., Any], xs: Sequence[Any], rows: int
    ) -> None:
        self.control, self.body, self.xs, self.rows = control, body, xs, rows
        self.sliced = [jnp.asarray(x) for x in xs if not isinstance(x, Repeated)]
        self.repeated: dict[int, Repeated] = {}

    def __call__(
        self, i: Any, carries: list[Any], rows: Sequence[Any]
    ) -> tuple[Any, list[Any], list[Any]]:
        """(whether a loop inside was outgrown, the next carried values, what is kept and not
        known)."""
        given = iter(rows)
        rows = [x.row if isinstance(x, Repeated) else next(given) for x in self.xs]
        flag, results = self.control._collect(self.body, i, *carries, *rows)
        n = len(carries)
        moved = [jnp.asarray(new, old.dtype) for new, old in zip(results[:n], carries, strict=True)]
        found = {k: Repeated.of(row, self.rows) for k, row in enumerate(results[n:])}
        self.repeated = {k: row for k, row in found.items() if row is not None}
        kept = [jnp.asarray(row) for k, row in enumerate(results[n:]) if k not in self.repeated]
        return flag, moved, kept

    def with_repeated(self, arrays: Sequence[Any]) -> list[Any]:
        """Everything that was kept, in order."""
        others = iter(arrays)
        count = len(arrays) + len(self.repeated)
        return [self.repeated[k] if k in self.repeated else next(others) for k in range(count)]
