"""What has been compiled once, kept on disk for the next process.

An entry is a file named after its key: a checksum, then the data. The folder is
`$TENSORSLOW_CACHE_DIR`, else `$XDG_CACHE_HOME/tensorslow`, else `~/.cache/tensorslow`. As the
entries are machine code that will be run, it is used only while it belongs to this user and nobody
else may write to it. `TENSORSLOW_CACHE=0` (or `off`) turns the cache off, and
`TENSORSLOW_CACHE_SIZE` says how many megabytes it may take (256): what was not used for the
longest time goes first.

A cache only saves time, so nothing here fails: what cannot be read is not there, what cannot be
written is not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import threading
import time

_MAGIC = b"tensorslow 1\n"
_SUFFIX = ".entry"
_OFF = ("0", "off", "no", "false")
_ABANDONED = 3600.0  # seconds after which a file still being written has lost its writer
_STALE = 600.0  # an entry's time of use is written down again after so many seconds


def key(*parts: str | bytes) -> str:
    """The name of an entry that follows from all of these texts, and from their order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def is_on() -> bool:
    """Whether anything is kept at all."""
    return os.environ.get("TENSORSLOW_CACHE", "").strip().lower() not in _OFF


def load(name: str) -> bytes | None:
    """What was stored under a key, or None. A damaged entry is removed."""
    folder = _folder(create=False)
    if folder is None:
        return None
    path = os.path.join(folder, name + _SUFFIX)
    try:
        with open(path, "rb") as file:
            if not _is_ours(os.fstat(file.fileno())):
                return None
            data = _unwrapped(file.read())
            used = os.fstat(file.fileno()).st_mtime
        if data is None:
            os.remove(path)
        elif abs(time.time() - used) > _STALE:
            os.utime(path)
    except OSError:
        return None
    return data


def store(name: str, data: bytes) -> None:
    """Keeps data under a key, whole or not at all."""
    folder = _folder(create=True)
    if folder is None or len(data) > _limit():
        return
    partial = None
    try:
        handle, partial = tempfile.mkstemp(suffix=".partial", dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(data).digest() + data)
        os.replace(partial, os.path.join(folder, name + _SUFFIX))
        _trim_sometimes(folder, len(data))
    except OSError:
        if partial is not None:
            with contextlib.suppress(OSError):
                os.remove(partial)


def _unwrapped(content: bytes) -> bytes | None:
    """The data of an entry, None if it is not what was written."""
    start = len(_MAGIC) + 32
    data = content[start:]
    whole = content[:start] == _MAGIC + hashlib.sha256(data).digest()
    return data if whole else None


def _is_ours(status: os.stat_result) -> bool:
    """Whether it belongs to this user, and nobody else may write to it."""
    if not hasattr(os, "geteuid"):
        return True  # no such owners and permissions on this system
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _folder(create: bool) -> str | None:
    """The cache's folder, if there is one and it may be trusted."""
    if not is_on():
        return None
    folder = os.environ.get("TENSORSLOW_CACHE_DIR")
    if not folder:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        folder = os.path.join(base, "tensorslow")
    if not os.path.isabs(folder):
        return None  # the freedesktop.org rule; it also covers a user without a home
    try:
        if create:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        status = os.stat(folder)
    except OSError:
        return None
    return folder if stat.S_ISDIR(status.st_mode) and _is_ours(status) else None


def _limit() -> int:
    """How many bytes the cache may take."""
    try:
        return int(float(os.environ.get("TENSORSLOW_CACHE_SIZE", "256")) * 2**20)
    except (ValueError, OverflowError):
        return 256 * 2**20


_lock = threading.Lock()
_written = -1  # bytes since the folder was last trimmed; -1: not yet in this process
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _lock.acquire(),
        after_in_parent=lambda: _lock.release(),
        after_in_child=lambda: _lock.release(),
    )


def _trim_sometimes(folder: str, size: int) -> None:
    """Looks through the folder once a process, and again whenever a sixteenth has been added."""
    global _written
    with _lock:
        _written = -1 if _written < 0 else _written + size
        if 0 <= _written < _limit() // 16:
            return
        _written = 0
    trim(folder)


def trim(folder: str) -> None:
    """Removes what was not used for the longest time, until the rest is small enough."""
    entries = []
    now = time.time()
    with os.scandir(folder) as files:
        for file in files:
            with contextlib.suppress(OSError):
                status = file.stat(follow_symlinks=False)
                if file.name.endswith(_SUFFIX):
                    entries.append((status.st_mtime, status.st_size, file.path))
                elif file.name.endswith(".partial") and now - status.st_mtime > _ABANDONED:
                    os.remove(file.path)
    excess = sum(size for _, size, _ in entries) - _limit()
    for _, size, path in sorted(entries):
        if excess <= 0:
            break
        with contextlib.suppress(OSError):
            os.remove(path)
            excess -= size
