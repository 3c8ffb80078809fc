"""Every peer in a process of its own, asked in turn for a block of steps.

The machines are shared, and whole stretches of a run can be twice as slow for everybody. Whatever
disturbs, disturbs all alike when turns are short; so medians of one run may be compared, and those
of two runs may not.
"""

from __future__ import annotations

import json
import math
import os
import random
import selectors
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import peers

ROOT = Path(__file__).parents[1]
PAUSE = 0.2  # seconds before a block: the threads of the one before stop spinning
ANSWER_WITHIN = 600.0  # seconds
# Allowed relative differences between two that compute the same: rounding, and what ten steps of
# training make of it (PyTorch's Adam also adds its epsilon elsewhere).
FIRST_LOSS, TENTH_LOSS = 1e-4, 2e-2


class Process:
    """One peer's process."""

    def __init__(self, peer: str, folder: Path, *, fresh_caches: bool = True) -> None:
        """Starts it; its errors go to a file in `folder`, where its compilers keep results, too.

        Args:
            peer: a key of `PEERS`, perhaps with an engine behind a colon.
            folder: an existing folder.
            fresh_caches: compilers find nothing of earlier runs, so first steps are first steps.
        """
        own = folder / peer.replace(":", "-")
        own.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(ROOT), environment.get("PYTHONPATH")])
        )
        if fresh_caches:
            environment["XDG_CACHE_HOME"] = str(own)
            environment["TORCHINDUCTOR_CACHE_DIR"] = str(own / "inductor")
        self.errors = (own / "errors.txt").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment,
            text=True,
        )

    def ask(self, action: str, **arguments: Any) -> dict[str, Any]:
        """The answer; one with "error" or "missing" if there is none."""
        reader, writer = self.process.stdout, self.process.stdin
        assert reader is not None
        assert writer is not None
        try:
            writer.write(json.dumps({"do": action, **arguments}) + "\n")
            writer.flush()
            with selectors.DefaultSelector() as selector:
                selector.register(reader, selectors.EVENT_READ)
                if not selector.select(ANSWER_WITHIN):
                    return {"error": f"no answer within {ANSWER_WITHIN:.0f} s"}
            line = reader.readline()
        except BrokenPipeError:
            line = ""
        return json.loads(line) if line else {"error": "the process ended"}

    def close(self) -> None:
        """Ends it, whatever it is at."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def in_turn(
    processes: dict[str, Process], rounds: int, seconds: float
) -> dict[str, list[list[float]]]:
    """Step times in seconds: for each process a list of blocks, of `seconds / rounds` each."""
    blocks: dict[str, list[list[float]]] = {name: [] for name in processes}
    order, shuffle = list(processes), random.Random(0).shuffle
    for _ in range(rounds):
        shuffle(order)  # nobody always comes after the same neighbour
        for name in order:
            time.sleep(PAUSE)
            answer = processes[name].ask("block", seconds=seconds / rounds)
            if "times" in answer:
                blocks[name].append(answer["times"])
    return {name: found for name, found in blocks.items() if found}


def summary(blocks: list[list[float]]) -> dict[str, Any]:
    """What is kept of a peer's blocks: microseconds."""
    times = sorted(each for block in blocks for each in block)
    return {
        "median_us": statistics.median(times) * 1e6,
        "fastest_us": times[0] * 1e6,
        "blocks_us": [statistics.median(block) * 1e6 for block in blocks],
        "steps": len(times),
    }


def ratio(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """Our time over theirs: the median over rounds, where both ran side by side."""
    return statistics.median(a / b for a, b in zip(ours["blocks_us"], theirs["blocks_us"]))


def run_workload(
    name: str, chosen: list[str], folder: Path, *, rounds: int, seconds: float, fresh_caches: bool
) -> dict[str, Any]:
    """All peers on one workload: peer -> times, first steps and losses, or why it has none."""
    results: dict[str, Any] = {}
    processes: dict[str, Process] = {}
    try:
        for peer in chosen:
            process = Process(peer, folder, fresh_caches=fresh_caches)
            answer = process.ask("workload", peer=peer, name=name)
            results[peer] = answer
            if "early" in answer:
                early = answer.pop("early")
                answer["first_s"] = early[0]
                answer["longest_us"] = max(early[1:]) * 1e6
                processes[peer] = process
            else:
                process.close()
        for peer, blocks in in_turn(processes, rounds, seconds).items():
            results[peer] |= summary(blocks)
    finally:
        for process in processes.values():
            process.close()
    return results


def disagreements(results: dict[str, Any]) -> list[str]:
    """Sentences on peers that compute something else than most do."""
    found = {peer: each["losses"] for peer, each in results.items() if "losses" in each}
    sentences = []
    for place, tolerance, which in ((0, FIRST_LOSS, "first"), (9, TENTH_LOSS, "tenth")):
        finite = [losses[place] for losses in found.values() if math.isfinite(losses[place])]
        middle = statistics.median(finite or [math.nan])
        for peer, losses in found.items():
            if not abs(losses[place] - middle) <= tolerance * abs(middle):
                sentences.append(
                    f"{peers.title(peer)}'s {which} loss is {losses[place]:.6g}, "
                    f"the others' {middle:.6g}"
                )
    return sentences
