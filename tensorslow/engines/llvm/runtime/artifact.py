"""What running a compiled program takes: machine code, memory, and which arrays are updated.

That is all that is kept on disk. A program that is found there goes through no stage behind
`simplify`; whoever asks for what the stages gave (`explain`) has them run again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tensorslow.engines.llvm.programs.program import Program
from tensorslow.engines.llvm.runtime import cache
from tensorslow.engines.llvm.text.target import Target
from tensorslow.version import __version__

# `run` gets a table of pointers: to the arena, to the flags, to nothing (so that a number can be
# handed on as an offset from it), to the schedule, then to inputs and outputs.
ARENA, FLAGS, NOTHING, SCHEDULE, FIRST = range(5)
FAILED, NEEDS_ROWS = 1, 2  # what the first flag says: a check failed, a loop has no room left
CLOCK = 1  # where the first time is written, if it is asked for: behind so many words of 8 bytes

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled program.

    Attributes:
        objects: its machine code, in one or several parts; "run" is the function to call.
        constants: offset in the arena, and bytes, of what must be there before the first run.
        in_place: by number of an output, the input that it is written over.
        schedule: see `schedule.py`.
        arena: bytes of memory for temporary arrays.
        work: an estimate of its duration on one thread, in seconds.
        endless: whether it may run so long that it must let Python handle signals.
        clocks: how many words of 8 bytes it writes behind the flags.
    """

    objects: tuple[bytes, ...]
    constants: tuple[tuple[int, bytes], ...]
    in_place: dict[int, int]
    schedule: bytes
    arena: int
    work: float
    endless: bool
    clocks: int = 0

    def without_objects(self) -> Artifact:
        """What is needed once the code is in memory."""
        return replace(self, objects=())

    def to_bytes(self) -> bytes:
        """The whole as one string of bytes: lengths, a head in JSON, then all that is bytes."""
        head = {
            "offsets": [offset for offset, _ in self.constants],
            "objects": len(self.objects),
            "in_place": sorted(self.in_place.items()),
            **{name: getattr(self, name) for name in _PLAIN},
        }
        parts = [json.dumps(head).encode(), self.schedule, *self.objects]
        parts += [data for _, data in self.constants]
        return b"".join(piece for part in parts for piece in (_LENGTH.pack(len(part)), part))

    @classmethod
    def from_bytes(cls, content: bytes) -> Artifact:
        """What `to_bytes` was called on.

        Raises:
            ValueError: it gives no such bytes.
        """
        try:
            first, schedule, *parts = _parts(content)
            head = json.loads(first)
            count, offsets = head["objects"], head["offsets"]
            if len(parts) != count + len(offsets):
                raise ValueError("some of it is missing")
            constants = tuple(zip(offsets, parts[count:], strict=True))
            plain = {name: head[name] for name in _PLAIN}
            objects, in_place = tuple(parts[:count]), dict(head["in_place"])
            return cls(objects, constants, in_place, schedule, **plain)
        except (KeyError, TypeError, ValueError, struct.error) as error:
            raise ValueError(f"no compiled program: {error!r}") from error


_PLAIN = ("arena", "work", "endless", "clocks")


def _parts(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        part = content[at : at + length]
        if len(part) != length:
            raise ValueError("it ends too early")
        yield part
        at += length


def load(key: str) -> Artifact | None:
    """What was kept under a key, or None."""
    content = cache.load(key)
    if content is None:
        return None
    try:
        return Artifact.from_bytes(content)
    except ValueError:
        return None


def key_of(
    program: Program, updates: Sequence[tuple[int, int]], target: Target, threads: int
) -> str:
    """The name under which a program's artifact is kept: all that it follows from.

    Args:
        program: after `simplify`.
        updates: see `compile_program`.
        threads: how many may run it at most.
    """
    choices = json.dumps([list(map(list, updates)), asdict(target), threads])
    return cache.key("artifact", program.key(), choices, *made_by())


@functools.cache
def made_by() -> tuple[str, ...]:
    """What machine code depends on beside the program: every version that matters."""
    import llvmlite
    import llvmlite.binding as llvm

    llvm_version = ".".join(map(str, llvm.llvm_version_info))
    return (__version__, llvmlite.__version__, llvm_version, _sources())


def _sources() -> str:
    """Of the engine's own files: who works on it must not meet the code of yesterday."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    try:
        for file in sorted(folder.rglob("*.py")):
            digest.update(str(file.relative_to(folder)).encode() + b"\n" + file.read_bytes())
    except OSError:  # in an archive: then the version says it all
        return ""
    return digest.hexdigest()
