"""Transposing in squares: what lies along one axis in memory becomes vectors along another.

A square of as many rows as a vector has lanes is read row by row and written column by column. A
square that sticks out over the edge is copied first, so that there is one way to do it.
"""

from __future__ import annotations

import numpy as np

from tensorslow.engines.llvm.text.ir import Function, Module, stored_type, suffix_of


def emit_turn(module: Module, dtype: np.dtype, lanes: int) -> str:
    """Adds a function that transposes a square of an array, and returns its name.

    `turn(from, step, to, rows, columns)`: to[c · lanes + r] = from[r · step + c]; what is beyond
    the rows and columns that there are becomes 0.
    """
    kind = stored_type(dtype)
    name = f"turn_{suffix_of(kind)}_{lanes}"
    if name not in module.functions:
        params = [("ptr", "%from"), ("i64", "%step"), ("ptr", "%to"), ("i64", "%rows"),
                  ("i64", "%columns")]  # fmt: skip
        f = Function(module, name, params)
        _Turn(f, kind, dtype.itemsize, lanes).write()
        f.finish()
    return name


class _Turn:
    def __init__(self, f: Function, kind: str, size: int, lanes: int) -> None:
        self.f, self.kind, self.size, self.lanes = f, kind, size, lanes
        self.group = min(16 // size, lanes)  # shuffles are fast within 16 bytes

    def write(self) -> None:
        """The whole function."""
        f, lanes = self.f, self.lanes
        copy = f.op(f"alloca [{lanes * lanes} x {self.kind}], align 64")
        height = f.op(f"icmp ult i64 %rows, {lanes}", "c")
        width = f.op(f"icmp ult i64 %columns, {lanes}", "c")
        part = f.op(f"or i1 {height}, {width}", "c")
        f.do(f"br i1 {part}, label %part, label %turn")
        f.label("part")
        self._copied(copy)
        end = f.block
        f.do("br label %turn")
        f.label("turn")
        source = f.op(f"phi ptr [ %from, %entry ], [ {copy}, %{end} ]")
        step = f.op(f"phi i64 [ %step, %entry ], [ {lanes}, %{end} ]")
        columns = range(0, lanes, self.group)
        rows = [self._groups(source, step, row) for row in range(lanes)]
        for number, column in enumerate(columns):
            self._column([row[number] for row in rows], column)

    def _groups(self, source: str, step: str, row: int) -> list[str]:
        f, kind = self.f, self.kind
        at = f.gep(source, f.mul(step, row), kind)
        return [
            f.load(f"<{self.group} x {kind}>", f.gep(at, column, kind), self.size)
            for column in range(0, self.lanes, self.group)
        ]

    def _copied(self, copy: str) -> None:
        """The rows and columns that there are, with zeros behind them."""
        f, lanes, kind = self.f, self.lanes, self.kind
        vector = f"<{lanes} x {kind}>"
        for row in range(lanes):
            f.store(vector, "zeroinitializer", f.gep(copy, row * lanes, kind), self.size)
        numbers = ", ".join(f"i64 {k}" for k in range(lanes))
        limit = f.splat("i64", lanes, "%columns")
        mask = f.op(f"icmp ult <{lanes} x i64> <{numbers}>, {limit}")

        def row_of(row: str, _: list[str]) -> None:
            at = f.gep("%from", f.mul(row, "%step"), kind)
            there = f.masked_load(kind, lanes, at, mask, self.size, "zeroinitializer")
            f.store(vector, there, f.gep(copy, f.mul(row, lanes), kind), self.size)

        f.loop("%rows", row_of)

    def _column(self, groups: list[str], column: int) -> None:
        """A group of columns, whose rows come as groups of 16 bytes: they are joined to vectors
        whose groups are then transposed side by side.
        """
        f, lanes, kind, group = self.f, self.lanes, self.kind, self.group
        vectors = [self._joined(groups[row::group]) for row in range(group)]
        half = group // 2
        for _ in range(group.bit_length() - 1):
            pairs = [(vectors[i], vectors[i + half]) for i in range(half)]
            vectors = [self._interleaved(a, b, side) for a, b in pairs for side in (0, half)]
        for number, vector in enumerate(vectors):
            at = f.gep("%to", (column + number) * lanes, kind)
            f.store(f"<{lanes} x {kind}>", vector, at, self.size)

    def _joined(self, parts: list[str]) -> str:
        """Some short vectors as one."""
        size = self.group
        while len(parts) > 1:
            vector, places = f"<{size} x {self.kind}>", range(2 * size)
            parts = [
                self.f.shuffle(vector, a, b, places)
                for a, b in zip(parts[::2], parts[1::2], strict=True)
            ]
            size *= 2
        return parts[0]

    def _interleaved(self, a: str, b: str, side: int) -> str:
        """From each group one half of a and of b in turn; `side` is where the half begins."""
        lanes, group = self.lanes, self.group
        places = [
            start + side + k // 2 + lanes * (k % 2)
            for start in range(0, lanes, group)
            for k in range(group)
        ]
        return self.f.shuffle(f"<{lanes} x {self.kind}>", a, b, places)
