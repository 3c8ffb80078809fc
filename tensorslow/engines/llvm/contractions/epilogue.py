"""What becomes of a finished product: the end of a matmul or convolution, written by its caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorslow.engines.llvm.text.ir import Function


class Epilogue:
    """Writes the statements that take over a product C[batch, m, n], a vector of it at a time.

    A vector is `lanes` neighbours along n. Where it reaches over the edge, `mask` names the lanes
    that exist (a constant of type `<lanes x i1>`); else it is None. Of a matrix of one column the
    numbers come one by one: `lanes` is 1, and a value is a scalar. float16 comes as float.

    Subclasses write loads and stores of whatever `%p2`, `%p3`, … point to.
    """

    def columns(
        self, f: Function, batch: Sequence[str], n: str, lanes: int, mask: str | None
    ) -> Any:
        """Statements that are the same for all rows, such as the load of a bias.

        They stand in front of the loop over the rows of a tile.

        Returns:
            Anything; `store` gets it.
        """
        return None

    def ahead(
        self, f: Function, batch: Sequence[str], m: str, n: str, rows: int, columns: int
    ) -> None:
        """Statements that stand in front of the computation of a tile of so many rows and columns.

        What `store` will read and write can be asked for here: it comes while the tile is computed.
        """

    def store(
        self,
        f: Function,
        batch: Sequence[str],
        m: str,
        n: str,
        value: str,
        lanes: int,
        mask: str | None,
        columns: Any,
    ) -> None:
        """Statements for one vector.

        Args:
            f: where they are written.
            batch: the index of each batch axis.
            m: index of the row.
            n: index of the vector's first column.
            value: the vector C[batch, m, n : n + lanes].
            lanes: its length.
            mask: the lanes that exist, or None if all do.
            columns: what the method of that name returned.
        """
        raise NotImplementedError
