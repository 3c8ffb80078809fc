"""One module becomes several that can be compiled side by side, and are linked again afterwards.

What was internal becomes hidden: known to the other parts, and to nobody else.
"""

from __future__ import annotations

import re

from tensorslow.engines.llvm.text.ir import Module

PART = 16_000  # characters: a smaller part (some 10 ms of compiling) is not worth a thread
MOST = 16  # parts

_DEFINITION = re.compile(r"^define (?:internal )?(.*?) \{$", re.MULTILINE)
_NAME = re.compile(r'@([\w.$-]+|"[^"]*")')


def split(module: Module, most: int = MOST) -> list[str]:
    """The texts of at most so many parts; `jit.load_objects` makes one library of them.

    How it is split follows from the module and that number alone, so that the parts are found in
    the cache again.
    """
    pieces = list(module.functions.values())
    sizes = [len(piece) for piece in pieces]
    count = min(most, sum(sizes) // max(PART, max(sizes))) if pieces else 0
    if count < 2 or any(_is_variable(text) for text in module.constants.values()):
        return [str(module)]
    parts: list[list[str]] = [[] for _ in range(count)]
    filled = [0] * count
    for piece in sorted(pieces, key=len, reverse=True):
        smallest = filled.index(min(filled))
        parts[smallest].append(piece)
        filled[smallest] += len(piece)
    heads = {name: head for piece in pieces for name, head in _heads(piece)}
    return [_text(module, part, heads) for part in parts if part]


def _text(module: Module, pieces: list[str], heads: dict[str, str]) -> str:
    """A part: its functions, and of everything else what they refer to."""
    used = {name for piece in pieces for name in _NAME.findall(piece)}
    for name in used & module.constants.keys():  # a constant may hold functions' addresses
        used |= set(_NAME.findall(module.constants[name]))
    own = {name for piece in pieces for name, _ in _heads(piece)}
    lines = [text for name, text in module.constants.items() if name in used]
    lines += [text for name, text in module.declared.items() if name in used - heads.keys()]
    lines += [f"declare {head}" for name, head in heads.items() if name in used - own]
    lines += [piece.replace("define internal ", "define hidden ") for piece in pieces]
    return "\n".join(lines) + "\n"


def _heads(piece: str) -> list[tuple[str, str]]:
    """The functions that a text defines: name, and all that stands before the body."""
    heads = []
    for match in _DEFINITION.finditer(piece):
        hidden = "hidden " if match[0].startswith("define internal ") else ""
        name = _NAME.search(match[1])
        assert name is not None
        heads.append((name[1], hidden + match[1]))
    return heads


def _is_variable(text: str) -> bool:
    """Whether a global can change, and so must not be there twice."""
    return re.search(r"\bconstant\b", text.partition("[")[0]) is None
