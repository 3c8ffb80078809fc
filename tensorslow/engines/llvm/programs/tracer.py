"""The tracer: a namespace of array primitives that write themselves down instead of computing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensorslow.arrays import abstract as _abstract_namespace
from tensorslow.arrays import numeric
from tensorslow.arrays.spec import TensorSpec, as_spec
from tensorslow.engines.interpret import NeedsValue, Repeated
from tensorslow.engines.llvm.programs.program import Block, Instruction, Symbol
from tensorslow.engines.llvm.programs.traced import Kind, Traced, abstract_of, specs_of
from tensorslow.plan import Step

abstract: Any = _abstract_namespace  # a namespace: what it has is known when it runs
COMPILED_KINDS = "biuf"  # NumPy's kinds of element types that a program computes with
_NUMBER = TensorSpec((), np.dtype(np.int32))  # of an iteration


class Tracer:
    """The namespace `xp` whose primitives write themselves down.

    Attributes:
        block: what is being written.
        op: the operation whose `compute` runs.
    """

    def __init__(self, max_trips: int = 16, missing: frozenset[str] = frozenset()) -> None:
        self.max_trips = max_trips
        self.missing = missing
        self.block = Block()
        self.op: Any = None
        self._kinds: dict[Any, Kind] = {}  # by shape and type
        self._rules: dict[Any, Kind] = {}  # by primitive and arguments: of the result

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # All primitives but three are treated alike; each is made when it is first called.
        if not hasattr(abstract, name):
            raise AttributeError(f"there is no primitive {name!r}")
        function = self._primitive(name, getattr(numeric, name), getattr(abstract, name))
        setattr(self, name, function)
        return function

    def note(self, step: Step) -> None:
        """Notes whose `compute` runs next."""
        self.op = step.op

    def input(self, spec: TensorSpec) -> Traced:
        """A new symbol that the block is given."""
        symbol = self._symbol(self._kind(spec))
        self.block.params.append(symbol)
        return symbol

    def _primitive(self, name: str, known: Any, rule: Any) -> Callable[..., Any]:
        """The primitive as a function of symbols and values."""
        rules, write = self._rules, self._write

        def call(*args: Any, **options: Any) -> Any:
            keys: list[Any] = [name]
            state = _keys(args, keys)
            if options:
                keys.extend(options)
                state |= _keys(options.values(), keys)
            if state & REPEATED:
                args = tuple([np.asarray(x) if isinstance(x, Repeated) else x for x in args])
            if not state & SYMBOLIC:
                return known(*args, **options)
            # Where some elements are known, the rule may know some of the result.
            key = None if state & OPEN else tuple(keys)
            kind = rules.get(key)
            target = self._symbol(kind) if kind else self._ask(name, rule, args, options, key)
            if not isinstance(target, Traced):
                return target
            write(name, args, options, (target,))
            return target

        return call

    def _ask(self, name: str, rule: Any, args: Any, options: Any, key: Any) -> Any:
        """A symbol for the result by the abstract rule, or its value if that is known."""
        if name in self.missing:
            raise NeedsValue(f"there is no compiled {name}")
        specs = [abstract_of(x) for x in args]
        named = {name: abstract_of(x) for name, x in options.items()}
        spec = rule(*specs, **named)
        if spec.is_value:
            return spec.value.astype(spec.dtype, copy=False)
        for operand in (*specs, *named.values(), spec):
            for x in operand if isinstance(operand, list) else [operand]:
                if isinstance(x, TensorSpec) and x.dtype is not None:
                    self._check_kind(x.dtype)
        if spec.shape is None or None in spec.shape or spec.dtype is None:
            raise NeedsValue(f"the result of {name} is {spec}: its shape depends on values")
        if spec.value is not None:
            symbol = self._symbol(Kind(spec))
            symbol.kind = None
            return symbol
        kind = self._kind(spec)
        if key is not None:
            self._rules[key] = kind
        return self._symbol(kind)

    def _check_kind(self, dtype: Any) -> None:
        if dtype.kind not in COMPILED_KINDS:
            raise NeedsValue(f"elements of type {dtype} are not compiled")

    def _kind(self, spec: TensorSpec) -> Kind:
        key = spec.shape, spec.dtype
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = Kind(spec.without_value())
        return kind

    def _symbol(self, kind: Kind) -> Traced:
        symbol = Traced(kind.shape, kind.dtype)
        symbol.tracer, symbol.spec, symbol.kind = self, kind.spec, kind
        return symbol

    def _write(
        self,
        name: str,
        args: tuple[Any, ...],
        options: dict[str, Any],
        targets: tuple[Symbol, ...],
        blocks: tuple[Block | None, ...] = (),
    ) -> None:
        step = Instruction(name, args, options, targets, blocks, self.op)
        for target in targets:
            target.source = step
        self.block.steps.append(step)

    # Control

    def host(self, function: Callable[..., Any], *args: Any) -> Any:
        """The user's function is called in a run, never while a program is written."""
        raise NeedsValue("a Python function needs values")

    def require(self, x: Any, good: Any, complain: Callable[[Any], Any]) -> Any:
        """A check that ends the run; whoever words its error is asked by the NumPy engine."""
        if not isinstance(good, Traced):
            return numeric.require(x, good, complain)
        symbol = self._symbol(self._kind(as_spec(abstract_of(x)).without_value()))
        self._write("require", (x, good), {}, (symbol,))
        return symbol

    def _traced(self, function: Callable[..., Any], params: Sequence[TensorSpec]) -> Block:
        outside, op, self.block = self.block, self.op, Block()
        try:
            symbols = [self.input(spec) for spec in params]
            self.block.results = list(function(*symbols))
            return self.block
        finally:
            self.block, self.op = outside, op

    def cond(self, predicate: Any, then_branch: Any, else_branch: Any, args: Sequence[Any]) -> Any:
        """Both branches are written down, unless it is known which one runs."""
        if not isinstance(predicate, Symbol):
            return then_branch(*args) if predicate else else_branch(*args)
        blocks = [
            self._traced(partial(branch.own_results, *args), [])
            for branch in (then_branch, else_branch)
        ]
        # What only one branch has is read where that branch ran; if it is known, it is known there.
        pairs = list(zip(*[block.results for block in blocks], strict=True))
        only = [b if a is None else a if b is None else None for a, b in pairs]
        wanted = [i for i, x in enumerate(only) if x is None or isinstance(x, Symbol)]
        for block in blocks:
            block.results = [block.results[i] for i in wanted]
        specs = abstract.cond(None, *[partial(specs_of, block) for block in blocks], ())
        results = self._results("cond", specs)
        self._write("cond", (predicate,), {}, results, tuple(blocks))
        found = dict(zip(wanted, results, strict=True))
        return [found.get(i, x) for i, x in enumerate(only)]

    def _results(self, name: str, specs: Sequence[TensorSpec]) -> tuple[Traced, ...]:
        for spec in specs:
            if spec.shape is None or None in spec.shape or spec.dtype is None:
                raise NeedsValue(f"a result of {name} is {spec}: its shape depends on values")
            self._check_kind(spec.dtype)
        return tuple([self._symbol(self._kind(spec)) for spec in specs])

    def while_loop(
        self,
        condition: Any,
        body: Any,
        limit: Any,
        carries: Any,
        xs: Any,
        stacked: Any,
        reverse: bool = False,
    ) -> Any:
        """One iteration is written down; carried values keep their shape."""
        bound = -1 if isinstance(limit, Symbol) else int(limit)
        counted = condition is None and bound >= 0
        rows = bound if counted or 0 <= bound < self.max_trips else self.max_trips
        moving = [as_spec(abstract_of(x)).without_value() for x in carries]
        sliced = [x for x in xs if not isinstance(x, Repeated)]
        if counted and any(x.shape[0] != rows for x in sliced):
            raise NeedsValue(f"first axes differ from the number of iterations, {rows}")
        asked, iteration = self._iteration(condition, body, moving, xs)
        n = len(moving)
        repeated = [Repeated.of(row, rows) for row in iteration.results[n:]]
        left = [row for row, known in zip(iteration.results[n:], repeated) if known is None]
        iteration.results = [*iteration.results[:n], *left]
        kept = [TensorSpec((rows, *s.shape), s.dtype) for s in specs_of(iteration)[n:]]
        results = self._results("while_loop", [*moving, _NUMBER, *kept])
        options = {"carries": n, "rows": rows, "reverse": reverse}
        self._write("while_loop", (limit, *carries, *sliced), options, results, (asked, iteration))
        stacks = iter(results[n + 1 :])
        count = np.int32(rows) if counted else results[n]
        return (*results[:n], count, *[next(stacks) if x is None else x for x in repeated])

    def _iteration(
        self, condition: Any, body: Any, moving: Sequence[TensorSpec], xs: Sequence[Any]
    ) -> tuple[Block | None, Block]:
        """The condition, if there is one, and the body of a loop that carries such values."""
        n = len(moving)
        sliced = [x for x in xs if not isinstance(x, Repeated)]
        cut = [TensorSpec(x.shape[1:], x.dtype) for x in sliced]

        def once(i: Any, *given: Any) -> Any:
            rows_given = iter(given[n:])
            row = [x.row if isinstance(x, Repeated) else next(rows_given) for x in xs]
            return body(i, *given[:n], *row)

        iteration = self._traced(once, [_NUMBER, *moving, *cut])
        asked = condition and self._traced(condition, [_NUMBER, *moving])
        found = [specs_of(iteration)[:n], specs_of(asked)[1:] if asked else moving]
        if any(specs != moving for specs in found):
            raise NeedsValue("a carried value changes its shape or type")
        return asked, iteration


# What `_keys` found: a symbol; elements that a rule may look at; what a loop kept.
SYMBOLIC, OPEN, REPEATED = 1, 2, 4
_PLAIN = (int, float, bool, complex)


def _keys(args: Any, keys: list[Any]) -> int:
    """Adds to `keys` what a rule asks of each argument, and says what there is among them."""
    state = 0
    for x in args:
        kind = type(x)
        if kind is Traced:
            state |= SYMBOLIC
            if x.kind is None:
                state |= OPEN
            keys.append(x.kind)
        elif kind is list:
            keys.append(len(x))
            state |= _keys(x, keys)
        elif kind is np.ndarray:
            keys.append(x.dtype)
            keys.append(x.shape)
        elif kind in _PLAIN:
            keys.append(kind)
            keys.append(x)
        elif kind is Repeated:
            state |= OPEN | REPEATED
        elif isinstance(x, np.generic):
            keys.append(kind)
        else:
            keys.append(x)
    return state
