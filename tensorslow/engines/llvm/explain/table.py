"""Numbers and tables as people read them."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def quantity(n: float, unit: str = "") -> str:
    """A number of things with three digits: 1.57 MB, 26.2 k."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= 0.9995 * factor:
            value = n / factor
            digits = max(0, 2 - len(str(int(value))) + 1)
            return f"{value:.{digits}f} {prefix}{unit}"
    return f"{n:.0f} {unit}".rstrip()


def table(rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> list[str]:
    """Lines with the cells of each column below each other.

    Args:
        rows: the first of them has the names of the columns.
        right: the names of those that are aligned to the right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = [name in right for name in rows[0]]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, aligned, strict=True)
        ).rstrip()
        for row in rows
    ]
