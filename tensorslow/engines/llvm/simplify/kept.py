"""What loops keep and add up, in fewer rows and fewer products.

Of what is kept for the gradient, much follows from the rest: a slice of another kept array, or one
minus it. That is said outside, of all rows at once, and only what it follows from is kept. And a
product that is added to a carried array in every iteration, as the gradient of a weight is, becomes
one product over all rows behind the loop:

    sum over t of a[t]ᵀ b[t]  =  (all rows of all a[t])ᵀ (all rows of all b[t])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tensorslow.engines.llvm.programs.program import Block, Symbol
from tensorslow.engines.llvm.simplify import joins, views
from tensorslow.engines.llvm.simplify.builder import Builder, Scope, Value, defined_by
from tensorslow.engines.llvm.simplify.contractions import product
from tensorslow.engines.llvm.simplify.elementwise import cast, elementwise
from tensorslow.engines.llvm.simplify.rows import CHEAP, DEEP, Rows

MOST = 4 << 20  # bytes that a product behind the loop may read: about what stays in a cache
Make = Callable[[Builder], Value]  # writes something outside of the loop, when the loop is written


class Kept:
    """Which arrays a loop keeps, and what follows from them.

    Attributes:
        stacked: by symbol of the body, what holds its rows behind the loop: these are kept.

    Args:
        scope: the body, which is complete.
        count: how many rows of everything there are.
    """

    def __init__(self, scope: Scope, count: int) -> None:
        self.scope, self.count = scope, count
        self.rows: Rows = scope.rows
        self.stacked: dict[Symbol, Symbol] = {}
        self._parts: dict[Symbol, tuple[Symbol, list[range]]] = {}
        self._places = {x.targets[0]: i for i, x in enumerate(scope.block.steps) if x.targets}

    def keep(self, wanted: Sequence[Symbol]) -> None:
        """Decides what is kept, so that all that is wanted follows."""
        bases = [self._base(x) for x in wanted]
        for x in bases:
            source = defined_by(x, "concat")
            if source is not None:
                self._keep(x)
                begin = 0
                axis = source.options["axis"]
                for part in source.args:
                    ranges = [range(n) for n in part.shape]
                    ranges[axis] = range(begin, begin + part.shape[axis])
                    begin += part.shape[axis]
                    if type(part) is Symbol:
                        self._parts.setdefault(part, (x, ranges))
        for x in sorted(bases, key=lambda x: self._places.get(x, -1)):
            if self.follows(x) is None:
                self._keep(x)
        for x in wanted:  # through many views, it may not be seen to follow
            if self.follows(x) is None:
                self._keep(x)

    def _base(self, x: Symbol) -> Symbol:
        """The smaller array, or one of the same size, that it is made of."""
        while x.source is not None and x.source.name in _VIEWS:
            inner = x.source.args[0]
            if type(inner) is not Symbol or inner.size > x.size or inner not in self.scope.own:
                break
            x = inner
        return x

    def _keep(self, x: Symbol) -> None:
        if x not in self.stacked:
            self.stacked[x] = Symbol((self.count, *x.shape), x.dtype)

    def follows(self, x: Value, depth: int = DEEP) -> Make | None:
        """How all rows of something are made of what is kept; None: they are not."""
        if type(x) is not Symbol or x not in self.scope.own:
            return lambda b: self._repeated(b, x)
        if x in self.stacked:
            return lambda b: self.stacked[x]
        if x in self._parts:
            whole, ranges = self._parts[x]
            return lambda b: views.take_ranges(b, self.stacked[whole], self._all(ranges))
        if x in self.rows.arrays:
            array = self.rows.arrays[x]
            return (lambda b: array) if array.shape[0] == self.count else None
        # Where it is not known how many there are, the number must be kept: the loop looks whether
        # there is room for what it keeps, and for that alone.
        if x is self.rows.number and not self.rows.reverse and self.rows.trips is not None:
            return self._numbers
        source = x.source
        if source is None or not depth or len(source.targets) != 1:
            return None
        makes = [self.follows(y, depth - 1) for y in source.args]
        if source.name in CHEAP:
            known = [make for make in makes if make is not None]
            return (lambda b: self._elementwise(b, x, known)) if len(known) == len(makes) else None
        inner, rule = makes[0] if makes else None, _VIEWS.get(source.name)
        if rule is None or inner is None:
            return None
        return lambda b: rule(b, inner(b), source.options, self.count)

    def _repeated(self, b: Builder, x: Value) -> Value:
        return views.broadcast_to(b, x, (self.count, *x.shape))

    def _numbers(self, b: Builder) -> Value:
        dtype = self.rows.number.dtype
        options = {"shape": (self.count,), "axis": 0, "dtype": dtype}
        return b.write("iota", (), options, (self.count,), dtype)

    def _all(self, ranges: Sequence[range]) -> list[range]:
        return [range(self.count), *ranges]

    def _elementwise(self, b: Builder, x: Symbol, makes: Sequence[Make]) -> Value:
        source, rank = x.source, len(x.shape)
        assert source is not None
        values = []
        for y, make in zip(source.args, makes, strict=True):
            if type(y) is Symbol and y in self.scope.own:
                ones = (1,) * (rank - len(y.shape))
                y = views.reshape(b, make(b), (self.count, *ones, *y.shape))
            values.append(y)
        if source.name == "cast":
            return cast(b, values[0], x.dtype)
        return elementwise(b, source.name, tuple(values), (self.count, *x.shape), x.dtype)


def _sliced(b: Builder, x: Value, options: dict[str, Any], count: int) -> Value:
    ranges = [range(*r) for r in zip(*[options[key] for key in ("begin", "end", "strides")])]
    return views.take_ranges(b, x, [range(count), *ranges])


def _turned(b: Builder, x: Value, options: dict[str, Any], count: int) -> Value:
    return views.transpose(b, x, [0, *[i + 1 for i in options["perm"]]])


def _reshaped(b: Builder, x: Value, options: dict[str, Any], count: int) -> Value:
    return views.reshape(b, x, (count, *options["shape"]))


def _spread(b: Builder, x: Value, options: dict[str, Any], count: int) -> Value:
    goal = options["shape"]
    ones = (1,) * (len(goal) - len(x.shape) + 1)
    return views.broadcast_to(b, views.reshape(b, x, (count, *ones, *x.shape[1:])), (count, *goal))


def _padded(b: Builder, x: Value, options: dict[str, Any], count: int) -> Value:
    return joins.pad(b, x, ((0, 0), *options["paddings"]), options["value"])


_VIEWS = {
    "slice_": _sliced,
    "transpose": _turned,
    "reshape": _reshaped,
    "broadcast_to": _spread,
    "pad": _padded,  # rows that an inner loop did not come to
}


# Sums of products


@dataclass
class Total:
    """Products that are added to a carried array.

    Attributes:
        number: of the carried array.
        products: pairs of symbols of the body: a [m, k] and b [k, n], each turned around or not.
    """

    number: int
    products: list[tuple[_Matrix, _Matrix]]

    def operands(self) -> list[Symbol]:
        """What must be kept."""
        return [x.base for pair in self.products for x in pair]

    def make(self, b: Builder, kept: Kept) -> Value:
        """The sum of all products of all iterations."""
        total: Value = None
        for x, y in self.products:
            value = product(b, x.stacked(b, kept, 1), y.stacked(b, kept, 0), ())
            if total is not None:
                value = elementwise(b, "add", (total, value), value.shape, value.dtype)
            total = value
        return total


@dataclass(frozen=True)
class _Matrix:
    """One factor of a product.

    Attributes:
        base: itself, or what is turned around to give it.
        turned: whether it is turned around.
    """

    base: Symbol
    turned: bool

    @classmethod
    def of(cls, x: Value) -> _Matrix:
        source = defined_by(x, "transpose")
        return cls(x, False) if source is None else cls(source.args[0], True)

    def copied(self, axis: int) -> int:
        """How many elements must move so that its rows lie side by side along an axis."""
        return self.base.size if axis != self.turned else 0

    def stacked(self, b: Builder, kept: Kept, axis: int) -> Value:
        """The matrices of all iterations, joined along an axis."""
        make = kept.follows(self.base)
        assert make is not None
        rows = make(b)
        if axis != self.turned:
            rows = views.transpose(b, rows, (1, 0, 2))
            matrix = views.reshape(b, rows, (rows.shape[0], -1))
        else:
            matrix = views.reshape(b, rows, (-1, rows.shape[2]))
        return views.transpose(b, matrix, (1, 0)) if self.turned else matrix


def totals(scope: Scope, block: Block, n: int, wanted: Sequence[Symbol]) -> list[Total]:
    """The carried arrays to which each iteration only adds products.

    Args:
        scope: of the body.
        block: the body.
        n: how many arrays are carried.
        wanted: what is kept anyway.
    """
    uses: Counter[Symbol] = Counter([x for x in block.results if type(x) is Symbol])
    for step in block.all_steps():
        uses.update([x for x in step.args if type(x) is Symbol])
        for inner in step.blocks:
            uses.update([x for x in inner.results if type(x) is Symbol] if inner else [])
    found = []
    free = {*wanted, *scope.rows.arrays}
    for i in range(n):
        products = _products(block.params[1 + i], block.results[i], uses, scope)
        if products is None:
            continue
        pairs = [(_Matrix.of(x.args[0]), _Matrix.of(x.args[1])) for x in products]
        more = {x.base for pair in pairs for x in pair if x.base not in free}
        cost = sum(x.size for x in more) + sum(x.copied(1) + y.copied(0) for x, y in pairs)
        row = sum(x.base.size * x.base.dtype.itemsize for pair in pairs for x in pair)
        # An iteration reads and writes the sum; instead, it writes what is not kept yet.
        cheap = cost <= 2 * products[0].targets[0].size * len(pairs)
        if cheap and row * (scope.rows.trips or 0) <= MOST:
            found.append(Total(i, pairs))
            free |= more
    return found


def _products(
    param: Symbol, result: Value, uses: Counter[Symbol], scope: Scope
) -> list[Any] | None:
    """The products of which the sum with a parameter is the result, if it is no more than that."""
    if uses[param] != 1 or param.dtype.kind != "f":
        return None
    products, waiting, met = [], [result], False
    while waiting:
        x = waiting.pop()
        if x is param:
            met = True
            continue
        source = x.source if type(x) is Symbol and x in scope.own else None
        if source is None or uses[x] != 1 or x.shape != param.shape:
            return None
        if source.name == "add":
            waiting += source.args
        elif source.name == "matmul" and len(x.shape) == 2:
            bases = [_Matrix.of(y).base for y in source.args]
            if not all(type(y) is Symbol and y in scope.own for y in bases):
                return None
            products.append(source)
        else:
            return None
    return products if met and products else None
