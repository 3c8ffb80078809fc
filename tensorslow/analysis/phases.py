"""What each operation is for: computing forward, a gradient, an update, or a beginning."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tensorslow.graph import Operation

Users = dict[Operation, list[Operation]]
_GRADIENTS = re.compile(r"(^|/)gradients(_\d+)?/")


def phases(ops: Sequence[Operation]) -> dict[Operation, str]:
    """By operation "forward", "backward", "update" or "start".

    Args:
        ops: in an order in which each comes after what it needs.
    """
    found: dict[Operation, str] = {}
    for op in ops:
        found[op] = _phase(op, found)
    users = _users(ops)
    _starts(ops, users, found)
    _constants(ops, users, found)
    _helpers(ops, users, found)
    return found


def _phase(op: Operation, before: dict[Operation, str]) -> str:
    if op.opdef.updates:
        return "update"
    sources = [before.get(x.op, "forward") for x in op.inputs if not x.op.opdef.variable]
    waits = [before.get(other, "forward") for other in op.control_inputs]
    if "update" in sources or "update" in waits:
        return "update"
    if op.gradient_of is not None or "backward" in sources or _GRADIENTS.search(op.name):
        return "backward"
    return "forward"


def _starts(ops: Sequence[Operation], users: Users, found: dict[Operation, str]) -> None:
    """Initializers, and what only they need."""
    initializers = {getattr(op.outputs[0], "initializer", None) for op in ops if op.opdef.variable}
    for op in reversed(ops):
        after = [found[user] for user in users[op]]
        if op in initializers or (
            after and not op.opdef.variable and all(phase == "start" for phase in after)
        ):
            found[op] = "start"


def _constants(ops: Sequence[Operation], users: Users, found: dict[Operation, str]) -> None:
    """What is computed from constants alone belongs to those that read it."""
    fixed: set[Operation] = set()
    for op in ops:
        sources = [x.op for x in op.inputs]
        if op.type == "Const" or (sources and fixed.issuperset(sources)):
            fixed.add(op)
    for op in reversed(ops):
        after = {found[user] for user in users[op]}
        if op in fixed and len(after) == 1:
            found[op] = after.pop()


def _helpers(ops: Sequence[Operation], users: Users, found: dict[Operation, str]) -> None:
    """What only updates use belongs to them: an optimizer's own variables, a changing rate."""
    for op in reversed(ops):
        kept = op.opdef.variable and getattr(op.outputs[0], "trainable", True)
        after = {found[user] for user in users[op] if not _is_unused_read(user, users)}
        only_updates = "update" in after and after <= {"update", "start"}
        if found[op] == "forward" and only_updates and not kept:
            found[op] = "update"


def _is_unused_read(op: Operation, users: Users) -> bool:
    """Whether it is the reading that every variable brings, and nobody asked for."""
    return op.type == "Identity" and op.inputs[0].op.opdef.variable and not users[op]


def _users(ops: Sequence[Operation]) -> Users:
    users: Users = {op: [] for op in ops}
    for op in ops:
        for source in {*[x.op for x in op.inputs], *op.control_inputs}:
            if source in users:
                users[source].append(op)
    return users
