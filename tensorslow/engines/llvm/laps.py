"""How long each stage of a compilation takes."""

from __future__ import annotations

import time


class Laps:
    """A stopwatch."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = time.perf_counter()

    def end(self, stage: str) -> None:
        """Notes how long a stage took that ends now."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._begun
        self._begun = now

    def take_over(self, seconds: dict[str, float]) -> None:
        """Takes over what others noted until now."""
        self.seconds |= seconds
        self._begun = time.perf_counter()
