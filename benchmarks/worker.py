"""A process that holds one peer: it makes steps and runs blocks of them when asked.

Requests come as lines of JSON on the standard input, answers go as lines of JSON to the standard
output; whatever libraries print goes to the standard error. `alternate.py` is the other side.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings
from typing import Any

EARLY_STEPS = 30
EARLY_SECONDS = 10.0  # slow ones stop earlier
COMPARED_LOSSES = 10
MOST_STEPS = 20_000  # of a block
WARMING_CALLS = 5  # of a kernel: what compiles in the background has done so


class Notes(logging.Handler):
    """What tensorslow notes or warns of: that an engine could not compile a plan, for instance."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        logging.getLogger("tensorslow").addHandler(self)
        logging.getLogger("tensorslow").setLevel(logging.INFO)
        warnings.showwarning = self.show

    def emit(self, record: logging.LogRecord) -> None:
        """Called by the logger."""
        self.texts.append(record.getMessage())

    def show(self, message: Warning | str, category: type[Warning], *place: Any) -> None:
        """Takes the place of Python's own, which prints."""
        if category is RuntimeWarning:
            self.texts.append(str(message))


class Server:
    """Answers requests; `step` is what a block repeats."""

    def __init__(self) -> None:
        self.step: Any = None
        self.notes = Notes()

    def workload(self, peer: str, name: str) -> dict[str, Any]:
        """Makes a workload's step and runs it for the first times."""
        from benchmarks import peers, workloads

        begin = time.perf_counter()
        self.step = step = peers.make_step(peer, workloads.make(name))
        build = time.perf_counter() - begin
        times: list[float] = []
        losses: list[float] = []
        while len(times) < EARLY_STEPS:
            begin = time.perf_counter()
            loss = step()
            times.append(time.perf_counter() - begin)
            losses.append(float(loss))
            if sum(times) > EARLY_SECONDS and len(times) >= COMPARED_LOSSES:
                break
        losses = losses[:COMPARED_LOSSES]
        return {"build": build, "early": times, "losses": losses, "notes": self.notes.texts}

    def kernel(self, peer: str, name: str) -> dict[str, Any]:
        """Makes a kernel's call, and says what it computes to whoever compares."""
        from benchmarks import kernel_cases, kernel_peers

        self.step, result = kernel_peers.make(peer, kernel_cases.CASES[name])
        for _ in range(WARMING_CALLS):
            self.step()
        sample = result.reshape(-1)[:: max(1, result.size // 64)]
        notes = self.notes.texts.copy()
        self.notes.texts.clear()
        return {"sample": [float(value) for value in sample], "notes": notes}

    def block(self, seconds: float) -> dict[str, Any]:
        """Times of as many steps as fit, at least one."""
        step, times, clock = self.step, [], time.perf_counter
        end = clock() + seconds
        now = clock()
        while not times or (now < end and len(times) < MOST_STEPS):
            begin = clock()
            step()
            now = clock()
            times.append(now - begin)
        return {"times": times}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    server = Server()
    for line in sys.stdin:
        request = json.loads(line)
        action = request.pop("do")
        try:
            answer = getattr(server, action)(**request)
        except NotImplementedError as error:
            answer = {"missing": str(error)}
        except Exception as error:  # of any library: it is told, and others go on
            answer = {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
