"""Training steps of several networks: tensorslow beside whatever else is installed.

usage: python -m benchmarks [--workloads five|others|all|NAMES] [--peers NAMES] [--engine NAMES] ...
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import alternate, machine, peers, report
from benchmarks.workloads import FIVE, OTHERS, WORKLOADS

SETS = {"five": list(FIVE), "others": list(OTHERS), "all": list(WORKLOADS)}


def workload_names(text: str) -> list[str]:
    """What `--workloads` says: a set, or names with commas between them."""
    names = SETS.get(text) or text.split(",")
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        raise SystemExit(f"there is no workload {unknown[0]!r}; there is {', '.join(WORKLOADS)}")
    return names


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", default="five", help="five, others, all, or names")
    parser.add_argument("--peers", default=",".join(peers.PEERS), help="with commas between them")
    parser.add_argument("--engine", default="", help="engines of tensorslow, with commas")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each peer and workload")
    parser.add_argument("--rounds", type=int, default=10, help="turns that makes of it")
    parser.add_argument("--keep-caches", action="store_true", help="compilers may know a network")
    parser.add_argument("--json", type=Path, default=Path("out/benchmarks.json"))
    parser.add_argument("--picture", type=Path, default=Path("out/benchmarks.png"))
    return parser.parse_args()


def main() -> int:
    """The exit status is 1 if two peers do not compute the same."""
    wanted = options()
    chosen = peers.chosen(wanted.peers, wanted.engine)
    record: dict[str, Any] = {}
    differing = 0
    for workload in workload_names(wanted.workloads):
        print(f"{workload} …", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            results = record[workload] = alternate.run_workload(
                workload,
                chosen,
                Path(folder),
                rounds=wanted.rounds,
                seconds=wanted.seconds,
                fresh_caches=not wanted.keep_caches,
            )
        for peer, each in results.items():
            for text in [*each.get("notes", []), *filter(None, [each.get("error")])]:
                print(f"  {peers.title(peer)}: {text}")
        sentences = alternate.disagreements(results)
        differing += len(sentences)
        agreeing = f"all first losses agree to {alternate.FIRST_LOSS:g}, and so do the tenth"
        for sentence in sentences or [f"{agreeing} to {alternate.TENTH_LOSS:g}"]:
            print(f"  {sentence}", flush=True)

    print(f"\n{machine.headline()}\n")
    print("×: how many times as long as ours, in the same round\n")
    print(report.times_table(record, chosen))
    print()
    print(report.beginnings_table(record, chosen))
    wanted.json.parent.mkdir(parents=True, exist_ok=True)
    written = {"machine": machine.describe(), "workloads": record}
    wanted.json.write_text(json.dumps(written, indent=1), encoding="utf-8")
    if importlib.util.find_spec("matplotlib"):
        report.draw(record, wanted.picture, machine.headline())
        print(f"\npicture: {wanted.picture}")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
