"""Words: an element of a row and its place there as one integer, in the order to be made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorslow.engines.llvm.arithmetic.lanes import Lanes
from tensorslow.engines.llvm.text.ir import Function
from tensorslow.engines.llvm.text.target import Target

LONGEST = 1 << 31  # elements of a row whose places fit into half of a word of 64 bits


@dataclass(frozen=True)
class Words:
    """How the elements of a row become words.

    The upper half of a word is the *key* of an element, a signed integer; the lower half is the
    place of the element in its row.

    Attributes:
        dtype: of the elements.
        descending: whether the largest comes first.
        length: of a row.
    """

    dtype: np.dtype
    descending: bool
    length: int

    @property
    def key(self) -> np.dtype:
        """The type of keys."""
        return np.dtype(np.int64 if self.bytes == 16 else np.int32)

    @property
    def bytes(self) -> int:
        """Of a word."""
        return 8 if self.dtype.itemsize <= 4 and self.length <= LONGEST else 16

    @property
    def type(self) -> str:
        """LLVM's name of a word."""
        return f"i{8 * self.bytes}"

    @property
    def half(self) -> int:
        """Bits of a key."""
        return 4 * self.bytes

    def keys(self, f: Function, target: Target, row: str, place: str, lanes: int) -> str:
        """The keys of some neighbours in a row."""
        own = Lanes(f, target, np.dtype(f"i{self.dtype.itemsize}"), lanes)
        stored = f"i{8 * self.dtype.itemsize}"
        bits = f.load(own.type, f.gep(row, place, stored), self.dtype.itemsize)
        key = Lanes(f, target, self.key, lanes)
        wider = self.key.itemsize > self.dtype.itemsize
        if self.dtype.kind == "u" and not wider:
            bits = own("xor", bits, own.number(np.iinfo(own.dtype).min))
        elif self.dtype.kind == "f":
            bits = self._of_float(own, bits)
        if wider:
            how = "zext" if self.dtype.kind == "u" else "sext"
            bits = f.op(f"{how} {own.type} {bits} to {key.type}")
        return key("xor", bits, key.number(-1)) if self.descending else bits

    def _of_float(self, own: Lanes, bits: str) -> str:
        """The bits of floats, which are a sign and a size, as integers in the same order.

        Integers alone: the order does not depend on what a processor does with denormals.
        """
        ends = np.iinfo(own.dtype)
        infinity = int(np.array(np.inf, self.dtype).view(own.dtype))
        negative = own.compare("slt", bits, own.number(0))
        turned = own("sub", own.number(ends.min), bits)  # of -0 it is 0
        size = own("and", bits, own.number(ends.max))
        nan = own.compare("sgt", size, own.number(infinity))
        return own.select(nan, own.number(ends.max), own.select(negative, turned, bits))

    def read(self, f: Function, target: Target, row: str, place: str, lanes: int) -> str:
        """The words of some neighbours in a row."""
        keys, kind = self.keys(f, target, row, place, lanes), _several(self.type, lanes)
        places = f.splat("i64", lanes, place)
        if lanes > 1:
            steps = ", ".join(f"i64 {i}" for i in range(lanes))
            places = f.op(f"add <{lanes} x i64> {places}, <{steps}>")
        upper = f.op(f"sext {_several(f'i{self.half}', lanes)} {keys} to {kind}")
        upper = f.op(f"shl {kind} {upper}, {_number(self.half, self.type, lanes)}")
        if self.bytes > 8:
            places = f.op(f"zext {_several('i64', lanes)} {places} to {kind}")
        return f.op(f"or {kind} {upper}, {places}")

    def nothing(self, f: Function, number: str) -> str:
        """A word after those of all elements; each number has another one."""
        wide = f.op(f"zext i64 {number} to {self.type}") if self.bytes > 8 else number
        return f.op(f"sub {self.type} {(1 << (8 * self.bytes - 1)) - 1}, {wide}")

    def key_of(self, f: Function, word: str) -> str:
        """The key in a word."""
        upper = f.op(f"ashr {self.type} {word}, {self.half}")
        return f.op(f"trunc {self.type} {upper} to i{self.half}")

    def places_of(self, f: Function, words: str, lanes: int) -> str:
        """The places in some words, as i64."""
        kind = _several(self.type, lanes)
        if self.bytes > 8:
            return f.op(f"trunc {kind} {words} to {_several('i64', lanes)}")
        return f.op(f"and {kind} {words}, {_number((1 << self.half) - 1, self.type, lanes)}")


def _several(kind: str, lanes: int) -> str:
    return kind if lanes == 1 else f"<{lanes} x {kind}>"


def _number(value: int, kind: str, lanes: int) -> str:
    return str(value) if lanes == 1 else f"splat ({kind} {value})"
