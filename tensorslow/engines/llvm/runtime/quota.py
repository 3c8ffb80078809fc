"""How many processors a Linux container may use, as its control groups say."""

from __future__ import annotations

import os
from collections.abc import Iterator


def processors(root: str = "/") -> float | None:
    """The smallest quota of the groups that this process is in, None if there is none.

    Args:
        root: where /proc and /sys are, for tests.
    """
    quotas = [quota for quota in _quotas(root) if quota is not None]
    return min(quotas, default=None)


def _quotas(root: str) -> Iterator[float | None]:
    base = os.path.join(root, "sys/fs/cgroup")
    for line in _text(os.path.join(root, "proc/self/cgroup")).splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if not controllers:  # version 2
            for folder in _with_parents(base, path):
                yield _ratio(*_text(os.path.join(folder, "cpu.max")).split()[:2])
        elif "cpu" in controllers.split(","):  # version 1
            for name in (controllers, "cpu"):
                for folder in _with_parents(os.path.join(base, name), path):
                    limit = _text(os.path.join(folder, "cpu.cfs_quota_us"))
                    yield _ratio(limit, _text(os.path.join(folder, "cpu.cfs_period_us")))


def _with_parents(base: str, path: str) -> Iterator[str]:
    """A group's folder and those of the groups around it, up to the base.

    Inside a container the path may be that of the host, which is not there; the base is.
    """
    parts = [part for part in path.split("/") if part not in ("", "..")]
    for count in range(len(parts), -1, -1):
        yield os.path.join(base, *parts[:count])


def _ratio(limit: str = "", period: str = "") -> float | None:
    """How many processors' time a limit is; "max" and -1 mean that there is none."""
    try:
        return int(limit) / int(period) if int(limit) > 0 else None
    except (ValueError, ZeroDivisionError):
        return None


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
