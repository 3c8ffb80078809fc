"""The words of a row: all of them, or those that come first in a long one."""

from __future__ import annotations

from dataclasses import dataclass

from tensorslow.engines.llvm.arithmetic.lanes import Lanes
from tensorslow.engines.llvm.sorting.runs import Runs
from tensorslow.engines.llvm.sorting.words import Words
from tensorslow.engines.llvm.text.ir import Function
from tensorslow.engines.llvm.text.target import Target

ROOM = 32  # words at least for which a buffer has room beside those that are wanted: two vectors


@dataclass(frozen=True)
class Selection:
    """How the first words of a row are found.

    Where few are wanted of a long row, a buffer has the first ones of those that have been seen.
    What comes before the last of these is collected behind them. When the buffer is full it is
    sorted, and the first ones stay. So most elements are compared with one key and no more.

    Attributes:
        words: how elements become words.
        count: how many words are wanted.
        runs: the buffer.
    """

    words: Words
    count: int
    runs: Runs

    @classmethod
    def of(cls, words: Words, count: int) -> Selection:
        """The way that is faster."""
        few = count + max(count, ROOM)
        size = few if 2 * few < words.length else words.length
        return cls(words, count, Runs.of(words.bytes, size))

    @property
    def memory(self) -> int:
        """Bytes that it needs: sorting needs a second buffer."""
        return 2 * self.runs.memory

    @property
    def seconds(self) -> float:
        """About how long it takes for random numbers."""
        length, buffer = self.words.length, self.runs.length
        moved = buffer * (2 + self.runs.levels) * (3 if buffer < length else 1)
        return 1.2e-9 * moved + 0.5e-9 * length

    def emit(self, f: Function, target: Target, row: str, buffer: str) -> None:
        """Writes how the first words of a row come to the front of a buffer, in order."""
        writer = _Writer(self, f, target, row, buffer)
        seen = min(self.runs.length, self.words.length)
        writer.fill(seen)
        writer.sort(str(seen))
        if seen < self.words.length:
            writer.look_through(seen)


class _Writer:
    def __init__(self, way: Selection, f: Function, target: Target, row: str, buffer: str) -> None:
        self.way, self.f, self.target, self.row, self.buffer = way, f, target, row, buffer
        self.words = way.words
        self.lanes = target.lanes(way.words.key)

    def _place(self, i: str | int) -> str:
        """Where a word of the buffer lies."""
        return self.f.gep(self.buffer, i, self.words.type)

    def fill(self, count: int) -> None:
        """Brings the first elements of the row to the buffer."""
        f, words = self.f, self.words
        whole = count // self.lanes * self.lanes

        def some(i: str, lanes: int) -> None:
            kind = words.type if lanes == 1 else f"<{lanes} x {words.type}>"
            found = words.read(f, self.target, self.row, i, lanes)
            f.store(kind, found, self._place(i), words.bytes)

        if whole:
            f.loop(whole, lambda i, _: some(i, self.lanes), step=self.lanes)
        if whole < count:
            f.loop(count, lambda i, _: some(i, 1), start=whole)

    def sort(self, count: str) -> None:
        """Sorts the buffer, of which so many words count."""
        f, words, length = self.f, self.words, self.way.runs.length

        def fill_up(i: str, _: list[str]) -> None:
            f.store(words.type, words.nothing(f, i), self._place(i), words.bytes)

        if count != str(length):
            f.loop(length, fill_up, start=count, may_be_empty=True)
        self.way.runs.sort(f, self.buffer)

    def look_through(self, seen: int) -> None:
        """Collects what comes before the last word that is wanted so far, from `seen` on."""
        f, lanes, wanted, length = self.f, self.lanes, self.way.count, self.words.length
        whole = seen + (length - seen) // lanes * lanes

        def look(i: str, carried: list[str]) -> list[str]:
            (count,) = carried
            worst = self._worst()
            found = self._before(worst, i)
            stop = f.op(f"select i1 {found}, i64 {f.add(i, lanes)}, i64 {i}", "i")
            count = self._collect(i, stop, count, worst)
            full = f.op(f"icmp sgt i64 {count}, {self.way.runs.length - lanes}", "c")
            f.when(full, lambda: self.sort(count))
            return [f.op(f"select i1 {full}, i64 {wanted}, i64 {count}", "i")]

        (count,) = f.loop(whole, look, [("i64", str(wanted))], start=seen, step=lanes)
        if whole < length:
            count = self._collect(str(whole), str(length), count, self._worst())
        more = f.op(f"icmp sgt i64 {count}, {wanted}", "c")
        f.when(more, lambda: self.sort(count))

    def _worst(self) -> str:
        """The key of the last word that is wanted so far."""
        word = self.f.load(self.words.type, self._place(self.way.count - 1), self.words.bytes)
        return self.words.key_of(self.f, word)

    def _before(self, worst: str, start: str) -> str:
        """Whether any element of a vector comes before a key (i1)."""
        key = Lanes(self.f, self.target, self.words.key, self.lanes)
        keys = self.words.keys(self.f, self.target, self.row, start, self.lanes)
        limit = self.f.splat(f"i{self.words.half}", self.lanes, worst)
        return key.any(key.compare("slt", keys, limit))

    def _collect(self, start: str, stop: str, count: str, worst: str) -> str:
        """Brings the elements that come before a key to the buffer; how many words are there."""
        f, words = self.f, self.words

        def one(i: str, carried: list[str]) -> list[str]:
            word = words.read(f, self.target, self.row, i, 1)
            f.store(words.type, word, self._place(carried[0]), words.bytes)
            less = f.op(f"icmp slt i{words.half} {words.key_of(f, word)}, {worst}")
            return [f.op(f"add i64 {carried[0]}, {f.op(f'zext i1 {less} to i64')}", "i")]

        return f.loop(stop, one, [("i64", count)], start=start, may_be_empty=True)[0]
