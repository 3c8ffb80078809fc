"""A fixed number of words sorted: in short runs at once, which are then merged two by two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorslow.engines.llvm.text.ir import Function, Module

SHORT = {8: 16, 16: 4}  # by bytes of a word: the most words of a run that is sorted at once


@dataclass(frozen=True)
class Runs:
    """How a buffer of words is divided: into a power of two of short runs of one length.

    So all runs that are merged are of one length, too, and there is no rest anywhere.

    Attributes:
        bytes: of a word.
        short: words of a run that is sorted at once.
        levels: how often runs are merged with their neighbours.
    """

    bytes: int
    short: int
    levels: int

    @classmethod
    def of(cls, bytes: int, count: int) -> Runs:
        """Those with room for so many words."""
        levels = (-(-count // SHORT[bytes]) - 1).bit_length()
        return cls(bytes, -(-count // (1 << levels)), levels)

    @property
    def length(self) -> int:
        """Words of the buffer."""
        return self.short << self.levels

    @property
    def lanes(self) -> int:
        """Of the vector that a short run is read as, which may reach over its end."""
        return 1 << (self.short - 1).bit_length()

    @property
    def memory(self) -> int:
        """Bytes of the buffer, with some to spare."""
        return -(-(self.length + self.lanes) * self.bytes // 64) * 64

    def sort(self, f: Function, buffer: str) -> None:
        """Sorts the words of a buffer, behind which there is room for another one."""
        name = f"sort.i{8 * self.bytes}.{self.short}.{self.levels}"
        if name not in f.module.functions:
            _emit_sort(f.module, name, self)
        f.call("void", name, ("ptr", buffer), ("ptr", f.gep(buffer, self.memory, "i8")))


def _emit_sort(module: Module, name: str, runs: Runs) -> None:
    """Words go to and fro between two buffers; they end in the first.

    Both halves of the words are merged at once: four chains for a processor to work on. The last
    merge, of these halves, has two.
    """
    f = Function(module, name, [("ptr", "%a"), ("ptr", "%b")], attributes="nounwind noinline")
    kind, half = f"i{8 * runs.bytes}", runs.length // 2
    source, goal = ("%b", "%a") if runs.levels % 2 else ("%a", "%b")

    def short(i: str, _: list[str]) -> None:
        at = f.mul(i, runs.short)
        _sort_short(f, runs, f.gep("%a", at, kind), f.gep(source, at, kind))

    def level(carried: list[str]) -> tuple[str, list[str]]:
        source, goal, length = carried
        twice = f.op(f"shl i64 {length}, 1")

        def pair(i: str, _: list[str]) -> None:
            first = f.op(f"mul i64 {i}, {twice}")
            _merge(f, runs.bytes, source, goal, length, [first, f.add(first, half)])

        f.loop(f.op(f"udiv i64 {half}, {twice}"), pair)
        return f.op(f"icmp ult i64 {twice}, {half}", "c"), [goal, source, twice]

    f.loop(1 << runs.levels, short)
    length = str(runs.short)
    if runs.levels > 1:
        first = [("ptr", source), ("ptr", goal), ("i64", length)]
        source, goal, length = f.repeat(level, first)
    if runs.levels:
        _merge(f, runs.bytes, source, goal, length, ["0"])
    f.finish()


def _sort_short(f: Function, runs: Runs, source: str, goal: str) -> None:
    """Puts each word of a run where it belongs: behind as many as are smaller."""
    kind, lanes = f"i{8 * runs.bytes}", runs.lanes
    vector, places = f"<{lanes} x {kind}>", f"<{lanes} x i64>"
    words = f.load(vector, source, runs.bytes)
    each = [f.load(kind, f.gep(source, i, kind), runs.bytes) for i in range(runs.short)]
    smaller = "zeroinitializer"
    for word in each:
        less = f.op(f"icmp slt {vector} {f.splat(kind, lanes, word)}, {words}")
        minus = f.op(f"sext <{lanes} x i1> {less} to {places}")
        smaller = f.op(f"sub {places} {smaller}, {minus}")
    for i, word in enumerate(each):
        place = f.op(f"extractelement {places} {smaller}, i64 {i}")
        f.store(kind, word, f.gep(goal, place, kind), runs.bytes)


def _merge(
    f: Function, bytes: int, source: str, goal: str, length: str, places: Sequence[str]
) -> None:
    """Merges the run at each place with the next one, from both ends at once.

    The smaller half of the result comes from the front and the larger one from the back. Neither
    gets to the end of a run before it is done, so nothing has to be asked but which word is
    smaller; and the processor works on several chains.
    """
    kind = f"i{8 * bytes}"
    last = f.op(f"sub i64 {length}, 1", "i")
    lefts, results = ([f.gep(x, at, kind) for at in places] for x in (source, goal))
    rights, ends = ([f.gep(x, length, kind) for x in each] for each in (lefts, results))

    def choose(which: str, left: str, right: str, target: str, count: str) -> str:
        x, y = (f.load(kind, pointer, bytes) for pointer in (left, right))
        f.store(kind, f.call(kind, f"llvm.{which}.{kind}", (kind, x), (kind, y)), target, bytes)
        less = f.op(f"icmp slt {kind} {x}, {y}")
        return f.op(f"add i64 {count}, {f.op(f'zext i1 {less} to i64')}", "i")

    def step(k: str, carried: list[str]) -> list[str]:
        rest = f.op(f"sub i64 {last}, {k}", "i")
        counts = []
        for i, (left, right) in enumerate(zip(lefts, rights, strict=True)):
            # How many words came from the left run in front, and from the right one at the end.
            front, back = carried[2 * i : 2 * i + 2]
            a = f.gep(left, front, kind)
            b = f.gep(right, f.op(f"sub i64 {k}, {front}", "i"), kind)
            counts.append(choose("smin", a, b, f.gep(results[i], k, kind), front))
            a = f.gep(left, f.op(f"add i64 {rest}, {back}", "i"), kind)
            b = f.gep(right, f.op(f"sub i64 {last}, {back}", "i"), kind)
            counts.append(choose("smax", a, b, f.gep(ends[i], rest, kind), back))
        return counts

    f.loop(length, step, [("i64", "0")] * (2 * len(places)))
