"""What an engine that compiles made of each node, where it can tell.

No engine is known here. Whatever `Session.explain` returns is asked for kernels that know their
nodes; an engine that has no such thing adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from tensorslow.errors import GraphError
from tensorslow.inspector.document import Document, Engine
from tensorslow.session import Session

LONGEST = 4000  # characters of the loops of one node
KERNELS = 4  # that are shown of one node


@runtime_checkable
class ExplainedKernel(Protocol):
    """A piece of code, as an explanation has it.

    Attributes:
        seconds: of one run; None: not measured.
    """

    seconds: float | None

    @property
    def name(self) -> str:
        """Of its function."""

    @property
    def work(self) -> str:
        """What it does, in a few words."""

    @property
    def nodes(self) -> Sequence[Any]:
        """The operations behind it."""

    @property
    def loops(self) -> str:
        """Its code for people."""


def add_engine(
    document: Document,
    session: Session,
    fetches: Any,
    feed_dict: Mapping[Any, Any] | None,
    times: bool = False,
) -> None:
    """Notes in each node what the session's engine makes of it, if it compiles at all."""
    if not session.engine.compiles:
        return
    try:
        explanation = session.explain(fetches, feed_dict, times=times)
    except GraphError:  # what cannot run is not compiled
        return
    made = engines_of(getattr(explanation, "kernels", ()))
    for node in document["nodes"]:
        node["engine"] = made.get(node["id"])


def engines_of(kernels: Iterable[Any]) -> dict[int, Engine]:
    """By a node's id, what was made of it."""
    found: dict[int, list[ExplainedKernel]] = {}
    for kernel in kernels:
        if isinstance(kernel, ExplainedKernel):
            for op in kernel.nodes:
                found.setdefault(op.id, []).append(kernel)
    return {number: _engine(own) for number, own in found.items()}


def _engine(kernels: Sequence[ExplainedKernel]) -> Engine:
    loops = "\n\n".join(kernel.loops for kernel in kernels[:KERNELS])
    if len(loops) > LONGEST:
        loops = loops[:LONGEST].rpartition("\n")[0] + "\n…"
    known = [kernel.seconds for kernel in kernels]
    seconds = [x for x in known if x is not None]
    more = f"; and {len(kernels) - KERNELS} more" if len(kernels) > KERNELS else ""
    return {
        "kernel": "; ".join(f"{x.name}: {x.work}" for x in kernels[:KERNELS]) + more,
        "loops": loops,
        "microseconds": round(1e6 * sum(seconds), 2) if len(seconds) == len(known) else None,
    }
