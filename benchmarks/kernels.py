"""Kernels alone: ours beside OpenBLAS, MKL, oneDNN and XLA, and beside what the machine can do.

usage: python -m benchmarks.kernels [--only TEXT] [--peers ...] [--engine E] [--seconds S] ...

Ours are called through `Session.run`, as graphs of one operation between variables, so that some
microseconds of Python are in every time; the others are called through their own Python functions.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import alternate, machine, peers
from benchmarks.kernel_cases import CASES, Case
from benchmarks.kernel_peers import TITLES

TOLERANCE = 1e-4  # of the largest value: sums of thousands of float32 products


def title(peer: str) -> str:
    engine = peer.partition(":")[2]
    return TITLES[peers.kind(peer)] + (f" ({engine})" if engine else "")


def rate(case: Case, microseconds: float) -> float:
    """GFLOP/s of a kernel that multiplies, GB/s of one that moves."""
    return (case.flops or case.size) / microseconds / 1e3


def measure(
    case: Case, processes: dict[str, alternate.Process], *, rounds: int, seconds: float
) -> dict[str, Any]:
    """Every peer on one kernel: peer -> its summary, or why it has none."""
    results = {peer: p.ask("kernel", peer=peer, name=case.name) for peer, p in processes.items()}
    able = {peer: processes[peer] for peer, each in results.items() if "sample" in each}
    for peer, blocks in alternate.in_turn(able, rounds, seconds).items():
        results[peer] |= alternate.summary(blocks)
    samples = {peer: results[peer].pop("sample") for peer in able}
    middle = [statistics.median(values) for values in zip(*samples.values())]
    allowed = TOLERANCE * max((abs(value) for value in middle), default=0.0)
    for peer, sample in samples.items():
        worst = max(abs(a - b) for a, b in zip(sample, middle))
        if not worst <= allowed:
            results[peer] = {"error": f"differs from the others by {worst:.2g}"}
    return results


class Reference:
    """The machine's best: GFLOP/s, and GB/s of copying as many bytes, measured again and again."""

    def __init__(self, sizes: set[int]) -> None:
        self.peak: float | None = None
        self.copies = dict.fromkeys(sorted(sizes), 0.0)

    def measure(self) -> None:
        """Keeps the best so far: other programs may slow one measurement, but speed up none."""
        peak = machine.peak_gflops()
        self.peak = max(peak, self.peak or 0.0) if peak else None
        for size, rate_before in self.copies.items():
            self.copies[size] = max(machine.copy_gbs(size), rate_before)

    def record(self, results: dict[str, Any]) -> dict[str, Any]:
        """What was found; without llvmlite the fastest product stands for the peak."""
        copies = {str(size): rate for size, rate in self.copies.items()}
        if self.peak is not None:
            source = "multiply-and-adds in registers, all processors"
            return {"peak_gflops": self.peak, "peak_source": source, "copy_gbs": copies}
        rates = [
            rate(CASES[name], each["fastest_us"])
            for name, found in results.items()
            if CASES[name].flops
            for each in found.values()
            if "fastest_us" in each
        ]
        source = "the fastest product of this table"
        return {
            "peak_gflops": max(rates, default=0.0),
            "peak_source": source,
            "copy_gbs": copies,
        }


def table(results: dict[str, Any], best: dict[str, Any], chosen: list[str]) -> str:
    """Rates at the median (and at the fastest call) as Markdown; the share is the first peer's."""
    heads = [title(peer) for peer in chosen]
    lines = [f"| kernel | unit | {' | '.join(heads)} | share of peak |"]
    lines.append("| --- " * 2 + "| ---: " * (len(chosen) + 1) + "|")
    for name, found in results.items():
        case, cells, share = CASES[name], [], "–"
        for peer in chosen:
            each = found[peer]
            if "median_us" in each:
                median, best_of_all = rate(case, each["median_us"]), rate(case, each["fastest_us"])
                cells.append(f"{median:.0f} ({best_of_all:.0f})")
            else:
                cells.append("–")
        first = found[chosen[0]].get("median_us")
        if first:
            most = best["peak_gflops"] if case.flops else best["copy_gbs"][str(case.size)]
            share = f"{rate(case, first) / most:.0%}" if most else "–"
        unit = "GFLOP/s" if case.flops else "GB/s"
        lines.append(f"| {name} | {unit} | {' | '.join(cells)} | {share} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="kernels whose name contains this")
    parser.add_argument("--peers", default=",".join(TITLES), help="with commas between them")
    parser.add_argument("--engine", default="", help="engines of tensorslow, with commas")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each peer and kernel")
    parser.add_argument("--rounds", type=int, default=5, help="turns that makes of it")
    parser.add_argument("--json", type=Path, default=Path("out/kernels.json"))
    options = parser.parse_args()

    chosen = peers.chosen(options.peers, options.engine)
    cases = [case for case in CASES.values() if options.only in case.name]
    results: dict[str, Any] = {}
    machine_best = Reference({case.size for case in cases if not case.flops})
    machine_best.measure()
    with tempfile.TemporaryDirectory() as folder:
        processes = {peer: alternate.Process(peer, Path(folder)) for peer in chosen}
        try:
            for case in cases:
                found = measure(case, processes, rounds=options.rounds, seconds=options.seconds)
                results[case.name] = found
                shown = (
                    f"{title(peer)} {each['median_us']:.0f}"
                    for peer, each in found.items()
                    if "median_us" in each
                )
                print(f"{case.name}, µs: {', '.join(shown)}", flush=True)
                for peer, each in found.items():
                    for text in [*each.get("notes", []), *filter(None, [each.get("error")])]:
                        print(f"  {title(peer)}: {text}")
        finally:
            for process in processes.values():
                process.close()
    machine_best.measure()
    best = machine_best.record(results)
    print(f"\n{machine.headline()}\n")
    print(f"peak: {best['peak_gflops']:.0f} GFLOP/s ({best['peak_source']}); GB/s are compared")
    print("with those of copying as many bytes, all processors, again and again\n")
    print(table(results, best, chosen))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    record = {"machine": machine.describe(), "reference": best, "kernels": results}
    options.json.write_text(json.dumps(record, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
